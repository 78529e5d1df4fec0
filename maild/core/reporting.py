"""What is done when many people report one failure: their tickets become one, the desk is told, and one answer reaches all."""

from __future__ import annotations

from maild.core import merging, outages
from maild.core.draft import Draft
from maild.core.effects import Keep, RemoveToken, Send, SetField, Tell
from maild.core.events import FirstMail
from maild.core.moves import LetterTo
from maild.core.office import Office
from maild.core.outages import OUTAGE, THING
from maild.core.subject import TITLE_LENGTH, mark
from maild.core.ticket import Ticket
from maild.core.trust import is_forged
from maild.core.values import Author

LETTER = "falla_general"
# Only what nobody has answered yet is gathered.
_UNANSWERED = ("queued", "active", "waiting")


def counts(author: Author) -> bool:
    """Whether a report of his counts: strangers and forgers could make a failure of nothing."""
    return (author.person is not None or author.own_domain) and not is_forged(author)


def who(office: Office, address: str) -> str:
    """The same for every address of a person."""
    person = office.directory.by_address(address)
    return person.key if person else address


def gathered(draft: Draft, case: FirstMail, ticket: Ticket, thing: str) -> bool:
    """Whether this new ticket is one report of many, and became one with them; if not, nothing was done."""
    known = next((t for t in case.alike if t.fact(OUTAGE) == thing and is_unanswered(draft.office, t)), None)
    if known is not None:
        draft.walk(known)
        _join(draft, ticket, known.number, thing)
        _tell_who_joined(draft, case, known.number)
        return True
    alike = _alike(draft, case, thing)
    requesters = (t.requester.address for t in alike)
    needed = draft.office.book.outages.threshold
    if not alike or outages.people(requesters, case.author.address, lambda a: who(draft.office, a)) < needed:
        return False
    first, *others = alike
    _declare(draft, first, others, thing)
    _join(draft, ticket, first.number, thing)
    draft.walks[first.number].send((LetterTo(LETTER, "requester"),))
    _tell_desk(draft, first.number, (first, *others, ticket))
    return True


def _alike(draft: Draft, case: FirstMail, thing: str) -> list[Ticket]:
    """The reports of the last minutes that are still to be answered, the oldest first."""
    since = draft.now - draft.office.book.outages.within
    return sorted(
        (
            t
            for t in case.alike
            if t.fact(THING) == thing and t.opened_at >= since and not t.parent and is_unanswered(draft.office, t)
        ),
        key=lambda t: t.number,
    )


def is_unanswered(office: Office, ticket: Ticket) -> bool:
    """Whether one more report may still become one with it."""
    state = office.book.states.get(ticket.state)
    return not ticket.is_closed and state is not None and state.kind in _UNANSWERED


def _declare(draft: Draft, first: Ticket, others: list[Ticket], thing: str) -> None:
    """The oldest report stands for all of them from now on."""
    settings = draft.office.book.outages
    what = settings.names.get(thing, thing)
    draft.walk(first)
    draft.do(Tell(first.number, OUTAGE, thing))
    draft.do(SetField(first.number, "title", settings.title.replace("{what}", what)[:TITLE_LENGTH]))
    for each in others:
        draft.walk(each)
        _merge(draft, each.number, first.number)
    draft.because("outage", what=what, number=first.number, people=len(others) + 2)


def _join(draft: Draft, ticket: Ticket, number: int, thing: str) -> None:
    """A new ticket that is merged as soon as it is there: it can be taken apart again as any other."""
    draft.told = {}  # nobody reads in his letter what another one wrote
    draft.open(ticket)
    draft.do(Keep(ticket.number, "public"))
    draft.do(Tell(ticket.number, THING, thing))
    _merge(draft, ticket.number, number)
    draft.because("outage-joined", number=number)


def _merge(draft: Draft, number: int, into: int) -> None:
    walk = draft.walks[number]
    merging.merge(draft, number, draft.walks[into].ticket)
    for token in walk.ticket.tokens:
        draft.do(RemoveToken(number, token.id))
    walk.close(next((v.closing for v in draft.office.book.verbs.values() if v.act == "duplicate"), ""))


# -- letters --------------------------------------------------------------------------------------------------------------


def _tell_who_joined(draft: Draft, case: FirstMail, number: int) -> None:
    """Whoever wrote last is told; the desk again only when twice as many people have written as when it was told."""
    survivor = draft.walks[number].ticket
    asks = next((a for a in merging.others(survivor) if a.address == case.author.address), survivor.requester)
    to, audience, language = draft.office.addressed(asks, survivor)
    draft.do(Send(number, LETTER, to, audience, case.author.language or language))
    written = len(merging.others(survivor)) + 1
    times, rest = divmod(written, draft.office.book.outages.threshold)
    if rest == 0 and times > 1 and times & (times - 1) == 0 and case.author.address not in _already(case, number):
        _tell_desk(draft, number, ())


def _already(case: FirstMail, number: int) -> frozenset[str]:
    """Who took part before this mail."""
    before = next((t for t in case.alike if t.number == number), None)
    return frozenset(a.address for a in (before.requester, *merging.others(before))) if before else frozenset()


def _tell_desk(draft: Draft, number: int, merged: tuple[Ticket, ...]) -> None:
    """The desk, and whoever had one of the tickets already."""
    book, walk = draft.office.book, draft.walks[number]
    survivor = walk.ticket
    lines = [f"[{mark(book.mark_key, t.number)}] {t.requester.name or t.requester.address}: {t.title}" for t in merged]
    told = {"ticket_count": str(len(merging.others(survivor)) + 1), "history": "\n".join(lines)}
    desk = next((key for key, role in book.roles.items() if role.kind == "desk"), "")
    walk.send((LetterTo(LETTER, desk),) if desk else (), told=told)
    for each in merged:
        if each.responsible is not None:
            to, audience, language = draft.office.addressed(each.responsible, survivor)
            if not draft.has_sent(number, LETTER, to.address):
                draft.do(Send(number, LETTER, to, audience, language, tuple(told.items())))
