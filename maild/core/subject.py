"""Subjects: the ticket's mark with its check letter, reply prefixes, and what is left when both are taken away."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from maild.core.prefixes import STAMPS, WORDS
from maild.core.words import unhyphenated

# Check letter of the Spanish NIF: catches every wrong digit and every swap of neighbours (COMMANDS.md §3).
_CHECK = "TRWAGMYFPDXBNJZSQVHLCKE"
TITLE_LENGTH = 200


def _any_of(words: Iterable[str]) -> str:
    """The longest first: what is only the beginning of another would hide it."""
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


_WORD = _any_of(word for words in WORDS.values() for word in words)
_STAMP = _any_of(STAMPS)
# Every repetition is bounded: a subject is read in linear time whatever stands in it.
_PREFIX = re.compile(
    rf"(?:(?:{_WORD})\.?\s{{0,3}}(?:\[\d{{1,3}}\]|\(\d{{1,3}}\)|[\^*]?\d{{1,2}})?\s{{0,3}}[:：]"
    rf"|\[[\s*!]{{0,5}}(?:{_STAMP})[\s*!]{{0,5}}\]:?|\{{\s?(?:{_STAMP})\s?\}}:?|(?P<stars>\*{{1,8}})\s?(?:{_STAMP})\s?(?P=stars):?)\s*+",
    re.IGNORECASE,
)
# A number as others give it to their own cases: «INC0012345», «Caso 00123», «#5512-A», «SR 3-22455».
_NUMBERED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{2,39}", re.ASCII)
_CALLED = re.compile(
    r"(?:\b(?:caso|case|ticket|tkt|incidente|incidencia|incident|solicitud|request|referencia|ref|reporte|orden|sr|n[o°º]|nro|"
    r"num|número|numero|chamado|protocolo)\b[.:\s#]{0,4}|[#\[])$",
    re.IGNORECASE,
)
_MOST_NUMBERS = 5


def check_letter(number: int) -> str:
    return _CHECK[number % 23]


def mark(key: str, number: int) -> str:
    """The ticket's mark without brackets: `BASE-12-N`."""
    return f"{key}-{number}-{check_letter(number)}"


@cache
def _mark_of(key: str) -> re.Pattern[str]:
    """Brackets, dashes and case are people's to leave out: `[MESA-12-N]`, `mesa 12 n`, `MESA12N`."""
    return re.compile(rf"\[?\b{re.escape(key)}[- ]?(\d{{1,9}})[- ]?([A-Za-z])\b\]?", re.IGNORECASE | re.ASCII)


def marks(subject: str, key: str) -> tuple[int, ...]:
    """The ticket numbers whose complete mark stands in the subject, in order. A wrong check letter is no mark."""
    found = []
    for match in _mark_of(key).finditer(unhyphenated(subject)):
        number, letter = int(match.group(1)), match.group(2)
        if letter.upper() == check_letter(number) and number not in found:
            found.append(number)
    return tuple(found)


def without_marks(subject: str, key: str) -> str:
    """The subject without this desk's marks."""

    def gone(match: re.Match[str]) -> str:
        return " " if marks(match.group(0), key) else match.group(0)

    read = unhyphenated(subject) if marks(subject, key) else subject
    return " ".join(_mark_of(key).sub(gone, read).split())


def without_prefixes(subject: str) -> str:
    """The subject without leading RE:, RV:, FWD:, [EXTERNO] … however many there are.

    >>> without_prefixes("RE: RV: [EXTERNO] Fwd: No imprime")
    'No imprime'
    """
    text = subject.strip()
    at = 0
    while prefix := _PREFIX.match(text, at):
        at = prefix.end()
    return text[at:]


def title(subject: str, key: str) -> str:
    """What a new ticket is called: the bare subject, at most 200 characters."""
    return without_prefixes(without_marks(without_prefixes(subject), key))[:TITLE_LENGTH].strip()


def numbers_of_others(subject: str, title: str, key: str) -> tuple[str, ...]:
    """Case numbers that somebody else's desk put into this subject, in lower case: what neither is our mark nor stood in our title.

    Five digits or more make a number, or three behind a word like «caso» or a «#».

    >>> numbers_of_others("RE: [BASE-12-N] Sin red - Caso 4471 / INC0098123", "Sin red", "BASE")
    ('4471', 'inc0098123')
    """
    text = unhyphenated(without_prefixes(without_marks(subject, key)))
    ours = {found.group(0).lower() for found in _NUMBERED.finditer(unhyphenated(title))}
    numbers: list[str] = []
    for found in _NUMBERED.finditer(text):
        word = found.group(0).strip("._/-").lower()
        digits = sum(c.isdigit() for c in word)
        called = _CALLED.search(text[max(0, found.start() - 20) : found.start()])
        if word not in ours and word not in numbers and (digits >= 5 or (digits >= 3 and called)):
            numbers.append(word)
    return tuple(numbers[:_MOST_NUMBERS])
