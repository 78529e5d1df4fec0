"""`maild ingest`: the pipe door for an MTA, a fetcher or an import. It stores and answers; it never decides."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.errors import TransientError

if TYPE_CHECKING:
    from maild.pipe import Letterbox

_STDIN = "-"
_UNREADABLE, _NOTHING = 2, 1


@click.command()
@click.argument("paths", nargs=-1, metavar="[ARCHIVO… | -]")
@click.option(
    "--received-at", "received_at", default="", help="Cuándo llegaron, ISO con zona / when they came, with zone."
)
@json_option
@pass_call
def ingest(call: Call, paths: tuple[str, ...], received_at: str, as_json: bool) -> int:
    """Guarda correos: archivos .eml, mbox, Maildir o la entrada estándar. / Stores mails: files, mbox, Maildir, stdin.

    Solo guarda; `maild run` los entiende y decide. Sale con 75 si ahora no se puede: quien entrega el correo lo conserva.
    """
    from maild.cli.run import instant
    from maild.pipe import Pipe

    now = datetime.now(UTC)
    came = instant(received_at) if received_at else None
    config = call.config()
    output = Output(as_json)
    unreadable: list[str] = []
    stored = 0
    pipe = Pipe.open(config.database_url(), config.sqlite_file, config.raw_folder, config.limits.message_size)
    with closing(pipe):
        try:
            for lot in pipe.take(_found(paths or (_STDIN,), came, now, unreadable), now):
                stored += len(lot)
                for taken in lot:
                    output.line({"file": taken.place, "mail": taken.mail, "sha256": taken.sha256, "size": taken.size})
        except TransientError as error:
            raise TransientError(f"{error}; guardados antes de fallar / stored before: {stored}") from error
    for path in unreadable:
        output.say(f"no se puede leer / cannot read: {path}", "red")
    if stored or not unreadable:
        output.say(f"{stored} correos guardados / mails stored")
    return _UNREADABLE if unreadable else 0 if stored else _NOTHING


def _found(paths: tuple[str, ...], came: datetime | None, now: datetime, unreadable: list[str]) -> Iterator[Letterbox]:
    """Every mail of every path; a path that cannot be read is remembered, and the others go on."""
    from maild.pipe import Letterbox, in_path, in_stream

    for path in paths:
        try:
            mails = in_stream(sys.stdin.buffer, _STDIN) if path == _STDIN else in_path(Path(path))
            for mail in mails:
                yield Letterbox(mail.place, mail.raw, came or _not_after(now, mail.received_at))
        except OSError as error:
            unreadable.append(f"{path} ({error.strerror or error})")


def _not_after(now: datetime, came: datetime | None) -> datetime:
    """Silence is judged by when mails came: a file's date from the future counts as now. An operator's word counts as given."""
    return min(came or now, now)
