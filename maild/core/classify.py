"""What a mail is about: every sign of the rules that speaks, what it weighs where it stands, and what wins by how much. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from maild.core.guessing import MANNER, Model, features, guess
from maild.core.places import LONGEST_SUBJECT, LONGEST_TEXT, Seen, Words, flat, near, placed, stands, without_health
from maild.core.vocabulary import Vocabulary

Question = Literal["service", "nature", "urgency", "impact", "outage"]
# How the helper is told of a concept: what is said to be well speaks for something else.
_KNOWN = {"subject": "=", "complaint": "=", "text": "=", "aside": "-", "healthy": "-", "old-subject": "-"}
_OTHER_SENTENCES = 0.45
_FURTHER = 0.6
# So many signs of a question stand in the journal, so many words in a letter; `maild explain` shows all of them.
_MOST_TOLD, _MOST_WORDS = 6, 3


@dataclass(frozen=True, slots=True)
class Sign:
    """Words that speak for (or, with a negative weight, against) one answer. All of `all_of` must stand in the mail, none
    of `none_of`; each is a concept. `shown` is how the rule file writes it."""

    answer: str
    weight: float
    all_of: tuple[str, ...]
    none_of: tuple[str, ...] = ()
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Spoke:
    """A sign that spoke: for which answer, with what weight, where it stood, and in which words."""

    answer: str
    weight: float
    place: str
    sign: str
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question. `value` '' means: nothing reached the threshold. `ranked`: every answer that had a sign,
    best first, with its score; `confidence` from 0 to 1."""

    value: str = ""
    ranked: tuple[tuple[str, float], ...] = ()
    spoke: tuple[Spoke, ...] = ()

    @property
    def score(self) -> float:
        return self.ranked[0][1] if self.ranked else 0.0

    @property
    def margin(self) -> float:
        return self.score - (self.ranked[1][1] if len(self.ranked) > 1 else 0.0)

    @property
    def confidence(self) -> float:
        """How far the winner stands above the next, between 0 and 1."""
        if not self.value or self.score <= 0:
            return 0.0
        return round(max(0.0, min(1.0, self.margin / self.score)) * min(1.0, self.score / 6) / 2 + 0.5, 2)

    def told(self) -> tuple[Spoke, ...]:
        """What a journal keeps of it: the loudest signs of the best answer and of the next."""
        best = [name for name, _ in self.ranked[:2]]
        return tuple(sorted((s for s in self.spoke if s.answer in best), key=lambda s: -abs(s.weight))[:_MOST_TOLD])

    def understood(self) -> tuple[str, ...]:
        """The loudest words that spoke for a row of the catalogue, or for all rows of its category."""
        spoke = (s for s in sorted(self.spoke, key=lambda s: -s.weight) if s.weight > 0 and s.words)
        words = (s.words for s in spoke if s.answer == self.value or s.answer.startswith("category:"))
        return tuple(islice(dict.fromkeys(words), _MOST_WORDS))

    def brief(self) -> Answer:
        """The same answer with no more signs than what is told of it needs."""
        loud, words = self.told(), self.understood()
        spoke = tuple(s for s in self.spoke if s in loud or (s.weight > 0 and s.words in words))
        return Answer(self.value, self.ranked[:2], spoke)


@dataclass(frozen=True, slots=True)
class Voice:
    """What the helper knows of one question, and what its word is worth there when it is quite sure."""

    model: Model
    weight: float


@dataclass(frozen=True, slots=True)
class Helper:
    """The statistical helper. `name` says which one (date and hash); where no rule spoke it must be as sure as `alone`, of 1."""

    name: str
    voices: Mapping[Question, Voice]
    alone: float


@dataclass(frozen=True, slots=True)
class Classifier:
    """Everything of the rule files that decides what a mail is about, compiled once.

    `parents`: answer → the category whose signs speak for it too. `priors`: what an answer has without any sign.
    """

    vocabulary: Vocabulary
    signs: Mapping[Question, tuple[Sign, ...]]
    places: Mapping[str, float]
    thresholds: Mapping[str, float]
    parents: Mapping[str, str] = field(default_factory=dict)
    priors: Mapping[str, float] = field(default_factory=dict)
    matrix: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    helper: Helper | None = None
    index: Mapping[Question, Mapping[str, tuple[int, ...]]] = field(init=False, repr=False, compare=False)
    children: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[Question, dict[str, tuple[int, ...]]] = {}
        for question, signs in self.signs.items():
            first: dict[str, list[int]] = defaultdict(list)
            for number, sign in enumerate(signs):
                first[sign.all_of[0]].append(number)
            index[question] = {concept: tuple(numbers) for concept, numbers in first.items()}
        object.__setattr__(self, "index", index)
        children: dict[str, list[str]] = defaultdict(list)
        for answer, parent in self.parents.items():
            children[parent].append(answer)
        object.__setattr__(self, "children", {parent: tuple(answers) for parent, answers in children.items()})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mail is: `service` a key of the catalogue, `nature` fault or request, `urgency` and `impact` rows and columns of
    the institution's table and `priority` what stands there; `outage`: which of the things that fail for many it is about.
    '' where nothing spoke loudly enough."""

    service: Answer = Answer()
    nature: Answer = Answer()
    urgency: Answer = Answer()
    impact: Answer = Answer()
    priority: str = ""
    outage: Answer = Answer()

    def brief(self) -> Verdict:
        """The same verdict, fit to be handed from process to process: nothing that is told of it is missing."""
        service, nature, urgency, impact = (a.brief() for a in (self.service, self.nature, self.urgency, self.impact))
        return Verdict(service, nature, urgency, impact, self.priority, Answer(self.outage.value))


def classify(words: Words, rules: Classifier) -> Verdict:
    """The verdict of the rules about these words. It looks at so many characters and no more, each a few times."""
    seen = placed(words, rules.vocabulary, rules.places)
    helper = _Asked(words, rules, seen)
    service = _answer("service", seen, rules, helper)
    if not service.value and any(each.place == "healthy" for each in service.spoke):
        # Nothing but what is well is named: then that is what it is about.
        service = _answer("service", without_health(seen, rules.places), rules, helper)
    anywhere = flat(seen)
    nature = _answer("nature", anywhere, rules, helper, service.value)
    urgency = _answer("urgency", anywhere, rules, helper)
    impact = _answer("impact", anywhere, rules, helper)
    # Who says that all stands still and not for whom means his whole office.
    reached = impact.value or ("whole" if urgency.value == "stopped" else "person")
    priority = rules.matrix.get(urgency.value, {}).get(reached, "")
    outage = _answer("outage", seen, rules, helper)
    return Verdict(service, nature, urgency, impact, priority, outage)


# -- what it says -----------------------------------------------------------------------------------------------------


def _answer(
    question: Question, seen: Mapping[str, Seen], rules: Classifier, helper: _Asked, service: str = ""
) -> Answer:
    spoke = list(_spoke(rules.signs.get(question, ()), rules.index.get(question, {}), seen))
    scores = _sums(spoke, rules.children)
    for answer in tuple(scores):
        scores[answer] += rules.priors.get(answer, 0.0)
    # What no rule says, the helper must be sure of; of two natures one is always likelier.
    least = max(rules.thresholds.get(question, 0.0), 0.0 if spoke or question == "nature" else helper.alone(question))
    if question == "nature" and service:
        for answer in ("fault", "request"):
            if prior := rules.priors.get(f"{service}:{answer}", 0.0):
                scores[answer] += prior
                spoke.append(Spoke(answer, prior, "catalogue", service, ""))
    for told in helper.says(question, scores):
        scores[told.answer] += told.weight
        spoke.append(told)
    ranked = tuple(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])))
    enough = bool(ranked) and ranked[0][1] >= least
    return Answer(ranked[0][0] if enough else "", ranked, tuple(spoke))


def _sums(spoke: Iterable[Spoke], children: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """What the signs of each answer come to. Each further one adds less: many words about one thing are one thing."""
    weights: dict[str, list[float]] = defaultdict(list)
    for (answer, _), weight in _loudest(spoke).items():
        weights[answer].append(weight)
    scores: dict[str, float] = defaultdict(float)
    for named, found in weights.items():
        for answer in children.get(named, (named,)):
            scores[answer] += _sum(found)
    return scores


def _loudest(spoke: Iterable[Spoke]) -> dict[tuple[str, str], float]:
    """Of several signs in the same words the loudest: «prestada» and «prestado» are no two reasons."""
    loudest: dict[tuple[str, str], float] = {}
    for each in spoke:
        key = (each.answer, each.words or each.place)
        if abs(each.weight) > abs(loudest.get(key, 0.0)):
            loudest[key] = each.weight
    return loudest


def _sum(weights: Sequence[float]) -> float:
    ups = sorted((w for w in weights if w > 0), reverse=True)
    downs = sorted(w for w in weights if w < 0)
    return sum(w * _FURTHER**n for part in (ups, downs) for n, w in enumerate(part))


def observed(words: Words, rules: Classifier, question: Question) -> Mapping[str, int]:
    """What the helper learns from: the words of a mail, what the rules find in them and, except for the row, how it is said."""
    seen = _observed(words, rules, placed(words, rules.vocabulary, rules.places))
    return {f: n for f, n in seen.items() if not f.startswith(MANNER)} if question == "service" else seen


def _observed(words: Words, rules: Classifier, seen: Mapping[str, Seen]) -> Mapping[str, int]:
    vocabulary = rules.vocabulary
    found = (f"{_KNOWN[part.place]}{concept}" for concept, part in seen.items() if part.place in _KNOWN)
    subject, text = words.subject[:LONGEST_SUBJECT], words.text[:LONGEST_TEXT]
    return features(subject, text, vocabulary.stem, vocabulary.ignored, found)


class _Asked:
    """The helper, asked about one mail: what it sees of it is gathered once, and only if its word may change an answer."""

    def __init__(self, words: Words, rules: Classifier, seen: Mapping[str, Seen]) -> None:
        self._voices = rules.helper.voices if rules.helper else {}
        self._name, self._alone = (rules.helper.name, rules.helper.alone) if rules.helper else ("", 0.0)
        self._look: Callable[[], Mapping[str, int]] = lambda: _observed(words, rules, seen)
        self._features: Mapping[str, int] | None = None

    def alone(self, question: Question) -> float:
        """The score that its word must reach where no rule spoke."""
        return self._alone * self._voices[question].weight if question in self._voices else 0.0

    def says(self, question: Question, scores: Mapping[str, float]) -> Iterator[Spoke]:
        """Its word for each likely answer; nothing where the rules are ahead by more than it is worth."""
        voice = self._voices.get(question)
        if voice is None:
            return
        first, second = (*sorted(scores.values(), reverse=True), 0.0, 0.0)[:2]
        if first - max(second, 0.0) > voice.weight:
            return
        if self._features is None:
            self._features = self._look()
        for answer, share in guess(voice.model, self._features):
            yield Spoke(answer, round(voice.weight * share, 2), "helper", self._name, "")


def _spoke(signs: Sequence[Sign], index: Mapping[str, tuple[int, ...]], seen: Mapping[str, Seen]) -> Iterator[Spoke]:
    for concept in seen:
        for number in index.get(concept, ()):
            sign = signs[number]
            parts = [seen.get(each) for each in sign.all_of]
            there = [part for part in parts if part is not None]
            if len(there) < len(parts) or any(stands(seen.get(each)) for each in sign.none_of):
                continue
            weakest = min(there, key=lambda part: part.factor)
            close = 1.0 if near([part.sentences for part in there]) else _OTHER_SENTENCES
            words = " + ".join(dict.fromkeys(part.words for part in there))
            yield Spoke(sign.answer, round(sign.weight * weakest.factor * close, 2), weakest.place, sign.shown, words)
