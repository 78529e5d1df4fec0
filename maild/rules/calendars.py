"""Working hours of a folder: the institution's calendar and those of its sites and units, with national holidays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from maild.core.words import fold
from maild.core.worktime import Calendar, Hours
from maild.rules import files
from maild.rules.naming import Names

_INTERVAL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_EVERY_YEAR = re.compile(r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FILE = "calendar.toml"
# The years for which national holidays are worked out: nothing that a desk looks back on or forward to lies outside.
_YEARS = range(2015, 2046)
# Base is read under every institution, and all countries of a test: each country is worked out once.
_national: dict[str, Mapping[date, str] | None] = {}


def calendar(names: Names) -> Calendar:
    """The institution's own calendar."""
    form = names.sources.calendar
    nothing = Calendar(names.sources.zone, ((),) * 7)
    return _calendar(names, form, nothing, "")


def others(names: Names, own: Calendar) -> dict[str, Calendar]:
    """The calendars of sites and units, by key."""
    found = {}
    for key, form in names.sources.calendar.calendar.items():
        if not (form.sites or form.units):
            names.wrong(_FILE, f"calendar.{key}", 'diga de quién es: sites = ["Cusco"] o units = ["UIT"]')
        found[key] = replace(_calendar(names, form, own, f"calendar.{key}."), key=key)
    return found


def places(names: Names, kind: str) -> dict[str, str]:
    """Which calendar counts for a site (`sites`) or unit (`units`), by its folded name."""
    found: dict[str, str] = {}
    for key, form in names.sources.calendar.calendar.items():
        for name in getattr(form, kind):
            if found.setdefault(fold(name), key) != key:
                names.wrong(_FILE, f"calendar.{key}.{kind}", f"«{name}» ya tiene el calendario «{found[fold(name)]}»")
    return found


def _calendar(names: Names, form: files.HoursForm, below: Calendar, at: str) -> Calendar:
    given = [tuple(_intervals(names, getattr(form, day), f"{at}{day}")) for day in _DAYS]
    holidays = {**below.names, **_holidays(names, form, at)}
    works = _works(names, form, at)
    holidays = {day: name for day, name in holidays.items() if f"{day:%m-%d}" not in works}
    special = {
        day: tuple(_intervals(names, form.hours[text], f"{at}hours.{text}"))
        for text in form.hours
        if (day := _day(names, text, f"{at}hours.{text}"))
    }
    return Calendar(
        zone=_zone(names, form.zone, f"{at}zone") or below.zone,
        week=tuple(given) if any(given) else below.week,
        holidays=frozenset(holidays),
        special={**below.special, **special},
        names=holidays,
    )


def _zone(names: Names, text: str, at: str) -> ZoneInfo | None:
    if not text:
        return None
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        names.wrong(_FILE, at, f"«{text}» no es una zona horaria; escriba America/Lima")
        return None


def _works(names: Names, form: files.HoursForm, at: str) -> frozenset[str]:
    """Days of the year (12-24) that the library calls holidays and on which work is done here."""
    for text in form.works:
        if not _EVERY_YEAR.fullmatch(text):
            names.wrong(_FILE, f"{at}works", f"«{text}» no es un día del año; escriba mes y día: 10-17")
    return frozenset(form.works)


def _intervals(names: Names, texts: Iterable[str], key: str) -> Iterator[tuple[time, time]]:
    last = time(0)
    for text in texts:
        match = _INTERVAL.fullmatch(text)
        start = time(int(match[1]), int(match[2])) if match else time(0)
        end = time(int(match[3] or 0), int(match[4] or 0)) if match else time(0)
        if match is None or (start >= end and end != time(0)) or text.endswith("-00:00"):
            names.wrong(_FILE, key, f"«{text}» no es un horario; escriba 08:30-13:00")
        elif start < last:
            names.wrong(_FILE, key, f"«{text}» empieza antes de que termine el anterior; escríbalos en orden")
        else:
            last = end if end != time(0) else time.max
            yield start, end


def _holidays(names: Names, form: files.HoursForm, at: str) -> dict[date, str]:
    found: dict[date, str] = {}
    if form.country:
        national = _of_country(form.country)
        if national is None:
            names.wrong(_FILE, f"{at}country", f"no conozco el país «{form.country}»; escriba PE o BO (ISO 3166)")
        found |= national or {}
    for text, name in form.holiday.items():
        if day := _day(names, text, f"{at}holiday.{text}"):
            found[day] = name
    return found


def _of_country(country: str) -> Mapping[date, str] | None:
    """National holidays and what they are called in Spanish; None: no such country."""
    if country not in _national:
        import holidays  # slow to import, and not wanted where no country is named

        if country not in holidays.list_supported_countries():
            _national[country] = None
        else:
            found = holidays.country_holidays(country, years=_YEARS, language="es")
            _national[country] = {day: str(name) for day, name in sorted(found.items())}
    return _national[country]


def _day(names: Names, text: str, key: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        names.wrong(_FILE, key, "no es una fecha; escriba 2026-07-28")
        return None


def hours_text(hours: Hours) -> tuple[str, ...]:
    """Hours as the file has them."""
    return tuple(f"{a:%H:%M}-{'24:00' if b == time(0) else f'{b:%H:%M}'}" for a, b in hours)
