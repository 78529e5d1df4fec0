"""Subjects: the ticket's mark with its check letter, reply prefixes, and what is left when both are taken away."""

from __future__ import annotations

import re
from functools import cache

# Check letter of the Spanish NIF: catches every wrong digit and every swap of neighbours (COMMANDS.md §3).
_CHECK = "TRWAGMYFPDXBNJZSQVHLCKE"
# Reply and forward prefixes of mail programs in es, en, pt, de, fr, it, and the stamps of mail gateways.
_PREFIX = re.compile(
    r"^(?:(?:re|rv|res|enc|fw|fwd|rta|resp|aw|wg|sv|vs|tr|antw|r|i)\s*(?:\[\d{1,3}\])?\s*:"
    r"|\[(?:externo?|external|spam\??|\*+spam\*+|sospechoso)\]|\*{1,5}spam\*{1,5})\s*",
    re.IGNORECASE,
)
_MOST_PREFIXES = 20
TITLE_LENGTH = 200


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
    for match in _mark_of(key).finditer(subject):
        number, letter = int(match.group(1)), match.group(2)
        if letter.upper() == check_letter(number) and number not in found:
            found.append(number)
    return tuple(found)


def without_marks(subject: str, key: str) -> str:
    """The subject without this desk's marks."""

    def gone(match: re.Match[str]) -> str:
        return " " if marks(match.group(0), key) else match.group(0)

    return " ".join(_mark_of(key).sub(gone, subject).split())


def without_prefixes(subject: str) -> str:
    """The subject without leading RE:, RV:, FWD:, [EXTERNO] … however many there are.

    >>> without_prefixes("RE: RV: [EXTERNO] Fwd: No imprime")
    'No imprime'
    """
    text = subject.strip()
    for _ in range(_MOST_PREFIXES):
        shorter = _PREFIX.sub("", text, count=1)
        if shorter == text:
            break
        text = shorter.strip()
    return text


def title(subject: str, key: str) -> str:
    """What a new ticket is called: the bare subject, at most 200 characters."""
    return without_prefixes(without_marks(without_prefixes(subject), key))[:TITLE_LENGTH].strip()
