"""The statistical helper: what mails with these words have mostly been about. A table of weights made by a command, never by itself.

Complement naive Bayes over word stems, pairs of neighbours and four-letter pieces (Rennie et al., ICML 2003), kept sparse.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from maild.core.vocabulary import sound
from maild.core.words import fold

_WORD = re.compile(r"[a-z0-9]+")
_MOST_WORDS = 400
_PIECE = 4
_SMOOTH = 0.3
# Shares smaller than this say nothing and are not told.
_LEAST_SHARE = 0.05
# A feature of one mail alone is chance.
_LEAST_MAILS = 2
# Smaller weights only make the table long.
_LEAST_WEIGHT = 0.4


@dataclass(frozen=True, slots=True)
class Example:
    """A mail of which somebody said what it is about."""

    subject: str
    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Model:
    """feature → answer → weight; `examples` is how many mails it was made from, `answers` all that it knows."""

    weights: Mapping[str, Mapping[str, float]]
    answers: tuple[str, ...]
    examples: int


def features(subject: str, text: str, stem: Callable[[str], str], ignored: frozenset[str]) -> frozenset[str]:
    """What the helper sees of a mail: stems, pairs of them, pieces of four letters; a bounded number of each."""
    seen: set[str] = set()
    for part in (subject, text):
        words = [sound(stem(w)) for w in _WORD.findall(fold(part))[:_MOST_WORDS] if w not in ignored]
        seen.update(words)
        seen.update(f"{a} {b}" for a, b in pairwise(words))
        for word in set(words):
            whole = f"^{word}$"
            seen.update("#" + whole[i : i + _PIECE] for i in range(len(whole) - _PIECE + 1))
    return frozenset(seen)


def learn(examples: Iterable[Example], stem: Callable[[str], str], ignored: frozenset[str]) -> Model:
    """The model of these examples. The same examples give the same model, in whatever order they come."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    number = 0
    for example in examples:
        number += 1
        for feature in features(example.subject, example.text, stem, ignored):
            counts[example.answer][feature] += 1
            total[feature] += 1
    everything, kinds = sum(total.values()), len(total)
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    for answer, own in sorted(counts.items()):
        mine = sum(own.values())
        for feature in sorted(f for f in own if total[f] >= _LEAST_MAILS):
            here = (own[feature] + _SMOOTH * total[feature] * kinds / everything) / (mine + _SMOOTH * kinds)
            elsewhere = (total[feature] - own[feature] + _SMOOTH) / (everything - mine + _SMOOTH * kinds)
            if (weight := round(math.log(here / elsewhere), 2)) >= _LEAST_WEIGHT:
                weights[feature][answer] = weight
    return Model(dict(weights), tuple(sorted(counts)), number)


def guess(model: Model, seen: frozenset[str]) -> Sequence[tuple[str, float]]:
    """The likeliest answers, best first, each with how far above chance it is (at most 1); nothing where the mail has no known feature."""
    sums: dict[str, float] = defaultdict(float)
    for feature in seen:
        for answer, weight in model.weights.get(feature, {}).items():
            sums[answer] += weight
    if not sums:
        return ()
    # The sums of a long mail lie far apart only because it is long.
    scale = 12.0 / max(12.0, math.sqrt(len(seen)) * 2)
    best = max(sums.values())
    powers = {answer: math.exp((value - best) * scale / 6) for answer, value in sums.items()}
    whole = sum(powers.values())
    shares = sorted(((a, p / whole) for a, p in powers.items()), key=lambda pair: (-pair[1], pair[0]))
    # What chance alone would give says nothing.
    chance = 1 / max(2, len(model.answers))
    above = ((answer, (share - chance) / (1 - chance)) for answer, share in shares[:5])
    return tuple((answer, share) for answer, share in above if share >= _LEAST_SHARE)
