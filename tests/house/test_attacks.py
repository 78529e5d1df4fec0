"""tests/data/attacks: each mail wants something that is not its sender's; each has a verdict beside it, written before.

All are played through a real desk with a database, against tickets that stand open with letters sent: no act is granted, the
verdict is met, and no mail is lost. Docs: docs/security.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.house.attacked import BORDERS, FOLDER, AttackedDesk, became
from tests.house.desk import codes

CASES = sorted(path.stem for path in FOLDER.glob("*.eml"))
TERMINAL = {"done", "auto", "duplicate", "parked"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedDesk]:
    folder: Path = tmp_path_factory.mktemp("attacks")
    with AttackedDesk.on(f"sqlite:///{folder}/maild.db", folder) as desk:
        yield desk


@pytest.mark.parametrize("name", CASES)
def test_an_attack_is_granted_nothing(desk: AttackedDesk, name: str) -> None:
    verdict = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    desk.now += timedelta(minutes=25)
    desk.desk = replace(desk.desk, boundary=BORDERS[verdict.get("boundary", "none")])
    if "sent_first" in verdict:
        raw = desk.filled((FOLDER / f"{name}.eml").read_bytes())
        raw = raw.replace(b"#resuelto", b"#nota")  # an order that is his to give, once
        desk.put(raw)
    else:
        raw = desk.filled((FOLDER / f"{name}.eml").read_bytes())
    before, letters = desk.stands(), desk.newest_letter()
    outcome = desk.put(raw)

    after = desk.stands()
    assert {number: after[number] for number in before} == before
    assert set(after) - set(before) == ({outcome.decision.number} if became(outcome, "") == "ticket" else set())
    assert "order" not in codes(outcome) or became(outcome, "") == "note"
    assert desk.state() in TERMINAL
    assert became(outcome, desk.state()) in verdict["must"]
    for recipient, written in desk.letters_after(letters):
        assert recipient in desk.people
        assert desk.is_clean(recipient, written)
    if became(outcome, desk.state()) in ("note", "aside", "held", "refused", "ticket") and outcome.decision.number:
        assert desk.words_of(desk.last), "the words are lost"


def test_every_attack_has_its_verdict_and_there_are_enough() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CASES)
    assert len(CASES) >= 300
    for name in CASES:
        verdict = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
        assert verdict["tries"], name
        assert verdict["why"], name
        assert set(verdict["must"]) <= {"duplicate", "robot", "review", "held", "ticket", "aside", "refused", "note"}, (
            name
        )
