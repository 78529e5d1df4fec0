"""How well a sender is proved: six situations at the border, and who may write what the border would."""

from __future__ import annotations

import pytest

from maild.core.trust import Boundary, Traces, weigh
from maild.core.values import Assurance

LUIS = "luis@entidad.test"
OURS = Boundary("authserv_id", ("mx.entidad.test",))
GENUINE = "mx.entidad.test; dkim=pass header.d=entidad.test; dmarc=pass header.from=entidad.test"
FORGED = "mx.entidad.test; spf=softfail; dmarc=fail header.from=entidad.test"


def level(*results: str, known: bool = True, answers: bool = False, boundary: Boundary = OURS) -> Assurance:
    traces = Traces(results)
    assurance, evidence = weigh((LUIS,), known=known, answers_own_letter=answers, traces=traces, boundary=boundary)
    assert evidence
    return assurance


def test_an_address_alone_is_the_least_that_a_known_person_has() -> None:
    assert level() == Assurance.A1


def test_an_answer_to_our_own_letter_proves_more_than_an_address() -> None:
    assert level(answers=True) == Assurance.A2


def test_the_border_proves_its_own_domain() -> None:
    assert level(GENUINE) == Assurance.A3
    assert level(GENUINE, answers=True) == Assurance.A3


def test_what_the_border_calls_forged_is_nothing_whatever_it_answers() -> None:
    assert level(FORGED, answers=True) == Assurance.A0


def test_nobody_unknown_is_proved() -> None:
    assert level(GENUINE, known=False, answers=True) == Assurance.A0


def test_no_address_is_nobody() -> None:
    assert weigh((), known=False, answers_own_letter=True, traces=Traces((GENUINE,)), boundary=OURS)[0] == Assurance.A0


@pytest.mark.parametrize(
    "result",
    [
        "evil.test; dmarc=pass header.from=entidad.test",  # somebody else's stamp
        "mx.entidad.test.evil.test; dmarc=pass header.from=entidad.test",
        "mx.entidad.test; spf=pass",  # spf alone never suffices
        "mx.entidad.test; dmarc=pass header.from=otra.test",  # genuine, but not this domain
        "mx.entidad.test; dmarc=pass header.from=sub.entidad.test",
        "mx.entidad.test; dmarc=none header.from=entidad.test",
        "dmarc=pass header.from=entidad.test",  # no id at all
        "",
    ],
)
def test_a_stamp_that_is_not_ours_or_not_enough_proves_nothing(result: str) -> None:
    assert level(result) == Assurance.A1


def test_the_first_stamp_with_our_id_counts_because_the_border_writes_on_top() -> None:
    assert level(FORGED, GENUINE) == Assurance.A0
    assert level("evil.test; dmarc=pass header.from=entidad.test", FORGED) == Assurance.A0


def test_without_a_boundary_no_stamp_is_believed() -> None:
    assert level(GENUINE, boundary=Boundary()) == Assurance.A1
    assert level(FORGED, boundary=Boundary()) == Assurance.A1


def test_where_the_server_writes_no_id_only_the_very_first_stamp_counts() -> None:
    bare = Boundary("topmost_no_id")
    nameless = "dmarc=pass header.from=entidad.test"
    assert level(nameless, boundary=bare) == Assurance.A3
    assert level("otro.test; dmarc=none", nameless, boundary=bare) == Assurance.A1
