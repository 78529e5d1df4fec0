"""Mails that move nothing and are answered by nobody: they are kept where they belong."""

from __future__ import annotations

from datetime import datetime

from maild.core import pausing
from maild.core.effects import Away, Decision, Effect, Keep
from maild.core.events import Flood, Robot
from maild.core.office import Office
from maild.core.values import because


def robot(case: Robot, office: Office, now: datetime) -> Decision:
    """What no person wrote: at most a note, and word of an absence, for which whatever waits for him stands still."""
    number = case.ticket.number if case.ticket else 0
    kept: tuple[Effect, ...] = (Keep(number, "third_party"),) if number else ()
    mail = case.mail
    if mail.away_until and mail.sender.address:
        address, until = mail.sender.address, mail.away_until
        waits = pausing.away(case.ticket, address, until, office, now) if case.ticket and case.proved else ()
        kept = (*kept, Away(number, address, until, case.proved), *waits)
    return Decision(number, kept, (because("no-person", kind=case.mail.kind), *case.mail.signs, *case.signs))


def flood(case: Flood) -> Decision:
    """Kept whole on his newest ticket; no ticket, no letter: a program that writes by the hundred must not write us full."""
    reason = because("too-many-tickets", address=case.mail.sender.mailbox, number=case.ticket.number)
    return Decision(case.ticket.number, (Keep(case.ticket.number, "public"),), (reason, *case.signs))
