"""What the store reads back is what the core decided: `evolve` and the rows must agree, whatever happens to a ticket."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from maild.core.effects import (
    Assign,
    CallIn,
    Close,
    Decision,
    Effect,
    Field,
    Keep,
    PlaceToken,
    RemoveToken,
    Reopen,
    Send,
    SetField,
    SetState,
    StartTimer,
    StopTimer,
    Tell,
    evolve,
)
from maild.core.ticket import Ticket, Timer, Token
from maild.core.values import Address, because
from maild.store import records, tickets
from maild.store.database import Database
from maild.store.schema import timer
from tests.store.rows import NASTY, NOW, ROSA, letter, minutes, new_ticket

T = TypeVar("T")

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
names = st.sampled_from(["a", "b", "revisar", "ñandú"])
instants = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone by hypothesis
people = st.builds(Address, st.sampled_from(["x@a.example", "y@b.example", "z@c.example"]), words)
places = st.integers(0, 3)
tokens = st.builds(Token, places, names, names)
clocks = st.builds(Timer, names, places, instants, st.booleans())


def one_of_each(items: st.SearchStrategy[T], key: Callable[[T], Hashable]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(items, max_size=3, unique_by=key).map(tuple)


@st.composite
def whole_tickets(draw: st.DrawFn, number: int = 1) -> Ticket:
    closed = draw(st.none() | instants)
    return Ticket(
        number,
        draw(words),
        draw(names),
        draw(people),
        draw(instants),
        type=draw(words),
        category=draw(words),
        subcategory=draw(words),
        service=draw(words),
        priority=draw(words),
        channel=draw(words),
        language=draw(words),
        creator=draw(st.none() | people),
        responsible=draw(st.none() | people),
        providers=draw(one_of_each(people, lambda p: p)),
        tokens=draw(one_of_each(tokens, lambda t: t.id)),
        timers=draw(one_of_each(clocks, lambda t: (t.clock, t.token))),
        facts=draw(one_of_each(st.tuples(names, words), lambda f: f[0])),
        closed_at=closed,
        closing_reason=draw(words) if closed else "",
        related=draw(st.integers(0, 2**40)),
        first_message_id=draw(words),
    )


def effects(number: int) -> st.SearchStrategy[Effect]:
    fields: list[Field] = ["title", "type", "category", "subcategory", "service", "priority"]
    n = st.just(number)
    return st.one_of(
        st.builds(SetState, n, names),
        st.builds(SetField, n, st.sampled_from(fields), words),
        st.builds(Assign, n, st.none() | people),
        st.builds(CallIn, n, people),
        st.builds(Tell, n, names, words),
        st.builds(PlaceToken, n, tokens),
        st.builds(RemoveToken, n, places),
        st.builds(StartTimer, n, clocks),
        st.builds(StopTimer, n, names, places, st.booleans()),
        st.builds(Close, n, words, instants),
        st.builds(Reopen, n),
        st.builds(Keep, n, st.just("public")),
        st.builds(Send, n, names, people, names, names),
        st.builds(SetState, st.just(number + 1_000_000), names),
    )


_numbers = itertools.count(1)


@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_what_is_read_back_is_what_was_decided(database: Database, data: st.DataObject) -> None:
    number = next(_numbers)
    ticket = data.draw(whole_tickets(number))
    with database.write() as tx:
        tickets.next_number(tx)
        tickets.save(tx, None, ticket, (), NOW)
    for _ in range(data.draw(st.integers(0, 4))):
        decided = data.draw(st.lists(effects(number), max_size=6))
        with database.write() as tx:
            before = tickets.load(tx, number)
            assert before == ticket
            after = evolve(before, decided)
            assert after is not None
            fired = {(e.clock, e.token) for e in decided if isinstance(e, StopTimer) and e.fired}
            tickets.save(tx, before, after, fired, NOW)
        ticket = after
    with database.write() as tx:
        assert tickets.load(tx, number) == ticket


def test_texts_that_no_database_takes_are_cleaned_everywhere(database: Database) -> None:
    for number, nasty in enumerate(NASTY, 1):
        person = Address("x@a.example", nasty)
        ticket = new_ticket(
            database,
            number,
            **dict.fromkeys(("category", "service", "closing_reason", "first_message_id"), nasty),
            creator=person,
            responsible=person,
            providers=(person,),
            facts=((nasty[:400], nasty),),
            tokens=(Token(1, nasty, nasty),),
            timers=(Timer(nasty[:400], 1, NOW),),
        )
        with database.write() as tx:
            records.keep(tx, number, None, nasty, "public", nasty, NOW)
            reason = because("stranger", address=nasty)
            records.enter(tx, f"test:{number}", nasty, Decision(number, (Tell(number, nasty, nasty),), (reason,)), NOW)
            loaded = tickets.load(tx, number)
            said = records.conversation(tx, number)[0]
            assert records.history(tx, number)[0]["reasons"][0][0] == "stranger"
        assert loaded is not None
        assert "\0" not in loaded.category
        loaded.category.encode()
        assert loaded.requester == ticket.requester
        assert len(said["text"]) <= 1_000_000


def test_a_number_is_given_once_and_without_gaps_also_when_the_work_fails(database: Database) -> None:
    new_ticket(database, 1)
    with pytest.raises(ZeroDivisionError), database.write() as tx:
        assert tickets.next_number(tx) == 2
        tickets.save(tx, None, Ticket(2, "", "nuevo", ROSA, NOW), (), NOW)
        raise ZeroDivisionError
    with database.write() as tx:
        assert tickets.next_number(tx) == 2
        assert tickets.load(tx, 2) is None


def test_how_a_clock_ended_is_remembered(database: Database) -> None:
    ran, stopped = Timer("acuse", 1, NOW), Timer("cierre", 1, NOW, on_silence=True)
    before = new_ticket(database, 1, timers=(ran, stopped))
    after = evolve(before, [StopTimer(1, "acuse", 1, fired=True), StopTimer(1, "cierre", 1)])
    assert after is not None
    with database.write() as tx:
        tickets.save(tx, before, after, {("acuse", 1)}, NOW + minutes(1))
        rows = tx.execute(select(timer.c.clock, timer.c.outcome, timer.c.ended_at).order_by(timer.c.id)).all()
    assert [tuple(row) for row in rows] == [
        ("acuse", "fired", NOW + minutes(1)),
        ("cierre", "stopped", NOW + minutes(1)),
    ]


def test_a_clock_that_goes_on_running_keeps_its_row(database: Database) -> None:
    first, second = Timer("acuse", 1, NOW), Timer("cierre", 1, NOW)
    before = new_ticket(database, 1, timers=(first, second))
    after = evolve(before, [StopTimer(1, "acuse", 1), SetState(1, "cerrado")])
    assert after is not None
    with database.write() as tx:
        running = select(timer.c.id).where(timer.c.clock == "cierre")
        row = tx.execute(running).scalar_one()
        tickets.save(tx, before, after, (), NOW)
        assert tx.execute(running).scalar_one() == row


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        new_ticket(database, 1, closed_at=datetime(2026, 1, 5))  # noqa: DTZ001 - the point of the test


def test_a_cause_is_decided_once(database: Database) -> None:
    with database.write() as tx:
        assert records.enter(tx, "inbound:1", "rosa", Decision(0), NOW)
        assert not records.enter(tx, "inbound:1", "rosa", Decision(0), NOW)
    with database.write() as tx:
        assert not records.enter(tx, "inbound:1", "rosa", Decision(0), NOW)
        assert records.decided(tx, "inbound:1") is not None
        assert records.decided(tx, "inbound:2") is None


def test_a_message_id_finds_its_ticket_whatever_its_length(database: Database) -> None:
    endless = "é" * 5000 + "@entidad.example"
    new_ticket(database, 1)
    letter(database, "9", message_id=endless, ticket=1)
    with database.write() as tx:
        assert tickets.by_message_ids(tx, [endless, "otro@entidad.example"]) == {endless: 1}
        assert tickets.by_message_ids(tx, [endless + "x"]) == {}
        assert tickets.by_message_ids(tx, []) == {}
        assert set(tickets.participants(tx, [1, 2])) == {1}
