"""`maild rules`: words proposed from what people corrected, and the statistical helper made anew. Both only when called."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.errors import UsageError

if TYPE_CHECKING:
    from maild.core.classify import Classifier, Question
    from maild.core.guessing import Example, Model
    from maild.core.rulebook import Rulebook

_CATALOGUE = "catalogue.toml"
_EXAMPLES = "examples.jsonl"
_QUESTIONS: tuple[Question, ...] = ("service", "nature", "urgency")
_LEAST_EXAMPLES = 30  # fewer teach chance, and would replace what `base` knows
_folder = click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="CARPETA")
_examples = click.option(
    "--examples",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="ARCHIVO",
    help="Ejemplos JSON Lines: subject, text, service, type, urgency / examples of your own.",
)


@click.group()
def rules() -> None:
    """Aprende de lo corregido, y solo cuando se le pide. / Learns from corrections, and only when asked to."""


@rules.command()
@_folder
@_examples
@click.option("--write", is_flag=True, help="Acepta los cambios y los escribe / accepts the changes.")
@click.option("--least", type=click.IntRange(1, 1000), default=2, show_default=True, help="En cuántos correos / mails.")
@json_option
@pass_call
def suggest(call: Call, folder: Path, files: tuple[Path, ...], write: bool, least: int, as_json: bool) -> int:
    """Palabras que faltan en CARPETA/catalogue.toml, como cambios para aceptar. / Missing words, as a diff to accept."""
    from maild.core import suggest as suggesting
    from maild.rules.patch import with_words

    out = Output(as_json)
    book = _book(folder)
    found = suggesting.proposals(list(_all(call, folder, files, book, "service")), book, least=least)
    for each in found:
        out.line(each)
    if not found:
        out.say("nada que proponer / nothing to propose")
        return 1
    path = folder / _CATALOGUE
    before = path.read_text(encoding="utf-8")
    after = with_words(before, found)
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), str(path), str(path), n=2, lineterm="")
    out.tell("\n".join(diff))
    if write:
        path.write_text(after, encoding="utf-8")
        out.say("escrito; pruébelo con maild check y maild backtest / written", "green")
    return 0


@rules.command()
@_folder
@_examples
@click.option("--only", type=click.Choice(_QUESTIONS), multiple=True, help="Solo esta pregunta / this question only.")
@pass_call
def train(call: Call, folder: Path, files: tuple[Path, ...], only: tuple[str, ...]) -> int:
    """Hace de nuevo CARPETA/model.json con los ejemplos y lo corregido. / Makes the statistical helper anew."""
    from maild.core.guessing import learn
    from maild.rules import model

    out, book = Output(), _book(folder)
    if book.classifier is None:
        raise UsageError("estas reglas no clasifican / these rules do not sort")
    models: dict[str, Model] = {}
    for question in (each for each in _QUESTIONS if not only or each in only):
        examples = list(_all(call, folder, files, book, question))
        if len(examples) >= _LEAST_EXAMPLES and len({each.answer for each in examples}) > 1:
            models[question] = learn(examples, _seen_in(book.classifier, question))
    if not models:
        out.say("no hay ejemplos / no examples", "red")
        return 1
    path = model.write(folder, models, datetime.now(UTC).date().isoformat())
    told = ", ".join(f"{question}: {each.examples}" for question, each in models.items())
    out.tell(f"{path} ({told}; {path.stat().st_size} bytes)", "green")
    return 0


def _seen_in(rules: Classifier, question: Question) -> Callable[[str, str], Mapping[str, int]]:
    from maild.core.classify import observed
    from maild.core.places import Words

    return lambda subject, text: observed(Words(subject, text), rules, question)


def _book(folder: Path) -> Rulebook:
    from maild import rules as loading
    from maild.config.shipped import shipped

    return loading.load(folder, base=shipped("rules") / "base")


def _all(call: Call, folder: Path, files: Iterable[Path], book: Rulebook, question: str) -> Iterator[Example]:
    """Every mail of which somebody said the answer: cases.toml and examples.jsonl, other files, corrections of the database."""
    yield from _cases(folder, book, question)
    own = folder / _EXAMPLES
    for path in (*((own,) if own.is_file() else ()), *files):
        yield from _lines(path, book, question)
    yield from _corrections(call, book, question)


def _cases(folder: Path, book: Rulebook, question: str) -> Iterator[Example]:
    from maild.core.guessing import Example
    from maild.forms import fill, read_toml
    from maild.rules.files import CasesFile

    data, _ = read_toml(folder / "cases.toml", "cases.toml") if (folder / "cases.toml").is_file() else (None, [])
    form, _ = fill(CasesFile, data, "cases.toml") if data is not None else (None, [])
    for case in form.case.values() if form else ():
        answer = {"service": case.service, "nature": book.natures.get(case.type, "")}.get(question, "")
        if answer:
            yield Example(case.subject, case.text, answer)


def _lines(path: Path, book: Rulebook, question: str) -> Iterator[Example]:
    from maild.core.guessing import Example

    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line) if line.strip() else {}
            answer = str(
                row.get(question) or (book.natures.get(str(row.get("type")), "") if question == "nature" else "")
            )
            subject, text = str(row.get("subject") or ""), str(row.get("text") or "")
        except (ValueError, AttributeError, TypeError) as error:
            raise UsageError(f"{path}, línea {number}: no es un ejemplo ({error}) / not an example") from error
        if answer and (question != "service" or answer in book.services):
            yield Example(subject, text, answer)


def _corrections(call: Call, book: Rulebook, question: str) -> Iterator[Example]:
    from maild.cli.shown import opened
    from maild.core.guessing import Example
    from maild.errors import ConfigError
    from maild.store import corrections

    try:
        call.find()
    except ConfigError:
        return
    with opened(call) as house, house.database.look() as tx:
        rows = corrections.listed(tx)
    last = {(row["ticket"], row["field"]): row for row in rows}
    for (_, field), row in last.items():
        if question == "service" and field == "service" and row["after"] in book.services:
            yield Example(row["title"], row["text"], row["after"])
        if question == "nature" and field == "type" and row["after"] in book.natures:
            yield Example(row["title"], row["text"], book.natures[row["after"]])
