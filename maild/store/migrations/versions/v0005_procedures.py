"""What the procedures need: tickets that open others, tokens that call and wait, recurring clocks, forms, knowledge."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("ticket", sa.Column("parent", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.add_column("ticket", sa.Column("parent_token", sa.Integer, nullable=False, server_default=sa.text("0")))
    where = sa.text("parent > 0")
    op.create_index("ix_ticket_parent", "ticket", ["parent"], sqlite_where=where, postgresql_where=where)
    op.add_column("token", sa.Column("caller", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("token", sa.Column("came", sa.Text, nullable=False, server_default=sa.text("''")))
    op.create_index("ix_fact_key", "fact", ["key"])
    op.create_table("agenda", sa.Column("clock", sa.Text, primary_key=True), sa.Column("due", _INSTANT, nullable=False))
    op.create_table(
        "form",
        sa.Column("document", sa.Text, primary_key=True),
        sa.Column("serial", sa.Text, primary_key=True),
        _ticket("form"),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
    )
    op.create_table(
        "knowledge",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        _ticket("knowledge"),
        sa.Column("at", _INSTANT, nullable=False),
    )


def _ticket(table: str) -> sa.Column[int]:
    name = f"fk_{table}_ticket_ticket"
    return sa.Column("ticket", _BIG, sa.ForeignKey("ticket.number", name=name), nullable=False)


def downgrade() -> None:
    for table in ("knowledge", "form", "agenda"):
        op.drop_table(table)
    op.drop_index("ix_fact_key", "fact")
    op.drop_column("token", "came")
    op.drop_column("token", "caller")
    op.drop_index("ix_ticket_parent", "ticket")
    op.drop_column("ticket", "parent_token")
    op.drop_column("ticket", "parent")
