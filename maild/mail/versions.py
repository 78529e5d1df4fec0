"""Of the versions of one text (multipart/alternative) the one that counts: the plain one, if its reader sees the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from maild.core.answers import GREETING
from maild.core.words import fold
from maild.mail.html import to_text


@dataclass(frozen=True, slots=True)
class Words:
    """Text that a part contributes, still as it was written."""

    content: str
    is_html: bool = False


_STUB = re.compile(
    r"html|browser|navegador|(?:does|do) not (?:support|display)|no (?:soporta|admite|permite)", re.IGNORECASE
)


def best(versions: list[list[Words]]) -> tuple[list[Words], list[Words]]:
    """Of the versions of one text: the plain one, unless it is empty or only says that there is another. And such a stub."""
    filled = [words for words in versions if any(each.content.strip() for each in words)]
    plain = next((words for words in filled if not any(each.is_html for each in words)), None)
    rich = next((words for words in reversed(filled) if any(each.is_html for each in words)), None)
    if plain is None or rich is None:
        return plain or rich or [], []
    said = " ".join(each.content for each in plain)
    is_stub = len(said) < 300 and _STUB.search(said) and len("".join(each.content for each in rich)) > 3 * len(said)
    if is_stub:
        return rich, plain
    return (plain if _is_seen(plain, rich) else rich), []


_MOST_LINES = 40
_LONGEST_ORDER = 80
_RULED = ("-", "–", "—", "_", "=", "[")  # a line across, the name of a picture: nobody's words
_LETTERS = re.compile(r"[\W_]+")


def _is_seen(plain: list[Words], rich: list[Words]) -> bool:
    """Whether a reader of the HTML sees how the plain version begins: what only a program reads nobody wrote."""
    asked = list(_opening(plain))
    if not asked:
        return True
    shown = _LETTERS.sub(
        "", " ".join(to_text(each.content) if each.is_html else each.content for each in rich)
    ).casefold()
    return all(_LETTERS.sub("", line).casefold() in shown for line in asked)


def _opening(plain: list[Words]) -> Iterator[str]:
    """The lines at its top that may be orders, or an answer in a few words."""
    lines = (line.strip() for each in plain for line in each.content.split("\n", _MOST_LINES)[:_MOST_LINES])
    for line in (line for line in lines if _LETTERS.sub("", line)):
        if line.startswith(("#", "!", "/")):
            yield line[:_LONGEST_ORDER]
        elif not GREETING.match(fold(line[:_LONGEST_ORDER])):
            if len(line) <= _LONGEST_ORDER and not line.startswith(_RULED):
                yield line
            return
