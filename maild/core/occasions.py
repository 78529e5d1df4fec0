"""What comes again by the calendar: when its next time is, and which of its times have come while nobody looked.

A schedule has one occasion in each of its periods (a day, a week, some months, a year). What is kept of it is the period, never
the moment: whatever becomes of the hour, the day or the holidays, each period has its occasion once.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import dropwhile
from typing import Literal

from maild.core.worktime import NEVER, Calendar

# What happens on a day without work: it comes all the same, on the next working day, on the one before, or not at all.
DayOff = Literal["same", "next", "before", "skip"]
DAYS_OFF: tuple[DayOff, ...] = ("same", "next", "before", "skip")
# How many months a period may have: those that come out the same every year.
MONTHS = (1, 2, 3, 4, 6, 12)
# Nobody looks further for a working day, nor counts more times that were missed.
_FARTHEST = 60
_MOST_MISSED = 400
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something comes again: at a time of day, on a day of the month (-1: its last), every so many months.

    A month that has no such day has it on its last. `month`: in which month of the year it comes, or one of them.
    Without `day` it comes every day, or on one weekday (0: Monday). `instant` stands for all of it where one moment is given.
    """

    at: time = time(8, 0)
    months: int = 1
    day: int = 0
    month: int = 0
    instant: datetime | None = None
    weekday: int | None = None
    day_off: DayOff = "same"

    @property
    def rhythm(self) -> str:
        """What its periods are; a schedule with other ones is counted from anew."""
        if self.instant is not None:
            return "once"
        if self.day:
            return f"{self.months}m"
        return "d" if self.weekday is None else "w"


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time of it: the first day of the period that it is for, and when it is due (UTC)."""

    period: date
    due: datetime


def of_period(schedule: Schedule, period: date, calendar: Calendar) -> Occasion:
    """The occasion in this period; one that the day off takes away is due never."""
    if schedule.instant is not None:
        return Occasion(period, schedule.instant.astimezone(UTC))
    day = _shifted(_nominal(schedule, period), schedule.day_off, calendar)
    if day is None:
        return Occasion(period, NEVER)
    return Occasion(period, datetime.combine(day, schedule.at, calendar.zone).astimezone(UTC))


def after(now: datetime, schedule: Schedule, calendar: Calendar) -> Occasion | None:
    """The first occasion later than `now`; None when there is none any more."""
    today = now.astimezone(calendar.zone).date()
    begin = _step(schedule, period_of(schedule, today), -1)  # its day off may have moved it here
    coming = (o for o in _from(schedule, begin, calendar, _FARTHEST + 2) if now < o.due < NEVER)
    return next(coming, None)


def period_of(schedule: Schedule, day: date) -> date:
    """The first day of the period in which this day lies."""
    if schedule.instant is not None or not (schedule.day or schedule.weekday is not None):
        return day
    if schedule.weekday is not None:
        return day - timedelta(days=day.weekday())
    return _first_of(_months(day) // schedule.months * schedule.months)


def come(
    schedule: Schedule, first: date, now: datetime, calendar: Calendar
) -> tuple[tuple[Occasion, ...], Occasion | None]:
    """The occasions from this period on that have come by now, oldest first, and the one that comes next.

    More of them than anybody wants to read about: the latest.
    """
    found: list[Occasion] = []
    for occasion in _from(schedule, first, calendar, None):
        if occasion.due == NEVER:
            continue
        if occasion.due > now:
            return tuple(found[-_MOST_MISSED:]), occasion
        found.append(occasion)
    return tuple(found[-_MOST_MISSED:]), None


def previous(schedule: Schedule, occasion: Occasion, calendar: Calendar) -> datetime:
    """When the occasion before this one was due; of a single moment, a day before it."""
    period = occasion.period
    for _ in range(_FARTHEST if schedule.instant is None else 0):
        period = _step(schedule, period, -1)
        if (due := of_period(schedule, period, calendar).due) < occasion.due:
            return due
    return occasion.due - _DAY


def following(now: datetime, schedule: Schedule, calendar: Calendar) -> datetime | None:
    """The first moment after `now` (UTC), or None when there is none any more."""
    found = after(now, schedule, calendar)
    return found.due if found else None


def is_month_end(day: date) -> bool:
    return (day + _DAY).day == 1


# -- what is planned --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """The next occasion of a clock as it was put down, with the rhythm that it was counted by ('': before that was kept).

    Due never: the clock is gone from the rules, and its next period is remembered for when it comes back.
    """

    due: datetime
    period: date | None = None
    rhythm: str = ""


def planned(schedule: Schedule, old: Planned | None, now: datetime, calendar: Calendar) -> Planned | None:
    """The next occasion as the rules and the calendar are today. A period that has had its occasion gets no other one."""
    fresh = after(now, schedule, calendar)
    if old is not None and old.rhythm in ("", schedule.rhythm):
        period = old.period or period_of(schedule, old.due.astimezone(calendar.zone).date())
        found = of_period(schedule, period, calendar)
        back = old.due == NEVER
        if found.due == NEVER or (back and found.due <= now):
            found = next(
                (
                    o
                    for o in _from(schedule, period, calendar, _FARTHEST)
                    if o.due < NEVER and (o.due > now or not back)
                ),
                found,
            )
        fresh = found if found.due < NEVER else None
    return Planned(fresh.due, fresh.period, schedule.rhythm) if fresh else None


# -- days -------------------------------------------------------------------------------------------------------------


def _from(schedule: Schedule, period: date, calendar: Calendar, most: int | None) -> Iterator[Occasion]:
    count = 0
    while most is None or count < most:
        yield of_period(schedule, period, calendar)
        if schedule.instant is not None:
            return
        period, count = _step(schedule, period, 1), count + 1


def _step(schedule: Schedule, period: date, by: int) -> date:
    if schedule.instant is not None:
        return period
    if schedule.day:
        return _first_of(_months(period) + by * schedule.months)
    return period + by * (_DAY if schedule.weekday is None else timedelta(days=7))


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_of(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)


def _nominal(schedule: Schedule, period: date) -> date:
    """The day that the schedule names, working or not."""
    if schedule.weekday is not None:
        return period + timedelta(days=schedule.weekday)
    if not schedule.day:
        return period
    first = _first_of(_months(period) + (max(schedule.month, 1) - 1) % schedule.months)
    length = monthrange(first.year, first.month)[1]
    return first.replace(day=length if schedule.day < 0 else min(schedule.day, length))


def _shifted(day: date, day_off: DayOff, calendar: Calendar) -> date | None:
    if day_off == "same" or calendar.hours(day):
        return day
    if day_off == "skip":
        return None
    step = _DAY if day_off == "next" else -_DAY
    tried = (day + step * count for count in range(_FARTHEST))
    return next(dropwhile(lambda each: not calendar.hours(each), tried), day)
