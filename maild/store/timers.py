"""Timer rows: what is due, and what must wait because silence cannot be judged yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from maild.store.schema import timer

# A timer whose decision failed this often is left for a person to see in `maild why`.
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Due:
    id: int
    ticket: int
    clock: str
    token: int
    due: datetime
    on_silence: bool


def due(tx: Connection, now: datetime, silence_upto: datetime | None, limit: int) -> list[Due]:
    """Running timers whose time has come, the longest overdue first; those on silence only up to the watermark."""
    columns = (timer.c.id, timer.c.ticket, timer.c.clock, timer.c.token, timer.c.due, timer.c.on_silence)
    query = select(*columns).where(timer.c.ended_at.is_(None), timer.c.due <= now, timer.c.attempts < MOST_ATTEMPTS)
    if silence_upto is not None:
        query = query.where(or_(timer.c.on_silence.is_(False), timer.c.due <= silence_upto))
    return [Due(*row) for row in tx.execute(query.order_by(timer.c.due, timer.c.id).limit(limit))]


def still_running(tx: Connection, timer_id: int) -> Due | None:
    """Lock one timer; None when it has ended meanwhile."""
    columns = (timer.c.id, timer.c.ticket, timer.c.clock, timer.c.token, timer.c.due, timer.c.on_silence)
    query = select(*columns).where(timer.c.id == timer_id, timer.c.ended_at.is_(None)).with_for_update()
    row = tx.execute(query).one_or_none()
    return Due(*row) if row else None


def count_attempt(tx: Connection, timer_id: int) -> None:
    tx.execute(update(timer).where(timer.c.id == timer_id).values(attempts=timer.c.attempts + 1))


def next_due(tx: Connection) -> datetime | None:
    running = (timer.c.ended_at.is_(None), timer.c.attempts < MOST_ATTEMPTS)
    return tx.execute(select(func.min(timer.c.due)).where(*running)).scalar()
