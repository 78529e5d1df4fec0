"""The walk of a whole folder is silent on the shipped rules, and finds each slip that names alone cannot show."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from maild import rules
from maild.config.shipped import shipped
from maild.errors import Problem
from maild.rules.draw import mermaid
from maild.rules.walk import problems

RULES = shipped("rules")
INSTITUTIONS = sorted(path.name for path in RULES.iterdir() if (path / "institution.toml").is_file())
Plant = Callable[[str, str, str], list[Problem]]


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Change one text in one file of a copy; what the walk says about it."""
    for name in ("base", "osce"):
        shutil.copytree(RULES / name, tmp_path / name)
    folder = tmp_path / "osce"

    def planted(file: str, right: str, wrong: str) -> list[Problem]:
        text = (folder / file).read_text()
        assert right in text
        (folder / file).write_text(text.replace(right, wrong, 1))
        return problems(rules.load(folder), folder)

    return planted


@pytest.mark.parametrize("name", INSTITUTIONS)
def test_the_shipped_rules_can_be_walked_whole(name: str) -> None:
    assert problems(rules.load(RULES / name), RULES / name) == []


SLIPS = [
    # file, what stands there, what somebody writes, the key that is told, the words
    ("procedures/atencion.toml", 'clocks = ["p_atencion"]', "", "step.2", "ningún reloj la vigila"),
    ("procedures/bienes.toml", '[[step.22.move]]\non = "#hecho"\nto = "end"', "", "step.22", "ningún camino lleva a cerrar"),
    ("procedures/atencion.toml", 'hardware = "no" }\nto = "12"', 'hardware = "nop" }\nto = "12"', "step.7.move.6", "nunca vale"),
    ("commands.toml", "[verb.modo]", '[verb.sobra]\nact = "move"\n[verb.modo]', "verb.sobra", "nadie puede darla"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "right", "wrong", "key", "words"), SLIPS, ids=lambda value: value[:20])
def test_a_slip_that_names_do_not_show_is_found_where_it_is(
    plant: Plant, file: str, right: str, wrong: str, key: str, words: str
) -> None:
    found = plant(file, right, wrong)
    assert any(problem.key == key and words in problem.text for problem in found), found


def test_a_step_to_which_nothing_leads_any_more_is_named(plant: Plant) -> None:
    found = plant("procedures/atencion.toml", 'result = "telefonico"\nto = "5"', 'result = "telefonico"\nto = "4"')
    assert ("procedures/atencion.toml", "step.5") in {(problem.file, problem.key) for problem in found}


def test_every_step_and_every_way_is_drawn() -> None:
    for name in INSTITUTIONS:
        book = rules.load(RULES / name)
        for procedure in book.procedures.values():
            drawing = mermaid(book, procedure)
            assert all(f"{number} · " in drawing for number in procedure.steps)
            assert drawing.count("-->") + drawing.count("-.->") >= sum(len(s.moves) for s in procedure.steps.values())
