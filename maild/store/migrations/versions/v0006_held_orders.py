"""Orders that were not proved well enough wait for their author's word."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "held_order",
        sa.Column("mail", _BIG, sa.ForeignKey("inbound.id", name="fk_held_order_mail_inbound"), nullable=False),
        sa.Column("ticket", _BIG, sa.ForeignKey("ticket.number", name="fk_held_order_ticket_ticket"), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("stood", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.PrimaryKeyConstraint("mail", name="pk_held_order"),
    )
    op.create_index("ix_held_order_address_created_at", "held_order", ["address", "created_at"])


def downgrade() -> None:
    op.drop_table("held_order")
