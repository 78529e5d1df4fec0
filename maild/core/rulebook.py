"""What an institution decides, as values: states, roles, clocks, verbs, mail rules, lists. Python knows their kinds, never their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from maild.core.alerts import Machines
from maild.core.catalogue import Channel, Criterion, Document, Indicator, Level, Macro, Service, Table
from maild.core.classify import Classifier
from maild.core.clocks import Clock, Ladder
from maild.core.filters import Filter
from maild.core.moves import LetterTo, Move, OnClock, OnMail, OnOrder, Procedure, Step
from maild.core.outages import Outages
from maild.core.policy import Mode, Policy, Weight
from maild.core.takes import Takes
from maild.core.words import fold
from maild.core.worktime import Calendar, Span

StateKind = Literal["queued", "active", "waiting", "resolved", "closed"]
# chief: who leads the area of the person who asked (the directory says who).
RoleKind = Literal["requester", "desk", "agent", "approver", "provider", "external", "machine", "chief"]
# What a verb does besides moving the ticket along its procedure.
Act = Literal[
    "move",
    "take",
    "assign",
    "level",
    "provider",
    "type",
    "category",
    "service",
    "priority",
    "fact",
    "note",
    "document",
    "form",
    "entry",
    "void",
    "duplicate",
    "unmerge",
    "register",
    "begin",
    "split",
    "show",
    "keep",
    "title",
    "try",
    "confirm",
    "sheet",
    "mine",
    "queue",
    "search",
    "away",
    "back",
    "follow",
    "leave",
    "undo",
    "reply",
    "copy",
    "remind",
    "link",
    "template",
]
# On what proof a verb is done: the least assurance, or its row of policy.toml.
Proof = Literal["A1", "A2", "A3", "A4", "read", "safe", "act", "proved", "final"]
# Whom a letter may go to besides the people of a role.
RELATIONS = (
    "requester",
    "responsible",
    "creator",
    "providers",
    "provider",  # the one called in last
    "sender",
    "named",  # whom the order names
    "caller",  # whoever waits for this ticket: the responsible of the one that opened it; else who asked
    "list",  # the addresses that the order gives as lista=…
    "turn",  # whose turn it is: the role of the step
    "operator",  # who runs the program
)
# A group of roles in `by`: everybody whose role is of this kind; staff are the desk, agents and approvers.
GROUPS = ("@staff", "@desk", "@agent", "@approver", "@external", "@provider", "@chief", "@anybody")
STAFF = ("desk", "agent", "approver")


@dataclass(frozen=True, slots=True)
class State:
    key: str
    label: str
    kind: StateKind


@dataclass(frozen=True, slots=True)
class Role:
    """`audience` names the folder of templates its letters come from. `by_area`: a letter goes to those of the areas concerned."""

    key: str
    label: str
    kind: RoleKind
    audience: str
    unit: str = ""
    by_area: bool = False


@dataclass(frozen=True, slots=True)
class Verb:
    """An order people may give. `spellings` are folded words; `by` may always give it, wherever the ticket stands.

    `weight` is its row in the policy, which says on what proof it is done; `button` its
    label in each language ('' or none: it has no button);
    `closing` why the ticket is closed where the order itself closes it. `quiet`: it is never confirmed for its own sake;
    `confirmed`: always. `spaced`: words after `key=` belong to the value until the next key.
    `conformity`: it says that the requester accepts what was done, or refuses it.
    `letters` go out whenever the order is carried out. `values` are those it knows (none: any).
    `takes`: what its arguments are; `phrases`: words that say it together with a value («no procede» = no), `signed` which
    of those count only behind a sign. `awaited`: without its sign it counts only where a step waits for it. `careful`: it is
    never done on a guess. `instead`: the verb that it stands for where nothing waits for this one. `alone`: the value that it has
    without any («Procede.»). `about`: what it does, by language; `card`: how it stands on the card of orders.
    """

    key: str
    act: Act
    spellings: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    weight: Weight = "act"
    button: Mapping[str, str] = field(default_factory=dict)
    closing: str = ""
    quiet: bool = False
    confirmed: bool = False
    conformity: Literal["", "given", "refused"] = ""
    spaced: bool = False
    letters: tuple[LetterTo, ...] = ()
    values: tuple[str, ...] = ()
    takes: tuple[Takes, ...] = ()
    phrases: Mapping[str, str] = field(default_factory=dict)
    signed: tuple[str, ...] = ()
    awaited: bool = False
    careful: bool = False
    alone: str = ""
    instead: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    card: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MailRule:
    """A mail that means something by itself: from these roles, with one of these words in its subject or text.

    `read`: fact ← label of a line «Label: value». `finds`: the fact whose value the mail must name, or `requester`; the
    ticket is an open one that waits for this rule. `joins`: an open ticket with the same facts takes the mail in without
    a word. `opens`: else a new ticket of this type, asked for by `requester` (a role; none: who wrote).
    """

    key: str
    sender: tuple[str, ...]
    subject: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    read: Mapping[str, str] = field(default_factory=dict)
    tell: Mapping[str, str] = field(default_factory=dict)
    finds: str = ""
    joins: tuple[str, ...] = ()
    opens: str = ""
    requester: str = ""
    letters: tuple[LetterTo, ...] = ()


@dataclass(frozen=True, slots=True)
class Reopening:
    """What a person's reply to a closed ticket does: `reopen` it within the span (at this step), else a `new` linked ticket."""

    mode: Literal["reopen", "new"]
    within: Span | None
    step: str = ""
    letters: tuple[LetterTo, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """Sent once, when a ticket is closed; an answer of one number up to `best` counts. No `template`: there is none.

    Nobody gets more than `most` of them in `days` (0: as many as there are).
    """

    template: str = ""
    best: int = 5
    clock: str = ""
    most: int = 0
    days: int = 30


@dataclass(frozen=True, slots=True)
class Answers:
    """Words with which people answer without orders. Folded: lower case, no accents. `verbs` maps an answer to the verb it stands for.

    `asked`: words that answer only where the question is open («sí»); `who`: the relations that may say it (none: anybody).
    `goes_on`: those behind which more follows without a pause: `any` words, or only where the answer is in capitals (`loud`).
    """

    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    verbs: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    who: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    goes_on: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)  # one rulebook is itself: what is worked out from it may be kept for it
class Rulebook:
    """Everything one institution decides. Built by maild/rules, which checks every name in it.

    `pairs`: what a key in `clave=valor` means to the engine (usuario → requester); `facts`: the values it may have.
    `told`: every fact that people may tell; `polite`: words that say nothing beside an order; `synonyms`: other words for values.
    `once`: templates that one ticket is sent once; `once_per_text`: again only where they say something else.
    `urgent`: the priorities whose reminders rest at no hour.
    `calendars`: those of sites and units that have hours of their own; `sites` and `units` say whose, by folded name.
    `settings`: the dotted keys that a story or an operator may change.
    `notices`: what the institution has left open.
    """

    key: str
    name: str
    mark_key: str
    states: Mapping[str, State]
    roles: Mapping[str, Role]
    types: Mapping[str, str]
    priorities: Mapping[str, str]
    clocks: Mapping[str, Clock]
    verbs: Mapping[str, Verb]
    procedures: Mapping[str, Procedure]
    opening: Mapping[str, str]
    default_type: str
    reopening: Reopening
    answers: Answers
    calendar: Calendar
    settings: Mapping[str, str]
    letters: Mapping[str, tuple[LetterTo, ...]]
    closings: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[Mode, Policy] = field(default_factory=dict)
    survey: Survey = field(default_factory=Survey)
    ladder: Ladder = field(default_factory=Ladder)
    mails: Mapping[str, MailRule] = field(default_factory=dict)
    machines: Machines = field(default_factory=Machines)
    outages: Outages = field(default_factory=Outages)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    own_catalogue: bool = False  # else the rows are those of `base`, and people may also say others
    levels: Mapping[str, Level] = field(default_factory=dict)
    criteria: Mapping[str, Criterion] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    polite: frozenset[str] = frozenset()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    once: frozenset[str] = frozenset()
    urgent: frozenset[str] = frozenset()
    once_per_text: frozenset[str] = frozenset()
    notices: tuple[str, ...] = ()
    natures: Mapping[str, str] = field(default_factory=dict)
    classifier: Classifier | None = None
    filters: tuple[Filter, ...] = ()
    macros: Mapping[str, Macro] = field(default_factory=dict)

    def step(self, procedure: str, number: str) -> Step | None:
        book = self.procedures.get(procedure)
        return book.steps.get(number) if book else None

    def hours(self, site: str = "", unit: str = "") -> Calendar:
        """The calendar of a site, else of a unit, else the institution's."""
        key = self.sites.get(fold(site)) or self.units.get(fold(unit))
        return self.calendars[key] if key else self.calendar

    def calendar_of(self, key: str) -> Calendar:
        """The calendar of this key; the institution's where it is gone."""
        return self.calendars.get(key, self.calendar)

    def closing(self, reason: str) -> str:
        """The reason, or the ordinary one: the first that the institution names."""
        return reason or next(iter(self.closings), "closed")

    def fact_for(self, meaning: str) -> str:
        """The fact that holds what has this meaning to the engine."""
        return next((fact for fact, means in self.pairs.items() if means == meaning), meaning)

    def requester_roles(self) -> frozenset[str]:
        return frozenset(key for key, role in self.roles.items() if role.kind == "requester")

    def provider_roles(self) -> frozenset[str]:
        return frozenset(key for key, role in self.roles.items() if role.kind == "provider")

    def is_staff(self, role: str) -> bool:
        known = self.roles.get(role)
        return known is not None and known.kind in STAFF

    def groups(self, role: str) -> frozenset[str]:
        """The groups that a role belongs to."""
        known = self.roles.get(role)
        if known is None:
            return frozenset()
        return frozenset({f"@{known.kind}", "@anybody"} | ({"@staff"} if known.kind in STAFF else set()))

    def all_steps(self) -> Iterator[tuple[Procedure, Step]]:
        for procedure in self.procedures.values():
            for step in procedure.steps.values():
                yield procedure, step

    def takes(self, procedure: str, number: str, verb: str) -> bool:
        """Whether some move of this step is made by this verb."""
        step = self.step(procedure, number)
        return step is not None and any(_listens(move, verb) for move in step.moves)

    def can_tell(self, fact: str) -> bool:
        """Whether people tell this fact: it has its values in commands.toml, or an order of its own."""
        verb = self.verbs.get(fact)
        return fact in self.facts or (verb is not None and verb.act == "fact")

    def may_ever(self, verb: Verb, standing: frozenset[str]) -> bool:
        """Whether somebody of this standing may give the order at some step of some procedure."""
        if standing & set(verb.by):
            return True
        return any(
            _listens(move, verb.key) and standing & set(move.by or (step.role,))
            for _, step in self.all_steps()
            for move in step.moves
        )

    def deadlines(self) -> frozenset[str]:
        """The clocks by which work is late."""
        return frozenset(key for key, clock in self.clocks.items() if clock.is_deadline)

    def set_anew(self) -> frozenset[str]:
        """The clocks that some move sets anew when they run out."""
        moves = (move for _, step in self.all_steps() for move in step.moves if move.again)
        return frozenset(trigger.clock for move in moves for trigger in move.on if isinstance(trigger, OnClock))

    def waits_for(self, rule: str) -> frozenset[tuple[str, str]]:
        """The steps (procedure, number) that a mail of this rule can move."""
        wanted = OnMail(rule)
        return frozenset((p.key, s.number) for p, s in self.all_steps() if any(wanted in m.on for m in s.moves))


def _listens(move: Move, verb: str) -> bool:
    return any(isinstance(trigger, OnOrder) and trigger.verb == verb for trigger in move.on)
