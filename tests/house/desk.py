"""A desk on a real database that gets real bytes: what the daemon does to a mail, without mailbox and relay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import select

from maild import rules
from maild.config.shipped import shipped
from maild.core import seal, thread, twins
from maild.core.effects import Keep, Open
from maild.core.events import MailArrived
from maild.core.files import FileRules, Scan
from maild.core.office import Office
from maild.core.subject import mark
from maild.core.values import Address, Directory, Person
from maild.desk import Desk, operator_address
from maild.gather import Outcome
from maild.mail.compose import Composer, DeskIdentity
from maild.mail.parse import parse
from maild.store import attachments, letters, mails, tickets
from maild.store.database import Database
from maild.store.mails import Arrival
from maild.store.raw import RawStore
from maild.store.schema import inbound, outbox
from maild.store.upgrade import upgrade

MESA = "mesa@entidad.test"
OPERATOR = "operador@entidad.test"
PEOPLE = (
    Person("rosa", "rosa@entidad.test", "Rosa Huamán Díaz", "usuario"),
    Person("beto", "beto@entidad.test", "Alberto Núñez Soto", "usuario"),
    Person("luis", "luis@entidad.test", "Luis Rojas Paredes", "tecnico"),
    Person("marta", "marta@entidad.test", "Marta Salas Ortiz", "mesa"),
    Person("prov", "soporte@redesandinas.test", "Soporte Redes Andinas", "proveedor"),
)


class RealDesk:
    """`put` is what happens to one mail."""

    def __init__(self, database: Database, folder: Path, file_rules: FileRules | None = None) -> None:
        self.database, self.raw = database, RawStore(folder / "raw")
        self.now = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
        directory = Directory(PEOPLE, {}, ("entidad.test",))
        book = rules.load(shipped("rules") / "base")
        self.desk = Desk(
            office=Office(book, directory, frozenset((MESA,)), operator_address(OPERATOR)),
            ring=seal.KeyRing({"1": b"k" * 32}, "1"),
            composer=Composer(
                (shipped("templates"),), DeskIdentity("Mesa de Ayuda", MESA, "Entidad", instance="prueba")
            ),
            domain="entidad.test",
            now=lambda: self.now,
            file_rules=file_rules or FileRules(),
        )

    @classmethod
    @contextmanager
    def on(cls, url: str, folder: Path, *rest: Any) -> Iterator[Self]:
        """A desk on a database of its own, until the end of the test."""
        database = Database(url)
        upgrade(database)
        desk = cls(database, folder, *rest)
        try:
            yield desk
        finally:
            desk.raw.close()
            database.close()

    def put(self, raw: bytes, scans: dict[str, Scan] | None = None) -> Outcome:
        """Received, understood and decided."""
        self.now += timedelta(minutes=1)
        (digest,) = self.raw.put([raw])
        with self.database.write() as tx:
            (self.last,) = mails.put(tx, [Arrival(digest, len(raw), self.now)], self.now)
        with self.database.write() as tx:
            return self.desk.mail(tx, MailArrived(self.last, parse(raw), self.now, scans or {}))

    def staff(self, number: int) -> None:
        """Luis has the ticket, and the provider was called in."""
        with self.database.write() as tx:
            ticket = tickets.load(tx, number)
            assert ticket is not None
            luis, provider = (Address(p.address, p.name) for p in (PEOPLE[2], PEOPLE[4]))
            tickets.save(tx, ticket, replace(ticket, responsible=luis, providers=(provider,)), (), self.now)

    def files(self, number: int) -> list[dict[str, Any]]:
        with self.database.write() as tx:
            return attachments.of_ticket(tx, number)

    def letters(self, address: str) -> list[dict[str, Any]]:
        """The letters to this address, oldest first."""
        with self.database.write() as tx:
            rows = tx.execute(select(outbox).where(outbox.c.recipient == address).order_by(outbox.c.id)).mappings()
            return [dict(row) for row in rows]

    def state(self) -> str:
        """What became of the last mail."""
        with self.database.write() as tx:
            return str(tx.execute(select(inbound.c.state).where(inbound.c.id == self.last)).scalar_one())

    def fills(self) -> dict[str, str]:
        """What a mail in tests/data/threads may name in braces."""
        today = self.now.date()
        luis = seal.message_id(self.desk.ring, 1, "luis@entidad.test", "abcdef123456", today, "entidad.test")
        with self.database.write() as tx:
            letter = letters.recent_to(tx, 1, "rosa@entidad.test") or ""
        return {
            "mark": mark("MESA", 1),
            "mark2": mark("MESA", 2),
            "mark3": mark("MESA", 3),
            "letter_rosa": letter,
            "letter_luis": luis,
            "code_rosa": seal.code(self.desk.ring, 1, "rosa@entidad.test", today),
            "forged": letter.replace(".1.", ".3.", 1) if ".1.1." not in letter else letter.replace(".1.1.", ".1.3.", 1),
        }


def kept(outcome: Outcome) -> str:
    """How the mail's words were kept."""
    return next((e.visibility for e in outcome.decision.effects if isinstance(e, Keep)), "")


def opened(outcome: Outcome) -> bool:
    return any(isinstance(e, Open) for e in outcome.decision.effects)


def codes(outcome: Outcome) -> list[str]:
    return [reason.code for reason in outcome.decision.reasons]


def placed(desk: RealDesk, raw: bytes) -> thread.Placement:
    """By which detector the desk would place a mail, looked at beforehand."""
    mail = parse(raw)
    with desk.database.look() as tx:
        judged = desk.desk.judge(tx, MailArrived(2**62, mail, desk.now), twins.Verdict("new"))
    return judged.gathered.placed
