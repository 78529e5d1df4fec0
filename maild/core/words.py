"""Folding words so that accents, case and typographic marks do not matter when people's words are compared."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# What a program put into a word to say where it may be broken: part of what was written, of no word that is compared.
SOFT_HYPHEN = "\u00ad"


def unhyphenated(text: str) -> str:
    """Without soft hyphens: for reading orders and marks."""
    return text.replace(SOFT_HYPHEN, "")


@lru_cache(maxsize=65536)
def _fold_word(word: str) -> str:
    # Twice: «ℌ» becomes a capital only when it is taken apart, and a folded letter may come apart again.
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", unhyphenated(word)).casefold())
    return "".join(c for c in spread if not unicodedata.combining(c))


def fold(text: str) -> str:
    """Lower case, without accents and soft hyphens, every run of white space (NBSP too) one blank: for comparing, never for showing.

    >>> fold("  Cerrar\\u00a0SESIÓN ")
    'cerrar sesion'
    """
    if text.isascii():
        return " ".join(text.lower().split())
    folded = " ".join(map(_fold_word, text.split()))
    if "  " in folded or folded.startswith(" ") or folded.endswith(" "):  # a lone accent leaves a blank behind
        return " ".join(folded.split())
    return folded


def bars(*lines: str) -> tuple[str, ...]:
    """The words of a table, written with bars between them, over as many lines as they need."""
    return tuple(word for line in lines for word in line.split("|"))


def nearest(word: str, known: tuple[str, ...]) -> str:
    """The known word that one slip of the fingers away gives `word`, if exactly one does; else ''."""
    close = [k for k in known if _one_edit(word, k)]
    return close[0] if len(close) == 1 else ""


def _one_edit(a: str, b: str) -> bool:
    if abs(len(a) - len(b)) > 1 or a == b:
        return False
    i = 0
    while i < min(len(a), len(b)) and a[i] == b[i]:
        i += 1
    rest_a, rest_b = a[i:], b[i:]
    swapped = rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:]
    return rest_a[1:] == rest_b[1:] or rest_a[1:] == rest_b or rest_a == rest_b[1:] or swapped


def without_accents(text: str) -> str:
    """The text in ASCII, case kept: for what must survive every mail program; what has no plain letter goes.

    >>> without_accents("#asignar Muñoz")
    '#asignar Munoz'
    """
    spread = unicodedata.normalize("NFKD", text)
    return "".join(c for c in spread if c.isascii() and c.isprintable())
