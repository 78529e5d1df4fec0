"""From the words of the rule files to the compiled classifier, checking that every concept named there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TypedDict

import snowballstemmer

from maild.core.classify import Classifier, Question, Sign
from maild.core.filters import Filter
from maild.core.vocabulary import MOST_FORMS, MOST_IN_ALL, Vocabulary, forms
from maild.core.words import fold
from maild.rules import filtering, model
from maild.rules.meaning import SignsForm
from maild.rules.naming import Names

_NATURES = ("fault", "request")
_URGENCIES = ("can_wait", "has_alternative", "stopped")
_IMPACTS = ("person", "part", "whole")
_Pairs = tuple[tuple[str, str], ...]
_STEMMER = snowballstemmer.stemmer("spanish")


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


@lru_cache(maxsize=16)
def _vocabulary(pairs: _Pairs, ignored: frozenset[str], written: _Pairs) -> Vocabulary:
    """The same words make the same vocabulary, which takes a moment: an unchanged folder is not compiled twice."""
    return Vocabulary(pairs, _stem, ignored, dict(written))


class _Phrases:
    """Every phrase with the concept it stands for. Words that a sign writes out are a concept of their own."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.pairs: list[tuple[str, str]] = []
        form = names.sources.concepts
        self._concepts = {key: (*each.words, *each.more) for key, each in form.concept.items()}
        for key, frame in form.frame.items():
            self.pairs += [(words, f"frame:{key}") for words in (*frame.words, *frame.more)]
        for key, phrases in self._concepts.items():
            self.pairs += [(words, f"@{key}") for words in phrases]

    def concept(self, part: str, file: str, key: str) -> str:
        if part.startswith("@"):
            self._names.known(part[1:], self._concepts, "el concepto", file, key)
            return part
        words = " ".join(fold(part).split())
        if not words:
            self._names.wrong(file, key, "falta una palabra junto a «+» o «-»")
        self.pairs.append((words, words))
        return words

    def sign(self, answer: str, weight: float, text: str, file: str, key: str) -> Sign:
        wanted, *unwanted = text.split(" - ")
        parts = tuple(self.concept(p.strip(), file, key) for p in wanted.split(" + "))
        without = tuple(self.concept(p.strip(), file, key) for p in unwanted)
        return Sign(answer, weight, parts, without, text)

    def check(self) -> None:
        """Phrases with so many alternatives that writing them out would take long are told, and not compiled."""
        large = [(words, forms(words)) for words, _ in self.pairs if forms(words) > MOST_FORMS]
        for words, count in large:
            self._names.wrong(
                "concepts.toml", words[:40], f"son {count} frases en una; escríbala en varias, de hasta {MOST_FORMS}"
            )
        count = sum(forms(words) for words, _ in self.pairs)
        if not large and count > MOST_IN_ALL:
            self._names.wrong("concepts.toml", "", f"son {count} frases en total; caben {MOST_IN_ALL}")
        if large or count > MOST_IN_ALL:
            self.pairs.clear()


class Compiled(TypedDict):
    classifier: Classifier
    filters: tuple[Filter, ...]


def compiled(names: Names) -> Compiled:
    """What decides about new mails. Wrong names are told to `names`."""
    phrases = _Phrases(names)
    filters = tuple(filtering.filters(names, phrases.concept))
    signs = _signs(names, phrases)
    phrases.check()
    return {"filters": filters, "classifier": _classifier(names, phrases, signs)}


def _signs(names: Names, phrases: _Phrases) -> dict[Question, tuple[Sign, ...]]:
    form = names.sources.classify
    return {
        "service": tuple(_services(names, phrases)),
        "nature": tuple(_table(names, phrases, "nature", form.nature, _NATURES)),
        "urgency": tuple(_table(names, phrases, "urgency", form.urgency, _URGENCIES)),
        "impact": tuple(_table(names, phrases, "impact", form.impact, _IMPACTS)),
        "outage": tuple(_outages(names, phrases)),
    }


def _classifier(names: Names, phrases: _Phrases, signs: dict[Question, tuple[Sign, ...]]) -> Classifier:
    form = names.sources.classify
    places = {name.replace("_", "-"): value for name, value in form.places.model_dump().items()}
    spelling = names.sources.concepts.spelling
    written = {fold(short): fold(whole) for short, whole in spelling.written.items()}
    return Classifier(
        vocabulary=_vocabulary(
            tuple(phrases.pairs), frozenset(fold(word) for word in spelling.ignored), tuple(written.items())
        ),
        signs=signs,
        places=places,
        thresholds=form.threshold.model_dump(),
        parents=_parents(names),
        priors=_priors(names),
        matrix=_matrix(names),
        helper=model.helper(names.sources.models, form.helper) if form.classify.helper else None,
    )


def _weighed(form: SignsForm, names: Names) -> Iterator[tuple[str, float]]:
    weights = names.sources.classify.weights
    for strength in ("named", "sure", "when", "hint", "against"):
        for text in getattr(form, strength):
            yield text, getattr(weights, strength)


def _services(names: Names, phrases: _Phrases) -> Iterator[Sign]:
    catalogue, file = names.sources.catalogue, "catalogue.toml"
    for key, category in catalogue.category.items():
        for text, weight in _weighed(category, names):
            yield phrases.sign(f"category:{key}", weight, text, file, f"category.{key}")
    for key, service in catalogue.service.items():
        for text, weight in _weighed(service, names):
            yield phrases.sign(key, weight, text, file, f"service.{key}")


def _table(
    names: Names, phrases: _Phrases, name: str, forms: Mapping[str, SignsForm], known: tuple[str, ...]
) -> Iterator[Sign]:
    for key, form in forms.items():
        names.known(key, known, "el valor", "classify.toml", f"{name}.{key}")
        for text, weight in _weighed(form, names):
            yield phrases.sign(key, weight, text, "classify.toml", f"{name}.{key}")


def _outages(names: Names, phrases: _Phrases) -> Iterator[Sign]:
    for key, form in names.sources.outages.outage.items():
        but = "".join(f" - {words}" for words in form.without)
        for text, weight in _weighed(form, names):
            yield replace(phrases.sign(key, weight, f"{text}{but}", "outages.toml", f"outage.{key}"), shown=text)


def _parents(names: Names) -> dict[str, str]:
    """service → the category that has signs of its own."""
    catalogue = names.sources.catalogue
    named = {form.name: f"category:{key}" for key, form in catalogue.category.items()}
    return {key: named[form.category] for key, form in catalogue.service.items() if form.category in named}


def _priors(names: Names) -> dict[str, float]:
    sources, weights = names.sources, names.sources.classify.weights
    priors = {key: weights.otherwise for key, form in sources.catalogue.service.items() if form.otherwise}
    for key, form in sources.catalogue.service.items():
        kind = sources.institution.type.get(form.type)
        if kind is not None and kind.nature:
            priors[f"{key}:{kind.nature}"] = weights.type
    return priors


def _matrix(names: Names) -> dict[str, dict[str, str]]:
    file, priorities = "priorities.toml", names.sources.priorities
    for urgency, row in priorities.matrix.items():
        names.known(urgency, _URGENCIES, "la urgencia", file, f"matrix.{urgency}")
        for impact, priority in row.items():
            names.known(impact, _IMPACTS, "el impacto", file, f"matrix.{urgency}.{impact}")
            names.known(priority, priorities.priority, "la prioridad", file, f"matrix.{urgency}.{impact}")
    return {urgency: dict(row) for urgency, row in priorities.matrix.items()}
