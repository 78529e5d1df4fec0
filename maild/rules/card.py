"""docs/commands.md: the orders as a card to pin to the wall, and all of them below it. Made of commands.toml, never written by hand."""

from __future__ import annotations

from collections.abc import Iterator

from maild.core.rulebook import Rulebook, Verb

_HEAD = (
    "<!-- Hecho de rules/base/commands.toml por «make docs»: no se edita. / Made of commands.toml by `make docs`: not to be edited. -->",
    "# Órdenes por correo · Orders by mail",
    "",
)


def markdown(book: Rulebook) -> str:
    """The whole page: a card in Spanish, the same in English, and every order with every spelling."""
    lines = [*_HEAD, *_card(book, "es"), "", *_card(book, "en"), "", *_all(book)]
    return "\n".join(lines) + "\n"


def _card(book: Rulebook, language: str) -> Iterator[str]:
    spanish = language == "es"
    yield "## En una tarjeta" if spanish else "## On one card"
    yield ""
    yield (
        "**Responda a la carta** y escriba la orden al final del asunto o en la primera línea: `#resuelto: cambié el tóner`."
        if spanish
        else "**Answer the letter** and type the order at the end of the subject or in the first line: `#resolved: replaced the toner`."
    )
    yield ""
    yield "| Escriba | También | Qué hace |" if spanish else "| Type | Also | What it does |"
    yield "|---|---|---|"
    for verb in (v for v in book.verbs.values() if v.card):
        yield f"| `{verb.card.get(language, verb.key)}` | {_also(verb, language)} | {verb.about.get(language, '')} |"
    yield ""
    yield from _RULES_ES if spanish else _RULES_EN


_RULES_ES = (
    "- Varias a la vez: `#tomar #prioridad alta`; si una no se puede, no se hace ninguna y su texto queda como nota.",
    "- Sin `#` también, si no hay nada más: `tomar y prioridad alta` · `resuelto: cambié el tóner`. Tildes y mayúsculas no importan.",
    "- Fechas: `mañana 15h` `viernes` `15/12` `en 2 días` `fin de mes` · Plazos: `2h` `media hora` `3 días hábiles`.",
    "- Quien pidió contesta **CONFORME** · **NO CONFORME: motivo** · **CANCELAR** · **ESTADO**. El proveedor: **CONCLUIDO** ·"
    " **VISITA 15/12** · **REPUESTO: cuál**. Quien decide: **procede** · **no procede: motivo** · **aprobado** · **observado: qué falta**.",
)
_RULES_EN = (
    "- Several at once: `#take #priority high`; if one cannot be done, none is, and your text stays as a note.",
    "- Without `#`, too, where nothing else is written: `take and priority high` · `resolved: replaced the toner`.",
    "- Dates: `tomorrow 3pm` `friday` `15/12` `in 2 days` · Spans: `2h` `half an hour` `3 working days`.",
    "- Who asked answers **IT WORKS** · **NOT FIXED: why** · **CANCEL** · **STATUS**. Providers: **FINISHED** ·"
    " **VISIT 15/12** · **SPARE PART: which**.",
)


def _also(verb: Verb, language: str) -> str:
    words = verb.card.get("also", "") if language == "es" else verb.key
    return " ".join(f"`{word}`" for word in words.split())


def _all(book: Rulebook) -> Iterator[str]:
    yield "## Todas · All of them"
    yield ""
    yield "| Orden | Qué hace | What it does | También se escribe · also written |"
    yield "|---|---|---|---|"
    for verb in book.verbs.values():
        words = (*verb.spellings, *verb.phrases)
        yield f"| `#{verb.key}` | {verb.about.get('es', '')} | {verb.about.get('en', '')} | {', '.join(words)} |"
