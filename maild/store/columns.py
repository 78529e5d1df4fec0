"""Kinds of columns that take whatever a mail may hold, the same on every database."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

_LONGEST_TEXT = 1_000_000
_LONGEST_KEY = 500


class Instant(TypeDecorator[datetime]):
    """A point in time. Naive ones are refused; stored and returned in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC) if dialect.name == "postgresql" else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text that every database takes: without NUL and lone surrogates, not endless (RELIABILITY DB-09)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None or (value.isascii() and "\0" not in value):
            return value if value is None else value[:_LONGEST_TEXT]
        clean = value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
        return clean[:_LONGEST_TEXT]


class Key(Words):
    """Text that rows are found by. PostgreSQL cannot index much more than 2,000 octets, so the end of a longer one becomes
    its hash: still the same for the same text, and no sender can break an insert with it."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else as_key(super().process_bind_param(value, dialect) or "")


def as_key(clean: str) -> str:
    """How a Key column keeps this text."""
    if len(clean) <= _LONGEST_KEY:
        return clean
    digest = hashlib.sha256(clean.encode()).hexdigest()
    return clean[: _LONGEST_KEY - len(digest)] + digest
