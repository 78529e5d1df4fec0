"""When a clock that starts now runs out: a span, a time of day, a date that somebody told."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from maild.core import occasions, worktime
from maild.core.clocks import Clock
from maild.core.occasions import Schedule
from maild.core.rulebook import Rulebook
from maild.core.said import Said
from maild.core.ticket import Ticket
from maild.core.worktime import NEVER, Calendar, Span


def clock(book: Rulebook, key: str) -> Clock | None:
    """The clock, unless the institution's settings switch it off."""
    found = book.clocks.get(key)
    if found is None or any(book.settings.get(k) != v for k, v in found.only_if.items()):
        return None
    return found


def span(found: Clock, said: Said) -> Span | None:
    """How long the clock runs, where a span says it."""
    return found.span or (said.span if found.given_by == "order" else None)


def due(
    found: Clock, book: Rulebook, ticket: Ticket, said: Said, now: datetime, calendar: Calendar | None = None
) -> datetime | None:
    """The instant (UTC) at which the clock runs out; None when nothing says how long it runs, or it belongs to no ticket.

    A date that is no date yet: NEVER; the clock runs, and only what follows in the procedure ends it.
    """
    if found.recurring:
        return None
    if (long := span(found, said)) is not None:
        return worktime.end(now, long, calendar or book.calendar)
    if found.schedule is not None:
        return occasions.following(now, found.schedule, book.calendar)
    if not found.given_by or found.given_by == "order":
        return None
    text = ticket.fact(found.given_by) or ""
    if hour := _hour(text):
        return occasions.following(now, Schedule(hour), book.calendar)
    told = moment(text, book)
    if told is None:
        return NEVER
    return worktime.before(told, found.before) if found.before else told


def _hour(text: str) -> time | None:
    """A time of day: 06:00."""
    hours, colon, minutes = text.strip().partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60):
        return None
    return time(int(hours), int(minutes))


def moment(text: str, book: Rulebook) -> datetime | None:
    """A date (when that day's work begins) or date and time as people tell them: 2026-11-13, 2026-11-16T16:00, 13/11/2026."""
    text = text.strip()
    if len(parts := text.split("/")) == 3 and all(p.isdigit() for p in parts):
        text = f"{int(parts[2]):04d}-{int(parts[1]):02d}-{int(parts[0]):02d}"
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    zone = book.calendar.zone
    if len(text) <= len("2026-11-13"):
        return _opening(told.date(), book)
    return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)


def _opening(day: date, book: Rulebook) -> datetime:
    hours = book.calendar.intervals(day)
    return hours[0][0] if hours else datetime.combine(day, time(8), book.calendar.zone).astimezone(UTC)
