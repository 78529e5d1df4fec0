"""Timer rows: what is due, what must wait because silence cannot be judged yet, and how a running clock becomes a row."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from maild.core.ticket import Timer
from maild.core.worktime import Pause, Span
from maild.store.prepared import Prepared
from maild.store.schema import timer

Key = tuple[str, int]

# A timer whose decision failed this often is left for a person to see in `maild why`.
MOST_ATTEMPTS = 5
_COLUMNS = ("ticket", "clock", "token", "due", "on_silence", "started_at", "span", "calendar", "pauses", "ran")
_START = Prepared(timer.insert().inline(), _COLUMNS)


@dataclass(frozen=True, slots=True)
class Due:
    id: int
    ticket: int
    clock: str
    token: int
    due: datetime
    on_silence: bool


def due(
    tx: Connection, now: datetime, silence_upto: datetime | None, limit: int, after: Due | None = None
) -> list[Due]:
    """Running timers whose time has come, the longest overdue first; those on silence only up to the watermark.

    `after`: only those that come behind this one.
    """
    columns = (timer.c.id, timer.c.ticket, timer.c.clock, timer.c.token, timer.c.due, timer.c.on_silence)
    query = select(*columns).where(timer.c.ended_at.is_(None), timer.c.due <= now, timer.c.attempts < MOST_ATTEMPTS)
    if silence_upto is not None:
        query = query.where(or_(timer.c.on_silence.is_(False), timer.c.due <= silence_upto))
    if after is not None:
        query = query.where(or_(timer.c.due > after.due, and_(timer.c.due == after.due, timer.c.id > after.id)))
    return [Due(*row) for row in tx.execute(query.order_by(timer.c.due, timer.c.id).limit(limit))]


def still_running(tx: Connection, timer_id: int) -> Due | None:
    """Lock one timer; None when it has ended meanwhile."""
    columns = (timer.c.id, timer.c.ticket, timer.c.clock, timer.c.token, timer.c.due, timer.c.on_silence)
    query = select(*columns).where(timer.c.id == timer_id, timer.c.ended_at.is_(None)).with_for_update()
    row = tx.execute(query).one_or_none()
    return Due(*row) if row else None


def tickets_of_spans(tx: Connection) -> list[int]:
    """The tickets on which a clock runs that counts a span, or may: one from before spans were kept."""
    query = select(timer.c.ticket).where(timer.c.ended_at.is_(None)).distinct().order_by(timer.c.ticket)
    return [int(number) for (number,) in tx.execute(query)]


def count_attempt(tx: Connection, timer_id: int) -> None:
    tx.execute(update(timer).where(timer.c.id == timer_id).values(attempts=timer.c.attempts + 1))


def next_due(tx: Connection) -> datetime | None:
    running = (timer.c.ended_at.is_(None), timer.c.attempts < MOST_ATTEMPTS)
    return tx.execute(select(func.min(timer.c.due)).where(*running)).scalar()


# -- a running clock and its row --------------------------------------------------------------------------------------


def save(
    tx: Connection, number: int, old: tuple[Timer, ...], new: tuple[Timer, ...], fired: Collection[Key], now: datetime
) -> None:
    """Write what changed. Timers are read back in the order of their rows: one that came behind a later one starts anew."""
    if new == old:
        return
    kept = _kept(old, new)
    same = {_identity(t) for t in kept}
    for changed in (t for t in kept if t not in old):
        values = {"due": changed.due, "pauses": _pauses_text(changed.pauses), "calendar": changed.calendar}
        tx.execute(update(timer).where(*_running(number, changed)).values(attempts=0, **values))
    for gone in (t for t in old if _identity(t) not in same):
        outcome = "fired" if (gone.clock, gone.token) in fired else "stopped"
        tx.execute(update(timer).where(*_running(number, gone)).values(ended_at=now, outcome=outcome))
    rows = [
        {
            "ticket": number,
            "clock": t.clock,
            "token": t.token,
            "due": t.due,
            "on_silence": t.on_silence,
            "started_at": t.started or now,
            "span": str(t.span or ""),
            "calendar": t.calendar,
            "pauses": _pauses_text(t.pauses),
            "ran": t.ran,
        }
        for t in new[len(kept) :]
    ]
    _START.many(tx, rows)


def _running(number: int, t: Timer) -> tuple[ColumnElement[bool], ...]:
    return timer.c.ticket == number, timer.c.clock == t.clock, timer.c.token == t.token, timer.c.ended_at.is_(None)


def _kept(old: tuple[Timer, ...], new: tuple[Timer, ...]) -> tuple[Timer, ...]:
    """The timers at the head of `new` that stand in `old` in the same order: their rows may stay."""
    rest = iter(old)
    return tuple(itertools.takewhile(lambda t: any(_identity(o) == _identity(t) for o in rest), new))


def _identity(t: Timer) -> tuple[object, ...]:
    """What a running clock keeps while it is paused and goes on; without a span, another deadline is another clock."""
    return t.clock, t.token, t.on_silence, t.span, t.started if t.span else t.due


def timer_of(row: Mapping[Any, Any]) -> Timer:
    return Timer(
        row["clock"],
        row["token"],
        row["due"],
        row["on_silence"],
        started=row["started_at"],
        span=Span.read(row["span"]),
        calendar=row["calendar"],
        pauses=_pauses(row["pauses"]),
        ran=row["ran"],
    )


def _pauses_text(pauses: Iterable[Pause]) -> str:
    """Pauses as a row keeps them: from/until/why, one behind the other."""
    return ";".join(f"{p.start.isoformat()}/{p.until.isoformat() if p.until else ''}/{p.why}" for p in pauses)


def _pauses(text: str) -> tuple[Pause, ...]:
    parts = [each.split("/") for each in text.split(";") if each]
    return tuple(Pause(datetime.fromisoformat(a), datetime.fromisoformat(b) if b else None, why) for a, b, why in parts)
