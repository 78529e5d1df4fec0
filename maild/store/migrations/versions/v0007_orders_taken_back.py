"""Orders that can be taken back for a while, and absences that people order by mail, with who stands in for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("absence", sa.Column("ordered", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("absence", sa.Column("deputy", sa.Text, nullable=False, server_default=sa.text("''")))
    op.create_table(
        "undoable",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("ticket", _BIG, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("orders", sa.Text, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.Boolean, nullable=False),
        sa.Column("tickets", sa.Text, nullable=False),
        sa.UniqueConstraint("cause", "ticket", name="uq_undoable_cause_ticket"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_undoable_ticket_by", "undoable", ["ticket", "by"])
    op.create_index("ix_undoable_until", "undoable", ["until"])


def downgrade() -> None:
    op.drop_table("undoable")
    op.drop_column("absence", "deputy")
    op.drop_column("absence", "ordered")
