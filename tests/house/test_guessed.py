"""Somebody guesses at tokens: nothing is granted, the operator hears of it once, and the real owner is not silenced by it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from maild.core import seal
from maild.core.subject import mark
from maild.gather import Outcome
from tests.house.attacked import LUIS, AttackedDesk, became
from tests.house.desk import OPERATOR, codes

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[AttackedDesk]:
    with AttackedDesk.on(f"sqlite:///{tmp_path}/maild.db", tmp_path) as desk:
        yield desk


def coded(desk: AttackedDesk, code: str) -> Outcome:
    return desk.say(LUIS, f"RE: [{mark('MESA', 1)}] #prioridad alta {code}", "")


def told(desk: AttackedDesk) -> int:
    return sum(row["template"] == "aviso" for row in desk.letters(OPERATOR))


def test_codes_that_are_guessed_grant_nothing_and_are_noticed(desk: AttackedDesk) -> None:
    before, dice = desk.stands(), random.Random(20)
    for _ in range(60):
        outcome = coded(desk, "~" + "".join(dice.choices(ALPHABET, k=10)))
        assert became(outcome, "") in ("held", "refused")
        desk.now -= timedelta(seconds=50)  # all of them within the hour
    assert desk.stands() == before
    assert told(desk) == 1
    assert "token-of-nobody" in codes(outcome)


def test_who_is_guessed_at_keeps_what_his_letters_prove_and_gets_his_codes_back(desk: AttackedDesk) -> None:
    right = seal.code(desk.desk.ring, 1, LUIS, desk.now.date(), seal.STAFF)
    for _ in range(20):
        coded(desk, "~0000000000")
        desk.now -= timedelta(seconds=50)
    assert "order" not in codes(coded(desk, right))
    assert "order" in codes(desk.reply(LUIS, 1, "#prioridad baja"))
    desk.now += timedelta(minutes=61)
    assert "order" in codes(coded(desk, right))


@pytest.mark.parametrize("shape", ["forged_luis_1", "short_luis_1", "plus_rosa_1"])
def test_every_carrier_that_is_made_up_counts_as_a_guess(desk: AttackedDesk, shape: str) -> None:
    token = desk._fill(shape)
    if shape.startswith("plus"):
        raw = f"From: {LUIS}\r\nTo: {token}\r\nSubject: hola\r\nMessage-ID: <a@b.test>\r\n\r\nHola\r\n".encode()
        outcome = desk.put(raw)
    else:
        outcome = desk.say(LUIS, "hola", "Hola", ref=token)
    assert ("token-of-nobody" in codes(outcome)) == (shape != "short_luis_1")


def test_an_honest_answer_is_no_guess(desk: AttackedDesk) -> None:
    assert "token-of-nobody" not in codes(desk.reply(LUIS, 1, "#prioridad alta"))
