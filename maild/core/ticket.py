"""A ticket as it stands: one visible state, positions in procedures, told facts, running clocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from maild.core.values import Address
from maild.core.worktime import Pause, Span


@dataclass(frozen=True, slots=True)
class Token:
    """A position in a procedure. `id` is unique within the ticket; several tokens are parallel branches.

    `caller`: the token that waits for this one's procedure to end (0: none). `came`: the step it came from to a join where
    it waits for the others; such a token is not live.
    """

    id: int
    procedure: str
    step: str
    caller: int = 0
    came: str = ""

    @property
    def live(self) -> bool:
        return not self.came

    @property
    def place(self) -> str:
        return f"{self.procedure}:{self.step}"


@dataclass(frozen=True, slots=True)
class Timer:
    """A running clock. `clock` is a clock key of the rulebook, `token` the token whose step started it (0: none).

    `on_silence`: it means that nobody objected, so it may fire only once the mailbox has been read past `due`.
    `ran`: how often it has run out already, while nothing moved.
    `due` follows from the rest where a `span` is counted: since when, on which calendar ('': the institution's), and when
    the clock stood still. None and none of it: the moment itself was told.
    """

    clock: str
    token: int
    due: datetime
    on_silence: bool = False
    started: datetime | None = field(default=None, compare=False)
    span: Span | None = None
    calendar: str = ""
    pauses: tuple[Pause, ...] = ()
    ran: int = 0


@dataclass(frozen=True, slots=True)
class Ticket:
    """A person-visible case. `number` is its identity, given once and never again; times carry a zone."""

    number: int
    title: str
    state: str
    requester: Address
    opened_at: datetime
    type: str = ""
    category: str = ""
    subcategory: str = ""
    service: str = ""
    priority: str = ""
    channel: str = "mail"
    language: str = "es"
    creator: Address | None = None
    responsible: Address | None = None
    providers: tuple[Address, ...] = ()
    tokens: tuple[Token, ...] = ()
    timers: tuple[Timer, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    closed_at: datetime | None = None
    closing_reason: str = ""
    related: int = 0
    # The ticket that opened this one and waits for it, and its token that waits (0: nobody does).
    parent: int = 0
    parent_token: int = 0
    # Message-ID of the mail that opened it: the root of the conversation in everybody's mail program.
    first_message_id: str = ""

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    def fact(self, key: str) -> str | None:
        return next((value for name, value in self.facts if name == key), None)

    def token(self, token_id: int) -> Token | None:
        return next((t for t in self.tokens if t.id == token_id), None)

    def timers_of(self, token_id: int) -> tuple[Timer, ...]:
        return tuple(t for t in self.timers if t.token == token_id)

    def timer(self, clock: str, token_id: int) -> Timer | None:
        return next((t for t in self.timers if t.clock == clock and t.token == token_id), None)
