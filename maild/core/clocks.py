"""Clocks as an institution decides them: deadlines of tickets, and what comes again by the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from maild.core.moves import LetterTo
from maild.core.occasions import Schedule
from maild.core.worktime import Span

Origin = Literal["document", "proposal"]
# That it runs out: somebody is late with his work; nobody objected; a moment came (a date, a reminder) and nobody is at fault.
ClockMeaning = Literal["work", "silence", "moment"]
SUPERIORS = "superiors"


@dataclass(frozen=True, slots=True)
class Opening:
    """The ticket that a recurring clock opens. `requester` is a role; `title` and facts may say {day}, {month} and {year} of
    the occasion. `each`: where several occasions were missed, a ticket for each of them, else one for all."""

    type: str
    title: str
    requester: str
    facts: Mapping[str, str] = field(default_factory=dict)
    each: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """A mail that shall come before each occasion: one that one of these rules of mails.toml understands and that names `names`
    ('': nothing). Only what came at most `within` before counts; None: since the occasion before."""

    rules: tuple[str, ...]
    names: str = ""
    within: Span | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline. Without `span`, `schedule` or `given_by` no value was given, so it never starts.

    `silence` clocks mean that nobody objected. `only_if` names settings that must have these values for it to start at all.
    `given_by`: the order's own value, or the fact that holds the date; `before`: so long before that.
    `scope`: a `step` clock ends when its token leaves, a `ticket` clock runs until a move stops it or the ticket closes,
    an `after` clock goes on although the ticket is closed. Where no move listens to it, its `letters` are written when it
    runs out, and `again` sets it anew. `recurring`: it belongs to no ticket, and each time it `opens` one, writes its
    `letters`, and moves the tickets that listen to it (`together`: in one letter for all).
    `pauses`: the states in which a span is not counted. `of`: whose hours count, and for whom it waits: while a requester
    who is asked is away or gets no letters, it stands still. `urgent`: its letters go at once, at whatever hour.
    `climbs`: whoever hears of it besides, one more each time, where nothing has moved after the first letters; the word
    `superiors` stands for those of the institution's ladder. `times`: how often `again` comes (0: as long as it lasts).
    `report`: the sections that its letters tell of the period that is over; a letter that has nothing to tell is
    not written, unless the institution's document prescribes it (`origin`).
    `name`: what people call it. `expects`: it says and opens something only where an expected mail did not come.
    `lists`: forms (with facts told beside each) whose lines its one letter lists, for all tickets that it moves.
    """

    key: str
    span: Span | None
    meaning: ClockMeaning = "work"
    only_if: Mapping[str, str] = field(default_factory=dict)
    given_by: str = ""
    before: Span | None = None
    scope: Literal["step", "ticket", "after"] = "step"
    schedule: Schedule | None = None
    recurring: bool = False
    again: bool = False
    together: bool = False
    opens: Opening | None = None
    letters: tuple[LetterTo, ...] = ()
    origin: Origin = "proposal"
    printed: str = ""
    pauses: tuple[str, ...] = ()
    of: Literal["worker", "requester"] = "worker"
    urgent: bool = False
    report: tuple[str, ...] = ()
    climbs: tuple[str, ...] = ()
    times: int = 0
    name: str = ""
    expects: Expected | None = None
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_deadline(self) -> bool:
        """Whether those who work are late when it runs out; that a requester has not answered is no fault of theirs."""
        return self.meaning == "work" and self.of == "worker" and not self.recurring


@dataclass(frozen=True, slots=True)
class Ladder:
    """Who is told of what lies still after a clock ran out: `template` to one more of `superiors` each `span`, then nobody."""

    span: Span | None = None
    template: str = ""
    superiors: tuple[str, ...] = ()

    def of(self, clock: Clock) -> tuple[LetterTo, ...]:
        """The letters of a clock's ladder, from the lowest rung up."""
        rungs = (each for one in clock.climbs for each in (self.superiors if one == SUPERIORS else (one,)))
        return tuple(LetterTo(self.template, to) for to in rungs) if self.template and self.span else ()
