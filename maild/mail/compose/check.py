"""Every template tried before a letter needs it: unknown words, broken syntax, languages that do not say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches

from maild.core.letters import LANGUAGES, Letter
from maild.errors import Problem
from maild.mail.compose.samples import sample
from maild.mail.compose.templates import KNOWN, BrokenTemplate, Read, Templates


def problems_of(templates: Templates, render: Callable[[Letter], object]) -> Iterator[Problem]:
    """All problems of the templates; `render` is the composer's own, so that what is tried is what will be used."""
    names = templates.names()
    read: dict[str, Read] = {}
    for name in names:
        try:
            read[name] = templates.read(name)
        except BrokenTemplate as broken:
            yield Problem(f"templates/{broken.name}", f"línea {broken.line}", broken.text)
        else:
            yield from _unknown_words(name, read[name].words)
    yield from _differences(read, names, templates.origin)
    for name in read:
        letter = sample(name)
        if letter is not None and set(read[name].words) <= KNOWN:
            yield from _when_rendered(letter, render)


def _unknown_words(name: str, words: Mapping[str, int]) -> Iterator[Problem]:
    for word, line in words.items():
        if word not in KNOWN:
            close = get_close_matches(word, sorted(KNOWN), 1)
            hint = f"; ¿quiso decir «{close[0]}»?" if close else ""
            yield Problem(f"templates/{name}", f"línea {line}", f"no conozco la palabra «{word}»{hint}")


def _differences(read: Mapping[str, Read], names: tuple[str, ...], origin: Callable[[str], int]) -> Iterator[Problem]:
    """Each letter exists in each language and tells the same facts there. Who replaces one letter, or a part of it, in
    one language only has his reasons: files are compared where they come from one folder."""
    for rest in sorted({name.partition("/")[2] for name in names}):
        told, folders = {}, set()
        for language in LANGUAGES:
            name = f"{language}/{rest}"
            if name not in names:
                yield Problem(f"templates/{name}", "", "falta esta carta; otro idioma la tiene")
                continue
            parts = _parts(read, name, frozenset())
            told[language] = frozenset[str]().union(*(read[part].words for part in parts))
            folders |= {origin(part) for part in parts}
        if len(set(told.values())) > 1 and len(folders) == 1:
            odd = sorted(frozenset.union(*told.values()) - frozenset.intersection(*told.values()))
            yield Problem(f"templates/*/{rest}", "", f"los idiomas no cuentan lo mismo: {', '.join(odd)}")


def _parts(read: Mapping[str, Read], name: str, seen: frozenset[str]) -> frozenset[str]:
    """A template and everything it includes."""
    if name in seen or name not in read:
        return frozenset()
    return frozenset({name}).union(*(_parts(read, part, seen | {name}) for part in read[name].parts))


def _when_rendered(letter: Letter, render: Callable[[Letter], object]) -> Iterator[Problem]:
    bare = Letter(letter.template, letter.audience, letter.language, letter.to, {})
    for tried in (letter, bare):
        problem = getattr(render(tried), "problem", None)
        if isinstance(problem, Problem):
            yield problem
