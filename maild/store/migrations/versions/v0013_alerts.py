"""What machines say, counted: one row for each thing that is wrong on a ticket; and the newest tickets with a fact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("ticket", _BIG, primary_key=True, autoincrement=False),
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_alert_service_host", "alert", ["service", "host"])
    # The newest tickets of which a fact is told, without looking at all that ever were.
    op.create_index("ix_fact_key_ticket", "fact", ["key", "ticket"])
    op.drop_index("ix_fact_key", "fact")


def downgrade() -> None:
    op.create_index("ix_fact_key", "fact", ["key"])
    op.drop_index("ix_fact_key_ticket", "fact")
    op.drop_table("alert")
