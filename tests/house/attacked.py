"""A desk with tickets open and letters sent, for mails written by somebody who means harm."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

from sqlalchemy import func, select

from maild.core import seal
from maild.core.confirming import snapshot
from maild.core.effects import Keep, Open, Review
from maild.core.pending import HoldOrders
from maild.core.subject import mark
from maild.core.trust import Boundary
from maild.core.values import Address, Directory, Person
from maild.gather import Outcome
from maild.store import tickets
from maild.store.database import Database
from maild.store.schema import message, outbox
from tests.house.desk import MESA, OPERATOR, PEOPLE, RealDesk

FOLDER = Path(__file__).parents[1] / "data" / "attacks"
BORDERS = {
    "none": Boundary(),
    "authserv_id": Boundary("authserv_id", ("mx.entidad.test",)),
    "hosts": Boundary("authserv_id", ("mx.entidad.test",), ("mx.entidad.test",)),
    "topmost": Boundary("topmost_no_id"),
}
LUIS, ROSA, BETO, MARTA = (f"{key}@entidad.test" for key in ("luis", "rosa", "beto", "marta"))
PROVIDER = "soporte@redesandinas.test"
_FILL = re.compile(r"\{([a-z]+(?:_[a-z]+)*(?:_?\d)?)\}")
_TOKEN = re.compile(r"m1(?:\.[0-9a-z]{1,32}){4}\.[0-9a-z]{16}@[a-z0-9.-]+|~[0-9a-z]{10}(?![0-9a-z])", re.IGNORECASE)
_FETCHED = re.compile(
    r"""<[^>]*\b(?:href|src|action|background|poster)\s*=\s*(?!["']?(?:mailto:|\#))|<[^>]*url\(|@import|<link|<form""",
    re.IGNORECASE,
)


class AttackedDesk(RealDesk):
    """Tickets: 1 Rosa's, Luis at work, the provider called in · 2 Beto's, in the queue · 3 Rosa's, resolved, waits for her
    word · 4 Beto's, closed · 5 Rosa's, once Luis's, now Pedro's."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database, folder)
        people = (*PEOPLE, Person("pedro", "pedro@entidad.test", "Pedro Salas Vega", "tecnico"))
        office = replace(self.desk.office, directory=Directory(people, {}, ("entidad.test",)))
        limits = replace(self.desk.limits, address_hour=10**6, address_day=10**6, ticket_burst=10**6, ticket_hour=10**6)
        limits = replace(limits, ticket_day=10**6, acks_hour=10**6, acks_day=10**6)
        self.desk = replace(self.desk, office=office, plus_address=True, limits=limits)
        self.people = {person.address for person in people} | {OPERATOR}
        self._count = 0
        first = {1: (ROSA, "No imprime"), 2: (BETO, "Sin red"), 3: (ROSA, "Teclado"), 4: (BETO, "Mouse")}
        for sender, title in [*first.values(), (ROSA, "Pantalla")]:
            self.say(sender, title, "Por favor.")
        for number in (1, 3, 4, 5):
            self.reply(MARTA, number, "#asignar luis")
        for number in (3, 4):
            self.reply(LUIS, number, "#resuelto", "Quedó bien.")
        self.reply(BETO, 4, "#conforme")
        self.reply(MARTA, 5, "#asignar pedro")
        self._call_in()
        self.reply(LUIS, 1, "#nota", "Revisado.", mid="primera-orden")
        self.reply(ROSA, 1, "", "Sigo esperando.", mid="de-rosa")

    def _call_in(self) -> None:
        with self.database.write() as tx:
            ticket = tickets.load(tx, 1)
            assert ticket is not None
            provider = Address(PROVIDER, "Soporte Redes Andinas")
            tickets.save(tx, ticket, replace(ticket, providers=(provider,)), (), self.now)

    def say(self, sender: str, subject: str, text: str, mid: str = "", ref: str = "") -> Outcome:
        """An honest mail."""
        self._count += 1
        mid = mid or f"honesto{self._count}"
        ids = f"In-Reply-To: <{ref}>\r\n" if ref else ""
        head = f"From: {sender}\r\nTo: {MESA}\r\nSubject: {subject}\r\nDate: {format_datetime(self.now)}\r\n"
        return self.put(f"{head}Message-ID: <{mid}@correo.test>\r\n{ids}\r\n{text}\r\n".encode())

    def reply(self, sender: str, number: int, order: str, text: str = "", mid: str = "") -> Outcome:
        """He answers the newest letter that he got about the ticket."""
        return self.say(sender, f"RE: [{mark('MESA', number)}] {order}", text, mid, self.newest(sender, number))

    def newest(self, address: str, number: int) -> str:
        mine = [row["message_id"] for row in self.letters(address) if row["ticket"] == number]
        return str(mine[-1]) if mine else ""

    # -- what the mails of the folder name in braces --------------------------------------------------------------------

    def filled(self, raw: bytes) -> bytes:
        text = raw.decode("utf-8", "surrogateescape")
        return (
            _FILL.sub(lambda found: self._fill(found[1]), text).replace("\n", "\r\n").encode(errors="surrogateescape")
        )

    def _fill(self, name: str) -> str:
        ring, today, domain = self.desk.ring, self.now.date(), self.desk.domain
        if name.startswith("mark"):
            return mark("MESA", int(name[4:]))
        if name in ("date", "old_date", "nine_days", "day"):
            days = {"date": 0, "old_date": 30, "nine_days": 9, "day": 0}[name]
            moment = self.now - timedelta(days=days)
            return seal.base36((moment.date() - seal._EPOCH).days) if name == "day" else format_datetime(moment)
        *kind, who, number_ = name.split("_")
        address, number = PROVIDER if who == "prov" else f"{who}@entidad.test", int(number_)
        classes: dict[str, seal.Class] = {LUIS: seal.STAFF, MARTA: seal.STAFF, PROVIDER: seal.PROVIDER}
        speaks = classes.get(address, seal.USER)
        nonce = seal.nonce(speaks, "abcdef123456")
        match kind:
            case ["code"]:
                return seal.code(ring, number, address, today, speaks)
            case ["plus"]:
                return seal.reply_to(ring, number, address, nonce, today, MESA)
            case ["old"]:
                return seal.message_id(ring, number, address, nonce, today - timedelta(days=20), domain)
            case ["unsent"]:
                return seal.message_id(ring, number, address, nonce, today, domain)
        real = self.newest(address, number) or seal.message_id(ring, number, address, nonce, today, domain)
        match kind:
            case ["forged"]:
                at = real.index("@") - 1
                return real[:at] + ("0" if real[at] != "0" else "1") + real[at + 1 :]
            case ["short"]:
                return real.replace("@", "", 1)[: real.index("@") - 2] + "@" + domain
            case ["kid"]:
                return real.replace("m1.1.", "m1.9.", 1)
        return real

    # -- what must hold -------------------------------------------------------------------------------------------------

    def stands(self) -> dict[int, object]:
        """Everything about the tickets that an order can change."""
        with self.database.write() as tx:
            found = {number: tickets.load(tx, number) for number in range(1, tickets.next_number(tx))}
        return {
            number: (
                dict(snapshot(t)),
                t.requester,
                t.creator,
                sorted(f for f in t.facts if not f[0].startswith("_")),
                sorted((x.clock, x.token, x.due) for x in t.timers),
            )
            for number, t in found.items()
            if t is not None
        }

    def newest_letter(self) -> int:
        with self.database.write() as tx:
            return int(tx.execute(select(func.max(outbox.c.id))).scalar_one())

    def letters_after(self, newest: int) -> list[tuple[str, bytes]]:
        with self.database.write() as tx:
            rows = tx.execute(select(outbox.c.recipient, outbox.c.raw).where(outbox.c.id > newest))
            return [(recipient, bytes(raw)) for recipient, raw in rows]

    def words_of(self, inbound: int) -> list[str]:
        with self.database.write() as tx:
            return list(tx.execute(select(message.c.text).where(message.c.inbound == inbound)).scalars())

    def is_clean(self, recipient: str, raw: bytes) -> bool:
        """One recipient, nothing that a scanner could fetch, and no token that proves anybody but him."""
        letter = email.message_from_bytes(raw, policy=email.policy.default)
        assert [a.addr_spec for a in letter["To"].addresses] == [recipient]
        assert not [name for name in letter if name.lower() in ("bcc", "cc", "x")]
        words = "\n".join(str(part.get_content()) for part in letter.walk() if not part.is_multipart())
        html = "\n".join(str(p.get_content()) for p in letter.walk() if p.get_content_type() == "text/html")
        assert not _FETCHED.search(html)
        head = "\n".join(f"{name}: {value}" for name, value in letter.items() if name != "Reply-To")
        return all(self._is_his(token, recipient) for token in _TOKEN.findall(f"{head}\n{words}".replace("%7E", "~")))

    def _is_his(self, token: str, recipient: str) -> bool:
        today = self.now.date()
        if "@" in token:
            return seal.ticket_of(token, (recipient,), self.desk.ring, today) is not None
        return any(
            seal.carried(token, number, (recipient,), self.desk.ring, today)
            or seal.confirms(token, number, (recipient,), range(self.last + 1), self.desk.ring)
            for number in range(1, 400)
        )


def became(outcome: Outcome, state: str) -> str:
    """In a word, what became of a mail."""
    effects = outcome.decision.effects
    kept = [e.visibility for e in effects if isinstance(e, Keep)]
    table = {
        "duplicate": state == "duplicate",
        "robot": state == "auto",
        "review": any(isinstance(e, Review) for e in effects),
        "held": any(isinstance(e, HoldOrders) for e in effects),
        "ticket": any(isinstance(e, Open) for e in effects),
        "aside": "third_party" in kept,
        "refused": outcome.decision.refused is not None,
        "note": bool(kept),
    }
    return next((word for word, holds in table.items() if holds), "nothing")
