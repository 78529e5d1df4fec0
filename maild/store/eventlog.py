"""The log of events: what decisions changed on tickets, one line each, and the lives of tickets as of a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select

from maild.core import figures
from maild.core.effects import Effect
from maild.core.figures import Life
from maild.store.prepared import Prepared
from maild.store.standing import event

_ADD = Prepared(event.insert().inline(), ("at", "ticket", "kind", "value"))


def append(tx: Connection, effects: Iterable[Effect], now: datetime) -> None:
    """Write down what a decision changed; in the transaction that changes it."""
    rows = [{"at": now, "ticket": n, "kind": kind, "value": value} for n, kind, value in figures.lines(effects) if n]
    _ADD.many(tx, rows)


def lives(tx: Connection, since: datetime, until: datetime) -> dict[int, Life]:
    """The tickets that a period concerns (opened, closed or reopened in it, or open at its end), up to its end."""
    within = event.c.at < until
    moved = select(event.c.ticket).where(
        event.c.kind.in_(("opened", "closed", "reopened")), event.c.at >= since, within
    )
    signed = case((event.c.kind == "closed", -1), else_=1)
    open_ = select(event.c.ticket).where(event.c.kind.in_(("opened", "closed", "reopened")), within)
    open_ = open_.group_by(event.c.ticket).having(func.sum(signed) > 0)
    said = select(event.c.ticket).where(
        event.c.kind == "told", event.c.value.like("\\_score=%", escape="\\"), event.c.at >= since, within
    )
    wanted = or_(event.c.ticket.in_(moved), event.c.ticket.in_(open_), event.c.ticket.in_(said))
    query = select(event.c.ticket, event.c.at, event.c.kind, event.c.value).where(wanted, within)
    return figures.lives((int(n), at, k, v) for n, at, k, v in tx.execute(query.order_by(event.c.ticket, event.c.id)))
