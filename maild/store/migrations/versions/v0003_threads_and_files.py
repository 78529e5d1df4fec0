"""Threads and files: what mails say about their conversation, case numbers of providers, and the attachments of tickets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _conversations()
    _attachments()


def _conversations() -> None:
    op.create_table(
        "correspondence",
        sa.Column(
            "inbound", _BIG, sa.ForeignKey("inbound.id", name="fk_correspondence_inbound_inbound"), nullable=False
        ),
        sa.Column(
            "ticket", _BIG, sa.ForeignKey("ticket.number", name="fk_correspondence_ticket_ticket"), nullable=False
        ),
        _words("conversation"),
        _words("copied"),
        sa.PrimaryKeyConstraint("inbound", name="pk_correspondence"),
    )
    op.create_index("ix_correspondence_conversation", "correspondence", ["conversation"])
    op.create_index("ix_correspondence_ticket", "correspondence", ["ticket"])
    op.create_table(
        "case_number",
        sa.Column("ticket", _BIG, sa.ForeignKey("ticket.number", name="fk_case_number_ticket_ticket"), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ticket", "address", "value", name="pk_case_number"),
    )
    op.create_index("ix_case_number_address_value", "case_number", ["address", "value"])


def _attachments() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("inbound", _BIG, sa.ForeignKey("inbound.id", name="fk_attachment_inbound_inbound"), nullable=False),
        sa.Column("ticket", _BIG, sa.ForeignKey("ticket.number", name="fk_attachment_ticket_ticket"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        _words("filename"),
        _words("content_type"),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("inline", sa.Boolean, nullable=False),
        _words("content_id"),
        _words("domain"),
        sa.Column("fate", sa.Text, nullable=False),
        _words("why"),
        _words("scan"),
        _words("scan_said"),
        sa.UniqueConstraint("inbound", "ticket", "position", name="uq_attachment_inbound_ticket_position"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attachment_ticket", "attachment", ["ticket"])
    op.create_index("ix_attachment_sha256_domain", "attachment", ["sha256", "domain"])


def downgrade() -> None:
    for table in ("attachment", "case_number", "correspondence"):
        op.drop_table(table)


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))
