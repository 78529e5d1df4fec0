"""The statistical helper: what mails with these words have mostly been about. A table of weights made by a command, never by itself.

A linear support vector machine for each answer over word stems, pairs of neighbours and four-letter pieces, each by its rarity
(dual coordinate descent: Hsieh et al., ICML 2008).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice, pairwise
from zlib import crc32

from maild.core.vocabulary import sound
from maild.core.words import fold

_WORD = re.compile(r"[a-z0-9]+")
# How features begin that tell the manner and not the matter: nothing for the question what a mail is about.
MANNER = "'"
_TOKEN = re.compile(r"[a-z0-9]+|[?!.;,:]")
_MARKS = frozenset("?!.;,:")
_SMALL = 3  # letters: no, me, se, ya, que, por, hay
_MOST_WORDS = 400
_PIECE = 4
# Shares smaller than this say nothing and are not told.
_LEAST_SHARE = 0.05
# A feature of one mail alone is chance.
_LEAST_MAILS = 2
# Smaller weights only make the table long.
_LEAST_WEIGHT = 0.1
_LEAST_LENGTH = 30.0
_MOST_ROUNDS = 60
_DONE = 0.05
_SOFT = 0.5  # 1 / 2C of the squared hinge loss
# From distances to shares: among many answers each lies farther from all others. Measured so that a share is how often it is right.
_SLOPE = 2.7
_Vector = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Example:
    """A mail of which somebody said what it is about."""

    subject: str
    text: str
    answer: str


@dataclass(frozen=True)
class Model:
    """`rarity`: how much each known feature counts; `weights`: feature → answer → weight; `bias`: what each answer starts with.
    `examples` is how many mails it was made from."""

    rarity: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]
    bias: Mapping[str, float]
    examples: int

    @cached_property
    def table(self) -> Mapping[str, tuple[float, tuple[tuple[int, float], ...]]]:
        """The same for reading fast: feature → how much it counts, and the weight of each answer by its place in `bias`."""
        place = {answer: number for number, answer in enumerate(self.bias)}
        return {
            feature: (value, tuple((place[answer], w * value) for answer, w in self.weights.get(feature, {}).items()))
            for feature, value in self.rarity.items()
        }


def features(
    subject: str, text: str, stem: Callable[[str], str], ignored: frozenset[str], known: Iterable[str] = ()
) -> Mapping[str, int]:
    """What the helper sees of a mail, and how often: stems, pairs of words, pieces of four letters; a bounded number of each.
    `known`: what the rules found in it, which says the same in whatever words."""
    seen: list[str] = [*known, *(MANNER + each for part in (subject, text) for each in _manner(part))]
    for part in (subject, text):
        written = _WORD.findall(fold(part))[:_MOST_WORDS]
        words = [sound(word) for word in written]
        seen += [sound(stem(word)) for word in written if word not in ignored]
        seen += [f"{a} {b}" for a, b in pairwise(words)]
        for word in words:
            seen += _pieces(word)
    return Counter(seen)


def _manner(text: str) -> Iterator[str]:
    """How a thing is said, whatever it is: pairs of small words and endings, from the beginning of each sentence to its mark.

    «¿Me prestan una?» and «¿Nos dan dos?» ask alike («me ~an», «?^ me»), and «no me deja» tells of a fault («no me», «me ~ja»).
    """
    asks = False
    sentence: list[str] = []
    for each in islice(_TOKEN.findall(fold(text.replace("\n", " . "))), _MOST_WORDS):
        if each in _MARKS:
            yield from _pairs(sentence, each)
            asks |= each == "?"
            sentence = []
        else:
            sentence.append(each if len(each) <= _SMALL else f"~{each[-2:]}")
    yield from _pairs(sentence, ".")
    if asks:
        yield "?"


def _pairs(sentence: Sequence[str], mark: str) -> Iterator[str]:
    if not sentence:
        return
    asked = "?" if mark == "?" else ""
    yield f"{asked}^ {sentence[0]}"
    # «Lo mando…», «Tomo…»: whoever begins so tells what he does.
    yield "^" + " ".join(each if each[0] != "~" else f"~{each[-1]}" for each in sentence[:2])
    for a, b in pairwise(sentence):
        if a[0] != "~" or b[0] != "~":
            yield f"{a}_{b}"
            if asked:
                yield f"?{a}_{b}"
    yield f"{sentence[-1]} {mark}"


@lru_cache(maxsize=32768)
def _pieces(word: str) -> tuple[str, ...]:
    whole = f"^{word}$"
    return tuple("#" + whole[i : i + _PIECE] for i in range(len(whole) - _PIECE + 1))


def learn(examples: Iterable[Example], seen_in: Callable[[str, str], Mapping[str, int]]) -> Model:
    """The model of these examples; `seen_in` gives the features of a subject and a text. The same examples give the same model,
    in whatever order they come."""
    given = sorted(examples, key=lambda each: (each.text, each.subject, each.answer))
    seen = [seen_in(each.subject, each.text) for each in given]
    mails = Counter(feature for each in seen for feature in each)
    known = sorted(feature for feature, count in mails.items() if count >= _LEAST_MAILS)
    rarity = {feature: round(math.log((1 + len(given)) / (1 + mails[feature])) + 1, 2) for feature in known}
    place = {feature: number for number, feature in enumerate(known)}
    vectors = [[(place[f], value) for f, value in sorted(_weighed(each, rarity).items())] for each in seen]
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    bias: dict[str, float] = {}
    for answer in sorted({each.answer for each in given}):
        plane = _plane(vectors, [1.0 if each.answer == answer else -1.0 for each in given], len(known))
        bias[answer] = round(plane[-1], 3)
        for feature, weight in zip(known, plane, strict=False):
            if abs(weight) >= _LEAST_WEIGHT:
                weights[feature][answer] = round(weight, 2)
    return Model(rarity, dict(weights), bias, len(given))


def _weighed(seen: Mapping[str, int], rarity: Mapping[str, float]) -> dict[str, float]:
    """The known features by their rarity, as a vector of length 1: a long mail says no more than another. A few words alone say less."""
    known = {f: rarity[f] * (1 + math.log(count)) for f, count in seen.items() if f in rarity}
    length = max(_LEAST_LENGTH, math.sqrt(sum(value * value for value in known.values())))
    return {feature: value / length for feature, value in known.items()}


def _plane(vectors: Sequence[_Vector], sides: Sequence[float], size: int) -> list[float]:
    """The plane that best parts the vectors of one side (1) from those of the other (-1); its last number is the bias."""
    plane, shares = [0.0] * (size + 1), [0.0] * len(vectors)
    whole = [sum(value * value for _, value in vector) + 1 + _SOFT for vector in vectors]
    for turn in range(_MOST_ROUNDS):
        worst = 0.0
        for number in _mixed(len(vectors), turn):
            vector, side, share = vectors[number], sides[number], shares[number]
            slope = side * (sum(plane[at] * value for at, value in vector) + plane[size]) - 1 + _SOFT * share
            if share == 0.0 and slope >= 0:
                continue
            worst = max(worst, abs(slope))
            shares[number] = max(share - slope / whole[number], 0.0)
            step = (shares[number] - share) * side
            for at, value in vector:
                plane[at] += step * value
            plane[size] += step
        if worst < _DONE:
            break
    return plane


def _mixed(count: int, turn: int) -> list[int]:
    """The numbers below `count` in another order each turn, and in the same one for all who ask."""
    return sorted(range(count), key=lambda number: crc32(f"{turn} {number}".encode()))


def guess(model: Model, seen: Mapping[str, int]) -> Sequence[tuple[str, float]]:
    """The likeliest answers, best first, each with how far above chance it is (at most 1); nothing where the mail has no known feature."""
    table, given, square = model.table, [0.0] * len(model.bias), 0.0
    for feature, count in seen.items():
        if (known := table.get(feature)) is not None:
            value, weights = known
            often = 1.0 if count == 1 else 1 + math.log(count)
            square += (value * often) ** 2
            for place, weight in weights:
                given[place] += weight * often
    if not square:
        return ()
    length = max(_LEAST_LENGTH, math.sqrt(square))
    sums = {answer: bias + value / length for (answer, bias), value in zip(model.bias.items(), given, strict=True)}
    best, slope = max(sums.values()), _SLOPE * math.log(max(2, len(sums)))
    powers = {answer: math.exp((value - best) * slope) for answer, value in sums.items()}
    whole = sum(powers.values())
    shares = sorted(((a, p / whole) for a, p in powers.items()), key=lambda pair: (-pair[1], pair[0]))
    # What chance alone would give says nothing.
    chance = 1 / max(2, len(model.bias))
    above = ((answer, (share - chance) / (1 - chance)) for answer, share in shares[:5])
    return tuple((answer, share) for answer, share in above if share >= _LEAST_SHARE)
