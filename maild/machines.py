"""What the store knows of the thing that a machine writes about: its ticket, how it stood, and whether there is a flood."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from maild.core import alerts, merging
from maild.core.alerting import STORM
from maild.core.alerts import Alert, Point
from maild.core.events import Alerted, Kin
from maild.core.office import Office
from maild.core.ticket import Ticket
from maild.core.values import Author, Mail, Reason
from maild.kin import kin_of
from maild.store import alerts as rows
from maild.store import tickets
from maild.store.database import Tx

# A ticket that gathers a flood does so for a day.
_STORM_LASTS = timedelta(days=1)


def alerted(
    tx: Tx, mail: Mail, author: Author, signs: tuple[Reason, ...], office: Office, now: datetime
) -> Alerted | None:
    """The alert that this mail is, if a machine of the directory wrote it and it may open tickets; with all about it."""
    if office.speaks_as(author.person) != "machine" or office.policy.ask("safe", "machine", author) != "do":
        return None
    said = alerts.read(mail, office.book.machines)
    if said is None:
        return None
    if not said.host and not said.shape:  # what no shape knows is at least one thing for each machine
        said = replace(said, host=author.address)
    number = tickets.next_number(tx)  # first: its lock lets no other mail open a ticket about the same thing meanwhile
    ticket, point, related = _place(tx, said, office, now)
    case = Alerted(mail, author, said, number, ticket, point, related=related, signs=signs, kin=Kin(number))
    return _with_others(tx, case, office, now)


def _place(tx: Tx, said: Alert, office: Office, now: datetime) -> tuple[Ticket | None, Point | None, int]:
    """The open ticket about this; else the newest closed one, which is either still the same matter or a thing of the past."""
    points = rows.about(tx, said)
    found = [ticket for number in dict.fromkeys(p.ticket for p in points) if (ticket := _survivor(tx, number))]
    ticket = next((t for t in found if not t.is_closed), next(iter(found), None))
    if ticket is None:
        return None, None, 0
    machines = office.book.machines
    lately = ticket.closed_at is not None and now - ticket.closed_at <= machines.again
    if ticket.is_closed and not (lately and ticket.closing_reason == machines.closing):
        return None, None, ticket.number
    return ticket, next((p for p in points if p.ticket == ticket.number), None), 0


def _survivor(tx: Tx, number: int) -> Ticket | None:
    """The ticket, or the one that it was merged into."""
    ticket = tickets.load(tx, number)
    into = merging.into(ticket) if ticket else 0
    return (tickets.load(tx, into) or ticket) if into else ticket


def _with_others(tx: Tx, case: Alerted, office: Office, now: datetime) -> Alerted:
    if case.ticket is not None:
        number = case.ticket.number
        others = rows.still_wrong(tx, number, case.point) if case.point else 0
        kin = kin_of(tx, case.ticket, "", office, now)
        return replace(case, others=others, kin=kin)
    if case.alert.what != "problem":
        return case
    burst = rows.burst(tx, now - office.book.machines.storm_within)
    storm = _storm(tx, now) if burst >= office.book.machines.storm else None
    return replace(case, burst=burst, storm=storm)


def _storm(tx: Tx, now: datetime) -> Ticket | None:
    found = (tickets.load(tx, number) for number in tickets.open_with(tx, STORM, "1")[:1])
    return next((ticket for ticket in found if ticket and now - ticket.opened_at < _STORM_LASTS), None)
