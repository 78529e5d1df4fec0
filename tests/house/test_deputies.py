"""Absences: while somebody is away his deputy reads what is written to him and gives his orders; on the day after, no more."""

from __future__ import annotations

from typing import Any

import pytest

from maild.simulate import Result, Story, play

PEOPLE: dict[str, dict[str, Any]] = {
    "ana": {"address": "ana@osce.test", "name": "Ana Quispe", "role": "usuario", "area": "Logística"},
    "mesa": {"address": "marta@osce.test", "name": "Marta Salas", "role": "mesa"},
    "luis": {"address": "luis@osce.test", "name": "Luis Rojas", "role": "tecnico"},
    "elsa": {"address": "elsa@osce.test", "name": "Elsa Vargas", "role": "tecnico"},
}
AWAY = {"absent_from": "2026-11-03", "absent_until": "2026-11-05", "deputy": "elsa"}
STANDS = {
    "ticket": "T1",
    "title": "Correo lleno",
    "type": "incidencia",
    "requester": "ana",
    "responsible": "luis",
    "state": "en_proceso",
    "tokens": ["BASE-ATE:4"],
    "timers": ["p_nivel"],
}


def told(day: int, sender: str, subject: str, body: str = "Se amplió el buzón.") -> dict[str, Any]:
    mail = {
        "from": sender,
        "subject": f"RE: [{{T1}}] Correo lleno {subject}".strip(),
        "body": body,
        "reply_to_ticket": "T1",
    }
    return {"at": f"2026-11-{day:02}T10:00:00-05:00", "mail": mail}


def played(profile: str, people: dict[str, Any], given: dict[str, Any], *steps: dict[str, Any]) -> list[Result]:
    form = {"id": "D-1", "profile": profile, "people": people, "given": [given], "steps": list(steps)}
    return list(play(Story.model_validate(form)))


@pytest.mark.parametrize(("day", "reader"), [(2, "luis"), (3, "elsa"), (5, "elsa"), (6, "luis")])
def test_what_is_written_to_somebody_who_is_away_goes_to_his_deputy(day: int, reader: str) -> None:
    people = PEOPLE | {"luis": PEOPLE["luis"] | AWAY}
    (result,) = played("base", people, STANDS, told(day, "ana", "", "Sigue lleno."))
    assert result.out == [("nota_usuario", reader)]


@pytest.mark.parametrize(("day", "speaks"), [(2, False), (4, True), (6, False)])
def test_a_deputy_gives_the_orders_of_the_one_who_is_away_and_only_then(day: int, speaks: bool) -> None:
    chief = {"address": "jefe@osce.test", "name": "Jorge Paz", "role": "coordinador"} | AWAY | {"deputy": "rita"}
    people = PEOPLE | {"jefe": chief, "rita": {"address": "rita@osce.test", "name": "Rita Sol", "role": "usuario"}}
    (result,) = played("base", people, STANDS, told(day, "rita", "#asignar elsa"))
    # Who has no part in a ticket opens one of his own.
    assert (result.ticket, result.tokens) == (("T1", ["BASE-ATE:3"]) if speaks else ("MESA-2-W", ["BASE-ATE:2"]))


def test_a_deputy_who_is_away_too_has_one_himself_and_a_circle_leaves_the_letter_where_it_was() -> None:
    both = PEOPLE | {"luis": PEOPLE["luis"] | AWAY, "elsa": PEOPLE["elsa"] | AWAY | {"deputy": "mesa"}}
    (result,) = played("base", both, STANDS, told(4, "ana", "", "Sigue lleno."))
    assert result.out == [("nota_usuario", "mesa")]
    circle = PEOPLE | {"luis": PEOPLE["luis"] | AWAY, "elsa": PEOPLE["elsa"] | AWAY | {"deputy": "luis"}}
    (result,) = played("base", circle, STANDS, told(4, "ana", "", "Sigue lleno."))
    assert result.out == [("nota_usuario", "luis")]


def test_the_turn_of_a_role_is_told_to_the_deputy_once_though_he_stands_in_for_two() -> None:
    away = {"mesa": PEOPLE["mesa"] | AWAY, "otra": {"address": "otra@osce.test", "name": "Olga", "role": "mesa"} | AWAY}
    queued = STANDS | {"state": "en_cola", "tokens": ["BASE-ATE:2"], "timers": [], "responsible": ""}
    new = {"at": "2026-11-04T10:00:00-05:00", "mail": {"from": "ana", "subject": "Ratón roto", "body": "No responde."}}
    (result,) = played("base", PEOPLE | away, queued, new)
    assert sorted(result.out) == [("acuse", "ana"), ("tarea", "elsa")]


def test_the_deputy_of_an_areas_chief_speaks_for_that_area_only() -> None:
    """MEM-TI10:8 writes to the representative of the area; TI10:9 takes his «llegó»."""
    people = {
        "ana": {"address": "ana@minem.test", "name": "Ana", "role": "usuario", "area": "Logística"},
        "dora": {"address": "dora@minem.test", "name": "Dora", "role": "area", "chief_of": ["Logística"]} | AWAY | {"deputy": "raul"},
        "hugo": {"address": "hugo@minem.test", "name": "Hugo", "role": "area", "chief_of": ["Tesorería"]} | AWAY | {"deputy": "saul"},
        "raul": {"address": "raul@minem.test", "name": "Raúl", "role": "usuario", "area": "Logística"},
        "saul": {"address": "saul@minem.test", "name": "Saúl", "role": "usuario", "area": "Tesorería"},
        "luis": {"address": "luis@minem.test", "name": "Luis", "role": "tecnico"},
    }  # fmt: skip
    given = STANDS | {"type": "correctivo", "state": "espera_externa", "tokens": ["MEM-TI10:9"], "timers": []}
    wrong, right = played("minem", people, given, told(4, "saul", "#llego"), told(4, "raul", "#llego"))
    assert (wrong.ticket, wrong.tokens) == ("MEM-2-W", ["MEM-TI09:1"])  # no part of his: a ticket of its own
    assert right.ticket == "T1"
    assert right.tokens == ["MEM-TI10:11"]
