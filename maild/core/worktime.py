"""Working time: when a span that starts now is over, on a calendar and with pauses, and which stretches of time it counts.

Elapsed spans (24h, 2d) run day and night; working spans (4wh, 2wd) run only in working hours. A working day is as long as the
calendar's longest weekday, so that 2wd from Monday 10:00 ends on Wednesday 10:00. Hours are meant by the clock on the wall:
where it is put forward an hour is missing, where it is put back an hour is worked twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Unit = Literal["m", "h", "d", "wh", "wd"]
# From and until on the wall; until 00:00 is the end of the day.
Hours = tuple[tuple[time, time], ...]
Stretch = tuple[datetime, datetime]
# A time that never comes: a clock that is paused, a date that is no date yet, a calendar on which nobody works.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
# Nobody waits longer than this for a working day: a calendar without working hours must not hang us.
_MAX_DAYS = 3660
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "wh": timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Span:
    """How long: 30m, 24h, 2d elapsed; 4wh working hours, 2wd working days."""

    amount: int
    unit: Unit

    @property
    def is_working(self) -> bool:
        return self.unit in ("wh", "wd")

    @classmethod
    def read(cls, text: str) -> Span | None:
        """The span that `str` wrote; None for anything else."""
        digits = text.rstrip("mhdw")
        unit = text[len(digits) :]
        return cls(int(digits), unit) if digits.isdigit() and unit in (*_UNITS, "wd") else None  # type: ignore[arg-type]

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


@dataclass(frozen=True, slots=True)
class Pause:
    """From when until when (None: nobody knows yet) a clock stands still, and why: a state, `absent` or `bounced`."""

    start: datetime
    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working hours in local time: for each weekday (0 = Monday) intervals [from, until); holidays have none.

    `special`: days with hours of their own, whatever else is said of them. `key`: '' is the institution's own calendar.
    `names`: what the holidays are called.
    """

    zone: ZoneInfo
    week: tuple[Hours, ...]
    holidays: frozenset[date] = field(default_factory=frozenset)
    special: Mapping[date, Hours] = field(default_factory=dict)
    key: str = ""
    names: Mapping[date, str] = field(default_factory=dict)

    def hours(self, day: date) -> Hours:
        """What is worked on this day, by the clock on the wall."""
        if day in self.special:
            return self.special[day]
        return () if day in self.holidays else self.week[day.weekday()]

    def intervals(self, day: date) -> tuple[Stretch, ...]:
        """The working intervals of one local day, as UTC instants."""
        hours = self.hours(day)
        if not hours:
            return ()
        edges = [(datetime.combine(day, a), datetime.combine(day, b) + timedelta(days=b == time())) for a, b in hours]
        midnight = datetime.combine(day, time())
        first, last = _offset(midnight, self.zone), _offset(midnight + timedelta(days=1), self.zone)
        if first == last:
            return tuple(((a - first).replace(tzinfo=UTC), (b - first).replace(tzinfo=UTC)) for a, b in edges)
        return tuple(_over_change(edges, midnight, first, last, self.zone))

    def is_worktime(self, now: datetime) -> bool:
        """Whether somebody works at this moment."""
        return any(start <= now < until for start, until in self.intervals(now.astimezone(self.zone).date()))

    def days_off(self, start: datetime, until: datetime) -> list[date]:
        """The days from one instant to another on which nobody works though it is their weekday, for as long as anybody waits."""
        day, last = start.astimezone(self.zone).date(), min(until, start + _MAX_DAYS * timedelta(days=1))
        days = (day + timedelta(days=n) for n in range((last.astimezone(self.zone).date() - day).days + 1))
        return [d for d in days if not self.hours(d) and self.week[d.weekday()]]

    def working_day(self) -> timedelta:
        """The length of the longest weekday."""
        lengths = [sum((_length(a, b) for a, b in day), timedelta()) for day in self.week]
        return max(lengths, default=timedelta())

    def opening(self, moment: datetime) -> datetime:
        """The moment itself where it lies in working hours, else when work begins next."""
        return next((max(a, moment.astimezone(UTC)) for a, b in _working(moment, self) if b > moment), moment)


def _offset(wall: datetime, zone: ZoneInfo) -> timedelta:
    return wall.replace(tzinfo=zone).utcoffset() or timedelta()


def _over_change(
    edges: Iterable[tuple[datetime, datetime]], midnight: datetime, first: timedelta, last: timedelta, zone: ZoneInfo
) -> Iterator[Stretch]:
    """The intervals of a day on which the clocks are changed: once by the offset before the change, once by the one after."""
    change = _change(midnight - first, midnight + timedelta(days=1) - last, first, zone)
    pieces = []
    for a, b in edges:
        pieces.append((a - first, min(b - first, change)))
        pieces.append((max(a - last, change), b - last))
    yield from ((a.replace(tzinfo=UTC), b.replace(tzinfo=UTC)) for a, b in sorted(pieces) if a < b)


def _change(low: datetime, high: datetime, before: timedelta, zone: ZoneInfo) -> datetime:
    """The instant (UTC without a zone, to the second) between these two at which the offset ceases to be `before`."""
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        same = middle.replace(tzinfo=UTC).astimezone(zone).utcoffset() == before
        low, high = (middle, high) if same else (low, middle)
    return high


def _length(start: time, end: time) -> timedelta:
    today = date(2000, 1, 3)
    return datetime.combine(today, end) + timedelta(days=end == time()) - datetime.combine(today, start)


# -- counting ---------------------------------------------------------------------------------------------------------


def _working(start: datetime, calendar: Calendar) -> Iterator[Stretch]:
    """Every working interval that ends after `start`, for as long as anybody would wait."""
    # Where the clocks are put back an hour belongs to yesterday by one reckoning and to today by another.
    day = start.astimezone(calendar.zone).date() - timedelta(days=1)
    for _ in range(_MAX_DAYS):
        for opens, closes in calendar.intervals(day):
            if closes > start:
                yield max(opens, start.astimezone(UTC)), closes
        day += timedelta(days=1)


def _without(stretches: Iterable[Stretch], pauses: Iterable[Pause]) -> Iterator[Stretch]:
    """What of these stretches lies in no pause."""
    ordered = sorted((p.start, p.until or NEVER) for p in pauses)
    for opens, closes in stretches:
        for start, until in ordered:
            if until <= opens or start >= closes:
                continue
            if opens < start:
                yield opens, start
            opens = max(opens, until)
            if opens >= closes:
                break
        if opens < closes:
            yield opens, closes


def counting(start: datetime, span: Span, calendar: Calendar, pauses: Iterable[Pause] = ()) -> Iterator[Stretch]:
    """The stretches (UTC) that the span counts, in order, until it is over."""
    needed = calendar.working_day() * span.amount if span.unit == "wd" else _UNITS[span.unit] * span.amount
    runs = _working(start, calendar) if span.is_working else iter(((start.astimezone(UTC), NEVER),))
    for opens, closes in _without(runs, pauses):
        if needed <= closes - opens:
            yield opens, opens + needed
            return
        if closes >= NEVER:
            return
        yield opens, closes
        needed -= closes - opens


def end(start: datetime, span: Span, calendar: Calendar, pauses: Iterable[Pause] = ()) -> datetime:
    """The instant (UTC) at which a span that starts at `start` is over; NEVER while a pause without an end is in its way."""
    needed = calendar.working_day() * span.amount if span.unit == "wd" else _UNITS[span.unit] * span.amount
    last = start.astimezone(UTC)
    for opens, closes in counting(start, span, calendar, pauses):
        needed -= closes - opens
        last = closes
    return NEVER if needed > timedelta() else last


def between(start: datetime, until: datetime, calendar: Calendar, pauses: Iterable[Pause] = ()) -> timedelta:
    """Working time from `start` to `until`, without the pauses; zero if `until` is earlier."""
    total = timedelta()
    for opens, closes in _without(_working(start, calendar), pauses):
        if opens >= until:
            break
        total += min(closes, until) - opens
    return total


def before(moment: datetime, span: Span) -> datetime:
    """So long before a moment, in elapsed time (a working day counts as a day)."""
    match span.unit:
        case "m":
            return moment - timedelta(minutes=span.amount)
        case "h" | "wh":
            return moment - timedelta(hours=span.amount)
        case "d" | "wd":
            return moment - timedelta(days=span.amount)
