"""Clocks that stand still: in a state, while whoever is asked is away, while no letter reaches him; and go on afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from maild.core import pausing
from maild.core.draft import Draft
from maild.core.effects import Adjust, SetState, StartTimer, evolve
from maild.core.events import Kin
from maild.core.ticket import Ticket, Timer, Token
from maild.core.values import Address
from maild.core.worktime import NEVER, Span
from tests.core.strategies import BOOK, OFFICE

NOW = datetime(2026, 11, 4, 15, 0, tzinfo=UTC)  # Wednesday, 10:00 in Lima
ROSA = Address("ana@entidad.test", "Ana Quispe")
HOUR = timedelta(hours=1)


def ticket(*timers: Timer, state: str = "en_proceso") -> Ticket:
    return Ticket(7, "No imprime", state, ROSA, NOW, tokens=(Token(1, "BASE", "5"),), timers=timers)


def silence(due: datetime = NOW + 48 * HOUR) -> Timer:
    return Timer("p_silencio", 1, due, True, started=NOW, span=Span(48, "h"))


def after(stands: Ticket, effects: tuple[Adjust, ...]) -> Timer:
    (timer,) = (evolve(stands, effects) or stands).timers
    return timer


def test_silence_does_not_count_while_whoever_is_asked_is_away() -> None:
    away = pausing.away(ticket(silence()), ROSA.address, date(2026, 11, 5), OFFICE, NOW + HOUR)
    back = datetime(2026, 11, 6, 5, 0, tzinfo=UTC)  # the morning after, in Lima
    assert after(ticket(silence()), away).due == back + 47 * HOUR


def test_somebody_else_who_is_away_holds_nothing_up() -> None:
    assert pausing.away(ticket(silence()), "beto@entidad.test", date(2026, 11, 5), OFFICE, NOW) == ()


def test_a_dead_address_stops_silence_until_its_owner_is_heard_of() -> None:
    stands = ticket(silence())
    stopped = pausing.unreachable(stands, ROSA.address, OFFICE, NOW + 10 * HOUR)
    assert after(stands, stopped).due == NEVER
    assert pausing.unreachable(evolve(stands, stopped) or stands, ROSA.address, OFFICE, NOW + 11 * HOUR) == ()
    heard = pausing.heard_of(evolve(stands, stopped) or stands, ROSA.address, OFFICE, NOW + 30 * HOUR)
    assert after(evolve(stands, stopped) or stands, heard).due == NOW + 68 * HOUR


def test_a_clock_that_starts_while_nothing_reaches_him_stands_still_from_the_beginning() -> None:
    draft = Draft(OFFICE, NOW, kin=Kin(unreachable=frozenset({ROSA.address})))
    walk = draft.walk(ticket())
    walk.start("p_silencio", 1)
    (started,) = (e.timer for e in draft.effects if isinstance(e, StartTimer))
    assert (started.due, [p.why for p in started.pauses]) == (NEVER, ["bounced"])


def test_work_stands_still_while_the_requester_is_asked_something() -> None:
    timer = Timer("p_nivel", 1, NOW + HOUR, started=NOW, span=Span(2, "wh"))
    draft = Draft(OFFICE, NOW + HOUR)
    walk = draft.walk(ticket(timer))
    draft.do(SetState(7, "espera_usuario"))
    pausing.settle(walk)
    assert walk.ticket.timers[0].due == NEVER
    later = Draft(OFFICE, NOW + 24 * HOUR)
    walk = later.walk(replace(walk.ticket))
    later.do(SetState(7, "en_proceso"))
    pausing.settle(walk)
    assert walk.ticket.timers[0].due == NOW + 25 * HOUR


def test_counting_anew_changes_nothing_on_the_same_calendar() -> None:
    timer = Timer("p_nivel", 1, NOW + 2 * HOUR, started=NOW, span=Span(2, "wh"))
    assert pausing.recounted(ticket(timer), BOOK) == ()
    assert pausing.recounted(ticket(replace(timer, due=NOW)), BOOK) == (Adjust(7, timer),)
