"""What happens to a first mail besides its ticket: filters that turn it away or give it to somebody, facts that it tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from maild.core import filters, findings, openings, outages, reporting, sorting, subject
from maild.core.classify import Verdict
from maild.core.draft import Draft
from maild.core.effects import Assign, Decision, Effect, Keep, Send, Tell
from maild.core.events import FirstMail
from maild.core.filters import Filtered
from maild.core.moves import LetterTo
from maild.core.office import Office
from maild.core.sorting import Read
from maild.core.values import Address, Author, Mail, because

# Facts that the engine keeps begin with an underscore: no procedure asks for them by chance.
TAGS, ROUTE = "_tags", "_route"


def read(mail: Mail, author: Author, received_at: datetime, office: Office, verdict: Verdict | None = None) -> Read:
    """What the rules make of a mail that is about no ticket; `verdict`: about its words, if that was reached before."""
    book, found = office.book, Filtered()
    if book.classifier is not None and book.filters:
        found = filters.fitting(mail, author, received_at, book.filters, book.classifier.vocabulary, book.calendar)
    said = sorting.sort_mail(mail, book, found, verdict)
    service = said.service.key if said.service else ""
    thing = outages.thing_of(said.verdict, service, book.outages) if reporting.counts(author) else ""
    return Read(found, said, thing)


def turned_away(case: FirstMail, found: Filtered, office: Office) -> Decision | None:
    """The decision that no ticket is opened, where a filter says so: in silence, or with a letter to whoever can be answered."""
    if found.ignored is not None:
        return Decision(0, (), (because("filter-ignored", filter=found.ignored.key), *case.signs))
    if found.refused is None:
        return None
    reason = because("filter-refused", filter=found.refused.key)
    letters: tuple[Effect, ...] = ()
    if case.mail.answerable:
        language = case.author.language or office.language
        letters = (Send(0, "no_admitido", Address(case.author.address), "user", language),)
    return Decision(0, letters, (reason, *case.signs), refused=reason)


def opened(draft: Draft, case: FirstMail, read: Read, asks: Address, language: str) -> None:
    """Open the ticket of a first mail as the rules sort it, and do what the filters say of it."""
    book, mail, author, number = draft.office.book, case.mail, case.author, case.number
    found, thing = read.found, read.thing
    if author.person is not None or author.own_domain:  # a stranger's words are never sent on (RELIABILITY S-03)
        draft.told = {"text": mail.new_text, "sender_name": asks.name or asks.address}
        draft.told |= {"understood_by": sorting.understood_by(found)}
    title = subject.title(mail.subject, book.mark_key) or openings.first_words(mail.new_text)
    ticket = replace(
        openings.classified(book, number, title, found, asks, draft.now),
        language=language,
        related=case.related.number if case.related else 0,
        first_message_id=mail.message_id,
    )
    draft.reasons.extend((*case.signs, because("opened", number=number), *found.reasons()))
    if thing and reporting.gathered(draft, case, ticket, thing):
        return
    openings.begin(draft, ticket)
    if thing:
        draft.do(Tell(number, outages.THING, thing))
    _carry_out(draft, number, read.filtered, case)
    draft.do(Keep(number, "public"))


def _carry_out(draft: Draft, number: int, found: Filtered, case: FirstMail) -> None:
    """Do what the filters say of the ticket that was opened, and keep the facts of the text."""
    mail, office, walk = case.mail, draft.office, draft.walks[number]
    facts = (*findings.findings(mail.subject), *findings.findings(mail.new_text))
    for kind, value in findings.told(facts).items():
        draft.do(Tell(number, f"_{kind}", value))
    if tags := found.tags:
        draft.do(Tell(number, TAGS, " ".join(tags)))
    if route := found.said("route"):
        draft.do(Tell(number, ROUTE, route))
        walk.send((LetterTo("tarea", route),))
    people = office.find_person(found.said("assign")) if found.said("assign") else ()
    if len(people) == 1:
        draft.do(Assign(number, Address(people[0].address, people[0].name)))
        walk.send((LetterTo("asignacion", "responsible"),))
    for each in found.fits:
        did = (each.service, each.type, each.priority, each.assign, each.route, *each.tags)
        draft.because("filtered", filter=each.key, did=", ".join(part for part in did if part))
