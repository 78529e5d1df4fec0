"""What a waiting letter says, in few words: the next letter to the same reader about the same ticket takes it in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


_COLUMNS = ("gist", "part_of")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("outbox", sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    for name in _COLUMNS:
        op.drop_column("outbox", name)
