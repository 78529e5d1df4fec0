"""Changed rules: taken over whole when they are right, refused whole when they are not, and nothing under way is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from maild.config import load
from maild.config.shipped import shipped
from maild.reloading import Refused, Reloading, Renewed
from maild.store import letters, tickets
from tests.cli.desk import Desk

STEPS = Path("base/procedures/atencion.toml")


@pytest.fixture
def own(desk: Desk) -> Path:
    """The desk of the tests with a rules folder of its own."""
    folder = desk.folder / "rules"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(shipped("rules"), folder)
    text = desk.config.read_text().replace("[mailbox]", 'rules = "rules/base"\n\n[mailbox]', 1)
    desk.config.write_text(text)
    load(desk.config)
    return folder


def changed(folder: Path, right: str, wrong: str) -> None:
    text = (folder / STEPS).read_text()
    assert right in text
    (folder / STEPS).write_text(text.replace(right, wrong))


def test_nothing_changes_while_nothing_is_written(desk: Desk, own: Path) -> None:
    house = desk.open()
    reloading = Reloading(house)
    assert reloading.look() is None
    changed(own, "Tomar conocimiento", "Enterarse")
    renewed = reloading.look()
    assert isinstance(renewed, Renewed)
    step = renewed.desk.office.book.step("BASE-ATE", "3")
    assert step is not None and step.name == "Enterarse"
    assert reloading.look() is None
    house.close()


def test_wrong_rules_are_refused_and_the_operator_is_told_once(desk: Desk, own: Path) -> None:
    house = desk.open()
    reloading = Reloading(house)
    changed(own, 'to = "4"', 'to = "44"')
    refused = reloading.look()
    assert isinstance(refused, Refused)
    assert any("«44»" in problem.text for problem in refused.problems)
    with house.database.write() as tx:
        for _ in range(2):
            house.desk.refused_rules(tx, refused.version, tuple(map(str, refused.problems)))
        assert [row["template"] for row in letters.written_for(tx, f"rules:{refused.version}")] == ["aviso"]
    house.close()


def test_a_ticket_on_a_step_that_is_gone_is_listed_and_stays(desk: Desk, own: Path) -> None:
    desk.mail("rosa@entidad.example", "Sin red", "No hay red")
    house = desk.open()
    reloading = Reloading(house)
    for right, wrong in (("[step.2]", "[step.2b]"), ("[step.2.move]", "[step.2b.move]"), ('to = "2"', 'to = "2b"')):
        changed(own, right, wrong)
    renewed = reloading.look()
    assert isinstance(renewed, Renewed), renewed
    with house.database.write() as tx:
        assert renewed.desk.new_rules(tx, renewed.version) == 1
        assert tickets.places(tx) == [(1, "BASE-ATE", "2")]
        (row,) = letters.written_for(tx, f"rules:{renewed.version}")
        assert b"BASE-ATE:2" in bytes(row["raw"])
    house.close()
