"""The orders of one mail, all of them or none: read, carried out in their order, confirmed or refused."""

from __future__ import annotations

from maild.core import echo, openings, orders, undoing
from maild.core.acts import carry_out, tell_facts, tell_rows
from maild.core.draft import Draft
from maild.core.effects import Decision, Effect, Keep, Send, Undoable
from maild.core.office import Office
from maild.core.orders import Order
from maild.core.procedure import Walk
from maild.core.ticket import Ticket
from maild.core.values import Address, Author, Echo, Mail, Reason, because

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
    if any(_undoes(order, office) for order in found):
        return _undone(draft, number, found, author, untouched, signs)
    for order in found:
        refusal = _one(draft, number, order, author, text)
        if isinstance(refusal, int):
            about = refusal
        elif refusal is not None:
            return refused(draft, untouched, refusal, signs, echo.retries(found, order, refusal))
    draft.pass_through()
    draft.settle()
    if internal and written:
        _remember(draft, number, found, author)
    verbs = [book.verbs[order.verb] for order in found]
    if written and echo.is_wanted(verbs, echo_of(author), wrote=_has_written(draft)):
        echo.done(draft, about, found, untouched)
    kept: Effect = Keep(number, "internal" if internal else "public")
    return draft.decision(number, (kept,))


def _has_written(draft: Draft) -> bool:
    return any(isinstance(effect, Send) for effect in draft.effects)


def echo_of(author: Author) -> Echo:
    return author.person.echo if author.person else "needed"


def _remember(draft: Draft, number: int, found: tuple[Order, ...], author: Author) -> None:
    """What is done now may be taken back for a while, unless it only asked."""
    verbs = [draft.office.book.verbs[order.verb] for order in found]
    if all(verb.act in echo.ASKING for verb in verbs):
        return
    manners, person = draft.office.manners, author.person
    wait = manners.undo_wait if person is None or person.undo_wait is None else person.undo_wait
    orders_given = " ".join(echo.written(order) for order in found)
    draft.do(Undoable(number, author.address, orders_given, draft.now + manners.undo_for, wait))


def _undoes(order: Order, office: Office) -> bool:
    verb = office.book.verbs.get(order.verb)
    return verb is not None and verb.act == "undo"


def _undone(
    draft: Draft, number: int, found: tuple[Order, ...], author: Author, untouched: Ticket, signs: tuple[Reason, ...]
) -> Decision:
    """#deshacer stands alone: with another order beside it nobody could say what was meant to stay."""
    verb = next(draft.office.book.verbs[order.verb] for order in found if _undoes(order, draft.office))
    if len(found) > 1:
        return refused(draft, untouched, because("undo-alone", order=verb.key), signs)
    refusal = undoing.undo(draft, number, verb, author)
    if refusal is not None:
        return refused(draft, untouched, refusal, signs)
    echo.done(draft, number, found, untouched)
    return draft.decision(number, (Keep(number, "internal"),))


def _one(draft: Draft, number: int, order: Order, author: Author, text: str) -> Reason | int | None:
    """One order; the number of the ticket that it split off."""
    verb = draft.office.book.verbs.get(order.verb)
    if verb is None or verb.act not in _OPENS:
        return carry_out(draft, number, order, author, text)
    if not openings.may_open(draft, verb, author):
        return because("not-allowed", order=verb.key)
    if author.assurance < verb.proof:
        return because("not-proved", order=verb.key)
    draft.because("order", order=verb.key, by=author.address)
    if verb.act == "begin":
        return tell_facts(draft, number, order) or openings.begin_on(draft, number, order)
    return openings.split(draft, number, order, _address(author))


def _address(author: Author) -> Address:
    return Address(author.address, author.person.name if author.person else author.name)


def refused(
    draft: Draft, ticket: Ticket, refusal: Reason, signs: tuple[Reason, ...], retries: tuple[str, ...] = ()
) -> Decision:
    """Nothing was done: the words are kept as a note, the sender is told why and what he may send instead."""
    letters = Draft(draft.office, draft.now, draft.sender, said=draft.said, kin=draft.kin, mute=draft.mute)
    letters.walk(ticket)
    letters.do(Keep(ticket.number, "internal"))
    facts = {"reason_code": refusal.code, **dict(refusal.facts)}
    if retries:
        facts |= {echo.RETRY: "\n".join(retries), echo.RETRY_TEXT: draft.said.words}
    echo.say(letters, ticket.number, echo.template_for(refusal), facts, ())
    return Decision(ticket.number, tuple(letters.effects), (refusal, *signs, *letters.reasons), refused=refusal)
