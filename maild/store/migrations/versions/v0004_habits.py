"""Habits: paragraphs that a sender or his institution writes below every mail, counted by fingerprint."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "habit",
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("mails", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("domain", "fingerprint", "sender", name="pk_habit"),
    )


def downgrade() -> None:
    op.drop_table("habit")
