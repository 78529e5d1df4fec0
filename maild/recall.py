"""What the desk remembers of somebody who gives orders: the last one, while it can be taken back, and how often he was answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from maild.core import echo
from maild.core.effects import Decision, EndHold, HoldOrders, Issue, Learn, Open, Review, Undo, Undoable
from maild.core.events import Kin
from maild.core.office import Office
from maild.core.ticket import Ticket
from maild.core.values import Author, Mail
from maild.store import held, letters, papers, undone
from maild.store.database import Tx

_HOUR = timedelta(hours=1)


def recalled(tx: Tx, kin: Kin, author: Author, office: Office, now: datetime, ticket: int = 0) -> Kin:
    """The kin of a decision about the ticket (0: none), with what is remembered of its author."""
    if author.person is None or not author.address:
        return kin
    answered = letters.written(tx, author.person.address, now - _HOUR, 4 * office.manners.echoes_hour)
    echoes = sum(template in echo.COUNTED for _, template, _ in answered)
    done = None
    if ticket and office.book.is_staff(author.role):
        done = undone.last(tx, ticket, author.person.addresses)
    return replace(kin, echoes=echoes, done=done)


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
            case Learn():
                papers.learn(tx, effect, now)
            case HoldOrders() if mail and (before := stood.get(effect.number)):
                held.put(tx, effect, mail, before, now)
            case EndHold():
                held.end(tx, effect, now)
            case Undo():
                undone.use(tx, effect, now)
            case Undoable():
                scope = scopes.get(effect.number)
                mine = [(before, after) for before, after in every if scope is None or after.number in scope]
                undone.remember(tx, effect, cause, mine, now)
