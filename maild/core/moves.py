"""Procedures as values: steps, the moves out of them and what triggers a move. Python knows their kinds, never their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from maild.core.worktime import Span

StepKind = Literal["start", "task", "decision", "wait", "mail", "fork", "join", "sub", "child", "multi", "close"]
# Where a move ends that leads to no further step.
END = "end"
# Guards that the engine answers itself; every other name in a guard is a told fact.
#   type, channel, state, level   of the ticket
#   text, attachment              "yes" | "no": whether the mail brings words of its own, a file
#   named                         the role of the person whom the order names, "" without one
#   sender                        the role of who wrote
#   called                        "yes" | "no": whether another procedure called this one and waits
#   child                         "yes" | "no": whether another ticket opened this one and waits
#   children                      "none" | "open" | "closed": the tickets that this step opened
#   providers                     "yes" | "no": whether a provider was called in
#   month_end                     "yes" | "no": whether today is the last day of the month
#   closed                        "yes" | "no": whether the ticket is closed (its tokens may live on)
#   rows                          "yes" | "no": whether the mail brings a list, attached or parted by semicolons or tabs
GUARDS = (
    "type",
    "channel",
    "state",
    "level",
    "text",
    "attachment",
    "named",
    "sender",
    "called",
    "child",
    "children",
    "providers",
    "month_end",
    "closed",
    "rows",
)
# What an order must bring, besides `fact:key`, `fact:key=value`, `document:key`, `criterion:level,level` and `rows:table`.
NEEDS = ("text", "attachment", "person", "provider", "rows", "date", "span", "criterion", "entry", "ticket")
# What `tell` may take from the mail at hand: who wrote it, what it says to people, the words of its order.
SAID = ("{sender}", "{words}", "{value}")
# Whom a move makes responsible for the ticket, besides a role or whoever a fact names.
ASSIGNS = ("named", "sender", "nobody")


@dataclass(frozen=True, slots=True)
class OnOrder:
    verb: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class OnClock:
    clock: str


@dataclass(frozen=True, slots=True)
class OnReply:
    """A plain mail, without orders, of somebody with this relation to the ticket or in this role."""

    relation: str


@dataclass(frozen=True, slots=True)
class OnMail:
    """A mail that a rule of mails.toml recognised and that belongs to this ticket."""

    rule: str


@dataclass(frozen=True, slots=True)
class OnReturn:
    """The procedure that this step called came to its end."""


@dataclass(frozen=True, slots=True)
class OnChild:
    """A ticket that this step opened was closed; with this reason, or with any."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class OnChildren:
    """Every ticket that this step opened is closed."""


@dataclass(frozen=True, slots=True)
class Always:
    """Passes by itself as soon as its guards hold."""


Trigger = OnOrder | OnClock | OnReply | OnMail | OnReturn | OnChild | OnChildren | Always


@dataclass(frozen=True, slots=True)
class LetterTo:
    """A letter of a move or step: which template, to which relation or role (`named|jefe`: the first that is somebody)."""

    template: str
    to: str


@dataclass(frozen=True, slots=True)
class Move:
    """result ← trigger → next. No `to`: the token stays. `by` empty: the role of the step.

    Guards: all of `when` (one of the values; "*" any), none of `unless`, and the counters: `below` and `at_least` name a
    counted fact and a number or a parameter of the institution.
    `everyone`: the move is made once every person of this role has given the order.
    `learn`: what the order says becomes an entry of the knowledge base.
    `tell`: fact ← value; what somebody says (SAID) stands in braces. `says`: its letters quote what this fact holds, not the mail.
    `withdraw`: the tokens at these steps of the procedure are taken back (what they did must be done again).
    `opens`: it opens what the step's child says (else arriving at the step does).
    `quiet`: whoever's turn it becomes by this move is not told. `printed`: the target that the document prints.
    """

    on: tuple[Trigger, ...]
    to: tuple[str, ...] = ()
    result: str = ""
    by: tuple[str, ...] = ()
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    below: Mapping[str, str] = field(default_factory=dict)
    at_least: Mapping[str, str] = field(default_factory=dict)
    tell: Mapping[str, str] = field(default_factory=dict)
    forget: tuple[str, ...] = ()
    letters: tuple[LetterTo, ...] = ()
    state: str = ""
    start: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    assign: str = ""
    everyone: str = ""
    withdraw: tuple[str, ...] = ()
    again: bool = False
    learn: bool = False
    quiet: bool = False
    closing: str = ""
    says: str = ""
    printed: str = ""
    opens: bool = False

    @property
    def ends(self) -> bool:
        return END in self.to


@dataclass(frozen=True, slots=True)
class Child:
    """The ticket or tickets that a step opens. `at` is where they begin ('' : the first step of the procedure).

    `each`: one for every row of the list in the mail ("rows"), else one. `title` may name facts in braces.
    `requester` is a relation, a role, or a column of the row in braces. `letters` go out for each one.
    `day`: each is opened on the day that this column says (`ahead`: so long before), when `clock` runs out on the step's token;
    `once`: of the rows with the same in this column, in however many lists they come, one is opened.
    """

    procedure: str
    type: str
    title: str
    at: str = ""
    each: Literal["", "rows"] = ""
    requester: str = "requester"
    assign: str = ""
    facts: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    letters: tuple[LetterTo, ...] = ()
    day: str = ""
    clock: str = ""
    ahead: Span | None = None
    once: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One activity. `turn` are the "your turn" letters, sent where a token comes to rest; `clocks` run while it rests there.

    `calls`: a procedure (`KEY` or `KEY:step`) that runs on the same ticket while this token waits.
    `join`: the steps whose tokens must all have come before one goes on. `count`: a fact that counts the arrivals here.
    `unwatched`: said on purpose: a ticket may rest here and no clock runs.
    `who`, `record`, `coverage`, `human`, `printed`: what the document says, for drawings and for `maild check`.
    """

    number: str
    name: str
    kind: StepKind
    role: str
    state: str
    clocks: tuple[str, ...] = ()
    turn: tuple[LetterTo, ...] = ()
    moves: tuple[Move, ...] = ()
    calls: str = ""
    child: Child | None = None
    join: tuple[str, ...] = ()
    count: str = ""
    unwatched: bool = False
    who: str = ""
    record: str = ""
    coverage: str = ""
    human: str = ""
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Procedure:
    """`spellings` are the folded words by which an order may name it, besides its key."""

    key: str
    name: str
    source: str
    steps: Mapping[str, Step]
    first: str
    spellings: tuple[str, ...] = ()


def place(target: str, procedure: str) -> tuple[str, str]:
    """The procedure and step that a target names: `7` in the procedure at hand, or `OTHER:7`."""
    head, colon, step = target.partition(":")
    return (head, step) if colon else (procedure, target)
