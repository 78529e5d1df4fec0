"""Where in a mail what stands: in its subject, in what it complains of, in what it says to be well, before it changes its topic. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from maild.core.vocabulary import Reading, Vocabulary

Place = Literal["subject", "old-subject", "complaint", "text", "aside", "healthy", "old"]
# How much of a mail is looked at, in characters: what it is about stands at its beginning.
LONGEST_SUBJECT, LONGEST_TEXT, LONGEST_OLD = 400, 6000, 1500
# What the frames of concepts.toml tell about the words around them; see docs/rules.md.
HEALTHY, TROUBLE, BUT, TURN = "frame:healthy", "frame:trouble", "frame:but", "frame:turn"
_SUBJECT = -1
_HARDLY = ("old", "old-subject")
_MOST_BUTS = 8
_Stretch = tuple[int, int]  # clause, and how many «but» stand before in it


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a mail by what they are: its subject (of an answer, `answers`), what its author wrote, what he cites."""

    subject: str = ""
    text: str = ""
    old: str = ""
    answers: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A concept in its best place: how much it counts there, and the sentences where it stands (-1: the subject)."""

    factor: float
    place: str
    words: str
    sentences: frozenset[int]


def placed(words: Words, vocabulary: Vocabulary, weights: Mapping[str, float]) -> dict[str, Seen]:
    """Every concept of the rules that stands in the mail, in its best place; `weights`: what each place counts."""
    text = vocabulary.read(words.text[:LONGEST_TEXT])
    subject = vocabulary.read(words.subject[:LONGEST_SUBJECT])
    old = vocabulary.read(words.old[:LONGEST_OLD]) if words.old else Reading((), ())
    where = "old-subject" if words.answers else "subject"
    places = _text_places(text)
    gathered: dict[str, list[tuple[float, str, str, int]]] = defaultdict(list)
    for found, place in zip(text.found, places, strict=True):
        gathered[found.concept].append((weights[place], place, found.words, found.sentence))
    healthy = {c for c, hits in gathered.items() if _is_well(place for _, place, _, _ in hits)}
    for concept in healthy:
        gathered[concept] = [(weights["healthy"], "healthy", w, s) for _, _, w, s in gathered[concept]]
    for found in subject.found:
        factor = weights["healthy"] if found.concept in healthy else weights[where]
        gathered[found.concept].append((factor, where, found.words, _SUBJECT))
    for found in old.found:
        gathered[found.concept].append((weights["old"], "old", found.words, found.sentence + 10_000))
    return {concept: _best(hits) for concept, hits in gathered.items()}


def _is_well(places: Iterable[str]) -> bool:
    """Said to be well somewhere, and nowhere complained of."""
    seen = set(places)
    return "healthy" in seen and "complaint" not in seen


def without_health(seen: Mapping[str, Seen], weights: Mapping[str, float]) -> dict[str, Seen]:
    aside = weights["aside"]
    return {c: replace(s, factor=max(s.factor, aside)) if s.factor else s for c, s in seen.items()}


def flat(seen: Mapping[str, Seen]) -> dict[str, Seen]:
    """How urgent it is stands wherever in the text: «the colleague's printer is fine, I use that one»."""
    return {
        c: s if s.factor == 1.0 or s.place in _HARDLY else Seen(1.0, s.place, s.words, s.sentences)
        for c, s in seen.items()
    }


def _best(hits: list[tuple[float, str, str, int]]) -> Seen:
    factor, place, words, _ = max(hits, key=lambda hit: hit[0])
    return Seen(factor, place, words, frozenset(sentence for *_, sentence in hits))


def _text_places(text: Reading) -> list[Place]:
    """For each phrase of the text: in what the mail complains of, in what it calls healthy, or before it changed its topic."""
    turn = max(((f.sentence, f.at) for f in text.found if f.concept == TURN), default=(-1, -1))
    buts: dict[int, list[int]] = defaultdict(list)
    for found in text.found:
        if found.concept == BUT:
            buts[found.clause].append(found.at)
    stretches = [(f.clause, sum(at <= f.at for at in buts.get(f.clause, ())[:_MOST_BUTS])) for f in text.found]
    health = _health(text, stretches, buts.keys())
    places: list[Place] = []
    for found, stretch in zip(text.found, stretches, strict=True):
        said = health.get(stretch)
        if said == "healthy":
            places.append("healthy")
        elif (found.sentence, found.at) < turn:
            places.append("aside")
        else:
            places.append("complaint" if said else "text")
    return places


def _health(text: Reading, stretches: Sequence[_Stretch], divided: Collection[int]) -> dict[_Stretch, str]:
    """What each stretch of words tells of the things it names: a stretch is what stands between two «but» of a clause.

    A list («la impresora, el monitor y la red están bien») gets it from what follows in its sentence.
    """
    said: dict[_Stretch, str] = {}
    for found, stretch in zip(text.found, stretches, strict=True):
        if found.concept in (HEALTHY, TROUBLE):
            kind = found.concept.partition(":")[2]
            said[stretch] = "trouble" if "trouble" in (said.get(stretch), kind) else kind
    after: dict[int, str] = {}  # sentence → what the next stretch that says something says
    result = dict(said)
    for clause in range(len(text.clauses) - 1, -1, -1):
        sentence, own = text.clauses[clause], said.get((clause, 0))
        if own:
            after[sentence] = own
        elif after.get(sentence) == "healthy" and clause not in divided:
            result[(clause, 0)] = "healthy"
        if clause in divided:
            after.pop(sentence, None)
    return result


def stands(part: Seen | None) -> bool:
    return part is not None and part.factor >= 0.5


def near(places: Iterable[frozenset[int]]) -> bool:
    """Whether the parts stand in one sentence or in neighbours; the subject is near to everything."""
    first, *others = places
    for sentences in others:
        if _SUBJECT in first or _SUBJECT in sentences:
            continue
        if not any(abs(a - b) <= 1 for a in first for b in sentences):
            return False
    return True
