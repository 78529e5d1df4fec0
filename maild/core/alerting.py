"""What is done about an alert: one ticket for each thing that is wrong, counted while it lasts, closed when it is well again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from maild.core import openings, subject
from maild.core.alerts import SEVERITIES, Alert, Branch, Count, Machines
from maild.core.draft import Draft
from maild.core.effects import Decision, Keep, RemoveToken, Reopen, SetField, Tell
from maild.core.events import Alerted
from maild.core.office import Office
from maild.core.procedure import Walk
from maild.core.recognise import names
from maild.core.said import Said
from maild.core.ticket import Ticket
from maild.core.values import Address, because
from maild.core.words import fold

# The engine's own facts: how often the ticket was closed because all was well again, and that it gathers a flood.
FLAPS = "_flaps"
STORM = "_storm"


def alerted(case: Alerted, office: Office, now: datetime) -> Decision:
    """Programs are not written to, so nobody is answered; whoever works on the ticket hears of what is new, never of repeats."""
    alert, author = case.alert, case.author
    said = Said(author, text=case.mail.new_text, words=case.mail.new_text)
    draft = Draft(office, now, said=said, kin=replace(case.kin, number=case.number))
    fact = because("alert", what=alert.what, of=alert.shape or "·", on=alert.shown)
    draft.reasons.extend((*case.signs, fact))
    ticket = case.ticket
    if alert.what == "problem":
        if ticket is None:
            return _new(case, draft)
        return _again(case, draft, ticket) if ticket.is_closed else _repeated(case, draft, ticket)
    if ticket is None or ticket.is_closed:
        draft.because("alert-of-nothing")
        return draft.decision(0)
    if alert.what == "recovery":
        return _recovered(case, draft, ticket)
    draft.walk(ticket)
    draft.do(Keep(ticket.number, "internal"))
    draft.because("alert-notice")
    return draft.decision(ticket.number)


# -- problems -------------------------------------------------------------------------------------------------------------


def _new(case: Alerted, draft: Draft) -> Decision:
    """Something that no ticket is about. In a flood only the first few get one of their own."""
    machines, alert = draft.office.book.machines, case.alert
    if alert.severity == 1 and not machines.minor:
        draft.because("alert-minor")
        return draft.decision(0)
    if case.storm is not None:
        draft.walk(case.storm)
        _count(draft, case.storm.number, alert)
        _tell_count(draft, case.storm)
        draft.do(Keep(case.storm.number, "internal"))
        draft.because("alert-storm", number=case.storm.number)
        return draft.decision(case.storm.number)
    storm = case.burst >= machines.storm
    ticket = _ticket(case, draft, storm=storm)
    openings.begin(draft, ticket)
    draft.because("opened", number=case.number)
    if storm:
        draft.because("alert-storm", number=case.number)
    draft.do(Keep(case.number, "public"))
    _count(draft, case.number, alert)
    return _finished(draft, case.number)


def _ticket(case: Alerted, draft: Draft, *, storm: bool) -> Ticket:
    office, alert, mail = draft.office, case.alert, case.mail
    book, machines = office.book, office.book.machines
    branch = None if storm else branch_of(case, machines)
    role = (branch and branch.requester) or machines.requester
    people = office.directory.in_role(role) if role else ()
    asks = Address(people[0].address, people[0].name) if people else Address(case.author.address, case.author.name)
    kind = (branch and branch.opens) or machines.opens or book.default_type
    title = machines.storm_title if storm else subject.title(mail.subject, book.mark_key) or alert.shown
    ticket = openings.new_ticket(book, case.number, kind, title, asks, draft.now)
    facts = {STORM: "1"} if storm else _facts(alert, machines, branch)
    severity = SEVERITIES[alert.severity - 1] if alert.severity else ""
    return replace(
        ticket,
        facts=tuple(facts.items()),
        priority=machines.priorities.get(severity, ""),
        first_message_id=mail.message_id,
        related=case.related,
    )


def branch_of(case: Alerted, machines: Machines) -> Branch | None:
    """The first branch that this alert belongs to."""
    return next((branch for branch in machines.branches if _belongs(case, branch)), None)


def _belongs(case: Alerted, branch: Branch) -> bool:
    if branch.kind and branch.kind != case.alert.kind:
        return False
    if not branch.hosts and not branch.words:
        return True
    host = fold(case.alert.host)
    return host.startswith(branch.hosts) or any(names(case.mail, word) for word in branch.words)


def _facts(alert: Alert, machines: Machines, branch: Branch | None) -> dict[str, str]:
    read = {"host": alert.host, "service": alert.service, "group": alert.group, "severity": alert.severity_text}
    told = {machines.facts[name]: value for name, value in read.items() if value and name in machines.facts}
    if branch is not None:
        told |= {fact: read.get(value.strip("{}"), value) for fact, value in branch.tell.items()}
    return {fact: value for fact, value in told.items() if value}


def _again(case: Alerted, draft: Draft, ticket: Ticket) -> Decision:
    """It had recovered, and fails again: the same ticket, from the beginning."""
    walk = draft.walk(ticket)
    draft.do(Reopen(ticket.number))
    draft.do(Keep(ticket.number, "internal"))
    book = draft.office.book
    procedure = book.opening[ticket.type or book.default_type]
    walk.enter(procedure, book.procedures[procedure].first)
    _count(draft, ticket.number, case.alert, case)
    _tell_count(draft, ticket)
    draft.because("reopened", number=ticket.number)
    return _finished(draft, ticket.number)


def _repeated(case: Alerted, draft: Draft, ticket: Ticket) -> Decision:
    """Nobody is written to for a repetition, and its words are not kept again; for the worse, once for each step down."""
    machines, number, alert = draft.office.book.machines, ticket.number, case.alert
    walk = draft.walk(ticket)
    new = case.point is None or case.point.what != "problem"
    worse = case.point is not None and 0 < case.point.severity < alert.severity
    _count(draft, number, alert, case)
    _tell_count(draft, ticket)
    if new or worse:
        draft.do(Keep(number, "internal"))
    if worse and not ticket.fact(STORM):
        if fact := machines.facts.get("severity"):
            draft.do(Tell(number, fact, alert.severity_text))
        if priority := machines.priorities.get(SEVERITIES[alert.severity - 1]):
            draft.do(SetField(number, "priority", priority))
        name = case.author.name or case.author.address
        walk.send(machines.worse, told={"text": case.mail.new_text, "sender_name": name})
        draft.because("alert-worse", severity=alert.severity_text)
    else:
        draft.because("joined", number=number)
    return draft.decision(number)


# -- recoveries -----------------------------------------------------------------------------------------------------------


def _recovered(case: Alerted, draft: Draft, ticket: Ticket) -> Decision:
    """Well again. The ticket closes once all of it is, if recoveries close here, the machine may, and it does not come and go."""
    office, machines, number = draft.office, draft.office.book.machines, ticket.number
    walk = draft.walk(ticket)
    if case.point is None or case.point.what == "recovery":
        draft.because("alert-repeat")
        return draft.decision(number)
    _count(draft, number, case.alert, case)
    draft.do(Keep(number, "internal"))
    draft.because("alert-recovered", left=case.others)
    if machines.recovery != "close" or case.others:
        return draft.decision(number)
    if office.policy.ask("act", "machine", case.author) != "do":
        draft.because("alert-unproved")
        return draft.decision(number)
    flaps = int(ticket.fact(FLAPS) or 0)
    if flaps >= machines.flaps:
        draft.because("alert-flaps", times=flaps)
        return draft.decision(number)
    draft.do(Tell(number, FLAPS, str(flaps + 1)))
    _close(walk, machines, number)
    draft.settle()
    return draft.decision(number)


def _close(walk: Walk, machines: Machines, number: int) -> None:
    for token in walk.ticket.tokens:
        walk.draft.do(RemoveToken(number, token.id))
    walk.close(machines.closing)
    if walk.ticket.responsible is not None:
        walk.send(machines.recovered)


# -- counting -------------------------------------------------------------------------------------------------------------


def _count(draft: Draft, number: int, alert: Alert, case: Alerted | None = None) -> None:
    """One more of the thing that the ticket is about: of the very row that was found, whose host may not be told this time."""
    point = case.point if case else None
    host, service = (point.host, point.service) if point else (alert.host_key, alert.service_key)
    severity = max(alert.severity, point.severity if point else 0)
    draft.do(Count(number, host, service, "recovery" if alert.what == "recovery" else "problem", severity))


def _tell_count(draft: Draft, ticket: Ticket) -> None:
    """How many times the machine has said so, for those who look at the ticket."""
    fact = draft.office.book.machines.facts.get("count")
    if fact:
        told = ticket.fact(fact) or "1"
        draft.do(Tell(ticket.number, fact, str(int(told) + 1 if told.isdigit() else 2)))


def _finished(draft: Draft, number: int) -> Decision:
    draft.pass_through()
    draft.settle()
    return draft.decision(number)
