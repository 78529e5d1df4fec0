"""What happens to the desk, and what a happening becomes once the ticket it concerns has been fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from maild.core.alerts import Alert, Point
from maild.core.classify import Verdict
from maild.core.files import Scan
from maild.core.listing import Happened as Happened
from maild.core.listing import Row as Row
from maild.core.orders import Order
from maild.core.sorting import Read
from maild.core.ticket import Ticket
from maild.core.undo import Done
from maild.core.values import Attachment, Author, Mail, Person, Reason, Signature


@dataclass(frozen=True, slots=True)
class MailArrived:
    """A stored mail was understood. `received_at` is the server's receipt time, never the sender's Date (RELIABILITY TM-09).

    `scans`: what the virus scanner said of its files, by hash; empty where none runs. `signatures`: those that we verified.
    `verdict`: what its words are about by the rules of today, where its reader said so.
    """

    inbound: int
    mail: Mail
    received_at: datetime
    scans: Mapping[str, Scan] = field(default_factory=dict)
    signatures: tuple[Signature, ...] = ()
    verdict: Verdict | None = None


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
    each form this year. `entries`: keys of the knowledge base. `done`: the last order of who writes on this ticket, while it
    can still be taken back. `echoes`: how many answers to orders he had in the last hour. `unreachable`: addresses that no
    letter reaches; `away`: the last day of the absence that somebody told of in an answer to a letter made for him.
    `surveyed`: how many surveys whoever asked was sent of late.
    """

    number: int = 0
    parents: tuple[Ticket, ...] = ()
    children: tuple[Child, ...] = ()
    named: tuple[Ticket, ...] = ()
    serials: tuple[tuple[str, int], ...] = ()
    entries: tuple[str, ...] = ()
    done: Done | None = None
    echoes: int = 0
    unreachable: frozenset[str] = frozenset()
    away: Mapping[str, date] = field(default_factory=dict)
    surveyed: int = 0


_ALONE = Kin()


@dataclass(frozen=True, slots=True)
class FirstMail:
    """A mail about no ticket. `number`: the next free one; `related`: a closed one it follows; `read`: what the rules make of
    it, where that was asked already, and `alike` the open reports of the failure that it then reports."""

    mail: Mail
    author: Author
    received_at: datetime
    number: int
    related: Ticket | None = None
    signs: tuple[Reason, ...] = ()
    kin: Kin = _ALONE
    read: Read | None = None
    alike: tuple[Ticket, ...] = ()


@dataclass(frozen=True, slots=True)
class Recognised:
    """A mail that a rule understood. `ticket` is the one it belongs to: `joined` without a word, or moved by it; None: it
    opens one, numbered `number`, or (`expected`) was waited for and is about none. `facts` are what the rule read in it."""

    mail: Mail
    author: Author
    rule: str
    facts: tuple[tuple[str, str], ...]
    number: int
    ticket: Ticket | None = None
    joined: bool = False
    expected: bool = False
    signs: tuple[Reason, ...] = ()
    kin: Kin = _ALONE


@dataclass(frozen=True, slots=True)
class Alerted:
    """What a machine says of something. `ticket` is the one about it, open or closed not long ago by a recovery, and `point`
    how it stood there; `others`: how many other things of that ticket are still wrong. Where there is none: `related` is one
    about it that was closed, `burst` how many tickets machines opened lately, and `storm` the one that gathers a flood.
    """

    mail: Mail
    author: Author
    alert: Alert
    number: int
    ticket: Ticket | None = None
    point: Point | None = None
    others: int = 0
    related: int = 0
    burst: int = 0
    storm: Ticket | None = None
    signs: tuple[Reason, ...] = ()
    kin: Kin = _ALONE


@dataclass(frozen=True, slots=True)
class Reply:
    """A mail of somebody who takes part in the ticket (or serves the desk).

    `inbound`: its orders may be held and asked about (0: they may not). `stale`: it is too old for orders.
    """

    mail: Mail
    author: Author
    received_at: datetime
    ticket: Ticket
    number: int
    signs: tuple[Reason, ...] = ()
    kin: Kin = _ALONE
    inbound: int = 0
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Orders that wait for their author's word: the mail that gave them, and the ticket as it stood, field by field."""

    mail: int
    ticket: int
    address: str
    subject: str
    text: str
    files: tuple[Attachment, ...]
    stood: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The answer to the question whether held orders are his, by whoever got the question."""

    reply: Reply
    held: Held

    @property
    def ticket(self) -> Ticket:
        return self.reply.ticket

    @property
    def kin(self) -> Kin:
        return self.reply.kin


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
    """The time of a recurring clock came. `tickets` are those that stand on a step that listens to it.

    `times`: when it should have come since it last did (after days of downtime more than one), `since` the time before them;
    `arrivals`: when mails that it expects came.
    """

    clock: str
    tickets: tuple[Ticket, ...]
    number: int
    kin: Kin = _ALONE
    times: tuple[datetime, ...] = ()
    since: datetime | None = None
    arrivals: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Ordered:
    """Orders from the shell: the same grammar and the same audit as by mail."""

    ticket: Ticket
    author: Author
    orders: str
    text: str
    number: int
    kin: Kin = _ALONE


@dataclass(frozen=True, slots=True)
class Personal:
    """An order about no ticket: what its author asks (`rows`, of `total`), or says of himself. Or `ticket`: its whole sheet."""

    mail: Mail
    author: Author
    order: Order
    rows: tuple[Row, ...] = ()
    total: int = 0
    story: tuple[Happened, ...] = ()
    ticket: Ticket | None = None
    signs: tuple[Reason, ...] = ()
    kin: Kin = _ALONE


@dataclass(frozen=True, slots=True)
class Batch:
    """The answer to a list of tickets, with orders on each: the number and the orders of every line, and those of its tickets
    in which the author takes part, each with its kin."""

    mail: Mail
    author: Author
    lines: tuple[tuple[int, str], ...]
    tickets: tuple[tuple[Ticket, Kin], ...]
    number: int
    signs: tuple[Reason, ...] = ()
    kin: Kin = _ALONE
    ticket: None = None


Case = (
    FirstMail
    | Recognised
    | Alerted
    | Reply
    | Confirmation
    | Intrusion
    | Robot
    | Bounced
    | Flood
    | Overdue
    | Recurring
    | Ordered
    | Personal
    | Batch
)
