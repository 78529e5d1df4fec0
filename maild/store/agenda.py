"""When each recurring clock comes next, a row for each, which whoever lets it strike sets on; and the expected mails that came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from maild.core.occasions import Planned
from maild.core.pending import Arrived
from maild.store.database import unless_there
from maild.store.standing import agenda, arrival


def plan(tx: Connection, clock: str, planned: Planned) -> None:
    """Set a clock that has no time yet; one that has keeps it."""
    tx.execute(unless_there(tx, agenda), {"clock": clock} | _row(planned))


def replan(tx: Connection, clock: str, old: Planned, new: Planned) -> None:
    """Set a clock to another time, unless somebody else has set it on meanwhile."""
    here = (agenda.c.clock == clock, agenda.c.due == old.due)
    tx.execute(update(agenda).where(*here).values(**_row(new)))


def planned(tx: Connection) -> dict[str, Planned]:
    return {str(row.clock): _planned(row) for row in tx.execute(select(agenda))}


def due(tx: Connection, now: datetime) -> list[tuple[str, datetime]]:
    """The clocks whose time has come, the longest overdue first."""
    query = select(agenda.c.clock, agenda.c.due).where(agenda.c.due <= now).order_by(agenda.c.due, agenda.c.clock)
    return [(clock, at) for clock, at in tx.execute(query)]


def struck(tx: Connection, clock: str, at: datetime) -> Planned | None:
    """The row that is due at this very moment, locked; None: somebody else has set it on."""
    query = select(agenda).where(agenda.c.clock == clock, agenda.c.due == at).with_for_update()
    row = tx.execute(query).one_or_none()
    return _planned(row) if row else None


def strike(tx: Connection, clock: str, at: datetime, following: Planned | None) -> bool:
    """Set the clock on from this very moment to the next; False: somebody else did."""
    row = (agenda.c.clock == clock, agenda.c.due == at)
    values = _row(following) if following else {}
    statement = update(agenda).where(*row).values(**values) if following else delete(agenda).where(*row)
    return tx.execute(statement).rowcount == 1


def next_due(tx: Connection) -> datetime | None:
    return tx.execute(select(func.min(agenda.c.due))).scalar()


def _row(planned: Planned) -> dict[str, Any]:
    return {"due": planned.due, "period": planned.period, "rhythm": planned.rhythm}


def _planned(row: Any) -> Planned:
    return Planned(row.due, row.period, row.rhythm)


# -- expected mails ---------------------------------------------------------------------------------------------------


def arrive(tx: Connection, effect: Arrived, cause: str) -> None:
    tx.execute(unless_there(tx, arrival), {"clock": effect.clock, "cause": cause, "at": effect.at})


def arrivals(tx: Connection, clock: str, since: datetime) -> tuple[datetime, ...]:
    """When (by the server's receipt) mails that this clock expects came since then."""
    query = select(arrival.c.at).where(arrival.c.clock == clock, arrival.c.at > since).order_by(arrival.c.at)
    return tuple(tx.execute(query).scalars())


def forget_arrivals(tx: Connection, clocks: Iterable[str], until: datetime) -> None:
    """Those that no occasion will ask for any more."""
    tx.execute(delete(arrival).where(arrival.c.clock.in_(tuple(clocks)), arrival.c.at <= until))
