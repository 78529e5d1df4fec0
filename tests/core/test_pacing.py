"""When letters leave: waiting for company, hours of rest on the reader's own clock, copies that nobody needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from maild.core.pacing import Pace, is_spared, leaves, may_wait
from maild.core.values import Address, Mail, Person, Sender

NIGHT = (time(20), time(7))
LUIS = Person("luis", "luis@entidad.test", "Luis", "tecnico")
PACE = Pace(timedelta(minutes=5), frozenset({"avance"}), None, frozenset({"avance"}))
LIMA = "America/Lima"  # UTC-5


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in Lima."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) + timedelta(hours=5)


def test_only_patient_letters_wait_and_answers_never() -> None:
    assert leaves(PACE, "avance", LUIS, LIMA, at(2, 10), answered=False) == at(2, 10, 5)
    assert leaves(PACE, "conformidad", LUIS, LIMA, at(2, 10), answered=False) == at(2, 10)
    assert leaves(PACE, "avance", LUIS, LIMA, at(2, 10), answered=True) == at(2, 10)
    assert leaves(Pace(), "avance", LUIS, LIMA, at(2, 10), answered=False) == at(2, 10)


def test_a_person_may_want_each_letter_at_once_or_few_a_day() -> None:
    for span in (timedelta(0), timedelta(hours=4)):
        one = replace(LUIS, fold=span)
        assert leaves(PACE, "avance", one, LIMA, at(2, 10), answered=False) == at(2, 10) + span


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (at(2, 19, 59), at(2, 19, 59)),
        (at(2, 20), at(3, 7)),
        (at(2, 23), at(3, 7)),
        (at(3, 0, 30), at(3, 7)),
        (at(3, 6, 59), at(3, 7)),
        (at(3, 7), at(3, 7)),
    ],
)
def test_nobody_is_written_to_at_night(now: datetime, then: datetime) -> None:
    pace = Pace(quiet=NIGHT)
    assert leaves(pace, "vencimiento", LUIS, LIMA, now, answered=False) == then
    assert leaves(pace, "vencimiento", LUIS, LIMA, now, answered=True) == now
    assert leaves(pace, "vencimiento", None, LIMA, now, answered=False) == then


def test_rest_is_on_the_readers_own_clock_and_may_lie_within_a_day() -> None:
    sucre = replace(LUIS, zone="America/La_Paz")  # an hour ahead of Lima
    assert leaves(Pace(quiet=NIGHT), "x", sucre, LIMA, at(2, 19, 30), answered=False) == at(3, 6)
    siesta = replace(LUIS, quiet=(time(13), time(14)))
    assert leaves(Pace(quiet=NIGHT), "x", siesta, LIMA, at(2, 13, 30), answered=False) == at(2, 14)
    assert leaves(Pace(quiet=NIGHT), "x", siesta, LIMA, at(2, 23), answered=False) == at(2, 23)


def test_a_letter_that_waits_for_company_into_the_night_waits_for_the_morning() -> None:
    pace = replace(PACE, quiet=NIGHT)
    assert leaves(pace, "avance", LUIS, LIMA, at(2, 19, 58), answered=False) == at(3, 7)


def test_whether_anything_waits_at_all() -> None:
    assert not may_wait(Pace(), LUIS)
    assert may_wait(PACE, None)
    assert may_wait(Pace(), replace(LUIS, quiet=NIGHT))
    assert may_wait(Pace(), replace(LUIS, fold=timedelta(hours=1)))


def test_who_was_on_the_mail_is_not_sent_its_words_again() -> None:
    mail = Mail(Sender("ana@entidad.test"), to=(Address("mesa@entidad.test"),), cc=(Address("Rosa@Entidad.test"),))
    assert is_spared(PACE, "avance", mail, "rosa@entidad.test")
    assert not is_spared(PACE, "conformidad", mail, "rosa@entidad.test")  # it asks her for something
    assert not is_spared(PACE, "avance", mail, "beto@entidad.test")
    assert not is_spared(PACE, "avance", None, "rosa@entidad.test")
    assert not is_spared(Pace(), "avance", mail, "rosa@entidad.test")
