"""Full text over titles and messages, accents folded: FTS5 tables kept by triggers on SQLite, GIN indexes on PostgreSQL."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# The indexes hold what the tables hold, and no copy of their text.
_TABLES = (("ticket", "title", "number"), ("message", "text", "id"))
# maild/store/lists.py asks with this expression, to the letter.
_FOLDED = (
    "to_tsvector('simple', translate(lower(left({column}, 100000)), "
    "'áàâäãåéèêëíìîïóòôöõúùûüñçý', 'aaaaaaeeeeiiiiooooouuuuncy'))"
)


def upgrade() -> None:
    for table, column, key in _TABLES:
        if op.get_bind().dialect.name == "sqlite":
            _on_sqlite(table, column, key)
        else:
            op.execute(f"CREATE INDEX ix_{table}_words ON {table} USING gin ({_FOLDED.format(column=column)})")


def _on_sqlite(table: str, column: str, key: str) -> None:
    index = f"{table}_words"
    op.execute(
        f"CREATE VIRTUAL TABLE {index} USING fts5({column}, content='{table}', content_rowid='{key}', "
        "tokenize='unicode61 remove_diacritics 2')"
    )
    gone = f"INSERT INTO {index}({index}, rowid, {column}) VALUES ('delete', old.{key}, old.{column});"  # noqa: S608
    come = f"INSERT INTO {index}(rowid, {column}) VALUES (new.{key}, new.{column});"  # noqa: S608
    op.execute(f"CREATE TRIGGER {index}_come AFTER INSERT ON {table} BEGIN {come} END")
    op.execute(f"CREATE TRIGGER {index}_gone AFTER DELETE ON {table} BEGIN {gone} END")
    op.execute(f"CREATE TRIGGER {index}_anew AFTER UPDATE OF {column} ON {table} BEGIN {gone} {come} END")
    op.execute(f"INSERT INTO {index}({index}) VALUES ('rebuild')")  # noqa: S608


def downgrade() -> None:
    for table, _, _ in _TABLES:
        if op.get_bind().dialect.name == "sqlite":
            for trigger in ("come", "gone", "anew"):
                op.execute(f"DROP TRIGGER {table}_words_{trigger}")
            op.execute(f"DROP TABLE {table}_words")
        else:
            op.execute(f"DROP INDEX ix_{table}_words")
