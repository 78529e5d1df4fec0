"""What an institution decides, as values: states, roles, clocks, verbs, procedures. Python knows their kinds, never their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from maild.core.worktime import Calendar, Span

StateKind = Literal["queued", "active", "waiting", "resolved", "closed"]
RoleKind = Literal["requester", "desk", "agent", "approver", "provider", "external", "machine"]
StepKind = Literal["start", "task", "decision", "wait", "mail", "close"]
ClockMeaning = Literal["work", "silence"]
# What a verb does besides moving the ticket along its procedure.
Act = Literal["move", "take", "assign", "type", "category", "service", "priority", "fact", "note", "void"]
# Whom a letter may go to besides the people of a role.
RELATIONS = ("requester", "responsible", "creator", "providers", "sender", "arrived")


@dataclass(frozen=True, slots=True)
class State:
    key: str
    label: str
    kind: StateKind


@dataclass(frozen=True, slots=True)
class Role:
    """`audience` names the folder of templates its letters come from."""

    key: str
    label: str
    kind: RoleKind
    audience: str


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline. `span` None: no value was given, so it never starts. `silence` clocks mean that nobody objected.

    `only_if` names settings that must have these values for the clock to start at all.
    """

    key: str
    span: Span | None
    meaning: ClockMeaning = "work"
    only_if: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verb:
    """An order people may give. `spellings` are folded words; `by` may always give it, wherever the ticket stands.

    `proof` is the least Assurance it asks for; `button` its label in each language ('' or none: it has no button);
    `closing` why the ticket is closed where the order itself closes it.
    """

    key: str
    act: Act
    spellings: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    proof: int = 2
    button: Mapping[str, str] = field(default_factory=dict)
    closing: str = ""


@dataclass(frozen=True, slots=True)
class OnOrder:
    verb: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class OnClock:
    clock: str


@dataclass(frozen=True, slots=True)
class OnReply:
    """A plain mail, without orders, of somebody with this relation to the ticket."""

    relation: str


@dataclass(frozen=True, slots=True)
class Always:
    """Passes by itself as soon as its guards hold."""


Trigger = OnOrder | OnClock | OnReply | Always


@dataclass(frozen=True, slots=True)
class LetterTo:
    """A letter of a move or step: which template, to which relation or role."""

    template: str
    to: str


@dataclass(frozen=True, slots=True)
class Move:
    """result ← trigger → next. No `to`: the token stays. `by` empty: the role of the step. Guards: all of `when`, none of `unless`."""

    on: tuple[Trigger, ...]
    to: tuple[str, ...] = ()
    result: str = ""
    by: tuple[str, ...] = ()
    when: Mapping[str, str] = field(default_factory=dict)
    unless: Mapping[str, str] = field(default_factory=dict)
    tell: Mapping[str, str] = field(default_factory=dict)
    letters: tuple[LetterTo, ...] = ()
    state: str = ""
    start: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    again: bool = False
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One activity. `turn` are the "your turn" letters, sent where a token comes to rest; `clocks` run while it rests there."""

    number: str
    name: str
    kind: StepKind
    role: str
    state: str
    clocks: tuple[str, ...] = ()
    turn: tuple[LetterTo, ...] = ()
    moves: tuple[Move, ...] = ()
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Procedure:
    key: str
    name: str
    source: str
    steps: Mapping[str, Step]
    first: str


@dataclass(frozen=True, slots=True)
class Reopening:
    """What a person's reply to a closed ticket does: `reopen` it within the span (at this step), else a `new` linked ticket."""

    mode: Literal["reopen", "new"]
    within: Span | None
    step: str = ""
    letters: tuple[LetterTo, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """Words with which people answer without orders. Folded: lower case, no accents. `verbs` maps an answer to the verb it stands for."""

    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    verbs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything one institution decides. Built by maild/rules.py, which checks every name in it."""

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

    def step(self, procedure: str, number: str) -> Step | None:
        book = self.procedures.get(procedure)
        return book.steps.get(number) if book else None

    def requester_roles(self) -> frozenset[str]:
        return frozenset(key for key, role in self.roles.items() if role.kind == "requester")

    def provider_roles(self) -> frozenset[str]:
        return frozenset(key for key, role in self.roles.items() if role.kind == "provider")

    def is_staff(self, role: str) -> bool:
        known = self.roles.get(role)
        return known is not None and known.kind in ("desk", "agent", "approver")

    def takes(self, procedure: str, number: str, verb: str) -> bool:
        """Whether some move of this step is made by this verb."""
        step = self.step(procedure, number)
        return step is not None and any(_listens(move, verb) for move in step.moves)

    def may_ever(self, verb: Verb, standing: frozenset[str]) -> bool:
        """Whether somebody of this standing may give the order at some step of some procedure."""
        if standing & set(verb.by):
            return True
        steps = (step for procedure in self.procedures.values() for step in procedure.steps.values())
        return any(
            _listens(move, verb.key) and standing & set(move.by or (step.role,))
            for step in steps
            for move in step.moves
        )


def _listens(move: Move, verb: str) -> bool:
    return any(isinstance(trigger, OnOrder) and trigger.verb == verb for trigger in move.on)
