"""What must be known to decide: who wrote a mail, how well that is proved, which ticket it speaks of, and what other tickets
have to do with that one. Asks the store; only reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from maild import inquire, machines
from maild.alike import alike
from maild.core import expected, files, habits, merging, receiving, recognise, seal, thread, twins
from maild.core.effects import Decision
from maild.core.events import (
    Alerted,
    Bounced,
    Case,
    Confirmation,
    FirstMail,
    Flood,
    Intrusion,
    Kin,
    MailArrived,
    Recognised,
    Reply,
    Robot,
)
from maild.core.office import Office
from maild.core.ticket import Ticket
from maild.core.values import Assurance, Author, Kind, Mail, Reason, because
from maild.kin import kin_of, loaded
from maild.recall import recalled
from maild.store import addresses, held, holds, mails, tickets
from maild.store import habits as seen
from maild.store.database import Tx
from maild.weighing import Terms, weighed

_MOST_MERGED = 3
_HOUR = timedelta(hours=1)
_BOUNCES = (Kind.BOUNCE, Kind.DELAY)
_Placed = tuple[Case, Ticket | None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """A mail with what the store knows about it. `ticket` is the one it speaks of, as it stands; `guesses`: how many of
    his mails within the hour bore a token that nobody gave him, this one included (0: it does not)."""

    case: Case
    ticket: Ticket | None
    author: Author
    keys: thread.Keys
    placed: thread.Placement
    guesses: int = 0


# -- mails ------------------------------------------------------------------------------------------------------------


def gather(tx: Tx, event: MailArrived, verdict: twins.Verdict, terms: Terms, now: datetime) -> Gathered:
    """The case that this mail is. `verdict` says what earlier copies make of it."""
    mail, office = event.mail, terms.office
    person = office.directory.by_address(mail.sender.address) if mail.sender.address else None
    own = office.directory.is_own_domain(mail.sender.address)
    author = Author(mail.sender.address, mail.sender.name, person, own_domain=own)
    his = person.addresses if person else (mail.sender.address,)
    wanted = thread.keys(mail, office.book.mark_key)
    waiting = held.waiting(tx, person.addresses, now) if person else {}
    claims = mail.kind.from_person and thread.claims_a_letter(mail, wanted)
    guesses = addresses.guesses(tx, mail.sender.mailbox, now - _HOUR) if claims or seal.has_code(mail.text) else 0
    known = _known(tx, wanted, author, his, office, office.day(now))
    known = replace(known, held=tuple(waiting), guesses=guesses >= office.policy.guesses_hour)
    placed = thread.choose(mail, his, wanted, known, terms.ring, now.date())
    proved = placed.number and placed.answers_own_letter
    # Lines of orders that answer a list written to him; a mark that he quotes with it says nothing.
    list_of = inquire.list_answered(mail, author, office, terms.ring, now.date()) if not proved else None
    author = weighed(tx, event, verdict.kind == "conflict", author, list_of or placed, terms, now)
    case, ticket = _case(tx, event, verdict, author, placed, terms, now)
    asked = waiting.get(placed.token.held) if placed.token else None
    if isinstance(case, Reply) and asked is not None and asked.ticket == case.ticket.number:
        case = Confirmation(case, asked) if author.assurance >= Assurance.A1 else case
    elif list_of is not None and isinstance(case, FirstMail | Reply):
        case, ticket = inquire.orders_on_list(tx, mail, author, case.signs, office, now), None
    in_vain = claims and placed.token is None and list_of is None
    return Gathered(case, ticket, author, wanted, placed, guesses + 1 if in_vain else 0)


def _known(
    tx: Tx, wanted: thread.Keys, author: Author, his: tuple[str, ...], office: Office, today: date
) -> thread.Known:
    """What the store knows of the keys. The commonest mail has none, and asks nothing."""
    by_number = tickets.by_numbers(tx, his, wanted.numbers)
    by_conversation = mails.tickets_of_conversation(tx, wanted.conversation)
    named = tickets.participants(tx, {*wanted.marks, *wanted.quoted, *by_number, *by_conversation})

    def takes_part(number: int) -> bool:
        if not author.address:
            return False
        if named[number] & set(his) or office.book.is_staff(author.role):
            return True
        # Somebody of the house may have a say at the step where it stands; only the whole ticket tells.
        ticket = tickets.load(tx, number) if author.person else None
        return ticket is not None and office.takes_part(author, ticket, today)

    return thread.Known(
        by_id=tickets.by_message_ids(tx, wanted.ids),
        existing=frozenset(named),
        by_number=by_number,
        by_conversation=by_conversation,
        mine=frozenset(number for number in sorted(named) if takes_part(number)),
    )


def _case(
    tx: Tx,
    event: MailArrived,
    verdict: twins.Verdict,
    author: Author,
    placed: thread.Placement,
    terms: Terms,
    now: datetime,
) -> _Placed:
    mail, office = event.mail, terms.office
    ticket = tickets.load(tx, verdict.ticket or placed.number) if verdict.ticket or placed.number else None
    signs = (placed.by,) if ticket else ()
    if verdict.kind == "conflict":
        signs = (*signs, because("message-id-conflict", of=verdict.of))
    if mail.kind in _BOUNCES:
        came_back, about = _bounced(tx, mail, ticket, signs, terms, now)
        if isinstance(came_back, Bounced) or mail.sender.address in office.addresses:
            return came_back, about
        # Programs report through MAILER-DAEMON and cron too: what is no bounce of ours may be an alert.
        told = _recognised(tx, mail, author, signs, office, now)
        return (told, told.ticket) if told else (came_back, about)
    if seal.looks_ours(mail.message_id) and holds.ours(tx, (mail.message_id.lower(),)):
        return Robot(mail, ticket, (*signs, because("own-message"))), ticket
    from_us = mail.sender.mailbox in office.addresses
    # A mail that answers a ticket speaks to that ticket; only one on its own is asked what it means by itself.
    alone = ticket is None or not mail.kind.from_person or office.speaks_as(author.person) == "machine"
    if alone and not from_us:
        recognised = _recognised(tx, mail, author, signs, office, now)
        if recognised is not None:
            return recognised, recognised.ticket
    if not mail.kind.from_person or from_us:
        return Robot(mail, ticket, signs, placed.answers_own_letter), ticket
    signs = (*signs, *author.evidence)
    his = ticket is None or office.takes_part(author, ticket, office.day(now))
    asked = inquire.asks(tx, mail, author, ticket, signs, office, now) if his else None
    if asked is not None:
        return asked, asked.ticket
    if ticket is not None:
        return _about(tx, event, author, ticket, placed, signs, office, now)
    author = _acknowledged(mail, author, office)
    if latest := _flooded(tx, author, terms, now):
        return Flood(mail, latest, signs), latest
    kin = recalled(tx, Kin(), author, office, now)
    read = receiving.read(mail, author, event.received_at, office, event.verdict)
    number = tickets.next_number(tx)  # first: its lock lets no other report of the same failure in meanwhile
    others = alike(tx, read.thing, author, office, now)
    return FirstMail(mail, author, event.received_at, number, signs=signs, kin=kin, read=read, alike=others), None


def _acknowledged(mail: Mail, author: Author, office: Office) -> Author:
    """Of several who wrote together, the one to answer: he may ask for something, as any stranger may, and no more."""
    if not mail.sender.answer_to:
        return author
    own = office.directory.is_own_domain(mail.sender.answer_to)
    return Author(mail.sender.answer_to, mail.sender.name, evidence=author.evidence, own_domain=own)


def _about(
    tx: Tx,
    event: MailArrived,
    author: Author,
    ticket: Ticket,
    placed: thread.Placement,
    signs: tuple[Reason, ...],
    office: Office,
    now: datetime,
) -> _Placed:
    mail, number = event.mail, tickets.next_number(tx)
    merged = None if office.book.is_staff(author.role) else _merged(tx, ticket)
    if merged is not None and office.takes_part(author, merged, office.day(now)):
        ticket, signs = merged, (*signs, because("merged-into", number=merged.number))
    if office.takes_part(author, ticket, office.day(now)):
        kin = recalled(tx, kin_of(tx, ticket, mail.subject, office, now), author, office, now, ticket.number)
        stale = _stale(event, office, now)
        room = author.person and held.asked(tx, author.person.addresses, now - _HOUR) < office.policy.questions_hour
        inbound = event.inbound if room else 0
        return Reply(mail, author, event.received_at, ticket, number, signs, kin, inbound, stale), ticket
    if placed.by.code == "thread-mark-alone" and (author.person is not None or author.own_domain):
        # A number anybody can guess: his words become a ticket of his own that names the other one.
        signs = (*signs, because("mark-not-yours"))
        return FirstMail(mail, author, event.received_at, number, signs=signs), None
    in_copy = mails.was_copied(tx, ticket.number, author.address)
    return Intrusion(mail, author, ticket, (*signs, *((because("was-in-copy"),) if in_copy else ())), in_copy), ticket


def _stale(event: MailArrived, office: Office, now: datetime) -> bool:
    """A mail dragged back into the folder keeps its date: what it ordered then is not what its author wants now."""
    sent = min(event.received_at, event.mail.date) if event.mail.date else event.received_at
    return now - sent > timedelta(days=office.policy.oldest_days)


def _merged(tx: Tx, ticket: Ticket) -> Ticket | None:
    """The ticket that this one was merged into, and that one perhaps into another."""
    found: Ticket | None = None
    for _ in range(_MOST_MERGED):
        into = merging.into(found or ticket)
        following = tickets.load(tx, into) if into else None
        if following is None or following.number == ticket.number:
            break
        found = following
    return found


def _bounced(
    tx: Tx, mail: Mail, ticket: Ticket | None, signs: tuple[Reason, ...], terms: Terms, now: datetime
) -> _Placed:
    """Which letter came back. Without the signed id of one of ours a bounce proves nothing, whoever writes it."""
    original = mail.bounce.original_message_id if mail.bounce else ""
    named = dict.fromkeys(each.lower() for each in (original, *mail.in_reply_to, *mail.references) if each)
    letter = holds.ours(tx, tuple(each for each in named if seal.looks_ours(each)))
    today = now.date()
    if letter is None or seal.ticket_of(letter.message_id, (letter.recipient,), terms.ring, today) != letter.ticket:
        return Robot(mail, ticket, (*signs, because("bounce-unproved"))), ticket
    ticket = tickets.load(tx, letter.ticket) if letter.ticket else None
    stopped = addresses.is_stopped(tx, letter.recipient)
    return Bounced(mail, ticket, letter.recipient, stopped, signs), ticket


def _flooded(tx: Tx, author: Author, terms: Terms, now: datetime) -> Ticket | None:
    """The newest ticket of somebody who opened too many in the last hour."""
    if not author.address:
        return None
    newest = tickets.opened_by(tx, author.address, now - timedelta(hours=1), terms.tickets_hour)
    return tickets.load(tx, newest[0]) if newest and len(newest) >= terms.tickets_hour else None


# -- mails that speak for themselves ----------------------------------------------------------------------------------


def _recognised(
    tx: Tx, mail: Mail, author: Author, signs: tuple[Reason, ...], office: Office, now: datetime
) -> Recognised | Alerted | None:
    """The first rule that fits and has something to do: a ticket that waits for it, one to join, or one to open; else an alert."""
    if author.assurance < Assurance.A1:
        return None
    book = office.book
    for found in recognise.understood(mail, author.role, book):
        rule = found.rule
        ticket = recognise.belongs(found, mail, _waiting(tx, found, author, office), book)
        joined = None if ticket or not rule.joins else _joined(tx, found)
        if ticket is None and joined is None and not rule.opens:
            continue
        number, about = tickets.next_number(tx), ticket or joined
        kin = kin_of(tx, about, "", office, now) if about else Kin(number)
        joins = joined is not None
        return Recognised(mail, author, rule.key, found.facts, number, about, joined=joins, signs=signs, kin=kin)
    alert = machines.alerted(tx, mail, author, signs, office, now)
    if alert is None and expected.arrived(mail, author, book, now):
        first = recognise.understood(mail, author.role, book)[0]
        return Recognised(mail, author, first.rule.key, first.facts, 0, expected=True, signs=signs)
    return alert


def _waiting(tx: Tx, found: recognise.Understood, author: Author, office: Office) -> Iterable[Ticket]:
    if not found.rule.finds:
        return ()
    places = office.book.waits_for(found.rule.key)
    own = author.address if found.rule.finds == recognise.REQUESTER else ""
    return loaded(tx, tickets.standing_at(tx, places, own))


def _joined(tx: Tx, found: recognise.Understood) -> Ticket | None:
    key = found.rule.joins[0]
    value = dict(found.facts).get(key, "")
    return recognise.joins(found, loaded(tx, tickets.open_with(tx, key, value))) if value else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an event. `done` False: it had been dealt with before, and nothing was written now."""

    decision: Decision
    before: Ticket | None = None
    after: Ticket | None = None
    cause: str = ""
    done: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """A mail as it is read here (without what its sender always writes below his words), all that is known of it, what shall
    be done about it and what becomes of its files. `fresh` are the paragraphs at its end that may become a habit."""

    mail: Mail
    gathered: Gathered
    decision: Decision
    files: Sequence[files.Judged] = ()
    fresh: Sequence[habits.Ending] = ()


def without_habits(tx: Tx, mail: Mail) -> tuple[Mail, Sequence[habits.Ending]]:
    """The mail as it is to be read, and what is still to be learned from it."""
    endings = habits.endings(mail)
    known = seen.known(tx, mail.sender.address, endings)
    return habits.without(mail, known), tuple(each for each in endings if each.fingerprint not in known)


def told_of(whole: Mail, mail: Mail) -> tuple[Reason, ...]:
    """For the journal: where that which is always there begins."""
    lost = whole.new_text[len(mail.new_text) :].strip()
    return (because("text-habit", first=lost.splitlines()[0][:80]),) if lost else ()
