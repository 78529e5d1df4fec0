"""A decision in rows: the tickets that it changes, and what it leaves beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from maild.core.alerts import Count
from maild.core.effects import Decision, Effect, Issue, Learn, Open, Review, StopTimer, evolve
from maild.core.pending import Arrived, EndHold, HoldOrders, Undo, Undoable
from maild.core.ticket import Ticket
from maild.core.values import Mail
from maild.store import agenda, alerts, held, papers, tickets, undone
from maild.store.database import Tx


def save(
    tx: Tx, before: Mapping[int, Ticket], decision: Decision, now: datetime
) -> dict[int, tuple[Ticket | None, Ticket]]:
    """Every ticket that the decision touches, as it stood and as it stands; the difference is written."""
    opened = [e.ticket.number for e in decision.effects if isinstance(e, Open)]
    touched = dict.fromkeys(e.number for e in decision.effects if not isinstance(e, Open | Review) and e.number)
    after: dict[int, tuple[Ticket | None, Ticket]] = {}
    for number in [*opened, *(n for n in touched if n not in opened)]:
        stood = None if number in opened else before.get(number) or tickets.load(tx, number)
        stands = evolve(stood, (e for e in decision.effects if not isinstance(e, Open) or e.ticket.number == number))
        if stands is None:
            continue
        after[number] = stood, stands
        if stands != stood:
            tickets.save(tx, stood, stands, _ran_out(decision.effects, number), now)
    if decision.number in before and decision.number not in after:
        after[decision.number] = before[decision.number], before[decision.number]
    return after


def keep_beside(
    tx: Tx,
    decision: Decision,
    cause: str,
    changes: Iterable[tuple[Ticket | None, Ticket]],
    mail: Mail | None,
    now: datetime,
) -> None:
    """What the decision says beside tickets and letters, in rows: forms, knowledge, orders that wait for their author's word or
    no longer do, and what can be taken back, or is."""
    scopes = {
        part.number: {e.number for e in part.effects if not isinstance(e, Open | Review)} for part in decision.parts
    }
    every = tuple(changes)
    stood = {after.number: before for before, after in every}
    for effect in decision.effects:
        match effect:
            case Issue():
                papers.issue(tx, effect, now)
            case Count():
                alerts.count(tx, effect, now)
            case Learn():
                papers.learn(tx, effect, now)
            case HoldOrders() if mail and (before := stood.get(effect.number)):
                held.put(tx, effect, mail, before, now)
            case Arrived():
                agenda.arrive(tx, effect, cause)
            case EndHold():
                held.end(tx, effect, now)
            case Undo():
                undone.use(tx, effect, now)
            case Undoable():
                scope = scopes.get(effect.number)
                mine = [(before, after) for before, after in every if scope is None or after.number in scope]
                undone.remember(tx, effect, cause, mine, now)


def _ran_out(effects: Iterable[Effect], number: int) -> frozenset[tuple[str, int]]:
    """The clocks (with their tokens) of a ticket that ended by running out."""
    stops = (e for e in effects if isinstance(e, StopTimer) and e.number == number)
    return frozenset((e.clock, e.token) for e in stops if e.fired)
