"""A sixth institution, set up as docs/rules.md says: the folder copied, a few blocks changed, checked and played."""

from __future__ import annotations

import shutil
from pathlib import Path

from maild import rules
from maild.config.shipped import shipped
from maild.rules import cases
from maild.rules.walk import problems
from maild.simulate import Story, play

STEP = """
[step.6]
name = "Inscribir en el registro municipal"
kind = "task"
role = "registro"
state = "por_documentar"
clocks = ["p_tarea"]
turn = { tarea = "registro" }
[[step.6.move]]
on = "#inscrito"
requires = ["fact:folio"]
to = "end"
letters = { cierre = "requester" }
"""


def set_up(place: Path) -> Path:
    """What somebody does with an editor who has read the page."""
    shutil.copytree(shipped("rules") / "base", place / "base")
    folder = place / "municipio"
    shutil.copytree(shipped("rules") / "_new", folder)
    for path in folder.rglob("*.toml"):
        path.write_text(path.read_text().replace("NUEVA", "MUNI").replace('"nueva"', '"municipio"'))
    with (folder / "roles.toml").open("a") as file:
        file.write('[role.registro]\nlabel = "Registro municipal"\nkind = "agent"\naudience = "technician"\n')
    with (folder / "commands.toml").open("a") as file:
        file.write('[verb.inscrito]\nact = "move"\n[fact.folio]\nlabel = "folio del registro"\n')
    steps = folder / "procedures" / "atencion.toml"
    text = steps.read_text().replace('to = "end"                             #', 'to = "6"  #', 1)
    steps.write_text(text.replace('letters = { cierre = "requester", encuesta = "requester" }\n', "", 1) + STEP)
    return folder


def test_a_copied_folder_with_a_step_more_is_clean_and_works(tmp_path: Path) -> None:
    folder = set_up(tmp_path)
    book = rules.load(folder)
    assert [*problems(book, folder), *cases.problems(book, folder)] == []
    people = {
        "ana": {"address": "ana@muni.test", "name": "Ana Quispe", "role": "usuario"},
        "rosa": {"address": "rosa@muni.test", "name": "Rosa Díaz", "role": "mesa"},
        "luis": {"address": "luis@muni.test", "name": "Luis Rojas", "role": "tecnico"},
        "rita": {"address": "rita@muni.test", "name": "Rita Sol", "role": "registro"},
    }
    said = [
        ("ana", "La impresora no imprime", "Desde hoy."),
        ("rosa", "[MUNI-1-R] #asignar luis", "Por favor."),
        ("luis", "[MUNI-1-R] #resuelto", "Se cambió el tóner."),
        ("ana", "RE: [MUNI-1-R]", "CONFORME"),
        ("rita", "[MUNI-1-R] #inscrito", "Listo."),
        ("rita", "[MUNI-1-R] #inscrito folio=77", "Listo."),
    ]
    steps = [
        {"at": f"2026-11-03T09:{n:02}:00-05:00", "mail": {"from": who, "subject": subject, "body": body}}
        for n, (who, subject, body) in enumerate(said)
    ]
    story = Story.model_validate({"id": "M-1", "profile": "municipio", "people": people, "steps": steps})
    results = list(play(story, "m.json", tmp_path))
    assert [(r.state, r.tokens) for r in results] == [
        ("en_cola", ["MUNI-ATE:2"]),
        ("en_proceso", ["MUNI-ATE:3"]),
        ("resuelto", ["MUNI-ATE:5"]),
        ("por_documentar", ["MUNI-ATE:6"]),
        ("por_documentar", ["MUNI-ATE:6"]),
        ("cerrado", []),
    ]
    assert (results[4].refused, results[5].out) == ("needs-fact", [("cierre", "ana")])


def test_the_shipped_folder_to_copy_is_clean() -> None:
    folder = shipped("rules") / "_new"
    book = rules.load(folder)
    assert [*problems(book, folder), *cases.problems(book, folder)] == []
