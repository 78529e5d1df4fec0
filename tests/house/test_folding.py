"""Several letters about one ticket to one reader within a few minutes become one, and no word of them is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from maild.core.pacing import Pace
from maild.core.values import Directory
from maild.store import letters
from maild.store.database import Database
from maild.store.upgrade import upgrade
from tests.house.institution import PEOPLE, Institution

MESA, LUIS, ROSA = "mesa1@entidad.test", "luis@entidad.test", "rosa@entidad.test"
PACE = Pace(
    timedelta(minutes=5), frozenset({"tarea", "asignacion", "avance", "nota_usuario"}), None, frozenset({"avance"})
)


@pytest.fixture
def house(database_url: str) -> Iterator[Institution]:
    database = Database(database_url)
    upgrade(database)
    house = Institution(database)
    house.desk = replace(house.desk, pace=PACE)
    yield house
    database.close()


def text(row: dict[str, object]) -> str:
    raw = row["raw"]
    assert isinstance(raw, bytes)
    part = message_from_bytes(raw, policy=default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def due(house: Institution) -> list[letters.Leased]:
    """What a sender takes into his hands now."""
    with house.database.write() as tx:
        return letters.claim(tx, "us", house.now, 50)


def test_two_notes_within_minutes_are_one_letter_that_says_both(house: Institution) -> None:
    house.write(ROSA, "Sin red", "No hay red en la sala.")
    house.wait(minutes=1)
    house.write(ROSA, "[MESA-1-R] Sin red", "Primero: probé otro cable.")
    house.wait(minutes=1)
    house.write(ROSA, "[MESA-1-R] Sin red", "Segundo: tampoco el teléfono.")
    rows = house.letters(MESA)
    assert [row["state"] for row in rows] == ["dropped", "dropped", "queued"]
    last = rows[-1]
    assert all(last["message_id"] in row["reason"] for row in rows[1:-1])
    told = text(last)
    assert told.index("Segundo: tampoco el teléfono.") < told.index("También ocurrió antes")
    assert told.index("No hay red en la sala.") < told.rindex("Primero: probé otro cable.")
    # It leaves when the first of them would have: nobody waits longer than the desk says.
    assert last["not_before"] == rows[0]["created_at"] + PACE.fold
    assert [one.recipient for one in due(house)] == [ROSA] * len(house.letters(ROSA))
    house.wait(minutes=3)
    assert [one.id for one in due(house)] == [last["id"]]


def test_a_letter_in_a_senders_hands_is_never_taken_back(house: Institution) -> None:
    house.write(ROSA, "Sin red", "No hay red.")
    house.wait(minutes=5)
    taken = [one.id for one in due(house) if one.recipient == MESA]
    house.write(ROSA, "[MESA-1-R] Sin red", "Sigue igual.")
    rows = house.letters(MESA)
    assert [row["id"] for row in rows if row["state"] == "leased"] == taken
    assert [row["state"] for row in rows] == ["leased", "queued"]
    assert "También ocurrió antes" not in text(rows[-1])


def test_a_letter_that_was_tried_is_never_taken_in(house: Institution) -> None:
    house.write(ROSA, "Sin red", "No hay red.")
    house.wait(minutes=5)
    with house.database.write() as tx:
        for one in letters.claim(tx, "us", house.now, 50):
            letters.deferred(tx, one, house.now, 451, "luego", 0.5)
    house.write(ROSA, "[MESA-1-R] Sin red", "Sigue igual.")
    assert [row["state"] for row in house.letters(MESA)] == ["queued", "queued"]


def test_letters_about_two_tickets_or_to_two_readers_stay_apart(house: Institution) -> None:
    house.write(ROSA, "Sin red", "No hay red.")
    house.write(ROSA, "Monitor", "No enciende.")
    assert [row["state"] for row in house.letters(MESA)] == ["queued", "queued"]


def test_what_answers_its_reader_leaves_at_once_and_takes_along_what_waits(house: Institution) -> None:
    house.write(ROSA, "Sin red", "No hay red.")
    house.wait(minutes=1)
    house.write(MESA, "[MESA-1-R] Sin red #nosequees", "Nada.")
    rows = house.letters(MESA)
    assert [(row["template"], row["state"]) for row in rows] == [("tarea", "dropped"), ("comando_error", "queued")]
    assert rows[-1]["not_before"] == house.now
    assert "No hay red." in text(rows[-1])


def test_without_folding_every_letter_leaves_at_once(house: Institution) -> None:
    house.desk = replace(house.desk, pace=Pace())
    house.write(ROSA, "Sin red", "No hay red.")
    house.write(ROSA, "[MESA-1-R] Sin red", "Sigue igual.")
    assert all(row["state"] == "queued" and row["not_before"] == house.now for row in house.letters())


def test_what_an_undone_order_said_inside_another_letter_is_unsaid(house: Institution) -> None:
    house.write(ROSA, "Sin red", "No hay red en la sala.")
    house.wait(minutes=1)
    house.write(MESA, "[MESA-1-R] Sin red #asignar luis", "Urgente.")
    (first,) = [row for row in house.letters(LUIS) if row["state"] == "queued"]
    house.wait(minutes=1)
    house.write(ROSA, "[MESA-1-R] Sin red", "Sigo sin red.")
    (second,) = [row for row in house.letters(LUIS) if row["state"] == "queued"]
    assert [row["part_of"] for row in house.letters(LUIS) if row["id"] == first["id"]] == [second["message_id"]]
    house.wait(minutes=1)
    house.write(MESA, "[MESA-1-R] Sin red #deshacer", "Me equivoqué.")
    rows = {row["id"]: row for row in house.letters(LUIS)}
    # What he was told is on its way inside another letter, so that he is told that it does not hold any more.
    assert rows[first["id"]]["state"] == "dropped"
    (last,) = [row for row in rows.values() if row["state"] == "queued"]
    assert last["template"] == "deshecho"
    told = text(last)
    assert "Urgente." in told
    assert "Sigo sin red." in told


def test_a_carrier_that_is_cancelled_gives_back_what_it_had_taken_in(house: Institution) -> None:
    house.write(ROSA, "Sin red", "No hay red en la sala.")
    house.wait(minutes=1)
    house.write(MESA, "[MESA-1-R] Sin red #asignar luis", "Urgente.")
    (old,) = [row for row in house.letters(LUIS) if row["state"] == "queued"]
    house.wait(minutes=1)
    house.write(MESA, "[MESA-1-R] Sin red #prioridad alta #asignar luis", "De verdad.")
    (carrier,) = [row for row in house.letters(LUIS) if row["state"] == "queued"]
    assert carrier["id"] != old["id"]
    house.wait(minutes=1)
    house.write(MESA, "[MESA-1-R] Sin red #deshacer", "Era la prioridad de otra.")
    rows = {row["id"]: row for row in house.letters(LUIS)}
    assert (rows[carrier["id"]]["state"], rows[old["id"]]["state"]) == ("cancelled", "queued")
    assert (rows[old["id"]]["part_of"], rows[old["id"]]["reason"], rows[old["id"]]["ended_at"]) == ("", "", None)
    assert rows[old["id"]]["not_before"] == old["not_before"]
    house.wait(minutes=10)
    assert old["id"] in [one.id for one in due(house)]


def test_at_night_letters_rest_until_the_readers_morning_and_his_own_questions_are_answered(house: Institution) -> None:
    house.desk = replace(house.desk, pace=Pace(quiet=(time(20), time(7))))
    house.wait(hours=13)  # 22:00 in Lima
    house.write(ROSA, "Sin red", "No hay red.")
    (ack,) = house.letters(ROSA)
    (task,) = house.letters(MESA)
    assert ack["not_before"] == house.now
    assert task["not_before"] == house.now + timedelta(hours=9)
    assert task["expires_at"] - task["not_before"] > timedelta(days=2)


def test_each_person_says_how_often(house: Institution) -> None:
    people = tuple(replace(p, fold=timedelta(hours=2)) if p.address == MESA else p for p in PEOPLE)
    office = replace(house.desk.office, directory=Directory(people, {}, ("entidad.test",)))
    house.desk = replace(house.desk, office=office, pace=replace(PACE, fold=timedelta(0)))
    for words in ("No hay red.", "Sigue igual.", "Y también falla el teléfono."):
        house.write(ROSA, "Sin red" if words.startswith("No") else "[MESA-1-R] Sin red", words)
        house.wait(minutes=30)
    waiting = [row for row in house.letters(MESA) if row["state"] == "queued"]
    assert len(waiting) == 1
    assert all(words in text(waiting[0]) for words in ("No hay red.", "Sigue igual.", "falla el teléfono."))
    assert waiting[0]["not_before"] == house.letters(MESA)[0]["created_at"] + timedelta(hours=2)


def test_a_reader_has_his_own_clock_and_language_in_what_he_gets(house: Institution) -> None:
    people = tuple(replace(p, zone="America/La_Paz", language="en") if p.address == MESA else p for p in PEOPLE)
    office = replace(house.desk.office, directory=Directory(people, {}, ("entidad.test",)))
    house.desk = replace(house.desk, office=office)
    house.write(ROSA, "Sin red", "No hay red.")
    told = text(house.letters(MESA)[0])
    assert "Times are those of La Paz." in told
    assert "Monday 2 March 2026, 10:00" in told
    assert "Las horas son las de Lima." in text(house.letters(ROSA)[0])


def test_who_was_in_copy_is_spared_and_no_letter_of_his_waits(house: Institution) -> None:
    house.write(ROSA, "Sin red", "No hay red.")
    house.write(MESA, "[MESA-1-R] Sin red #asignar luis", "Por favor.", Cc=f"Rosa <{ROSA}>")
    templates = [row["template"] for row in house.letters(ROSA)]
    house.desk = replace(house.desk, pace=Pace())
    house.write(ROSA, "Monitor", "No enciende.")
    house.write(MESA, "[MESA-2-W] Monitor #asignar luis", "Por favor.", Cc=f"Rosa <{ROSA}>")
    assert "avance" not in templates
    assert "avance" in [row["template"] for row in house.letters(ROSA)]
