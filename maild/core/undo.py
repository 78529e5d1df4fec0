"""Taking an order back: what it changed becomes again what it was, as far as nobody has changed the same since.

A three-way merge of values: `before` and `after` the order, and the ticket `now`. `restored` says how the ticket shall
stand, `difference` which effects bring it there. Whether letters have left is for the caller to weigh.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeVar

from maild.core.effects import (
    Assign,
    CallIn,
    CallOff,
    Close,
    Effect,
    Forget,
    PlaceToken,
    RemoveToken,
    Reopen,
    SetField,
    SetState,
    StartTimer,
    StopTimer,
    Tell,
)
from maild.core.ticket import Ticket
from maild.core.values import Address

T = TypeVar("T")

_FIELDS: tuple[Literal["title", "type", "category", "subcategory", "service", "priority"], ...] = (
    "title",
    "type",
    "category",
    "subcategory",
    "service",
    "priority",
)
# What an order may change by itself; closing is one thing, though two columns.
_PLAIN = ("state", *_FIELDS, "responsible", "closed_at", "closing_reason")
# Lists whose members have a key: which name they have in a conflict, and what the key is.
_LISTS: tuple[tuple[str, str, Callable[..., object]], ...] = (
    ("tokens", "step", lambda token: token.id),
    ("timers", "clock", lambda timer: (timer.clock, timer.token)),
    ("facts", "fact", lambda fact: fact[0]),
    ("providers", "provider", lambda provider: provider.address),
)


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter that the order caused. `left`: it is out, or may be; else it can still be kept here."""

    id: int
    ticket: int
    template: str
    to: Address
    left: bool


@dataclass(frozen=True, slots=True)
class Done:
    """An order as it was carried out: on each ticket before (None: it opened it), after and now; and its letters."""

    id: int
    by: str
    orders: str
    until: datetime
    used: bool
    changes: tuple[tuple[Ticket | None, Ticket, Ticket], ...]
    letters: tuple[Posted, ...] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """`ticket` as it shall stand; `conflicts`: what somebody (or a clock) has changed since, so that it must stay."""

    ticket: Ticket
    conflicts: tuple[str, ...] = ()


def restored(before: Ticket, after: Ticket, now: Ticket, stays: Collection[str] = ()) -> Restored:
    """The ticket with what the order changed as it was before. `stays`: facts that cannot be taken back (a letter left).

    Whatever changed since and the order did not touch stays as it is now. Where nothing else changed, the outcome
    is `before` itself, members in their order.
    """
    plain: dict[str, object] = {}
    conflicts: list[str] = []
    for name in _PLAIN:
        old, new, current = getattr(before, name), getattr(after, name), getattr(now, name)
        if old == new:
            continue
        if current != new:
            conflicts.append(name)
        plain[name] = old
    for name, called, key in _LISTS:
        left = {key(m) for m in getattr(after, name) if name == "facts" and m[0] in stays}
        members, changed = _merged(getattr(before, name), getattr(after, name), getattr(now, name), key, left)
        conflicts += [called] * bool(changed)
        plain[name] = members
    return Restored(replace(now, **plain), tuple(dict.fromkeys(conflicts)))  # type: ignore[arg-type]  # fields of Ticket


def _merged(
    before: tuple[object, ...],
    after: tuple[object, ...],
    now: tuple[object, ...],
    key: Callable[..., object],
    stays: Collection[object],
) -> tuple[tuple[object, ...], bool]:
    """The members as they shall be, and whether one of those that the order changed is no longer as it left it."""
    if before == after:
        return now, False
    old, new, current = ({key(m): m for m in members} for members in (before, after, now))
    changed = {k for k in (*old, *new) if old.get(k) != new.get(k) and k not in stays}
    conflict = any(current.get(k) != new.get(k) for k in changed)
    wanted = {k: old[k] if k in changed else current[k] for k in old if k in changed or k in current}
    wanted |= {k: member for k, member in current.items() if k not in old and k not in changed}
    return tuple(wanted.values()), conflict


def difference(now: Ticket, wanted: Ticket) -> tuple[Effect, ...]:
    """The effects that bring the ticket from how it stands to how it shall stand: `evolve(now, …) == wanted`."""
    number = now.number
    effects: list[Effect] = []
    if now.state != wanted.state:
        effects.append(SetState(number, wanted.state))
    for name in _FIELDS:
        if getattr(now, name) != getattr(wanted, name):
            effects.append(SetField(number, name, getattr(wanted, name)))
    if now.responsible != wanted.responsible:
        effects.append(Assign(number, wanted.responsible))
    if (now.closed_at, now.closing_reason) != (wanted.closed_at, wanted.closing_reason):
        closed = wanted.closed_at
        effects.append(Close(number, wanted.closing_reason, closed) if closed else Reopen(number))
    return (*effects, *_tokens(now, wanted), *_timers(now, wanted), *_facts(now, wanted), *_providers(now, wanted))


# The lists, in their order: what stands alike at their heads stays, the rest goes and comes anew.


def _tokens(now: Ticket, wanted: Ticket) -> Iterable[Effect]:
    gone, come = _differ(now.tokens, wanted.tokens)
    moved = {token.id for token in come}
    yield from (RemoveToken(now.number, token.id) for token in gone if token.id not in moved)
    yield from (PlaceToken(now.number, token) for token in come)


def _timers(now: Ticket, wanted: Ticket) -> Iterable[Effect]:
    gone, come = _differ(now.timers, wanted.timers)
    yield from (StopTimer(now.number, timer.clock, timer.token) for timer in gone)
    yield from (StartTimer(now.number, timer) for timer in come)


def _facts(now: Ticket, wanted: Ticket) -> Iterable[Effect]:
    gone, come = _differ(now.facts, wanted.facts)
    known = {key for key, _ in come}
    yield from (Forget(now.number, key) for key, _ in gone if key not in known)
    yield from (Tell(now.number, key, value) for key, value in come)


def _providers(now: Ticket, wanted: Ticket) -> Iterable[Effect]:
    gone, come = _differ(now.providers, wanted.providers)
    yield from (CallOff(now.number, provider) for provider in gone)
    yield from (CallIn(now.number, provider) for provider in come)


def _differ(now: tuple[T, ...], wanted: tuple[T, ...]) -> tuple[tuple[T, ...], tuple[T, ...]]:
    same = next((i for i, (a, b) in enumerate(zip(now, wanted, strict=False)) if a != b), min(len(now), len(wanted)))
    return now[same:], wanted[same:]
