"""The tables. Facts that carry a promise are unique keys here, so that no run of the program can break them twice."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    false,
    text,
)

from maild.store.columns import BIG, Instant, Key, Words, row_id
from maild.store.columns import metadata as metadata
from maild.store.memory import correction as correction
from maild.store.memory import form as form
from maild.store.memory import habit as habit
from maild.store.memory import knowledge as knowledge

# The newest migration in maild/store/migrations/versions; a test holds the two together.
VERSION = "0015"


def _words(name: str, kind: type[Words] = Words) -> Column[str]:
    return Column(name, kind, nullable=False, server_default=text("''"))


epoch = Table(
    "epoch",
    metadata,
    row_id(),
    Column("account", Words, nullable=False),
    Column("folder", Words, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("drained_upto", Instant),  # everything the server had received by then is stored
    Column("closed_at", Instant),
    UniqueConstraint("account", "folder", "uidvalidity"),
)

inbound = Table(
    "inbound",
    metadata,
    row_id(),
    Column("epoch_id", ForeignKey("epoch.id")),  # none: it came through `maild ingest`
    Column("uid", BigInteger),
    Column("sha256", Words, nullable=False),
    # The same hash, but only on the first row that holds these bytes: the second such row cannot be written.
    Column("first_of", Words, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("state", Words, nullable=False),  # stored | done | auto | duplicate | parked | ignored
    Column("duplicate_of", ForeignKey("inbound.id")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("disposition", Words, nullable=False),  # pending | moved | gone | none
    _words("message_id", Key),
    _words("canonical", Key),
    _words("sender"),
    _words("subject"),
    _words("kind"),
    _words("reason"),
    Column("ticket", ForeignKey("ticket.number")),
    Column("told_operator", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("epoch_id", "uid"),
    Index(None, "message_id"),
    Index(None, "canonical"),
    Index(None, "sha256"),
    Index("ix_inbound_waiting", "id", sqlite_where=text("state = 'stored'"), postgresql_where=text("state = 'stored'")),
    Index(
        "ix_inbound_pending",
        "epoch_id",
        sqlite_where=text("disposition = 'pending'"),
        postgresql_where=text("disposition = 'pending'"),
    ),
    sqlite_autoincrement=True,
)

ticket = Table(
    "ticket",
    metadata,
    Column("number", BIG, primary_key=True, autoincrement=False),
    _words("title"),
    _words("state"),
    _words("type"),
    _words("category"),
    _words("subcategory"),
    _words("service"),
    _words("priority"),
    _words("channel"),
    _words("language"),
    _words("requester", Key),
    _words("requester_name"),
    Column("creator", Words),
    Column("creator_name", Words),
    Column("responsible", Words),
    Column("responsible_name", Words),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    _words("closing_reason"),
    Column("related", BigInteger, nullable=False, server_default=text("0")),
    _words("first_message_id"),
    Column("parent", BigInteger, nullable=False, server_default=text("0")),  # the ticket that opened it and waits
    Column("parent_token", Integer, nullable=False, server_default=text("0")),
    Index(None, "state"),
    Index(None, "requester"),
    Index("ix_ticket_parent", "parent", sqlite_where=text("parent > 0"), postgresql_where=text("parent > 0")),
)

token = Table(
    "token",
    metadata,
    Column("ticket", ForeignKey("ticket.number"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("procedure", Words, nullable=False),
    Column("step", Words, nullable=False),
    Column("position", Integer, nullable=False),
    Column("caller", Integer, nullable=False, server_default=text("0")),
    _words("came"),
)

fact = Table(
    "fact",
    metadata,
    Column("ticket", ForeignKey("ticket.number"), primary_key=True),
    Column("key", Key, primary_key=True),
    Column("value", Words, nullable=False),
    Column("position", Integer, nullable=False),
    Index(None, "key", "ticket"),
)

provider = Table(
    "provider",
    metadata,
    Column("ticket", ForeignKey("ticket.number"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("address", Words, nullable=False),
    _words("name"),
)

# What a mail of a ticket says about the conversation, besides its Message-ID.
correspondence = Table(
    "correspondence",
    metadata,
    Column("inbound", ForeignKey("inbound.id"), primary_key=True),
    Column("ticket", ForeignKey("ticket.number"), nullable=False),
    _words("conversation", Key),  # Outlook's Thread-Index
    _words("copied"),  # to whom else it was sent: " a@x  b@y "
    Index(None, "conversation"),
    Index(None, "ticket"),
)

# Numbers that a provider's own desk gave to a ticket of ours.
case_number = Table(
    "case_number",
    metadata,
    Column("ticket", ForeignKey("ticket.number"), primary_key=True),
    Column("address", Key, primary_key=True),
    Column("value", Key, primary_key=True),
    Index(None, "address", "value"),
)

timer = Table(
    "timer",
    metadata,
    row_id(),
    Column("ticket", ForeignKey("ticket.number"), nullable=False),
    Column("clock", Words, nullable=False),
    Column("token", Integer, nullable=False),
    Column("due", Instant, nullable=False),
    Column("on_silence", Boolean, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("outcome", Words),  # fired | stopped
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _words("span"),  # 4wh: what is counted from started_at on; empty: the moment itself was told
    _words("calendar"),  # on whose calendar; empty: the institution's
    _words("pauses"),  # from/until/why;… : when it stood still
    Column("ran", Integer, nullable=False, server_default=text("0")),  # how often it had run out before
    Index(
        "uq_timer_running",
        "ticket",
        "clock",
        "token",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index(None, "ticket"),
    Index("ix_timer_due", "due", sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
    sqlite_autoincrement=True,
)

message = Table(
    "message",
    metadata,
    row_id(),
    Column("ticket", ForeignKey("ticket.number"), nullable=False),
    Column("inbound", ForeignKey("inbound.id")),
    Column("at", Instant, nullable=False),
    Column("author", Words, nullable=False),
    Column("visibility", Words, nullable=False),  # public | internal | third_party
    Column("text", Words, nullable=False),
    Index(None, "ticket"),
    sqlite_autoincrement=True,
)

# The files of mails that belong to tickets. Their bytes lie in the raw mail and nowhere else.
attachment = Table(
    "attachment",
    metadata,
    row_id(),
    Column("inbound", ForeignKey("inbound.id"), nullable=False),
    Column("ticket", ForeignKey("ticket.number"), nullable=False),
    Column("position", Integer, nullable=False),
    _words("filename"),  # what the mail says: shown, never the name of anything on a disk
    _words("content_type"),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Words, nullable=False),
    Column("inline", Boolean, nullable=False),
    _words("content_id"),
    _words("domain", Key),  # of the sender: logos are known by their repetition there
    Column("fate", Words, nullable=False),  # file | logo | refused | infected
    _words("why"),  # the code of the reason where it is not simply kept
    _words("scan"),  # clean | infected | unchecked; empty: no scanner runs
    _words("scan_said"),
    UniqueConstraint("inbound", "ticket", "position"),
    Index(None, "ticket"),
    Index(None, "sha256", "domain"),
    sqlite_autoincrement=True,
)

journal = Table(
    "journal",
    metadata,
    row_id(),
    Column("at", Instant, nullable=False),
    # inbound:7, timer:12, order:…: the same cause is never applied twice.
    Column("cause", Key, nullable=False, unique=True),
    Column("ticket", BigInteger),
    Column("actor", Words, nullable=False),
    Column("refused", Words),
    Column("reasons", Words, nullable=False),
    Column("effects", Words, nullable=False),
    Index(None, "ticket"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    row_id(),
    Column("cause", Key, nullable=False, unique=True),  # journal cause : position in the decision
    Column("message_id", Key, nullable=False, unique=True),
    Column("ticket", BigInteger),
    Column("template", Words, nullable=False),
    Column("recipient", Key, nullable=False),
    Column("raw", LargeBinary, nullable=False),  # rendered once; a repeat is these very bytes
    Column(
        "state", Words, nullable=False
    ),  # queued | leased | sent | failed | ambiguous | unknown | held | dropped | cancelled
    _words("reason"),
    Column("created_at", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("ambiguous", Integer, nullable=False, server_default=text("0")),
    Column("owner", Words),
    Column("leased_until", Instant),
    Column("ended_at", Instant),
    _words("held_by"),  # of a held one: rehearsal | operator | stopped | brake | address | ticket | domain
    _words("gist"),  # of one that may be taken in by a later letter: what it says, a list in JSON
    _words("part_of"),  # of one that was: the Message-ID of the letter that says it all
    Index(None, "created_at"),
    Index("ix_outbox_held", "held_by", sqlite_where=text("state = 'held'"), postgresql_where=text("state = 'held'")),
    Index(
        "ix_outbox_open",
        "not_before",
        sqlite_where=text("state IN ('queued', 'leased', 'ambiguous')"),
        postgresql_where=text("state IN ('queued', 'leased', 'ambiguous')"),
    ),
    Index(None, "recipient", "created_at"),
    Index(None, "ticket"),
    sqlite_autoincrement=True,
)

attempt = Table(
    "attempt",
    metadata,
    row_id(),
    Column("outbox", ForeignKey("outbox.id"), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("stage", Words, nullable=False),
    Column("code", Integer),
    _words("text"),
    Column("outcome", Words),
    Column("ended_at", Instant),
    Index(None, "outbox"),
    sqlite_autoincrement=True,
)

# Orders that wait for their author's word (core/confirming.py): one row for each mail that gave some.
held_order = Table(
    "held_order",
    metadata,
    Column("mail", ForeignKey("inbound.id"), primary_key=True, autoincrement=False),
    Column("ticket", ForeignKey("ticket.number"), nullable=False),
    Column("address", Key, nullable=False),
    Column("subject", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("files", Words, nullable=False),
    Column("stood", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", Words, nullable=False),  # waiting | done | denied | refused | changed
    Column("ended_at", Instant),
    Index(None, "address", "created_at"),
)
