"""What a happening becomes once everything that the core must know of it has been looked up. Asks the store; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from maild.core import recognise, seal, subject, thread, twins
from maild.core.events import (
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
from maild.core.values import Assurance, Author, Mail, Reason, because
from maild.store import papers, tickets
from maild.store.database import Tx

_MOST_PARENTS = 20


@dataclass(frozen=True, slots=True)
class Gathering:
    """One look into the store, at one time. `tickets_hour`: more first mails of one person in an hour are a flood."""

    office: Office
    ring: seal.KeyRing
    boundary: Boundary
    tickets_hour: int
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.office.book.calendar.zone).date()

    # -- mails --------------------------------------------------------------------------------------------------------

    def mail(self, tx: Tx, event: MailArrived, verdict: twins.Verdict) -> tuple[Case, Ticket | None]:
        """The case of a mail, and the ticket that it is about."""
        mail = event.mail
        person = self.office.directory.by_address(mail.sender.address) if mail.sender.address else None
        addresses = person.addresses if person else (mail.sender.address,)
        wanted = thread.keys(mail, self.office.book.mark_key)
        known = thread.Known(tickets.by_message_ids(tx, wanted.ids), tickets.existing(tx, wanted.marks))
        placed = thread.choose(mail, addresses, wanted, known, self.ring, self.now.date())
        number = verdict.ticket or placed.number
        ticket = tickets.load(tx, number) if number else None
        signs: tuple[Reason, ...] = (placed.by,) if ticket else ()
        if verdict.kind == "conflict":
            signs = (*signs, because("message-id-conflict", of=verdict.of))
        author = self._author(mail, placed.answers_own_letter)
        from_us = mail.sender.address in self.office.addresses
        # A mail that answers a ticket speaks to that ticket; only one on its own is asked what it means by itself.
        if (ticket is None or not mail.kind.from_person) and not from_us:
            recognised = self._recognised(tx, mail, author, signs)
            if recognised is not None:
                return recognised, recognised.ticket
        if not mail.kind.from_person or from_us:
            return Robot(mail, ticket, signs), ticket
        signs = (*signs, *author.evidence)
        if ticket is None:
            return self._about_none(tx, event, author, signs)
        return self._about(tx, event, author, ticket, placed, signs)

    def _author(self, mail: Mail, answers_own_letter: bool) -> Author:
        person = self.office.directory.by_address(mail.sender.address) if mail.sender.address else None
        assurance, evidence = weigh(
            mail.sender.address,
            known=person is not None,
            answers_own_letter=answers_own_letter,
            results=mail.authentication_results,
            boundary=self.boundary,
        )
        own = self.office.directory.is_own_domain(mail.sender.address)
        return Author(mail.sender.address, mail.sender.name, person, assurance, evidence, own)

    def _about_none(
        self, tx: Tx, event: MailArrived, author: Author, signs: tuple[Reason, ...]
    ) -> tuple[Case, Ticket | None]:
        since = self.now - timedelta(hours=1)
        newest = tickets.opened_by(tx, author.address, since, self.tickets_hour) if author.address else []
        latest = tickets.load(tx, newest[0]) if len(newest) >= self.tickets_hour else None
        if latest is not None:
            return Flood(event.mail, latest, signs), latest
        number = tickets.next_number(tx)
        return FirstMail(event.mail, author, event.received_at, number, signs=signs), None

    def _about(
        self,
        tx: Tx,
        event: MailArrived,
        author: Author,
        ticket: Ticket,
        placed: thread.Placement,
        signs: tuple[Reason, ...],
    ) -> tuple[Case, Ticket | None]:
        mail, number = event.mail, tickets.next_number(tx)
        if self.office.takes_part(author, ticket, self.today):
            kin = self.kin(tx, ticket, mail.subject)
            return Reply(mail, author, event.received_at, ticket, number, signs, kin), ticket
        if placed.by.code == "thread-mark" and (author.person is not None or author.own_domain):
            # A number anybody can guess: his words become a ticket of his own that names the other one.
            own = (*signs, because("mark-not-yours"))
            return FirstMail(mail, author, event.received_at, number, signs=own), None
        return Intrusion(mail, author, ticket, signs), ticket

    # -- mails that speak for themselves ------------------------------------------------------------------------------

    def _recognised(self, tx: Tx, mail: Mail, author: Author, signs: tuple[Reason, ...]) -> Recognised | None:
        """The first rule that fits and has something to do: a ticket that waits for it, one to join, or one to open."""
        if author.assurance < Assurance.A1:
            return None
        book = self.office.book
        for found in recognise.understood(mail, author.role, book):
            waiting = self._waiting(tx, found, author)
            ticket = recognise.belongs(found, mail, waiting, book)
            joined = None if ticket or not found.rule.joins else self._joined(tx, found)
            if ticket is None and joined is None and not found.rule.opens:
                continue
            number = tickets.next_number(tx)
            about = ticket or joined
            kin = self.kin(tx, about, "") if about else Kin(number)
            return Recognised(
                mail,
                author,
                found.rule.key,
                found.facts,
                number,
                about,
                joined=joined is not None,
                signs=signs,
                kin=kin,
            )
        return None

    def _waiting(self, tx: Tx, found: recognise.Understood, author: Author) -> Iterable[Ticket]:
        if not found.rule.finds:
            return ()
        places = self.office.book.waits_for(found.rule.key)
        own = author.address if found.rule.finds == recognise.REQUESTER else ""
        return self._loaded(tx, tickets.standing_at(tx, places, own))

    def _joined(self, tx: Tx, found: recognise.Understood) -> Ticket | None:
        key = found.rule.joins[0]
        value = dict(found.facts).get(key, "")
        return recognise.joins(found, self._loaded(tx, tickets.open_with(tx, key, value))) if value else None

    def _loaded(self, tx: Tx, numbers: Iterable[int]) -> Iterable[Ticket]:
        return (ticket for number in numbers if (ticket := tickets.load(tx, number)) is not None)

    # -- other tickets ------------------------------------------------------------------------------------------------

    def kin(self, tx: Tx, ticket: Ticket, words: str) -> Kin:
        """What a decision about this ticket may have to know of others; `words` may name some by their marks."""
        book = self.office.book
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
            named=tuple(self._loaded(tx, named)),
            serials=papers.next_serials(tx, forms, self.today.year),
            entries=papers.entries(tx) if "entry" in {verb.act for verb in book.verbs.values()} else (),
        )

    def recurring(self, tx: Tx, clock: str) -> Recurring:
        """The tickets that listen to a recurring clock, oldest first."""
        wanted = OnClock(clock)
        listening = [(p.key, s.number) for p, s in self.office.book.all_steps() if any(wanted in m.on for m in s.moves)]
        found = tuple(self._loaded(tx, tickets.standing_at(tx, listening)))
        families = [self.kin(tx, ticket, "") for ticket in found]
        number = tickets.next_number(tx)
        parents = {p.number: p for kin in families for p in kin.parents}
        children = {c.number: c for kin in families for c in kin.children}
        kin = Kin(number, tuple(parents.values()), tuple(children.values()))
        return Recurring(clock, found, number, replace(kin, number=number))
