"""What a person added to a subject: what is left when the prefixes, the mark and our own title are taken away, in any order."""

from __future__ import annotations

from functools import lru_cache

from maild.core import seal, subject
from maild.core.typography import plain
from maild.core.words import fold

_ELLIPSIS = "..."
# A title that was cut short without saying so must still be recognisable as one.
_FEWEST_WORDS, _FEWEST_LETTERS = 3, 14
_MOST_PIECES = 6
_MARKS = ".,;:!?\"'()[]"
_LONGEST = 2000


@lru_cache(maxsize=16)  # several readers ask about the same mail
def residue(mail_subject: str, title: str, mark_key: str) -> tuple[str, ...]:
    """The pieces of the subject that are neither ours nor a mail program's, in their order.

    >>> residue("RE: [MESA-1-R] RE: Sin red cerrar", "Sin red", "MESA")
    ('cerrar',)
    """
    typed = seal.without_codes(plain(mail_subject[:_LONGEST]))
    pieces = [part for between in subject.around_marks(typed, mark_key) for part in _around_title(between, title)]
    left = (_without_prefixes(piece) for piece in pieces)
    return tuple(piece for piece in left if piece.strip(_MARKS + " -–—|"))[:_MOST_PIECES]


def _around_title(text: str, title: str) -> list[str]:
    """The text before and after our title; the title may be cut short, and stand anywhere."""
    words = text.split()
    wanted = [_core(word) for word in plain(title).split()]
    if not wanted or not words:
        return [text]
    spoken = [_core(word) for word in words]
    start, length = _longest_match(words, spoken, wanted)
    if not length:
        return [text]
    return [" ".join(words[:start]), " ".join(words[start + length :])]


def _core(word: str) -> str:
    return fold(word).strip(_MARKS) or fold(word)


def _longest_match(words: list[str], spoken: list[str], wanted: list[str]) -> tuple[int, int]:
    """Where the title begins and how many words of the text it is; (0, 0) without it."""
    best = (0, 0)
    for start in (i for i, word in enumerate(spoken) if word == wanted[0] or _cut(words[i], wanted[0])):
        length = 0
        cut = False
        for have, seen, want in zip(words[start:], spoken[start:], wanted, strict=False):
            cut = _cut(have, want)
            if seen != want and not cut:
                break
            length += 1
            if cut:
                break
        letters = sum(map(len, wanted[:length]))
        whole = length == len(wanted) or cut or _ends_cut(words, start + length)
        if (whole or (length >= _FEWEST_WORDS and letters >= _FEWEST_LETTERS)) and length > best[1]:
            best = (start, length + (not cut and length < len(wanted) and _ends_cut(words, start + length)))
        if best[1] == len(wanted):
            break
    return best


def _cut(word: str, of: str) -> bool:
    """Whether this is the beginning of that word, cut short: «impr...»."""
    return word.endswith(_ELLIPSIS) and of.startswith(fold(word).rstrip("."))


def _ends_cut(words: list[str], at: int) -> bool:
    return at < len(words) and words[at] == _ELLIPSIS


def _without_prefixes(piece: str) -> str:
    """Without RE:, RV:, [EXTERNO] … at its beginning and, where the title stood behind them, at its end."""
    words = subject.without_prefixes(piece).split()
    at = len(words)
    for start in range(max(0, at - 8), at):
        if not subject.without_prefixes(" ".join(words[start:])):
            return " ".join(words[:start])
    return " ".join(words)
