"""The Date field of a mail, read tolerantly: an aware time, or None where the zone or the day is anybody's guess."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
    "ene": 1, "abr": 4, "ago": 8, "set": 9, "dic": 12,
    "fev": 2, "mai": 5, "out": 10, "dez": 12,
}  # fmt: skip
# Zone names that mean one thing in mail (RFC 5322 §4.3) and the two of our institutions; any other name is a guess.
_ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420, "PET": -300, "BOT": -240, "CET": 60, "CEST": 120,
}  # fmt: skip
_CLOCK = r"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?"
_ZONE = r"\s{0,9}(?:(?:GMT|UTC)?([+-]\d{1,2}:?\d{2})|([A-Za-z]{1,5}))?"
_MAIL_DATE = re.compile(r"(\d{1,2})[\s-]{1,9}([A-Za-z]{3})[a-z]{0,9}\.?[\s,-]{1,9}(\d{2,4})[\s,]{1,9}" + _CLOCK + _ZONE)
_UNIX_DATE = re.compile(
    r"([A-Za-z]{3})\s{1,9}(\d{1,2})\s{1,9}" + _CLOCK + r"\s{1,9}(?:([A-Z]{1,5})\s{1,9})?(\d{4})" + _ZONE
)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ]" + _CLOCK + r"(?:[.,]\d{1,9})?" + _ZONE)


def read(value: str) -> datetime | None:
    """The moment a Date field names; None if it names none, or none that is certain."""
    value = value[:200]
    if found := _MAIL_DATE.search(value):
        day, month, year, hour, minute, second, offset, zone = found.groups()
        return _moment(year, _MONTHS.get(month.lower()), day, (hour, minute, second), _offset(offset, zone))
    if found := _ISO_DATE.search(value):
        year, month, day, hour, minute, second, offset, zone = found.groups()
        return _moment(year, int(month), day, (hour, minute, second), _offset(offset, zone))
    if found := _UNIX_DATE.search(value):
        month, day, hour, minute, second, inner, year, offset, zone = found.groups()
        return _moment(year, _MONTHS.get(month.lower()), day, (hour, minute, second), _offset(offset, zone or inner))
    return None


def _offset(offset: str | None, zone: str | None) -> int | None:
    """Minutes east of Greenwich."""
    if offset:
        hours, minutes = divmod(int(offset[1:].replace(":", "")), 100)
        return (hours * 60 + minutes) * (-1 if offset[0] == "-" else 1)
    return _ZONES.get(zone.upper()) if zone else None


def _moment(
    year: str, month: int | None, day: str, clock: tuple[str, str, str | None], offset: int | None
) -> datetime | None:
    if month is None or offset is None or abs(offset) >= 24 * 60:
        return None
    full_year = int(year)
    if full_year < 100:
        full_year += 2000 if full_year < 50 else 1900  # RFC 5322 §4.3
    hour, minute, second = (int(part or 0) for part in clock)
    try:
        moment = datetime(
            full_year, month, int(day), hour, minute, min(second, 59), tzinfo=timezone(timedelta(minutes=offset))
        )
        moment.utctimetuple()
    except (ValueError, OverflowError):
        return None
    return moment if full_year >= 1970 else None
