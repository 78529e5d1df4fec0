"""What happened to tickets, line by line. Tickets from before it get the lines that their rows still tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticket", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_ticket_id", "event", ["ticket", "id"])
    op.create_index("ix_event_kind_at_ticket", "event", ["kind", "at", "ticket"])
    names = ("number", "opened_at", "closed_at", "requester", "type", "service", "state", "closing_reason")
    ticket = sa.table("ticket", *map(sa.column, names))
    event = sa.table("event", *map(sa.column, ("at", "ticket", "kind", "value")))
    told = (("opened", "requester"), ("type", "type"), ("service", "service"), ("state", "state"))
    for kind, value, at in (*((k, v, "opened_at") for k, v in told), ("closed", "closing_reason", "closed_at")):
        known = sa.and_(ticket.c[at].is_not(None), sa.or_(ticket.c[value] != "", sa.literal(kind == "closed")))
        rows = sa.select(ticket.c[at], ticket.c.number, sa.literal(kind), ticket.c[value]).where(known)
        op.execute(event.insert().from_select(["at", "ticket", "kind", "value"], rows.order_by(ticket.c.number)))


def downgrade() -> None:
    op.drop_table("event")
