"""When each recurring clock comes next. A row for each, which whoever lets it strike sets on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from maild.store.database import unless_there
from maild.store.standing import agenda


def plan(tx: Connection, clock: str, due: datetime) -> None:
    """Set a clock that has no time yet; one that has keeps it."""
    tx.execute(unless_there(tx, agenda), {"clock": clock, "due": due})


def planned(tx: Connection) -> dict[str, datetime]:
    return {str(row.clock): row.due for row in tx.execute(select(agenda.c.clock, agenda.c.due))}


def due(tx: Connection, now: datetime) -> list[tuple[str, datetime]]:
    """The clocks whose time has come, the longest overdue first."""
    query = select(agenda.c.clock, agenda.c.due).where(agenda.c.due <= now).order_by(agenda.c.due, agenda.c.clock)
    return [(clock, at) for clock, at in tx.execute(query)]


def strike(tx: Connection, clock: str, at: datetime, following: datetime | None) -> bool:
    """Set the clock on from this very moment to the next; False: somebody else did."""
    row = (agenda.c.clock == clock, agenda.c.due == at)
    statement = delete(agenda).where(*row) if following is None else update(agenda).where(*row).values(due=following)
    return tx.execute(statement).rowcount == 1


def drop(tx: Connection, clock: str) -> None:
    tx.execute(delete(agenda).where(agenda.c.clock == clock))


def next_due(tx: Connection) -> datetime | None:
    return tx.execute(select(func.min(agenda.c.due))).scalar()
