"""Absences with a first day, whoever is back although the directory says away, and tokens that were made up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("absence", sa.Column("since", sa.Date))
    op.add_column("absence", sa.Column("back", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "guess",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_guess_address_at", "guess", ["address", "at"])
    op.create_index("ix_guess_at", "guess", ["at"])


def downgrade() -> None:
    op.drop_table("guess")
    op.drop_column("absence", "back")
    op.drop_column("absence", "since")
