"""What holds of every decision, whatever the mail, the ticket and the person: properties over made-up cases."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from maild.core.decide import decide
from maild.core.effects import Decision, Keep, Open, Review, Send, evolve
from maild.core.events import Case, FirstMail, Intrusion, Overdue, Reply, Robot
from maild.core.ticket import Ticket
from maild.core.values import Assurance, Reason
from tests.core.strategies import (
    BOOK,
    DESK,
    NOW,
    OFFICE,
    PEOPLE,
    cases,
    first_mails,
    intrusions,
    overdues,
    replies,
    robots,
    ticket_of,
)

# No deadline: a busy machine is no fault of the core.
thorough = settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
usual = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def after(case: Case, decision: Decision) -> Ticket | None:
    opened = any(isinstance(effect, Open) for effect in decision.effects)
    return evolve(None if opened else ticket_of(case), decision.effects)


@given(cases)
@thorough
def test_whatever_happens_there_is_a_decision_with_a_reason(case: Case) -> None:
    decision = decide(case, OFFICE, NOW)
    assert decision.reasons
    assert all(isinstance(reason, Reason) and reason.code for reason in decision.reasons)


@given(cases)
@thorough
def test_every_decision_leaves_a_ticket_that_makes_sense(case: Case) -> None:
    ticket = after(case, decide(case, OFFICE, NOW))
    if ticket is None:
        return
    ids = [token.id for token in ticket.tokens]
    assert len(ids) == len(set(ids))
    assert all(BOOK.step(token.procedure, token.step) for token in ticket.tokens)
    assert all(timer.token in ids for timer in ticket.timers)
    assert len({(timer.clock, timer.token) for timer in ticket.timers}) == len(ticket.timers)
    assert (BOOK.states[ticket.state].kind == "closed") == ticket.is_closed
    live = {token.id for token in ticket.tokens if token.live}  # work that outlives the closing keeps its clocks
    assert not ticket.is_closed or {timer.token for timer in ticket.timers} <= live
    assert ticket.is_closed or ticket.tokens


@given(cases)
@usual
def test_no_letter_goes_to_the_desk_itself_or_to_nobody(case: Case) -> None:
    sent = [effect for effect in decide(case, OFFICE, NOW).effects if isinstance(effect, Send)]
    assert all(send.to.address not in (DESK, "") for send in sent)


@given(robots())
@usual
def test_a_robot_gets_no_letter_and_moves_nothing(case: Robot) -> None:
    decision = decide(case, OFFICE, NOW)
    assert not [effect for effect in decision.effects if not isinstance(effect, Keep)]
    assert after(case, decision) == case.ticket


@given(replies())
@usual
def test_nobody_is_obeyed_on_less_proof_than_the_order_asks_for(case: Reply) -> None:
    for reason in decide(case, OFFICE, NOW).reasons:
        if reason.code == "order":
            assert OFFICE.unproved(BOOK.verbs[dict(reason.facts)["order"]], case.author) is None
            assert case.author.assurance > Assurance.A0


@given(replies())
@usual
def test_nobody_is_obeyed_who_may_never_give_the_order(case: Reply) -> None:
    standing = OFFICE.standing(case.author, case.ticket)
    for reason in decide(case, OFFICE, NOW).reasons:
        if reason.code == "order":
            assert BOOK.may_ever(BOOK.verbs[dict(reason.facts)["order"]], standing)


@given(cases)
@usual
def test_what_is_refused_changes_nothing(case: Case) -> None:
    decision = decide(case, OFFICE, NOW)
    if decision.refused:
        assert after(case, decision) == ticket_of(case)


@given(intrusions())
@usual
def test_an_intruder_changes_nothing_and_only_who_has_the_ticket_hears_of_him(case: Intrusion) -> None:
    decision = decide(case, OFFICE, NOW)
    assert after(case, decision) == case.ticket
    concerned = {p.address for p in PEOPLE if BOOK.is_staff(p.role)} | {OFFICE.operator.address}
    responsible = case.ticket.responsible
    if responsible:
        person = OFFICE.directory.by_address(responsible.address)
        concerned.add(person.address if person else responsible.address)
    assert {effect.to.address for effect in decision.effects if isinstance(effect, Send)} <= concerned


@given(first_mails())
@usual
def test_a_first_mail_opens_one_ticket_or_says_why_not(case: FirstMail) -> None:
    decision = decide(case, OFFICE, NOW)
    opened = [effect for effect in decision.effects if isinstance(effect, Open)]
    assert len(opened) == (0 if decision.refused else 1)
    assert not opened or decision.number == case.number


@given(first_mails())
@usual
def test_a_stranger_only_waits_for_review(case: FirstMail) -> None:
    if case.author.person is None and not case.author.own_domain:
        effects = decide(case, OFFICE, NOW).effects
        assert effects
        assert all(isinstance(effect, Review) for effect in effects)


@given(overdues())
@usual
def test_a_clock_that_ran_out_stops_or_starts_anew_later(case: Overdue) -> None:
    ticket = after(case, decide(case, OFFICE, NOW))
    assert ticket is not None
    again = ticket.timer(case.clock, case.token)
    assert again is None or case.ticket.timer(case.clock, case.token) is None or again.due > NOW


@given(replies())
@usual
def test_a_mail_that_the_border_calls_forged_gives_no_order(case: Reply) -> None:
    forged = replace(case, author=replace(case.author, assurance=Assurance.A0))
    codes = [reason.code for reason in decide(forged, OFFICE, NOW).reasons]
    assert "order" not in codes


@given(replies())
@usual
def test_a_persons_words_are_never_lost(case: Reply) -> None:
    effects = decide(case, OFFICE, NOW).effects
    assert any(isinstance(effect, Keep | Review | Open) for effect in effects)
