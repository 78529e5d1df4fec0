"""What a mail is about: every sign of the rules that speaks, what it weighs where it stands, and what wins by how much. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from maild.core.guessing import MANNER, Model, features, guess
from maild.core.vocabulary import Reading, Vocabulary

Place = Literal["subject", "old-subject", "complaint", "text", "aside", "healthy", "old"]
Question = Literal["service", "nature", "urgency", "impact", "outage"]
# How much of a mail is looked at, in characters: what it is about stands at its beginning.
LONGEST_SUBJECT, LONGEST_TEXT, LONGEST_OLD = 400, 6000, 1500
# What the frames of concepts.toml tell about the words around them; see docs/rules.md.
HEALTHY, TROUBLE, BUT, TURN = "frame:healthy", "frame:trouble", "frame:but", "frame:turn"
_SUBJECT = -1
_HARDLY = ("old", "old-subject")
# How the helper is told of a concept: what is said to be well speaks for something else.
_KNOWN = {"subject": "=", "complaint": "=", "text": "=", "aside": "-", "healthy": "-", "old-subject": "-"}
_MOST_BUTS = 8
_Stretch = tuple[int, int]  # clause, and how many «but» stand before in it
_OTHER_SENTENCES = 0.45
_FURTHER = 0.6


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


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a mail by what they are: its subject (of an answer, `answers`), what its author wrote, what he cites."""

    subject: str = ""
    text: str = ""
    old: str = ""
    answers: bool = False


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


@dataclass(frozen=True, slots=True)
class _Seen:
    """A concept in its best place: how much it counts there, and the sentences where it stands (-1: the subject)."""

    factor: float
    place: str
    words: str
    sentences: frozenset[int]


def classify(words: Words, rules: Classifier) -> Verdict:
    """The verdict of the rules about these words. It looks at so many characters and no more, each a few times."""
    seen = _seen(words, rules)
    helper = _Asked(words, rules, seen)
    service = _answer("service", seen, rules, helper)
    if not service.value and any(each.place == "healthy" for each in service.spoke):
        # Nothing but what is well is named: then that is what it is about.
        service = _answer("service", _without_health(seen, rules), rules, helper)
    flat = _flat(seen)
    nature = _answer("nature", flat, rules, helper, service.value)
    urgency = _answer("urgency", flat, rules, helper)
    impact = _answer("impact", flat, rules, helper)
    priority = rules.matrix.get(urgency.value, {}).get(impact.value or "person", "") if urgency.value else ""
    outage = _answer("outage", seen, rules, helper)
    return Verdict(service, nature, urgency, impact, priority, outage)


# -- where what stands ------------------------------------------------------------------------------------------------


def _seen(words: Words, rules: Classifier) -> dict[str, _Seen]:
    text = rules.vocabulary.read(words.text[:LONGEST_TEXT])
    subject = rules.vocabulary.read(words.subject[:LONGEST_SUBJECT])
    old = rules.vocabulary.read(words.old[:LONGEST_OLD]) if words.old else Reading((), ())
    where = "old-subject" if words.answers else "subject"
    places = _text_places(text)
    gathered: dict[str, list[tuple[float, str, str, int]]] = defaultdict(list)
    for found, place in zip(text.found, places, strict=True):
        gathered[found.concept].append((rules.places[place], place, found.words, found.sentence))
    healthy = {c for c, hits in gathered.items() if _is_well(place for _, place, _, _ in hits)}
    for concept in healthy:
        gathered[concept] = [(rules.places["healthy"], "healthy", w, s) for _, _, w, s in gathered[concept]]
    for found in subject.found:
        factor = rules.places["healthy"] if found.concept in healthy else rules.places[where]
        gathered[found.concept].append((factor, where, found.words, _SUBJECT))
    for found in old.found:
        gathered[found.concept].append((rules.places["old"], "old", found.words, found.sentence + 10_000))
    return {concept: _best(hits) for concept, hits in gathered.items()}


def _is_well(places: Iterable[str]) -> bool:
    """Said to be well somewhere, and nowhere complained of."""
    seen = set(places)
    return "healthy" in seen and "complaint" not in seen


def _without_health(seen: Mapping[str, _Seen], rules: Classifier) -> dict[str, _Seen]:
    aside = rules.places["aside"]
    return {c: replace(s, factor=max(s.factor, aside)) if s.factor else s for c, s in seen.items()}


def _flat(seen: Mapping[str, _Seen]) -> dict[str, _Seen]:
    """How urgent it is stands wherever in the text: «the colleague's printer is fine, I use that one»."""
    return {
        c: s if s.factor == 1.0 or s.place in _HARDLY else _Seen(1.0, s.place, s.words, s.sentences)
        for c, s in seen.items()
    }


def _best(hits: list[tuple[float, str, str, int]]) -> _Seen:
    factor, place, words, _ = max(hits, key=lambda hit: hit[0])
    return _Seen(factor, place, words, frozenset(sentence for *_, sentence in hits))


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


# -- what it says -----------------------------------------------------------------------------------------------------


def _answer(
    question: Question, seen: Mapping[str, _Seen], rules: Classifier, helper: _Asked, service: str = ""
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
    seen = _observed(words, rules, _seen(words, rules))
    return {f: n for f, n in seen.items() if not f.startswith(MANNER)} if question == "service" else seen


def _observed(words: Words, rules: Classifier, seen: Mapping[str, _Seen]) -> Mapping[str, int]:
    vocabulary = rules.vocabulary
    found = (f"{_KNOWN[part.place]}{concept}" for concept, part in seen.items() if part.place in _KNOWN)
    subject, text = words.subject[:LONGEST_SUBJECT], words.text[:LONGEST_TEXT]
    return features(subject, text, vocabulary.stem, vocabulary.ignored, found)


class _Asked:
    """The helper, asked about one mail: what it sees of it is gathered once, and only if its word may change an answer."""

    def __init__(self, words: Words, rules: Classifier, seen: Mapping[str, _Seen]) -> None:
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


def _spoke(signs: Sequence[Sign], index: Mapping[str, tuple[int, ...]], seen: Mapping[str, _Seen]) -> Iterator[Spoke]:
    for concept in seen:
        for number in index.get(concept, ()):
            sign = signs[number]
            parts = [seen.get(each) for each in sign.all_of]
            there = [part for part in parts if part is not None]
            if len(there) < len(parts) or any(_stands(seen.get(each)) for each in sign.none_of):
                continue
            weakest = min(there, key=lambda part: part.factor)
            near = 1.0 if _near([part.sentences for part in there]) else _OTHER_SENTENCES
            words = " + ".join(dict.fromkeys(part.words for part in there))
            yield Spoke(sign.answer, round(sign.weight * weakest.factor * near, 2), weakest.place, sign.shown, words)


def _stands(part: _Seen | None) -> bool:
    return part is not None and part.factor >= 0.5


def _near(places: Iterable[frozenset[int]]) -> bool:
    """Whether the parts stand in one sentence or in neighbours; the subject is near to everything."""
    first, *others = places
    for sentences in others:
        if _SUBJECT in first or _SUBJECT in sentences:
            continue
        if not any(abs(a - b) <= 1 for a in first for b in sentences):
            return False
    return True
