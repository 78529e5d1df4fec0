"""What a typed word means: a verb in any of its spellings, a phrase with its value, or the verbs that it nearly is. Words are data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from maild.core.rulebook import Verb
from maild.core.words import fold

# A word is put right only where both it and the verb are long enough, begin alike, and no other verb is as near.
_LONG_ENOUGH = 5
_SHORTEST_ASKED = 4
_LONGEST = 40
_MOST_CHOICES = 4
# Words of a phrase that means a verb: «no se resolvió».
MOST_WORDS = 4
_JOINTS = str.maketrans("-_", "  ")


@dataclass(frozen=True, slots=True)
class Sense:
    """A verb of the rulebook, and the value that these words give it: «no procede» is procede, no."""

    verb: str
    args: tuple[str, ...] = ()
    signed: bool = False  # only with its sign


@dataclass(frozen=True, slots=True)
class Guess:
    """`verb` where the word may be put right, else ''. `choices` are the words (one for each verb) that it may have been."""

    verb: str = ""
    choices: tuple[str, ...] = ()


def bare(word: str) -> str:
    """A word as it stands in the lexicon: folded, its hyphens blanks, without marks around it.

    >>> bare("«No-Conforme».")
    'no conforme'
    """
    folded = fold(word)
    return " ".join(folded.translate(_JOINTS).strip(" .,;:!?¡¿\"'*~`()[]<>…").split()) or folded


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`words`: folded spelling → sense. `facts`: what is told as key=value, with the only values it may have (none: any).
    `polite`: words that say nothing beside an order. `careful`: verbs that are never done on a guess; `deciding`:
    those of them that a step waits for, behind which people go on with a comma."""

    verbs: Mapping[str, Verb]
    words: Mapping[str, Sense]
    facts: Mapping[str, tuple[str, ...]]
    polite: frozenset[str]
    careful: frozenset[str]
    deciding: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, verbs: Mapping[str, Verb], facts: Mapping[str, tuple[str, ...]] | None = None, polite: Iterable[str] = ()
    ) -> Lexicon:
        """Spellings first, then keys, so that a key always means its own verb."""
        found: dict[str, Sense] = {}
        for verb in verbs.values():
            for word in verb.spellings:
                found.setdefault(_joined(word), Sense(verb.key))
            for phrase, value in verb.phrases.items():
                found[_joined(phrase)] = Sense(verb.key, (value,) if value else (), signed=phrase in verb.signed)
        found |= {_joined(verb.key): Sense(verb.key) for verb in verbs.values()}
        careful = frozenset(verb.key for verb in verbs.values() if verb.careful)
        deciding = frozenset(key for key in careful if verbs[key].awaited)
        return cls(verbs, found, facts or {}, frozenset(polite), careful, deciding)

    def sense(self, words: list[str]) -> tuple[Sense | None, int]:
        """The longest phrase that these words begin with, and how many of them it takes."""
        for count in range(min(MOST_WORDS, len(words)), 0, -1):
            found = self.words.get(bare(" ".join(words[:count])))
            if found is not None:
                return found, count
        return None, 0

    def is_signed(self, word: str) -> bool:
        """Whether it is a word of every day, which only its sign makes an order: #urgente."""
        found = self.words.get(bare(word))
        return found is not None and found.signed

    def guess(self, word: str) -> Guess:
        """What the word may have been: one edit away and no other verb as near is put right, two edits are asked."""
        typed = bare(word)
        if not _SHORTEST_ASKED <= len(typed) <= _LONGEST:
            return Guess()
        close: dict[str, list[str]] = {}
        far: dict[str, str] = {}
        for known, sense in self.words.items():
            distance = edits(typed, known)
            if distance <= 1:
                close.setdefault(sense.verb, []).append(known)
            elif distance == 2 and known[0] == typed[0]:
                far.setdefault(sense.verb, known)
        near = {verb: each[0] for verb, each in close.items()} or far
        # The verb itself is offered where it is as near as a form of it: «asignar», not «asignare».
        choices = tuple(verb if edits(typed, verb) <= 2 else word for verb, word in near.items())
        if len(close) == 1 and len(typed) >= _LONG_ENOUGH:
            verb, spellings = next(iter(close.items()))
            alike = any(len(known) >= _LONG_ENOUGH and known[0] == typed[0] for known in spellings)
            if alike and verb not in self.careful and not any(self.words[known].args for known in spellings):
                return Guess(verb, choices)
        return Guess("", choices[:_MOST_CHOICES])


def _joined(word: str) -> str:
    return word.translate(_JOINTS) if "-" in word or "_" in word else word


def edits(a: str, b: str, most: int = 2) -> int:
    """Slips of the fingers between two words: letters left out, added, changed or swapped. More than `most` is `most` + 1.

    >>> edits("cerar", "cerrar"), edits("ceerra", "cerrar"), edits("hola", "cerrar")
    (1, 2, 3)
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if older and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return min(row[-1], most + 1)
