"""The round trip of orders that are not proved well enough: held, asked about at the registered address, done on a yes.

And what becomes of a mail that our own border calls forged: its words are kept apart, its pretended author is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from maild.core import orders, policy, seal, subject
from maild.core.draft import Draft
from maild.core.effects import Decision, Effect, Keep, Send, evolve
from maild.core.events import Confirmation, Reply
from maild.core.office import Office
from maild.core.pending import EndHold, HoldOrders
from maild.core.ticket import Ticket
from maild.core.values import Address, Assurance, Author, Mail, Reason, because
from maild.core.words import fold

# What stands for "nothing was done, and this is why" in every institution.
_LETTER = "no_autorizado"
_PUNCTUATION = re.compile(r"[^\w\s]+")
_HEAD = re.compile(r"[,.;:!]")
_COURTESY = ("", "gracias", "muchas gracias", "saludos", "thanks", "thank you")

_Said = Literal["yes", "no", ""]


def snapshot(ticket: Ticket) -> Mapping[str, str]:
    """The ticket field by field, as it can be compared later."""
    return {
        "state": ticket.state,
        "type": ticket.type,
        "category": ticket.category,
        "subcategory": ticket.subcategory,
        "service": ticket.service,
        "priority": ticket.priority,
        "title": ticket.title,
        "responsible": ticket.responsible.address if ticket.responsible else "",
        "providers": " ".join(sorted(p.address for p in ticket.providers)),
        "steps": " ".join(sorted(token.place for token in ticket.tokens)),
        "closed": ticket.closing_reason if ticket.is_closed else "",
    }


def ask(letters: Draft, ticket: Ticket, refusal: Reason, author: Author, mail: int) -> bool:
    """Hold the orders of this mail and ask their author, at his registered address. False: they are not to be held."""
    person, office = author.person, letters.office
    if not mail or person is None or not policy.may_be_confirmed(refusal):
        return False
    hours = office.policy.hours
    letters.do(HoldOrders(ticket.number, mail, person.address, letters.now + timedelta(hours=hours)))
    facts = (("reason_code", "held-order"), *policy.plainly(refusal).facts, ("hours", str(hours)))
    letters.do(_to_owner(author, ticket, office, facts, mail))
    return True


def _to_owner(
    author: Author, ticket: Ticket, office: Office, facts: tuple[tuple[str, str], ...], held: int = 0
) -> Send:
    person = author.person
    name = Address(person.address, person.name) if person else Address(author.address)
    to, audience, language = office.addressed(name, ticket)
    return Send(ticket.number, _LETTER, to, audience, language, facts, held=held)


def forged(case: Reply, office: Office) -> Decision:
    """Our own border says that somebody else wrote it: nothing is done, and whoever has the address hears of it once."""
    author, ticket, mail = case.author, case.ticket, case.mail
    found = orders.read(mail.subject, ticket.title, mail.new_text, office.book.verbs, office.book.mark_key)
    reason = because("not-proved", order=found[0].word if found else "")
    effects: tuple[Effect, ...] = (Keep(ticket.number, "third_party"),)
    if author.person is not None and not author.told:
        effects = (*effects, _to_owner(author, ticket, office, (("reason_code", "forged-mail"),)))
    return Decision(ticket.number, effects, (reason, *case.signs), refused=reason)


def confirmed(case: Confirmation, office: Office, replay: Callable[[Reply], Decision]) -> Decision:
    """What the answer brings: the held orders, their end, or (it says neither yes nor no) what any answer brings."""
    reply, held = case.reply, case.held
    match _said(reply.mail, reply.ticket, office):
        case "yes":
            return _released(case, office, replay)
        case "no":
            number = reply.ticket.number
            reason = because("order-denied", address=held.address, number=number)
            told = (("reason_code", reason.code), *reason.facts, ("problem_lines", held.subject))
            letter = Send(0, "aviso", office.operator, "operator", office.language, told)
            return Decision(
                number, (Keep(number, "internal"), EndHold(number, held.mail, "denied"), letter), (reason, *reply.signs)
            )
        case _:
            return replay(reply)


def _released(case: Confirmation, office: Office, replay: Callable[[Reply], Decision]) -> Decision:
    reply, held = case.reply, case.held
    ticket, number = reply.ticket, reply.ticket.number
    evidence = (*reply.author.evidence, because("order-confirmed", mail=held.mail))
    again = replace(
        reply,
        author=replace(reply.author, assurance=Assurance.A4, evidence=evidence),
        mail=replace(reply.mail, subject=held.subject, new_text=held.text, attachments=held.files),
        signs=(*reply.signs, evidence[-1]),
        inbound=0,
    )
    done = replay(again)
    if done.refused is not None:
        return replace(done, effects=(*done.effects, EndHold(number, held.mail, "refused")))
    after = evolve(ticket, done.effects)
    now, then = snapshot(ticket), snapshot(after or ticket)
    changed = [field for field, value in now.items() if then[field] != value and held.stood.get(field) != value]
    if changed:
        reason = because("ticket-changed", fields=", ".join(changed))
        letter = _to_owner(reply.author, ticket, office, (("reason_code", reason.code), *reason.facts))
        effects = (Keep(number, "internal"), EndHold(number, held.mail, "changed"), letter)
        return Decision(number, effects, (reason, *reply.signs), refused=reason)
    return replace(done, effects=(*done.effects, EndHold(number, held.mail, "done")))


def _said(mail: Mail, ticket: Ticket, office: Office) -> _Said:
    """The first line of the answer; where there is none, the order that the question's button put into the subject."""
    line = next((line for line in mail.new_text.splitlines() if line.strip()), "")
    words = office.policy
    said = _one_of(line.lstrip(" #!"), words)
    if said or line.strip():
        # A signature may be all that a button's mail holds; anything that says no is a no.
        folded = f" {_PUNCTUATION.sub(' ', fold(mail.new_text))} "
        if said or any(f" {no} " in folded for no in words.no):
            return said or "no"
    area = fold(seal.without_codes(subject.without_marks(mail.subject, office.book.mark_key)))
    area = area.replace(fold(ticket.title), " ") if ticket.title else area
    orders_of_it = [word.strip("#:.,;") for word in area.split() if word.startswith("#")]
    return _one_of(orders_of_it[0], words) if len(orders_of_it) == 1 else ""


def _one_of(line: str, words: policy.Policy) -> _Said:
    whole = " ".join(_PUNCTUATION.sub(" ", fold(line)).split())
    head, _, rest = fold(line).partition(next(iter(_HEAD.findall(line)), "\n"))
    head, rest = (" ".join(_PUNCTUATION.sub(" ", part).split()) for part in (head, rest))
    if whole in words.no or head in words.no:
        return "no"
    kind = rest in _COURTESY or rest in words.yes
    return "yes" if whole in words.yes or (head in words.yes and kind) else ""
