"""What the desk does about a case. Pure: values in, a Decision out; it raises nothing for what a person may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from maild.core import orders, subject, worktime
from maild.core.acts import carry_out
from maild.core.effects import Decision, Effect, Keep, Open, Reopen, Review, Send, StopTimer
from maild.core.events import Case, FirstMail, Flood, Intrusion, Ordered, Overdue, Reply, Robot
from maild.core.moves import LetterTo, OnClock, OnReply
from maild.core.office import Office
from maild.core.orders import Order
from maild.core.procedure import Walk
from maild.core.ticket import Ticket
from maild.core.values import Address, Assurance, Author, Mail, Reason, because


def decide(case: Case, office: Office, now: datetime) -> Decision:
    """The decision about one case. `now` is the time of the decision; deadlines run from it."""
    match case:
        case FirstMail():
            return _first(case, office, now)
        case Reply():
            return _reply(case, office, now)
        case Intrusion():
            return _intrusion(case, office, now)
        case Robot():
            return _robot(case)
        case Flood():
            return _flood(case)
        case Overdue():
            return _overdue(case, office, now)
        case Ordered():
            return _ordered(case, office, now)
        case _:
            assert_never(case)


# -- mails ----------------------------------------------------------------------------------------------------


def _first(case: FirstMail, office: Office, now: datetime) -> Decision:
    author = case.author
    if not author.address:
        reason = because("sender-unclear", problem=case.mail.sender.problem)
        return Decision(0, (Review(reason),), (reason, *case.signs), refused=reason)
    if author.person is None and not author.own_domain and office.strangers != "create":
        return _stranger(case, office)
    lost = _orders_without_ticket(case, office)
    if lost is not None:
        return lost
    walk = _opened(case, office, now)
    if author.person is not None or author.own_domain:  # a stranger's words are never sent on (RELIABILITY S-03)
        walk.told = {"text": case.mail.new_text, "sender_name": _address(author).name or author.address}
    walk.reasons.extend((*case.signs, because("opened", number=case.number)))
    walk.do(Keep(case.number, "public"))
    walk.pass_through()
    walk.settle()
    return _done(walk)


def _stranger(case: FirstMail, office: Office) -> Decision:
    reason = because("stranger", address=case.author.address)
    effects: list[Effect] = [Review(reason)]
    if office.strangers == "refuse" and case.mail.answerable:
        effects.append(Send(0, "no_admitido", Address(case.author.address), "user", office.language))
    return Decision(0, tuple(effects), (reason, *case.signs), refused=reason)


def _orders_without_ticket(case: FirstMail, office: Office) -> Decision | None:
    """Somebody of the desk gives orders but names no ticket: told so, nothing done. Users' hashtags are text."""
    if not office.book.is_staff(case.author.role):
        return None
    given = _known(orders.read(case.mail.subject, "", "", office.book.verbs, office.book.mark_key))
    if not given:
        return None
    reason = because("no-ticket", order=given[0].word)
    letter = Send(
        0,
        "comando_error",
        _address(case.author),
        _audience(case.author, office),
        _language(case.author, office),
        (("reason_code", reason.code), *reason.facts),
    )
    return Decision(0, (letter,), (reason, *case.signs), refused=reason)


def _opened(case: FirstMail, office: Office, now: datetime) -> Walk:
    book, mail, author = office.book, case.mail, case.author
    kind = book.default_type
    procedure = book.procedures[book.opening[kind]]
    first = procedure.steps[procedure.first]
    ticket = Ticket(
        number=case.number,
        title=subject.title(mail.subject, book.mark_key) or _first_words(mail.new_text),
        state=first.state,
        requester=_address(author),
        opened_at=now,
        type=kind,
        language=_language(author, office),
        related=case.related.number if case.related else 0,
        first_message_id=mail.message_id,
    )
    walk = Walk(ticket, office, now, sender=_address(author) if mail.answerable else None)
    walk.effects.append(Open(ticket))
    walk.enter(procedure.key, procedure.first)
    return walk


def _first_words(text: str) -> str:
    return " ".join(text.split()[:8])[: subject.TITLE_LENGTH] or "(sin asunto)"


def _reply(case: Reply, office: Office, now: datetime) -> Decision:
    mail, author, ticket = case.mail, case.author, case.ticket
    standing = office.standing(author, ticket)
    walk = Walk(ticket, office, now, sender=_address(author) if mail.answerable else None)
    walk.reasons.extend(case.signs)
    given = _given(mail, ticket, standing, office)
    if given:
        return _carried_out(walk, given, author, mail.new_text, internal=office.book.is_staff(author.role))
    if ticket.is_closed and "requester" in standing:
        return _reply_to_closed(case, walk, office, now)
    staff = office.book.is_staff(author.role) and "requester" not in standing
    walk.do(Keep(ticket.number, "internal" if staff else "public"))
    moves = [pair for relation in sorted(standing) for pair in walk.matching(OnReply(relation), None)]
    if moves:
        walk.make(*moves[0], text=mail.new_text, sender_name=_address(author).name or author.address)
        walk.pass_through()
    elif not staff and orders.answer(mail.new_text, office.book.answers)[0] != "thanks":
        walk.send(_named(office, "user_wrote"), text=mail.new_text, sender_name=_address(author).name or author.address)
    walk.because("noted-internally" if staff else "noted")
    walk.settle()
    return _done(walk)


def _given(mail: Mail, ticket: Ticket, standing: frozenset[str], office: Office) -> tuple[Order, ...]:
    """The orders of a mail: written ones, or the one that a user's plain answer stands for."""
    book = office.book
    written = orders.read(mail.subject, ticket.title, mail.new_text, book.verbs, book.mark_key)
    if not any(book.is_staff(role) or role == "providers" for role in standing):
        written = _known(written)  # a user's #urgente is text
    if written or "requester" not in standing:
        return written
    key, _rest = orders.answer(mail.new_text, book.answers)
    verb = book.verbs.get(book.answers.verbs.get(key, ""))
    if verb is None or not any(book.takes(token.procedure, token.step, verb.key) for token in ticket.tokens):
        return ()
    return (Order(verb.key, verb.key),)


def _known(given: tuple[Order, ...]) -> tuple[Order, ...]:
    return tuple(order for order in given if order.verb)


def _carried_out(walk: Walk, given: tuple[Order, ...], author: Author, text: str, *, internal: bool) -> Decision:
    """All orders of a mail, or none of them: a refused one undoes the rest, keeps the words and tells the sender."""
    untouched, signs = walk.ticket, tuple(walk.reasons)
    for order in given:
        refusal = carry_out(walk, order, author, text)
        if refusal is not None:
            return _refused(untouched, walk, refusal, signs)
    walk.pass_through()
    walk.settle()
    walk.effects.insert(0, Keep(walk.ticket.number, "internal" if internal else "public"))
    if internal and not any(isinstance(e, Send) for e in walk.effects):
        walk.send((LetterTo("comando_ok", "sender"),), history=", ".join("#" + order.verb for order in given))
    return _done(walk)


def _refused(ticket: Ticket, walk: Walk, refusal: Reason, signs: tuple[Reason, ...]) -> Decision:
    letters = Walk(ticket, walk.office, walk.now, sender=walk.sender)
    letters.do(Keep(ticket.number, "internal"))
    template = "no_autorizado" if refusal.code in ("not-allowed", "not-proved") else "comando_error"
    letters.send((LetterTo(template, "sender"),), reason_code=refusal.code, **dict(refusal.facts))
    return Decision(ticket.number, tuple(letters.effects), (refusal, *signs), refused=refusal)


def _reply_to_closed(case: Reply, walk: Walk, office: Office, now: datetime) -> Decision:
    """Thanks change nothing; anything else reopens within the institution's span, or opens a new ticket linked to this one."""
    book, ticket = office.book, case.ticket
    if orders.answer(case.mail.new_text, book.answers)[0] == "thanks":
        walk.do(Keep(ticket.number, "public"))
        walk.because("thanks")
        return _done(walk)
    policy = book.reopening
    closed_at = ticket.closed_at or now
    in_time = policy.within is None or case.received_at <= worktime.end(closed_at, policy.within, book.calendar)
    if policy.mode == "new" or not in_time:
        sign = because("follows-closed", number=ticket.number)
        first = FirstMail(case.mail, case.author, case.received_at, case.number, ticket, (*case.signs, sign))
        return _first(first, office, now)
    walk.do(Reopen(ticket.number))
    walk.do(Keep(ticket.number, "public"))
    procedure, _, step = policy.step.partition(":")
    walk.enter(procedure, step)
    walk.send(policy.letters, text=case.mail.new_text, sender_name=case.author.name or case.author.address)
    walk.because("reopened", number=ticket.number)
    walk.pass_through()
    walk.settle()
    return _done(walk)


def _intrusion(case: Intrusion, office: Office, now: datetime) -> Decision:
    """Words of somebody who takes no part: kept apart, shown to who has the ticket, never relayed to its people (S-07)."""
    walk = Walk(case.ticket, office, now)
    if case.author.person is None and not case.author.own_domain and office.strangers != "create":
        reason = because("stranger-on-ticket", address=case.author.address, number=case.ticket.number)
        return Decision(0, (Review(reason),), (reason, *case.signs), refused=reason)
    reason = because("not-on-ticket", address=case.author.address)
    walk.reasons.extend((*case.signs, reason))
    walk.do(Keep(case.ticket.number, "third_party"))
    walk.send(_named(office, "third_party"), sender_name=case.author.address, text=case.mail.new_text)
    return _done(walk)


def _robot(case: Robot) -> Decision:
    number = case.ticket.number if case.ticket else 0
    kept: tuple[Effect, ...] = (Keep(number, "third_party"),) if number else ()
    return Decision(number, kept, (because("no-person", kind=case.mail.kind), *case.mail.signs, *case.signs))


def _flood(case: Flood) -> Decision:
    """Kept whole on his newest ticket; no ticket, no letter: a program that writes by the hundred must not write us full."""
    reason = because("too-many-tickets", address=case.mail.sender.address, number=case.ticket.number)
    return Decision(case.ticket.number, (Keep(case.ticket.number, "public"),), (reason, *case.signs))


# -- time and operators ---------------------------------------------------------------------------------------


def _overdue(case: Overdue, office: Office, now: datetime) -> Decision:
    ticket = case.ticket
    timer = ticket.timer(case.clock, case.token)
    if timer is None:
        return Decision(ticket.number, (), (because("clock-gone", clock=case.clock),))
    walk = Walk(ticket, office, now)
    walk.do(StopTimer(ticket.number, case.clock, case.token, fired=True))
    walk.because("clock-fired", clock=case.clock)
    made = [(t, m) for t, m in walk.matching(OnClock(case.clock), None) if t.id == case.token]
    for token, move in made:
        walk.make(token, move, due_at=timer.due.isoformat())
        walk.pass_through()
        if move.again and token in walk.ticket.tokens:
            walk.rearm(case.clock, token.id)
    walk.settle()
    return _done(walk)


def _ordered(case: Ordered, office: Office, now: datetime) -> Decision:
    walk = Walk(case.ticket, office, now, sender=_address(case.author))
    given = orders.read(case.orders, "", "", office.book.verbs, office.book.mark_key)
    if not given:
        reason = because("no-orders")
        return Decision(case.ticket.number, (), (reason,), refused=reason)
    author = replace(case.author, assurance=Assurance.A4)
    return _carried_out(walk, given, author, case.text, internal=True)


# -- small words ----------------------------------------------------------------------------------------------


def _done(walk: Walk) -> Decision:
    return Decision(walk.ticket.number, tuple(walk.effects), tuple(walk.reasons))


def _named(office: Office, name: str) -> tuple[LetterTo, ...]:
    """The letters that the institution writes on an occasion which is no step of a procedure."""
    return office.book.letters.get(name, ())


def _address(author: Author) -> Address:
    return Address(author.address, author.person.name if author.person else author.name)


def _audience(author: Author, office: Office) -> str:
    role = office.book.roles.get(author.role)
    return role.audience if role else "user"


def _language(author: Author, office: Office) -> str:
    return author.language or office.language
