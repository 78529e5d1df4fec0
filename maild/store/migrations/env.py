"""What Alembic runs for each upgrade: our steps, inside the transaction that maild/store/upgrade.py has begun."""

from __future__ import annotations

from alembic import context

from maild.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    compare_server_default=True,
    transactional_ddl=True,  # true of SQLite too, for we say BEGIN ourselves
)
context.run_migrations()
