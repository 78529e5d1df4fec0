"""The log of events: what decisions changed on tickets, one line each, and the lives of tickets as of a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select

from maild.core import figures
from maild.core.effects import Effect
from maild.core.figures import Life
from maild.core.values import Directory
from maild.store.prepared import Prepared
from maild.store.standing import event

_ADD = Prepared(event.insert().inline(), ("at", "ticket", "kind", "value"))


def append(tx: Connection, effects: Iterable[Effect], directory: Directory, now: datetime) -> None:
    """Write down what a decision changed; in the transaction that changes it."""
    lines = figures.lines(effects, directory)
    rows = [{"at": now, "ticket": n, "kind": kind, "value": value} for n, kind, value in lines if n]
    _ADD.many(tx, rows)


def lives(tx: Connection, since: datetime, until: datetime) -> dict[int, Life]:
    """The tickets that a period concerns, up to its end: something happened to them in it, or they were open at its end."""
    within = event.c.at < until
    # Every kind is named because that is what the index begins with.
    touched = select(event.c.ticket).where(event.c.kind.in_(figures.KINDS), event.c.at >= since, within)
    signed = case((event.c.kind == "closed", -1), else_=1)
    open_ = select(event.c.ticket).where(event.c.kind.in_(("opened", "closed", "reopened")), within)
    open_ = open_.group_by(event.c.ticket).having(func.sum(signed) > 0)
    wanted = or_(event.c.ticket.in_(touched), event.c.ticket.in_(open_))
    query = select(event.c.ticket, event.c.at, event.c.kind, event.c.value).where(wanted, within)
    return figures.lives((int(n), at, k, v) for n, at, k, v in tx.execute(query.order_by(event.c.ticket, event.c.id)))
