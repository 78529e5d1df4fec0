"""A prepared statement says and answers what SQLAlchemy's own execution does, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, select, update

from maild.store.database import Database, prepared_unless_there
from maild.store.prepared import Prepared
from maild.store.schema import epoch

_KEYS = ("account", "folder", "uidvalidity", "first_seen")
_ROW = {"account": "buzón", "folder": "INBOX", "uidvalidity": 7, "first_seen": datetime(2026, 1, 5, 9, tzinfo=UTC)}
_ALL = select(epoch.c.account, epoch.c.first_seen, epoch.c.closed_at).order_by(epoch.c.id)


def test_rows_come_back_as_the_library_would_give_them(database: Database) -> None:
    with database.write() as tx:
        Prepared(epoch.insert().inline(), _KEYS).many(tx, [_ROW, _ROW | {"uidvalidity": 8, "account": "a\0b"}])
        told = Prepared(_ALL)(tx, {})
        assert told == [tuple(row) for row in tx.execute(_ALL)]
        assert told == [("buzón", _ROW["first_seen"], None), ("ab", _ROW["first_seen"], None)]


def test_an_update_with_constants_of_its_own(database: Database) -> None:
    close = update(epoch).where(epoch.c.uidvalidity == bindparam("which"), epoch.c.folder == "INBOX")
    with database.write() as tx:
        Prepared(epoch.insert().inline(), _KEYS).many(tx, [_ROW, _ROW | {"uidvalidity": 8}])
        Prepared(close.values(closed_at=bindparam("at")))(tx, {"which": 8, "at": _ROW["first_seen"]})
        assert [closed for _, _, closed in tx.execute(_ALL)] == [None, _ROW["first_seen"]]


def test_constants_stand_in_the_words_where_an_index_over_some_rows_can_see_them(database: Database) -> None:
    read = Prepared(select(epoch.c.id).where(epoch.c.folder == "INBOX", epoch.c.account == bindparam("account")))
    with database.write() as tx:
        assert "'INBOX'" in read._for(tx.dialect).words
        assert [name for name, _ in read._for(tx.dialect).binds] == ["account"]


@pytest.mark.parametrize("odd", ["50% %s", "o'Hara\\", ":x", '"', "ñ – ☃"])
def test_a_constant_means_what_it_says_whatever_stands_in_it(database: Database, odd: str) -> None:
    with database.write() as tx:
        Prepared(epoch.insert().inline(), _KEYS).many(tx, [_ROW, _ROW | {"account": odd}])
        assert Prepared(select(epoch.c.account).where(epoch.c.account == odd))(tx, {}) == [(odd,)]


def test_no_rows_are_no_statement_and_nothing_found_is_none(database: Database) -> None:
    with database.write() as tx:
        Prepared(epoch.insert().inline(), _KEYS).many(tx, [])
        assert Prepared(_ALL).scalar(tx, {}) is None


def test_a_row_that_is_there_stays_and_says_nothing(database: Database) -> None:
    with database.write() as tx:
        first = prepared_unless_there(tx, epoch, _KEYS).scalar(tx, _ROW)
        assert isinstance(first, int)
        assert prepared_unless_there(tx, epoch, _KEYS).scalar(tx, _ROW) is None


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="without a zone"), database.write() as tx:
        prepared_unless_there(tx, epoch, _KEYS)(tx, _ROW | {"first_seen": datetime(2026, 1, 5)})  # noqa: DTZ001 - the point
