"""Dates and spans as people write them: «mañana 15h», «viernes», «15/12», «en 2 días», «fin de mes», «3 días hábiles», «media hora»."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from maild.core.months import MONTHS
from maild.core.typography import plain
from maild.core.words import bars, fold
from maild.core.worktime import Calendar, Span, Unit, end

_NUMBERS: Mapping[str, int] = {
    word: n
    for n, words in enumerate(
        (
            "cero|zero", "un|una|uno|one|a|an|um|uma", "dos|two|dois|duas", "tres|three", "cuatro|four|quatro", "cinco|five",
            "seis|six", "siete|seven|sete", "ocho|eight|oito", "nueve|nine|nove", "diez|ten|dez", "once|eleven|onze",
            "doce|twelve|doze", "trece", "catorce", "quince|fifteen|quinze",
        )
    )
    for word in words.split("|")
} | {"veinte": 20, "twenty": 20, "treinta": 30, "thirty": 30, "cuarenta": 40, "cuarentaicinco": 45, "cuarenta y cinco": 45}  # fmt: skip
_UNITS: Mapping[str, Unit] = {
    **dict.fromkeys(bars("m|min|mins|minuto|minutos|minute|minutes"), "m"),
    **dict.fromkeys(bars("h|hr|hrs|hs|hora|horas|hour|hours"), "h"),
    **dict.fromkeys(bars("d|dia|dias|day|days"), "d"),
    **dict.fromkeys(bars("s|sem|semana|semanas|week|weeks"), "d"),
    "wh": "wh",
    "wd": "wd",
}
_WEEKS = frozenset(bars("s|sem|semana|semanas|week|weeks"))
_WORKING = frozenset(bars("habil|habiles|laborable|laborables|laboral|laborales|util|uteis|working|business"))
_WEEKDAYS: Mapping[str, int] = {
    word: n
    for n, words in enumerate(
        (
            "lunes|lun|monday|mon|segunda|segunda-feira", "martes|mar|tuesday|tue|terca|terca-feira",
            "miercoles|mie|wednesday|wed|quarta|quarta-feira", "jueves|jue|thursday|thu|quinta|quinta-feira",
            "viernes|vie|friday|fri|sexta|sexta-feira", "sabado|sab|saturday|sat", "domingo|dom|sunday|sun",
        )
    )
    for word in words.split("|")
}  # fmt: skip
_NAMED_DAYS: Mapping[str, int] = {
    **dict.fromkeys(("hoy", "today", "hoje"), 0),
    **dict.fromkeys(("manana", "tomorrow", "amanha"), 1),
    **dict.fromkeys(("pasado manana", "pasadomanana", "day after tomorrow", "depois de amanha"), 2),
}
# Without their small words: «por la tarde», «a primera hora».
_NAMED_TIMES: Mapping[str, time] = {
    **dict.fromkeys(bars("mediodia|medio dia|noon|meio dia"), time(12)),
    **dict.fromkeys(bars("tarde|afternoon"), time(15)),
    **dict.fromkeys(bars("manana|temprano|primera hora|morning|manha"), time(8)),
    **dict.fromkeys(bars("fin dia|final dia|ultima hora|eod|fim dia"), time(17)),
}
_OF_TIMES = frozenset(bars("por|en|in|the"))
_FILLERS = frozenset(
    bars(
        "el|la|las|los|a|al|para|hasta|de|del|este|esta|proximo|proxima|siguiente|que|viene|at|on|until|till|next|this|dia|hs|em|na|no|ate|aprox"
    )
)
_SPAN = re.compile(
    r"(\d{1,5})(?:[.,](\d{1,2}))?\s?([a-z]{1,10})(?:\s?(?:y|con|and|e)?\s?(\d{1,2})\s?(?:m|min|minutos|minutes)?)?"
)
_CLOCK = re.compile(r"(?:las\s)?(\d{1,2})(?:[:.h](\d{2}))?\s?(am|pm|a\.m\.?|p\.m\.?|a m|p m|h|hs|hrs|horas|o'clock)?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ](\d{1,2}):(\d{2}))?")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{2}|\d{4}))?")
_LONGEST = 60
_MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class When:
    """A day of the institution's calendar, and the local time where one was told."""

    day: date
    at: time | None = None

    def __str__(self) -> str:
        return f"{self.day.isoformat()}T{self.at:%H:%M}" if self.at else self.day.isoformat()


def span(words: str) -> Span | None:
    """How long: «4h», «1h30», «1,5 h», «media hora», «3 días hábiles», «una semana». None: no span.

    >>> str(span("hora y media")), str(span("3 días hábiles")), str(span("1,5 h"))
    ('90m', '3wd', '90m')
    """
    text = fold(plain(words[:_LONGEST])).strip(" .!")
    for filler in ("en ", "dentro de ", "por ", "unos ", "unas ", "in ", "within ", "for ", "+"):
        text = text.removeprefix(filler)
    halves = {
        "media hora": 30,
        "half an hour": 30,
        "half hour": 30,
        "hora y media": 90,
        "una hora y media": 90,
        "meia hora": 30,
    }
    if text in halves:
        return Span(halves[text], "m")
    pieces = text.split()
    working = any(piece in _WORKING for piece in pieces)
    pieces = [piece for piece in pieces if piece not in _WORKING]
    if len(pieces) == 2 and pieces[1] in ("wh", "wd"):
        working = False
    if pieces and pieces[0] in _NUMBERS:
        pieces[0] = str(_NUMBERS[pieces[0]])
    half = pieces[-2:] == ["y", "media"]
    found = _SPAN.fullmatch(" ".join(pieces[:-2] if half else pieces))
    if not found or found[3] not in _UNITS:
        return None
    return _span(found, half=half, working=working)


def _span(found: re.Match[str], *, half: bool, working: bool) -> Span | None:
    unit = _UNITS[found[3]]
    amount = int(found[1]) * (7 if found[3] in _WEEKS else 1)
    part = float(f"0.{found[2]}") if found[2] else 0.5 if half else 0.0
    if unit == "h" and (part or found[4]):
        return None if working else Span(amount * 60 + round(part * 60) + int(found[4] or 0), "m")
    if part or found[4] or (working and unit == "m"):
        return None
    if working and found[3] in _WEEKS:
        return Span(int(found[1]) * 5, "wd")
    return Span(amount, {"h": "wh", "d": "wd"}[unit] if working and unit in ("h", "d") else unit)  # type: ignore[arg-type]


def moment(words: str, now: datetime, calendar: Calendar) -> When | None:
    """The day (and time) that these words name, seen from `now`; None when they name none, or one that does not exist.

    A weekday is the next one; a day without its year the next such day.
    """
    text = fold(plain(words[:_LONGEST])).strip(" .,;!")
    here = now.astimezone(calendar.zone)
    if iso := _ISO.fullmatch(text):
        return _when(iso[1], iso[2], iso[3], iso[4], iso[5])
    if later := _later(text, here, calendar):
        return later
    pieces = text.replace(",", " ").split()
    if not pieces or len(pieces) > _MOST_WORDS:
        return None
    # The day stands first, the time behind it; either may be missing.
    for cut in range(len(pieces), -1, -1):
        day = _day(_without_fillers(pieces[:cut]), here, calendar) if cut else None
        at = _time(_without_fillers(pieces[cut:], keep="las")) if cut < len(pieces) else None
        if cut == len(pieces) and day:
            return When(day)
        if day and at and cut:
            return When(day, at)
        if cut == 0 and at:
            return When(here.date() + timedelta(days=at <= here.time()), at)
    return None


def longest(words: Sequence[str], now: datetime, calendar: Calendar) -> tuple[When | None, int]:
    """The date that these words begin with, taking as many of them as it can, and how many."""
    for count in range(min(len(words), _MOST_WORDS), 0, -1):
        found = moment(" ".join(words[:count]), now, calendar)
        if found is not None:
            return found, count
    return None, 0


def _when(year: str, month: str, day: str, hour: str | None, minute: str | None) -> When | None:
    try:
        found = date(int(year), int(month), int(day))
        return When(found, time(int(hour), int(minute or 0)) if hour else None)
    except ValueError:
        return None


def _later(text: str, here: datetime, calendar: Calendar) -> When | None:
    """«en 2 días», «+3d», «dentro de 4 horas»."""
    if not text.startswith(("en ", "dentro de ", "in ", "within ", "+", "em ")):
        return None
    found = span(text.removeprefix("em "))
    if found is None:
        return None
    then = end(here, found, calendar).astimezone(calendar.zone)
    return When(then.date(), None if found.unit in ("d", "wd") else then.time().replace(second=0, microsecond=0))


def _without_fillers(pieces: list[str], keep: str = "") -> str:
    return " ".join(p for p in pieces if p not in _FILLERS or p == keep)


def _day(text: str, here: datetime, calendar: Calendar) -> date | None:
    today = here.date()
    if text in _NAMED_DAYS:
        return today + timedelta(days=_NAMED_DAYS[text])
    if text in _WEEKDAYS:
        return today + timedelta(days=(_WEEKDAYS[text] - today.weekday() - 1) % 7 + 1)
    if text in ("fin mes", "final mes", "finales mes", "end month", "end of month", "fim mes", "eom"):
        return _end_of_month(today)
    if text in ("semana", "week"):  # «la próxima semana»: its Monday
        return today + timedelta(days=7 - today.weekday())
    if text in ("fin semana", "weekend", "fim semana"):
        return today + timedelta(days=(4 - today.weekday()) % 7)
    if match := _DAY_FIRST.fullmatch(text):
        return _dated(int(match[1]), int(match[2]), match[3], today)
    pieces = text.split()
    if pieces and pieces[0] in _WEEKDAYS and len(pieces) > 1:  # «viernes 15/12»
        return _day(" ".join(pieces[1:]), here, calendar)
    numbers = [p for p in pieces if p.isdigit() or p in ("1ro", "1ero", "primero")]
    months = [MONTHS[p] for p in pieces if p in MONTHS]
    if len(months) == 1 and numbers and len(pieces) == len(numbers) + 1 and len(numbers) <= 2:
        day = int(numbers[0]) if numbers[0].isdigit() else 1
        return _dated(day, months[0], numbers[1] if len(numbers) == 2 else None, today)
    return None


def _end_of_month(today: date) -> date:
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first - timedelta(days=1)


def _dated(day: int, month: int, year: str | None, today: date) -> date | None:
    """This day and month; without its year the next one."""
    years = (2000 + int(year) % 100,) if year else range(today.year, today.year + 9)
    for each in years:
        try:
            found = date(each, month, day)
        except ValueError:
            continue
        if year or found >= today:
            return found
    return None


def _time(text: str) -> time | None:
    if (named := " ".join(p for p in text.split() if p not in _OF_TIMES)) in _NAMED_TIMES:
        return _NAMED_TIMES[named]
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "")[:1]
    if not match[2] and not match[3] and not text.startswith("las "):
        return None  # a lone number is no time
    if half == "p" and hour < 12:
        hour += 12
    if half == "a" and hour == 12:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None
