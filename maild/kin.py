"""Other tickets that a decision may have to know: those that wait for this one, those that it opened, those that a mail names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from maild.core import merging, subject
from maild.core.events import Batch, Case, Kin, Recurring
from maild.core.moves import OnClock
from maild.core.office import Office
from maild.core.rulebook import Survey
from maild.core.ticket import Ticket
from maild.store import addresses, letters, papers, tickets
from maild.store.database import Tx

_MOST_PARENTS = 20


def known(ticket: Ticket | None, kin: Kin | None = None) -> dict[int, Ticket]:
    """Every ticket that a decision is told of, by its number."""
    others = (*kin.parents, *kin.named) if kin else ()
    return {each.number: each for each in (*others, *((ticket,) if ticket else ()))}


def known_to(case: Case, ticket: Ticket | None) -> dict[int, Ticket]:
    """Every ticket that the case tells of."""
    if isinstance(case, Batch):
        return {n: t for each, kin in case.tickets for n, t in known(each, kin).items()}
    return known(ticket, getattr(case, "kin", None))


def kin_of(tx: Tx, ticket: Ticket, words: str, office: Office, now: datetime) -> Kin:
    """What a decision about this ticket may have to know of others; `words` may name some by their marks."""
    book = office.book
    parents: list[Ticket] = []
    child = ticket
    while child.parent and len(parents) < _MOST_PARENTS:
        waiting = tickets.load(tx, child.parent)
        if waiting is None:
            break
        parents.append(waiting)
        child = waiting
    opens = any(step.child for _, step in book.all_steps())
    family = tickets.children(tx, [ticket.number, *(p.number for p in parents)]) if opens else ()
    marks = (*subject.marks(words, book.mark_key), merging.into(ticket))
    named = tuple(n for n in dict.fromkeys(marks) if n and n != ticket.number)[:3]
    asked = ticket.requester.address
    forms = [key for key, document in book.documents.items() if document.form]
    return Kin(
        number=tickets.next_number(tx) if opens else 0,
        parents=tuple(parents),
        children=family,
        named=tuple(loaded(tx, named)),
        serials=papers.next_serials(tx, forms, office.day(now).year),
        entries=papers.entries(tx) if "entry" in {verb.act for verb in book.verbs.values()} else (),
        unreachable=frozenset({asked} if addresses.is_stopped(tx, asked) else ()),
        away={asked: back} if (back := addresses.away_until(tx, asked, proved_only=True)) else {},
        surveyed=_surveyed(tx, asked, book.survey, now),
    )


def _surveyed(tx: Tx, address: str, survey: Survey, now: datetime) -> int:
    if not survey.template or not survey.most:
        return 0
    return letters.written_of(tx, address, survey.template, now - timedelta(days=survey.days))


def listening(tx: Tx, clock: str, office: Office, now: datetime) -> Recurring:
    """The tickets that listen to a recurring clock, oldest first."""
    wanted = OnClock(clock)
    listening = [(p.key, s.number) for p, s in office.book.all_steps() if any(wanted in m.on for m in s.moves)]
    found = tuple(loaded(tx, tickets.standing_at(tx, listening)))
    families = [kin_of(tx, ticket, "", office, now) for ticket in found]
    number = tickets.next_number(tx)
    parents = {p.number: p for kin in families for p in kin.parents}
    children = {c.number: c for kin in families for c in kin.children}
    return Recurring(clock, found, number, Kin(number, tuple(parents.values()), tuple(children.values())))


def loaded(tx: Tx, numbers: Iterable[int]) -> Iterable[Ticket]:
    return (ticket for number in numbers if (ticket := tickets.load(tx, number)) is not None)
