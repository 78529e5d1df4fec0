"""What proves that a requester accepted: who, by which mail, with which hash; by silence, which letter said so before."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from maild import rules
from maild.config.shipped import shipped
from maild.core import conformity
from tests.cli.desk import Desk


def resolved(desk: Desk) -> None:
    desk.mail("rosa@entidad.example", "No imprime", message_id="primero@entidad.example")
    assert desk.maild("do", "1", "#tomar", "--as", "luis")[0] == 0
    assert desk.maild("do", "1", "#resuelto Se cambió el tóner", "--as", "luis")[0] == 0


def bundle(desk: Desk, folder: Path) -> tuple[Path, list[dict[str, Any]]]:
    code, _, err = desk.maild("ticket", "export", "1", "--evidence", str(folder))
    assert code == 0, err
    (mine,) = folder.iterdir()
    for line in (mine / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((mine / name).read_bytes()).hexdigest() == digest
    return mine, [json.loads(line) for line in (mine / "conformity.jsonl").read_text().splitlines()]


def test_an_express_conformity_names_the_mail_that_gave_it(desk: Desk, tmp_path: Path) -> None:
    resolved(desk)
    (letter,) = [
        row
        for row in json.loads(desk.maild("ticket", "export", "1")[1])["letters"]
        if row["template"].startswith(("conformidad", "solucion")) and row["recipient"] == "rosa@entidad.example"
    ][-1:]
    mark = json.loads(desk.maild("ticket", "show", "1", "--json")[1])["mark"]
    desk.mail("rosa@entidad.example", f"RE: [{mark}] Conforme", "Conforme, gracias", in_reply_to=letter["message_id"])
    folder, (proof,) = bundle(desk, tmp_path / "pruebas")
    assert (proof["kind"], proof["by"]) == ("express", "rosa@entidad.example")
    said = (folder / proof["mail"]["file"]).read_bytes()
    assert hashlib.sha256(said).hexdigest() == proof["mail"]["sha256"]
    assert b"Conforme" in said


def test_a_second_refusal_is_told_to_those_in_charge_and_both_are_in_the_evidence(desk: Desk, tmp_path: Path) -> None:
    resolved(desk)
    for done in ("Otra vez", ""):
        assert desk.maild("do", "1", "#noconforme Sigue igual", "--as", "rosa")[0] == 0
        assert not done or desk.maild("do", "1", f"#resuelto {done}", "--as", "luis")[0] == 0
    _, proofs = bundle(desk, tmp_path / "pruebas")
    assert [p["kind"] for p in proofs] == ["refused", "refused"]
    letters = json.loads(desk.maild("ticket", "export", "1")[1])["letters"]
    assert "escalamiento" in {row["template"] for row in letters}


def test_given_through_the_desk_and_by_silence_are_told_apart() -> None:
    book = rules.load(shipped("rules") / "base")
    at = datetime(2026, 11, 2, tzinfo=UTC)
    given = {
        "refused": None,
        "at": at,
        "cause": "order:1",
        "reasons": [["order", {"order": "conforme", "by": "m@x.test"}]],
    }
    silent = {"refused": None, "at": at, "cause": "timer:4", "reasons": [["clock-fired", {"clock": "p_silencio"}]]}
    no = {"refused": "not-allowed", "at": at, "cause": "inbound:2", "reasons": given["reasons"]}
    found = list(conformity.read([given, silent, no], ("rosa@x.test",), book))
    assert [(c.kind, c.by, c.clock) for c in found] == [("through", "m@x.test", ""), ("tacit", "", "p_silencio")]
