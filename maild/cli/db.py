"""`maild db`: the schema, copies of it, and whether everything that is remembered holds together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.errors import PermanentError

if TYPE_CHECKING:
    from maild.config import Config
    from maild.store.database import Database

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="ARCHIVO")


@click.group()
def db() -> None:
    """Actualiza, copia, restaura y comprueba la base de datos. / Upgrades, copies, restores, verifies."""


@contextmanager
def _database(config: Config) -> Iterator[Database]:
    """The database as it is, whatever its version: these verbs must work before the house can be opened."""
    from maild.store.database import Database

    config.storage.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(config.database_url())
    try:
        yield database
    finally:
        database.close()


@db.command()
@json_option
@pass_call
def upgrade(call: Call, as_json: bool) -> int:
    """Lleva el esquema a la versión de este programa; antes copia el archivo. / Brings the schema up to date."""
    from maild.store.upgrade import upgrade as bring_up

    out = Output(as_json)
    with _database(call.config()) as database:
        before = database.version()
        after = bring_up(database)
    out.line({"from": before, "to": after})
    changed = "ya estaba al día / was up to date" if before == after else f"{before or 'vacía / empty'} → {after}"
    out.tell(changed, "green")
    return 0


@db.command()
@_FILE
@json_option
@pass_call
def backup(call: Call, file: Path, as_json: bool) -> int:
    """Copia la base de datos mientras todo sigue trabajando. / Copies the database while everything goes on."""
    from maild.store.backup import backup as copy

    out = Output(as_json)
    config = call.config()
    size = copy(_sqlite_file(config, "pg_dump --format=custom"), file)
    out.line({"file": str(file), "size": size})
    out.tell(f"{file} ({size} octetos / octets)", "green")
    out.say(f"copie después también los correos / copy the mails, too, afterwards: {config.raw_folder}")
    return 0


@db.command()
@_FILE
@json_option
@pass_call
def restore(call: Call, file: Path, as_json: bool) -> int:
    """Pone una copia en lugar de la base de datos; las cartas por enviar quedan retenidas.

    Puts a copy in the place of the database; open letters are held. Stop the daemon first.
    """
    from maild.house import only_one, real_now
    from maild.store.backup import restore as put_back

    out = Output(as_json)
    config = call.config()
    target = _sqlite_file(config, "pg_restore")
    config.storage.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_one(config.storage.folder):
        held, former = put_back(file, target, real_now())
    out.line({"restored": str(target), "held": held, "former": str(former) if former else None})
    out.tell(f"restaurada / restored: {target}", "green")
    if former:
        out.say(f"la anterior está en / the former one lies in {former}")
    if held:
        out.say(
            f"{held} cartas retenidas: puede que ya se enviaran; véalas con «maild outbox list» / letters held",
            "yellow",
        )
    out.say(
        "los correos que llegaron después de la copia están en la carpeta de procesados: muévalos a la de entrada "
        "para que se lean otra vez / mails that came after the backup: move them back to the inbox"
    )
    return 0


def _sqlite_file(config: Config, instead: str) -> Path:
    if config.sqlite_file is None:
        raise PermanentError(f"la base de datos es PostgreSQL: use {instead} / this is PostgreSQL: use {instead}")
    return config.sqlite_file


@db.command()
@json_option
@pass_call
def verify(call: Call, as_json: bool) -> int:
    """Comprueba esquema, filas y cada correo guardado por su hash. / Checks schema, rows, every stored mail."""
    from maild.house import real_now
    from maild.store import audit
    from maild.store.raw import RawStore

    out = Output(as_json)
    config = call.config()
    with _database(config) as database:
        faults = audit.schema_faults(database)
        total = 0
        faults += audit.file_faults(database)
        if not faults:  # rows of another schema or of a torn file cannot be judged
            with database.write() as tx:
                faults += audit.row_faults(tx, real_now())
            total = audit.stored_mails(database)
            raw = RawStore(config.raw_folder)
            looked = out.progress(audit.each_mail(database, raw), total, "correos / mails")
            faults += [fault for fault in looked if fault]
            raw.close()
    for fault in faults:
        out.line(fault)
    out.table(("Qué / check", "Dónde / where", ""), ((f.check, f.where, f.text) for f in faults))
    if faults:
        out.say(f"{len(faults)} fallas / faults", "red")
        return 1
    out.tell(f"todo en orden: {total} correos comprobados / everything in order: {total} mails proved", "green")
    return 0
