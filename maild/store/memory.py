"""The tables of what the desk remembers beside its tickets: corrections, forms made out, knowledge, habits of senders."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, text

from maild.store.columns import Instant, Key, Words, metadata, row_id

# What people set right by command.
correction = Table(
    "correction",
    metadata,
    row_id(),
    Column("ticket", ForeignKey("ticket.number"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("author", Words, nullable=False),
    Column("field", Words, nullable=False),  # type | service | priority
    Column("before", Words, nullable=False, server_default=text("''")),
    Column("after", Words, nullable=False),
    Index(None, "ticket"),
    sqlite_autoincrement=True,
)

# Numbered forms as they were made out.
form = Table(
    "form",
    metadata,
    Column("document", Words, primary_key=True),
    Column("serial", Words, primary_key=True),
    Column("ticket", ForeignKey("ticket.number"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("lines", Words, nullable=False),
)

# What the desk learned while it worked.
knowledge = Table(
    "knowledge",
    metadata,
    Column("key", Words, primary_key=True),
    Column("title", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("ticket", ForeignKey("ticket.number"), nullable=False),
    Column("at", Instant, nullable=False),
)

# Paragraphs at the end of mails, by fingerprint, until they are known to be a habit (core/habits.py).
habit = Table(
    "habit",
    metadata,
    Column("domain", Key, primary_key=True),
    Column("fingerprint", Key, primary_key=True),
    Column("sender", Key, primary_key=True),
    Column("mails", Integer, nullable=False),
)
