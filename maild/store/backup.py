"""Copies of an SQLite database: taken while others write, put back whole or not at all.

The mails themselves lie in the raw folder; whoever copies that one after the database has every mail it names.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import update

from maild.errors import PermanentError, TransientError, UsageError
from maild.store.database import Database
from maild.store.schema import outbox
from maild.store.upgrade import upgrade

_PAGES_AT_ONCE = 2000
_OPEN = ("queued", "leased", "ambiguous")


def backup(file: Path, target: Path) -> int:
    """Copy the database as it stands at one instant, while others go on writing; its size in octets."""
    if target.exists():
        raise UsageError(f"ya existe {target}; no se sobrescribió / it exists already")
    half = target.with_name(target.name + ".new")
    with _told("no pude copiar la base de datos / cannot back up"):
        _copy(file, half)
        _sound(half)
        _durable(half, target)
    return target.stat().st_size


def restore(source: Path, file: Path, now: datetime) -> tuple[int, Path | None]:
    """Put a backup in the place of the database: how many letters were held, and where the former database lies.

    What was about to be sent when the backup was taken has been sent since: every open letter waits for a person.
    """
    fresh = file.with_name(file.name + ".restoring")
    with _told("no pude restaurar / cannot restore"):
        _sound(source)
        _copy(source, fresh)
        held = _held(fresh, now)
        former = _set_aside(file)
        for leftover in ("-wal", "-shm"):
            file.with_name(file.name + leftover).unlink(missing_ok=True)
        _durable(fresh, file)
    return held, former


def _held(file: Path, now: datetime) -> int:
    """Bring the copy to this program's schema and hold its open letters, before anybody can see it."""
    database = Database(f"sqlite:///{file}")
    try:
        if not database.version():
            raise PermanentError(f"{file.name} no es una base de datos de maild / not a database of maild")
        upgrade(database)
        reason = f"restaurada el {now:%Y-%m-%d}: puede que ya se enviara / restored: may have been sent since"
        values = {"state": "held", "reason": reason, "owner": None, "leased_until": None}
        with database.write() as tx:
            held = tx.execute(update(outbox).where(outbox.c.state.in_(_OPEN)).values(**values)).rowcount
        with database.engine.connect() as connection:
            # One file again: what is put in place must not need its log.
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return held
    finally:
        database.close()


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    if not source.is_file():
        raise UsageError(f"no existe {source} / no such file")
    target.touch(mode=0o600)
    with closing(sqlite3.connect(source, timeout=10)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new, pages=_PAGES_AT_ONCE)


def _sound(file: Path) -> None:
    if not file.is_file():
        raise UsageError(f"no existe {file} / no such file")
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        said = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if said != "ok":
        raise PermanentError(f"{file} está dañado / is damaged: {said}")


def _set_aside(file: Path) -> Path | None:
    """The former database, kept beside: whole if it can be read, its bytes as they are if not."""
    if not file.exists():
        return None
    former = file.with_name(file.name + ".before-restore")
    half = file.with_name(file.name + ".leaving")
    try:
        _copy(file, half)
    except sqlite3.Error:
        shutil.copyfile(file, half)
    _durable(half, former)
    return former


def _durable(half: Path, name: Path) -> None:
    """Give a finished file its name, so that a power cut leaves the old one or the new one."""
    handle = os.open(half, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    half.replace(name)
    folder = os.open(name.absolute().parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise TransientError(f"{what}: {error}") from error
