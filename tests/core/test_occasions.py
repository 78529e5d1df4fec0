"""Occasions: the ends of months, days without work, clocks that are put forward, and each period once whatever happens."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.occasions import (
    MONTHS,
    Occasion,
    Planned,
    Schedule,
    after,
    come,
    of_period,
    period_of,
    planned,
    previous,
)
from maild.core.worktime import NEVER, Calendar

LIMA = ZoneInfo("America/Lima")
WEEK = (*((((time(8), time(17)),),) * 5), (), ())
OFFICE = Calendar(LIMA, WEEK, frozenset({date(2027, 1, 1), date(2026, 12, 8), date(2026, 12, 25)}))
MORNING = time(8)


def days(schedule: Schedule, since: datetime, count: int, calendar: Calendar = OFFICE) -> list[str]:
    """The next moments by the clock on the wall."""
    found, now = [], since
    for _ in range(count):
        occasion = after(now, schedule, calendar)
        assert occasion is not None
        now = occasion.due
        found.append(f"{now.astimezone(calendar.zone):%Y-%m-%d %H:%M}")
    return found


NOVEMBER = datetime(2026, 11, 27, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(MORNING, 1, 31), ["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]),
        (Schedule(MORNING, 1, 29), ["2026-11-29", "2026-12-29", "2027-01-29", "2027-02-28", "2027-03-29"]),
        (Schedule(MORNING, 1, -1), ["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]),
        (Schedule(MORNING, 12, 29, 2), ["2027-02-28", "2028-02-29", "2029-02-28"]),
        (Schedule(MORNING, 4, 1), ["2027-01-01", "2027-05-01", "2027-09-01"]),
        (Schedule(MORNING, 4, 15, 3), ["2027-03-15", "2027-07-15", "2027-11-15"]),
        (Schedule(MORNING, 12, 1, 6), ["2027-06-01", "2028-06-01"]),
        (Schedule(MORNING, 1, 1, day_off="next"), ["2026-12-01", "2027-01-04", "2027-02-01"]),
        (Schedule(MORNING, 1, -1, day_off="before"), ["2026-11-30", "2026-12-31", "2027-01-29"]),
        (Schedule(MORNING, weekday=1, day_off="next"), ["2026-12-01", "2026-12-09", "2026-12-15"]),
        (Schedule(MORNING, day_off="skip"), ["2026-11-30", "2026-12-01", "2026-12-02"]),
    ],
)
def test_the_days_on_which_something_comes(schedule: Schedule, expected: list[str]) -> None:
    assert days(schedule, NOVEMBER, len(expected)) == [f"{day} 08:00" for day in expected]


def test_an_hour_that_the_clocks_leave_out_comes_once_and_one_that_they_repeat_too() -> None:
    madrid = Calendar(ZoneInfo("Europe/Madrid"), WEEK)
    nightly = Schedule(time(2, 30))
    spring, autumn = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)
    for start in (spring, autumn):
        moments = come(nightly, start.date(), start + timedelta(days=3), madrid)[0]
        assert len({each.period for each in moments}) == len(moments) == 3


def test_where_nobody_ever_works_it_comes_on_its_day() -> None:
    closed = Calendar(LIMA, ((),) * 7)
    assert days(Schedule(MORNING, 1, 1, day_off="next"), NOVEMBER, 1, closed) == ["2026-12-01 08:00"]


def test_times_that_were_missed_are_all_told_oldest_first() -> None:
    found, following = come(Schedule(MORNING), date(2026, 11, 20), NOVEMBER, OFFICE)
    assert [each.period.day for each in found] == [20, 21, 22, 23, 24, 25, 26, 27]
    assert following is not None and following.period == date(2026, 11, 28)
    assert previous(Schedule(MORNING), found[0], OFFICE) == found[0].due - timedelta(days=1)


def at(day: int, hour: int = 15, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def test_a_day_of_the_month_that_is_changed_after_it_came_waits_for_the_next_month() -> None:
    done = planned(Schedule(MORNING, 1, 1), Planned(at(1, 13, 12), date(2026, 12, 1), "1m"), at(10), OFFICE)
    moved = planned(Schedule(MORNING, 1, 15), done, at(10), OFFICE)
    assert moved == Planned(at(15, 13, 12), date(2026, 12, 1), "1m")


def test_a_day_of_the_month_that_is_put_before_today_comes_at_once() -> None:
    waiting = Planned(at(15, 13), date(2026, 11, 1), "1m")
    assert planned(Schedule(MORNING, 1, 1), waiting, at(10), OFFICE) == Planned(at(1, 13), date(2026, 11, 1), "1m")


def test_another_rhythm_is_counted_from_today() -> None:
    yearly = Planned(datetime(2027, 1, 1, 13, tzinfo=UTC), date(2027, 1, 1), "12m")
    assert planned(Schedule(MORNING), yearly, at(10, 12), OFFICE) == Planned(at(10, 13), date(2026, 11, 10), "d")


def test_a_clock_that_went_and_came_back_owes_nothing_and_repeats_nothing() -> None:
    gone = Planned(NEVER, date(2026, 12, 1), "1m")  # November's had come
    back = planned(Schedule(MORNING, 1, 15), gone, at(10), OFFICE)
    assert back is not None and back.period == date(2026, 12, 1)
    later = planned(Schedule(MORNING, 1, 15), gone, datetime(2027, 6, 20, tzinfo=UTC), OFFICE)
    assert later is not None and later.period == date(2027, 7, 1)


def test_a_row_from_before_periods_were_kept_keeps_its_time() -> None:
    assert planned(Schedule(MORNING, 1, 1), Planned(at(1, 13, 12)), at(10), OFFICE) == Planned(
        at(1, 13, 12), date(2026, 12, 1), "1m"
    )


# -- whatever happens -------------------------------------------------------------------------------------------------

schedules = st.one_of(
    st.builds(
        lambda at, months, day, month, off: Schedule(at, months, day, month, day_off=off),
        st.sampled_from([time(0), time(8), time(23, 59)]),
        st.just(1),
        st.sampled_from([1, 15, 28, 29, 30, 31, -1]),
        st.integers(0, 12),
        st.sampled_from(["same", "next", "before"]),
    ),
    st.builds(
        lambda months, day, month: Schedule(MORNING, months, day, month),
        st.sampled_from(MONTHS),
        st.integers(1, 31),
        st.integers(0, 12),
    ),
    st.builds(
        lambda day, off: Schedule(MORNING, weekday=day, day_off=off),
        st.integers(0, 6),
        st.sampled_from(["same", "next", "before"]),
    ),
    st.just(Schedule(time(6, 30))),
)
zones = st.sampled_from(["America/Lima", "America/Santiago", "Europe/Madrid", "Pacific/Apia"]).map(ZoneInfo)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Schedule, list[tuple[timedelta, Schedule, Calendar]]]:
    """Looks after minutes, hours or months of nothing, with other rules of the same rhythm and other holidays each time."""
    first = draw(schedules)
    zone = draw(zones)
    alike = schedules.filter(lambda s: s.rhythm == first.rhythm) if first.rhythm in ("1m", "w") else st.just(first)
    looks = []
    for _ in range(draw(st.integers(2, 12))):
        gap = timedelta(minutes=draw(st.sampled_from([1, 60, 700, 1440, 10_000, 45_000, 200_000])))
        holidays = draw(st.frozensets(st.dates(date(2026, 10, 1), date(2028, 1, 1)), max_size=6))
        looks.append((gap, draw(alike), Calendar(zone, WEEK, holidays)))
    return first, looks


@given(histories())
def test_each_period_has_its_occasion_once_in_any_order_of_looks_downtime_and_changes(
    history: tuple[Schedule, list[tuple[timedelta, Schedule, Calendar]]],
) -> None:
    now = datetime(2026, 10, 29, 5, 3, tzinfo=UTC)
    row: Planned | None = None
    struck: list[Occasion] = []
    for gap, schedule, calendar in history[1]:
        now += gap
        row = planned(schedule, row, now, calendar)
        assert row is not None and row.period is not None
        if row.due > now:
            continue
        found, following = come(schedule, row.period, now, calendar)
        assert found and all(each.due <= now for each in found)
        assert following is not None and following.due > now
        struck += found
        row = Planned(following.due, following.period, schedule.rhythm)
    periods = [each.period for each in struck]
    assert len(set(periods)) == len(periods), "one came twice"
    schedule, calendar = history[1][-1][1:]
    for earlier, later in pairwise(periods):
        step = after_period(schedule, earlier, calendar)
        assert step == later, "one was left out"


def after_period(schedule: Schedule, period: date, calendar: Calendar) -> date:
    """The period that follows, found by walking the days."""
    day = period
    while period_of(schedule, day) == period:
        day += timedelta(days=1)
    assert of_period(schedule, day, calendar).period == day
    return day
