"""What people corrected: type, row of the catalogue, priority; the rules learn from it only when somebody asks them to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "correction",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("ticket", _BIG, sa.ForeignKey("ticket.number", name="fk_correction_ticket_ticket"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("after", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_correction_ticket", "correction", ["ticket"])


def downgrade() -> None:
    op.drop_table("correction")
