"""Every construct that a procedure may be made of, played once on an invented institution, store and letters and all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maild import rules
from maild.config.shipped import shipped
from maild.rules.walk import problems
from maild.simulate import Result, Story, play

DATA = Path(__file__).parents[1] / "data" / "rules" / "taller"
PEOPLE = {
    "ana": {"address": "ana@taller.test", "name": "Ana Quispe", "role": "usuario", "area": "Compras"},
    "beto": {"address": "beto@taller.test", "name": "Beto Ruiz", "role": "usuario", "area": "Ventas"},
    "rosa": {"address": "rosa@taller.test", "name": "Rosa Díaz", "role": "mesa"},
    "luis": {"address": "luis@taller.test", "name": "Luis Rojas", "role": "tecnico"},
    "jefa": {"address": "jefa@taller.test", "name": "Julia Paz", "role": "jefe"},
    "dora": {"address": "dora@taller.test", "name": "Dora Vega", "role": "area", "chief_of": ["Compras"]},
    "gas": {"address": "gas@taller.test", "name": "Gastón Sol", "role": "gestor", "area": "Compras"},
    "gil": {"address": "gil@taller.test", "name": "Gil Lara", "role": "gestor", "area": "Ventas"},
    "mon": {"address": "mon@taller.test", "name": "Monitor", "role": "maquina"},
}
Played = Callable[..., list[Result]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("rules")
    shutil.copytree(shipped("rules") / "base", place / "base")
    shutil.copytree(DATA, place / "taller")
    return place


@pytest.fixture
def played(folder: Path) -> Played:
    """Each step is (who, subject, body) or (who, subject, body, attachments), a minute after the last; a number: hours pass."""

    def run(*steps: Any, settings: dict[str, str] | None = None) -> list[Result]:
        told, minute = [], 0
        for step in steps:
            minute += step * 60 if isinstance(step, int) else 1
            at = f"2026-11-{2 + (9 * 60 + minute) // 1440:02}T{(9 + minute // 60) % 24:02}:{minute % 60:02}:00-05:00"
            told.append({"at": at, **({"clock": True} if isinstance(step, int) else {"mail": _mail(*step)})})
        story = {"id": "C-01", "profile": "taller", "people": PEOPLE, "steps": told, "settings": settings or {}}
        return list(play(Story.model_validate(story), "c.json", folder))

    return run


def _mail(who: str, subject: str, body: str = "Texto.", files: tuple[str, ...] = ()) -> dict[str, Any]:
    attached = [{"name": name} for name in files]
    return {"from": who, "subject": subject, "body": body, "attachments": attached}


def seen(result: Result) -> tuple[str | None, list[str], list[str]]:
    return result.state, result.tokens, sorted(f"{template}:{who}" for template, who in result.out)


def test_the_invented_institution_can_be_walked_whole(folder: Path) -> None:
    assert problems(rules.load(folder / "taller"), folder / "taller") == []


def test_a_called_procedure_runs_beside_its_caller_and_comes_back(played: Played) -> None:
    steps = played(
        ("ana", "No enciende"),
        ("rosa", "[TALL-1-R] #arreglo si"),
        ("luis", "[TALL-1-R] #noresuelto"),
        ("rosa", "[TALL-1-R] #arreglo si"),
        ("luis", "[TALL-1-R] #resuelto"),
        ("rosa", "[TALL-1-R] #cerrar"),
    )
    assert seen(steps[1])[:2] == ("en_proceso", ["LLAMADO:2", "PEDIDO:3"])
    assert seen(steps[2])[:2] == ("en_cola", ["PEDIDO:2"])
    assert seen(steps[4]) == ("resuelto", ["PEDIDO:6"], ["tarea:rosa"])
    assert seen(steps[5]) == ("cerrado", [], ["cierre:ana", "encuesta:ana"])
    assert steps[5].timers["started"] == ["p_encuesta"]


def test_a_survey_is_answered_once_by_a_number(played: Played) -> None:
    steps = played(
        ("ana", "No enciende"),
        ("rosa", "[TALL-1-R] #arreglo si"),
        ("luis", "[TALL-1-R] #resuelto"),
        ("rosa", "[TALL-1-R] #cerrar"),
        ("ana", "RE: [TALL-1-R]", "5\n\nAna"),
    )
    assert (steps[4].ticket, seen(steps[4])) == ("TALL-1-R", ("cerrado", [], []))
    assert steps[4].timers["stopped"] == ["p_encuesta"]


def test_a_child_reports_how_it_ended_and_counts_its_rounds(played: Played) -> None:
    steps = played(
        ("ana", "Un módulo"),
        ("rosa", "[TALL-1-R] #asignar rosa #encargo"),
        ("luis", "[TALL-2-W] #hecho"),
        ("jefa", "[TALL-2-W] #prueba mal"),
        ("luis", "[TALL-2-W] #hecho"),
        ("jefa", "[TALL-2-W] #prueba mal"),
        ("rosa", "[TALL-1-R] #encargo"),
        ("luis", "[TALL-3-A] #hecho"),
        ("jefa", "[TALL-3-A] #prueba bien"),
        ("rosa", "[TALL-1-R] #cerrar"),
    )
    assert (steps[1].opened, seen(steps[1])[:2]) == (["TALL-2-W"], ("espera_externa", ["PEDIDO:4"]))
    assert seen(steps[3]) == ("en_proceso", ["TRABAJO:1"], ["observado:luis", "tarea:luis"])
    assert (steps[5].closing_reason, seen(steps[5])[2]) == ("no_conforme", ["cierre:rosa", "tarea:rosa"])
    assert seen(steps[6])[:2] == ("espera_externa", ["PEDIDO:4"])
    assert seen(steps[8]) == ("cerrado", [], ["cierre:rosa"])
    assert steps[8].timers["started"] == ["p_tarea"]
    assert seen(steps[9])[:2] == ("cerrado", [])


def test_one_child_for_each_row_and_a_barrier_until_all_are_closed(played: Played) -> None:
    rows = "area;usuario;equipo;fecha\nCompras;ana@taller.test;E1;2026-11-20\nVentas;beto@taller.test;E2;2026-11-20"
    steps = played(
        ("jefa", "#iniciar PLAN Plan del año"),
        ("jefa", "[TALL-1-R] #programa", "Sin lista."),
        ("jefa", "[TALL-1-R] #programa", rows),
        ("gas", "[TALL-1-R] #aprobar"),
        ("gil", "[TALL-1-R] #aprobar"),
        ("luis", "[TALL-2-W] #hecho"),
        ("ana", "[TALL-2-W]", "NO CONFORME: falta el teclado"),
        ("luis", "[TALL-2-W] #hecho"),
        ("ana", "[TALL-2-W]", "CONFORME"),
        ("jefa", "[TALL-1-R] #hecho"),
        ("luis", "[TALL-3-A] #hecho"),
        ("beto", "[TALL-3-A] #conforme"),
        ("jefa", "[TALL-1-R] #documento informe", "Va.", ("informe.pdf",)),
    )
    assert steps[1].refused == "needs-rows"
    assert seen(steps[2])[2] == ["mantenimiento_programa:gas", "mantenimiento_programa:gil"]
    assert seen(steps[3]) == ("en_proceso", ["PLAN:2"], ["comando_ok:gas"])
    assert steps[4].opened == ["TALL-2-W", "TALL-3-A"]
    assert seen(steps[4])[1:] == (
        ["PLAN:3", "PLAN:4"],
        ["asignacion:luis", "asignacion:luis", "mantenimiento_programa:ana", "mantenimiento_programa:beto"],
    )
    assert steps[4].timers["started"] == ["cita", "cita"]
    assert seen(steps[6]) == ("asignado", ["PLAN:6"], ["observado:luis"])
    assert seen(steps[9])[1] == ["PLAN:4"]  # the token that came to the join waits and is not live
    assert seen(steps[11])[0] == "cerrado"
    assert ("tarea", "jefa") in steps[11].out
    assert seen(steps[12]) == ("cerrado", [], ["informe_director:jefa"])


def test_two_branches_are_joined_and_the_chief_of_the_area_is_found(played: Played) -> None:
    steps = played(
        ("rosa", "#iniciar FIRMA usuario=ana Acta"),
        ("rosa", "[TALL-1-R] #documento informe", "Va.", ("acta.pdf",)),
        ("dora", "[TALL-1-R] #aprobar"),
        ("jefa", "[TALL-1-R] #aprobar"),
        ("rosa", "[TALL-1-R] #hecho"),
    )
    assert seen(steps[1])[1:] == (["FIRMA:2", "FIRMA:3"], ["documento_firma:dora", "documento_firma:jefa"])
    assert seen(steps[2]) == ("espera_decision", ["FIRMA:2"], ["comando_ok:dora"])
    assert seen(steps[3]) == ("por_documentar", ["FIRMA:4"], ["tarea:rosa"])
    assert seen(steps[4]) == ("cerrado", [], ["cierre:dora"])


def test_going_up_needs_a_reason_of_the_list_and_what_is_sent_once_is_sent_once(played: Played) -> None:
    steps = played(
        ("ana", "Sin red"),
        ("rosa", "[TALL-1-R] #escalar 2"),
        ("rosa", "[TALL-1-R] #escalar 2 criterio=n1.tiempo"),
        ("jefa", "[TALL-1-R] #observar"),
        ("rosa", "[TALL-1-R] #escalar 2 jefa criterio=n1.tiempo"),
        ("jefa", "[TALL-1-R] #observar"),
    )
    assert steps[1].refused == "needs-criterion"
    assert seen(steps[2]) == ("espera_decision", ["PEDIDO:5"], ["decision:jefa"])
    assert seen(steps[3])[2] == ["observado:rosa", "solucion:ana", "tarea:rosa"]
    assert seen(steps[5])[2] == ["observado:rosa", "tarea:rosa"]


def test_an_estimate_is_a_clock(played: Played) -> None:
    steps = played(
        ("ana", "Sin red"), ("rosa", "[TALL-1-R] #asignar luis #estimar"), ("rosa", "[TALL-1-R] #asignar luis"),
        ("luis", "[TALL-1-R] #estimar 2h"), 3,
    )  # fmt: skip
    assert steps[1].refused == "needs-span"
    assert seen(steps[3])[2] == ["avance:ana"]
    assert steps[3].timers["started"] == ["estimado"]
    assert (steps[4].timers["fired"], seen(steps[4])[2]) == (["estimado"], ["vencimiento:luis"])


def test_alerts_about_the_same_thing_are_one_ticket_and_a_hand_over_does_not_come_back(played: Played) -> None:
    alert = "Host: sw1\nGrupo: Redes\n"
    steps = played(
        ("mon", "PROBLEM: sw1 DOWN", alert),
        ("mon", "PROBLEM: sw1 DOWN", alert),
        ("mon", "RECOVERY: sw1 OK", alert),
        ("mon", "PROBLEM: sw2 DOWN", "Host: sw2\nGrupo: Otros\n"),
        ("luis", "[TALL-2-W] #tomar #derivar taller"),
        ("luis", "[TALL-2-W] #resuelto"),
        ("luis", "[TALL-1-R] #resuelto"),
    )
    assert seen(steps[0]) == ("asignado", ["ALERTA:2"], ["alerta:luis"])
    assert [(s.ticket, s.out, s.opened) for s in steps[1:3]] == [("TALL-1-R", [], [])] * 2
    assert seen(steps[3])[1] == ["ALERTA:1"]
    assert seen(steps[4])[1:] == (["LLAMADO:2"], ["derivacion:luis"])
    assert seen(steps[5])[:2] == ("cerrado", [])
    assert steps[6].closing_reason == "informativo"


def test_the_desk_registers_splits_and_merges(played: Played) -> None:
    steps = played(
        ("rosa", "#registrar usuario=ana canal=telefono No imprime"),
        ("rosa", "[TALL-1-R] #dividir El monitor parpadea"),
        ("rosa", "[TALL-2-W] #duplicado TALL-1-R"),
        ("rosa", "[TALL-1-R] #duplicado TALL-77-J"),
        ("rosa", "#registrar usuario=+5199 canal=telefono Llamó un ciudadano"),
        ("luis", "#registrar usuario=ana No imprime"),
    )
    assert seen(steps[0]) == ("en_cola", ["PEDIDO:2"], ["acuse:ana", "comando_ok:rosa"])
    assert (steps[1].ticket, steps[1].opened) == ("TALL-1-R", ["TALL-2-W"])
    assert seen(steps[1])[2] == ["acuse:ana", "comando_ok:rosa"]
    assert (steps[2].closing_reason, seen(steps[2])[2]) == ("duplicado", ["comando_ok:rosa"])
    assert steps[3].refused == "needs-ticket"
    assert seen(steps[4])[2] == ["comando_ok:rosa"]
    assert (steps[5].refused, steps[5].opened) == ("not-allowed", [])


def test_a_recurring_clock_opens_its_ticket(played: Played) -> None:
    steps = played(4, settings={"clocks.cron_plan.value": "2026-11-02T12:00:00-05:00"})
    assert (steps[0].timers["fired"], steps[0].opened) == (["cron_plan"], ["TALL-1-R"])
    assert seen(steps[0]) == ("en_proceso", ["PLAN:1"], ["tarea:jefa"])


def test_a_child_that_closes_lets_its_parent_open_the_next_one_at_once(played: Played) -> None:
    steps = played(
        ("jefa", "#iniciar PROYECTO usuario=ana Obra"),
        ("luis", "[TALL-1-R] #resuelto"),
        ("luis", "[TALL-2-W] #hecho"),
        ("jefa", "[TALL-2-W] #prueba bien"),
        ("luis", "[TALL-3-A] #hecho"),
        ("jefa", "[TALL-3-A] #prueba bien"),
        ("jefa", "[TALL-1-R] #cerrar"),
    )
    assert seen(steps[0])[1:] == (["LLAMADO:2", "PROYECTO:1"], ["acuse:ana"])
    assert (seen(steps[1])[1], steps[1].opened) == (["PROYECTO:2"], ["TALL-2-W"])
    assert (steps[3].ticket, steps[3].opened, seen(steps[3])) == (
        "TALL-2-W",
        ["TALL-3-A"],
        ("cerrado", [], ["cierre:ana", "tarea:luis"]),
    )
    assert seen(steps[5])[2] == ["cierre:ana", "tarea:jefa"]
    assert seen(steps[6])[:2] == ("cerrado", [])
