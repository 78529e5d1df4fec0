"""A database of each kind, upgraded, for the tests of what is remembered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from maild.store.database import Database
from maild.store.upgrade import upgrade


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    base = Database(database_url)
    upgrade(base)
    yield base
    base.close()
