"""What follows from a letter that came back: a dead address gets no more letters, and a person is told to telephone."""

from __future__ import annotations

from datetime import datetime

from maild.core import pausing
from maild.core.effects import Decision, Effect, Keep, Send, Suppress
from maild.core.events import Bounced
from maild.core.office import Office, Recipient, Scene
from maild.core.ticket import Ticket
from maild.core.values import BounceRecipient, Kind, because


def bounced(case: Bounced, office: Office, now: datetime) -> Decision:
    """Only what was said about the very address that our letter went to counts; a delay and a soft bounce are recorded."""
    number = case.ticket.number if case.ticket else 0
    effects: list[Effect] = [Keep(number, "third_party")] if number else []
    said = _said(case)
    told = (because("no-person", kind=case.mail.kind), *case.mail.signs, *case.signs)
    if said is None:
        return Decision(number, tuple(effects), (because("bounce-elsewhere", address=case.recipient), *told))
    facts = {"address": case.recipient, "status": said.status, "why": said.reason}
    if case.mail.kind is Kind.DELAY:
        return Decision(number, tuple(effects), (because("bounce-delay", **facts), *told))
    if said.severity != "hard":
        return Decision(number, tuple(effects), (because("bounce-soft", **facts), *told))
    if not case.stopped:
        effects.append(Suppress(number, case.recipient, said.reason, said.status, said.diagnostic))
        effects += [
            _letter(number, case.recipient, said, who, office) for who in _whom(case.ticket, case.recipient, office)
        ]
    if case.ticket:
        effects += pausing.unreachable(case.ticket, case.recipient, office, now)
    return Decision(number, tuple(effects), (because("bounce-hard", **facts), *told))


def refused(ticket: Ticket | None, said: BounceRecipient, office: Office, now: datetime) -> tuple[Effect, ...]:
    """The same for a letter that was refused for good while it was handed over: no report will ever come."""
    if said.severity != "hard" or said.address == office.operator.address:
        return ()
    number = ticket.number if ticket else 0
    whom = _whom(ticket, said.address, office)
    stop = Suppress(number, said.address, said.reason, said.status, said.diagnostic)
    waits = pausing.unreachable(ticket, said.address, office, now) if ticket else ()
    return (stop, *(_letter(number, said.address, said, who, office) for who in whom), *waits)


def _said(case: Bounced) -> BounceRecipient | None:
    recipients = case.mail.bounce.recipients if case.mail.bounce else ()
    named = next((each for each in recipients if each.address == case.recipient), None)
    if named is None and len(recipients) == 1 and not recipients[0].address:
        return recipients[0]  # a report about our letter, which went to one address only
    return named


def _whom(ticket: Ticket | None, dead: str, office: Office) -> tuple[Recipient, ...]:
    """Who is responsible for the ticket; else the desk; never the address that does not work."""
    responsible = office.recipients("responsible", Scene(ticket)) if ticket else ()
    for people in (responsible, office.desk()):
        reachable = tuple(one for one in people if one[0].address != dead)
        if reachable:
            return reachable
    return ((office.operator, "technician", office.language),)


def _letter(number: int, dead: str, said: BounceRecipient, who: Recipient, office: Office) -> Send:
    to, audience, language = who
    person = office.directory.by_address(dead)
    facts = [("requester_address", dead), ("sender_name", person.name if person else "")]
    if said.reason:
        facts.append(("reason_code", f"bounced-{said.reason}"))
    line = " ".join(part for part in (said.status, said.diagnostic[:300]) if part)
    return Send(number, "rebote", to, audience, language, (*facts, ("problem_lines", line)) if line else tuple(facts))
