"""Sentences for reasons and for buttons, from reasons.toml and phrases.toml of each language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from maild.core.letters import LANGUAGES, Button
from maild.core.values import Reason
from maild.errors import Problem
from maild.forms.toml import read_toml

_FACT = re.compile(r"\{([a-z_]+)\}")
_IF_TOLD = re.compile(r"\[([^\[\]]*)\]")
# What the frame of a letter needs, with the facts each sentence must hold.
_NEEDED = {"buttons-text": {"orders"}, "buttons-html": {"orders"}}
_FILES = ("reasons.toml", "phrases.toml", "figures.toml")

Sentences = Mapping[str, str]


class Phrases:
    """The sentences of every language; an institution's folder replaces single ones."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._problems: list[Problem] = []
        self._tables = {
            (language, file): self._merged(folders, language, file) for language in LANGUAGES for file in _FILES
        }

    def sentence(self, reason: Reason, language: str) -> str:
        known = self._tables[language, "reasons.toml"].get(reason.code)
        if known is None:
            facts = ", ".join(f"{key}: {value}" for key, value in reason.facts)
            return f"{reason.code} ({facts})" if facts else reason.code
        return _with(known, dict(reason.facts))

    def typed(self, buttons: Sequence[Button], language: str) -> str:
        """What the plain text says in place of buttons: the words to answer with."""
        if not buttons:
            return ""
        orders = "\n".join(f"  {_named(button)}" for button in buttons)
        return _with(self._tables[language, "phrases.toml"].get("buttons-text", "{orders}"), {"orders": orders})

    def hint(self, language: str) -> str:
        """The line below the buttons of the HTML, for whoever cannot or will not touch them; {orders} stands in it."""
        return self._tables[language, "phrases.toml"].get("buttons-html", "{orders}")

    def figure(self, key: str, language: str) -> str:
        """What a table, a column or a line of a report is called; an unnamed one by its key."""
        return self._tables[language, "figures.toml"].get(key, key)

    def problems(self) -> Iterator[Problem]:
        """Files that cannot be read, sentences that one language lacks, and facts that only one of them tells."""
        yield from self._problems
        for file in _FILES:
            tables = {language: self._tables[language, file] for language in LANGUAGES}
            codes = set().union(*tables.values(), _NEEDED if file == "phrases.toml" else ())
            for language, table in tables.items():
                for code in sorted(codes - set(table)):
                    yield Problem(f"templates/{language}/{file}", code, "falta esta frase; otro idioma la tiene")
            for code in sorted(set.intersection(*map(set, tables.values()))):
                facts = {language: set(_FACT.findall(table[code])) for language, table in tables.items()}
                if len(set(map(frozenset, facts.values()))) > 1:
                    said = "; ".join(f"{key}: {', '.join(sorted(found)) or '—'}" for key, found in facts.items())
                    yield Problem(f"templates/*/{file}", code, f"los idiomas no usan los mismos datos ({said})")

    def _merged(self, folders: Sequence[Path], language: str, file: str) -> Sentences:
        merged: dict[str, str] = {}
        for folder in reversed(folders):
            path = folder / language / file
            if path.exists():
                merged |= self._read(path, f"templates/{language}/{file}")
        return merged

    def _read(self, path: Path, shown: str) -> Sentences:
        table, problems = read_toml(path, shown)
        self._problems += problems
        for code, sentence in (table or {}).items():
            if not isinstance(sentence, str):
                self._problems.append(Problem(shown, code, 'debe ser una frase entre comillas: código = "frase"'))
        return {code: sentence for code, sentence in (table or {}).items() if isinstance(sentence, str)}


def _named(button: Button) -> str:
    return button.order if button.order == button.label else f"{button.order} — {button.label}"


def _with(sentence: str, facts: Mapping[str, str]) -> str:
    """The sentence with its facts. A part in [brackets] stands only when its facts do; a missing one is shown as a gap.

    >>> _with("No conozco «{order}».[ ¿Quiso decir «{guess}»?]", {"order": "cerar", "guess": ""})
    'No conozco «cerar».'
    """
    sentence = _IF_TOLD.sub(
        lambda part: part.group(1) if all(facts.get(key) for key in _FACT.findall(part.group(1))) else "", sentence
    )
    return _FACT.sub(lambda found: facts.get(found.group(1), "…"), sentence)
