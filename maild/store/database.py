"""The database: how it is opened, and the rules each connection lives by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Insert, Table, create_engine, event, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from maild.errors import PermanentError, TransientError
from maild.store import schema
from maild.store.prepared import Prepared
from maild.store.standing import instance

# Statements and idle transactions that hang must end by themselves; milliseconds (RELIABILITY DB-11).
_POSTGRES_LIMITS = "-c statement_timeout=60000 -c lock_timeout=20000 -c idle_in_transaction_session_timeout=60000"
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # the server is told to move a mail only after the commit that must survive a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA temp_store=MEMORY",  # or every page that a savepoint may have to give back goes through a temporary file
    "PRAGMA cache_size=-8192",  # KiB: the pages of a batch stay in memory until its commit
)


# What a job of the clerk is given. Other floors name it, and never SQLAlchemy.
Tx = Connection


class Database:
    """One engine. Every transaction is `write`: on SQLite it begins IMMEDIATE, so that no update is ever lost."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(url) if self.is_sqlite else _postgres(url)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction. What the database refuses for now is a TransientError; nothing of it has happened then,
        except that an outcome lost on the way back from COMMIT may have: callers look again by their unique keys."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except OperationalError as error:
            raise TransientError(_said(error)) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise TransientError(_said(error)) from error
            if type(error) is DatabaseError:  # SQLite: the file is damaged or is no database
                raise PermanentError(_said(error) + "; «maild db verify»") from error
            raise

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """A transaction that is undone at its end, whatever was written in it."""
        try:
            with self.engine.connect() as connection, connection.begin() as transaction:
                yield connection
                transaction.rollback()
        except OperationalError as error:
            raise TransientError(_said(error)) from error

    def version(self) -> str:
        """The schema version this database has; '' for an empty one."""
        try:
            with self.engine.connect() as connection:
                if not self.engine.dialect.has_table(connection, "alembic_version"):
                    return ""
                return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
        except SQLAlchemyError as error:
            raise TransientError(_said(error)) from error

    def require_version(self) -> None:
        """Refuse to work on a schema that this program does not know."""
        found = self.version()
        if found != schema.VERSION:
            raise PermanentError(
                f"la base de datos tiene el esquema «{found or 'vacío'}» y este programa usa «{schema.VERSION}»: "
                "ejecute «maild db upgrade» / run «maild db upgrade»"
            )

    def close(self) -> None:
        self.engine.dispose()


def _said(error: SQLAlchemyError) -> str:
    return "base de datos / database: " + str(getattr(error, "orig", error)).strip().splitlines()[0]


def _sqlite(url: str) -> Engine:
    in_memory = make_url(url).database in (None, "", ":memory:")
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": 10}}
    if in_memory:
        options["poolclass"] = StaticPool
    engine = create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def _opened(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres(url: str) -> Engine:
    target = make_url(url)
    if target.drivername in ("postgresql", "postgres"):
        target = target.set(drivername="postgresql+psycopg")
    return create_engine(
        target,
        pool_pre_ping=True,
        pool_size=4,
        connect_args={
            "options": _POSTGRES_LIMITS,
            "connect_timeout": 10,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": 60000,
        },
    )


def instance_value(connection: Connection, key: str, fresh: str) -> str:
    """A value chosen once for this database: the one kept under `key`, or `fresh`, which is kept from now on."""
    row = connection.execute(select(instance.c.value).where(instance.c.key == key)).scalar()
    if row is not None:
        return str(row)
    connection.execute(unless_there(connection, instance), {"key": key, "value": fresh})
    return str(connection.execute(select(instance.c.value).where(instance.c.key == key)).scalar_one())


def unless_there(tx: Connection, table: Table) -> Executable:
    """An INSERT that does nothing where a row with the same unique key stands: several nodes may come at one instant.

    It returns the first key column of the row it wrote, or nothing.
    """
    return _unless_there(tx.dialect.name, table)


@cache
def _prepared_unless_there(dialect: str, table: Table, keys: tuple[str, ...]) -> Prepared:
    return Prepared(_unless_there(dialect, table), keys)


def prepared_unless_there(tx: Connection, table: Table, keys: tuple[str, ...]) -> Prepared:
    """The same, compiled once; `keys` are the columns it is given."""
    return _prepared_unless_there(tx.dialect.name, table, keys)


@cache
def _unless_there(dialect: str, table: Table) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing().returning(next(iter(table.primary_key)))
