"""Words that the corrected mails have in common and the rules do not know: proposals, never more than that."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from maild.core.guessing import Example
from maild.core.places import Words
from maild.core.rulebook import Rulebook
from maild.core.sorting import sort
from maild.core.words import fold

_WORD = re.compile(r"[a-z0-9]+")
_MOST_WORDS = 300
_LEAST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Proposal:
    """Words for a row of the catalogue: how many mails of it hold them, and how many of other rows do."""

    service: str
    words: str
    of_it: int
    of_others: int


def wrongly_sorted(examples: Iterable[Example], book: Rulebook) -> tuple[Example, ...]:
    """The examples that these rules sort otherwise than people did."""
    found = ((each, sort(Words(each.subject, each.text), book).service) for each in examples)
    return tuple(each for each, service in found if (service.key if service else "") != each.answer)


def proposals(examples: Sequence[Example], book: Rulebook, *, least: int = 2, most: int = 5) -> tuple[Proposal, ...]:
    """For each row whose mails are sorted wrongly, words and pairs that stand in `least` of its mails and hardly elsewhere."""
    holds: dict[str, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    for example in examples:
        for words in _phrases(example, book):
            holds[example.answer][words] += 1
            total[words] += 1
    found = []
    for service in dict.fromkeys(each.answer for each in wrongly_sorted(examples, book)):
        counted = ((words, n, total[words] - n) for words, n in holds[service].items() if n >= least)
        good = sorted(((w, n, o) for w, n, o in counted if o * 4 <= n), key=lambda c: (c[2] - c[1], -len(c[0]), c[0]))
        kept: list[str] = []
        for words, n, others in good:
            if len(kept) < most and not any(words in k or k in words for k in kept):
                kept.append(words)
                found.append(Proposal(service, words, n, others))
    return tuple(found)


def _phrases(example: Example, book: Rulebook) -> set[str]:
    """The words and pairs of neighbours of a mail that no sign of its row knows yet."""
    vocabulary = book.classifier.vocabulary if book.classifier else None
    ignored = vocabulary.ignored if vocabulary else frozenset()
    text = fold(f"{example.subject}\n{example.text}")
    words = [w for w in _WORD.findall(text)[:_MOST_WORDS] if w not in ignored and not w.isdigit()]
    lone = {w for w in words if len(w) >= _LEAST_LETTERS}
    return lone | {f"{a} {b}" for a, b in pairwise(words)}
