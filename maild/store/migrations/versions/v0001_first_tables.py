"""The first tables: mails and their epochs, tickets with what belongs to them, journal, outbox, leases.

Written out, not taken from schema.py: this step makes the same tables whatever schema.py says later.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite counts rows only in a column that is exactly INTEGER PRIMARY KEY.
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _mailboxes()
    _tickets()
    _mails()
    _parts_of_tickets()
    _journal()
    _letters()
    _house()


def downgrade() -> None:
    for table in ("instance", "lease", "attempt", "outbox", "journal", "message", "timer", "provider", "fact", "token"):
        op.drop_table(table)
    for table in ("inbound", "ticket", "counter", "epoch"):
        op.drop_table(table)


def _id() -> sa.Column[int]:
    return sa.Column("id", _BIG, primary_key=True, autoincrement=True)


def _ticket(*, key: bool = False) -> sa.Column[int]:
    return sa.Column("ticket", _BIG, sa.ForeignKey("ticket.number"), primary_key=key, autoincrement=False)


def _needed(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0"))


def _index(name: str, table: str, *columns: str, where: str = "", unique: bool = False) -> None:
    only = sa.text(where) if where else None
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=only, postgresql_where=only)


def _mailboxes() -> None:
    op.create_table(
        "epoch",
        _id(),
        _needed("account"),
        _needed("folder"),
        _needed("uidvalidity", sa.BigInteger),
        _needed("first_seen", _INSTANT),
        sa.Column("drained_upto", _INSTANT),
        sa.Column("closed_at", _INSTANT),
        sa.UniqueConstraint("account", "folder", "uidvalidity"),
    )


def _tickets() -> None:
    op.create_table("counter", sa.Column("name", sa.Text, primary_key=True), _needed("value", sa.BigInteger))
    words = ("title", "state", "type", "category", "subcategory", "service", "priority", "channel", "language")
    op.create_table(
        "ticket",
        sa.Column("number", _BIG, primary_key=True, autoincrement=False),
        *(_text(name) for name in (*words, "requester", "requester_name")),
        *(sa.Column(name, sa.Text) for name in ("creator", "creator_name", "responsible", "responsible_name")),
        _needed("opened_at", _INSTANT),
        sa.Column("closed_at", _INSTANT),
        _text("closing_reason"),
        sa.Column("related", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        _text("first_message_id"),
    )
    _index("ix_ticket_state", "ticket", "state")
    _index("ix_ticket_requester", "ticket", "requester")


def _mails() -> None:
    op.create_table(
        "inbound",
        _id(),
        sa.Column("epoch_id", _BIG, sa.ForeignKey("epoch.id")),
        sa.Column("uid", sa.BigInteger),
        _needed("sha256"),
        sa.Column("first_of", sa.Text, unique=True),
        _needed("size", sa.BigInteger),
        _needed("received_at", _INSTANT),
        _needed("stored_at", _INSTANT),
        _needed("state"),
        sa.Column("duplicate_of", _BIG, sa.ForeignKey("inbound.id")),
        _count("attempts"),
        _needed("disposition"),
        *(_text(name) for name in ("message_id", "canonical", "sender", "subject", "kind", "reason")),
        _ticket(),
        sa.Column("told_operator", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.UniqueConstraint("epoch_id", "uid"),
        sqlite_autoincrement=True,
    )
    for column in ("message_id", "canonical", "sha256"):
        _index(f"ix_inbound_{column}", "inbound", column)
    _index("ix_inbound_waiting", "inbound", "id", where="state = 'stored'")
    _index("ix_inbound_pending", "inbound", "epoch_id", where="disposition = 'pending'")


def _parts_of_tickets() -> None:
    place = sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
    op.create_table(
        "token", _ticket(key=True), place, _needed("procedure"), _needed("step"), _needed("position", sa.Integer)
    )
    key = sa.Column("key", sa.Text, primary_key=True)
    op.create_table("fact", _ticket(key=True), key, _needed("value"), _needed("position", sa.Integer))
    position = sa.Column("position", sa.Integer, primary_key=True, autoincrement=False)
    op.create_table("provider", _ticket(key=True), position, _needed("address"), _text("name"))
    op.create_table(
        "timer",
        _id(),
        sa.Column("ticket", _BIG, sa.ForeignKey("ticket.number"), nullable=False),
        _needed("clock"),
        _needed("token", sa.Integer),
        _needed("due", _INSTANT),
        _needed("on_silence", sa.Boolean),
        _needed("started_at", _INSTANT),
        sa.Column("ended_at", _INSTANT),
        sa.Column("outcome", sa.Text),
        _count("attempts"),
        sqlite_autoincrement=True,
    )
    _index("uq_timer_running", "timer", "ticket", "clock", "token", where="ended_at IS NULL", unique=True)
    _index("ix_timer_due", "timer", "due", where="ended_at IS NULL")
    op.create_table(
        "message",
        _id(),
        sa.Column("ticket", _BIG, sa.ForeignKey("ticket.number"), nullable=False),
        sa.Column("inbound", _BIG, sa.ForeignKey("inbound.id")),
        _needed("at", _INSTANT),
        _needed("author"),
        _needed("visibility"),
        _needed("text"),
        sqlite_autoincrement=True,
    )
    _index("ix_message_ticket", "message", "ticket")


def _journal() -> None:
    op.create_table(
        "journal",
        _id(),
        _needed("at", _INSTANT),
        sa.Column("cause", sa.Text, nullable=False, unique=True),
        sa.Column("ticket", sa.BigInteger),
        _needed("actor"),
        sa.Column("refused", sa.Text),
        _needed("reasons"),
        _needed("effects"),
        sqlite_autoincrement=True,
    )
    _index("ix_journal_ticket", "journal", "ticket")


def _letters() -> None:
    op.create_table(
        "outbox",
        _id(),
        sa.Column("cause", sa.Text, nullable=False, unique=True),
        sa.Column("message_id", sa.Text, nullable=False, unique=True),
        sa.Column("ticket", sa.BigInteger),
        _needed("template"),
        _needed("recipient"),
        _needed("raw", sa.LargeBinary),
        _needed("state"),
        _text("reason"),
        _needed("created_at", _INSTANT),
        _needed("not_before", _INSTANT),
        _needed("expires_at", _INSTANT),
        _count("attempts"),
        _count("ambiguous"),
        sa.Column("owner", sa.Text),
        sa.Column("leased_until", _INSTANT),
        sa.Column("ended_at", _INSTANT),
        sqlite_autoincrement=True,
    )
    _index("ix_outbox_open", "outbox", "not_before", where="state IN ('queued', 'leased', 'ambiguous')")
    _index("ix_outbox_recipient_created_at", "outbox", "recipient", "created_at")
    _index("ix_outbox_ticket", "outbox", "ticket")
    op.create_table(
        "attempt",
        _id(),
        sa.Column("outbox", _BIG, sa.ForeignKey("outbox.id"), nullable=False),
        _needed("started_at", _INSTANT),
        _needed("stage"),
        sa.Column("code", sa.Integer),
        _text("text"),
        sa.Column("outcome", sa.Text),
        sa.Column("ended_at", _INSTANT),
        sqlite_autoincrement=True,
    )
    _index("ix_attempt_outbox", "attempt", "outbox")


def _house() -> None:
    name = sa.Column("name", sa.Text, primary_key=True)
    op.create_table("lease", name, _needed("owner"), _needed("term", sa.BigInteger), _needed("expires_at", _INSTANT))
    op.create_table("instance", sa.Column("key", sa.Text, primary_key=True), _needed("value"))
