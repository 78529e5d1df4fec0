"""Clocks that stand still: in certain states, and while whoever is asked is away or gets no letters.

A clock is never stopped and begun again for that: it keeps when it started, and its pauses say what is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from maild.core import deadlines, worktime
from maild.core.clocks import Clock
from maild.core.effects import Adjust
from maild.core.office import Office
from maild.core.rulebook import Rulebook
from maild.core.ticket import Ticket, Timer
from maild.core.worktime import Calendar, Pause, Span

if TYPE_CHECKING:
    from maild.core.procedure import Walk

# Why a clock stands still, besides the key of a state.
ABSENT, BOUNCED = "absent", "bounced"


def timer(walk: Walk, clock: Clock, token_id: int, role: str, ran: int = 0, after: Span | None = None) -> Timer | None:
    """The clock as it starts now, after having run out so often; None where nothing says how long it runs. `after`: so long."""
    office, now = walk.office, walk.now
    calendar = office.hours(walk.ticket, role, asked=clock.of == "requester")
    span = after or deadlines.span(clock, walk.said)
    due = (
        worktime.end(now, after, calendar)
        if after
        else deadlines.due(clock, office.book, walk.ticket, walk.said, now, calendar)
    )
    if due is None:
        return None
    home = token_id if clock.scope == "step" else 0
    silence = clock.meaning == "silence"
    started = Timer(
        clock.key, home, due, silence, started=now, span=span, calendar=calendar.key if span else "", ran=ran
    )
    if clock.of != "requester" or span is None:
        return started
    return _paused(started, _at_the_start(walk, calendar), office.book)


def _at_the_start(walk: Walk, calendar: Calendar) -> list[Pause]:
    """Whoever is asked may be away already, or out of reach."""
    asked, now, kin = walk.ticket.requester.address, walk.now, walk.draft.kin
    person = walk.office.directory.by_address(asked)
    known = [day for day in (person.absent_until if person else None, kin.away.get(asked)) if day]
    pauses = [Pause(now, None, BOUNCED)] if asked in kin.unreachable else []
    back = _morning_after(max(known), calendar) if known else now
    return [*pauses, Pause(now, back, ABSENT)] if back > now else pauses


def _morning_after(day: date, calendar: Calendar) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), calendar.zone).astimezone(UTC)


def _paused(timer: Timer, more: Iterable[Pause], book: Rulebook) -> Timer:
    return retimed(replace(timer, pauses=(*timer.pauses, *more)), book)


def retimed(timer: Timer, book: Rulebook) -> Timer:
    """The timer with the deadline that follows from its start, its span, its calendar and its pauses."""
    if timer.span is None or timer.started is None:
        return timer
    calendar = book.calendar_of(timer.calendar)
    return replace(timer, due=worktime.end(timer.started, timer.span, calendar, timer.pauses))


def _open(timer: Timer, why: str) -> Pause | None:
    return next((p for p in timer.pauses if p.until is None and p.why == why), None)


def _ended(timer: Timer, pause: Pause, now: datetime, book: Rulebook) -> Timer:
    kept = tuple(replace(p, until=now) if p is pause else p for p in timer.pauses)
    return retimed(replace(timer, pauses=kept), book)


def settle(walk: Walk) -> None:
    """The ticket shows its new state: clocks that do not count in it stand still, those that stood still in the last go on."""
    ticket, book = walk.ticket, walk.office.book
    for running in ticket.timers:
        clock = book.clocks.get(running.clock)
        if clock is None or running.span is None:
            continue
        changed = running
        for pause in running.pauses:
            if pause.until is None and pause.why not in (ABSENT, BOUNCED, ticket.state):
                changed = _ended(changed, pause, walk.now, book)
        if ticket.state in clock.pauses and _open(changed, ticket.state) is None:
            changed = _paused(changed, [Pause(walk.now, None, ticket.state)], book)
        if changed != running:
            walk.draft.do(Adjust(ticket.number, changed))


def _asking(ticket: Ticket, address: str, book: Rulebook) -> list[Timer]:
    """The running clocks that wait for an answer of whoever has this address."""
    if not address or address != ticket.requester.address:
        return []
    waiting = [(t, book.clocks.get(t.clock)) for t in ticket.timers if t.span]
    return [t for t, clock in waiting if clock and clock.of == "requester"]


def away(ticket: Ticket, address: str, until: date, office: Office, now: datetime) -> tuple[Adjust, ...]:
    """Whoever is asked is away up to and including that day: until then nothing that waits for him counts."""
    found = []
    for running in _asking(ticket, address, office.book):
        back = _morning_after(until, office.book.calendar_of(running.calendar))
        if back > now:
            found.append(Adjust(ticket.number, _paused(running, [Pause(now, back, ABSENT)], office.book)))
    return tuple(found)


def unreachable(ticket: Ticket, address: str, office: Office, now: datetime) -> tuple[Adjust, ...]:
    """No letter reaches whoever is asked: silence means nothing until he is heard of."""
    asking = (t for t in _asking(ticket, address, office.book) if _open(t, BOUNCED) is None)
    return tuple(Adjust(ticket.number, _paused(t, [Pause(now, None, BOUNCED)], office.book)) for t in asking)


def heard_of(ticket: Ticket, address: str, office: Office, now: datetime) -> tuple[Adjust, ...]:
    """He wrote, or his address is good again."""
    pairs = ((t, _open(t, BOUNCED)) for t in _asking(ticket, address, office.book))
    return tuple(Adjust(ticket.number, _ended(t, pause, now, office.book)) for t, pause in pairs if pause)


def recounted(ticket: Ticket, book: Rulebook) -> tuple[Adjust, ...]:
    """The running clocks whose deadline is another one on the calendars as they are now."""
    pairs = ((t, retimed(_whole(t, book), book)) for t in ticket.timers)
    return tuple(Adjust(ticket.number, new) for old, new in pairs if new.due != old.due)


def _whole(timer: Timer, book: Rulebook) -> Timer:
    """Clocks that started before spans were kept count the span that the rules give them."""
    clock = book.clocks.get(timer.clock)
    return timer if timer.span or clock is None else replace(timer, span=clock.span)
