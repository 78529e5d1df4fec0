"""How a verb is written: its spellings, and the forms of its stems with the endings of their conjugation (words.toml)."""

from __future__ import annotations

from collections.abc import Mapping

from maild.core.words import fold
from maild.rules.files import VerbForm


def of(key: str, form: VerbForm, endings: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Every spelling besides the key, folded. A stem names its conjugation behind a bar: «cierr|ar» has cierra, cierre, cierro …"""
    found = dict.fromkeys(fold(word) for word in form.spellings)
    for stem in form.stems:
        begin, _, conjugation = stem.partition("|")
        found |= dict.fromkeys(fold(begin + ending) for ending in endings.get(conjugation, (conjugation,)))
    return tuple(word for word in found if word != fold(key))
