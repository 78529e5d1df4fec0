"""What follows from a bounce, whatever it says: nobody is written to whose address is dead, and doubt stops nothing."""

from __future__ import annotations

from hypothesis import given

from maild.core.decide import decide
from maild.core.effects import Keep, Send, Suppress
from maild.core.events import Bounced
from maild.core.values import Kind
from tests.core.strategies import NOW, OFFICE, bounces


@given(bounces())
def test_only_a_hard_report_about_the_letters_own_address_stops_it_and_it_is_never_written_to(case: Bounced) -> None:
    decision = decide(case, OFFICE, NOW)
    stops = [effect for effect in decision.effects if isinstance(effect, Suppress)]
    sends = [effect for effect in decision.effects if isinstance(effect, Send)]
    assert all(stop.address == case.recipient for stop in stops)
    assert all(send.to.address != case.recipient or send.to == OFFICE.operator for send in sends)
    assert bool(stops) == bool(sends)
    if stops:
        named = case.mail.bounce.recipients if case.mail.bounce else ()
        assert case.mail.kind is Kind.BOUNCE and not case.stopped
        assert any(each.severity == "hard" and each.address in (case.recipient, "") for each in named)


@given(bounces())
def test_a_bounce_changes_no_ticket(case: Bounced) -> None:
    effects = decide(case, OFFICE, NOW).effects
    assert all(isinstance(effect, Keep | Send | Suppress) for effect in effects)
