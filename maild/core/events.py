"""What happens to the desk, and what a happening becomes once the ticket it concerns has been fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from maild.core.files import Scan
from maild.core.ticket import Ticket
from maild.core.values import Author, Mail, Person, Reason


@dataclass(frozen=True, slots=True)
class MailArrived:
    """A stored mail was understood. `received_at` is the server's receipt time, never the sender's Date (RELIABILITY TM-09).

    `scans`: what the virus scanner said of its files, by hash; empty where none runs.
    """

    inbound: int
    mail: Mail
    received_at: datetime
    scans: Mapping[str, Scan] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer row is due."""

    timer: int
    number: int
    clock: str
    token: int


@dataclass(frozen=True, slots=True)
class OperatorActed:
    """Somebody at the shell gives orders on a ticket in the name of a person of the directory."""

    number: int
    orders: str
    text: str
    person: Person


@dataclass(frozen=True, slots=True)
class MomentCame:
    """The time of a recurring clock has come; it belongs to no ticket."""

    clock: str
    at: datetime


Event = MailArrived | TimerFired | OperatorActed | MomentCame


@dataclass(frozen=True, slots=True)
class Child:
    """A ticket opened by another one's token."""

    number: int
    parent: int
    token: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Kin:
    """What a decision may have to know of other tickets.

    `number`: the next free one. `parents`: the tickets that wait for this one, nearest first. `children`: what each of
    them (and the ticket itself) opened. `named`: tickets that the mail speaks of besides. `serials`: the next number of
    each form this year. `entries`: keys of the knowledge base. `unreachable`: addresses that no letter reaches; `away`:
    the last day of the absence that somebody told of in an answer to a letter made for him.
    """

    number: int = 0
    parents: tuple[Ticket, ...] = ()
    children: tuple[Child, ...] = ()
    named: tuple[Ticket, ...] = ()
    serials: tuple[tuple[str, int], ...] = ()
    entries: tuple[str, ...] = ()
    unreachable: frozenset[str] = frozenset()
    away: Mapping[str, date] = field(default_factory=dict)


_ALONE = Kin()


@dataclass(frozen=True, slots=True)
class FirstMail:
    """A mail that belongs to no ticket. `number` is the next free ticket number; `related` a closed ticket it follows."""

    mail: Mail
    author: Author
    received_at: datetime
    number: int
    related: Ticket | None = None
    signs: tuple[Reason, ...] = ()
    kin: Kin = _ALONE


@dataclass(frozen=True, slots=True)
class Recognised:
    """A mail that a rule understood. `ticket` is the one it belongs to: `joined` without a word, or moved by it; None: it
    opens one, numbered `number`. `facts` are what the rule read in it."""

    mail: Mail
    author: Author
    rule: str
    facts: tuple[tuple[str, str], ...]
    number: int
    ticket: Ticket | None = None
    joined: bool = False
    signs: tuple[Reason, ...] = ()
    kin: Kin = _ALONE


@dataclass(frozen=True, slots=True)
class Reply:
    """A mail of somebody who takes part in the ticket (or serves the desk)."""

    mail: Mail
    author: Author
    received_at: datetime
    ticket: Ticket
    number: int
    signs: tuple[Reason, ...] = ()
    kin: Kin = _ALONE


@dataclass(frozen=True, slots=True)
class Intrusion:
    """A mail that names a ticket in which its author takes no part: a guessed number, a forwarded letter, or a colleague
    who answers the requester's own mail. `in_copy`: a mail of this ticket was sent to him, too."""

    mail: Mail
    author: Author
    ticket: Ticket
    signs: tuple[Reason, ...] = ()
    in_copy: bool = False


@dataclass(frozen=True, slots=True)
class Robot:
    """A mail that no person wrote: kept, never answered, moves nothing. `ticket` is the one it speaks about, if any.

    `proved`: it answers a letter that was made for its sender.
    """

    mail: Mail
    ticket: Ticket | None
    signs: tuple[Reason, ...] = ()
    proved: bool = False


@dataclass(frozen=True, slots=True)
class Bounced:
    """A delivery report that carries the signed Message-ID of a letter of ours, which went to `recipient`.

    `stopped`: letters to that address are stopped already.
    """

    mail: Mail
    ticket: Ticket | None
    recipient: str
    stopped: bool = False
    signs: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Flood:
    """One more first mail of somebody who opened too many tickets in the last hour; `ticket` is his newest."""

    mail: Mail
    ticket: Ticket
    signs: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Overdue:
    """A clock of the ticket ran out."""

    ticket: Ticket
    clock: str
    token: int
    kin: Kin = _ALONE


@dataclass(frozen=True, slots=True)
class Recurring:
    """The time of a recurring clock came. `tickets` are those that stand on a step that listens to it."""

    clock: str
    tickets: tuple[Ticket, ...]
    number: int
    kin: Kin = _ALONE


@dataclass(frozen=True, slots=True)
class Ordered:
    """Orders from the shell: the same grammar and the same audit as by mail."""

    ticket: Ticket
    author: Author
    orders: str
    text: str
    number: int
    kin: Kin = _ALONE


Case = FirstMail | Recognised | Reply | Intrusion | Robot | Bounced | Flood | Overdue | Recurring | Ordered
