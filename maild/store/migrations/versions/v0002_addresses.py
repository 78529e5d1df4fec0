"""Addresses that bounce, absences that people told of, and who holds a letter back.

Written out, not taken from schema.py: this step makes the same tables whatever schema.py says later.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "suppression",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("diagnostic", sa.Text, nullable=False),
        sa.Column("ticket", _BIG),
        sa.Column("cause", sa.Text, nullable=False),
    )
    op.create_table(
        "absence",
        sa.Column("address", sa.Text, primary_key=True),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("told_at", _INSTANT, nullable=False),
        sa.Column("proved", sa.Boolean, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
    )
    op.add_column("outbox", sa.Column("held_by", sa.Text, nullable=False, server_default=sa.text("''")))
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"])
    held = sa.text("state = 'held'")
    op.create_index("ix_outbox_held", "outbox", ["held_by"], sqlite_where=held, postgresql_where=held)


def downgrade() -> None:
    op.drop_index("ix_outbox_held", "outbox")
    op.drop_index("ix_outbox_created_at", "outbox")
    op.drop_column("outbox", "held_by")
    op.drop_table("absence")
    op.drop_table("suppression")
