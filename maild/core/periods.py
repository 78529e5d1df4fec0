"""Periods as people name them: a day, a week, a month, a quarter, a year of the institution's own clock."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_WEEK = re.compile(r"(\d{4})-W(0[1-9]|[1-4]\d|5[0-3])")
_QUARTER = re.compile(r"(\d{4})-[QT]([1-4])")
_YEAR = re.compile(r"\d{4}")
Days = tuple[date, date]


def read(text: str) -> Days | None:
    """First day and the day after the last of 2026-10-05, 2026-W41, 2026-10, 2026-T4, 2026; None for anything else."""
    try:
        if match := _MONTH.fullmatch(text):
            return _months(int(match[1]), int(match[2]), 1)
        if match := _QUARTER.fullmatch(text):
            return _months(int(match[1]), 3 * int(match[2]) - 2, 3)
        if match := _WEEK.fullmatch(text):
            first = date.fromisocalendar(int(match[1]), int(match[2]), 1)
            return first, first + timedelta(days=7)
        if _YEAR.fullmatch(text):
            return _months(int(text), 1, 12)
        day = date.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return day, day + timedelta(days=1)


def _months(year: int, month: int, count: int) -> Days:
    after = year * 12 + month - 1 + count
    return date(year, month, 1), date(after // 12, after % 12 + 1, 1)


def before(days: Days) -> Days:
    """The period of the same kind before this one."""
    first, after = days
    months = (after.year - first.year) * 12 + after.month - first.month
    if first.day == after.day == 1 and months:
        start = first.year * 12 + first.month - 1 - months
        return date(start // 12, start % 12 + 1, 1), first
    return first - (after - first), first


def last(kind: str, today: date) -> Days:
    """The last day, week, month or year that is over."""
    match kind:
        case "day":
            return today - timedelta(days=1), today
        case "week":
            monday = today - timedelta(days=today.weekday())
            return monday - timedelta(days=7), monday
        case "year":
            return date(today.year - 1, 1, 1), date(today.year, 1, 1)
        case _:
            first = today.replace(day=1)
            return (first - timedelta(days=1)).replace(day=1), first


def instants(days: Days, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, after = (datetime.combine(day, time(), zone).astimezone(UTC) for day in days)
    return first, after
