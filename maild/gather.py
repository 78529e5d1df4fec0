"""What must be known to decide: who wrote a mail, how well that is proved, which ticket it speaks of, and what other tickets
have to do with that one. Asks the store; only reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maild.core import habits, recognise, seal, subject, thread, twins
from maild.core.events import (
    Bounced,
    Case,
    FirstMail,
    Flood,
    Intrusion,
    Kin,
    MailArrived,
    Recognised,
    Recurring,
    Reply,
    Robot,
)
from maild.core.moves import OnClock
from maild.core.office import Office
from maild.core.ticket import Ticket
from maild.core.trust import Boundary, weigh
from maild.core.values import Assurance, Author, Kind, Mail, Reason, because
from maild.store import addresses, holds, mails, papers, tickets
from maild.store import habits as seen
from maild.store.database import Tx

_MOST_PARENTS = 20
_BOUNCES = (Kind.BOUNCE, Kind.DELAY)
_Placed = tuple[Case, Ticket | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """The desk as it looks at mail: its policies, the keys of its letters, the border it believes, and how many tickets
    one address opens in an hour."""

    office: Office
    ring: seal.KeyRing
    boundary: Boundary
    tickets_hour: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """A mail with what the store knows about it. `ticket` is the one it speaks of, as it stands."""

    case: Case
    ticket: Ticket | None
    author: Author
    keys: thread.Keys
    placed: thread.Placement


# -- mails ------------------------------------------------------------------------------------------------------------


def gather(tx: Tx, event: MailArrived, verdict: twins.Verdict, terms: Terms, now: datetime) -> Gathered:
    """The case that this mail is. `verdict` says what earlier copies make of it."""
    mail, office = event.mail, terms.office
    person = office.directory.by_address(mail.sender.address) if mail.sender.address else None
    own = office.directory.is_own_domain(mail.sender.address)
    author = Author(mail.sender.address, mail.sender.name, person, own_domain=own)
    his = person.addresses if person else (mail.sender.address,)
    wanted = thread.keys(mail, office.book.mark_key)
    known = _known(tx, wanted, author, his, office, _today(office, now))
    placed = thread.choose(mail, his, wanted, known, terms.ring, now.date())
    assurance, evidence = weigh(
        mail.sender.address,
        known=person is not None,
        answers_own_letter=placed.answers_own_letter,
        results=mail.authentication_results,
        boundary=terms.boundary,
    )
    author = Author(author.address, author.name, person, assurance, evidence, own)
    case, ticket = _case(tx, event, verdict, author, placed, terms, now)
    return Gathered(case, ticket, author, wanted, placed)


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
        return _bounced(tx, mail, ticket, signs, terms, now)
    if seal.looks_ours(mail.message_id) and holds.ours(tx, (mail.message_id.lower(),)):
        return Robot(mail, ticket, (*signs, because("own-message"))), ticket
    from_us = mail.sender.mailbox in office.addresses
    # A mail that answers a ticket speaks to that ticket; only one on its own is asked what it means by itself.
    if (ticket is None or not mail.kind.from_person) and not from_us:
        recognised = _recognised(tx, mail, author, signs, office, now)
        if recognised is not None:
            return recognised, recognised.ticket
    if not mail.kind.from_person or from_us:
        return Robot(mail, ticket, signs, placed.answers_own_letter), ticket
    signs = (*signs, *author.evidence)
    if ticket is not None:
        return _about(tx, event, author, ticket, placed, signs, office, now)
    author = _acknowledged(mail, author, office)
    if latest := _flooded(tx, author, terms, now):
        return Flood(mail, latest, signs), latest
    return FirstMail(mail, author, event.received_at, tickets.next_number(tx), signs=signs), None


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
    if office.takes_part(author, ticket, _today(office, now)):
        kin = kin_of(tx, ticket, mail.subject, office, now)
        return Reply(mail, author, event.received_at, ticket, number, signs, kin), ticket
    if placed.by.code == "thread-mark-alone" and (author.person is not None or author.own_domain):
        # A number anybody can guess: his words become a ticket of his own that names the other one.
        signs = (*signs, because("mark-not-yours"))
        return FirstMail(mail, author, event.received_at, number, signs=signs), None
    in_copy = mails.was_copied(tx, ticket.number, author.address)
    return Intrusion(mail, author, ticket, (*signs, *((because("was-in-copy"),) if in_copy else ())), in_copy), ticket


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
) -> Recognised | None:
    """The first rule that fits and has something to do: a ticket that waits for it, one to join, or one to open."""
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
    return None


def _waiting(tx: Tx, found: recognise.Understood, author: Author, office: Office) -> Iterable[Ticket]:
    if not found.rule.finds:
        return ()
    places = office.book.waits_for(found.rule.key)
    own = author.address if found.rule.finds == recognise.REQUESTER else ""
    return _loaded(tx, tickets.standing_at(tx, places, own))


def _joined(tx: Tx, found: recognise.Understood) -> Ticket | None:
    key = found.rule.joins[0]
    value = dict(found.facts).get(key, "")
    return recognise.joins(found, _loaded(tx, tickets.open_with(tx, key, value))) if value else None


# -- other tickets ----------------------------------------------------------------------------------------------------


def known(ticket: Ticket | None, kin: Kin | None = None) -> dict[int, Ticket]:
    """Every ticket that a decision is told of, by its number."""
    others = (*kin.parents, *kin.named) if kin else ()
    return {each.number: each for each in (*others, *((ticket,) if ticket else ()))}


def kin_of(tx: Tx, ticket: Ticket, words: str, office: Office, now: datetime) -> Kin:
    """What a decision about this ticket may have to know of others; `words` may name some by their marks."""
    book = office.book
    parents: list[Ticket] = []
    child = ticket
    while child.parent and len(parents) < _MOST_PARENTS:
        waiting = tickets.load(tx, child.parent)
        if waiting is None:
            break
        parents.append(waiting)
        child = waiting
    opens = any(step.child for _, step in book.all_steps())
    family = tickets.children(tx, [ticket.number, *(p.number for p in parents)]) if opens else ()
    named = tuple(n for n in subject.marks(words, book.mark_key) if n != ticket.number)[:3]
    forms = [key for key, document in book.documents.items() if document.form]
    return Kin(
        number=tickets.next_number(tx) if opens else 0,
        parents=tuple(parents),
        children=family,
        named=tuple(_loaded(tx, named)),
        serials=papers.next_serials(tx, forms, _today(office, now).year),
        entries=papers.entries(tx) if "entry" in {verb.act for verb in book.verbs.values()} else (),
    )


def recurring(tx: Tx, clock: str, office: Office, now: datetime) -> Recurring:
    """The tickets that listen to a recurring clock, oldest first."""
    wanted = OnClock(clock)
    listening = [(p.key, s.number) for p, s in office.book.all_steps() if any(wanted in m.on for m in s.moves)]
    found = tuple(_loaded(tx, tickets.standing_at(tx, listening)))
    families = [kin_of(tx, ticket, "", office, now) for ticket in found]
    number = tickets.next_number(tx)
    parents = {p.number: p for kin in families for p in kin.parents}
    children = {c.number: c for kin in families for c in kin.children}
    return Recurring(clock, found, number, Kin(number, tuple(parents.values()), tuple(children.values())))


def _loaded(tx: Tx, numbers: Iterable[int]) -> Iterable[Ticket]:
    return (ticket for number in numbers if (ticket := tickets.load(tx, number)) is not None)


def _today(office: Office, now: datetime) -> date:
    return now.astimezone(office.book.calendar.zone).date()


def without_habits(tx: Tx, mail: Mail) -> tuple[Mail, Sequence[habits.Ending]]:
    """The mail as it is to be read, and what is still to be learned from it."""
    endings = habits.endings(mail)
    known = seen.known(tx, mail.sender.address, endings)
    return habits.without(mail, known), tuple(each for each in endings if each.fingerprint not in known)


def told_of(whole: Mail, mail: Mail) -> tuple[Reason, ...]:
    """For the journal: where that which is always there begins."""
    lost = whole.new_text[len(mail.new_text) :].strip()
    return (because("text-habit", first=lost.splitlines()[0][:80]),) if lost else ()
