"""What a decision does to a ticket and to people. `evolve` is the only interpreter: the store writes the difference that it made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, assert_never

from maild.core.alerts import Count
from maild.core.pending import Arrived, EndHold, Guessed, HoldOrders, Undo, Undoable
from maild.core.pending import Present as Present
from maild.core.ticket import Ticket, Timer, Token
from maild.core.values import Address, Reason

Field = Literal["title", "type", "category", "subcategory", "service", "priority"]
Visibility = Literal["public", "internal", "third_party"]


@dataclass(frozen=True, slots=True)
class Open:
    """A new ticket, whole."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class SetState:
    number: int
    state: str


@dataclass(frozen=True, slots=True)
class SetField:
    number: int
    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class Assign:
    number: int
    to: Address | None


@dataclass(frozen=True, slots=True)
class CallIn:
    """A provider becomes part of the ticket, and the one called in last."""

    number: int
    provider: Address


@dataclass(frozen=True, slots=True)
class CallOff:
    """A provider is no longer part of the ticket: his being called in was taken back."""

    number: int
    provider: Address


@dataclass(frozen=True, slots=True)
class Tell:
    """A fact is told; telling it again replaces it."""

    number: int
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Forget:
    """A fact is no longer known."""

    number: int
    key: str


@dataclass(frozen=True, slots=True)
class Issue:
    """A numbered form is made out: `serial` as printed, `lines` as they stood in the mail."""

    number: int
    document: str
    serial: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Learn:
    """The knowledge base gets an entry."""

    number: int
    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PlaceToken:
    """A token comes to stand on a step: a new one, or a known one that moved."""

    number: int
    token: Token


@dataclass(frozen=True, slots=True)
class RemoveToken:
    number: int
    token_id: int


@dataclass(frozen=True, slots=True)
class StartTimer:
    """A clock starts; one of the same key on the same token is replaced."""

    number: int
    timer: Timer


@dataclass(frozen=True, slots=True)
class Adjust:
    """A running clock is paused, goes on, or falls due at another time."""

    number: int
    timer: Timer


@dataclass(frozen=True, slots=True)
class StopTimer:
    number: int
    clock: str
    token: int
    fired: bool = False
    ran: int = 0


@dataclass(frozen=True, slots=True)
class Close:
    number: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reopen:
    number: int


@dataclass(frozen=True, slots=True)
class Keep:
    """The mail's words join the ticket: for everybody, internally, or as a stranger's note. `words` of `author` instead:
    those of a mail that it passes on."""

    number: int
    visibility: Visibility
    words: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """A letter is owed. What it says is taken from the ticket as it stands after the whole decision.

    `facts` adds what only the decision knows; `lines` are reasons that the letter tells one by one, in the reader's
    language. `number` 0: a letter about no ticket. `held`: the mail whose orders it asks about.
    """

    number: int
    template: str
    to: Address
    audience: str
    language: str
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple[Reason, ...] = ()
    held: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """The mail goes to a person: it is kept whole and shown to the operator."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Suppress:
    """Letters to this address bounce for good: no more are sent there. `reason` is a class of core/bounce_words."""

    number: int
    address: str
    reason: str
    status: str
    diagnostic: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Letters to this address are sent again."""

    number: int
    address: str


@dataclass(frozen=True, slots=True)
class Away:
    """Whoever has this address is away up to and including that day. `proved`: he answered a letter made for him.

    `ordered`: he said so by an order; his turns go to `deputy` (a key of the directory; '': nobody), from `since` (or now) on.
    """

    number: int
    address: str
    until: date
    proved: bool
    ordered: bool = False
    deputy: str = ""
    since: date | None = None


Effect = (
    Open
    | SetState
    | SetField
    | Assign
    | CallIn
    | Tell
    | Forget
    | Issue
    | Learn
    | PlaceToken
    | RemoveToken
    | StartTimer
    | Adjust
    | StopTimer
    | Close
    | Reopen
    | Keep
    | Send
    | Count
    | Review
    | Suppress
    | Resume
    | Away
    | Guessed
    | HoldOrders
    | EndHold
    | CallOff
    | Present
    | Undoable
    | Undo
    | Arrived
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What shall be done, and why. `number` is the ticket concerned (0: none); `refused` says why nothing was done.

    `parts`: where one mail gives orders on several tickets, the decision about each; the whole holds all their effects.
    """

    number: int
    effects: tuple[Effect, ...] = ()
    reasons: tuple[Reason, ...] = ()
    refused: Reason | None = None
    parts: tuple[Decision, ...] = ()


def evolve(ticket: Ticket | None, effects: Iterable[Effect]) -> Ticket | None:
    """The ticket as it stands after these effects. Effects on other tickets and letters leave it as it is."""
    for effect in effects:
        if isinstance(effect, Open):
            if ticket is None or ticket.number == effect.ticket.number:
                ticket = effect.ticket
        elif ticket is not None and not isinstance(effect, Review) and effect.number == ticket.number:
            ticket = _changed(ticket, effect)
    return ticket


def _changed(ticket: Ticket, effect: Effect) -> Ticket:
    match effect:
        case SetState(state=state):
            return replace(ticket, state=state)
        case SetField(field=field, value=value):
            return replace(ticket, **{field: value})  # type: ignore[arg-type]  # Field names only text fields
        case Assign(to=to):
            return replace(ticket, responsible=to)
        case CallIn(provider=provider):
            others = tuple(p for p in ticket.providers if p.address != provider.address)
            return replace(ticket, providers=(*others, provider))
        case CallOff(provider=provider):
            return replace(ticket, providers=tuple(p for p in ticket.providers if p.address != provider.address))
        case Forget(key=key):
            return replace(ticket, facts=tuple(f for f in ticket.facts if f[0] != key))
        case Tell(key=key, value=value):
            return replace(ticket, facts=(*(f for f in ticket.facts if f[0] != key), (key, value)))
        case Close(reason=reason, at=at):
            return replace(ticket, closed_at=at, closing_reason=reason)
        case Reopen():
            return replace(ticket, closed_at=None, closing_reason="")
        case Keep() | Send() | Review() | Open() | Issue() | Learn() | Suppress() | Resume() | Away():
            return ticket
        case HoldOrders() | EndHold() | Guessed() | Present() | Undoable() | Undo() | Count() | Arrived():
            return ticket
        case _:
            return _moved(ticket, effect)


def _moved(ticket: Ticket, effect: PlaceToken | RemoveToken | StartTimer | Adjust | StopTimer) -> Ticket:
    match effect:
        case PlaceToken(token=token):
            others = tuple(t for t in ticket.tokens if t.id != token.id)
            return replace(ticket, tokens=(*others, token))
        case RemoveToken(token_id=token_id):
            return replace(ticket, tokens=tuple(t for t in ticket.tokens if t.id != token_id))
        case StartTimer(timer=timer):
            return replace(ticket, timers=(*_without(ticket, timer.clock, timer.token), timer))
        case Adjust(timer=timer):
            here = (timer.clock, timer.token)
            return replace(ticket, timers=tuple(timer if (t.clock, t.token) == here else t for t in ticket.timers))
        case StopTimer(clock=clock, token=token_id):
            return replace(ticket, timers=_without(ticket, clock, token_id))
        case _:
            assert_never(effect)


def _without(ticket: Ticket, clock: str, token_id: int) -> tuple[Timer, ...]:
    return tuple(t for t in ticket.timers if (t.clock, t.token) != (clock, token_id))
