"""Whose turn a ticket was, and what a unit that said how long it would take really took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from maild.core import worktime
from maild.core.clocks import Clock
from maild.core.figures import Life
from maild.core.past import Past
from maild.core.worktime import Pause, Span


@dataclass(frozen=True, slots=True)
class Estimated:
    """A turn for which an estimate was given. Both times are in the hours that it was given in (elapsed or working), without
    the states in which its clock stands still; `again`: how many others followed it."""

    number: int
    role: str
    span: Span
    promised: timedelta
    took: timedelta
    again: int


def turns(past: Past, life: Life) -> list[tuple[str, datetime, datetime]]:
    """Which role had the ticket from when until when, by the steps its tokens came to rest on; steps of one role are one turn."""
    found: list[tuple[str, datetime, datetime]] = []
    for place, start, end in life.spells("step", past.period.until):
        procedure, _, number = place.partition(":")
        step = past.book.step(procedure, number)
        if step is None:
            continue
        if found and found[-1][0] == step.role and found[-1][2] == start:
            start = found.pop()[1]
        found.append((step.role, start, end))
    return found


def estimated(past: Past) -> Iterator[Estimated]:
    """Every turn with an estimate that was over in the period: the first one given, against the time from then to its end."""
    for n in past.lives.values():
        given = _given(past, n)
        for role, start, end in turns(past, n) if given else ():
            his = [each for each in given if start <= each[0] < end]
            if his and past.period.holds(end):
                at, clock, span = his[0]
                promised, took = _times(past, n, role, clock, span, at, end)
                yield Estimated(n.number, role, span, promised, took, len(his) - 1)


def _given(past: Past, life: Life) -> list[tuple[datetime, Clock, Span]]:
    found = []
    for at, told in life.every("started"):
        key, _, text = told.partition("=")
        clock, span = past.book.clocks.get(key), Span.read(text)
        if clock is not None and clock.given_by == "order" and span is not None:
            found.append((at, clock, span))
    return found


def _times(
    past: Past, life: Life, role: str, clock: Clock, span: Span, at: datetime, end: datetime
) -> tuple[timedelta, timedelta]:
    """What was promised and what it took, both on the unit's calendar where the estimate is in working time."""
    known = past.book.roles.get(role)
    calendar = past.book.hours("", known.unit if known else "")
    stood = [(max(a, at), min(b, end)) for s, a, b in life.spells("state", end) if s in clock.pauses]
    waits = [Pause(a, b, clock.key) for a, b in stood if a < b]
    due = worktime.end(at, span, calendar)
    if span.is_working:
        return worktime.between(at, due, calendar), worktime.between(at, end, calendar, waits)
    return due - at, end - at - sum((b - a for a, b in stood if a < b), timedelta())
