"""What a deadline is counted from: the span, the calendar and the pauses of each running clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("span", "calendar", "pauses"):
        op.add_column("timer", sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("timer", sa.Column("ran", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.create_index("ix_timer_ticket", "timer", ["ticket"])


def downgrade() -> None:
    op.drop_index("ix_timer_ticket", "timer")
    for name in ("ran", "pauses", "calendar", "span"):
        op.drop_column("timer", name)
