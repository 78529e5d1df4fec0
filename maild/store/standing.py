"""The tables that refer to no other."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, Table, Text, UniqueConstraint, false, text

from maild.store.columns import BIG, Instant, Key, Words, metadata, row_id

counter = Table(
    "counter",
    metadata,
    Column("name", Words, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# When each recurring clock comes next: once for the institution, whoever asks.
agenda = Table(
    "agenda",
    metadata,
    Column("clock", Words, primary_key=True),
    Column("due", Instant, nullable=False),
    Column("period", Date),  # the first day of the period that its next occasion is for
    Column("rhythm", Words, nullable=False, server_default=text("''")),  # of which periods: core/occasions.py
)

# Mails that a recurring clock expects and that came. Once no occasion asks for it any more the row goes.
arrival = Table(
    "arrival",
    metadata,
    Column("clock", Key, primary_key=True),
    Column("cause", Key, primary_key=True),  # the journal's
    Column("at", Instant, nullable=False),  # when the server received it
    Index(None, "clock", "at"),
)

# Addresses that letters do not get through to: none is sent there until the row is gone.
suppression = Table(
    "suppression",
    metadata,
    Column("address", Key, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("reason", Words, nullable=False),  # a reason class of core/bounce_words
    Column("status", Words, nullable=False),
    Column("diagnostic", Words, nullable=False),
    Column("ticket", BIG),
    Column("cause", Words, nullable=False),  # the journal's
)

absence = Table(
    "absence",
    metadata,
    Column("address", Key, primary_key=True),
    Column("until", Date, nullable=False),  # the last day of it
    Column("told_at", Instant, nullable=False),
    Column("proved", Boolean, nullable=False),  # the answer named a letter that was made for this address
    Column("cause", Words, nullable=False),
    Column("ordered", Boolean, nullable=False, server_default=false()),  # by #ausente: then his turns go to the deputy
    Column("deputy", Words, nullable=False, server_default=text("''")),  # a key of the directory, or empty
    Column("since", Date),  # the first day; none: it began when it was told
    Column("back", Boolean, nullable=False, server_default=false()),  # by #presente: what the directory says is over
)

# Mails that carried a token of ours which nobody ever gave their sender, for an hour: who guesses is found out.
guess = Table(
    "guess",
    metadata,
    row_id(),
    Column("address", Key, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "address", "at"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

# Orders that can still be taken back, with their tickets before and after. A day later the row goes.
undoable = Table(
    "undoable",
    metadata,
    row_id(),
    Column("ticket", BIG, nullable=False),
    Column("cause", Key, nullable=False),  # the journal's; one mail may give orders on several tickets
    Column("by", Key, nullable=False),
    Column("orders", Words, nullable=False),
    Column("until", Instant, nullable=False),
    Column("used", Boolean, nullable=False),
    Column("tickets", Text, nullable=False),  # JSON, ASCII
    UniqueConstraint("cause", "ticket"),
    Index(None, "ticket", "by"),
    Index(None, "until"),
    sqlite_autoincrement=True,
)

lease = Table(
    "lease",
    metadata,
    Column("name", Words, primary_key=True),
    Column("owner", Words, nullable=False),
    Column("term", BigInteger, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

instance = Table(
    "instance",
    metadata,
    Column("key", Words, primary_key=True),
    Column("value", Words, nullable=False),
)

# What happened to tickets, one line each and never changed: from it every figure of every past month is counted.
event = Table(
    "event",
    metadata,
    row_id(),
    Column("at", Instant, nullable=False),
    Column("ticket", BigInteger, nullable=False),
    Column("kind", Key, nullable=False),  # core/figures.py names them
    Column("value", Words, nullable=False),
    Index(None, "ticket", "id"),
    Index(None, "kind", "at", "ticket"),
    sqlite_autoincrement=True,
)

# What machines say, counted: one row for each thing that is wrong on a ticket (core/alerting.py). The keys are folded.
alert = Table(
    "alert",
    metadata,
    Column("ticket", BIG, primary_key=True, autoincrement=False),
    Column("host", Key, primary_key=True),
    Column("service", Key, primary_key=True),
    Column("what", Words, nullable=False),  # problem | recovery
    Column("severity", Integer, nullable=False),  # the worst so far
    Column("count", Integer, nullable=False),  # of problems
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Index(None, "service", "host"),
)
