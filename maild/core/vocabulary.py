"""Which known phrases stand in a text: folded, stemmed, forgiving of the usual misspellings, all looked up in one pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice, product
from typing import Any, NamedTuple

from maild.core.words import fold

# What stands between two sentences; between two clauses of one.
_SENTENCE = re.compile(r"[.!?;\n]+(?=\s|$)|\n")
_CLAUSE = re.compile(r"[,:()–—]")
_WORD = re.compile(r"[a-z0-9ñ]+")
# A question mark counts as a word at the end of its sentence; so it stands in a phrase, and so it is shown.
_ASKED = "signodepregunta"
_QUESTION = re.compile(r"\?+")
# Addresses of every kind count as one word each, whatever they are made of.
_NAMED = (
    (re.compile(r"\\\\[^\s,;]+"), " rutacompartida "),
    (re.compile(r"https?://\S+|www\.\S+"), " enlaceweb "),
    (re.compile(r"\S+@\S*"), " direccioncorreo "),
)
_BRACKETS = re.compile(r"\(([^)]*)\)")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_RUN = re.compile(r"([a-z])\1+")
_SOFT = str.maketrans({"v": "b", "z": "s", "w": "u"})
_EXACT, _STEM = "=", "~"
_END = "."  # no word is a dot
# Shorter words are not guessed at: too many of them are one letter away from each other.
_SHORTEST_GUESS = 7
_MOST_WORDS = 20_000
# A phrase that stands for more, and files that stand for more in all, are refused.
MOST_FORMS, MOST_IN_ALL = 10_000, 300_000


@lru_cache(maxsize=32768)
def sound(word: str) -> str:
    """A folded word as it is heard, so that the usual misspellings fall together: b/v, s/c/z, ll/y, h, doubled letters.

    >>> sound("estava"), sound("contracena"), sound("inpresora")
    ('estaba', 'kontrasena', 'impresora')
    """
    word = word.replace("ll", "y").replace("ch", "\0").replace("h", "").replace("\0", "ch")
    word = word.replace("que", "ke").replace("qui", "ki").replace("ce", "se").replace("ci", "si")
    word = word.replace("ge", "je").replace("gi", "ji").replace("c", "k").replace("kh", "ch").translate(_SOFT)
    word = word.replace("np", "mp").replace("nb", "mb").replace("q", "k")
    return _RUN.sub(r"\1", word) or "h"


def expand(phrase: str) -> Iterator[str]:
    """«no (abre|entra)» is two phrases; «(la|) clave» may lack its article.

    >>> list(expand("no (abre|entra) bien"))
    ['no abre bien', 'no entra bien']
    """
    # Every second piece stands between brackets; a bracket that is not closed is a character like others.
    pieces = _BRACKETS.split(phrase)
    choices = [piece.split("|") if number % 2 else (piece,) for number, piece in enumerate(pieces)]
    return map("".join, product(*choices))


def forms(phrase: str) -> int:
    """How many phrases this one stands for, without writing them out.

    >>> forms("no (abre|entra) (bien|)")
    4
    """
    count = 1
    for group in phrase.split("(")[1:]:
        count *= group.partition(")")[0].count("|") + 1
    return count


@dataclass(frozen=True, slots=True)
class Found:
    """A known phrase in a text: what it means, as it stood there, in which sentence and clause (counted from 0)."""

    concept: str
    words: str
    sentence: int
    clause: int
    at: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it was looked through. `clauses`: the sentence of each clause."""

    found: tuple[Found, ...]
    clauses: tuple[int, ...]


@lru_cache(maxsize=32768)
def plain(word: str) -> str:
    """A folded word without the marks of number and gender.

    >>> plain("impresoras"), plain("redes"), plain("clave"), plain("lentas")
    ('impresor', 'red', 'clav', 'lent')
    """
    if len(word) > 4 and word.endswith("es") and word[-3] not in "aeiou":
        return word[:-2]
    if len(word) > 3 and word.endswith("s"):
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word[-1] in "aeo" else word


class _Word(NamedTuple):
    """A word of a phrase: whether it counts beside others, and by which key it is looked up, forced, among others, and alone."""

    counts: bool
    forced: str
    stem: str
    lone: str


class _Read(NamedTuple):
    """A word of a text: by which keys it is looked up, what it means alone, and where phrases that begin with it go on."""

    keys: tuple[str, ...]
    alone: tuple[str, ...]
    onward: tuple[dict[str, Any], ...]


class _Trie(NamedTuple):
    """`root`: key → what may follow; `known`: every key; `near`: what one letter less makes of one, '' if of several."""

    root: dict[str, Any]
    known: frozenset[str]
    near: Mapping[str, str]


@dataclass(frozen=True)
class Vocabulary:
    """Every phrase of the rules (with the concept it stands for) in one trie over stems. Reading takes time linear in the text.

    It is built when first read: who only looks at tickets or checks a file does not wait for it.
    A lone word also means its plural and feminine; a word among others, or one after `~`, all forms of its stem; a word with
    `!` this very form, even one that does not count elsewhere. Of a word that says more alone, the neighbours say what is meant.
    """

    phrases: tuple[tuple[str, str], ...]
    stem: Callable[[str], str]
    ignored: frozenset[str] = frozenset()
    written: Mapping[str, str] = field(default_factory=dict)
    cache: dict[str, _Read] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _trie(self) -> _Trie:
        root, known = dict[str, Any](), set[str]()
        word = lru_cache(maxsize=None)(self._word)  # the same few thousand words stand in all phrases
        for phrase, concept in self.phrases:
            for form in islice(expand(fold(phrase)), MOST_FORMS):
                node = root
                for key in _path(form, word):
                    known.add(key)
                    node = node.setdefault(key, {})
                if node is not root and concept not in node.setdefault(_END, []):
                    node[_END].append(concept)
        near: dict[str, str] = {}
        for key in known:
            if len(key) >= _SHORTEST_GUESS and key.isalpha():
                for short in _shorter(key):
                    near[short] = "" if near.get(short, key) != key else key
        return _Trie(root, frozenset(known), near)

    def _word(self, written: str) -> tuple[_Word, ...]:
        """A word of a phrase as it is looked up; short forms are several."""
        bare = _ASKED if written == "?" else "".join(_WORD.findall(written))
        very = written[-1] == "!"
        return tuple(
            _Word(
                counts=each not in self.ignored or very,
                forced=_EXACT + sound(each) if very or each in self.ignored else "",
                stem=(stem := _STEM + sound(self.stem(each))),
                lone=stem if written[0] == "~" else sound(plain(each)),
            )
            for each in self.written.get(bare, bare).split()
        )

    def read(self, text: str) -> Reading:
        """Every phrase that stands in the text, also those inside longer ones."""
        found: list[Found] = []
        clauses: list[int] = []
        for number, sentence in enumerate(_sentences(text)):
            words: list[str] = []
            places: list[int] = []
            for part in _CLAUSE.split(sentence):
                for word in _WORD.findall(part):
                    words += self.written[word].split() if word in self.written else (word,)
                places += [len(clauses)] * (len(words) - len(places))
                clauses.append(number)
            read = [self.cache.get(word) or self._read(word) for word in words]
            shown = ["?" if word == _ASKED else word for word in words]
            for start, (_, alone, onward) in enumerate(read):
                found += [Found(concept, shown[start], number, places[start], start) for concept in alone]
                if onward:
                    for end, concept in _longer(read, start + 1, onward):
                        found.append(Found(concept, " ".join(shown[start:end]), number, places[start], start))
        return Reading(tuple(found), tuple(clauses))

    def _read(self, word: str) -> _Read:
        keys, root = self._keys(word), self._trie.root
        nodes = [root[key] for key in keys if key in root]
        alone = tuple(concept for node in nodes for concept in node.get(_END, ()))
        read = _Read(keys, alone, tuple(node for node in nodes if node.keys() != {_END}))
        if len(self.cache) < _MOST_WORDS:  # a flood of invented words must not fill the memory
            self.cache[word] = read
        return read

    def _keys(self, word: str) -> tuple[str, ...]:
        """By what a word is looked up: as it stands, without number and gender, and by its stem. One that does not count: as it
        stands only."""
        if word in self.ignored:
            return (_EXACT + sound(word),)
        _, known, near = self._trie
        lone, stem = sound(plain(word)), _STEM + sound(self.stem(word))
        if lone not in known and stem not in known and len(lone) >= _SHORTEST_GUESS and lone.isalpha():
            lone = near.get(lone) or _guess(lone, near, known)
        return (_EXACT + sound(word), lone, stem)


def _longer(read: Sequence[_Read], at: int, nodes: Sequence[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """The phrases that go on from these nodes, with where each ends. Words that do not count may stand between theirs."""
    for position in range(at, len(read)):
        keys = read[position].keys
        on = [child for node in nodes for key in keys if (child := node.get(key)) is not None]
        for node in on:
            for concept in node.get(_END, ()):
                yield position + 1, concept
        nodes = [*nodes, *on] if len(keys) == 1 else on
        if not nodes:
            return


def _path(form: str, word: Callable[[str], tuple[_Word, ...]]) -> list[str]:
    """The keys of one phrase, word by word. Words that do not count are left out, unless marked or only one other would be left."""
    words = [each for piece in form.split() for each in word(piece)]
    counting = [each for each in words if each.counts]
    if len(counting) > 1 or len(words) == 1:
        words = counting
    return [each.forced or (each.stem if len(words) > 1 else each.lone) for each in words]


def _sentences(text: str) -> Iterator[str]:
    lowered = text
    for pattern, name in _NAMED:
        lowered = pattern.sub(name, lowered)
    lowered = _QUESTION.sub(f" {_ASKED}?", lowered)
    for sentence in _SENTENCE.split(lowered):
        if folded := fold(sentence):
            yield _STRETCHED.sub(r"\1", folded)


def _shorter(key: str) -> Iterator[str]:
    return (key[:i] + key[i + 1 :] for i in range(1, len(key) - 1))  # first and last are hardly ever wrong


def _guess(key: str, near: Mapping[str, str], known: frozenset[str]) -> str:
    """The known stem that one slip of the fingers away gives this one, if exactly one does; else the stem itself."""
    close = {short for short in _shorter(key) if short in known}
    close |= {near[short] for short in _shorter(key) if near.get(short)}
    return close.pop() if len(close) == 1 else key
