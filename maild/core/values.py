"""What a mail says and who wrote it. Facts only: nothing here is a decision, and no sender can write a field of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from typing import Literal

from maild.core.mailboxes import spelt
from maild.core.words import fold

Day = date  # inside Mail, `date` is the field


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was decided: a stable code and the facts behind it, never a sentence.

    templates/<language>/reasons.toml words it for people.
    """

    code: str
    facts: tuple[tuple[str, str], ...] = ()


def because(code: str, **facts: object) -> Reason:
    """Reason("not-here", on="resuelto") written the short way; facts keep the order in which they are given."""
    return Reason(code, tuple([(key, str(value)) for key, value in facts.items()]))


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox as written in a header: `address` is lower case, `name` is decoded, one line, without controls."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the From header names, read strictly: one field, one mailbox (RELIABILITY S-16). Rights hang on `address` alone.

    `address` is empty when the header is missing or can be read in two ways; `problem` then says why.
    An empty address is nobody: no rights whatever else the mail proves. `claimed` is then an address that the mail shows,
    for people to look at. `answer_to` is set only where several people wrote together and each of them beyond doubt
    (RFC 5322 §3.6.2): what they ask for is acknowledged there, and they are nobody all the same.
    """

    address: str
    name: str = ""
    problem: str = ""
    claimed: str = ""
    answer_to: str = ""

    def __post_init__(self) -> None:
        if self.address and (self.problem or self.claimed or self.answer_to):
            raise ValueError("a sender is somebody or nobody")
        if self.answer_to and not self.problem:
            raise ValueError("a nobody without a reason")

    @property
    def mailbox(self) -> str:
        """Where a letter to whoever wrote goes, or nothing. It proves nothing."""
        return self.address or self.answer_to


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the text; `size` in decoded bytes, `sha256` of the decoded bytes, hex; `filename` is never a path.

    `filename` always says something that people can be shown; `named` is false where the mail itself gave no name.
    """

    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False
    content_id: str = ""
    named: bool = True


class Kind(StrEnum):
    """What sort of mail it is, from its headers and structure alone (CONTRACT §3)."""

    REQUEST = "request"
    REPLY = "reply"
    AUTOREPLY = "autoreply"
    BOUNCE = "bounce"
    DELAY = "delay"
    BULK = "bulk"
    SPAM = "spam"
    CALENDAR = "calendar"
    RECEIPT = "receipt"
    ALERT_PROBLEM = "alert_problem"
    ALERT_RECOVERY = "alert_recovery"
    LOOP = "loop"
    EMPTY = "empty"

    @property
    def from_person(self) -> bool:
        """A person wrote it: it may open a ticket, move one and be answered."""
        return self in (Kind.REQUEST, Kind.REPLY, Kind.EMPTY)


@dataclass(frozen=True, slots=True)
class BounceRecipient:
    """One recipient of a delivery report (RFC 3464 §2.3). `severity`: hard, soft, or "" where nothing failed;

    `reason` a key of core/bounce_words.REASONS, or "".
    """

    address: str
    action: str
    status: str
    diagnostic: str = ""
    severity: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery report: which letter (its Message-ID without brackets, or empty) failed for whom."""

    recipients: tuple[BounceRecipient, ...]
    original_message_id: str = ""


class CutKind(StrEnum):
    """What a part of a mail's text is that its author did not write this time."""

    QUOTE = "quote"
    FORWARD = "forward"
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"
    SEPARATOR = "separator"
    PICTURE = "picture"  # the place-holder of a picture, a line of its own


@dataclass(frozen=True, slots=True)
class Cut:
    """`text[start:end]` of a mail was left out of its `new_text`; offsets in characters, in order, never overlapping."""

    kind: CutKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The mail that was passed on, as its header block says: `date` as written there, `at` its offset in the text."""

    sender: Address
    date: str
    subject: str
    at: int


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as understood. Message ids stand without their angle brackets. All texts can be stored: no NUL, no lone surrogate.

    `text` is the readable body, `new_text` what its author wrote this time, `cuts` what was left out of it and
    `forwarded` the mail it passes on. `canonical` is the sha256 of what makes it
    *this* mail whatever its road was (RELIABILITY §4.2, canonical hash v1). `signs` say why `kind` is what it is.
    `away_until` is the last day of the absence that an automatic answer tells of.
    `results_depth` says of each of the `authentication_results` how many Received stand above it, `received_by` which servers
    wrote those (newest first, '' where it says none).
    `sheets`: the text of attached tables (CSV).
    `conversation` names the conversation that Outlook counts the mail to (Thread-Index), hex, or is empty.
    """

    sender: Sender
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    conversation: str = ""
    subject: str = ""
    date: datetime | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    text: str = ""
    new_text: str = ""
    cuts: tuple[Cut, ...] = ()
    forwarded: Forwarded | None = None
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    sheets: tuple[str, ...] = ()
    kind: Kind = Kind.REQUEST
    signs: tuple[Reason, ...] = ()
    bounce: Bounce | None = None
    away_until: Day | None = None
    language: str = ""
    canonical: str = ""
    instance: str = ""
    hops: int = 0
    authentication_results: tuple[str, ...] = ()
    results_depth: tuple[int, ...] = ()
    received_by: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether an automatic letter may be sent in reply: a person wrote it from an address we can trust to be one."""
        return self.kind.from_person and bool(self.sender.mailbox)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature of the whole mail that was verified: who vouches for it (a DKIM domain), by which means."""

    domain: str
    means: str = "dkim"


class Assurance(IntEnum):
    """How well a sender proved who he is (RELIABILITY §4.8.1)."""

    A0 = 0
    A1 = 1
    A2 = 2
    A3 = 3
    A4 = 4


# Answers to orders: all; where nothing else tells; only what went wrong; what went wrong, the rest in the list #mis.
Echo = Literal["always", "needed", "problems", "digest"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the directory. `key` is a short stable name; `role` a role key of the rulebook.

    `absent_from` and `absent_until` are the first and last day of an absence (no first day: it has begun), `deputy` the key
    of who stands in for him. `echo`: which answers to his orders he wants; `undo_wait`: how long letters that his orders
    cause wait here (None: as long as everybody's). `zone` is his own clock ('': the desk's), `quiet` his hours of rest,
    `fold` how long letters wait to become one (None: as the desk says), `without` the announcements he has no use for.
    """

    key: str
    address: str
    name: str
    role: str
    aliases: tuple[str, ...] = ()
    unit: str = ""
    area: str = ""
    site: str = ""
    level: str = ""
    chief_of: tuple[str, ...] = ()
    language: str = "es"
    absent_from: date | None = None
    absent_until: date | None = None
    deputy: str = ""
    echo: Echo = "needed"
    undo_wait: timedelta | None = None
    zone: str = ""
    quiet: tuple[time, time] | None = None
    fold: timedelta | None = None
    without: tuple[str, ...] = ()

    def is_away(self, day: date | None) -> bool:
        if day is None or self.absent_until is None:
            return False
        return (self.absent_from or day) <= day <= self.absent_until

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.address, *self.aliases)


@dataclass(frozen=True, slots=True)
class Author:
    """The sender of one mail, weighed: the person of the directory he is (or none) and how well that is proved.

    `both`: he answered a letter of his and somebody else vouches for him, too. `told`: his own address was told lately that
    somebody wrote in his name.
    """

    address: str
    name: str = ""
    person: Person | None = None
    assurance: Assurance = Assurance.A0
    evidence: tuple[Reason, ...] = ()
    own_domain: bool = False
    both: bool = False
    told: bool = False

    @property
    def role(self) -> str:
        return self.person.role if self.person else ""

    @property
    def language(self) -> str:
        return self.person.language if self.person else ""


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody maild knows, and the shared mailboxes of roles. Looked up by address, key or role; never changed."""

    people: tuple[Person, ...] = ()
    mailboxes: Mapping[str, str] = field(default_factory=dict)
    domains: tuple[str, ...] = ()
    _by_address: Mapping[str, Person] = field(init=False, repr=False, compare=False)
    _by_key: Mapping[str, Person] = field(init=False, repr=False, compare=False)
    _absent: tuple[Person, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Looked up for every mail and every letter: an index, made once.
        by_address = {spelt(address): p for p in reversed(self.people) for address in p.addresses}
        object.__setattr__(self, "_by_address", by_address)
        object.__setattr__(self, "_by_key", {p.key: p for p in reversed(self.people)})
        object.__setattr__(self, "_absent", tuple(p for p in self.people if p.absent_until is not None))

    def away(self, day: date | None) -> tuple[Person, ...]:
        return tuple(p for p in self._absent if p.is_away(day))

    def by_address(self, address: str) -> Person | None:
        return self._by_address.get(spelt(address))

    def by_key(self, key: str) -> Person | None:
        return self._by_key.get(key)

    def in_role(self, role: str) -> tuple[Person, ...]:
        return tuple(p for p in self.people if p.role == role)

    def named(self, words: str) -> tuple[Person, ...]:
        """Everybody whose name holds all these words, accents and case aside."""
        wanted = set(fold(words).split())
        return tuple(p for p in self.people if wanted and wanted <= set(fold(p.name).split()))

    def is_own_domain(self, address: str) -> bool:
        """Whether it is an address of ours. One with letters outside ASCII is ours only as the address of a person (S-18)."""
        domain = address.rpartition("@")[2].lower()
        return address.isascii() and any(domain == own or domain.endswith("." + own) for own in self.domains)
