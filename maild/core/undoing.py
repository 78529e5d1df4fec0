"""#deshacer: the last order of this person on this ticket is taken back, whole or not at all, and whoever was told hears of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from maild.core import echo
from maild.core.effects import Close, RemoveToken, Send, SetState, StopTimer
from maild.core.pending import Undo
from maild.core.posting import SENT
from maild.core.subject import mark
from maild.core.ticket import Ticket
from maild.core.undo import Done, Posted, difference, restored
from maild.core.values import Author, Reason, because

if TYPE_CHECKING:
    from maild.core.draft import Draft
    from maild.core.rulebook import Verb

TOLD = "deshecho"


def undo(draft: Draft, number: int, verb: Verb, author: Author) -> Reason | None:
    """Take back what `draft.kin.done` says, or answer why not."""
    done = draft.kin.done
    mine = author.person.addresses if author.person else (author.address,)
    unproved = draft.office.unproved(verb, author)
    if unproved is not None:
        return unproved
    if done is None or done.by not in mine or done.used:
        return because("undo-nothing", order=verb.key)
    if draft.now > done.until:
        return because("undo-late", order=done.orders)
    refusal = _told_for_good(draft, done) or _restore(draft, done, verb)
    if refusal is not None:
        return refusal
    cancelled = tuple(letter.id for letter in done.letters if not letter.left)
    draft.do(Undo(number, done.id, cancelled))
    draft.because("undone", order=done.orders, by=author.address)
    _tell(draft, done, author)
    return None


def _told_for_good(draft: Draft, done: Done) -> Reason | None:
    """What has been said outside cannot be unsaid: what went to a provider, and that a ticket is closed."""
    office = draft.office
    now = {ticket.number: ticket for _, _, ticket in done.changes}
    for letter in done.letters:
        ticket = now.get(letter.ticket)
        if not letter.left or ticket is None:
            continue
        if office.addressed(letter.to, ticket)[1] == "provider":
            return because("undo-provider", order=done.orders, who=letter.to.address)
    for before, after, _ in done.changes:
        closed = after.is_closed and not (before and before.is_closed)
        told = any(p.left and (p.ticket, p.to.address) == (after.number, after.requester.address) for p in done.letters)
        if closed and told:
            return because("undo-closed", order=done.orders)
    return None


def _restore(draft: Draft, done: Done, verb: Verb) -> Reason | None:
    """Every ticket as it was; what the order opened is closed again."""
    for before, after, now in done.changes:
        walk = draft.walk(now)
        if before is None:
            if now != after:
                ticket = mark(draft.office.book.mark_key, now.number)
                return because("undo-opened", order=done.orders, ticket=ticket)
            _close(draft, now, verb.closing)
            continue
        found = restored(before, after, now, _sent(done, now))
        if found.conflicts:
            return because("undo-changed", order=done.orders, what=", ".join(found.conflicts))
        for effect in difference(walk.ticket, found.ticket):
            draft.do(effect)
    return None


def _sent(done: Done, ticket: Ticket) -> frozenset[str]:
    """The facts that remember letters which did go out: they stay told."""
    return frozenset(SENT + p.template for p in done.letters if p.left and p.ticket == ticket.number)


def _close(draft: Draft, ticket: Ticket, reason: str) -> None:
    number, book = ticket.number, draft.office.book
    for timer in ticket.timers:
        draft.do(StopTimer(number, timer.clock, timer.token))
    for token in ticket.tokens:
        draft.do(RemoveToken(number, token.id))
    draft.do(SetState(number, next(s.key for s in book.states.values() if s.kind == "closed")))
    draft.do(Close(number, book.closing(reason), draft.now))


def _tell(draft: Draft, done: Done, author: Author) -> None:
    """Everybody whom the order's letters have reached, but who takes it back: once each ticket."""
    mine = author.person.addresses if author.person else (author.address,)
    name = author.person.name if author.person else author.name
    for letter in _once(done.letters):
        if not letter.left or letter.to.address in mine or letter.ticket not in draft.walks:
            continue
        was = next(((after, now) for _, after, now in done.changes if now.number == letter.ticket), None)
        if was is None:
            continue
        ticket = draft.walks[letter.ticket].ticket
        to, audience, language = draft.office.addressed(letter.to, ticket)
        lines = echo.changes(was[0], ticket, draft.office.book) if audience != "user" else ()
        told = (("sender_name", name), ("history", done.orders)) if audience != "user" else ()
        draft.do(Send(letter.ticket, TOLD, to, audience, language, told, lines))


def _once(letters: Iterable[Posted]) -> Iterable[Posted]:
    """The first letter of each that left, to each address on each ticket."""
    return {(p.ticket, p.to.address): p for p in reversed(tuple(letters)) if p.left}.values()
