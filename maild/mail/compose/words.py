"""Text that came from elsewhere made safe to show, and dates in words."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

# C0, C1, line and paragraph separators, bidi controls, zero-width characters, tags: nothing of this belongs in a line.
_LINE_ENDS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")

_DAYS = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def lines(words: str) -> str:
    """Several lines of somebody's text without anything that cannot be seen."""
    words = _SURROGATES.sub("\ufffd", _UNSEEN.sub("", _LINE_ENDS.sub("\n", words)))
    return _BLANK_LINES.sub("\n\n", words).strip()


def one_line(words: str) -> str:
    """The same on one line, white space collapsed."""
    return " ".join(lines(words).split())


def clipped(words: str, limit: int) -> str:
    """At most `limit` characters; the last one shows that something was cut."""
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def spoken_date(moment: datetime, language: str, zone: tzinfo) -> str:
    """The date as one says it, in the desk's own time."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone reached a letter")
    here = moment.astimezone(zone)
    day, month = _DAYS[language][here.weekday()], _MONTHS[language][here.month - 1]
    if language == "en":
        return f"{day} {here.day} {month} {here.year}, {here:%H:%M}"
    return f"{day} {here.day} de {month} de {here.year}, {here:%H:%M}"
