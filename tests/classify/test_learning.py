"""What people corrected becomes proposals and a model, and neither by itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from maild import rules
from maild.cli.main import verbs
from maild.config.shipped import shipped
from maild.core.guessing import Example, features, guess, learn
from maild.core.places import Words
from maild.core.sorting import sort
from maild.core.suggest import Proposal, proposals
from maild.errors import RulesError
from maild.rules.patch import with_words

_DRONES = '[service.drones]\ncategory = "EQUIPOS INFORMÁTICOS"\nname = "Dron"  # nuevo\n'

_LONG = "tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of an institution with a row that has no words yet."""
    shutil.copytree(shipped("rules") / "base", tmp_path / "base")
    shutil.copytree(shipped("rules") / "pnpais", tmp_path / "mia")
    with (tmp_path / "mia" / "catalogue.toml").open("a", encoding="utf-8") as file:
        file.write(_DRONES)
    return tmp_path / "mia"


def _examples(folder: Path) -> Path:
    words = ("El dron no despega", "La hélice del dron se rompió", "dron sin batería", "curso para volar el dron")
    rows = [{"subject": "Consulta", "text": f"{text} {n}", "service": "drones"} for n in range(8) for text in words]
    rows += [{"subject": "", "text": f"la impresora no imprime {n}", "service": "equipo-impresora"} for n in range(8)]
    path = folder.parent / "ejemplos.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def _service(folder: Path, text: str) -> str:
    found = sort(Words("Consulta", text), rules.load(folder)).service
    return found.key if found else ""


def test_missing_words_are_shown_as_changes_and_written_only_when_accepted(folder: Path) -> None:
    shutil.rmtree(folder.parent / "base" / "model.json", ignore_errors=True)
    (folder / "model.json").unlink(missing_ok=True)
    before = (folder / "catalogue.toml").read_text(encoding="utf-8")
    call = ["rules", "suggest", str(folder), "--examples", str(_examples(folder))]
    shown = CliRunner().invoke(verbs, call)
    assert shown.exit_code == 0
    assert '"dron"' in shown.output and "+when = " in shown.output
    assert (folder / "catalogue.toml").read_text(encoding="utf-8") == before
    assert _service(folder, "el dron cayó al río") == ""
    assert CliRunner().invoke(verbs, [*call, "--write"]).exit_code == 0
    assert _service(folder, "el dron cayó al río") == "drones"


def test_the_helper_speaks_where_the_rules_are_silent_and_can_be_switched_off(folder: Path) -> None:
    made = CliRunner().invoke(verbs, ["rules", "train", str(folder), "--examples", str(_examples(folder))])
    assert made.exit_code == 0
    book = rules.load(folder)
    found = sort(Words("Consulta", "el dron no despega, la hélice"), book)
    assert found.service is not None and found.service.key == "drones"
    assert "helper" in {spoke.place for spoke in found.verdict.service.spoke}
    (folder / "classify.toml").write_text("[classify]\nhelper = false\n", encoding="utf-8")
    assert _service(folder, "el dron no despega, la hélice") == ""


def test_a_model_that_somebody_edited_is_refused(folder: Path) -> None:
    path = folder / "model.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["questions"]["service"]["examples"] += 1
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(RulesError, match="huella"):
        rules.load(folder)


@pytest.mark.parametrize("name", ["pnpais", "osce"])
def test_the_shipped_helper_comes_from_the_shipped_examples_alone(name: str, tmp_path: Path) -> None:
    """It can be made anew by anybody, and has seen no mail that is not in the folder."""
    for each in ("base", name):
        shutil.copytree(shipped("rules") / each, tmp_path / each)
    shared = tmp_path / "base" / "model.json"
    before, whole = (tmp_path / name / "model.json").read_text(), json.loads(shared.read_text())
    assert CliRunner().invoke(verbs, ["rules", "train", str(tmp_path / name), "--only", "service"]).exit_code == 0
    after = (tmp_path / name / "model.json").read_text()
    same = json.loads(after)["questions"] == json.loads(before)["questions"]
    assert same, "words or examples have changed: make helper"
    rows = {
        each: (shipped("rules") / each / "examples.jsonl").read_text("utf-8").count("\n")
        for each in ("base", "pnpais", "osce")
    }
    taught = {question: model["examples"] for question, model in whole["questions"].items()}
    assert taught == {"nature": rows["pnpais"] + rows["osce"], "urgency": sum(rows.values())}


def test_the_same_examples_in_any_order_make_the_same_model() -> None:
    examples = [Example("a", f"uno dos {n % 3}", "x") for n in range(9)] + [Example("b", _LONG, "y")] * 4

    def same(word: str) -> str:
        return word

    def seen_in(subject: str, text: str) -> Mapping[str, int]:
        return features(subject, text, same, frozenset())

    model = learn(examples, seen_in)
    assert model == learn(examples[::-1], seen_in)
    assert guess(model, seen_in("", _LONG))[0][0] == "y"
    assert guess(model, seen_in("", "nada conocido")) == ()


def test_words_are_added_to_their_row_and_nothing_else_is_touched() -> None:
    text = '# arriba\n[service.a]\nname = "A"\nwhen = ["uno"]\n\n[service.b]\nname = "B"  # b\n'
    found = with_words(text, [Proposal("a", "dos", 2, 0), Proposal("b", "tres", 2, 0)])
    assert found == text.replace('["uno"]', '["uno", "dos"]') + 'when = ["tres"]\n'


def test_nothing_is_proposed_where_the_rules_are_right() -> None:
    examples = [Example("", f"la impresora no imprime {n}", "equipo-impresora") for n in range(4)]
    assert proposals(examples, rules.load(shipped("rules") / "pnpais")) == ()


def test_backtest_shows_what_would_move_and_says_so_by_its_exit_code(folder: Path, tmp_path: Path) -> None:
    mail = tmp_path / "uno.eml"
    mail.write_bytes(
        "From: a@entidad.example\r\nSubject: El cuadricóptero\r\n\r\nno vuela el cuadricóptero\r\n".encode()
    )
    call = [
        "backtest",
        "--profile-dir",
        str(folder),
        "--against",
        str(shipped("rules") / "pnpais"),
        "--json",
        str(mail),
    ]
    assert CliRunner().invoke(verbs, call, standalone_mode=False).return_value == 0
    catalogue = folder / "catalogue.toml"
    catalogue.write_text(catalogue.read_text(encoding="utf-8") + 'when = ["cuadricoptero"]\n', encoding="utf-8")
    moved = CliRunner().invoke(verbs, call, standalone_mode=False)
    assert moved.return_value == 1
