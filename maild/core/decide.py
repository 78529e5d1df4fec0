"""What the desk does about a case. Pure: values in, a Decision out; it raises nothing for what a person may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from maild.core import answers, echo, following, forwarding, openings, orders, receiving, subject, survey, worktime
from maild.core.alerting import alerted
from maild.core.batch import batch
from maild.core.bounced import bounced
from maild.core.carrying import carried_out, echo_of, given, known, says_only_words
from maild.core.confirming import confirmed, forged
from maild.core.draft import Draft
from maild.core.effects import Decision, Effect, Keep, Reopen, Review, Send, Tell
from maild.core.events import (
    Alerted,
    Batch,
    Bounced,
    Case,
    Confirmation,
    FirstMail,
    Flood,
    Intrusion,
    Ordered,
    Overdue,
    Personal,
    Recognised,
    Recurring,
    Reply,
    Robot,
)
from maild.core.moves import LetterTo, OnMail, OnReply
from maild.core.office import Office
from maild.core.orders import Order
from maild.core.overdue import overdue
from maild.core.personal import personal
from maild.core.quiet import flood, robot
from maild.core.recurring import recurring
from maild.core.said import Said
from maild.core.strict import Strict, lexicon
from maild.core.trust import is_forged
from maild.core.values import Address, Assurance, Author, Mail, Reason, because


def decide(case: Case, office: Office, now: datetime) -> Decision:
    """The decision about one case. `now` is the time of the decision; deadlines run from it."""
    return following.told(case, _decided(case, office, now), office)


def _decided(case: Case, office: Office, now: datetime) -> Decision:
    match case:
        case Overdue():
            return overdue(case, office, now)
        case Recurring():
            return recurring(case, office, now)
        case Ordered():
            return _ordered(case, office, now)
        case Personal():
            return personal(case, office, now)
        case Batch():
            return batch(case, office, now)
        case Bounced():
            return bounced(case, office, now)
        case Alerted():
            return alerted(case, office, now)
        case _:
            return _mailed(case, office, now)


def _mailed(
    case: FirstMail | Recognised | Reply | Confirmation | Intrusion | Robot | Flood, office: Office, now: datetime
) -> Decision:
    match case:
        case FirstMail():
            return _first(case, office, now)
        case Recognised():
            return _recognised(case, office, now)
        case Reply():
            return _reply(case, office, now)
        case Confirmation():
            return confirmed(case, office, lambda reply: _reply(reply, office, now))
        case Intrusion():
            return _intrusion(case, office, now)
        case Robot():
            return robot(case, office, now)
        case Flood():
            return flood(case)
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
    read = case.read or receiving.read(case.mail, author, case.received_at, office)
    if (turned_away := receiving.turned_away(case, read.filtered, office)) is not None:
        return turned_away
    draft = _draft(case, case.mail, author, office, now)
    draft.kin = replace(case.kin, number=case.number)
    opening = _opening_orders(case, draft)
    if opening:
        return _opened_by_order(case, draft, opening)
    other = _orders_without_ticket(case, office) or forwarding.passed_on(case, draft)
    if other is not None:
        return other
    receiving.opened(draft, case, read, _address(author), _language(author, office))
    return _finished(draft, case.number)


def _stranger(case: FirstMail, office: Office) -> Decision:
    reason = because("stranger", address=case.author.address)
    effects: list[Effect] = [Review(reason)]
    if office.strangers == "refuse" and case.mail.answerable:
        effects.append(Send(0, "no_admitido", Address(case.author.address), "user", office.language))
    return Decision(0, tuple(effects), (reason, *case.signs), refused=reason)


def _opening_orders(case: FirstMail, draft: Draft) -> tuple[Order, ...]:
    """The orders of a mail about no ticket, if the first one opens a ticket and is his to give."""
    book = draft.office.book
    found = orders.read(case.mail.subject, "", "", lexicon(book), book.mark_key)
    verb = book.verbs.get(found[0].verb) if found else None
    if verb is None or verb.act not in openings.OPENING_ACTS:
        return ()
    staff = book.is_staff(case.author.role)
    return found if staff or openings.may_open(draft, verb, case.author) else ()


def _opened_by_order(case: FirstMail, draft: Draft, opening: tuple[Order, ...]) -> Decision:
    author, office = case.author, draft.office
    draft.told = {"text": case.mail.new_text, "sender_name": _address(author).name or author.address}
    number, refusal = openings.open_by_order(draft, opening, author, case.mail, _address(author))
    if refusal is not None:
        return _no_ticket(case, office, refusal)
    draft.pass_through()
    draft.settle()
    wrote = any(isinstance(effect, Send) for effect in draft.effects)
    verbs = [office.book.verbs[order.verb] for order in opening if order.verb]
    if any(order.corrected for order in opening) or echo.is_wanted(verbs, echo_of(author), wrote=wrote):
        draft.told = {}
        echo.done(draft, number, opening, None)
    draft.reasons.extend(case.signs)
    return draft.decision(number)


def _orders_without_ticket(case: FirstMail, office: Office) -> Decision | None:
    """Somebody of the desk gives orders but names no ticket: told so, nothing done. Users' hashtags are text."""
    if not office.book.is_staff(case.author.role):
        return None
    found = known(orders.read(case.mail.subject, "", "", lexicon(office.book), office.book.mark_key))
    return _no_ticket(case, office, because("no-ticket", order=found[0].word)) if found else None


def _no_ticket(case: FirstMail, office: Office, reason: Reason) -> Decision:
    facts = (("reason_code", reason.code), *reason.facts)
    author, template = case.author, echo.template_for(reason)
    letter = Send(0, template, _address(author), _audience(author, office), _language(author, office), facts)
    letters = (letter,) if case.kin.echoes < office.manners.echoes_hour else ()
    return Decision(0, letters, (reason, *case.signs), refused=reason)


def _recognised(case: Recognised, office: Office, now: datetime) -> Decision:
    """A mail that speaks for itself: it opens a ticket, moves the one that waits for it, or joins one in silence."""
    rule = office.book.mails[case.rule]
    draft = _draft(case, case.mail, case.author, office, now)
    draft.kin = replace(case.kin, number=case.number)
    draft.reasons.extend((*case.signs, because("recognised", rule=rule.key)))
    if case.expected:
        return draft.decision(0)
    if case.ticket is None:
        book, mail = office.book, case.mail
        title = subject.title(mail.subject, book.mark_key) or openings.first_words(mail.new_text)
        people = office.directory.in_role(rule.requester)
        asks = Address(people[0].address, people[0].name) if people else _address(case.author)
        ticket = openings.new_ticket(book, case.number, rule.opens, title, asks, now)
        openings.begin(draft, replace(ticket, facts=case.facts, first_message_id=mail.message_id))
        draft.do(Keep(case.number, "public"))
        return _finished(draft, case.number)
    number = case.ticket.number
    walk = draft.walk(case.ticket)
    draft.do(Keep(number, "public"))
    if case.joined:
        draft.because("joined", number=number)
        return draft.decision(number)
    draft.told = {"text": case.mail.new_text, "sender_name": _address(case.author).name or case.author.address}
    for key, value in case.facts:
        draft.do(Tell(number, key, value))
    walk.send(rule.letters)
    for token, move in walk.matching(OnMail(rule.key), None)[:1]:
        walk.make(token, move)
    return _finished(draft, number)


def _reply(case: Reply, office: Office, now: datetime) -> Decision:
    mail, author, ticket = case.mail, case.author, case.ticket
    if is_forged(author):
        return forged(case, office)
    draft = _draft(case, mail, author, office, now)
    draft.held = case.inbound
    draft.kin = replace(case.kin, number=case.number)
    walk = draft.walk(ticket)
    draft.reasons.extend(case.signs)
    standing = office.standing(author, ticket, office.day(now))
    found, written = given(mail, ticket, Strict(office, ticket, author, standing, now))
    internal = office.book.is_staff(author.role)
    closed = ticket.is_closed and "requester" in standing
    if case.stale:
        draft.because("orders-too-old", days=office.policy.oldest_days)
    if case.stale or (closed and says_only_words(found, walk)):
        found = ()
    if found:
        return carried_out(draft, ticket.number, found, author, mail.new_text, internal=internal, written=written)
    if "requester" in standing and (scored := survey.scored(case, walk)) is not None:
        return scored
    moves = [pair for relation in sorted(standing) for pair in walk.matching(OnReply(relation), None)]
    who = office.speaks_as(author.person)
    if case.stale or (author.person and office.policy.ask("reply", who, author) != "do"):
        moves = []
    if closed and not moves and not case.stale:
        return _reply_to_closed(case, draft, office, now)
    staff = internal and "requester" not in standing
    draft.do(Keep(ticket.number, "internal" if staff else "public"))
    name = _address(author).name or author.address
    thanks = answers.answer(mail.new_text, office.book.answers)[0] == "thanks"
    if moves and (mail.attachments or not thanks):  # thanks are no answer to anything; a signed form sent with them is
        draft.told = {"text": mail.new_text, "sender_name": name}
        walk.make(*moves[0])
    elif not staff and not thanks and not (case.stale and closed):
        walk.send(_named(office, "user_wrote"), told={"text": mail.new_text, "sender_name": name})
    draft.because("noted-internally" if staff else "noted")
    return _finished(draft, ticket.number)


def _reply_to_closed(case: Reply, draft: Draft, office: Office, now: datetime) -> Decision:
    """Thanks change nothing; anything else reopens within the institution's span, or opens a new ticket linked to this one."""
    book, ticket = office.book, case.ticket
    if answers.answer(case.mail.new_text, book.answers)[0] == "thanks":
        draft.do(Keep(ticket.number, "public"))
        draft.because("thanks")
        return draft.decision(ticket.number)
    policy = book.reopening
    closed_at = ticket.closed_at or now
    in_time = policy.within is None or case.received_at <= worktime.end(closed_at, policy.within, book.calendar)
    if policy.mode == "new" or not in_time:
        sign = because("follows-closed", number=ticket.number)
        signs = (*case.signs, sign)
        return _first(FirstMail(case.mail, case.author, case.received_at, case.number, ticket, signs), office, now)
    walk = draft.walks[ticket.number]
    draft.do(Reopen(ticket.number))
    draft.do(Keep(ticket.number, "public"))
    procedure, _, step = policy.step.partition(":")
    walk.enter(procedure, step)
    name = case.author.name or case.author.address
    walk.send(policy.letters, told={"text": case.mail.new_text, "sender_name": name})
    draft.because("reopened", number=ticket.number)
    return _finished(draft, ticket.number)


def _intrusion(case: Intrusion, office: Office, now: datetime) -> Decision:
    """Words of somebody who takes no part: kept apart, shown to who has the ticket, never relayed to its people (S-07)."""
    outside = case.author.person is None and not case.author.own_domain
    if outside and not case.in_copy and office.strangers != "create":
        reason = because("stranger-on-ticket", address=case.author.address, number=case.ticket.number)
        return Decision(0, (Review(reason),), (reason, *case.signs), refused=reason)
    draft = Draft(office, now)
    walk = draft.walk(case.ticket)
    draft.reasons.extend((*case.signs, because("not-on-ticket", address=case.author.address)))
    draft.do(Keep(case.ticket.number, "third_party"))
    told = {"sender_name": case.author.address, "text": case.mail.new_text}
    walk.send(_named(office, "third_party"), told=told)
    return draft.decision(case.ticket.number)


# -- time and operators ---------------------------------------------------------------------------------------


def _ordered(case: Ordered, office: Office, now: datetime) -> Decision:
    author = replace(case.author, assurance=Assurance.A4)
    draft = Draft(office, now, sender=_address(author), kin=replace(case.kin, number=case.number))
    draft.said = Said(author, text=case.text)
    found = orders.read(case.orders, "", "", lexicon(office.book), office.book.mark_key)
    if not found:
        reason = because("no-orders")
        return Decision(case.ticket.number, (), (reason,), refused=reason)
    draft.walk(case.ticket)
    return carried_out(draft, case.ticket.number, found, author, case.text, internal=True, written=True)


# -- small words ----------------------------------------------------------------------------------------------


def _draft(case: FirstMail | Reply | Recognised, mail: Mail, author: Author, office: Office, now: datetime) -> Draft:
    words = orders.words(mail.new_text, lexicon(office.book))
    said = Said(author, words=words, text=mail.new_text, attachments=mail.attachments, sheets=mail.sheets)
    return Draft(
        office, now, sender=_address(author) if mail.answerable and author.address else None, said=said, kin=case.kin
    )


def _finished(draft: Draft, number: int) -> Decision:
    draft.pass_through()
    draft.settle()
    return draft.decision(number)


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
