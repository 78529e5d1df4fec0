"""What machines say, counted: one row for each thing that is wrong on a ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from maild.core.alerts import Alert, Count, Point
from maild.store.schema import ticket
from maild.store.standing import alert

_MOST = 20
_MOST_BURST = 200


def about(tx: Connection, said: Alert) -> list[Point]:
    """The things that an alert may mean, those of the newest ticket first. Where one of the two names no host, any will do."""
    here = alert.c.service == said.service_key
    if said.host_key:  # written out twice, so that the index finds both
        here = or_(and_(here, alert.c.host == said.host_key), and_(here, alert.c.host == ""))
    query = select(alert).where(here).order_by(alert.c.ticket.desc(), alert.c.host.desc()).limit(_MOST)
    return [_point(row) for row in tx.execute(query)]


def of_ticket(tx: Connection, number: int) -> list[Point]:
    """Everything that the ticket is about, the oldest first."""
    query = select(alert).where(alert.c.ticket == number).order_by(alert.c.first_at, alert.c.host, alert.c.service)
    return [_point(row) for row in tx.execute(query)]


def still_wrong(tx: Connection, number: int, but: Point) -> int:
    """How many other things of the ticket have not recovered."""
    other = or_(alert.c.host != but.host, alert.c.service != but.service)
    query = select(func.count()).where(alert.c.ticket == number, alert.c.what == "problem", other)
    return tx.execute(query).scalar_one()


def burst(tx: Connection, since: datetime) -> int:
    """How many tickets machines opened since then."""
    newest = select(alert.c.ticket).distinct().order_by(alert.c.ticket.desc()).limit(_MOST_BURST).subquery()
    opened = newest.join(ticket, ticket.c.number == newest.c.ticket)
    query = select(func.count()).select_from(opened).where(ticket.c.opened_at > since)
    return tx.execute(query).scalar_one()


def count(tx: Connection, said: Count, now: datetime) -> None:
    mine = (alert.c.ticket == said.number, alert.c.host == said.host, alert.c.service == said.service)
    more = 1 if said.what == "problem" else 0
    told = {"what": said.what, "severity": said.severity, "last_at": now, "count": alert.c.count + more}
    if tx.execute(update(alert).where(*mine).values(**told)).rowcount == 0:
        row = {"ticket": said.number, "host": said.host, "service": said.service, "first_at": now, "count": more}
        tx.execute(alert.insert(), {**told, **row})


def _point(row: Row[Any]) -> Point:
    told = row._mapping
    return Point(*(told[name] for name in ("ticket", "host", "service", "what", "severity", "count")))
