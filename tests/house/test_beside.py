"""Orders beside the procedure: an answer to the requester, macros, copies, reminders, links, assets."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from maild.core.events import TimerFired
from maild.core.subject import mark
from maild.core.ticket import Ticket
from maild.core.values import Directory, Person
from maild.store import records, tickets
from maild.store.database import Database
from maild.store.schema import timer
from maild.store.upgrade import upgrade
from tests.house.institution import Institution

ROSA, BETO, LUIS, MESA = (f"{each}@entidad.test" for each in ("rosa", "beto", "luis", "mesa1"))


@pytest.fixture
def house(database_url: str) -> Iterator[Institution]:
    database = Database(database_url)
    upgrade(database)
    institution = Institution(database)
    office = institution.desk.office
    people = (*office.directory.people, Person("prov", "soporte@prov.test", "Proveedor SAC", "proveedor"))
    directory = Directory(people, {}, ("entidad.test",))
    institution.desk = replace(institution.desk, office=replace(office, directory=directory))
    institution.write(ROSA, "Sin red")
    institution.write(LUIS, on(1, "#tomar"))
    yield institution
    database.close()


def on(number: int, orders: str = "") -> str:
    return f"RE: [{mark('MESA', number)}] Sin red {orders}"


def ticket(house: Institution, number: int = 1) -> Ticket:
    with house.database.write() as tx:
        found = tickets.load(tx, number)
    assert found is not None
    return found


def newest(house: Institution, address: str) -> tuple[str, str]:
    """The template of the newest letter to this address, and its words."""
    row: dict[str, Any] = house.letters(address)[-1]
    body = email.message_from_bytes(bytes(row["raw"]), policy=email.policy.default).get_body(("plain",))
    assert body is not None
    return row["template"], " ".join(str(body.get_content()).split())


def refusal(house: Institution, sender: str, orders: str, text: str = "Por favor.") -> str:
    refused = house.write(sender, on(1, orders), text).decision.refused
    return refused.code if refused else ""


@pytest.mark.parametrize(
    ("orders", "text", "says"),
    [
        ("#responder", "Hoy a las 5 pasa un técnico.", "Hoy a las 5 pasa un técnico."),
        ("#responder: pasa un técnico a las 5", "", "pasa un técnico a las 5"),
        ("#reply", "Somebody comes at 5.", "Somebody comes at 5."),
        ("", "#responder\nHoy a las 5 pasa un técnico.", "Hoy a las 5 pasa un técnico."),
    ],
)
def test_an_answer_goes_to_who_asked_and_is_seen_by_him(house: Institution, orders: str, text: str, says: str) -> None:
    assert refusal(house, LUIS, orders, text) == ""
    template, words = newest(house, ROSA)
    assert template == "avance"
    assert says in words
    assert "#responder" not in words
    with house.database.write() as tx:
        kept = list(records.conversation(tx, 1))
    assert kept[-1]["visibility"] == "public"


def test_what_stands_behind_an_order_is_told_by_its_letters(house: Institution) -> None:
    assert refusal(house, LUIS, "#resuelto: cambié el cable", "") == ""
    assert "cambié el cable" in newest(house, ROSA)[1]


def test_a_note_stays_inside(house: Institution) -> None:
    assert refusal(house, LUIS, "#nota: el usuario miente #responder", "Vamos mañana.") == ""
    template, words = newest(house, ROSA)
    assert (template, "miente" in words, "Vamos mañana." in words) == ("avance", False, True)
    had = len(house.letters(ROSA))
    assert refusal(house, LUIS, "#nota", "El usuario miente.") == ""
    assert len(house.letters(ROSA)) == had


def test_a_macro_gives_its_orders_and_its_words_and_what_is_added(house: Institution) -> None:
    assert refusal(house, LUIS, "#plantilla reinicio", "Estoy en el anexo 123.") == ""
    template, words = newest(house, ROSA)
    assert template == "avance"
    assert "reinicie el equipo" in words
    assert "Estoy en el anexo 123." in words
    assert refusal(house, LUIS, "#plantilla reinisio") == "unknown-value"
    assert "reinicio" in newest(house, LUIS)[1]


def test_who_is_copied_gets_what_the_requester_gets_until_he_is_no_longer(house: Institution) -> None:
    assert refusal(house, LUIS, "#copiar beto, nueva@entidad.test") == ""
    assert "Alberto Núñez" in newest(house, LUIS)[1]
    refusal(house, LUIS, "#responder", "Hoy a las 5.")
    assert newest(house, BETO)[0] == newest(house, "nueva@entidad.test")[0] == newest(house, ROSA)[0] == "avance"
    assert house.write(BETO, on(1), "Yo también espero.").decision.number == 1
    assert refusal(house, LUIS, "#copiar -beto") == ""
    had = len(house.letters(BETO))
    refusal(house, LUIS, "#responder", "Mañana a las 5.")
    assert len(house.letters(BETO)) == had


@pytest.mark.parametrize("who", ["evil@fuera.test", "nadie", "rosa@entidad.test.fuera.test"])
def test_nobody_from_outside_is_copied(house: Institution, who: str) -> None:
    before = ticket(house)
    assert refusal(house, LUIS, f"#copiar {who}") in ("copy-outside", "unknown-person")
    assert ticket(house) == before


def test_a_user_copies_nobody(house: Institution) -> None:
    before = ticket(house)
    house.write(ROSA, on(1, "#copiar beto"))
    assert ticket(house).facts == before.facts


def test_a_copy_is_taken_back(house: Institution) -> None:
    before = ticket(house)
    refusal(house, LUIS, "#copiar beto")
    assert refusal(house, LUIS, "#deshacer") == ""
    assert ticket(house) == before


def test_who_asks_for_a_reminder_is_reminded_that_day_with_his_own_words(house: Institution) -> None:
    assert refusal(house, MESA, "#recordar viernes 10am: llamar al proveedor", "") == ""
    due = next(each for each in ticket(house).timers if each.clock == "p_recordar")
    assert due.due == datetime(2026, 3, 6, 15, 0, tzinfo=UTC)
    with house.database.write() as tx:
        row = tx.execute(timer.select().where(timer.c.clock == "p_recordar")).mappings().one()
    house.now = due.due
    with house.database.write() as tx:
        house.desk.time(tx, TimerFired(row["id"], 1, "p_recordar", row["token"]))
    template, words = newest(house, MESA)
    assert template == "recordatorio"
    assert "llamar al proveedor" in words
    assert "recordatorio" not in [row["template"] for row in house.letters(LUIS)]


def test_a_reminder_without_a_date_is_asked_about(house: Institution) -> None:
    assert refusal(house, MESA, "#recordar algún día") == "needs-date"


def test_tickets_that_have_to_do_with_each_other_name_each_other(house: Institution) -> None:
    house.write(BETO, "Sin internet")
    assert refusal(house, LUIS, f"#relacionar {mark('MESA', 2)}") == ""
    assert ticket(house).fact("relacionada") == mark("MESA", 2)
    assert ticket(house, 2).fact("relacionada") == mark("MESA", 1)
    assert refusal(house, LUIS, "#relacionar 77") == "needs-ticket"


def test_an_asset_is_kept_with_the_ticket(house: Institution) -> None:
    assert refusal(house, LUIS, "#activo 74089500-0123") == ""
    assert ticket(house).fact("activo") == "74089500-0123"
    assert "74089500-0123" in newest(house, LUIS)[1]
