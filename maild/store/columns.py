"""What tables are made of: names of keys, numbers of rows, and texts that take whatever a mail may hold, on every database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Integer, MetaData, Text
from sqlalchemy.types import TypeDecorator

_LONGEST_TEXT = 1_000_000
_LONGEST_KEY = 500

# All tables, and how their keys and indexes are called.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows only in a column that is exactly INTEGER PRIMARY KEY.
BIG = BigInteger().with_variant(Integer, "sqlite")


def row_id() -> Column[int]:
    """The number of a row, given by the database."""
    return Column("id", BIG, primary_key=True, autoincrement=True)


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a time without a zone")
    return value.astimezone(UTC)


def _sqlite_instant(value: datetime | None) -> str | None:
    instant = _in_utc(value)
    return None if instant is None else instant.replace(tzinfo=None).isoformat(" ", "microseconds")


class Instant(TypeDecorator[datetime]):
    """A point in time. Naive ones are refused; stored and returned in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        instant = _in_utc(value)
        return instant if instant is None or dialect.name == "postgresql" else instant.replace(tzinfo=None)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """The same in one call: every mail brings some hundred values."""
        return _in_utc if dialect.name == "postgresql" else _sqlite_instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _clean(value: str | None) -> str | None:
    if value is None or (value.isascii() and "\0" not in value):
        return value if value is None else value[:_LONGEST_TEXT]
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:_LONGEST_TEXT]


def _clean_key(value: str | None) -> str | None:
    return None if value is None else as_key(_clean(value) or "")


class Words(TypeDecorator[str]):
    """Text that every database takes: without NUL and lone surrogates, not endless (RELIABILITY DB-09)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return _clean(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:  # noqa: ARG002
        """The same in one call."""
        return _clean


class Key(Words):
    """Text that rows are found by. PostgreSQL cannot index much more than 2,000 octets, so the end of a longer one becomes
    its hash: still the same for the same text, and no sender can break an insert with it."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return _clean_key(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:  # noqa: ARG002
        """The same in one call."""
        return _clean_key


def as_key(clean: str) -> str:
    """How a Key column keeps this text."""
    if len(clean) <= _LONGEST_KEY:
        return clean
    digest = hashlib.sha256(clean.encode()).hexdigest()
    return clean[: _LONGEST_KEY - len(digest)] + digest
