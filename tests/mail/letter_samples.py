"""The desk that writes in tests, its letters with ordinary facts and with the worst that a mail may put into them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from maild.core.letters import FACTS, Button, Fact, Letter
from maild.core.past import Section
from maild.core.values import Address
from maild.mail.compose import Composer, DeskIdentity
from maild.mail.compose.samples import SAMPLES, sample

TEMPLATES = Path(__file__).parents[2] / "templates"
IDENTITY = DeskIdentity(
    name="Mesa de Ayuda",
    address="mesa@entidad.example",
    institution="Entidad de Ejemplo",
    phone="(01) 555-0100",
    instance="maild-prueba",
    zone="America/Lima",
    bulk_list_id="avisos.entidad.example",
    operator="operador@entidad.example",
)
NASTY = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> **fuerte** _c_ `x` [aquí](https://malo.example) ![i](cid:x)"
    " {{ 7*7 }} {% raw %} | celda | &lt;b&gt; \x00\u202egpj.exe\u202c \ud800 =?utf-8?q?=0d=0aBcc=3a_malo?="
)
NASTY_TEXT = (
    f"# Título\r\n\r\n> cita\n- lista\n1. uno\n| a | b |\n|---|---|\n```\ncodigo\n```\n---\n===\n\n\n\n{NASTY}\n"
    "\ue0000\ue001 \ue0022\ue003\n<a href='javascript:alert(3)'>x</a>\n</blockquote></td></tr></table>\n"
    + "x" * 200
    + "\nAsunto: otro\n.\nFrom malo\n"
)


def composer(*folders: Path) -> Composer:
    return Composer((*folders, TEMPLATES), IDENTITY)


def names() -> list[str]:
    """Every letter that ships, as `es/user/acuse`."""
    found = (path.relative_to(TEMPLATES).as_posix().removesuffix(".md.j2") for path in TEMPLATES.rglob("*.md.j2"))
    return sorted(name for name in found if sample(name) is not None)


def ordinary(name: str) -> Letter:
    letter = sample(name)
    assert letter is not None
    return letter


def hostile(name: str) -> Letter:
    """Every word that a stranger may choose is hostile; what the desk decides (mark, times, counts) is not."""
    letter = ordinary(name)
    facts: dict[str, Fact] = {}
    for key, value in letter.facts.items():
        assert key in FACTS
        if isinstance(value, tuple):
            facts[key] = (NASTY, NASTY_TEXT)
        else:
            facts[key] = NASTY if isinstance(value, str) and key != "mark" else value
    facts["text"] = NASTY_TEXT
    buttons = (Button("x", NASTY, f"RE: [PAIS-123-K] {NASTY} #resuelto ~k7f3aaaaaa", NASTY_TEXT),)
    to = Address("rosa.quispe@entidad.example", "Rosa\r\nBcc: malo@malo.example")
    if letter.report is not None:
        return replace(letter, facts=facts, to=to, report=replace(letter.report, sections=_HOSTILE_TABLES))
    return replace(letter, facts=facts, buttons=buttons, to=to)


_HOSTILE_TABLES = (
    Section(
        "mine",
        ("ticket", "title", "state", "due"),
        (("PAIS-123-K", NASTY_TEXT, NASTY, None),),
        links=("RE: [PAIS-123-K]",),
    ),
    Section("services", ("what", "count"), ((NASTY, 3), (NASTY_TEXT, 1))),
    Section("indicator.x", ("what", "value"), ((NASTY, 1.5),), name="Indicador", note="Definición"),
)


def with_facts(name: str, **facts: Fact) -> Letter:
    letter = ordinary(name)
    return replace(letter, facts={**SAMPLES[letter.language], **facts})
