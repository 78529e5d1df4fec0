"""`maild explain`: what the desk would make of any number of mails, and why; nothing is changed."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from maild.cli.batch import Batch, Job, jobs
from maild.cli.call import Call, pass_call
from maild.cli.parse import as_contract, understood
from maild.cli.shown import one_line, visible
from maild.core.effects import Review
from maild.core.values import Mail
from maild.errors import ConfigError
from maild.explain import Explainer, Explanation
from maild.mail import parse as parser
from maild.store import records

_BASE = "base"


@dataclass(frozen=True, slots=True)
class _Read:
    """A mail out of a process; None where its file could not be read, and why."""

    path: str
    mail: Mail | None
    problem: str = ""


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--profile", metavar="PERFIL", help="Reglas que vienen con el programa / shipped rules [base].")
@click.option(
    "--people",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="ARCHIVO",
    help="Quién es quién (people.toml) / who is who.",
)
@click.option("--json", "as_json", is_flag=True, help="Un objeto JSON por línea. / One JSON object per line.")
@pass_call
def explain(call: Call, paths: tuple[str, ...], profile: str | None, people: Path | None, as_json: bool) -> int:
    """Dice qué haría la mesa con cada correo y por qué, sin cambiar nada. / What would be done with each mail, and why.

    Con --profile o --people, o si no hay config.toml, usa las reglas que vienen con el programa y ninguna base de datos.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever the locale says
    unreadable: list[str] = []
    written = 0
    with closing(_explainer(call, profile, people)) as explainer:
        for read in Batch(_read, _lost).answers(jobs(paths, unreadable)):
            told = explainer.explain(read.mail) if read.mail else None
            if as_json:
                click.echo(json.dumps(_object(read, told), ensure_ascii=False))
            elif read.mail and told:
                click.echo(_page(explainer, read, read.mail, told))
            else:
                unreadable.append(read.path)
            written += 1
    for path in unreadable:
        click.echo(f"no se puede leer / cannot read: {path!r}", err=True)
    return 2 if unreadable else 0 if written else 1


def _explainer(call: Call, profile: str | None, people: Path | None) -> Explainer:
    if profile or people:
        return Explainer.alone(profile or _BASE, people)
    try:
        path = call.find()
    except ConfigError:
        if call.config_path or os.environ.get("MAILD_CONFIG"):
            raise
        return Explainer.alone(_BASE, None)
    from maild import config

    return Explainer.of(config.load(path))


def _read(job: Job) -> _Read:
    try:
        return _Read(job.path, understood(job.octets()))
    except OSError as problem:
        return _Read(job.path, None, f"unreadable:{type(problem).__name__}")


def _lost(job: Job) -> _Read:
    return _Read(job.path, parser.partial(job.octets(), "child-died"))


def _object(read: _Read, told: Explanation | None) -> dict[str, Any]:
    named = {"file": os.fsencode(read.path).decode("utf-8", "replace")}
    if read.mail is None or told is None:
        return {**named, "defects": [read.problem]}
    return {**named, **as_contract(told.mail), **told.as_contract()}


# -- for people -----------------------------------------------------------------------------------------------


def _page(explainer: Explainer, read: _Read, mail: Mail, told: Explanation) -> str:
    """The same to read, on a terminal or in a file."""
    desk = explainer.desk
    plain = [reason for reason in told.reasons if reason.code != "spoke"]
    words = [visible(desk.composer.words_for(reason, desk.office.language)) for reason in plain]
    person = told.author.person
    rows = [
        ("Archivo", read.path),
        ("De", one_line(f"{mail.sender.address or '—'} {f'({mail.sender.name})' if mail.sender.name else ''}", 120)),
        ("Asunto", one_line(mail.subject, 120)),
        ("Clase", f"{mail.kind.value} · intención / intent: {told.intent}"),
        ("Quién", f"{person.key} · {person.role}" if person else "nadie del directorio / nobody known"),
        ("Confianza", told.author.assurance.name),
        ("Ticket", told.ticket or "—"),
        ("Trata de", _about(told)),
        ("Órdenes", ", ".join(_order(told))),
        ("Archivos", ", ".join(f"{one_line(a.filename)} ({a.size})" for a in mail.attachments)),
        ("Defectos", ", ".join(mail.defects)),
    ]
    head = "\n".join(f"{label:<10} {value}" for label, value in rows if value)
    why = "\n".join(f"  · {word}" for word in words)
    done = "\n".join(f"  → {line}" for line in _effects(explainer, told)) or "  → nada / nothing"
    spoke = "\n".join(_spoke(told))
    heard = f"\n\nQué palabras hablaron / which words spoke\n{spoke}" if spoke else ""
    return f"{head}\n\nPor qué / why\n{why}{heard}\n\nQué se haría / what would be done\n{done}\n{'─' * 60}"


def _about(told: Explanation) -> str:
    """Row of the catalogue, type and priority as the rules have it."""
    found = told.sorted
    if found is None:
        return ""
    row = (
        f"{found.service.category} · {found.service.name} [{found.service.key}]" if found.service else "sin clasificar"
    )
    sure = f"confianza / confidence {found.verdict.service.confidence}" if found.service else ""
    return " · ".join(part for part in (row, found.type, found.priority, sure) if part)


def _spoke(told: Explanation) -> Iterator[str]:
    """A line for each sign: weight, for which answer, place, words, rule. The heaviest of each question first."""
    rows = [dict(reason.facts) for reason in told.reasons if reason.code == "spoke"]
    order = list(dict.fromkeys(row["question"] for row in rows))
    for row in sorted(rows, key=lambda r: (order.index(r["question"]), -float(r["weight"]))):
        words = f"«{row['words']}»" if row["words"] else ""
        said = f"{row['weight']:>6}  {row['question']}: {row['answer']:<24} {row['place']:<11} {words}  ← {row['sign']}"
        yield one_line(said, 160)


def _order(told: Explanation) -> Iterator[str]:
    for each in told.commands:
        said = " ".join((f"#{each.verb}", *each.args, *(f"{key}={value}" for key, value in each.facts)))
        yield one_line(said) + (f" (decía «{one_line(each.corrected_from)}»)" if each.corrected_from else "")


def _effects(explainer: Explainer, told: Explanation) -> Iterator[str]:
    desk = explainer.desk
    for effect in told.effects:
        if isinstance(effect, Review):
            said = desk.composer.words_for(effect.reason, desk.office.language)
            yield f"Review: {one_line(said, 160)}"
            continue
        ((name, facts),) = records.shown_effects((effect,))
        given = ", ".join(f"{key}={_plain(value)}" for key, value in facts.items() if value not in ("", None))
        yield one_line(f"{name}: {given}", 160)


def _plain(value: Any) -> str:
    """A value of an effect on one line: of an address the address, of anything made of parts its parts."""
    if not isinstance(value, dict):
        return str(value)
    return (
        str(value["address"]) if "address" in value else " ".join(str(v) for v in value.values() if v not in ("", None))
    )
