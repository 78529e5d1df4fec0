"""Reports and digests put together: what the log of events tells of a period, and what waits for one reader now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from maild.core import periods, report, seal
from maild.core.clocks import Clock
from maild.core.effects import Decision, Effect, Send
from maild.core.figures import Period
from maild.core.office import Office
from maild.core.past import Past, Report, Row, Section
from maild.core.periods import Days
from maild.core.subject import mark
from maild.core.values import Person
from maild.core.worktime import NEVER
from maild.store import eventlog, holds, mails, tickets
from maild.store.database import Tx

# What lists a reader's own tickets; everything else is counted from the log.
OWN = ("mine", "decisions", "held")
_MOST_LINES = 60


def of_period(tx: Tx, office: Office, days: Days) -> Report:
    """The report of these days of the institution's own clock."""
    return report.report(_past(tx, office, days, compare=True))


def _past(tx: Tx, office: Office, days: Days, *, compare: bool) -> Past:
    book = office.book
    since, until = periods.instants(days, book.calendar.zone)
    period = Period(since, until, {key: state.kind for key, state in book.states.items()})
    before = _past(tx, office, periods.before(days), compare=False) if compare else None
    return Past(book, period, eventlog.lives(tx, since, until), before)


def digest(
    tx: Tx, office: Office, ring: seal.KeyRing, clock: Clock, address: str, at: datetime, cache: dict[Days, Report]
) -> Report:
    """What a recurring clock tells this reader: sections of the last period that is over, and what waits for him now."""
    today = at.astimezone(office.book.calendar.zone).date()
    days = periods.last(_kind(clock), today)
    asked = [key for key in clock.report if key not in OWN]
    if asked and days not in cache:
        cache[days] = of_period(tx, office, days)
    counted = cache[days].only(asked) if asked else ()
    own = [section for key in clock.report if key in OWN if (section := _own(tx, office, ring, key, address, at)).rows]
    told = days if asked else (today, today + timedelta(days=1))
    return Report(*periods.instants(told, office.book.calendar.zone), (*own, *counted))


def told(
    tx: Tx, office: Office, ring: seal.KeyRing, clock: Clock, decision: Decision, at: datetime
) -> tuple[Decision, dict[str, Report]]:
    """The decision without the letters that have nothing to tell, and for each reader of the others his report.

    What an institution's own document prescribes is written in any case.
    """
    today = at.astimezone(office.book.calendar.zone).date()
    rests = _kind(clock) == "day" and not office.book.calendar.hours(today)
    cache: dict[Days, Report] = {}
    found: dict[str, Report] = {}
    kept: list[Effect] = []
    templates = {letter.template for letter in clock.letters}
    for effect in decision.effects:
        if isinstance(effect, Send) and not effect.number and effect.template in templates:
            address = effect.to.address
            if address not in found:
                found[address] = digest(tx, office, ring, clock, address, at, cache)
            if clock.origin == "proposal" and (rests or found[address].is_empty):
                continue
        kept.append(effect)
    return replace(decision, effects=tuple(kept)), found


def _kind(clock: Clock) -> str:
    schedule = clock.schedule
    if schedule is None or not (schedule.day or schedule.weekday is not None):
        return "day"
    if schedule.weekday is not None:
        return "week"
    return "year" if schedule.months >= 12 else "month"


def _own(tx: Tx, office: Office, ring: seal.KeyRing, key: str, address: str, at: datetime) -> Section:
    if key == "held":
        waiting = [("quarantine", len(mails.parked(tx))), ("held-letters", holds.count_held(tx))]
        return Section(key, ("what", "count"), tuple(row for row in waiting if row[1]))
    numbers = tickets.open_with_responsible(tx, address) if key == "mine" else _decisions(tx, office, address)
    book = office.book
    rows: list[Row] = []
    links: list[str] = []
    for number in numbers[:_MOST_LINES]:
        ticket = tickets.load(tx, number)
        if ticket is None:
            continue
        state = book.states.get(ticket.state)
        due = min((t.due for t in ticket.timers if not t.on_silence), default=NEVER)
        named = mark(book.mark_key, number)
        age = (at - ticket.opened_at).days
        local = due.astimezone(book.calendar.zone)
        when = "" if due == NEVER else f"{local:%d/%m %H:%M}{' !' if due <= at else ''}"
        rows.append((named, ticket.title, state.label if state else ticket.state, age, when))
        links.append(f"RE: [{named}] {seal.code(ring, number, address, at.date())}")
    return Section(key, ("ticket", "title", "state", "age", "due"), tuple(rows), links=tuple(links))


def _decisions(tx: Tx, office: Office, address: str) -> list[int]:
    """The tickets that stand on a step on which this person has to decide."""
    person = office.directory.by_address(address)
    role = office.book.roles.get(person.role) if person else None
    if person is None or role is None or role.kind not in ("approver", "chief"):
        return []
    places = {(p.key, s.number) for p, s in office.book.all_steps() if s.role == role.key and s.kind != "close"}
    return [n for n in tickets.standing_at(tx, places) if _concerns(tx, office, n, role.key, person)]


def _concerns(tx: Tx, office: Office, number: int, role: str, person: Person) -> bool:
    ticket = tickets.load(tx, number)
    return ticket is not None and not ticket.is_closed and person in office.concerned(role, ticket)
