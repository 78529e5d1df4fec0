"""Working time: when a span that starts now is over, on an institution's calendar.

Elapsed spans (24h, 2d) run day and night; working spans (4wh, 2wd) run only in working hours. A working day is as long as the
calendar's longest weekday, so that 2wd from Monday 10:00 ends on Wednesday 10:00.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Unit = Literal["m", "h", "d", "wh", "wd"]
# Nobody waits longer than this for a working day: a calendar without working hours must not hang us.
_MAX_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Span:
    """How long: 30m, 24h, 2d elapsed; 4wh working hours, 2wd working days."""

    amount: int
    unit: Unit

    @property
    def is_working(self) -> bool:
        return self.unit in ("wh", "wd")

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working hours in local time: for each weekday (0 = Monday) intervals [from, until); holidays have none."""

    zone: ZoneInfo
    week: tuple[tuple[tuple[time, time], ...], ...]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def intervals(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The working intervals of one local day, as UTC instants."""
        if day in self.holidays:
            return ()
        return tuple((_instant(day, a, self.zone), _instant(day, b, self.zone)) for a, b in self.week[day.weekday()])

    def is_worktime(self, now: datetime) -> bool:
        """Whether somebody works at this moment."""
        return any(start <= now < until for start, until in self.intervals(now.astimezone(self.zone).date()))

    def working_day(self) -> timedelta:
        """The length of the longest weekday."""
        lengths = [sum((_length(a, b) for a, b in day), timedelta()) for day in self.week]
        return max(lengths, default=timedelta())


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _length(start: time, end: time) -> timedelta:
    today = date(2000, 1, 3)
    return datetime.combine(today, end) - datetime.combine(today, start)


def end(start: datetime, span: Span, calendar: Calendar) -> datetime:
    """The instant (UTC) at which a span that starts at `start` is over."""
    match span.unit:
        case "m":
            return start.astimezone(UTC) + timedelta(minutes=span.amount)
        case "h":
            return start.astimezone(UTC) + timedelta(hours=span.amount)
        case "d":
            return start.astimezone(UTC) + timedelta(days=span.amount)
        case "wh":
            return _work(start, timedelta(hours=span.amount), calendar)
        case "wd":
            return _work(start, calendar.working_day() * span.amount, calendar)


def _work(start: datetime, needed: timedelta, calendar: Calendar) -> datetime:
    day = start.astimezone(calendar.zone).date()
    for _ in range(_MAX_DAYS):
        for opens, closes in calendar.intervals(day):
            begin = max(opens, start)
            if begin >= closes:
                continue
            if needed <= closes - begin:
                return begin + needed
            needed -= closes - begin
        day += timedelta(days=1)
    return start.astimezone(UTC) + timedelta(days=_MAX_DAYS)


def between(start: datetime, until: datetime, calendar: Calendar) -> timedelta:
    """Working time from `start` to `until`; zero if `until` is earlier."""
    total = timedelta()
    day = start.astimezone(calendar.zone).date()
    last = until.astimezone(calendar.zone).date()
    while day <= last:
        for opens, closes in calendar.intervals(day):
            total += max(min(closes, until) - max(opens, start), timedelta())
        day += timedelta(days=1)
    return total


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something comes again: at a time of day, on a day of the month (-1: its last), every so many months.

    `instant` stands for all of it where one moment is given. Without `day` it comes every day.
    """

    at: time = time(8, 0)
    months: int = 1
    day: int = 0
    month: int = 0
    instant: datetime | None = None


def following(now: datetime, schedule: Schedule, zone: ZoneInfo) -> datetime | None:
    """The first moment after `now` (UTC), or None when there is none any more."""
    if schedule.instant is not None:
        return schedule.instant.astimezone(UTC) if schedule.instant > now else None
    day = now.astimezone(zone).date()
    for _ in range(_MAX_DAYS):
        moment = _instant(day, schedule.at, zone)
        if moment > now and _falls_on(day, schedule):
            return moment
        day += timedelta(days=1)
    return None


def _falls_on(day: date, schedule: Schedule) -> bool:
    if not schedule.day:
        return True
    if schedule.months > 1 and (day.month - (schedule.month or 1)) % schedule.months:
        return False
    return is_month_end(day) if schedule.day < 0 else day.day == schedule.day


def is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def before(moment: datetime, span: Span) -> datetime:
    """So long before a moment, in elapsed time (a working day counts as a day)."""
    match span.unit:
        case "m":
            return moment - timedelta(minutes=span.amount)
        case "h" | "wh":
            return moment - timedelta(hours=span.amount)
        case "d" | "wd":
            return moment - timedelta(days=span.amount)
