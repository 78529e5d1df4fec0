"""Two tickets that are one: the second is closed, its requester takes part in the first, and what he answers goes there.

Nothing is moved, so all of it can be taken back: the conversation of a ticket shows that of those merged into it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from maild.core.effects import Forget, Reopen, Tell
from maild.core.outages import THING
from maild.core.ticket import Ticket
from maild.core.values import Address, Reason, because

if TYPE_CHECKING:
    from maild.core.draft import Draft

# The engine's own facts: into which ticket this one was merged, and who takes part beside who asked («address name», a line each).
INTO = "_duplicate_of"
WITH = "_with"


def into(ticket: Ticket) -> int:
    """The number of the ticket that this one was merged into, or 0."""
    number = ticket.fact(INTO) or ""
    return int(number) if number.isdigit() else 0


def others(ticket: Ticket) -> tuple[Address, ...]:
    """Who takes part as well, because he asked for the same."""
    return _people(ticket.fact(WITH) or "")


@lru_cache(maxsize=64)
def _people(lines: str) -> tuple[Address, ...]:
    """In a failure of many, hundreds; and every report asks several times."""
    parted = (line.partition(" ") for line in lines.splitlines())
    return tuple(Address(address, name) for address, _, name in parted if address)


def merge(draft: Draft, number: int, other: Ticket) -> None:
    """The ticket `number` is the same as `other`: whoever asked for it hears of that one from now on."""
    ticket = draft.walks[number].ticket
    draft.do(Tell(number, INTO, str(other.number)))
    draft.walk(other)
    have = {a.address for a in (other.requester, *others(other))}
    joining = [a for a in (ticket.requester, *others(ticket)) if a.address and a.address not in have]
    if joining:
        take_part(draft, other.number, (*others(other), *joining))


def unmerge(draft: Draft, number: int, verb: str) -> Reason | None:
    """They were two after all: the second goes on where closed tickets are taken up again."""
    ticket, book = draft.walks[number].ticket, draft.office.book
    other = next((t for t in draft.kin.named if t.number == into(ticket)), None)
    if other is None:
        return because("not-merged", order=verb)
    draft.walk(other)
    gone = {a.address for a in (ticket.requester, *others(ticket))}
    take_part(draft, other.number, tuple(a for a in others(other) if a.address not in gone))
    draft.do(Forget(number, INTO))
    if ticket.fact(THING) is not None:  # a person says that it is another failure: it is not gathered again
        draft.do(Forget(number, THING))
    if ticket.is_closed:
        draft.do(Reopen(number))
    procedure, _, step = book.reopening.step.partition(":")
    if not step:
        procedure = book.opening[ticket.type or book.default_type]
        step = book.procedures[procedure].first
    draft.walks[number].enter(procedure, step)
    return None


def take_part(draft: Draft, number: int, people: tuple[Address, ...]) -> None:
    """These, and nobody else, take part beside who asked."""
    if people:
        draft.do(Tell(number, WITH, "\n".join(f"{a.address} {a.name}".strip() for a in people)))
    elif draft.walks[number].ticket.fact(WITH) is not None:
        draft.do(Forget(number, WITH))
