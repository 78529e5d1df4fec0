"""An empty database for a bench: SQLite in a folder of its own, a private PostgreSQL, or one that is named by its address."""

from __future__ import annotations

import logging
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from maild.store.database import Database
from maild.store.upgrade import upgrade

WHERE = "sqlite (what is meant without it), postgresql (a private server), or an address: postgresql+psycopg://…"


def asked(parser: ArgumentParser) -> None:
    parser.add_argument("--database", default="sqlite", help=WHERE)


@contextmanager
def empty(where: str) -> Iterator[Database]:
    """Ready for the schema of today. What the program logs while it works for a bench is not shown."""
    logging.disable(logging.ERROR)
    with ExitStack() as rest:
        url = where
        if where == "sqlite":
            url = f"sqlite:///{Path(rest.enter_context(tempfile.TemporaryDirectory())) / 'bench.sqlite'}"
        elif where == "postgresql":
            from tests.system.servers import Servers

            servers = Servers(durable=True)
            rest.callback(servers.close)
            url = servers.start("postgres").fresh_database()
        database = rest.enter_context(closing(Database(url)))
        upgrade(database)
        yield database
