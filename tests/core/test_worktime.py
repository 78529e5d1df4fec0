"""Working time against a slow clerk who looks at every minute, on calendars and zones made up at random."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maild.core.worktime import NEVER, Calendar, Pause, Span, between, counting, end

LIMA = ZoneInfo("America/Lima")
OFFICE_DAY = ((time(8, 30), time(13)), (time(14), time(17, 30)))
WEEK = (*((OFFICE_DAY,) * 5), (), ())
OFFICE = Calendar(LIMA, WEEK, frozenset({date(2026, 11, 4)}))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ALWAYS = ((time(0), time(0)),)

# Zones with and without summer time, with odd offsets, and on both sides of the date line.
zones = st.sampled_from(
    ["America/Lima", "America/La_Paz", "America/Santiago", "Europe/Madrid", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
).map(ZoneInfo)
# The hours from midnight to four are where clocks are put forward and back.
moments = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))


@st.composite
def days(draw: st.DrawFn) -> tuple[tuple[time, time], ...]:
    cuts = sorted(draw(st.lists(moments, unique=True, max_size=4)))
    late = ((cuts[-1], time(0)),) if len(cuts) % 2 and cuts[-1] else ()  # until midnight
    return (*zip(cuts[0::2], cuts[1::2], strict=False), *late)


# Around the nights in which the clocks of these zones are changed, in spring and in autumn.
dates = st.one_of(st.dates(date(2026, 3, 20), date(2026, 4, 20)), st.dates(date(2026, 8, 30), date(2026, 9, 12)))
starts = st.one_of(
    st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 12), timezones=st.just(UTC)),  # noqa: DTZ001 - zoned
    st.datetimes(datetime(2026, 8, 30), datetime(2026, 9, 10), timezones=st.just(UTC)),  # noqa: DTZ001 - zoned
).map(lambda at: at.replace(second=0, microsecond=0))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week = tuple(draw(days()) for _ in range(7))
    holidays = draw(st.frozensets(dates, max_size=4))
    special = draw(st.dictionaries(dates, days(), max_size=3))
    return Calendar(draw(zones), week, holidays, special)


@st.composite
def pauses(draw: st.DrawFn) -> tuple[Pause, ...]:
    """They may overlap, be empty, begin before the clock does, and one may have no end yet."""
    found = []
    for start in draw(st.lists(starts, max_size=4)):
        hours = draw(st.one_of(st.none(), st.integers(0, 100)))
        found.append(Pause(start, None if hours is None else start + hours * HOUR, "espera"))
    return tuple(found)


careful = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def works(calendar: Calendar, minute: datetime, paused: tuple[Pause, ...] = ()) -> bool:
    """The slow clerk: looks at the clock on the wall during this minute, and at nothing else."""
    if any(p.start <= minute and (p.until is None or minute < p.until) for p in paused):
        return False
    wall = minute.astimezone(calendar.zone)
    hours = calendar.week[wall.weekday()]
    if wall.date() in calendar.special:
        hours = calendar.special[wall.date()]
    elif wall.date() in calendar.holidays:
        return False
    return any(a <= wall.time() and (wall.time() < b or b == time(0)) for a, b in hours)


def counted(calendar: Calendar, start: datetime, until: datetime, paused: tuple[Pause, ...] = ()) -> timedelta:
    minutes = int((until - start) / MINUTE)
    return sum(works(calendar, start + n * MINUTE, paused) for n in range(minutes)) * MINUTE


@given(calendars(), starts, st.integers(0, 6 * 24 * 60), pauses())
@careful
def test_the_time_between_two_instants_is_what_the_slow_clerk_counts(
    calendar: Calendar, start: datetime, minutes: int, paused: tuple[Pause, ...]
) -> None:
    until = start + minutes * MINUTE
    assert between(start, until, calendar, paused) == counted(calendar, start, until, paused)


@given(calendars(), starts, st.integers(1, 30), st.sampled_from(["wh", "h"]), pauses())
@careful
def test_a_deadline_is_the_minute_in_which_the_slow_clerk_has_counted_enough(
    calendar: Calendar, start: datetime, hours: int, unit: Literal["wh", "h"], paused: tuple[Pause, ...]
) -> None:
    due = end(start, Span(hours, unit), calendar, paused)
    clerk = calendar if unit == "wh" else Calendar(calendar.zone, (ALWAYS,) * 7)
    needed, minute = hours * 60, start
    while needed and minute < start + timedelta(days=12):
        needed -= works(clerk, minute, paused)
        minute += MINUTE
    assert due >= minute if needed else due == minute


@given(calendars(), starts, st.integers(1, 30), pauses())
@careful
def test_the_stretches_that_a_deadline_counts_lie_in_order_outside_pauses_and_add_up(
    calendar: Calendar, start: datetime, hours: int, paused: tuple[Pause, ...]
) -> None:
    span = Span(hours, "wh")
    stretches = list(counting(start, span, calendar, paused))
    if (due := end(start, span, calendar, paused)) != NEVER:
        assert sum((b - a for a, b in stretches), timedelta()) == timedelta(hours=hours)
        assert stretches[-1][1] == due
    assert all(a < b for a, b in stretches)
    assert all(one[1] <= another[0] for one, another in pairwise(stretches))
    still = [(p.start, p.until or NEVER) for p in paused if p.until != p.start]
    assert not any(a < until and b > start for a, b in stretches for start, until in still)


@given(calendars(), starts, st.integers(1, 6), st.integers(1, 6), pauses())
@careful
def test_more_work_never_ends_earlier_nor_does_a_pause_bring_a_deadline_forward(
    calendar: Calendar, start: datetime, fewer: int, more: int, paused: tuple[Pause, ...]
) -> None:
    assert end(start, Span(fewer, "wh"), calendar) <= end(start, Span(fewer + more, "wh"), calendar)
    assert end(start, Span(fewer, "wh"), calendar) <= end(start, Span(fewer, "wh"), calendar, paused)


@given(starts, st.integers(1, 500), zones)
@careful
def test_elapsed_hours_ignore_calendars_and_summer_time(start: datetime, hours: int, zone: ZoneInfo) -> None:
    assert end(start.astimezone(zone), Span(hours, "h"), OFFICE) - start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        ("2026-11-02T10:00-05:00", Span(2, "wd"), "2026-11-05T10:00-05:00"),  # over a holiday on Wednesday
        ("2026-11-02T12:30-05:00", Span(1, "wh"), "2026-11-02T14:30-05:00"),  # over lunch
        ("2026-11-06T17:00-05:00", Span(1, "wh"), "2026-11-09T09:00-05:00"),  # over a weekend
        ("2026-11-07T12:00-05:00", Span(1, "wh"), "2026-11-09T09:30-05:00"),  # begun while nobody works
        ("2026-11-02T10:00-05:00", Span(30, "m"), "2026-11-02T10:30-05:00"),
        ("2026-11-02T08:30-05:00", Span(1, "wd"), "2026-11-02T17:30-05:00"),
        ("2026-11-02T23:00-05:00", Span(2, "d"), "2026-11-04T23:00-05:00"),
    ],
)
def test_deadlines_fall_where_a_person_would_say(start: str, span: Span, due: str) -> None:
    assert end(datetime.fromisoformat(start), span, OFFICE) == datetime.fromisoformat(due)


def test_a_calendar_without_working_hours_does_not_hang() -> None:
    never = Calendar(LIMA, ((),) * 7)
    start = datetime(2026, 11, 2, tzinfo=UTC)
    assert end(start, Span(1, "wh"), never) == NEVER


def test_a_span_reads_as_it_was_written() -> None:
    assert [str(Span(4, "wh")), str(Span(24, "h"))] == ["4wh", "24h"]
