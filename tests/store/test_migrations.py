"""The schema grows by migrations, whole or not at all, and they make exactly what the program expects."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from maild.errors import PermanentError, TransientError
from maild.store import schema, upgrade
from maild.store.database import Database

NEWEST = schema.VERSION
ROOT = Path(upgrade.__file__).parent / "migrations"


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    base = Database(database_url)
    yield base
    base.close()


def anatomy(database: Database) -> list[str]:
    """Everything the database says of its tables, keys and indexes, the conditions of partial ones too.

    The full-text indexes are no part of the schema's metadata: only their migration makes them (tests/house searches them).
    """
    if database.is_sqlite:
        query = (
            "SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'alembic%'"
        )
    else:
        query = (
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version' UNION ALL "
            "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) "
            "FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version' UNION ALL "
            "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%'"
        )
    with database.engine.connect() as connection:
        found = (" ".join(str(row[0]).split()) for row in connection.execute(text(query)))
        return sorted(each for each in found if not re.search(r"\b(ix_)?(ticket|message)_words", each))


def tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(database.engine.dialect.get_table_names(connection))


def run(database: Database, statement: str) -> None:
    with database.write() as tx:
        tx.execute(text(statement))


# The schema -----------------------------------------------------------------------------------------------------------


def test_an_empty_database_becomes_one_that_this_program_accepts(empty: Database) -> None:
    assert upgrade.upgrade(empty) == schema.VERSION
    empty.require_version()
    assert upgrade.differences(empty) == []


def test_the_migrations_make_exactly_the_tables_of_the_schema_with_every_partial_index(
    empty: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    upgrade.upgrade(empty)
    made = anatomy(empty)
    upgrade.downgrade(empty, "base")
    schema.metadata.create_all(empty.engine)
    assert made == anatomy(empty)
    assert any("WHERE" in line for line in made)


def test_the_newest_migration_is_the_version_the_program_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [schema.VERSION]


def test_down_and_up_again_leads_to_the_same_place(empty: Database) -> None:
    upgrade.upgrade(empty)
    before = anatomy(empty)
    assert upgrade.downgrade(empty, "base") == ""
    assert tables(empty) <= {"alembic_version", "sqlite_sequence"}
    assert upgrade.upgrade(empty) == schema.VERSION
    assert anatomy(empty) == before


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    run(database, "INSERT INTO instance VALUES ('instance', 'abc')")
    before = anatomy(database)
    assert upgrade.upgrade(database) == schema.VERSION
    assert anatomy(database) == before


def test_a_difference_from_the_schema_is_named(database: Database) -> None:
    run(database, "DROP INDEX ix_timer_due")
    run(database, "ALTER TABLE fact ADD COLUMN extra TEXT")
    found = " | ".join(upgrade.differences(database))
    assert "ix_timer_due" in found
    assert "fact extra" in found


# Refusals -------------------------------------------------------------------------------------------------------------


def test_an_empty_database_is_refused_with_the_command_that_helps(empty: Database) -> None:
    with pytest.raises(
        PermanentError, match=f"«vacío» y este programa usa «{schema.VERSION}»: ejecute «maild db upgrade»"
    ):
        empty.require_version()


def test_a_database_of_a_newer_program_is_neither_used_nor_changed(database: Database) -> None:
    run(database, "UPDATE alembic_version SET version_num = '9001'")
    before = anatomy(database)
    with pytest.raises(PermanentError, match="9001"):
        database.require_version()
    with pytest.raises(PermanentError, match="más nuevo que el de este programa"):
        upgrade.upgrade(database)
    assert anatomy(database) == before


def test_tables_without_a_version_are_refused(empty: Database) -> None:
    schema.metadata.tables["instance"].create(empty.engine)
    with pytest.raises(PermanentError, match=r"instance.*a medio hacer"):
        upgrade.upgrade(empty)
    assert tables(empty) == {"instance"}


def test_a_version_nobody_knows_is_refused(database: Database) -> None:
    run(database, "UPDATE alembic_version SET version_num = '0000b'")
    with pytest.raises(PermanentError, match="0000b"):
        upgrade.upgrade(database)


def test_a_migration_that_fails_at_its_end_has_not_happened(empty: Database) -> None:
    run(empty, "CREATE TABLE guest (attempt INTEGER)")
    run(empty, "CREATE INDEX ix_attempt_outbox ON guest (attempt)")
    with pytest.raises(TransientError, match="ix_attempt_outbox"):
        upgrade.upgrade(empty)
    assert tables(empty) == {"guest"}
    run(empty, "DROP TABLE guest")
    assert upgrade.upgrade(empty) == schema.VERSION


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "maild.db").write_bytes(b"Estimados, adjunto el informe. " * 200)
    base = Database(f"sqlite:///{tmp_path / 'maild.db'}")
    with pytest.raises(TransientError, match="not a database"):
        upgrade.upgrade(base)
    base.close()


# The next migration ---------------------------------------------------------------------------------------------------

NEXT = f"{int(NEWEST) + 1:04}"
_NEXT = f'''"""A step as they will come: a table that others refer to is made anew."""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{NEXT}", "{NEWEST}"


def upgrade() -> None:
    with op.batch_alter_table("ticket", recreate="auto") as ticket:
        ticket.alter_column("title", existing_type=sa.Text, server_default=sa.text("'?'"), existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("ticket") as ticket:
        ticket.alter_column("title", existing_type=sa.Text, server_default=sa.text("''"), existing_nullable=False)
'''


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(ROOT, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / f"v{NEXT}_next.py").write_text(_NEXT)
    monkeypatch.setattr(upgrade, "_SCRIPTS", scripts)
    monkeypatch.setattr(schema, "VERSION", NEXT)


def filled(database: Database) -> None:
    run(database, "INSERT INTO ticket (number, title, opened_at) VALUES (7, 'Sin red', '2026-01-05 10:00:00')")
    run(database, "INSERT INTO token VALUES (7, 1, 'atencion', 'revisar', 0, 0, '')")


def test_rows_that_refer_to_a_table_made_anew_are_still_there(
    database: Database, next_version: None, tmp_path: Path
) -> None:
    filled(database)
    assert upgrade.upgrade(database) == NEXT
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT step FROM token WHERE ticket = 7")).scalar() == "revisar"
        if database.is_sqlite:
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_file_is_copied_before_it_is_changed(database: Database, next_version: None, tmp_path: Path) -> None:
    if not database.is_sqlite:
        assert upgrade.upgrade(database) == NEXT
        assert list(tmp_path.glob("*before*")) == []
        return
    filled(database)
    upgrade.upgrade(database)
    copy = tmp_path / f"maild.db.before-{NEXT}"
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (NEWEST,)
        assert connection.execute("SELECT title FROM ticket").fetchone() == ("Sin red",)
    connection.close()
    assert copy.stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob("*.new"))


def test_an_upgrade_that_would_leave_rows_without_their_parents_is_undone(
    database: Database, next_version: None
) -> None:
    if not database.is_sqlite:
        with pytest.raises(IntegrityError):  # PostgreSQL lets nobody make such a row at all
            run(database, "INSERT INTO token VALUES (8, 1, 'atencion', 'revisar', 0, 0, '')")
        return
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("INSERT INTO token VALUES (8, 1, 'atencion', 'revisar', 0, 0, '')")
        driver.execute("PRAGMA foreign_keys=ON")
    with pytest.raises(PermanentError, match="filas sueltas en: token"):
        upgrade.upgrade(database)
    assert database.version() == NEWEST


def test_every_migration_is_shipped_as_a_step_with_a_number_that_follows() -> None:
    names = sorted(path.name for path in (ROOT / "versions").glob("v*.py"))
    assert [re.match(r"v(\d{4})_", name).group(1) for name in names] == [  # type: ignore[union-attr]
        f"{number:04}" for number in range(1, len(names) + 1)
    ]
