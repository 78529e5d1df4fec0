"""People of the desk who follow a ticket: each change that somebody else brings about is told to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from maild.core import echo
from maild.core.effects import Decision, Forget, Keep, Send, Tell, evolve
from maild.core.events import Alerted, Batch, Case, FirstMail, Recurring
from maild.core.office import Office
from maild.core.ticket import Ticket
from maild.core.values import Address, because

if TYPE_CHECKING:
    from maild.core.draft import Draft

TEMPLATE = "seguimiento"
# The addresses of who follows, one a line. The engine's own fact: nobody is shown it as such.
FOLLOWERS = "_followers"


def followers(ticket: Ticket) -> tuple[str, ...]:
    return tuple((ticket.fact(FOLLOWERS) or "").split())


def follow(draft: Draft, number: int, address: str, *, on: bool) -> None:
    """He follows the ticket from now on, or no longer."""
    others = [each for each in followers(draft.walks[number].ticket) if each != address]
    wanted = [*others, address] if on else others
    if wanted:
        draft.do(Tell(number, FOLLOWERS, "\n".join(wanted)))
    elif draft.walks[number].ticket.fact(FOLLOWERS) is not None:
        draft.do(Forget(number, FOLLOWERS))


def told(case: Case, decision: Decision, office: Office) -> Decision:
    """The decision, with the letters to those who follow a ticket that it changes, and get none of its other letters."""
    if decision.refused is not None and not decision.parts:
        return decision
    if isinstance(case, Alerted) and not any(isinstance(e, Keep) for e in decision.effects):
        return decision  # it only counts
    author = getattr(case, "author", None)
    mine = set(author.person.addresses if author and author.person else (author.address,)) if author else set()
    letters: list[Send] = []
    for ticket in _tickets(case):
        wanted = [address for address in followers(ticket) if address not in mine]
        after = evolve(ticket, decision.effects) if wanted else None
        if after is None:
            continue
        lines = echo.changes(ticket, after, office.book)
        if any(isinstance(e, Keep) and (e.number, e.visibility) == (ticket.number, "public") for e in decision.effects):
            lines = (*lines, because("follow-words", by=author.name or author.address if author else ""))
        have = {e.to.address for e in decision.effects if isinstance(e, Send) and e.number == ticket.number}
        for address in wanted:
            person = office.directory.by_address(address)
            if not lines or address in have or person is None or not office.book.is_staff(person.role):
                continue
            to, audience, language = office.addressed(Address(person.address, person.name), after)
            letters.append(Send(ticket.number, TEMPLATE, to, audience, language, (), lines))
    return replace(decision, effects=(*decision.effects, *letters)) if letters else decision


def _tickets(case: Case) -> Iterable[Ticket]:
    if isinstance(case, Batch):
        return [ticket for ticket, _ in case.tickets]
    if isinstance(case, Recurring):
        return case.tickets
    ticket = None if isinstance(case, FirstMail) else case.ticket
    return [ticket] if ticket is not None else []
