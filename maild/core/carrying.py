"""The orders of one mail, all of them or none: read, carried out in their order, confirmed or refused."""

from __future__ import annotations

from maild.core import confirming, openings, orders, policy
from maild.core.acts import carry_out, tell_facts, tell_rows
from maild.core.draft import Draft
from maild.core.effects import Decision, Effect, Keep, Send
from maild.core.moves import LetterTo
from maild.core.office import Office
from maild.core.orders import Order
from maild.core.procedure import Walk
from maild.core.ticket import Ticket
from maild.core.values import Address, Author, Mail, Reason, because

_FORBIDDEN = ("not-allowed", "not-proved")
_OPENS = ("begin", "split")


def given(mail: Mail, ticket: Ticket, standing: frozenset[str], office: Office) -> tuple[tuple[Order, ...], bool]:
    """The orders of a mail, and whether they were written: else it is the one that a plain answer stands for."""
    book = office.book
    written = orders.read(mail.subject, ticket.title, mail.new_text, book.verbs, book.mark_key)
    if not standing & {"@staff", "@external", "@chief", "providers"}:
        written = known(written)  # a user's #urgente is text
    if written:
        return written, True
    key, rest = orders.answer(mail.new_text, book.answers)
    verb = book.verbs.get(book.answers.verbs.get(key, ""))
    if verb is None:
        return (), False
    asked = any(
        standing & set(move.by or (step.role,))
        for step, move in office.open_moves(ticket)
        if any(getattr(trigger, "verb", "") == verb.key for trigger in move.on)
    )
    return ((Order(verb.key, verb.key, tuple(rest.split())),) if asked else ()), False


def known(found: tuple[Order, ...]) -> tuple[Order, ...]:
    return tuple(order for order in found if order.verb)


def says_only_words(found: tuple[Order, ...], walk: Walk) -> bool:
    """Whether the orders are those that people also give in plain words, and no step where the ticket stands waits for one:
    «#noconforme» on a closed ticket says what a plain «sigue igual» says."""
    verbs = walk.office.book.verbs
    awaited = {getattr(t, "verb", "") for _, move in walk.office.open_moves(walk.ticket) for t in move.on}
    return all(o.verb in verbs and verbs[o.verb].quiet and o.verb not in awaited for o in found)


def carried_out(
    draft: Draft, number: int, found: tuple[Order, ...], author: Author, text: str, *, internal: bool, written: bool
) -> Decision:
    """Every order of the mail; a refused one undoes the rest, keeps the words and tells the sender."""
    book, office = draft.office.book, draft.office
    signs, untouched = tuple(draft.reasons), draft.walks[number].ticket
    name = author.person.name if author.person else author.address
    draft.told = {"text": orders.words(text), "sender_name": name}
    tell_rows(draft, number, text)
    about = number
    for order in found:
        refusal = _one(draft, number, order, author, text)
        if isinstance(refusal, int):
            about = refusal
        elif refusal is not None:
            return refused(office, draft, untouched, refusal, signs)
    if len(found) > office.policy.bulk:
        every = " ".join("#" + order.verb for order in found)
        many = office.policy.unproved(every, "final", office.speaks_as(author.person), author)
        if many is not None:
            return refused(office, draft, untouched, many, signs)
    draft.pass_through()
    draft.settle()
    verbs = [book.verbs[order.verb] for order in found]
    wanted = written and (any(v.confirmed for v in verbs) or not (_has_written(draft) or all(v.quiet for v in verbs)))
    if wanted:
        draft.told = {}
        history = ", ".join("#" + order.verb for order in found)
        draft.walks[about].send((LetterTo("comando_ok", "sender"),), told={"history": history})
    kept: Effect = Keep(number, "internal" if internal else "public")
    return draft.decision(number, (kept,))


def _has_written(draft: Draft) -> bool:
    return any(isinstance(effect, Send) for effect in draft.effects)


def _one(draft: Draft, number: int, order: Order, author: Author, text: str) -> Reason | int | None:
    """One order; the number of the ticket that it split off."""
    verb = draft.office.book.verbs.get(order.verb)
    if verb is None or verb.act not in _OPENS:
        return carry_out(draft, number, order, author, text)
    if not openings.may_open(draft, verb, author):
        return because("not-allowed", order=verb.key)
    refusal = draft.office.unproved(verb, author)
    if refusal is not None:
        return refusal
    draft.because("order", order=verb.key, by=author.address)
    if verb.act == "begin":
        return tell_facts(draft, number, order) or openings.begin_on(draft, number, order)
    return openings.split(draft, number, order, _address(author))


def _address(author: Author) -> Address:
    return Address(author.address, author.person.name if author.person else author.name)


def refused(office: Office, draft: Draft, ticket: Ticket, refusal: Reason, signs: tuple[Reason, ...]) -> Decision:
    """Nothing was done: the words are kept, and the sender is told why."""
    letters = Draft(office, draft.now, draft.sender)
    walk = letters.walk(ticket)
    letters.do(Keep(ticket.number, "internal"))
    author = draft.said.author
    asked = author is not None and confirming.ask(letters, ticket, refusal, author, draft.held)
    refusal = policy.plainly(refusal)
    if not asked:
        template = "no_autorizado" if refusal.code in _FORBIDDEN else "comando_error"
        walk.send((LetterTo(template, "sender"),), told={"reason_code": refusal.code, **dict(refusal.facts)})
    return Decision(ticket.number, tuple(letters.effects), (refusal, *signs), refused=refusal)
