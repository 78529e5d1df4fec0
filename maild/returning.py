"""Recurring clocks between rows and rules: what is planned, and what has come when the time of one has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from maild.core import consolidated, occasions
from maild.core.events import MomentCame, Recurring
from maild.core.office import Office
from maild.core.past import Report
from maild.core.rulebook import Rulebook
from maild.core.worktime import NEVER
from maild.kin import listening
from maild.store import agenda, mails, papers
from maild.store.database import Tx


def plan(tx: Tx, book: Rulebook, now: datetime) -> None:
    """Every recurring clock has a row that says when it comes next, by the rules and the calendar as they are today.

    The row of a clock that is no more stays, due never: should it come back, no period has its occasion twice.
    """
    rows = agenda.planned(tx)
    live = {key: c.schedule for key, c in book.clocks.items() if c.recurring and c.schedule}
    for key, schedule in live.items():
        old = rows.get(key)
        new = occasions.planned(schedule, old, now, book.calendar)
        if new is not None and old is None:
            agenda.plan(tx, key, new)
        elif new is not None and old is not None and new != old:
            agenda.replan(tx, key, old, new)
    for key, old in rows.items():
        if key not in live and old.due < NEVER:
            agenda.replan(tx, key, old, replace(old, due=NEVER))


def strike(tx: Tx, event: MomentCame, office: Office, now: datetime, margin: timedelta) -> tuple[str, Recurring] | None:
    """Set the clock on to its next time, and say what has come: the cause of it and the case. None: nothing, or not yet.

    Whether a mail came can be said only once the mailbox has been read past the time by which it should have.
    """
    book = office.book
    clock, row = book.clocks.get(event.clock), agenda.struck(tx, event.clock, event.at)
    if clock is None or clock.schedule is None or row is None:
        return None
    upto = mails.silence_upto(tx) if clock.expects else None
    told = now if upto is None else min(now, upto - margin)
    schedule, calendar = clock.schedule, book.calendar
    first = row.period or occasions.period_of(schedule, event.at.astimezone(calendar.zone).date())
    come, following = occasions.come(schedule, first, told, calendar)
    if not come:
        return None
    fresh = occasions.Planned(following.due, following.period, schedule.rhythm) if following else None
    if not agenda.strike(tx, event.clock, event.at, fresh):
        return None
    times = tuple(each.due for each in come)
    since = occasions.previous(schedule, come[0], calendar)
    arrivals = agenda.arrivals(tx, clock.key, since - _EARLIEST) if clock.expects else ()
    if clock.expects:
        agenda.forget_arrivals(tx, [clock.key], times[-1] - _EARLIEST)
    case = listening(tx, clock.key, office, now)
    cause = f"moment:{clock.key}:{schedule.rhythm}:{come[-1].period}"
    return cause, replace(case, times=times, since=since, arrivals=arrivals)


# `within` may reach further back than the occasion before.
_EARLIEST = timedelta(days=31)


def lists(tx: Tx, case: Recurring, office: Office) -> Report | None:
    """What a clock that lists forms tells: their lines, of the tickets that it moves."""
    clock = office.book.clocks[case.clock]
    if not clock.lists:
        return None
    issued = papers.issued(tx, [ticket.number for ticket in case.tickets], clock.lists)
    return consolidated.consolidated(case, issued, clock, office)
