"""Undo, echo, lists, absences and followers, as people of the base rules live them; letters wait and are cancelled in rows."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from maild.core.office import Manners
from maild.core.pending import Undo
from maild.core.subject import mark
from maild.core.values import Directory, Person
from maild.store import letters, tickets
from maild.store.database import Database
from maild.store.upgrade import upgrade
from tests.house.institution import Institution


@pytest.fixture
def house(database_url: str) -> Iterator[Institution]:
    database = Database(database_url)
    upgrade(database)
    institution = Institution(database)
    staff = (
        Person("ana", "ana@entidad.test", "Ana Quispe", "tecnico"),
        Person("carla", "carla@entidad.test", "Carla Ibáñez", "coordinador"),
        Person("prov", "soporte@prov.test", "Proveedor SAC", "proveedor"),
    )
    office = institution.desk.office
    people = (*office.directory.people, *staff)
    institution.desk = replace(
        institution.desk, office=replace(office, directory=Directory(people, {}, ("entidad.test",)))
    )
    yield institution
    database.close()


def on(number: int, orders: str = "") -> str:
    return f"RE: [{mark('MESA', number)}] Sin red {orders}"


def stands(house: Institution, number: int = 1) -> object:
    with house.database.write() as tx:
        return tickets.load(tx, number)


def manners(house: Institution, **changes: object) -> None:
    office = house.desk.office
    house.desk = replace(house.desk, office=replace(office, manners=replace(Manners(), **changes)))  # type: ignore[arg-type]


def wants(house: Institution, key: str, **changes: object) -> None:
    office = house.desk.office
    people = tuple(replace(p, **changes) if p.key == key else p for p in office.directory.people)  # type: ignore[arg-type]
    house.desk = replace(house.desk, office=replace(office, directory=Directory(people, {}, ("entidad.test",))))


def words(row: dict[str, Any]) -> str:
    message = email.message_from_bytes(bytes(row["raw"]), policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def html(row: dict[str, Any]) -> str:
    message = email.message_from_bytes(bytes(row["raw"]), policy=email.policy.default)
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def send_all(house: Institution) -> None:
    """The relay takes everything that is due."""
    with house.database.write() as tx:
        for leased in letters.claim(tx, "us", house.now, 100):
            letters.sent(tx, leased, house.now, 250, "ok")


def opened(house: Institution) -> None:
    house.write("rosa@entidad.test", "Sin red")


# -- undo -------------------------------------------------------------------------------------------------------------


def test_an_assignment_is_taken_back_and_who_had_been_told_hears_of_it(house: Institution) -> None:
    opened(house)
    before = stands(house)
    house.write("mesa1@entidad.test", on(1, "#asignar luis"))
    assert stands(house) != before
    send_all(house)
    outcome = house.write("mesa1@entidad.test", on(1, "#deshacer"))
    assert outcome.decision.refused is None
    assert stands(house) == before
    assert "deshecho" in [row["template"] for row in house.letters("luis@entidad.test")]
    echo = house.letters("mesa1@entidad.test")[-1]
    assert echo["template"] == "comando_ok"
    assert "antes Luis Rojas" in words(echo)


def test_letters_wait_for_the_undo_and_are_cancelled_by_it(house: Institution) -> None:
    opened(house)
    house.write("luis@entidad.test", on(1, "#tomar"))
    wants(house, "luis", undo_wait=timedelta(minutes=5), echo="always")
    send_all(house)
    before = stands(house)
    house.write("luis@entidad.test", on(1, "#resuelto"), "Se cambió el cable.")
    asked = next(row for row in house.letters("rosa@entidad.test") if row["template"] == "conformidad")
    assert asked["not_before"] == house.now + timedelta(minutes=5)
    leaves = (house.now + timedelta(minutes=5)).astimezone(house.desk.office.book.calendar.zone)
    echo = " ".join(words(house.letters("luis@entidad.test")[-1]).split())
    assert f"{leaves:%H:%M}" in echo.partition("si lo deshace antes, no sale")[0]
    send_all(house)
    outcome = house.write("luis@entidad.test", on(1, "#deshacer"))
    assert outcome.decision.refused is None
    assert stands(house) == before
    kept = next(row for row in house.letters("rosa@entidad.test") if row["id"] == asked["id"])
    assert (kept["state"], kept["raw"]) == ("cancelled", asked["raw"])
    assert [r["template"] for r in house.letters("rosa@entidad.test")].count("deshecho") == 0
    house.wait(minutes=10)
    with house.database.write() as tx:
        assert asked["id"] not in [leased.id for leased in letters.claim(tx, "us", house.now, 100)]
        assert letters.act(tx, [asked["id"]], "retry", house.now) == 0


def test_a_letter_that_has_left_is_corrected_instead(house: Institution) -> None:
    opened(house)
    house.write("luis@entidad.test", on(1, "#tomar"))
    house.write("luis@entidad.test", on(1, "#resuelto"), "Se cambió el cable.")
    send_all(house)
    outcome = house.write("luis@entidad.test", on(1, "#deshacer"))
    assert outcome.decision.refused is None
    corrected = house.letters("rosa@entidad.test")[-1]
    assert corrected["template"] == "deshecho"
    assert "ya no vale" in words(corrected)


@pytest.mark.parametrize(
    ("orders", "code"), [("#deshacer #prioridad alta", "undo-alone"), ("#deshacer", "undo-nothing")]
)
def test_undo_says_why_not(house: Institution, orders: str, code: str) -> None:
    opened(house)
    outcome = house.write("mesa1@entidad.test", on(1, orders))
    assert outcome.decision.refused is not None
    assert outcome.decision.refused.code == code


def test_nobody_takes_back_what_another_ordered_nor_what_changed_since_nor_too_late(house: Institution) -> None:
    opened(house)
    house.write("mesa1@entidad.test", on(1, "#prioridad alta"))
    assert house.write("luis@entidad.test", on(1, "#deshacer")).decision.refused
    house.write("carla@entidad.test", on(1, "#prioridad baja"))
    refused = house.write("mesa1@entidad.test", on(1, "#deshacer")).decision.refused
    assert refused is not None
    assert refused.code == "undo-changed"
    house.wait(minutes=31)
    refused = house.write("carla@entidad.test", on(1, "#deshacer")).decision.refused
    assert refused is not None
    assert refused.code == "undo-late"


def test_the_same_order_is_taken_back_once_and_then_the_one_before(house: Institution) -> None:
    opened(house)
    stood = stands(house)
    house.write("mesa1@entidad.test", on(1, "#prioridad alta"))
    house.write("mesa1@entidad.test", on(1, "#tipo incidencia"))
    house.write("mesa1@entidad.test", on(1, "#deshacer"))
    second = house.write("mesa1@entidad.test", on(1, "#deshacer"))
    assert any(isinstance(e, Undo) for e in second.decision.effects)
    assert stands(house) == stood
    assert house.write("mesa1@entidad.test", on(1, "#deshacer")).decision.refused is not None


# -- echo -------------------------------------------------------------------------------------------------------------


def test_the_echo_says_old_and_new_and_carries_the_undo_button(house: Institution) -> None:
    opened(house)
    house.write("mesa1@entidad.test", on(1, "#prioridad alta"))
    house.write("mesa1@entidad.test", on(1, "#prioridad baja"))
    echo = house.letters("mesa1@entidad.test")[-1]
    text = words(echo)
    assert "Prioridad: Baja (antes Alta)" in text
    assert "#deshacer" in text
    assert "mailto:" in html(echo)
    assert "%23deshacer" in html(echo)


def test_a_refused_order_offers_the_rest_ready_to_send(house: Institution) -> None:
    opened(house)
    house.write("mesa1@entidad.test", on(1, "#prioridad alta #asignar nadie"), "Es urgente.")
    echo = house.letters("mesa1@entidad.test")[-1]
    assert echo["template"] == "comando_error"
    assert "%23prioridad%20alta" in html(echo)
    assert "Es%20urgente." in html(echo)


@pytest.mark.parametrize(("echo", "answers"), [("always", 1), ("needed", 0), ("problems", 0), ("digest", 0)])
def test_each_person_says_which_answers_he_wants(house: Institution, echo: str, answers: int) -> None:
    """#asignar writes to Luis, so nothing more needs to be said; only `always` says it."""
    opened(house)
    wants(house, "mesa", echo=echo)
    house.write("mesa1@entidad.test", on(1, "#asignar luis"))
    assert [r["template"] for r in house.letters("mesa1@entidad.test")].count("comando_ok") == answers
    house.write("mesa1@entidad.test", on(1, "#asignar nadie"))
    assert house.letters("mesa1@entidad.test")[-1]["template"] == "comando_error"


def test_after_so_many_answers_an_hour_the_orders_are_done_in_silence(house: Institution) -> None:
    opened(house)
    manners(house, echoes_hour=3)
    for number in range(5):
        outcome = house.write("mesa1@entidad.test", on(1, f"#prioridad {('alta', 'baja')[number % 2]}"))
        assert outcome.decision.refused is None
    answers = [r for r in house.letters("mesa1@entidad.test") if r["template"] == "comando_ok"]
    assert len(answers) == 3
    assert "última respuesta de esta hora" in words(answers[-1])
    assert "echo-limit" in house.reasons(outcome)


def test_a_robot_is_never_answered(house: Institution) -> None:
    opened(house)
    house.write("mesa1@entidad.test", on(1, "#prioridad alta"), Auto_Submitted="auto-replied")
    assert [r for r in house.letters("mesa1@entidad.test") if r["template"].startswith("comando")] == []


# -- lists ------------------------------------------------------------------------------------------------------------


def listed(house: Institution, who: str, subject: str) -> str:
    house.write(f"{who}@entidad.test", subject)
    letter = house.letters(f"{who}@entidad.test")[-1]
    assert letter["template"] == "lista", letter["template"]
    return words(letter)


def test_lists_hold_what_is_asked_and_only_what_the_reader_may_see(house: Institution) -> None:
    house.write("rosa@entidad.test", "Impresora de Logística", "No imprime el tóner.")
    house.write("beto@entidad.test", "Teléfono mudo", "La línea está muda.")
    house.write("luis@entidad.test", on(1, "#tomar"))
    house.write("luis@entidad.test", on(1, "#nota"), "Contraseña de la bóveda: durazno")
    assert mark("MESA", 1) in listed(house, "luis", "#mis")
    assert mark("MESA", 2) not in listed(house, "luis", "#mis")
    assert mark("MESA", 2) in listed(house, "mesa1", "#cola")
    assert mark("MESA", 2) in listed(house, "mesa1", "#buscar telefono MUDO")
    assert mark("MESA", 1) in listed(house, "luis", "#buscar logistica toner")
    assert mark("MESA", 1) in listed(house, "luis", "#buscar durazno")
    assert mark("MESA", 1) in listed(house, "rosa", "#estado")
    assert mark("MESA", 2) not in listed(house, "rosa", "#estado")
    assert mark("MESA", 1) in listed(house, "rosa", "#buscar impresora")
    assert mark("MESA", 1) not in listed(house, "rosa", "#buscar durazno")
    assert mark("MESA", 1) not in listed(house, "beto", "#buscar impresora")
    assert "No hay ninguna" in listed(house, "luis", "#buscar zapato")
    assert stands(house, 3) is None


@pytest.mark.parametrize(
    "hostile", ['" OR 1=1 --', "a* NEAR(b)", "(", "'; drop table ticket; --", "ticket_words:x", "& | !"]
)
def test_whatever_is_searched_for_is_words(house: Institution, hostile: str) -> None:
    opened(house)
    house.write("luis@entidad.test", f"#buscar {hostile}")
    assert house.letters("luis@entidad.test")[-1]["template"] in ("lista", "comando_error")


def test_the_sheet_of_a_ticket_tells_its_story(house: Institution) -> None:
    opened(house)
    house.write("luis@entidad.test", on(1, "#tomar"))
    house.write("mesa1@entidad.test", on(1, "#ver"))
    letter = house.letters("mesa1@entidad.test")[-1]
    assert letter["template"] == "estado"
    assert "Luis Rojas ordenó #tomar" in words(letter)
    assert "Rosa Huamán escribió" in words(letter)


# -- answers to lists -------------------------------------------------------------------------------------------------


def test_each_line_of_an_answer_to_a_list_is_an_order_on_its_ticket(house: Institution) -> None:
    for title in ("Sin red", "Sin luz", "Sin voz"):
        house.write("rosa@entidad.test", title)
    house.write("mesa1@entidad.test", "#cola")
    answered = house.letters("mesa1@entidad.test")[-1]["message_id"]
    text = "Buenos días:\n1 asignar luis\n2: prioridad alta\n[MESA-3-G] #asignar nadie #prioridad alta\n99 tomar\n\nGracias\n4 x"
    outcome = house.write("mesa1@entidad.test", "RE: En la cola", text, In_Reply_To=f"<{answered}>")
    first, second, third = (stands(house, n) for n in (1, 2, 3))
    assert first.responsible.name == "Luis Rojas"  # type: ignore[attr-defined]
    assert second.priority == "alta"  # type: ignore[attr-defined]
    assert third.priority == ""  # type: ignore[attr-defined]
    assert [p.number for p in outcome.decision.parts] == [1, 2, 3]
    answers = house.letters("mesa1@entidad.test")
    assert [r["template"] for r in answers].count("comando_ok") == 0
    told = words(answers[-1])
    assert answers[-1]["template"] == "lote"
    for each in (f"{mark('MESA', 1)}: hecho #asignar luis", f"{mark('MESA', 3)}: no se cumplió", "«nadie»", "MESA-99"):
        assert each in told
    undone = house.write("mesa1@entidad.test", on(2, "#deshacer"))
    assert undone.decision.refused is None
    assert stands(house, 2).priority == ""  # type: ignore[attr-defined]
    assert stands(house, 1).responsible.name == "Luis Rojas"  # type: ignore[attr-defined]


def test_the_one_ticket_of_a_list_that_is_quoted_is_not_what_the_answer_is_about(house: Institution) -> None:
    opened(house)
    house.write("mesa1@entidad.test", "#cola")
    letter = house.letters("mesa1@entidad.test")[-1]
    quoted = "\n".join(f"> {line}" for line in words(letter).splitlines())
    text = f"1 prioridad alta\n\nEl lun, 2 mar 2026 a las 9:00, Mesa <mesa@entidad.test> escribió:\n{quoted}"
    house.write("mesa1@entidad.test", "RE: En la cola", text, In_Reply_To=f"<{letter['message_id']}>")
    assert stands(house).priority == "alta"  # type: ignore[attr-defined]


def test_lines_of_orders_in_a_mail_that_answers_no_list_are_text(house: Institution) -> None:
    opened(house)
    before = stands(house)
    house.write("mesa1@entidad.test", "Pendientes", "1 asignar luis\n1 prioridad alta")
    assert stands(house) == before


def test_a_list_of_somebody_else_gives_no_right(house: Institution) -> None:
    opened(house)
    house.write("mesa1@entidad.test", "#cola")
    answered = house.letters("mesa1@entidad.test")[-1]["message_id"]
    before = stands(house)
    house.write("luis@entidad.test", "RE: En la cola", "1 prioridad alta", In_Reply_To=f"<{answered}>")
    assert stands(house) == before


# -- away, following --------------------------------------------------------------------------------------------------


def test_who_is_away_is_stood_in_for_until_he_is_back(house: Institution) -> None:
    opened(house)
    house.write("luis@entidad.test", on(1, "#tomar"))
    house.write("luis@entidad.test", "#ausente hasta viernes suplente ana")
    assert "Ana Quispe" in words(house.letters("luis@entidad.test")[-1])
    had = len(house.letters("luis@entidad.test"))
    house.write("rosa@entidad.test", on(1), "¿Alguna novedad con mi red?")
    assert house.letters("ana@entidad.test")
    assert len(house.letters("luis@entidad.test")) == had
    assert house.write("ana@entidad.test", on(1, "#resuelto"), "Cable cambiado.").decision.refused is None
    house.write("luis@entidad.test", "#presente")
    house.write("rosa@entidad.test", on(1), "Sigue sin funcionar.")
    assert len(house.letters("luis@entidad.test")) > had + 1


def test_an_order_of_absence_takes_the_place_of_what_the_directory_says(house: Institution) -> None:
    """The directory has him away from next month on: what he says of today begins today."""
    opened(house)
    house.write("luis@entidad.test", on(1, "#tomar"))
    wants(house, "luis", absent_from=date(2026, 4, 1), absent_until=date(2026, 4, 30), deputy="mesa")
    house.write("luis@entidad.test", "#ausente hasta viernes suplente ana")
    house.write("rosa@entidad.test", on(1), "¿Alguna novedad con mi red?")
    assert house.letters("ana@entidad.test")


@pytest.mark.parametrize("since", [None, date(2026, 2, 23)])
def test_who_is_back_is_back_whatever_the_directory_says_until_it_says_something_new(
    house: Institution, since: date | None
) -> None:
    opened(house)
    house.write("luis@entidad.test", on(1, "#tomar"))
    wants(house, "luis", absent_from=since, absent_until=date(2026, 3, 20), deputy="ana")
    house.write("rosa@entidad.test", on(1), "¿Alguna novedad?")
    assert len(house.letters("ana@entidad.test")) == 1
    house.write("luis@entidad.test", "#presente")
    house.write("rosa@entidad.test", on(1), "¿Y ahora?")
    assert len(house.letters("ana@entidad.test")) == 1
    again = date(2026, 3, 5) if since else None
    wants(house, "luis", absent_from=again, absent_until=date(2026, 3, 27), deputy="ana")
    house.wait(days=4)
    house.write("rosa@entidad.test", on(1), "¿Y hoy?")
    assert len(house.letters("ana@entidad.test")) == 2


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("desde miércoles hasta viernes", 4, 6),
        ("del 4 al 6 de marzo", 4, 6),
        ("from 4/3 to 6/3", 4, 6),
        ("desde mañana hasta 2026-03-06", 3, 6),
        ("hasta mañana", 2, 3),
        ("viernes", 2, 6),
    ],
)
def test_an_absence_has_its_first_and_its_last_day(house: Institution, said: str, first: int, last: int) -> None:
    opened(house)
    house.write("luis@entidad.test", on(1, "#tomar"))
    house.write("luis@entidad.test", f"#ausente {said} suplente ana")
    away = []
    for day in range(2, 9):
        house.now = house.now.replace(day=day)
        had = len(house.letters("ana@entidad.test"))
        house.write("rosa@entidad.test", on(1), f"¿Alguna novedad? {day}")
        away += [day] * (len(house.letters("ana@entidad.test")) > had)
    assert away == list(range(first, last + 1))


def test_an_absence_ends_by_itself(house: Institution) -> None:
    opened(house)
    house.write("luis@entidad.test", on(1, "#tomar"))
    house.write("luis@entidad.test", "#ausente hasta 2026-03-06 suplente ana")
    house.wait(days=5)
    house.write("rosa@entidad.test", on(1), "¿Alguna novedad con mi red?")
    assert house.letters("ana@entidad.test") == []


@pytest.mark.parametrize(
    "said",
    [
        "#ausente",
        "#ausente hasta 14",
        "#ausente desde no sé cuándo hasta viernes",
        "#ausente desde viernes hasta miércoles",
        "#ausente hasta viernes suplente nadie",
        "#ausente hasta viernes suplente luis",
    ],
)
def test_an_absence_that_cannot_be_understood_is_asked_about(house: Institution, said: str) -> None:
    outcome = house.write("luis@entidad.test", said)
    assert outcome.decision.refused is not None
    assert house.letters("luis@entidad.test")[-1]["template"] == "comando_error"


def test_who_follows_a_ticket_hears_of_its_changes_until_he_leaves(house: Institution) -> None:
    opened(house)
    house.write("carla@entidad.test", on(1, "#seguir"))
    house.write("mesa1@entidad.test", on(1, "#prioridad alta"))
    told = [r for r in house.letters("carla@entidad.test") if r["template"] == "seguimiento"]
    assert len(told) == 1
    assert "Prioridad: Alta" in words(told[0])
    house.write("carla@entidad.test", on(1, "#dejar"))
    house.write("mesa1@entidad.test", on(1, "#prioridad baja"))
    assert len([r for r in house.letters("carla@entidad.test") if r["template"] == "seguimiento"]) == 1
