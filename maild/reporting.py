"""Reports and digests put together: what the log of events tells of a period, and what waits for one reader now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from maild import inquire
from maild.core import periods, personal, report, seal, subject, writing
from maild.core.clocks import Clock
from maild.core.effects import Decision, Effect, Send
from maild.core.events import Row as Listed
from maild.core.figures import Period
from maild.core.office import Office
from maild.core.past import Past, Report, Row, Section
from maild.core.periods import Days
from maild.core.subject import mark
from maild.core.values import Author, Person
from maild.store import addresses, eventlog, holds, lists, mails, tickets
from maild.store.database import Tx

# What lists a reader's own tickets; everything else is counted from the log.
OWN = ("mine", "decisions", "held")
_MOST_LINES = 60
_MOST_DECISIONS = 300
_STALE = timedelta(hours=12)  # RELIABILITY §4.6


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
    tx: Tx, office: Office, ring: seal.KeyRing, clock: Clock, decision: Decision, at: datetime, now: datetime
) -> tuple[Decision, dict[str, Report]]:
    """The decision without the letters that have nothing to tell, and for each reader of the others his report.

    What an institution's own document prescribes is written in any case. Nobody gets this morning's list in the evening:
    after an outage the next one comes soon enough.
    """
    today = at.astimezone(office.book.calendar.zone).date()
    rests = _kind(clock) == "day" and (not office.book.calendar.hours(today) or now - at > _STALE)
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
            effect = replace(effect, facts=(*effect.facts, *_example(office, found[address], address)))
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
    """What waits for this reader (and for whom he stands in), line by line: each can be answered by touching its number."""
    if key == "held":
        return _held(tx, at)
    book, person = office.book, office.directory.by_address(address)
    his = (person, *office.stood_in_for(Author(address, person=person), office.day(at))) if person else ()
    if key == "mine":
        addresses = {a for each in his for a in each.addresses} or {address}
        found, total = lists.mine(tx, addresses, book.deadlines(), _MOST_LINES, staff=True)
    else:
        found, total = _decisions(tx, office, his)
    kind = writing.class_of(person, office)
    rows: list[Row] = []
    links: list[str] = []
    resolved = {
        key for key, state in book.states.items() if state.kind == "resolved"
    }  # comes last: nobody is late with it
    for each in sorted((inquire.shown(row, office) for row in found), key=lambda row: row.state in resolved):
        state = book.states.get(each.state)
        named = mark(book.mark_key, each.number)
        age = (at - each.opened_at).days if each.opened_at else None
        title = each.title if each.shown else ""
        rows.append((named, title, state.label if state else each.state, age, _when(each, book.calendar.zone)))
        links.append(f"RE: [{named}] {seal.code(ring, each.number, address, at.date(), kind)}")
    columns = ("ticket", "title", "state", "age", "due")
    return Section(key, columns, tuple(rows), links=tuple(links), more=total - len(rows))


def _held(tx: Tx, at: datetime) -> Section:
    """What waits for whoever runs the program, by the names under which `maild why` knows it: mails that were set aside, letters
    that are held, in doubt, or failed since yesterday, and the addresses that get none."""
    rows: list[Row] = [
        ("quarantine", f"mail:{m.id} {m.sender}", m.reason, (at - m.received_at).days) for m in mails.parked(tx)
    ]
    for each in holds.stuck(tx, at - timedelta(days=1)):
        named = f"letter:{each['id']} {each['template']} → {each['recipient']}"
        rows.append((f"{each['state']}-letters", named, each["reason"], (at - each["created_at"]).days))
    rows += [("stopped", each["address"], each["reason"], (at - each["at"]).days) for each in addresses.stopped(tx)]
    return Section(
        "held", ("what", "which", "why", "age"), tuple(rows[:_MOST_LINES]), more=max(0, len(rows) - _MOST_LINES)
    )


def _when(each: Listed, zone: ZoneInfo) -> str:
    """The deadline, with a sign where it was missed."""
    return f"{each.due.astimezone(zone):%d/%m %H:%M}{' !' if each.overdue else ''}" if each.due else ""


def _decisions(tx: Tx, office: Office, people: Iterable[Person]) -> tuple[tuple[Listed, ...], int]:
    """The tickets that stand on a step on which one of these people has to decide, each once."""
    found: dict[int, Listed] = {}
    for person in people:
        role = office.book.roles.get(person.role)
        if role is None or role.kind not in ("approver", "chief"):
            continue
        places = {(p.key, s.number) for p, s in office.book.all_steps() if s.role == role.key and s.kind != "close"}
        rows, _ = lists.queue(tx, places, office.book.deadlines(), _MOST_DECISIONS)
        found |= {row.number: row for row in rows if _concerns(tx, office, row.number, role.key, person)}
    return tuple(found.values())[:_MOST_LINES], len(found)


def _concerns(tx: Tx, office: Office, number: int, role: str, person: Person) -> bool:
    ticket = tickets.load(tx, number)
    return ticket is not None and person in office.concerned(role, ticket)


def _example(office: Office, report: Report, address: str) -> tuple[tuple[str, str], ...]:
    """How a line of the answer is written, for who may give orders on the tickets of his list."""
    person = office.directory.by_address(address)
    order = personal.take(office, person.role) if person else ""
    rows = next((section.rows for section in report.sections if section.key in ("mine", "decisions")), ())
    number = subject.marks(str(rows[0][0]), office.book.mark_key)[0] if rows else 0
    return (("orders", f"{number} {order}"),) if number and order else ()
