"""Whether what is remembered holds together: every promise that another run of the program relies on, looked at."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from maild.errors import MailError, TransientError
from maild.store.database import Database
from maild.store.raw import RawStore
from maild.store.schema import VERSION, inbound, journal, outbox, ticket, timer
from maild.store.standing import counter
from maild.store.timers import MOST_ATTEMPTS
from maild.store.upgrade import differences

# The daemon takes back what a dead sender held within minutes; what stands longer stands for ever.
_STUCK = timedelta(hours=1)
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not hold: which check found it, where, and what (Spanish / English)."""

    check: str
    where: str
    text: str


def schema_faults(database: Database) -> list[Fault]:
    """The schema is the one this program knows, down to its indexes."""
    version = database.version()
    if version != VERSION:
        return [Fault("schema", version or "-", f"este programa usa «{VERSION}»: maild db upgrade")]
    return [Fault("schema", VERSION, f"difiere / differs: {difference}") for difference in differences(database)]


def file_faults(database: Database) -> list[Fault]:
    """An SQLite file is whole, and its rows name rows that exist. Nobody waits meanwhile: no transaction is begun."""
    if not database.is_sqlite:
        return []
    with database.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        try:
            said = [str(row[0]) for row in driver.execute("PRAGMA integrity_check")]
            dangling = list(driver.execute("PRAGMA foreign_key_check")) if said == ["ok"] else []
        except sqlite3.DatabaseError as error:  # damage so deep that not even looking is possible
            said, dangling = [str(error)], []
    faults = [Fault("integrity", "sqlite", line) for line in said if line != "ok"]
    lost = "nombra una fila de {} que no existe / dangling"
    return faults + [Fault("references", f"{row[0]} {row[1]}", lost.format(row[2])) for row in dangling]


def row_faults(tx: Connection, now: datetime) -> Iterator[Fault]:
    """The rows agree with each other."""
    decided = select(journal.c.ticket).where(journal.c.ticket.is_not(None))
    for (number,) in tx.execute(
        select(ticket.c.number).where(ticket.c.number.not_in(decided)).order_by(ticket.c.number)
    ):
        yield Fault("journal", f"ticket {number}", "sin ninguna decisión en el diario / no decision in the journal")
    yield from _counted(tx)
    yield from _stuck(tx, now)


def _counted(tx: Connection) -> Iterator[Fault]:
    following = tx.execute(select(counter.c.value).where(counter.c.name == "ticket")).scalar() or 1
    highest = tx.execute(select(func.max(ticket.c.number))).scalar() or 0
    if following <= highest:
        yield Fault("counter", f"ticket {highest}", f"el siguiente número es {following} / the counter is behind")


def _stuck(tx: Connection, now: datetime) -> Iterator[Fault]:
    leased = select(outbox.c.id, outbox.c.leased_until).where(outbox.c.state == "leased").order_by(outbox.c.id)
    for letter_id, until in tx.execute(leased):
        if until is None or until < now - _STUCK:
            yield Fault("lease", f"letter {letter_id}", "nadie la está enviando / leased by nobody alive: maild run")
    failing = select(timer.c.id, timer.c.ticket, timer.c.clock).where(
        timer.c.ended_at.is_(None), timer.c.attempts >= MOST_ATTEMPTS
    )
    for timer_id, number, clock in tx.execute(failing.order_by(timer.c.id)):
        yield Fault("timer", f"timer {timer_id}", f"falló {MOST_ATTEMPTS} veces / failed: {clock}, ticket {number}")


def stored_mails(database: Database) -> int:
    with database.write() as tx:
        return tx.execute(select(func.count(func.distinct(inbound.c.sha256)))).scalar_one()


def each_mail(database: Database, raw: RawStore) -> Iterator[Fault | None]:
    """Read every stored mail once and prove it by its hash: a fault or None for each. Holds no transaction meanwhile."""
    last = ""
    while True:
        query = select(inbound.c.sha256).where(inbound.c.sha256 > last).distinct().order_by(inbound.c.sha256)
        with database.write() as tx:
            names = [str(name) for (name,) in tx.execute(query.limit(_ROWS_AT_ONCE))]
        if not names:
            return
        for name in names:
            yield _mail_fault(database, raw, name)
        last = names[-1]


_IN_WORDS = {
    "raw-missing": "falta su archivo en raw/ / its file is missing",
    "raw-damaged": "su archivo en raw/ está dañado / its file is damaged",
}


def _mail_fault(database: Database, raw: RawStore, name: str) -> Fault | None:
    try:
        raw.get(name)
    except (MailError, TransientError) as error:
        with database.write() as tx:
            ids = (
                tx.execute(select(inbound.c.id).where(inbound.c.sha256 == name).order_by(inbound.c.id)).scalars().all()
            )
        return Fault("raw", "mail " + ", ".join(str(i) for i in ids), _IN_WORDS.get(str(error), str(error)))
    return None
