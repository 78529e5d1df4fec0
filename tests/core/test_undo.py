"""Taking orders back: doing and undoing leave the same ticket, over made-up cases and every shipped institution."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from maild import rules
from maild.config.shipped import shipped
from maild.core.decide import decide
from maild.core.effects import Decision, Send, evolve
from maild.core.events import Kin, Ordered, Reply
from maild.core.office import Office
from maild.core.pending import Undo, Undoable
from maild.core.rulebook import Rulebook
from maild.core.ticket import Ticket, Timer, Token
from maild.core.undo import Done, Posted, difference, restored
from maild.core.values import Address, Author, Directory, Person
from tests.core.strategies import NOW, OFFICE, ordered, tickets

thorough = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
PROFILES = sorted(p.name for p in shipped("rules").iterdir() if p.is_dir() and not p.name.startswith("_"))


@given(tickets(), tickets())
@thorough
def test_the_difference_of_two_tickets_brings_the_one_to_the_other(now: Ticket, wanted: Ticket) -> None:
    wanted = replace(now, **{name: getattr(wanted, name) for name in CHANGING})
    assert evolve(now, difference(now, wanted)) == wanted


CHANGING: tuple[str, ...] = (
    "state",
    "title",
    "type",
    "responsible",
    "closed_at",
    "closing_reason",
    "tokens",
    "timers",
    "facts",
)
CHANGING = (*CHANGING, "providers")


@given(tickets(), tickets())
@thorough
def test_what_nobody_touched_since_becomes_what_it_was(before: Ticket, after: Ticket) -> None:
    found = restored(before, after, after)
    assert found.ticket == replace(after, **{name: getattr(before, name) for name in CHANGING})
    assert found.conflicts == ()


@given(tickets(), tickets())
@thorough
def test_what_others_changed_meanwhile_stays(before: Ticket, after: Ticket) -> None:
    note = ("nota_de_otro", "sí")
    now = replace(after, facts=(*after.facts, note), priority="critica")
    found = restored(before, replace(after, priority=before.priority), now)
    assert found.conflicts == ()
    assert note in found.ticket.facts
    assert found.ticket.priority == "critica"


@given(tickets(), tickets())
@thorough
def test_the_same_thing_changed_again_is_a_conflict(before: Ticket, after: Ticket) -> None:
    assume(before.state != after.state)
    found = restored(before, after, replace(after, state="otro"))
    assert "state" in found.conflicts


# -- do and undo, as the desk does them -------------------------------------------------------------------------------


def done(case: Ordered | Reply, decision: Decision, ticket: Ticket, *, left: bool) -> Done:
    what = next(e for e in decision.effects if isinstance(e, Undoable))
    sends = [e for e in decision.effects if isinstance(e, Send)]
    posted = (Posted(i, e.number, e.template, e.to, left) for i, e in enumerate(sends) if e.to.address != what.by)
    return Done(1, what.by, what.orders, what.until, False, ((case.ticket, ticket, ticket),), tuple(posted))


def undone(case: Ordered, office: Office, *, left: bool = False) -> tuple[Decision, Ticket | None]:
    """The order of the case, and then #deshacer by the same person a minute later; the ticket that is left."""
    decision = decide(case, office, NOW)
    after = evolve(case.ticket, decision.effects)
    if after is None or not any(isinstance(e, Undoable) for e in decision.effects):
        return decision, None
    back = Ordered(
        after, case.author, "#deshacer", "", case.number + 1, Kin(done=done(case, decision, after, left=left))
    )
    second = decide(back, office, NOW + timedelta(minutes=1))
    return second, evolve(after, second.effects)


@given(ordered())
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_order_done_and_undone_leaves_the_ticket_as_it_was(case: Ordered) -> None:
    decision, ticket = undone(case, OFFICE)
    assume(ticket is not None)
    assert decision.refused is None, decision.refused
    assert ticket == case.ticket
    assert any(isinstance(effect, Undo) for effect in decision.effects)


@pytest.mark.parametrize(
    ("to", "closes", "code"),
    [
        ("soporte@prov.test", False, "undo-provider"),
        ("ana@entidad.test", True, "undo-closed"),
        ("ana@entidad.test", False, ""),
    ],
)
def test_what_was_said_outside_cannot_be_unsaid(to: str, closes: bool, code: str) -> None:
    """A letter that a provider has, and the requester's news that the ticket is closed; any other news is corrected."""
    requester = Address("ana@entidad.test", "Ana Quispe")
    provider = Address("soporte@prov.test", "Proveedor SAC")
    before = Ticket(7, "Sin red", "en_proceso", requester, NOW, providers=(provider,))
    closed = replace(before, state="cerrado", closed_at=NOW, closing_reason="resuelto")
    after = closed if closes else replace(before, priority="alta")
    letters = (
        Posted(1, 7, "carta", Address(to), left=True),
        Posted(2, 7, "carta", Address("luis@entidad.test"), left=False),
    )
    done = Done(
        5, "rosa@entidad.test", "#orden", NOW + timedelta(minutes=30), False, ((before, after, after),), letters
    )
    author = Author("rosa@entidad.test", person=OFFICE.directory.by_key("rosa"))
    decision = decide(Ordered(after, author, "#deshacer", "", 8, Kin(done=done)), OFFICE, NOW)
    assert (decision.refused.code if decision.refused else "") == code
    assert (evolve(after, decision.effects) == before) == (not code)
    assert [e.cancelled for e in decision.effects if isinstance(e, Undo)] == ([] if code else [(2,)])


@cache
def institution(profile: str) -> tuple[Rulebook, Office]:
    """The rules of an institution, with one person for each of its roles."""
    book = rules.load(shipped("rules") / profile)
    people = tuple(Person(key, f"{key}@entidad.test", f"Persona {key}", key) for key in book.roles)
    directory = Directory(people, {}, ("entidad.test",))
    return book, Office(book, directory, frozenset(("mesa@desk.test",)), Address("operador@entidad.test"))


@pytest.mark.parametrize("profile", PROFILES)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_institution_can_take_its_orders_back(profile: str, data: st.DataObject) -> None:
    """On any step of any of its procedures, whoever gives it, any order that a move there listens to."""
    book, office = institution(profile)
    procedure, step = data.draw(st.sampled_from([(p, s) for p, s in book.all_steps() if s.kind != "close" or s.moves]))
    clock = next(iter(book.clocks))
    due = datetime(2026, 11, 20, tzinfo=UTC)
    ticket = Ticket(
        number=3,
        title="Sin red",
        state=step.state or next(s.key for s in book.states.values() if s.kind != "closed"),
        requester=Address("usuario@entidad.test", "Quien pide"),
        opened_at=NOW - timedelta(days=2),
        type=book.default_type,
        tokens=(Token(4, procedure.key, step.number),),
        timers=(Timer(clock, 4, due),),
        facts=(("previo", "si"), ("_propio", "x")),
    )
    verb = data.draw(st.sampled_from(sorted(book.verbs)))
    person = data.draw(st.sampled_from([p for p in office.directory.people if book.is_staff(p.role)]))
    words = data.draw(st.sampled_from(["", "si", "no", "alta", person.key, "2", "4h", "nueva Título"]))
    author = Author(person.address, person.name, person)
    case = Ordered(ticket, author, f"#{verb} {words}", "Se hizo lo que se pidió.", 9)
    decision, after = undone(case, office)
    assume(after is not None)
    if decision.refused is not None:  # what it opened has no rows here; what it issued is numbered for good
        assert decision.refused.code == "undo-opened"
        return
    assert after == ticket
