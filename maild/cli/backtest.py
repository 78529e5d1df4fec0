"""`maild backtest`: stored mails read again with changed rules, and a table of what would come out otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maild.cli.batch import Batch, Job, jobs
from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.cli.parse import understood
from maild.cli.shown import one_line
from maild.core.values import Mail
from maild.errors import UsageError

if TYPE_CHECKING:
    from maild.core.rulebook import Rulebook
    from maild.core.sorting import Sorted

_FIELDS = ("type", "category", "subcategory", "priority")


@dataclass(frozen=True, slots=True)
class _Read:
    path: str
    mail: Mail | None


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]…")
@click.option(
    "--profile-dir",
    "changed",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="CARPETA",
    help="Las reglas cambiadas / the changed rules.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="CARPETA",
    help="Con cuáles se comparan; si falta, las de config.toml / compared with these.",
)
@click.option("--since", metavar="FECHA", help="Solo desde este día, 2026-01-31 / only since this day.")
@json_option
@pass_call
def backtest(
    call: Call, paths: tuple[str, ...], changed: Path, against: Path | None, since: str | None, as_json: bool
) -> int:
    """Repasa correos (archivos, carpetas, mbox; si no se nombran, los guardados) y dice qué cambiaría. No escribe nada.

    Reads mails again with changed rules and tells what would move. Writes nothing. Exit code 1: something moves.
    """
    from maild import rules
    from maild.config.shipped import shipped

    out = Output(as_json)
    day = _day(since)
    base = shipped("rules") / "base"
    old = rules.load(against or call.config().rules_folder, base=base)
    new = rules.load(changed, base=base)
    moved: list[tuple[str, str, str, str]] = []
    read = 0
    for mail, name in _mails(call, paths, day):
        read += 1
        before, after = _values(mail, old), _values(mail, new)
        if before != after:
            out.line({"file": name, "subject": mail.subject, "before": before, "after": after})
            parts = [
                f"{key}: {before[key] or '—'} → {after[key] or '—'}" for key in _FIELDS if before[key] != after[key]
            ]
            moved.append((name, one_line(mail.subject, 50), "; ".join(parts), ""))
    out.table(("Correo / mail", "Asunto / subject", "Cambia / moves"), (row[:3] for row in moved))
    out.say(f"{len(moved)} de {read} cambiarían / would move")
    return 1 if moved else 0


def _day(since: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(since).replace(tzinfo=UTC) if since else None
    except ValueError as error:
        raise UsageError(f"«{since}» no es una fecha; escriba 2026-01-31 / not a date") from error


def _mails(call: Call, paths: tuple[str, ...], day: datetime | None) -> Iterator[tuple[Mail, str]]:
    if not paths:
        yield from _stored(call, day)
        return
    unreadable: list[str] = []
    for read in Batch(_read, _lost).answers(jobs(paths, unreadable)):
        if read.mail and read.mail.kind.from_person and not (day and read.mail.date and read.mail.date < day):
            yield read.mail, read.path
    for path in unreadable:
        click.echo(f"no se puede leer / cannot read: {path!r}", err=True)


def _stored(call: Call, day: datetime | None) -> Iterator[tuple[Mail, str]]:
    """The mails that opened tickets, oldest first."""
    from maild.cli.shown import mark, opened
    from maild.store import reports

    with opened(call) as house:
        with house.database.look() as tx:
            rows = reports.opening_mails(tx, day)
        for number, raw in rows:
            yield understood(house.raw.get(raw)), mark(house, number)


def _read(job: Job) -> _Read:
    try:
        return _Read(job.path, understood(job.octets()))
    except OSError:
        return _Read(job.path, None)


def _lost(job: Job) -> _Read:
    return _Read(job.path, None)


def _values(mail: Mail, book: Rulebook) -> dict[str, str]:
    from maild.core import sorting

    found: Sorted = sorting.sort_mail(mail, book)
    service = found.service
    return {
        "type": found.type,
        "category": service.category if service else "",
        "subcategory": service.name if service else "",
        "priority": found.priority,
    }
