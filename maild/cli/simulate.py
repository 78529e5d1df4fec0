"""`maild simulate`: stories played against the rules, one line per step; nothing is sent and nothing is kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maild.cli.output import Output, json_option
from maild.cli.report import days_of, lines
from maild.errors import UsageError

if TYPE_CHECKING:
    from maild.core.periods import Days
    from maild.simulate import Coverage, Result, Stage, Story

_FAILED = 1
_UNREADABLE = 2


@click.command()
@click.argument("stories", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="HISTORIA…")
@click.option("--check", "judged", is_flag=True, help="Compara cada paso con su «expect»; 1 si algo difiere.")
@click.option(
    "--letters",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="CARPETA",
    help="Guarda ahí cada carta (.eml) / writes every letter there.",
)
@click.option(
    "--profile-dir",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="CARPETA",
    help="La carpeta con las reglas de cada perfil, en vez de las que vienen con el programa.",
)
@click.option(
    "--coverage",
    "covered",
    is_flag=True,
    help="Al final dice por qué pasos y salidas no pasó ninguna historia / which steps and ways no story walked.",
)
@click.option(
    "--report",
    "period",
    metavar="PERIODO",
    default="",
    help="Al final de cada historia, las cifras de 2026-11, 2026-W45… / then the figures of a period.",
)
@json_option
def simulate(
    stories: tuple[Path, ...],
    judged: bool,
    folder: Path | None,
    profile_dir: Path | None,
    covered: bool,
    period: str,
    as_json: bool,
) -> int:
    """Juega historias contra las reglas, con reloj virtual y sin enviar nada / plays stories against the rules."""
    from maild.simulate import Coverage, read

    out = Output(as_json)
    days = days_of(period) if period else None
    coverage = Coverage()
    status = 0
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    for path in _files(stories):
        try:
            story = read(path)
            met = _played(story, path, folder, profile_dir, out, coverage, days, judged=judged)
        except UsageError as error:
            out.say(f"{error.code}: {error}", "red")
            status = _UNREADABLE
            continue
        if not met:
            status = max(status, _FAILED)
    if covered:
        _report(coverage, profile_dir, out)
    return status


def _report(coverage: Coverage, profile_dir: Path | None, out: Output) -> None:
    for whole in coverage.of(profile_dir):
        out.line(whole)
        steps, ways = f"{whole.steps_seen}/{whole.steps}", f"{whole.ways_seen}/{whole.ways}"
        out.tell(f"{whole.profile} {whole.procedure}: pasos / steps {steps} · salidas / ways {ways}")
        for place in whole.missing:
            out.tell(f"  sin pasar / not walked: {place}", "yellow")


def _files(paths: tuple[Path, ...]) -> list[Path]:
    """The files named, and those in folders named."""
    return [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else (path,))]


def _played(
    story: Story,
    path: Path,
    folder: Path | None,
    profile_dir: Path | None,
    out: Output,
    coverage: Coverage,
    days: Days | None,
    *,
    judged: bool,
) -> bool:
    """Play one story; whether everything expected came about (nothing is expected unless it is judged)."""
    from maild.simulate import differences, set_up

    met = True
    out.tell(f"{story.id}  {story.title}", "cyan")
    with set_up(story, path.name, profile_dir) as stage:
        for result in stage.whole(path.name):
            out.line(result.line())
            coverage.add(story.profile, result)
            _tell(result, story, out)
            if folder:
                _keep(result, folder)
            expect = story.steps[result.step].expect
            for difference in differences(expect, result) if judged and expect else ():
                met = False
                out.say(f"{path.name}: [steps.{result.step}] {difference}", "red")
        if days is not None:
            _figures(stage, days, out)
    if judged:
        out.tell("  como se esperaba / as expected" if met else "  difiere / differs", "green" if met else "red")
    return met


def _figures(stage: Stage, days: Days, out: Output) -> None:
    from maild.mail.compose.tables import as_text
    from maild.simulate import figures

    found = figures(stage, days)
    tables = stage.desk.composer.tables(found, stage.desk.office.language)
    for line in lines(found, tables):
        out.line(line)
    out.tell(as_text(tables))


def _tell(result: Result, story: Story, out: Output) -> None:
    """One step for a person: what happened, where the ticket stands, who is written to."""
    step = story.steps[result.step]
    happened = next((word for word in ("clock", "down", "up") if getattr(step, word)), "")
    if step.mail:
        happened = f"{step.mail.sender}: {' '.join(step.mail.subject.split())}"
    out.tell(f"  {result.step:>2}  {result.at:%Y-%m-%d %H:%M}  {happened}")
    stands = " ".join(filter(None, (result.ticket, result.mark, result.state, *result.tokens)))
    notes = [stands, f"✗ {result.refused}" if result.refused else ""]
    notes += [f"✉ {template} → {person}" for template, person in result.out]
    notes += [f"✉ {letter.template} → (operador)" for letter in result.operator]
    marks = (("started", "+"), ("stopped", "-"), ("fired", "!"))
    notes += [f"{sign}{clock}" for kind, sign in marks for clock in result.timers[kind]]
    out.tell("      " + "  ".join(filter(None, notes)) if any(notes) else "      ·")


def _keep(result: Result, folder: Path) -> None:
    for number, letter in enumerate((*result.letters, *result.operator), 1):
        name = f"{result.story}-{result.step:02d}-{number}-{letter.template}-{letter.person}"
        (folder / f"{re.sub(r'[^A-Za-z0-9@._-]', '_', name)}.eml").write_bytes(letter.raw)
