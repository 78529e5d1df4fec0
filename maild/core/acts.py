"""Carrying out one order on a ticket: who may, on what proof, what it does, and which move of the procedure it makes."""

from __future__ import annotations

from dataclasses import replace

from maild.core import conformity, deadlines, guards, orders, people, policy, when
from maild.core import said as saying
from maild.core.children import ROWS
from maild.core.doing import do, set_service, value_of
from maild.core.draft import Draft
from maild.core.effects import CallIn, Learn, Tell
from maild.core.moves import Move, OnOrder
from maild.core.needs import entries, missing
from maild.core.office import AREAS
from maild.core.orders import Order
from maild.core.procedure import Walk
from maild.core.rulebook import Verb
from maild.core.strict import lexicon
from maild.core.ticket import Token
from maild.core.values import Address, Author, Reason, because

# Orders whose arguments are words for people.
_SPEAKING = ("move", "take", "note", "reply", "void", "provider", "document", "form")
# Orders that name a person.
_NAMING = ("assign", "level")
_MOST_PASSES = 60


def carry_out(draft: Draft, number: int, order: Order, author: Author, text: str) -> Reason | None:
    """Do what the order says, or return why not. A refused order leaves the draft half done: the caller throws it away."""
    book = draft.office.book
    verb = book.verbs.get(order.verb)
    if verb is None:
        return because("unknown-order", order=order.word, guess=" / ".join(order.choices))
    standing = draft.office.standing(author, draft.walks[number].ticket, draft.today)
    order = _with_value(draft, verb, order)
    if verb.act == "fact" and verb.values and order.value and order.value not in verb.values:
        return because("unknown-value", order=verb.key, words=order.value, known=", ".join(verb.values))
    verb = _meant(draft.walks[number], verb, standing)
    # What follows the order on its line is part of what is said, unless it is a person, a type, a value.
    said = order.text if verb.act in _SPEAKING else order.behind
    words = "\n\n".join(part for part in (said, orders.words(text, lexicon(book))) if part)
    draft.say(value=order.value, args=order.args, words=words, named=None)
    _speak(draft, verb, order, text)
    refusal = _named(draft, number, verb, order, author) or tell_facts(draft, number, order)
    if refusal is not None:
        return refusal
    _tell_date(draft, number, verb, order)
    found = _find(draft, number, verb, order, standing)
    walk = draft.walks[number]
    refusal = None if found else _undecided(walk, verb, order, standing)
    refusal = refusal or _refused(walk, verb, standing, author, found)
    if refusal is not None and not policy.may_be_confirmed(refusal):
        return refusal
    needs = (*verb.needs, *(need for _, move in found for need in move.requires))
    # What cannot be done anyway nobody is asked to confirm.
    refusal = missing(needs, verb.key, draft.walks[number], draft) or refusal
    refusal = refusal or do(draft, number, verb, order, author)
    if refusal is not None:
        return refusal
    draft.because("order", order=verb.key, by=author.address)
    draft.walks[number].send(verb.letters)
    for token, move in found:
        draft.walks[number].make(token, move)
        if move.learn:
            _learn(draft, number, order, words)
    if verb.conformity == "refused" and found and (words or not _is_resolved(draft, number)):
        conformity.refuse(draft.walks[number], words)
    return None


def _is_resolved(draft: Draft, number: int) -> bool:
    """Whether it still counts as done: an institution may ask for the reason before it takes the work up again."""
    state = draft.office.book.states.get(draft.walks[number].ticket.state)
    return state is not None and state.kind == "resolved"


def _speak(draft: Draft, verb: Verb, order: Order, text: str) -> None:
    """What its letters say: the words on the order's own line («#resuelto: cambié el tóner»), then those below. A note is for
    the desk alone."""
    said = order.behind or (order.text if verb.takes[:1] == ("text",) and order.value not in verb.values else "")
    if said and verb.act != "note":
        below = orders.words(text, lexicon(draft.office.book))
        draft.told = {**draft.told, "text": "\n\n".join(part for part in (said, below) if part)}


def _meant(walk: Walk, verb: Verb, standing: frozenset[str]) -> Verb:
    """The verb, or the one that it stands for where nobody waits for it and that other one is waited for."""
    waited = {trigger.verb for trigger in walk.office.awaited(walk.ticket, standing)}
    return walk.office.book.verbs[verb.instead] if verb.instead in waited and verb.key not in waited else verb


def _with_value(draft: Draft, verb: Verb, order: Order) -> Order:
    """The order of a decision with its value as the rules write it: «sí» and «yes» are si."""
    if not verb.values or not order.args:
        return order
    return replace(order, args=(value_of(draft.office.book, order.args[0], verb.values), *order.args[1:]))


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


def _undecided(walk: Walk, verb: Verb, order: Order, standing: frozenset[str]) -> Reason | None:
    """The step waits for this order, but which way it goes depends on what nobody has said yet: then that is asked for."""
    book = walk.office.book
    for token in walk.ticket.tokens:
        step = walk.step_of(token) if token.live else None
        for move in step.moves if step else ():
            wanted = any(
                isinstance(t, OnOrder) and t.verb == verb.key and t.value in ("", order.value) for t in move.on
            )
            if not wanted or not standing & set(move.by or (step.role if step else "",)):
                continue
            open_facts = [
                fact for fact in move.when if book.can_tell(fact) and not guards.holds(move, fact, token, walk)
            ]
            told = replace(move, when={k: v for k, v in move.when.items() if k not in open_facts})
            if open_facts and guards.hold(told, token, walk):
                fact = open_facts[0]
                return because("needs-fact", order=verb.key, fact=fact, known=", ".join(move.when[fact]))
    return None


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
    return walk.office.unproved(verb, author)


def _listens(move: Move, verb: Verb) -> bool:
    return any(isinstance(trigger, OnOrder) and trigger.verb == verb.key for trigger in move.on)


# -- what the order tells ---------------------------------------------------------------------------------------------


def tell_facts(draft: Draft, number: int, order: Order) -> Reason | None:
    """Keep what the order tells as key=value; a provider named in it is called in."""
    book = draft.office.book
    for key, value in order.facts:
        known = book.facts.get(key, ())
        told = _as_told(draft, key, value, order)
        if known and told not in known:
            return because("unknown-value", order=order.verb, words=value, known=", ".join(known))
        draft.do(Tell(number, key, told))
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


def _tell_date(draft: Draft, number: int, verb: Verb, order: Order) -> None:
    """«#programa viernes 10am» says the date without its key."""
    book = draft.office.book
    if verb.act == "move" and "date" in verb.takes:
        found, _ = when.longest(order.args, draft.now, book.calendar)
        if found is not None:
            draft.do(Tell(number, book.fact_for("date"), str(found)))


def _as_told(draft: Draft, key: str, value: str, order: Order) -> str:
    """The value as it is kept: one of those that it may have, or a date as the calendar writes it."""
    book = draft.office.book
    known = book.facts.get(key, ())
    if known:
        return value_of(book, value, known)
    if book.pairs.get(key) == "date" and deadlines.moment(value, book) is None:
        found, _ = when.longest((*value.split(), *order.args), draft.now, book.calendar)
        return str(found) if found else value
    return value


def call_in(draft: Draft, number: int, words: str, order: str) -> Reason | None:
    """A provider becomes part of the ticket. Nobody, or somebody who is none, is a question back."""
    office = draft.office
    found = [p for p in office.find_person(words) if p.role in office.book.provider_roles()]
    if len(found) != 1:
        return because("unknown-provider", order=order, words=words)
    draft.do(CallIn(number, Address(found[0].address, found[0].name)))
    return None


def tell_rows(draft: Draft, number: int, text: str) -> None:
    """Keep the list that a mail brings in its text or in a file, and which areas it concerns."""
    text, found = next(((t, f) for t in (text, *draft.said.sheets) if (f := saying.rows(t))), (text, ()))
    if not found:
        return
    draft.do(Tell(number, ROWS, text))
    column = draft.office.book.fact_for("area")
    areas = dict.fromkeys(row[column] for row in found if row.get(column))
    if areas:
        draft.do(Tell(number, AREAS, "\n".join(areas)))


def _named(draft: Draft, number: int, verb: Verb, order: Order, author: Author) -> Reason | None:
    """The person whom the order names. People are never guessed: nobody or more than one is a question back."""
    if verb.act == "provider" and order.args:
        return call_in(draft, number, order.args[0], order.verb)
    if verb.act not in _NAMING:
        return None
    args = order.named[1:] if verb.act == "level" else order.named
    if not args:
        return because("needs-person", order=order.verb) if verb.act == "assign" else None
    office, words = draft.office, " ".join(args)
    staff = people.named(office, words, author) or people.named(office, args[0], author)
    if len(staff) != 1:
        if verb.act == "level" and not staff:
            return None  # words for people
        code = "which-person" if staff else "unknown-person"
        keys = tuple(p.key for p in staff[:5]) or people.near(office, words)
        return because(code, order=order.verb, words=words, people=", ".join(keys))
    draft.say(named=staff[0])
    return None


def _learn(draft: Draft, number: int, order: Order, words: str) -> None:
    """The next entry of the knowledge base: its title is what follows the first word of the order."""
    numbers = [int(tail) for key in entries(draft) if (tail := key.rpartition("-")[2]).isdigit()]
    title = " ".join(order.args[1:]) or draft.walks[number].ticket.title
    draft.do(Learn(number, f"KB-{max(numbers, default=0) + 1}", title, words))
