"""Short ways to put rows where a test needs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from maild.core.ticket import Ticket
from maild.core.values import Address
from maild.store import letters, mails, tickets
from maild.store.database import Database
from maild.store.mails import Arrival
from maild.store.schema import inbound, outbox

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
ROSA = Address("rosa@entidad.example", "Rosa Quispe")

# What a sender can put into a header or a body to hurt whoever writes it down.
NASTY = ("\0", "a\0b", "\ud800 suelto", "ñ\udfff\0", "😀" * 3, "x" * 1_200_000, "'; DROP TABLE ticket;--", "%s {0} \\")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def new_ticket(database: Database, number: int = 1, **more: Any) -> Ticket:
    ticket = Ticket(number, "Sin red", "nuevo", ROSA, NOW, **more)
    with database.write() as tx:
        tickets.next_number(tx)
        tickets.save(tx, None, ticket, (), NOW)
    return ticket


def arrived(database: Database, sha256: str, *, epoch: int = 0, uid: int = 0, at: datetime = NOW) -> int:
    with database.write() as tx:
        return mails.put(tx, [Arrival(sha256, 100, at, epoch, uid)], NOW)[0]


def new_epoch(database: Database, uidvalidity: int = 1, account: str = "mailbox") -> int:
    with database.write() as tx:
        return mails.open_epoch(tx, account, "INBOX", uidvalidity, NOW)


def mail_row(database: Database, mail_id: int) -> dict[str, Any]:
    with database.engine.connect() as connection:
        return dict(connection.execute(select(inbound).where(inbound.c.id == mail_id)).mappings().one())


def set_mail(database: Database, mail_id: int, **values: Any) -> None:
    with database.write() as tx:
        tx.execute(update(inbound).where(inbound.c.id == mail_id).values(**values))


def letter(database: Database, name: str = "1", **more: Any) -> int:
    row = {
        "cause": f"inbound:{name}#0",
        "message_id": f"m.{name}@entidad.example",
        "ticket": None,
        "template": "acuse",
        "recipient": ROSA.address,
        "raw": b"Subject: hola\r\n\r\nhola\r\n",
        "state": "queued",
        "reason": "",
        "created_at": NOW,
        "not_before": NOW,
        "expires_at": NOW + timedelta(days=3),
    }
    with database.write() as tx:
        letters.insert(tx, [row | more])
        return int(tx.execute(select(outbox.c.id).where(outbox.c.cause == (row | more)["cause"])).scalar_one())


def letter_row(database: Database, letter_id: int) -> dict[str, Any]:
    with database.write() as tx:
        row = letters.shown(tx, letter_id)
    assert row is not None
    return row
