"""Until when somebody is away, read from his out-of-office answer in Spanish, English or Portuguese.

The answer is the last day of the absence. Vendors' and people's phrases are data; only a date close behind one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from maild.core.months import MONTHS
from maild.core.words import bars, fold

_MOST_TEXT = 4000
# So far behind the phrase a date may stand ("regreso a la oficina el día lunes 16 de marzo").
_REACH = 60
_LONGEST_ABSENCE = timedelta(days=400)

# The last day itself is named.
_UNTIL = bars("hasta el|hasta|al dia|inclusive el|until|through|till|up to|ate o dia|ate dia|ate o|ate a|ate")
# The day of return is named: the last day is the one before.
_BACK = bars(
    "regreso el|regreso|regresare|regresando|retorno|retornare|retornando|vuelvo|volvere|de vuelta|me reincorporo",
    "reincorporandome|me reincorporare|me estare reincorporando|reincorporacion|estare disponible el",
    "back on|back in the office|back at work|return on|returning on|returning|will return|i return|be back",
    "volto|voltarei|retorno em|retornarei|de volta|regresso|regressarei",
)
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "lunes|monday|segunda-feira|segunda", "martes|tuesday|terca-feira|terca", "miercoles|wednesday|quarta-feira",
            "jueves|thursday|quinta-feira", "viernes|friday|sexta-feira|sexta", "sabado|saturday", "domingo|sunday",
        )
    )
    for name in names.split("|")
}  # fmt: skip
_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAYS = "|".join(sorted(_WEEKDAYS, key=len, reverse=True))
_DATE = re.compile(
    rf"(?<![\d/.-])(?:(?P<iso>\d{{4}}-\d{{1,2}}-\d{{1,2}})"
    rf"|(?P<d>\d{{1,2}})[/.-](?P<m>\d{{1,2}})(?:[/.-](?P<y>\d{{4}}|\d{{2}}))?(?![/\d:]|\.\d)"
    rf"|(?P<day>\d{{1,2}})(?:st|nd|rd|th|o|\.)? (?:de |of |d[eo] mes de )?(?P<month>{_NAMES})\b\.?,?"
    rf"(?: (?:de |del |del ano |of )?(?P<year>\d{{4}}))?"
    rf"|(?P<first>{_NAMES})\.? (?P<second>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:),?(?: (?P<third>\d{{4}}))?)"
)
_PHRASE = re.compile(
    rf"\b(?:(?P<until>{'|'.join(_UNTIL)})|(?P<back>{'|'.join(sorted(_BACK, key=len, reverse=True))}))\b"
)
# «del 3 al 14 de marzo», «from 3 to 14 March», «de 3 a 14 de março»
_RANGE = re.compile(
    r"\b(?:del|desde el|desde|de|from|entre el|entre) [^.\n]{1,40}? (?:al|hasta el|to|until|a|y el|ao|e) (?=\S)"
)
_WEEKDAY = re.compile(rf"\b(?P<weekday>{_DAYS})\b")


def away_until(text: str, written: date | None) -> date | None:
    """The last day of the absence that the text tells of; None where it tells of none that can be true.

    `written` is the day of the mail: it gives a date without a year its year, and a bare weekday its date.
    """
    folded = fold(text[:_MOST_TEXT])
    for until in _told(folded, written):
        if written is None or written - timedelta(days=1) <= until <= written + _LONGEST_ABSENCE:
            return until
    return None


def _told(folded: str, written: date | None) -> Iterator[date]:
    for span in _RANGE.finditer(folded):
        found = _DATE.match(_without_article(folded[span.end() : span.end() + _REACH]))
        if found and (day := _day(found, written)):
            yield day
    for phrase in _PHRASE.finditer(folded):
        behind = folded[phrase.end() : phrase.end() + _REACH].partition(". ")[0]
        last = _named(behind, written)
        if last:
            yield last - timedelta(days=1) if phrase["back"] else last


def _without_article(words: str) -> str:
    """«dia lunes 14 de marzo» → «14 de marzo»."""
    for filler in ("el ", "dia ", "o ", "the "):
        words = words.removeprefix(filler)
    weekday = _WEEKDAY.match(words)
    return words[weekday.end() :].lstrip(" ,") if weekday else words


def _named(words: str, written: date | None) -> date | None:
    """The first date in these words, or the next day of this name."""
    if found := _DATE.search(words):
        return _day(found, written)
    weekday = _WEEKDAY.search(words[:30])
    if weekday and written:
        return written + timedelta(days=(_WEEKDAYS[weekday["weekday"]] - written.weekday()) % 7 or 7)
    return None


def _day(found: re.Match[str], written: date | None) -> date | None:
    """The day of a match; day before month, unless only the other order is a date."""
    if found["iso"]:
        year, month, day = (int(part) for part in found["iso"].split("-"))
    elif found["d"]:
        day, month, year = int(found["d"]), int(found["m"]), int(found["y"] or 0)
        if month > 12 >= day:
            day, month = month, day
    elif found["month"]:
        day, month, year = int(found["day"]), MONTHS[found["month"]], int(found["year"] or 0)
    else:
        day, month, year = int(found["second"]), MONTHS[found["first"]], int(found["third"] or 0)
    if year:
        return _valid(year + 2000 if year < 100 else year, month, day)
    if written is None:
        return None
    this = _valid(written.year, month, day)
    return this if this and this >= written - timedelta(days=31) else _valid(written.year + 1, month, day)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
