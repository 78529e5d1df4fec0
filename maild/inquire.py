"""Mails that are about no one ticket: what their author asks or says of himself, and answers to lists of tickets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from maild.core import batch, orders, personal, seal, thread
from maild.core.events import Batch, Happened, Kin, Personal, Row
from maild.core.office import Office
from maild.core.orders import Order
from maild.core.strict import lexicon
from maild.core.ticket import Ticket
from maild.core.values import Author, Mail, Person, Reason, because
from maild.kin import kin_of
from maild.recall import recalled
from maild.store import lists, tickets
from maild.store.database import Tx

_MOST = personal.SHOWN
_MOST_IDS = 10


def asks(
    tx: Tx, mail: Mail, author: Author, ticket: Ticket | None, signs: tuple[Reason, ...], office: Office, now: datetime
) -> Personal | None:
    """What this mail asks or says about no ticket (or the sheet of one in which he takes part), with the answer's rows."""
    order = _order(mail, author, ticket, office)
    if order is None:
        return None
    act = office.book.verbs[order.verb].act
    kin = recalled(tx, Kin(), author, office, now)
    case = Personal(mail, author, order, signs=signs, kin=kin)
    if ticket is not None and act == "sheet":
        return replace(case, ticket=ticket, story=_named(lists.story(tx, ticket.number), office))
    rows, total = _rows(tx, act, order, author, office, office.day(now))
    return replace(case, rows=tuple(shown(row, office) for row in rows), total=total)


def _order(mail: Mail, author: Author, ticket: Ticket | None, office: Office) -> Order | None:
    """The one order of the mail, if it is of this kind."""
    if author.person is None and not author.own_domain:
        return None
    book = office.book
    title = ticket.title if ticket else ""
    found = orders.read(mail.subject, title, mail.new_text, lexicon(book), book.mark_key)
    if len(found) != 1 or not found[0].verb:
        return None
    act = book.verbs[found[0].verb].act
    if act not in personal.ACTS or (ticket is not None and act == "show") or (ticket is None and act == "sheet"):
        return None
    # #ayuda is the same kind of order, but its answer is no list.
    return found[0] if act != "show" or "estado" in dict(_letters(found[0], office)) else None


def _letters(order: Order, office: Office) -> Iterable[tuple[str, str]]:
    return ((letter.template, letter.to) for letter in office.book.verbs[order.verb].letters)


def _rows(tx: Tx, act: str, order: Order, author: Author, office: Office, today: date) -> tuple[tuple[Row, ...], int]:
    book, staff = office.book, office.book.is_staff(author.role)
    people = (author.person, *office.stood_in_for(author, today)) if author.person else ()
    his = {address for person in people for address in person.addresses} or {author.address}
    clocks = book.deadlines()
    match act:
        case "queue":
            roles = {person.role for person in people}
            places = [(p.key, s.number) for p, s in book.all_steps() if s.role in roles]
            return lists.queue(tx, places, clocks, _MOST)
        case "search":
            return lists.search(tx, order.text, his, clocks, _MOST, staff=staff)
        case "mine" | "show":
            return lists.mine(tx, his, clocks, _MOST, staff=staff)
        case _:
            return (), 0


def shown(row: Row, office: Office) -> Row:
    """What a stranger wrote is not sent on, not even its subject (RELIABILITY S-03); nobody is late with what is resolved."""
    known = office.directory.by_address(row.requester) is not None or office.directory.is_own_domain(row.requester)
    state = office.book.states.get(row.state)
    done = state is not None and state.kind in ("resolved", "closed")
    return replace(row, shown=known, due=None if done else row.due, overdue=row.overdue and not done)


def _named(story: tuple[Happened, ...], office: Office) -> tuple[Happened, ...]:
    def name(address: str) -> str:
        person: Person | None = office.directory.by_address(address)
        return person.name if person else address

    return tuple(replace(each, by=name(each.by)) for each in story)


# -- answers to lists -------------------------------------------------------------------------------------------------


def list_answered(
    mail: Mail, author: Author, office: Office, ring: seal.KeyRing, today: date
) -> thread.Placement | None:
    """The letter about no ticket, written to him, that somebody of the desk answers with lines of orders; else None."""
    if author.person is None or not office.book.is_staff(author.role) or not batch.lines(mail.new_text):
        return None
    ids = (*mail.in_reply_to, *reversed(mail.references))
    tokens = (seal.opened(each, author.person.addresses, ring, today) for each in ids[:_MOST_IDS])
    token = next((t for t in tokens if t is not None and t.ticket == 0), None)
    return thread.Placement(0, because("thread-signed-id"), token) if token else None


def orders_on_list(
    tx: Tx, mail: Mail, author: Author, signs: tuple[Reason, ...], office: Office, now: datetime
) -> Batch:
    """The lines «12 cerrar» of an answer to a list."""
    found = batch.lines(mail.new_text)
    today = office.day(now)
    stand: list[tuple[Ticket, Kin]] = []
    for number in dict.fromkeys(number for number, _ in found):
        ticket = tickets.load(tx, number)
        if ticket is not None and office.takes_part(author, ticket, today):
            words = " ".join(text for n, text in found if n == number)
            stand.append((ticket, recalled(tx, kin_of(tx, ticket, words, office, now), author, office, now, number)))
    kin = recalled(tx, Kin(), author, office, now)
    return Batch(mail, author, found, tuple(stand), tickets.next_number(tx), signs, kin)
