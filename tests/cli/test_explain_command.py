"""`maild explain`: what would be done with any number of mails and why, without a configuration and with one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from maild.cli.main import main
from tests.cli.desk import PEOPLE, Desk
from tests.mail.bombs import BOMBS
from tests.mail.samples import copied

PARSED = {
    "file", "message_id", "from", "to", "cc", "reply_to", "subject", "date", "text", "new_text", "cuts", "forwarded",
    "away_until", "attachments", "in_reply_to", "references", "kind", "bounce", "language", "answerable", "defects",
}  # fmt: skip
EXPLAINED = {
    "profile", "intent", "survey_score", "commands", "type", "category", "subcategory", "service", "priority",
    "confidence", "trust", "thread", "reasons", "effects",
}  # fmt: skip


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without config.toml."""
    (tmp_path / "nowhere").mkdir()
    monkeypatch.chdir(tmp_path / "nowhere")
    monkeypatch.delenv("MAILD_CONFIG", raising=False)


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["explain", "--json", *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def mail(folder: Path, sender: str, subject: str, text: str, *head: str, name: str = "a.eml") -> str:
    lines = (f"From: {sender}", f"Subject: {subject}", "Content-Type: text/plain; charset=utf-8", *head, "", text)
    path = folder / name
    path.write_text("\r\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def people(tmp_path: Path) -> str:
    path = tmp_path / "people.toml"
    path.write_text(PEOPLE)
    return str(path)


def test_it_works_without_a_configuration_and_says_everything_promised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (told,) = explained(capsys, mail(tmp_path, "rosa@entidad.example", "Sin red", "No hay red."))
    assert set(told) == PARSED | EXPLAINED
    assert told["profile"] == "base" and told["intent"] == "request"
    assert (told["type"], told["priority"], told["confidence"]) == ("incidencia", None, 1.0)
    assert (told["category"], told["subcategory"], told["service"]) == (
        "Redes y comunicaciones", "Internet y red", "internet",
    )  # fmt: skip
    spoke = {(r["facts"]["question"], r["facts"]["words"]) for r in told["reasons"] if r["code"] == "spoke"}
    assert {("service", "no hay red"), ("type", "sin red")} <= spoke
    assert told["survey_score"] is None
    assert told["trust"] == {
        "person": None, "role": None, "evidence": [{"code": "sender-unknown", "facts": {}}], "tier": "A0",
    }  # fmt: skip
    assert told["thread"]["detector"] == "thread-none" and len(told["thread"]["tried"]) == 10
    assert [effect["effect"] for effect in told["effects"]][:1] == ["Open"]
    assert ("acuse", "rosa@entidad.example") in [(e.get("template"), e.get("to")) for e in told["effects"]]


@pytest.mark.parametrize(
    ("sender", "subject", "text", "intent"),
    [
        ("rosa", "Sin red", "No hay red en el piso 3.", "request"),
        ("rosa", "RE: [MESA-1-R] Sin red", "Conforme.", "conform"),
        ("rosa", "RE: [MESA-1-R] #conforme", "", "conform"),
        ("rosa", "RE: [MESA-1-R] Sin red", "Sigue igual, no carga nada.", "nonconform"),
        ("rosa", "RE: [MESA-1-R] Sin red", "Muchas gracias", "thanks"),
        ("rosa", "RE: [MESA-1-R] Sin red", "¿Cómo va mi solicitud?", "status"),
        ("rosa", "RE: [MESA-1-R] Sin red", "Ya no es necesario, gracias.", "cancel"),
        ("rosa", "RE: [MESA-1-R] Sin red", "Les mando la foto que pidieron.", "none"),
        ("luis", "RE: [MESA-1-R] #resuelto", "Se cambió el cable.", "command"),
        ("rosa", "Pedido #urgente", "Necesito el acceso hoy.", "request"),
    ],
)
def test_the_intent_comes_from_the_words_by_which_the_desk_decides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], people: str, sender: str, subject: str, text: str, intent: str
) -> None:
    path = mail(tmp_path, f"{sender}@entidad.example", subject, text)
    assert explained(capsys, path, "--people", people)[0]["intent"] == intent


def test_orders_are_told_with_their_place_and_their_correction(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], people: str
) -> None:
    path = mail(tmp_path, "luis@entidad.example", "RE: [MESA-1-R] #resuleto", "#nota urgente plazo=2d\nHecho.")
    (told,) = explained(capsys, path, "--people", people)
    assert told["commands"] == [
        {"verb": "resuelto", "args": [], "facts": {}, "from": "subject", "corrected_from": "resuleto"},
        {"verb": "nota", "args": ["urgente"], "facts": {"plazo": "2d"}, "from": "body", "corrected_from": None},
    ]


def test_the_signs_of_a_robot_and_the_text_that_was_cut_are_among_the_reasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], people: str
) -> None:
    robot = mail(tmp_path, "luis@entidad.example", "Fuera", "No estoy.", "Auto-Submitted: auto-replied", name="r.eml")
    reply = mail(tmp_path, "rosa@entidad.example", "RE: x", "Sigue.\r\n\r\n> Recibimos\r\n> su pedido", name="q.eml")
    told = explained(capsys, robot, reply, "--people", people)
    assert {"code": "sign", "facts": {"where": "auto-submitted", "value": "auto-replied"}} in told[0]["reasons"]
    assert (told[0]["intent"], told[0]["commands"], told[0]["effects"]) == ("none", [], [])
    assert "text-cut" in [reason["code"] for reason in told[1]["reasons"]]


def test_any_bytes_are_explained_one_object_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, make in BOMBS.items():
        (tmp_path / f"{name}.bomb").write_bytes(make())
    paths = [*map(str, copied()), *map(str, sorted(tmp_path.glob("*.bomb")))]
    told = explained(capsys, *paths)
    assert [each["file"] for each in told] == paths
    assert all(set(each) >= PARSED | EXPLAINED for each in told)


def test_people_read_it_in_spanish_and_no_terminal_obeys_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], people: str
) -> None:
    path = mail(tmp_path, "rosa@entidad.example", "Sin red \x1b[31m", "No hay \x1b]0;pwn\x07 red.")
    assert main(["explain", path, "--people", people]) == 0
    out = capsys.readouterr().out
    assert "Por qué / why" in out and "Solo la dirección indica quién escribe." in out and "→ Open" in out
    assert "\x1b" not in out


def test_rules_that_are_not_there_and_files_that_cannot_be_read_are_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = mail(tmp_path, "rosa@entidad.example", "Sin red", "No hay red.")
    assert main(["explain", path, "--profile", "ninguno"]) == 2
    assert "no hay reglas «ninguno»" in capsys.readouterr().err
    assert main(["explain", str(tmp_path / "no.eml")]) == 2
    assert main(["--config", str(tmp_path / "no.toml"), "explain", path]) == 78


def test_with_a_configuration_it_knows_the_real_tickets_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.mail("rosa@entidad.example", "Sin red", "No hay red.", message_id="primera@entidad.example")
    answer = mail(
        tmp_path, "rosa@entidad.example", "Sin red", "Sigue sin red.", "In-Reply-To: <primera@entidad.example>"
    )
    before = desk.maild("ticket", "export")[1]
    files = {path: path.read_bytes() for path in desk.folder.rglob("*") if path.is_file() and "-" not in path.suffix}
    code, out, _ = desk.maild("explain", "--json", answer)
    told = json.loads(out)
    assert code == 0
    assert (told["thread"]["ticket"], told["thread"]["detector"]) == ("MESA-1-R", "thread-known-id")
    assert told["trust"] == {
        "person": "rosa", "role": "usuario", "evidence": [{"code": "address-only", "facts": {}}], "tier": "A1",
    }  # fmt: skip
    assert [effect["effect"] for effect in told["effects"]][:1] == ["Keep"]
    assert desk.maild("ticket", "export")[1] == before
    assert {p: p.read_bytes() for p in files if p.suffix != ".db"} == {
        p: b for p, b in files.items() if p.suffix != ".db"
    }


def test_with_a_configuration_it_reads_what_the_desk_would_read(desk: Desk, tmp_path: Path) -> None:
    """What its sender wrote below three mails is cut from the fourth, and the reason is told."""
    below = "LABORATORIO DE SUELOS\nCentral telefónica (01) 555-0100 anexo 12"
    for number in range(3):
        desk.mail("rosa@entidad.example", f"Pedido {number}", f"Falta papel {number}.\n\n{below}")
    fourth = mail(tmp_path, "rosa@entidad.example", "Sin red", f"No hay red.\n\n{below}")
    told = json.loads(desk.maild("explain", "--json", fourth)[1])
    assert told["new_text"] == "No hay red."
    assert [told["text"][cut["start"] : cut["end"]] for cut in told["cuts"]] == [below]
    assert {"code": "text-habit", "facts": {"first": "LABORATORIO DE SUELOS"}} in told["reasons"]


def test_a_configuration_without_a_database_yet_gets_none(desk: Desk, tmp_path: Path) -> None:
    shutil.rmtree(desk.folder / "storage", ignore_errors=True)
    code, _, _ = desk.maild("explain", mail(tmp_path, "rosa@entidad.example", "Sin red", "No hay red."))
    assert code == 0
    assert not (desk.folder / "storage").exists()
