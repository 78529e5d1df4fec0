"""A mail that somebody of the desk passes on opens the ticket of who wrote it; what he adds himself is an internal note."""

from __future__ import annotations

from dataclasses import replace

from maild.core import echo, openings, sorting, subject
from maild.core.draft import Draft
from maild.core.effects import Decision, Keep, Send
from maild.core.events import FirstMail
from maild.core.forwarded import forwarded_words
from maild.core.places import Words
from maild.core.values import Address, because


def passed_on(case: FirstMail, draft: Draft) -> Decision | None:
    """The decision about a forward of the desk's people; None: it is none, or passes on nobody's request."""
    office, mail, author = draft.office, case.mail, case.author
    original = mail.forwarded
    if original is None or not office.book.is_staff(author.role) or author.person is None:
        return None
    address = original.sender.address.lower()
    if address in office.addresses or address in author.person.addresses:
        return None
    helper = Address(author.person.address, author.person.name)
    asks = office.directory.by_address(address) if address else None
    if asks is None and not office.directory.is_own_domain(address):
        return _asked_back(case, draft, helper, original.sender)
    return _opened(
        case, draft, helper, Address(asks.address, asks.name) if asks else Address(address, original.sender.name)
    )


def _opened(case: FirstMail, draft: Draft, helper: Address, requester: Address) -> Decision:
    book, mail, number = draft.office.book, case.mail, case.number
    words, original = forwarded_words(mail), mail.forwarded
    title = subject.title((original.subject if original else "") or mail.subject, book.mark_key)
    found = sorting.sort(Words(title, words), book)
    draft.told = {"text": words, "sender_name": requester.name or requester.address}
    draft.told |= {"understood_by": sorting.understood_by(found)}
    person = draft.office.directory.by_address(requester.address)
    ticket = openings.classified(book, number, title or openings.first_words(words), found, requester, draft.now)
    ticket = replace(
        ticket,
        creator=helper,
        language=person.language if person else draft.office.language,
        first_message_id=mail.message_id,
    )
    draft.opener = helper
    openings.begin(draft, ticket)
    draft.do(Keep(number, "public", words, requester.address))
    # Where he adds nothing, the mail that he passes on is all of the text.
    if mail.new_text.strip() and words not in mail.new_text and words.partition("\n")[0] not in mail.new_text:
        draft.do(Keep(number, "internal"))
    draft.reasons.extend((*case.signs, because("opened", number=number), because("passed-on", by=helper.address)))
    draft.reasons.extend(found.reasons())
    draft.pass_through()
    draft.settle()
    lines = (
        *echo.changes(None, draft.walks[number].ticket, book),
        because("passed-on-for", who=requester.name or requester.address),
    )
    echo.say(draft, number, echo.OK, {}, lines)
    return draft.decision(number)


def _asked_back(case: FirstMail, draft: Draft, helper: Address, sender: Address) -> Decision:
    """He who asked is not known here: whoever passes it on says in whose name it shall be."""
    reason = because("passed-on-unknown", who=sender.address or sender.name or "?")
    role = draft.office.book.roles.get(case.author.role)
    facts = (("reason_code", reason.code), *reason.facts)
    letter = Send(0, echo.ERROR, helper, role.audience if role else "technician", case.author.language, facts)
    answered = case.kin.echoes < draft.office.manners.echoes_hour
    return Decision(0, (letter,) if answered else (), (reason, *case.signs), refused=reason)
