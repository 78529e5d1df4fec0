"""The schema brought to the version this program knows. The only door to Alembic, which is imported when it is needed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from maild.errors import PermanentError, TransientError
from maild.store import schema
from maild.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).parent / "migrations"
# Two nodes that start together upgrade one after the other; any number does that no other program here uses.
_UPGRADE_LOCK = 0x6D61696C64


def upgrade(database: Database) -> str:
    """Bring the schema up to date, whole or not at all; the version it has now.

    An SQLite file that holds something is first copied beside itself (`maild.db.before-0002`).
    """
    return _migrate(database, schema.VERSION, copy=True)


def downgrade(database: Database, version: str) -> str:
    """Take the schema back to an older version, `base` for none. What only newer versions can hold is lost."""
    return _migrate(database, version, copy=True)


def differences(database: Database) -> list[str]:
    """How the schema differs from the one this program expects; nothing when it is the same."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with database.engine.connect() as connection:
        options = {
            "compare_server_default": True,
            "target_metadata": schema.metadata,
            "include_object": lambda _, name, kind, reflected, __: not (reflected and _is_full_text(name, kind)),
        }
        found = compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata)
    return [_worded(change) for change in found]


def _is_full_text(name: str | None, kind: str) -> bool:
    """The search indexes of migration 0008, which are no tables of ours: on SQLite each keeps itself in several."""
    return kind in ("table", "index") and re.search(r"(ticket|message)_words(_|$)", name or "") is not None


def _migrate(database: Database, target: str, *, copy: bool) -> str:
    from alembic import command
    from alembic.util import CommandError

    _refuse_what_is_unknown(database)
    down = database.version() > target or target == "base"
    try:
        if copy and database.is_sqlite and database.version() not in ("", target):
            copy_beside(database, f"before-{target}")
        with _prepared(database) as connection:
            step = command.downgrade if down else command.upgrade
            step(_config(connection), target)
    except CommandError as error:
        raise PermanentError(f"no pude cambiar el esquema: {error} / cannot migrate") from error
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise TransientError(f"no pude cambiar el esquema: {said} / cannot migrate; nothing was changed") from error
    return database.version()


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _refuse_what_is_unknown(database: Database) -> None:
    """Tables without a version, or a version of a newer program: touching them could only make it worse."""
    version = database.version()
    if version > schema.VERSION:
        raise PermanentError(
            f"la base de datos tiene el esquema «{version}», más nuevo que el de este programa («{schema.VERSION}»): "
            "instale el maild con que se usó / the schema is newer than this program: install the maild that made it"
        )
    if version:
        return
    with database.engine.connect() as connection:
        ours = sorted(set(inspect(connection).get_table_names()) & set(schema.metadata.tables))
    if ours:
        raise PermanentError(
            f"la base de datos tiene tablas de maild ({', '.join(ours[:3])}…) pero ninguna versión: quedó a medio hacer "
            "o la hizo otro programa; use una base vacía o restaure una copia / tables without a version: "
            "half made or not ours; use an empty database or restore a backup"
        )


@contextmanager
def _prepared(database: Database) -> Iterator[Connection]:
    """A connection inside the one transaction of the migration, with references unchecked on SQLite until its end.

    SQLite rebuilds a table to change it, and with checks on that deletes the rows that refer to it.
    """
    with database.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection  # PRAGMA foreign_keys does nothing inside a transaction
        if database.is_sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not database.is_sqlite:
                    connection.execute(text("SET LOCAL statement_timeout = 0"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
                yield connection
                if database.is_sqlite:
                    _check_references(connection)
        finally:
            if database.is_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    lost = connection.execute(text("PRAGMA foreign_key_check")).all()
    if lost:
        tables = ", ".join(sorted({str(row[0]) for row in lost}))
        raise PermanentError(
            f"el cambio de esquema dejaría filas sueltas en: {tables}; no se cambió nada / rows would lose their parents"
        )


def copy_beside(database: Database, suffix: str) -> Path:
    """A whole, consistent copy of an SQLite file, durable under its name before this returns."""
    file = Path(str(database.url.database))
    copy = file.with_name(f"{file.name}.{suffix}")
    half = copy.with_name(copy.name + ".new")
    half.unlink(missing_ok=True)
    with database.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection  # VACUUM cannot run inside a transaction
        driver.execute("VACUUM INTO ?", (str(half),))
    half.chmod(0o600)
    handle = os.open(half, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    half.replace(copy)
    return copy


def _worded(change: Any) -> str:
    """One difference that Alembic found: what, and on which table, column or index."""
    if isinstance(change, list):
        return "; ".join(_worded(inner) for inner in change)
    return " ".join(
        str(getattr(part, "name", part)) for part in change if isinstance(part, str) or hasattr(part, "name")
    )
