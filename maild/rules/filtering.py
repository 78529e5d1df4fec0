"""filters.toml becomes Filters: every name checked, every pattern compiled by RE2, which is linear on any text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import re2

from maild.core.filters import HEADERS, Filter
from maild.rules.meaning import FilterForm, Some
from maild.rules.naming import Names

_FILE = "filters.toml"
_LONGEST_PATTERN = 500
_MOST_MEMORY = 1 << 20  # bytes of a compiled pattern: RE2 refuses what would be larger


def filters(names: Names, concept: Callable[[str, str, str], str]) -> Iterator[Filter]:
    """The filters in the order of the file. `concept` gives the words of a condition their name in the vocabulary."""
    sources = names.sources
    for key, form in sources.filters.filter.items():
        at = f"filter.{key}"
        given = (
            (form.service, sources.catalogue.service, "el servicio", "service"),
            (form.type, sources.institution.type, "el tipo", "type"),
            (form.priority, sources.priorities.priority, "la prioridad", "priority"),
        )
        names.each_known(given, _FILE, at)
        for header in form.header:
            names.known(header.lower(), HEADERS, "la cabecera", _FILE, f"{at}.header")
        roles = names.roles(form.role, _FILE, f"{at}.role")
        if form.route:
            names.known(form.route, sources.roles.role, "la función", _FILE, f"{at}.route")
        if not _says(form):
            names.wrong(_FILE, at, "no dice qué se hace: assign, route, tag, service, type, priority, ignore o refuse")
        yield Filter(
            key=key,
            senders=_several(form.sender),
            areas=_several(form.area),
            units=_several(form.unit),
            roles=roles,
            recipients=_several(form.to),
            attachments=_several(form.attachment),
            words=tuple(concept(words, _FILE, f"{at}.words") for words in _several(form.words)),
            patterns=tuple(_patterns(names, form, at)),
            headers=dict(form.header),
            when=form.time,
            service=form.service,
            type=form.type,
            priority=form.priority,
            assign=form.assign,
            route=form.route,
            tags=_several(form.tag),
            ignore=form.ignore,
            refuse=form.refuse,
            last=form.stop,
        )


def _says(form: FilterForm) -> bool:
    said = (form.service, form.type, form.priority, form.assign, form.route, form.tag, form.ignore, form.refuse)
    return any(said)


def _several(value: Some) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _patterns(names: Names, form: FilterForm, at: str) -> Iterator[Callable[[str], bool]]:
    options = re2.Options()
    options.max_mem = _MOST_MEMORY
    options.log_errors = False
    options.case_sensitive = False
    for text in _several(form.pattern):
        if len(text) > _LONGEST_PATTERN:
            names.wrong(_FILE, f"{at}.pattern", f"es más largo que {_LONGEST_PATTERN} letras")
            continue
        try:
            yield _Stands(re2.compile(text, options))
        except re2.error as error:
            names.wrong(_FILE, f"{at}.pattern", f"«{text}» no es un patrón de RE2: {error}")


class _Stands:
    """Whether a compiled pattern stands somewhere in a text."""

    def __init__(self, pattern: re2._Regexp[str]) -> None:
        self._pattern = pattern

    def __call__(self, text: str) -> bool:
        return self._pattern.search(text) is not None
