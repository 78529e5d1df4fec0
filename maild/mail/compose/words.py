"""Text that came from elsewhere made fit to show, and dates in words."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from maild.mail.charset import readable

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
    """Several lines of somebody's text without anything that cannot be seen, at most one blank line in a row."""
    return _BLANK_LINES.sub("\n\n", readable(words)).strip()


def clipped(words: str, limit: int) -> str:
    """At most `limit` characters; the last one shows that something was cut."""
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def place(zone: str) -> str:
    """Where the clock hangs that a letter's times are read from.

    >>> place("America/La_Paz"), place("Etc/GMT+4"), place("UTC")
    ('La Paz', 'UTC-4', 'UTC')
    """
    name = zone.rpartition("/")[2].replace("_", " ")
    # Names of this kind count the other way round (POSIX): GMT+4 is four hours behind.
    return "UTC" + name[3:].translate(str.maketrans("+-", "-+")) if name.startswith("GMT") else name


def spoken_date(moment: datetime, language: str, zone: tzinfo) -> str:
    """The date as one says it, in the desk's own time."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone reached a letter")
    here = moment.astimezone(zone)
    day, month = _DAYS[language][here.weekday()], _MONTHS[language][here.month - 1]
    if language == "en":
        return f"{day} {here.day} {month} {here.year}, {here:%H:%M}"
    return f"{day} {here.day} de {month} de {here.year}, {here:%H:%M}"
