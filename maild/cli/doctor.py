"""`maild doctor`: what `check` cannot know. It connects to everything the daemon needs and sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from maild.cli.border import auth
from maild.cli.call import Call, pass_call, program_version
from maild.cli.findings import Answer, Finding, look
from maild.cli.output import Output, json_option

if TYPE_CHECKING:
    from maild.config import Config
    from maild.config.tables import Mailbox

_MARKS = {"ok": "✓", "warning": "!", "failed": "✗"}
_COLOURS = {"ok": "green", "warning": "yellow", "failed": "red"}
_LITTLE_SPACE = 1 << 30


@click.group(invoke_without_command=True)
@json_option
@pass_call
@click.pass_context
def doctor(context: click.Context, call: Call, as_json: bool) -> int:
    """Se conecta de verdad a buzón, servidor de envío y base de datos, y dice qué falla y qué hacer. No envía nada.

    Connects to the mailbox, the sending server and the database, and says what fails and what to do. Sends nothing.
    """
    if context.invoked_subcommand:
        return 0
    out = Output(as_json)
    config = call.config()
    failed = 0
    for finding in _findings(config):
        failed += finding.state == "failed"
        _show(out, finding)
    if failed:
        out.say(f"{failed} de estas pruebas fallaron / failed", "red")
    return 1 if failed else 0


doctor.add_command(auth)


def _show(out: Output, finding: Finding) -> None:
    """Each finding as soon as it is known: a server that does not answer may take its time."""
    out.line(finding)
    mark, colour = _MARKS[finding.state], _COLOURS[finding.state]
    out.tell(f"{mark} {finding.tried:<28} {finding.seconds:6.2f} s  {finding.answer}", colour)
    if finding.remedy:
        out.tell(f"    → {finding.remedy}")


def _findings(config: Config) -> Iterator[Finding]:
    yield look("programa · program", _versions, "instale de nuevo / install again")
    yield look("reloj · clock", _clock, "ajuste la hora del equipo / set this machine's time")
    yield look("secretos · secrets", lambda: _secrets(config), "")
    yield look("disco · disk", lambda: _disk(config), "revise los permisos de [storage] folder / check its rights")
    yield look("base de datos · database", lambda: _database(config), "revise [database] url / check it")
    for box in config.mailboxes:
        yield from _mailbox(box)
    yield look("envío · smtp", lambda: _smtp(config), "revise la tabla [smtp] / check the table [smtp]")


def _versions() -> Answer:
    """The versions that matter to safety; below them known holes are open (RELIABILITY S-49)."""
    import platform
    import sqlite3
    from importlib.metadata import version

    least = {"imapclient": (4, 1), "aiosmtplib": (5, 1, 3), "jinja2": (3, 1, 6), "mail-parser": (4, 8)}
    found = {"maild": program_version()} | {name: version(name) for name in least}
    old = [name for name, floor in least.items() if _numbers(found[name]) < floor]
    said = ", ".join(f"{name} {number}" for name, number in found.items())
    text = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {said}"
    if old:
        return Answer(text, "failed", f"actualice / upgrade: {', '.join(old)}")
    return Answer(text)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _clock() -> Answer:
    """The journal, the deadlines and the tokens of our letters all trust it."""
    from datetime import UTC, datetime
    from pathlib import Path

    now = datetime.now(UTC)
    written = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    if now < written:
        return Answer(
            f"{now:%Y-%m-%d %H:%M} UTC", "failed", "el reloj va por detrás de la instalación / clock is behind"
        )
    return Answer(f"{now:%Y-%m-%d %H:%M} UTC")


def _secrets(config: Config) -> Answer:
    from maild.config import secret_problems

    problems = secret_problems(config)
    if problems:
        return Answer("; ".join(str(problem) for problem in problems), "failed")
    return Answer("todos se leen, y nadie más que su dueño / readable by their owner only")


def _disk(config: Config) -> Answer:
    """The state folder must take files, and have room for more than today's mail."""
    import shutil
    import tempfile

    folder = config.storage.folder
    if not folder.exists():
        remedy = f"mkdir -m 700 {folder}; el servicio de systemd la crea solo / the systemd unit makes it by itself"
        return Answer(f"{folder} no existe / does not exist", "failed", remedy)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"maild")
    free = shutil.disk_usage(folder).free
    text = f"{folder}: {free / (1 << 30):.1f} GiB libres / free"
    if free < 4 * config.limits.message_size:
        return Answer(text, "failed", "libere espacio antes de arrancar / make room first")
    return Answer(text, "warning", "libere espacio pronto / make room soon") if free < _LITTLE_SPACE else Answer(text)


def _database(config: Config) -> Answer:
    from maild.store.database import Database

    if config.sqlite_file and not config.sqlite_file.exists():
        remedy = "maild db upgrade la crea / creates it"
        return Answer(f"{config.sqlite_file} todavía no existe / does not exist yet", "warning", remedy)
    database = Database(config.database_url())
    try:
        database.require_version()
        return Answer(f"esquema / schema {database.version()}")
    finally:
        database.close()


def _mailbox(box: Mailbox) -> Iterator[Finding]:
    """In as the daemon goes in (missing folders are made), one short IDLE, and out."""
    from maild.house import mailbox_settings
    from maild.mail.mailbox import Mailbox as Connection

    connection = Connection(mailbox_settings(box))

    def enter() -> Answer:
        epoch = connection.open()
        waiting = len(connection.uids())
        return Answer(
            f"{box.folder}: {waiting} correos / mails, UIDVALIDITY {epoch}; {box.done_folder}, {box.review_folder}"
        )

    def wait() -> Answer:
        news = connection.wait(1.5)
        return Answer("hay novedades / there is news" if news else "espera y despierta / waits and wakes")

    name = f"buzón · mailbox {box.name}"
    try:
        entered = look(name, enter, f"revise la tabla [mailbox] ({box.host}) / check it")
        yield entered
        if entered.state == "ok":
            yield look(f"{name}: IDLE", wait, "sin IDLE se mira cada [mailbox] poll / it will be polled")
            yield look(f"{name}: MOVE", lambda: _moving(connection.removes, connection.read_only), "")
    finally:
        connection.close()


def _moving(removes: bool, read_only: bool) -> Answer:
    if read_only:
        return Answer(
            "solo lectura / read-only", "failed", "dé a la cuenta derecho a mover correos / let it move mails"
        )
    if not removes:
        remedy = "los correos atendidos quedan marcados a la vista / handled mails stay in sight, marked as deleted"
        return Answer("el servidor no ofrece MOVE ni UIDPLUS / offers neither", "warning", remedy)
    return Answer("los correos atendidos pueden salir de la carpeta / handled mails can leave the folder")


class _EnoughError(Exception):
    """The relay would take the letter: stop before it gets one."""


def _smtp(config: Config) -> Answer:
    """Everything that comes before a letter: TLS, login, our sender, the operator as recipient. Nothing is sent."""
    import asyncio

    from maild.house import relay_settings
    from maild.mail.smtp import Relay

    async def before_data() -> None:
        raise _EnoughError

    async def talk() -> Answer:
        relay = Relay(relay_settings(config))
        try:
            verdict = await relay.deliver(config.desk.address, config.desk.operator, b"\r\n", before_data)
        except _EnoughError:
            return Answer(f"{config.smtp.host} acepta cartas de la mesa / accepts the desk's letters")
        finally:
            await relay.close()
        code = f"{verdict.code} " if verdict.code else ""
        where = f"{verdict.stage.value}: {code}{verdict.text}"
        return Answer(where, "failed", "revise la tabla [smtp] / check the table [smtp]")

    return asyncio.run(talk())
