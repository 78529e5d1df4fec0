"""`maild simulate`: its lines, its exit codes, and messages that say where in the story something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maild.cli.main import main

STORIES = Path(__file__).parents[1] / "data" / "stories"
ORDINARY = STORIES / "B-01.json"
Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """The ordinary story with one place changed: `written("steps", 1, "mail", "from", to="rsoa")`."""

    def change(*place: str | int, to: object) -> Path:
        story: Any = json.loads(ORDINARY.read_text())
        here = story
        for key in place[:-1]:
            here = here[key]
        here[place[-1]] = to
        path = tmp_path / "cambiada.json"
        path.write_text(json.dumps(story))
        return path

    return change


def test_each_step_is_one_line_with_what_was_promised(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(ORDINARY), "--json"]) == 0
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    assert [line["step"] for line in lines] == list(range(5))
    promised = {"story", "step", "at", "ticket", "mark", "state", "tokens", "out", "timers", "opened", "refused"}
    assert all(promised | {"reasons", "facts", "closing_reason"} <= set(line) for line in lines)
    assert lines[0]["opened"] == ["T1"]
    assert lines[-1]["closing_reason"] == "resuelto"
    assert captured.err == ""


def test_the_figures_of_a_story_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(ORDINARY), "--report", "2026-11", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    summary = next(dict(row[:2] for row in line["rows"]) for line in lines if line.get("key") == "summary")
    assert (summary["opened"], summary["closed"], summary["open"]) == (1, 1, 0)
    assert main(["simulate", str(ORDINARY), "--report", "noviembre"]) == 2
    assert "«noviembre» no es un periodo" in capsys.readouterr().err


def test_several_stories_and_folders_are_played_in_turn(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(ORDINARY), str(STORIES / "B-02.json"), "--json", "--check"]) == 0
    assert {json.loads(line)["story"] for line in capsys.readouterr().out.splitlines()} == {"B-01", "B-02"}


def test_an_unmet_expectation_is_one_only_where_it_is_checked(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written("steps", 1, "expect", "state", to="cerrado")
    assert main(["simulate", str(path)]) == 0
    capsys.readouterr()
    assert main(["simulate", str(path), "--check"]) == 1
    assert 'cambiada.json: [steps.1] state: se esperaba "cerrado", salió "asignado"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("place", "to", "said"),
    [
        (("steps", 1, "mail", "from"), "rosita", "[steps.1.mail.from]"),
        (("steps", 1, "mail", "subjet"), "x", "[steps.1.mail] no conozco «subjet»; ¿quiso decir «subject»?"),
        (("steps", 1, "mail", "subject"), "RE: [{T9}] x", "[steps.1.mail.subject]"),
        (("steps", 1, "mail", "reply_to_ticket"), "T9", "[steps.1.mail.reply_to_ticket]"),
        (("steps", 1, "mail", "subject"), "una\nBcc: otra@x.test", "[steps.1]"),
        (("steps", 1, "at"), "2026-11-02T08:00:00-05:00", "[steps.1.at]"),
        (("steps", 1, "at"), "2026-11-02T09:10:00", "[steps.1]"),
        (("steps", 1, "clock"), True, "[steps.1]"),
        (("steps", 1, "mail", "auth"), "quizás", "[steps.1.mail.auth]"),
        (("steps", 1, "expect", "outt"), [], "[steps.1.expect] no conozco «outt»"),
        (("people", "rosa", "role"), "meza", "[people.rosa.role] no conozco la función «meza»; ¿quiso decir «mesa»?"),
        (("people", "rosa", "address"), "rosa", "[people.rosa.address]"),
        (("settings",), {"conformity.silense": "tacit"}, "¿quiso decir «conformity.silence»?"),
        (("settings",), {"clocks.p_tomar.value": "4wh"}, "¿quiso decir «p_toma»?"),
        (("settings",), {"clocks.p_toma.value": "mucho"}, "escriba 30m, 24h, 2d, 4wh, 2wd"),
        (("profile",), "bsae", "[profile] no hay reglas «bsae»"),
        (("given",), [{"ticket": "T1", "requester": "ana", "state": "abierto"}], "[given.0.state]"),
        (("given",), [{"ticket": "T1", "requester": "eva", "state": "en_cola"}], "[given.0.requester]"),
        (("steps",), [], "ningún paso"),
    ],
)
def test_a_story_that_cannot_be_read_says_file_step_and_key(
    written: Written, capsys: pytest.CaptureFixture[str], place: tuple[str | int, ...], to: object, said: str
) -> None:
    assert main(["simulate", str(written(*place, to=to))]) == 2
    message = capsys.readouterr().err
    assert "cambiada.json: " in message
    assert said in message


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_story_at_all_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    path = tmp_path / "rota.json"
    path.write_bytes(content)
    assert main(["simulate", str(path), str(tmp_path / "ninguna.json")]) == 2
    message = capsys.readouterr().err
    assert "rota.json" in message
    assert "ninguna.json: no se puede leer" in message


def test_an_unreadable_story_does_not_stop_the_next_one(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    path = written("profile", to="bsae")
    assert main(["simulate", str(path), str(ORDINARY), "--json"]) == 2
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_letters_are_kept_as_files_where_somebody_asks(tmp_path: Path) -> None:
    folder = tmp_path / "cartas"
    assert main(["simulate", str(ORDINARY), "--letters", str(folder)]) == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names[:2] == ["B-01-00-1-acuse-ana.eml", "B-01-00-2-tarea-rosa.eml"]
    assert all(b"\nTo: " in path.read_bytes() for path in folder.iterdir())


def test_a_person_reads_what_happened_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(ORDINARY), "--check"]) == 0
    told = capsys.readouterr().out
    assert "✉ acuse → ana" in told
    assert "+p_atencion" in told
    assert "como se esperaba" in told
