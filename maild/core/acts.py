"""Carrying out one order on a ticket: who may, on what proof, what it does, and which move of the procedure it makes."""

from __future__ import annotations

from maild.core import orders
from maild.core.effects import Assign, Close, RemoveToken, SetField, SetState, Tell
from maild.core.moves import Move, OnOrder
from maild.core.orders import Order
from maild.core.procedure import Walk
from maild.core.rulebook import Verb
from maild.core.ticket import Token
from maild.core.values import Address, Author, Reason, because
from maild.core.words import fold

# Orders whose arguments are words for people.
_SPEAKING = ("move", "take", "note", "void")


def carry_out(walk: Walk, order: Order, author: Author, text: str) -> Reason | None:
    """Do what the order says, or return why not. A refused order leaves the walk half done: the caller throws it away."""
    book = walk.office.book
    verb = book.verbs.get(order.verb)
    if verb is None:
        return because("unknown-order", order=order.word, guess=order.guess)
    standing = walk.office.standing(author, walk.ticket)
    moves = _moves(walk, verb, order, standing)
    if not moves and not standing & set(verb.by):
        if book.may_ever(verb, standing):
            return because("not-here", order=verb.key, state=walk.ticket.state)
        return because("not-allowed", order=verb.key)
    if author.assurance < verb.proof:
        return because("not-proved", order=verb.key)
    # What follows the order on its line is part of what is said, unless it is a person, a type, a value.
    said = order.text if verb.act in _SPEAKING else ""
    words = "\n\n".join(part for part in (said, orders.words(text)) if part)
    if _lacks_text(verb.needs, words):
        return because("needs-text", order=verb.key)
    for key, value in order.facts:
        walk.do(Tell(walk.ticket.number, key, value))
    refusal = _act(walk, verb, order, author)
    if refusal is not None:
        return refusal
    walk.because("order", order=verb.key, by=author.address)
    return _make(walk, moves, verb, words, author)


def _moves(walk: Walk, verb: Verb, order: Order, standing: frozenset[str]) -> list[tuple[Token, Move]]:
    """The moves this order makes now; a move for this very value goes before one for any value."""
    exact = walk.matching(OnOrder(verb.key, order.value), standing) if order.value else []
    return exact or walk.matching(OnOrder(verb.key), standing)


def _make(walk: Walk, moves: list[tuple[Token, Move]], verb: Verb, words: str, author: Author) -> Reason | None:
    for token, move in moves:
        if _lacks_text(move.requires, words):
            return because("needs-text", order=verb.key)
        walk.make(token, move, text=words, sender_name=author.person.name if author.person else author.address)
        walk.pass_through()
    return None


def _lacks_text(needs: tuple[str, ...], words: str) -> bool:
    return "text" in needs and not words.strip()


def _act(walk: Walk, verb: Verb, order: Order, author: Author) -> Reason | None:
    number = walk.ticket.number
    match verb.act:
        case "move" | "note":
            return None
        case "take":
            name = author.person.name if author.person else author.name
            walk.do(Assign(number, Address(author.address, name)))
        case "assign":
            return _assign(walk, order)
        case "type" | "priority":
            return _choose(walk, verb.act, order)
        case "category" | "service":
            walk.do(SetField(number, verb.act, order.text))
        case "fact":
            walk.do(Tell(number, verb.key, order.value))
        case "void":
            _void(walk, verb)
    return None


def _assign(walk: Walk, order: Order) -> Reason | None:
    """People are never guessed: nobody or more than one is a question back."""
    if not order.args:
        return because("needs-person", order=order.verb)
    found = walk.office.find_person(order.text) or walk.office.find_person(order.args[0])
    staff = [p for p in found if walk.office.book.is_staff(p.role)]
    if len(staff) != 1:
        code = "which-person" if staff else "unknown-person"
        return because(code, order=order.verb, words=order.text, people=", ".join(p.key for p in staff[:5]))
    walk.do(Assign(walk.ticket.number, Address(staff[0].address, staff[0].name)))
    return None


def _choose(walk: Walk, field: str, order: Order) -> Reason | None:
    book = walk.office.book
    known = book.types if field == "type" else book.priorities
    key = next((k for k, label in known.items() if order.value in (fold(k), fold(label))), "")
    if not key:
        return because("unknown-value", order=order.verb, words=order.text, known=", ".join(known))
    walk.do(SetField(walk.ticket.number, "type" if field == "type" else "priority", key))
    return None


def _void(walk: Walk, verb: Verb) -> None:
    number = walk.ticket.number
    for token in walk.ticket.tokens:
        walk.do(RemoveToken(number, token.id))
    closed = next(s.key for s in walk.office.book.states.values() if s.kind == "closed")
    walk.do(SetState(number, closed))
    walk.do(Close(number, verb.closing or verb.key, walk.now))
