"""A desk on a database of either kind, fed with the bytes of mails: for stories about what other mail systems send back."""

from __future__ import annotations

import email
import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any

from sqlalchemy import select

from maild import rules
from maild.brakes import Limits
from maild.config.shipped import shipped
from maild.core import seal
from maild.core.events import MailArrived
from maild.core.office import Office
from maild.core.trust import Boundary
from maild.core.values import Directory, Person
from maild.desk import Desk, operator_address
from maild.gather import Outcome
from maild.mail.compose import Composer, DeskIdentity
from maild.mail.parse import parse
from maild.store import letters, mails, records
from maild.store.database import Database
from maild.store.schema import outbox

OPENING = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
OPERATOR = "operador@entidad.test"
PEOPLE = (
    Person("rosa", "rosa@entidad.test", "Rosa Huamán", "usuario"),
    Person("beto", "beto@entidad.test", "Alberto Núñez", "usuario"),
    Person("mesa", "mesa1@entidad.test", "Marta Salas", "mesa"),
    Person("luis", "luis@entidad.test", "Luis Rojas", "tecnico"),
)


@dataclass
class Institution:
    """`now` is its clock; `outgoing` hands over every letter once, as the relay would."""

    database: Database
    address: str = "mesa@entidad.test"
    limits: Limits = field(default_factory=Limits)
    strangers: Any = "review"
    now: datetime = OPENING
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.domain = self.address.partition("@")[2]
        book = rules.load(shipped("rules") / "base", zone="America/Lima")
        office = Office(
            book,
            Directory(PEOPLE, {}, ("entidad.test",)),
            frozenset((self.address,)),
            operator_address(OPERATOR),
            self.strangers,
        )
        identity = DeskIdentity("Mesa", self.address, "Entidad", instance=self.domain, zone="America/Lima")
        self.desk = Desk(
            office=office,
            ring=seal.KeyRing({"1": hashlib.sha256(self.domain.encode()).digest()}, "1"),
            composer=Composer((shipped("templates"),), identity),
            domain=self.domain,
            now=lambda: self.now,
            boundary=Boundary("authserv_id", ("frontera.test",)),
            limits=self.limits,
        )
        self._handed = 0

    def wait(self, **span: int) -> None:
        self.now += timedelta(**span)

    def receive(self, raw: bytes) -> Outcome:
        """A mail comes, and is decided."""
        with self.database.write() as tx:
            arrival = mails.Arrival(hashlib.sha256(raw).hexdigest(), len(raw), self.now)
            (mail_id,) = mails.put(tx, [arrival], self.now)
            return self.desk.mail(tx, MailArrived(mail_id, parse(raw), self.now))

    def write(self, sender: str, subject: str, text: str = "Por favor.", **fields: str) -> Outcome:
        """Somebody writes to the desk."""
        number = next(self._ids)
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        stamp = f"Authentication-Results: frontera.test; dmarc=pass header.from={sender.partition('@')[2]}\r\n"
        date = f"Mon, 2 Mar 2026 09:{number % 60:02}:00 -0500"
        head = f"{stamp}From: {sender}\r\nTo: {self.address}\r\nSubject: {subject}\r\nDate: {date}\r\n"
        return self.receive(
            f"{head}Message-ID: <m{number}@{sender.partition('@')[2]}>\r\n{more}\r\n{text} {number}\r\n".encode()
        )

    def letters(self, to: str = "") -> list[dict[str, Any]]:
        """Every letter written, oldest first, or those to one address."""
        with self.database.engine.connect() as connection:
            rows = connection.execute(select(outbox).order_by(outbox.c.id)).mappings()
            return [dict(row) for row in rows if not to or row["recipient"] == to]

    def states(self, to: str) -> list[tuple[str, str, str]]:
        return [(row["template"], row["state"], row["held_by"]) for row in self.letters(to)]

    def outgoing(self) -> list[tuple[str, bytes]]:
        """(recipient, bytes) of the letters that nobody holds and that were not handed over before."""
        fresh = [row for row in self.letters() if row["id"] > self._handed and row["state"] == "queued"]
        self._handed = max([self._handed, *(row["id"] for row in self.letters())])
        return [(row["recipient"], bytes(row["raw"])) for row in fresh]

    def reasons(self, outcome: Outcome) -> list[str]:
        """The codes that stand in the journal for what was decided."""
        with self.database.write() as tx:
            row = records.decided(tx, outcome.cause)
        return [code for code, _ in row["reasons"]] if row else []

    def letter(self, to: str, position: int = -1) -> Message:
        return email.message_from_bytes(bytes(self.letters(to)[position]["raw"]))

    def refuse(self, said: str) -> None:
        """The relay refuses the oldest waiting letter for good, with these words."""
        with self.database.write() as tx:
            (leased,) = letters.claim(tx, "us", self.now, 1)
            letters.failed(tx, leased, self.now, int(said[:3]), said)
            self.desk.letter_lost(tx, leased.id, said)


def report(letter: Message, address: str, status: str = "5.1.1", action: str = "failed", said: str = "") -> bytes:
    """What Postfix sends back to the desk about a letter of ours."""
    said = said or f"550 {status} <{address}>: Recipient address rejected: User unknown in local recipient table"
    returned = "".join(f"{name}: {value}\r\n" for name, value in letter.items() if "\n" not in str(value))
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.entidad.test (Mail Delivery System)\r\n"
        f"To: {letter['From']}\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"
        f"Date: Mon, 2 Mar 2026 09:30:00 -0500\r\nMessage-ID: <{status}.{action}.{len(returned)}.{address}@mx.entidad.test>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        f"--B\r\n\r\nThis is the mail system at host mx.entidad.test.\r\n\r\n<{address}>: {said}\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.entidad.test\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nOriginal-Recipient: rfc822;{address}\r\nAction: {action}\r\n"
        f"Status: {status}\r\nDiagnostic-Code: smtp; {said}\r\n\r\n"
        f"--B\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--B--\r\n"
    ).encode()
