"""Working time against a slow clerk who looks at every minute, on calendars and zones made up at random."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maild.core.worktime import Calendar, Span, between, end

LIMA = ZoneInfo("America/Lima")
OFFICE_DAY = ((time(8, 30), time(13)), (time(14), time(17, 30)))
WEEK = (*((OFFICE_DAY,) * 5), (), ())
OFFICE = Calendar(LIMA, WEEK, frozenset({date(2026, 11, 4)}))
MINUTE = timedelta(minutes=1)

# Zones with and without summer time, with odd offsets, and on both sides of the date line.
zones = st.sampled_from(
    ["America/Lima", "America/La_Paz", "America/Santiago", "Europe/Madrid", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
).map(ZoneInfo)
# The hours from midnight to four are where clocks are put forward and back.
moments = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))


@st.composite
def days(draw: st.DrawFn) -> tuple[tuple[time, time], ...]:
    cuts = sorted(draw(st.lists(moments, unique=True, max_size=4)))
    return tuple(zip(cuts[0::2], cuts[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week = tuple(draw(days()) for _ in range(7))
    holidays = draw(st.frozensets(st.dates(date(2026, 3, 20), date(2026, 4, 15)), max_size=4))
    return Calendar(draw(zones), week, holidays)


starts = st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 12), timezones=st.just(UTC)).map(  # noqa: DTZ001 - zoned
    lambda at: at.replace(second=0, microsecond=0)
)
careful = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def works(calendar: Calendar, minute: datetime) -> bool:
    """The slow clerk: looks at the clock on the wall during this minute."""
    wall = minute.astimezone(calendar.zone)
    if wall.date() in calendar.holidays:
        return False
    # An interval that a change of the clocks cut short or made longer is judged by instants, as the wall shows a time twice.
    return any(
        datetime.combine(wall.date(), a, calendar.zone).astimezone(UTC)
        <= minute
        < datetime.combine(wall.date(), b, calendar.zone).astimezone(UTC)
        for a, b in calendar.week[wall.weekday()]
    )


def counted(calendar: Calendar, start: datetime, until: datetime) -> timedelta:
    minutes = int((until - start) / MINUTE)
    return sum(works(calendar, start + n * MINUTE) for n in range(minutes)) * MINUTE


@given(calendars(), starts, st.integers(0, 4 * 24 * 60))
@careful
def test_the_time_between_two_instants_is_what_the_slow_clerk_counts(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    until = start + minutes * MINUTE
    assert between(start, until, calendar) == counted(calendar, start, until)


@given(calendars(), starts, st.integers(1, 8))
@careful
def test_a_span_ends_when_that_much_work_is_done_and_not_before(
    calendar: Calendar, start: datetime, hours: int
) -> None:
    due = end(start, Span(hours, "wh"), calendar)
    if not any(calendar.week):
        return
    assert due >= start
    if due - start < timedelta(days=3000):  # a calendar may have no working minute that fits
        assert between(start, due, calendar) == timedelta(hours=hours)
        assert between(start, due - MINUTE, calendar) < timedelta(hours=hours)


@given(calendars(), starts, st.integers(1, 6), st.integers(1, 6))
@careful
def test_more_work_never_ends_earlier(calendar: Calendar, start: datetime, fewer: int, more: int) -> None:
    assert end(start, Span(fewer, "wh"), calendar) <= end(start, Span(fewer + more, "wh"), calendar)


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
    assert end(start, Span(1, "wh"), never) > start + timedelta(days=3000)


def test_a_span_reads_as_it_was_written() -> None:
    assert [str(Span(4, "wh")), str(Span(24, "h"))] == ["4wh", "24h"]
