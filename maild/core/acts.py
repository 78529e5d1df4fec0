"""Carrying out one order on a ticket: who may, on what proof, what it does, and which move of the procedure it makes."""

from __future__ import annotations

from datetime import date

from maild.core import conformity, orders
from maild.core import said as saying
from maild.core.children import ROWS
from maild.core.doing import do, set_service
from maild.core.draft import Draft
from maild.core.effects import CallIn, Learn, Tell
from maild.core.moves import Move, OnOrder
from maild.core.needs import entries, missing
from maild.core.office import AREAS
from maild.core.orders import Order
from maild.core.procedure import Walk
from maild.core.rulebook import Verb
from maild.core.ticket import Token
from maild.core.values import Address, Author, Person, Reason, because
from maild.core.words import fold

# Orders whose arguments are words for people.
_SPEAKING = ("move", "take", "note", "void", "provider", "document", "form")
# Orders that name a person.
_NAMING = ("assign", "level")
_MOST_PASSES = 60


def carry_out(draft: Draft, number: int, order: Order, author: Author, text: str) -> Reason | None:
    """Do what the order says, or return why not. A refused order leaves the draft half done: the caller throws it away."""
    book = draft.office.book
    verb = book.verbs.get(order.verb)
    if verb is None:
        return because("unknown-order", order=order.word, guess=order.guess)
    standing = draft.office.standing(author, draft.walks[number].ticket, _today(draft))
    # What follows the order on its line is part of what is said, unless it is a person, a type, a value.
    said = order.text if verb.act in _SPEAKING else ""
    words = "\n\n".join(part for part in (said, orders.words(text)) if part)
    draft.say(value=order.value, args=order.args, words=words, named=None)
    refusal = _named(draft, number, verb, order) or tell_facts(draft, number, order)
    if refusal is not None:
        return refusal
    found = _find(draft, number, verb, order, standing)
    refusal = _refused(draft.walks[number], verb, standing, author, found)
    if refusal is not None:
        return refusal
    needs = (*verb.needs, *(need for _, move in found for need in move.requires))
    refusal = missing(needs, verb.key, draft.walks[number], draft) or do(draft, number, verb, order, author)
    if refusal is not None:
        return refusal
    draft.because("order", order=verb.key, by=author.address)
    draft.walks[number].send(verb.letters)
    if verb.conformity == "refused" and found and words:
        conformity.refuse(draft.walks[number], words)
    for token, move in found:
        draft.walks[number].make(token, move)
        if move.learn:
            _learn(draft, number, order, words)
    return None


def _today(draft: Draft) -> date:
    return draft.now.astimezone(draft.office.book.calendar.zone).date()


# -- finding the move -------------------------------------------------------------------------------------------------


def _find(draft: Draft, number: int, verb: Verb, order: Order, standing: frozenset[str]) -> list[tuple[Token, Move]]:
    """The moves this order makes where the ticket stands; only where there is none, what passes by itself passes first."""
    start = draft.mark()
    for _ in range(_MOST_PASSES):
        found = _moves(draft.walks[number], verb, order, standing)
        if found:
            return found
        if not draft.pass_once():
            break
    draft.back_to(start)
    return []


def _moves(walk: Walk, verb: Verb, order: Order, standing: frozenset[str]) -> list[tuple[Token, Move]]:
    """A move for this very value goes before one for any value."""
    exact = walk.matching(OnOrder(verb.key, order.value), standing) if order.value else []
    return exact or walk.matching(OnOrder(verb.key), standing)


def _refused(
    walk: Walk, verb: Verb, standing: frozenset[str], author: Author, found: list[tuple[Token, Move]]
) -> Reason | None:
    book = walk.office.book
    if not found and not standing & set(verb.by):
        waited = any(_listens(move, verb) for _, move in walk.office.open_moves(walk.ticket))
        mine = any(
            _listens(move, verb) and standing & set(move.by or (step.role,))
            for step, move in walk.office.open_moves(walk.ticket)
        )
        if mine or (not waited and book.may_ever(verb, standing)):
            return because("not-here", order=verb.key, state=walk.ticket.state)
        return because("not-allowed", order=verb.key)
    if author.assurance < verb.proof:
        return because("not-proved", order=verb.key)
    return None


def _listens(move: Move, verb: Verb) -> bool:
    return any(isinstance(trigger, OnOrder) and trigger.verb == verb.key for trigger in move.on)


# -- what the order tells ---------------------------------------------------------------------------------------------


def tell_facts(draft: Draft, number: int, order: Order) -> Reason | None:
    """Keep what the order tells as key=value; a provider named in it is called in."""
    book = draft.office.book
    for key, value in order.facts:
        known = book.facts.get(key, ())
        if known and fold(value) not in known:
            return because("unknown-value", order=order.verb, words=value, known=", ".join(known))
        draft.do(Tell(number, key, fold(value) if known else value))
        means = book.pairs.get(key, "")
        if means == "provider":
            refusal = call_in(draft, number, value, order.verb)
            if refusal is not None:
                return refusal
        elif means in ("service", "category"):
            refusal = set_service(draft, number, value, order.verb)
            if refusal is not None:
                return refusal
        elif means == "list":
            draft.say(listed=tuple(word for word in value.lower().replace(";", ",").split(",") if "@" in word))
    return None


def call_in(draft: Draft, number: int, words: str, order: str) -> Reason | None:
    """A provider becomes part of the ticket. Nobody, or somebody who is none, is a question back."""
    office = draft.office
    found = [p for p in office.find_person(words) if p.role in office.book.provider_roles()]
    if len(found) != 1:
        return because("unknown-provider", order=order, words=words)
    draft.do(CallIn(number, Address(found[0].address, found[0].name)))
    return None


def tell_rows(draft: Draft, number: int, text: str) -> None:
    """Keep the list that a mail brings, and which areas it concerns."""
    found = saying.rows(text)
    if not found:
        return
    draft.do(Tell(number, ROWS, text))
    column = draft.office.book.fact_for("area")
    areas = dict.fromkeys(row[column] for row in found if row.get(column))
    if areas:
        draft.do(Tell(number, AREAS, "\n".join(areas)))


def _named(draft: Draft, number: int, verb: Verb, order: Order) -> Reason | None:
    """The person whom the order names. People are never guessed: nobody or more than one is a question back."""
    if verb.act == "provider" and order.args:
        return call_in(draft, number, order.args[0], order.verb)
    if verb.act not in _NAMING:
        return None
    args = order.args[1:] if verb.act == "level" else order.args
    if not args:
        return because("needs-person", order=order.verb) if verb.act == "assign" else None
    office, words = draft.office, " ".join(args)
    found = office.find_person(words) or office.find_person(args[0])
    staff = [p for p in found if office.book.is_staff(p.role)]
    if len(staff) != 1:
        if verb.act == "level" and not staff:
            return None  # words for people
        code = "which-person" if staff else "unknown-person"
        return because(code, order=order.verb, words=words, people=", ".join(p.key for p in staff[:5]))
    draft.say(named=_only(staff))
    return None


def _only(people: list[Person]) -> Person:
    return people[0]


def _learn(draft: Draft, number: int, order: Order, words: str) -> None:
    """The next entry of the knowledge base: its title is what follows the first word of the order."""
    numbers = [int(tail) for key in entries(draft) if (tail := key.rpartition("-")[2]).isdigit()]
    title = " ".join(order.args[1:]) or draft.walks[number].ticket.title
    draft.do(Learn(number, f"KB-{max(numbers, default=0) + 1}", title, words))
