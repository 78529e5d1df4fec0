"""docs/rules.md, taken literally: a block is copied, the running program takes it over, explain shows it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from maild.cli.main import main
from maild.config.shipped import shipped
from maild.core.places import Words
from maild.core.sorting import sort
from maild.reloading import Refused, Reloading, Renewed
from tests.cli.desk import Desk

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
_BLOCK, _CASE = re.findall(r"```toml\n(\[(?:service|case)\.dron.*?)```", PAGE, re.DOTALL)
MAIL = b"From: Rosa <rosa@muni.example>\r\nSubject: ayuda\r\n\r\nEl dron no despega desde ayer.\r\n"


@pytest.fixture
def own(desk: Desk) -> Path:
    """The desk of the tests with a copy of a shipped institution."""
    folder = desk.folder / "rules"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("base", "pnpais"):
        shutil.copytree(shipped("rules") / name, folder / name)
    desk.config.write_text(desk.config.read_text().replace("[mailbox]", 'rules = "rules/pnpais"\n\n[mailbox]', 1))
    return folder / "pnpais"


def test_the_block_of_the_page_is_taken_over_and_shows_up_in_explain(
    desk: Desk, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "dron.eml"
    path.write_bytes(MAIL)
    house = desk.open()
    reloading = Reloading(house)
    before = sort(Words("ayuda", "El dron no despega desde ayer."), house.desk.office.book).service
    assert before is None or before.key != "drones"
    for name, block in (("catalogue.toml", _BLOCK), ("cases.toml", _CASE)):
        with (own / name).open("a", encoding="utf-8") as file:
            file.write("\n" + block)
    renewed = reloading.look()
    assert isinstance(renewed, Renewed)
    found = sort(Words("ayuda", "El dron no despega desde ayer."), renewed.desk.office.book)
    assert found.service is not None and found.service.key == "drones"
    house.close()
    capsys.readouterr()
    assert main(["--config", str(desk.config), "explain", "--json", str(path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["service"], told["category"], told["subcategory"]) == ("drones", "EQUIPOS INFORMÁTICOS", "Dron")
    spoke = [each["facts"] for each in told["reasons"] if each["code"] == "spoke"]
    assert "dron" in {each["words"] for each in spoke if each["answer"] == "drones"}


def test_a_copied_block_with_a_slip_is_refused_and_the_remedy_named(desk: Desk, own: Path) -> None:
    house = desk.open()
    reloading = Reloading(house)
    with (own / "catalogue.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + _BLOCK.replace("when =", "wenn ="))
    refused = reloading.look()
    house.close()
    assert isinstance(refused, Refused)
    assert any("wenn" in str(problem) and "when" in str(problem) for problem in refused.problems)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[concept.x]\nwords = ["' + "(a|b|c|d|e|f|g|h)" * 25 + '"]\n', "escríbala en varias"),
        ("[concept.x]\nwords = [" + '"(a|b|c|d|e|f|g|h|i|j) (k|l|m|n) ",' * 20_000 + "]\n", "en total"),
        ("[concept.x]\nwords = [" + '"palabra de relleno", ' * 240_000 + "]\n", "demasiado grande"),
    ],
    ids=["one phrase of a million", "very many phrases", "five megabytes"],
)
def test_a_hostile_rule_file_is_refused_and_stalls_nothing(tmp_path: Path, text: str, told: str) -> None:
    for name in ("base", "pnpais"):
        shutil.copytree(shipped("rules") / name, tmp_path / name)
    (tmp_path / "pnpais" / "concepts.toml").write_text(text, encoding="utf-8")
    program = f"from maild.cli.main import main; raise SystemExit(main(['check', {str(tmp_path / 'pnpais')!r}]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert told in done.stdout + done.stderr
