"""Figures from what happened: lives of tickets as of a moment, durations gross and net of waits, median and ninetieth percentile.

Everything is counted from lines that are never changed, up to the end of the period: the same period gives the same numbers
for ever, whatever becomes of its tickets later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, get_args

from maild.core.effects import (
    Assign,
    Close,
    Effect,
    Forget,
    Learn,
    Open,
    PlaceToken,
    Reopen,
    SetField,
    SetState,
    StartTimer,
    StopTimer,
    Tell,
)
from maild.core.findings import masked
from maild.core.rulebook import StateKind
from maild.core.ticket import Ticket
from maild.core.values import Directory, Person

Kind = Literal[
    "opened", "state", "closed", "reopened", "type", "service", "category", "priority", "assigned", "step", "told",
    "started", "fired", "learned", "area", "title",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
Line = tuple[int, str, str]  # ticket, kind, value
_FIELDS = ("type", "service", "category", "priority")
_LONGEST_VALUE = 200


def lines(effects: Iterable[Effect], directory: Directory | None = None) -> Iterator[Line]:
    """What of a decision is written into the log of events. Of a ticket whose requester the directory knows also his area
    and its title: where he worked then, whatever the directory says later."""
    for effect in effects:
        if isinstance(effect, Open):
            ticket = effect.ticket
            person = directory.by_address(ticket.requester.address) if directory else None
            yield from ((ticket.number, *line) for line in _opened(ticket, person))
        elif (line := _line(effect)) is not None:
            yield getattr(effect, "number", 0), *line


def _opened(ticket: Ticket, person: Person | None) -> Iterator[tuple[str, str]]:
    yield "opened", ticket.requester.address
    yield from ((name, value) for name in _FIELDS if (value := str(getattr(ticket, name))))
    yield from (("told", f"{key}={value[:_LONGEST_VALUE]}") for key, value in ticket.facts)
    if person is not None:
        yield "title", masked(ticket.title)
        if person.area:
            yield "area", person.area
    yield "state", ticket.state


def _line(effect: Effect) -> tuple[str, str] | None:
    match effect:
        case SetField(field=name, value=value) if name in _FIELDS:
            return name, value
        case SetField(field="title", value=value):
            return "title", masked(value)
        case Assign(to=to):
            return "assigned", to.address if to else ""
        case PlaceToken(token=token) if token.live:
            return "step", token.place
        case Tell(key=key, value=value):
            return "told", f"{key}={value[:_LONGEST_VALUE]}"
        case Forget(key=key):
            return "told", f"{key}="
        case StartTimer(timer=timer) if not timer.ran:
            return "started", f"{timer.clock}={timer.span or ''}"
        case StopTimer(clock=clock, fired=True, ran=0):  # a deadline is missed once, however often it is told of
            return "fired", clock
        case _:
            return _plain_line(effect)


def _plain_line(effect: Effect) -> tuple[str, str] | None:
    match effect:
        case SetState(state=value):
            return "state", value
        case Close(reason=value):
            return "closed", value
        case Reopen():
            return "reopened", ""
        case Learn(key=key):
            return "learned", key
        case _:
            return None


# -- a ticket's life --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Life:
    """What happened to one ticket up to the end of a period: (when, kind, value), oldest first."""

    number: int
    events: list[tuple[datetime, str, str]] = field(default_factory=list)

    def last(self, kind: str) -> str:
        return next((v for _, k, v in reversed(self.events) if k == kind), "")

    def every(self, kind: str) -> Iterator[tuple[datetime, str]]:
        return ((at, v) for at, k, v in self.events if k == kind)

    def fact(self, key: str) -> str:
        start = key + "="
        return next((v[len(start) :] for _, k, v in reversed(self.events) if k == "told" and v.startswith(start)), "")

    @property
    def opened(self) -> datetime:
        return next(at for at, k, _ in self.events if k == "opened")

    @property
    def closed(self) -> datetime | None:
        """When it was closed for the last time, if it has not been opened again since."""
        last = next(((at, k) for at, k, _ in reversed(self.events) if k in ("closed", "reopened")), None)
        return last[0] if last and last[1] == "closed" else None

    def spells(self, kind: str, until: datetime) -> Iterator[tuple[str, datetime, datetime]]:
        """How long each value of a kind stood: (value, from, until), the last one until `until` or the closing."""
        seen = [*self.every(kind)]
        end = self.closed or until
        for at, (value, start) in enumerate((v, a) for a, v in seen):
            stop = min(seen[at + 1][0] if at + 1 < len(seen) else end, end)
            if stop > start:
                yield value, start, stop


def lives(rows: Iterable[tuple[int, datetime, str, str]]) -> dict[int, Life]:
    found: dict[int, Life] = {}
    for number, at, kind, value in rows:
        found.setdefault(number, Life(number)).events.append((at, kind, value))
    return {n: life for n, life in found.items() if any(k == "opened" for _, k, _ in life.events)}


@dataclass(frozen=True, slots=True)
class Period:
    """From when until before when, and what the institution's states mean."""

    since: datetime
    until: datetime
    kinds: Mapping[str, StateKind]

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.since <= at < self.until

    def resolved(self, life: Life) -> datetime | None:
        """When it was resolved for good: its last entry into a resolved state that no work followed, else its closing."""
        found: datetime | None = None
        for at, state in life.every("state"):
            kind = self.kinds.get(state)
            if kind == "resolved" and found is None:
                found = at
            elif kind not in ("resolved", "closed"):
                found = None
        return found or life.closed

    def first_look(self, life: Life) -> datetime | None:
        """When somebody first did something about it: it left the queue."""
        looked = (at for at, s in life.every("state") if self.kinds.get(s, "queued") != "queued" and at > life.opened)
        return next(looked, None) or life.closed

    def gross(self, life: Life) -> timedelta | None:
        done = self.resolved(life)
        return done - life.opened if done else None

    def net(self, life: Life) -> timedelta | None:
        """The same without the time in which the desk could do nothing but wait."""
        done = self.resolved(life)
        if done is None:
            return None
        waits = ((max(a, life.opened), min(b, done)) for s, a, b in life.spells("state", self.until) if self._waits(s))
        return done - life.opened - sum((b - a for a, b in waits if b > a), timedelta())

    def _waits(self, state: str) -> bool:
        return self.kinds.get(state) == "waiting"


# -- numbers ----------------------------------------------------------------------------------------------------------


def hours(span: timedelta) -> float:
    return round(span.total_seconds() / 3600, 2)


def mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile: the smallest value that at least this share of them does not exceed."""
    if not values:
        return None
    rank = max(1, -(-int(len(values) * share * 1000) // 1000))
    return sorted(values)[rank - 1]


def counted(all_lives: Iterable[Life], what: Callable[[Life], str]) -> list[tuple[str, int]]:
    """How many of each, most first, then by name."""
    counts = Counter(what(life) for life in all_lives)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
