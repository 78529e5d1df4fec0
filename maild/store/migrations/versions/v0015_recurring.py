"""Recurring work: which period each clock's next occasion is for, and the expected mails that came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agenda", sa.Column("period", sa.Date))
    op.add_column("agenda", sa.Column("rhythm", sa.Text, nullable=False, server_default=sa.text("''")))
    op.create_table(
        "arrival",
        sa.Column("clock", sa.Text, primary_key=True),
        sa.Column("cause", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_arrival_clock_at", "arrival", ["clock", "at"])


def downgrade() -> None:
    op.drop_table("arrival")
    op.drop_column("agenda", "rhythm")
    op.drop_column("agenda", "period")
