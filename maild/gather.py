"""What must be known to decide about a mail: who wrote it, how well that is proved, and which ticket it speaks of. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from maild.core import seal, thread, twins
from maild.core.events import Bounced, Case, FirstMail, Flood, Intrusion, MailArrived, Reply, Robot
from maild.core.office import Office
from maild.core.ticket import Ticket
from maild.core.trust import Boundary, weigh
from maild.core.values import Address, Author, Kind, Mail, Reason, because
from maild.store import addresses, holds, mails, tickets
from maild.store.database import Tx


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


def gather(tx: Tx, event: MailArrived, verdict: twins.Verdict, terms: Terms, now: datetime) -> Gathered:
    """The case that this mail is. `verdict` says what earlier copies make of it."""
    mail, office = event.mail, terms.office
    person = office.directory.by_address(mail.sender.address) if mail.sender.address else None
    own = office.directory.is_own_domain(mail.sender.address)
    author = Author(mail.sender.address, mail.sender.name, person, own_domain=own)
    his = person.addresses if person else (mail.sender.address,)
    wanted = thread.keys(mail, office.book.mark_key)
    known = _known(tx, wanted, author, his, office)
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


def _known(tx: Tx, wanted: thread.Keys, author: Author, his: tuple[str, ...], office: Office) -> thread.Known:
    """What the store knows of the keys. The commonest mail has none, and asks nothing."""
    by_number = tickets.by_numbers(tx, his, wanted.numbers)
    by_conversation = mails.tickets_of_conversation(tx, wanted.conversation)
    named = tickets.participants(tx, {*wanted.marks, *wanted.quoted, *by_number, *by_conversation})
    return thread.Known(
        by_id=tickets.by_message_ids(tx, wanted.ids),
        existing=frozenset(named),
        by_number=by_number,
        by_conversation=by_conversation,
        mine=frozenset(n for n, people in named.items() if author.address and office.takes_part(author, people)),
    )


def _case(
    tx: Tx,
    event: MailArrived,
    verdict: twins.Verdict,
    author: Author,
    placed: thread.Placement,
    terms: Terms,
    now: datetime,
) -> tuple[Case, Ticket | None]:
    mail, office = event.mail, terms.office
    ticket = tickets.load(tx, verdict.ticket or placed.number) if verdict.ticket or placed.number else None
    signs = (placed.by,) if ticket else ()
    if verdict.kind == "conflict":
        signs = (*signs, because("message-id-conflict", of=verdict.of))
    if mail.kind in (Kind.BOUNCE, Kind.DELAY):
        return _bounced(tx, mail, ticket, signs, terms, now)
    if seal.looks_ours(mail.message_id) and holds.ours(tx, (mail.message_id.lower(),)):
        return Robot(mail, ticket, (*signs, because("own-message"))), ticket
    if not mail.kind.from_person or mail.sender.address in office.addresses:
        return Robot(mail, ticket, signs, placed.answers_own_letter), ticket
    signs = (*signs, *author.evidence)
    if ticket is None and (latest := _flooded(tx, author, terms, now)):
        return Flood(mail, latest, signs), latest
    number = tickets.next_number(tx)
    if ticket is None:
        return FirstMail(mail, author, event.received_at, number, signs=signs), None
    if office.takes_part(author, ticket.participants):
        return Reply(mail, author, event.received_at, ticket, number, signs), ticket
    if placed.by.code == "thread-mark-alone" and (author.person is not None or author.own_domain):
        # A number anybody can guess: his words become a ticket of his own that names the other one.
        signs = (*signs, because("mark-not-yours"))
        return FirstMail(mail, author, event.received_at, number, signs=signs), None
    in_copy = mails.was_copied(tx, ticket.number, author.address)
    return Intrusion(mail, author, ticket, (*signs, *((because("was-in-copy"),) if in_copy else ())), in_copy), ticket


def _bounced(
    tx: Tx, mail: Mail, ticket: Ticket | None, signs: tuple[Reason, ...], terms: Terms, now: datetime
) -> tuple[Case, Ticket | None]:
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


def recipients(mail: Mail) -> tuple[Address, ...]:
    """Everybody a mail was sent to."""
    return (*mail.to, *mail.cc)
