"""Who and what a story begins with: its people as a directory, its settings laid over the rules, its tickets as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from maild.core import deadlines, occasions
from maild.core.clocks import Clock
from maild.core.occasions import Planned, Schedule
from maild.core.rulebook import Rulebook
from maild.core.said import Said
from maild.core.ticket import Ticket, Timer, Token
from maild.core.values import Address, Directory, Person
from maild.core.worktime import NEVER, Span, Unit
from maild.forms import offer
from maild.simulate.story import GivenForm, Story, Value

_SPAN = re.compile(rf"(\d{{1,5}})({'|'.join(sorted(get_args(Unit), key=len, reverse=True))})")
_TIME = re.compile(r"\d{2}:\d{2}")
_ON = "on"
_CLOCK = re.compile(r"clocks\.(\w+)\.value")


def directory(story: Story) -> Directory:
    return Directory(
        tuple(
            Person(
                key=key,
                address=form.address,
                name=form.name,
                role=form.role,
                aliases=form.email_aliases,
                unit=form.unit,
                area=form.area,
                site=form.site,
                level=str(form.level),
                chief_of=form.chief_of,
                language=form.language,
                absent_from=form.absent_from,
                absent_until=form.absent_until,
                deputy=form.deputy,
            )
            for key, form in story.people.items()
        )
    )


def zone(story: Story) -> ZoneInfo:
    """Where the story's working hours are meant: the offset it is told in (POSIX names count the other way round)."""
    offset = story.steps[0].at.utcoffset()
    hours = round(offset.total_seconds() / 3600) if offset else 0
    return ZoneInfo(f"Etc/GMT{-hours:+d}") if hours else ZoneInfo("UTC")


def adapted(book: Rulebook, story: Story) -> Rulebook:
    """The rules with the story's settings."""
    settings, clocks = dict(book.settings), dict(book.clocks)
    for key, value in story.settings.items():
        clock = _CLOCK.fullmatch(key)
        if clock:
            clocks[clock[1]] = _set(clocks[clock[1]], value)
        else:
            settings[key] = ", ".join(str(v) for v in value) if isinstance(value, tuple) else str(value)
    return replace(book, settings=settings, clocks=clocks)


def agenda(book: Rulebook, story: Story) -> dict[str, Planned]:
    """The recurring clocks to which the story gives a moment, or which it lets run (`on`); the others stand still in it."""
    named = (found[1] for key in story.settings if (found := _CLOCK.fullmatch(key)))
    schedules = {key: book.clocks[key].schedule for key in named if book.clocks[key].recurring}
    coming = {key: (s, occasions.after(_since(s, story), s, book.calendar)) for key, s in schedules.items() if s}
    return {key: Planned(o.due, o.period, s.rhythm) for key, (s, o) in coming.items() if o}


def _since(schedule: Schedule, story: Story) -> datetime:
    """From when its times are looked for: the story's start, or its one moment, which the story may begin after."""
    start = story.steps[0].at
    return min(start, schedule.instant or start) - timedelta(microseconds=1)


def _set(clock: Clock, value: Value | tuple[Value, ...]) -> Clock:
    """The clock with another value: a span, a time of day or a moment; `on`: as the rules have it."""
    if value == _ON:
        return clock
    span, schedule = _span(value), _schedule(value)
    return replace(clock, span=span, schedule=schedule, given_by="" if span or schedule else clock.given_by)


def _schedule(value: Value | tuple[Value, ...]) -> Schedule | None:
    text = str(value)
    try:
        if _TIME.fullmatch(text):
            return Schedule(time.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Schedule(instant=moment) if moment.tzinfo else None


def _span(value: Value | tuple[Value, ...]) -> Span | None:
    found = _SPAN.fullmatch(str(value))
    return Span(int(found[1]), found[2]) if found else None  # type: ignore[arg-type]  # the pattern names the units


def mistakes(book: Rulebook, story: Story) -> Iterator[tuple[str, str]]:
    """What the story names and the rules do not have."""
    for key, form in story.people.items():
        yield from _known(form.role, book.roles, "la función", f"people.{key}.role")
    for key, value in story.settings.items():
        clock = _CLOCK.fullmatch(key)
        if clock:
            yield from _known(clock[1], book.clocks, "el reloj", f"settings.{key}")
            if value != _ON and _span(value) is None and _schedule(value) is None:
                yield (
                    f"settings.{key}",
                    f"«{value}» no es un plazo; escriba 30m, 24h, 2d, 4wh, 2wd, 06:00 o fecha y hora",
                )
        else:
            yield from _known(key, book.settings, "el ajuste", "settings")
    steps = [f"{p.key}:{number}" for p in book.procedures.values() for number in p.steps]
    for number, given in enumerate(story.given):
        key = f"given.{number}"
        yield from _known(given.state, book.states, "el estado", f"{key}.state")
        if given.type:
            yield from _known(given.type, book.types, "el tipo", f"{key}.type")
        for token in given.tokens:
            yield from _known(token, steps, "el paso", f"{key}.tokens")
        for timer in given.timers:
            yield from _known(timer, book.clocks, "el reloj", f"{key}.timers")


def _known(name: str, names: Iterable[str], what: str, key: str) -> Iterator[tuple[str, str]]:
    if name not in (known := tuple(names)):
        hint = offer(name, known) or (f"; los que hay: {', '.join(known)}" if len(known) < 25 else "")
        yield key, f"no conozco {what} «{name}»{hint}"


def ticket(
    book: Rulebook, people: Directory, given: GivenForm, number: int, now: datetime, parent: Ticket | None = None
) -> Ticket:
    """A given ticket. Its clocks start when the story starts; `parent` waits for it at the first step that opens others."""
    tokens = tuple(
        Token(position, procedure, step)
        for position, (procedure, _, step) in enumerate((place.partition(":") for place in given.tokens), 1)
    )
    closed = book.states[given.state].kind == "closed"
    opened_at = given.opened_at or now
    stands = Ticket(
        number=number,
        title=given.title,
        state=given.state,
        requester=_address(people, given.requester),
        opened_at=opened_at,
        type=given.type or book.default_type,
        creator=_address(people, given.creator) if given.creator else None,
        responsible=_address(people, given.responsible) if given.responsible else None,
        providers=tuple(_address(people, key) for key in given.providers),
        parent=parent.number if parent else 0,
        parent_token=_waiting(book, parent) if parent else 0,
        tokens=tokens,
        facts=tuple((key, str(value)) for key, value in given.facts.items()),
        closed_at=opened_at if closed else None,
        closing_reason=book.closing("") if closed else "",
    )
    return replace(stands, timers=tuple(_timers(book, given, stands, now)))


def _address(people: Directory, key: str) -> Address:
    person = people.by_key(key)
    return Address(person.address, person.name) if person else Address(key)


def _waiting(book: Rulebook, parent: Ticket) -> int:
    steps = ((token, book.step(token.procedure, token.step)) for token in parent.tokens)
    return next((token.id for token, step in steps if step and step.child), 0)


def _timers(book: Rulebook, given: GivenForm, ticket: Ticket, now: datetime) -> Iterator[Timer]:
    tokens = ticket.tokens
    for key in given.timers:
        clock = book.clocks[key]
        due = deadlines.due(clock, book, ticket, Said(), now) or NEVER
        home = next((t for t in tokens if _runs_on(book, t, key)), tokens[0] if tokens else None)
        bound = clock.scope == "step" and home is not None
        yield Timer(
            key, home.id if home and bound else 0, due, clock.meaning == "silence", started=now, span=clock.span
        )


def _runs_on(book: Rulebook, token: Token, clock: str) -> bool:
    step = book.step(token.procedure, token.step)
    return step is not None and (clock in step.clocks or any(clock in move.start for move in step.moves))


def vouched(book: Rulebook) -> Rulebook:
    """The rulebook of a story: a mail that its border vouches for counts as if it answered a letter, too. Stories are about
    procedures; of whoever fails to prove himself they say so (`auth`)."""
    policies = {}
    for mode, policy in book.policies.items():
        rows = {key: (*row[:3], row[4], *row[4:]) if key[1] == "staff" else row for key, row in policy.table.items()}
        policies[mode] = replace(policy, table=rows)
    return replace(book, policies=policies)
