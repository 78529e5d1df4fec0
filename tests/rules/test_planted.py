"""Mistakes planted in the rules of the institutions, several at a time: each is told with its file, its key and its remedy."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from maild import rules
from maild.cli import rulecheck
from maild.config.shipped import shipped
from maild.core.explore import Exploration
from maild.errors import Problem
from maild.rules import cases, walk

RULES = shipped("rules")
Change = tuple[str, str, str]  # file, what stands there (a pattern), what somebody makes of it
Told = tuple[str, str, str]  # file, key, words


@pytest.fixture
def plant(tmp_path: Path) -> Callable[..., list[Problem]]:
    """All of these changes in one copy of an institution; everything that `maild check` says about it."""

    def planted(institution: str, *changes: Change) -> list[Problem]:
        for name in ("base", institution):
            shutil.copytree(RULES / name, tmp_path / name)
        for file, right, wrong in changes:
            path = tmp_path / institution / file
            text, count = re.subn(right, wrong, path.read_text("utf-8"), count=1, flags=re.DOTALL)
            assert count == 1, (file, right)
            path.write_text(text, "utf-8")
        return rulecheck.problems(tmp_path / institution, None)

    return planted


def missing(found: list[Problem], *wanted: Told) -> list[Told]:
    return [
        told
        for told in wanted
        if not any((p.file, p.key) == told[:2] and told[2] in p.text for p in found)
    ]  # fmt: skip


def move(step: str, trigger: str) -> str:
    """One whole move of a step."""
    return rf'\[\[step\.{step}\.move\]\]\non = "{trigger}"\n(?:[a-z_]+ = [^\n]*\n)*'


def test_a_misspelt_key_is_told_with_the_right_one(plant: Callable[..., list[Problem]]) -> None:
    (told,) = plant("minem", ("procedures/ti04.toml", r"\nturn = \{", "\nturnn = {"))
    assert told.file == "procedures/ti04.toml" and told.key.startswith("step.") and "¿quiso decir «turn»?" in told.text


def test_names_are_told_all_at_once(plant: Callable[..., list[Problem]]) -> None:
    found = plant(
        "minem",
        ("roles.toml", r"\[role\.coordinador\]", "[role.coordinadora]"),
        ("procedures/ti03.toml", r'\nstate = "espera_decision"', '\nstate = "espera_desicion"'),
        ("procedures/ti02.toml", r'clocks = \["p_decision"\]', 'clocks = ["p_desicion"]'),
        ("procedures/ti03.toml", r'on = "#observar"', 'on = "#obserbar"'),
        ("procedures/ti05.toml", r'"max_test_iterations"', '"max_test_iteration"'),
        ("procedures/ti09.toml", r'calls = "MEM-TI10:2"', 'calls = "MEM-TI10:222"'),
        ("procedures/ti12.toml", r'procedure = "MEM-TI04"', 'procedure = "MEM-T04"'),
        ("procedures/ti07.toml", r'to = "14"', 'to = "144"'),
    )  # fmt: skip
    files = {p.file for p in found}
    assert files >= {f"procedures/ti{n:02}.toml" for n in (2, 3, 5, 7, 9, 12)}
    said = "\n".join(map(str, found))
    for right in ("coordinadora", "espera_decision", "p_decision", "observar", "max_test_iterations", "MEM-TI04", "14"):
        assert f"¿quiso decir «{right}»?" in said, said
    assert all(p.key for p in found)


def test_what_only_the_walk_shows_is_told_all_at_once(plant: Callable[..., list[Problem]]) -> None:
    found = plant(
        "minem",
        # an edge removed: nobody can close any more, and nobody comes to a step
        ("procedures/ti07.toml", move("14", "#cerrar"), ""),
        ("procedures/ti08.toml", move("13", "#garantia si"), ""),
        # a clock removed
        ("procedures/ti10.toml", r'(\[step\.7\].*?)clocks = \["p_tarea"\]\n', r"\1"),
        # a join that one of its branches never reaches
        ("procedures/ti04.toml", move("20", "#aprobar"), '[[step.20.move]]\non = "#aprobar"\nto = "19"\n'),
        # a procedure that is called and never comes back, a child whose end nobody awaits
        ("procedures/ti09.toml", move("9", "return"), ""),
        ("procedures/ti12.toml", move("8", "child"), ""),
        # a wait that nothing wakes
        ("procedures/ti11.toml", r'(\[step\.5\].*?)\[\[step\.5\.move\]\].*?\n\n(\[step\.6\])', r"\1\n\2"),
        # a decision for a value that there is not
        ("procedures/ti06.toml", r'when = \{ log = "ok" \}', 'when = { log = "okk" }'),
    )  # fmt: skip
    assert missing(
        found,
        ("procedures/ti07.toml", "step.14", "ningún camino lleva a cerrar"),
        ("procedures/ti08.toml", "step.24", "ninguna solicitud llega nunca a este paso"),
        ("procedures/ti10.toml", "step.7", "ningún reloj la vigila"),
        ("procedures/ti04.toml", "step.22", "espera a quien venga del paso «20»"),
        ("procedures/ti09.toml", "step.9", 'on = "return"'),
        ("procedures/ti12.toml", "step.8", 'on = "child"'),
        ("procedures/ti11.toml", "step.5", "ningún camino lleva a cerrar"),
        ("procedures/ti06.toml", "step.4.move.4", "«log» nunca vale «okk»"),
    ) == [], "\n".join(map(str, found))  # fmt: skip


def test_a_loop_that_turns_by_itself_a_way_behind_another_and_a_letter_nobody_wrote(
    plant: Callable[..., list[Problem]],
) -> None:
    found = plant(
        "minem",
        ("procedures/ti01.toml", r'\[\[step\.2\.move\]\].*?\n\n', '[[step.2.move]]\non = "always"\nto = "1"\n\n'),
        ("procedures/ti01.toml", r'\[\[step\.1\.move\]\].*?\n\n', '[[step.1.move]]\non = "always"\nto = "2"\n\n'),
        ("procedures/ti09.toml", f"({move('8', '#compra')})", r"\1\1"),
        ("procedures/ti10.toml", r'avance = ', "avanse = "),
    )  # fmt: skip
    said = "\n".join(map(str, found))
    assert (
        missing(found, ("procedures/ti01.toml", "step.1", "da vueltas sin detenerse")) == []
        or missing(found, ("procedures/ti01.toml", "step.2", "da vueltas sin detenerse")) == []
    ), said
    assert any(p.file == "procedures/ti09.toml" and "nadie puede ir nunca por esta salida" in p.text for p in found), (
        said
    )
    assert "¿quiso decir «avance»?" in said


def test_each_of_the_43_rows_of_the_catalogue_is_missed_when_it_is_gone(tmp_path: Path) -> None:
    for name in ("base", "pnpais"):
        shutil.copytree(RULES / name, tmp_path / name)
    folder = tmp_path / "pnpais"
    text = (folder / "catalogue.toml").read_text("utf-8")
    for number in range(1, 44):
        row = rf'(?ms)^\[service\.[a-z0-9-]+\]\nnumber = "{number:02}"\n.*?(?=^\[|\Z)'
        shorter, count = re.subn(row, "", text)
        assert count == 1, number
        (folder / "catalogue.toml").write_text(shorter, "utf-8")
        book = rules.load(folder)
        found = [*walk.numbers(book), *cases.problems(book, folder)]
        gap = f"falta el número {number}"
        assert any(gap in p.text for p in found) or (number == 43 and any(p.file == "cases.toml" for p in found)), (
            number
        )


def test_the_walk_of_every_institution_sees_everything() -> None:
    for name in ("base", "proinversion", "pnpais", "minem", "agetic", "osce"):
        exploration = Exploration(rules.load(RULES / name))
        exploration.run()
        assert exploration.whole, name


def test_wrong_shapes_and_branches_of_machines_are_told_with_the_remedy(plant: Callable[..., list[Problem]]) -> None:
    added = """
[shape.propia]
label = "Propia"
problem = ["Falla {equipo}: {service}", "Sin huecos"]
either = ["{host}{service}", "Aviso de {host}"]
[shape.muda]
label = "Muda"
[branch.nadie]
tell = { rama = "{hots}" }
opens = "alertas"
"""
    found = plant(
        "minem", ("machines.toml", r"\Z", added), ("machines.toml", r'requester = "redes"', 'requester = "rede"')
    )
    file = "machines.toml"
    wanted = (
        (file, "alerts.requester", "¿quiso decir «redes»?"),
        (file, "shape.propia.problem", "los que hay: {host}"),
        (file, "shape.propia.problem", "no tiene ningún hueco"),
        (file, "shape.propia.either", "tiene que haber algo escrito"),
        (file, "shape.propia.either", "escriba el hueco {state}"),
        (file, "shape.muda", "falta un asunto"),
        (file, "branch.nadie", "escriba kind, hosts o words"),
        (file, "branch.nadie.tell.rama", "¿quiso decir «host»?"),
        (file, "branch.nadie.opens", "¿quiso decir «alerta»?"),
    )
    assert missing(found, *wanted) == []


def test_wrong_outages_are_told_with_the_remedy(plant: Callable[..., list[Problem]]) -> None:
    added = """
[outages]
threshold = 1
title = "Falla general"
[outage.muda]
name = "Muda"
[outage.otra]
name = "Otra"
when = ["@sismonitr"]
services = ["internt"]
"""
    found = plant("pnpais", ("outages.toml", r"\Z", added))
    file = "outages.toml"
    wanted = (
        (file, "outages.threshold", "escriba 2 o más, o 0"),
        (file, "outages.title", "falta el hueco {what}"),
        (file, "outage.muda", "escriba when o services"),
        (file, "outage.otra", "¿quiso decir «sismonitor»?"),
        (file, "outage.otra.services", "el servicio «internt»"),
    )
    assert missing(found, *wanted) == []
