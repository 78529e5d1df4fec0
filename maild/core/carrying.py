"""The orders of one mail, all of them or none: read, carried out in their order, confirmed or refused."""

from __future__ import annotations

from maild.core import answers, confirming, echo, macros, openings, orders, policy, subject, undoing, when
from maild.core.acts import carry_out, tell_facts, tell_rows
from maild.core.draft import Draft
from maild.core.effects import Decision, Effect, Keep, Send
from maild.core.office import Office
from maild.core.orders import Order
from maild.core.pending import Undoable
from maild.core.procedure import Walk
from maild.core.residue import residue
from maild.core.rulebook import Verb
from maild.core.strict import Strict, lexicon
from maild.core.ticket import Ticket
from maild.core.trying import tried
from maild.core.values import Address, Author, Echo, Mail, Reason, because

_OPENS = ("begin", "split")
_SERVING = frozenset(("@staff", "@external", "@chief", "providers"))
_NO_VERB = Verb("", "show")


def given(mail: Mail, ticket: Ticket, asked: Strict) -> tuple[tuple[Order, ...], bool]:
    """The orders of a mail, and whether they were written as such: else it is the one that a plain answer stands for."""
    office, standing = asked.office, asked.standing
    book = office.book
    serves = bool(standing & _SERVING)
    fits = without_sign(mail, asked)
    words = lexicon(book)
    found = orders.read(mail.subject, ticket.title, mail.new_text, words, book.mark_key, fits=fits)
    if not serves:
        found = tuple(order for order in known(found) if not words.is_signed(order.word))  # a user's #urgente is text
    if found:
        return found, True
    return _answered(mail, ticket, asked), False


def without_sign(mail: Mail, asked: Strict) -> Strict | None:
    """Who says whether a word without its sign is an order; None where none is: a user's, or what is only passed on."""
    passed_on = mail.forwarded is not None or subject.is_forward(mail.subject)
    return asked if asked.standing & _SERVING and not passed_on else None


def _answered(mail: Mail, ticket: Ticket, asked: Strict) -> tuple[Order, ...]:
    """The order that the first line of the text stands for, or what was added to the subject."""
    book = asked.office.book
    waited = asked.waited()
    key, rest = answers.answer(mail.new_text, book.answers, standing=asked.standing, open_for=waited)
    added = " ".join(residue(mail.subject, ticket.title, book.mark_key))
    if key not in book.answers.verbs and added:
        both = f"{added}\n{mail.new_text}"
        key, rest = answers.answer(both, book.answers, standing=asked.standing, open_for=waited)
    verb = book.verbs.get(book.answers.verbs.get(key, ""))
    if verb and verb.takes[:1] == ("date",) and not when.longest(rest.split(), asked.now, book.calendar)[0]:
        return ()
    if verb is None or (verb.key not in waited and not asked.standing & set(verb.by)):
        return ()
    return (Order(verb.key, verb.key, tuple(rest.split())),)


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
    spoken = macros.expanded(found, text, book)
    if isinstance(spoken, Reason):
        return refused(draft, untouched, spoken, signs)
    found, text = spoken.found, spoken.text
    name = author.person.name if author.person else author.address
    text = orders.without_bare(text, found)
    draft.told = {"text": orders.words(text, lexicon(book)), "sender_name": name}
    tell_rows(draft, number, text)
    about = number
    if any(_undoes(order, office) for order in found):
        return _undone(draft, number, found, author, untouched, signs)
    trial = bool(found) and book.verbs.get(found[0].verb, _NO_VERB).act == "try"
    for order in found[trial:]:
        if order.corrected:
            draft.because("corrected", word=order.word, order=order.verb)
        refusal = _one(draft, number, order, author, text)
        if isinstance(refusal, int):
            about = refusal
        elif refusal is not None:
            return refused(draft, untouched, refusal, signs, echo.retries(found, order, refusal))
    if len(found) > office.policy.bulk:
        every = " ".join("#" + order.verb for order in found)
        many = office.policy.unproved(every, "final", office.speaks_as(author.person), author)
        if many is not None:
            return refused(draft, untouched, many, signs)
    draft.pass_through()
    draft.settle()
    if trial:
        return tried(draft, untouched, found[1:], signs)
    if internal and written:
        _remember(draft, number, found, author)
    verbs = [book.verbs[order.verb] for order in found]
    corrected = any(order.corrected for order in found)
    if written and (corrected or echo.is_wanted(verbs, echo_of(author), wrote=_has_written(draft))):
        echo.done(draft, about, found, untouched)
    answers = any(verb.act == "reply" for verb in verbs)
    kept: Effect = Keep(number, "internal" if internal and not answers else "public")
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
    refusal = draft.office.unproved(verb, author)
    if refusal is not None:
        return refusal
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
    author = draft.said.author
    asked = author is not None and confirming.ask(letters, ticket, refusal, author, draft.held)
    refusal = policy.plainly(refusal)
    if not asked:
        facts = {"reason_code": refusal.code, **dict(refusal.facts)}
        if retries:
            facts |= {echo.RETRY: "\n".join(retries), echo.RETRY_TEXT: draft.said.words}
        echo.say(letters, ticket.number, echo.template_for(refusal), facts, draft.wrong)
    return Decision(ticket.number, tuple(letters.effects), (refusal, *signs, *letters.reasons), refused=refusal)
