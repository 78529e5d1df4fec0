"""Walking a procedure: guards, moves that pass by themselves, what resting brings, and chains that never end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from maild.core import deadlines
from maild.core.draft import Draft
from maild.core.effects import Send, StartTimer, StopTimer
from maild.core.moves import Always, Move, OnClock, OnOrder, OnReply, Procedure, Step
from maild.core.office import Office
from maild.core.procedure import Walk
from maild.core.ticket import Ticket, Token
from maild.core.values import Address
from maild.core.worktime import NEVER
from tests.core.strategies import BOOK, NOW, OFFICE

AT_FOUR = Ticket(
    number=7,
    title="Sin red",
    state="en_proceso",
    requester=Address("ana@entidad.test"),
    opened_at=datetime(2026, 11, 2, 14, tzinfo=UTC),
    responsible=Address("luis@entidad.test"),
    tokens=(Token(1, "BASE-ATE", "4"),),
)
TECHNICIAN = frozenset({"tecnico"})


def office_with(*steps: Step) -> Office:
    made = Procedure("P", "De prueba", "", {step.number: step for step in steps}, steps[0].number)
    return replace(OFFICE, book=replace(BOOK, procedures={"P": made}))


def step(number: str, *moves: Move, clocks: tuple[str, ...] = (), state: str = "en_proceso") -> Step:
    return Step(number, f"Paso {number}", "task", "tecnico", state, clocks, (), moves)


def walking(ticket: Ticket, office: Office = OFFICE) -> Walk:
    return Draft(office, NOW).walk(ticket)


def walk(office: Office, *tokens: Token) -> Walk:
    return walking(replace(AT_FOUR, tokens=tokens), office)


def test_only_those_whom_a_move_names_may_make_it() -> None:
    here = walking(AT_FOUR)
    assert here.matching(OnOrder("resuelto"), TECHNICIAN)
    assert not here.matching(OnOrder("resuelto"), frozenset({"usuario", "requester"}))
    assert not here.matching(OnOrder("resuelto"), frozenset())


def test_a_guard_asks_for_a_fact() -> None:
    assert not walking(AT_FOUR).matching(OnReply("requester"), None)
    asked = replace(AT_FOUR, facts=(("pregunta", "abierta"),))
    assert walking(asked).matching(OnReply("requester"), None)


def test_unless_holds_a_move_back() -> None:
    move = Move((Always(),), ("2",), unless={"type": ("incidencia",)})
    office = office_with(step("1", move), step("2"))
    assert not replace_type(walk(office, Token(1, "P", "1")), "incidencia").matching(Always(), None)
    assert replace_type(walk(office, Token(1, "P", "1")), "requerimiento").matching(Always(), None)


def replace_type(here: Walk, kind: str) -> Walk:
    return walking(replace(here.ticket, type=kind), here.office)


def test_the_first_move_whose_guards_hold_is_made() -> None:
    first = Move((OnOrder("tomar"),), ("2",), when={"hardware": ("si",)})
    second = Move((OnOrder("tomar"),), ("3",))
    here = walk(office_with(step("1", first, second), step("2"), step("3")), Token(1, "P", "1"))
    assert [move.to for _, move in here.matching(OnOrder("tomar"), None)] == [("3",)]


def test_steps_passed_through_start_no_clock_and_tell_nobody() -> None:
    office = office_with(
        step("1", Move((OnOrder("tomar"),), ("2",))),
        step("2", Move((Always(),), ("3",)), clocks=("p_nivel",)),
        step("3", clocks=("p_toma",), state="asignado"),
    )
    here = walk(office, Token(1, "P", "1"))
    here.make(*here.matching(OnOrder("tomar"), None)[0])
    here.draft.pass_through()
    here.settle()
    assert [e.timer.clock for e in here.draft.effects if isinstance(e, StartTimer)] == ["p_toma"]
    assert (here.ticket.tokens, here.ticket.state) == ((Token(1, "P", "3"),), "asignado")


def test_a_fork_puts_a_new_token_beside_the_old_one() -> None:
    office = office_with(step("1", Move((OnOrder("tomar"),), ("2", "3"))), step("2"), step("3"))
    here = walk(office, Token(1, "P", "1"))
    here.make(*here.matching(OnOrder("tomar"), None)[0])
    assert sorted(token.place for token in here.ticket.tokens) == ["P:2", "P:3"]
    assert len({token.id for token in here.ticket.tokens}) == 2


def test_going_to_another_step_with_the_same_clock_stops_it_and_starts_it_anew() -> None:
    office = office_with(
        step("1", Move((OnOrder("escalar"),), ("2",)), clocks=("p_nivel",)), step("2", clocks=("p_nivel",))
    )
    placed = walk(office)
    placed.enter("P", "1")
    placed.settle()
    here = walking(placed.ticket, office)
    here.make(*here.matching(OnOrder("escalar"), None)[0])
    here.settle()
    changes = [e for e in here.draft.effects if isinstance(e, StartTimer | StopTimer)]
    assert [type(e).__name__ for e in changes] == ["StopTimer", "StartTimer"]


def test_a_move_without_a_next_step_leaves_the_clocks_of_its_step_alone() -> None:
    office = office_with(step("1", Move((OnClock("p_toma"),), ()), clocks=("p_nivel",)))
    placed = walk(office)
    placed.enter("P", "1")
    placed.settle()
    here = walking(placed.ticket, office)
    here.make(*here.matching(OnClock("p_toma"), None)[0])
    here.settle()
    assert here.ticket.timers == placed.ticket.timers


def test_rules_that_go_round_in_circles_end_with_a_reason() -> None:
    office = office_with(step("1", Move((Always(),), ("2",))), step("2", Move((Always(),), ("1",))))
    here = walk(office, Token(1, "P", "1"))
    here.draft.pass_through()
    assert here.draft.reasons[-1].code == "endless"


def test_a_token_on_a_step_that_the_rules_no_longer_have_stays_and_does_nothing() -> None:
    here = walk(OFFICE, Token(1, "BASE-ATE", "99"), Token(2, "OTRO", "1"))
    here.draft.pass_through()
    here.settle()
    assert len(here.ticket.tokens) == 2
    assert not here.draft.effects


def test_closing_stops_every_clock_and_says_goodbye_once() -> None:
    resolved = replace(AT_FOUR, tokens=(Token(1, "BASE-ATE", "4"),))
    here = walking(resolved)
    here.make(*here.matching(OnOrder("resuelto"), TECHNICIAN)[0])
    here.settle()
    asked = walking(here.ticket)
    asked.make(*asked.matching(OnOrder("conforme"), frozenset({"requester"}))[0])
    asked.settle()
    assert asked.ticket.is_closed
    assert (asked.ticket.tokens, asked.ticket.timers) == ((), ())
    assert [e.template for e in asked.draft.effects if isinstance(e, Send)] == ["cierre"]


def test_a_clock_without_a_value_or_whose_setting_is_off_never_starts() -> None:
    silent = replace(BOOK, settings={"conformity.silence": "keep"})
    timeless = replace(BOOK.clocks["p_conformidad"], span=None)
    office = replace(OFFICE, book=replace(silent, clocks={**BOOK.clocks, "p_conformidad": timeless}))
    here = walking(AT_FOUR, office)
    here.make(*here.matching(OnOrder("resuelto"), TECHNICIAN)[0])
    here.settle()
    assert here.ticket.timers == ()


def test_a_move_takes_back_other_tokens_even_those_that_wait_at_a_join() -> None:
    back = Move((OnOrder("observar"),), ("1",), withdraw=("3", "4"))
    office = office_with(step("1"), step("2", back), step("3"), replace(step("4"), join=("2", "3")))
    here = walk(office, Token(1, "P", "2"), Token(2, "P", "3"), Token(3, "P", "4", came="3"), Token(4, "P", "1"))
    here.make(here.ticket.tokens[0], back)
    assert sorted((t.id, t.step) for t in here.ticket.tokens) == [(1, "1"), (4, "1")]


def test_a_move_takes_back_nothing_of_another_run_of_the_procedure() -> None:
    back = Move((OnOrder("observar"),), ("1",), withdraw=("2",))
    office = office_with(step("1"), step("2", back))
    here = walk(office, Token(1, "P", "2", caller=9), Token(2, "P", "2", caller=8))
    here.make(here.ticket.tokens[0], back)
    assert sorted((t.id, t.step) for t in here.ticket.tokens) == [(1, "1"), (2, "2")]


def test_a_parameter_of_zero_sets_no_limit() -> None:
    again, last = (
        Move((OnOrder("hecho"),), ("2",), below={"vuelta": "most"}),
        Move((OnOrder("hecho"),), ("3",), at_least={"vuelta": "most"}),
    )
    ticket = replace(AT_FOUR, tokens=(Token(1, "P", "1"),), facts=(("vuelta", "7"),))
    for most, goes in (("0", ("2",)), ("8", ("2",)), ("7", ("3",))):
        office = office_with(step("1", again, last), step("2"), step("3"))
        office = replace(office, book=replace(office.book, settings={"parameters.most": most}))
        found = walking(ticket, office).matching(OnOrder("hecho"), None)
        assert [move.to for _, move in found] == [goes]


def test_a_clock_whose_fact_is_a_time_of_day_runs_out_at_the_next_one() -> None:
    clock = replace(BOOK.clocks["p_nivel"], span=None, given_by="hora")
    here = walking(replace(AT_FOUR, facts=(("hora", "06:00"),)))
    due = deadlines.due(clock, BOOK, here.ticket, here.said, NOW)
    assert due is not None
    local = due.astimezone(BOOK.calendar.zone)
    assert (local.hour, local.minute) == (6, 0) and NOW < due <= NOW + timedelta(days=1)
    wrong = replace(here.ticket, facts=(("hora", "26:00"),))
    assert deadlines.due(clock, BOOK, wrong, here.said, NOW) == NEVER
