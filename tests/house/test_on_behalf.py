"""On behalf of somebody: calls that are registered, mails that the desk passes on, tickets merged and taken apart again."""

from __future__ import annotations

import email.message
from collections.abc import Iterator

import pytest

from maild.core.subject import mark
from maild.core.ticket import Ticket
from maild.store import records, tickets
from maild.store.database import Database
from maild.store.upgrade import upgrade
from tests.house.institution import Institution

OUTLOOK = """Por favor atiéndanla, es la tercera vez.

De: {name} <{address}>
Enviado el: lunes, 2 de marzo de 2026 09:01
Para: Luis Rojas <luis@entidad.test>
Asunto: La impresora no imprime

Buenos días, la impresora del segundo piso no imprime desde ayer.
"""
GMAIL = """Aviso de la señora.

---------- Forwarded message ---------
De: {name} <{address}>
Date: lun, 2 mar 2026 a las 9:01
Subject: La impresora no imprime
To: Luis Rojas <luis@entidad.test>


Buenos días, la impresora del segundo piso no imprime desde ayer.
"""
APPLE = """Inicio del mensaje reenviado:

> De: {name} <{address}>
> Asunto: La impresora no imprime
> Fecha: 2 de marzo de 2026, 9:01:00
> Para: Luis Rojas <luis@entidad.test>
>
> Buenos días, la impresora del segundo piso no imprime desde ayer.
"""


@pytest.fixture
def house(database_url: str) -> Iterator[Institution]:
    database = Database(database_url)
    upgrade(database)
    yield Institution(database)
    database.close()


def newest(house: Institution, address: str, number: int, template: str) -> str:
    """What the answer to this letter about the ticket says that it answers."""
    mine = [row for row in house.letters(address) if (row["ticket"], row["template"]) == (number, template)]
    return f"<{mine[-1]['message_id']}>"


def ticket(house: Institution, number: int) -> Ticket:
    with house.database.write() as tx:
        found = tickets.load(tx, number)
    assert found is not None
    return found


def said(house: Institution, number: int) -> list[tuple[str, str, str]]:
    with house.database.write() as tx:
        rows = records.conversation(tx, number)
    return [(row["author"], row["visibility"], row["text"]) for row in rows]


def templates(house: Institution, who: str) -> list[str]:
    return [row["template"] for row in house.letters(f"{who}@entidad.test")]


def on(number: int, orders: str = "") -> str:
    return f"RE: [{mark('MESA', number)}] Sin red {orders}"


def forwarded(house: Institution, text: str, address: str, subject: str = "RV: La impresora no imprime") -> object:
    text = text.format(name="Rosa Huamán", address=address)
    message = email.message.EmailMessage()
    for name, value in (("From", "luis@entidad.test"), ("To", house.address), ("Subject", subject)):
        message[name] = value
    message["Authentication-Results"] = "frontera.test; dmarc=pass header.from=entidad.test"
    message["Date"] = "Mon, 2 Mar 2026 09:05:00 -0500"
    message["Message-ID"] = f"<{len(text)}.{len(subject)}@entidad.test>"
    message.set_content(text)
    return house.receive(message.as_bytes())


@pytest.mark.parametrize("text", [OUTLOOK, GMAIL, APPLE], ids=["outlook", "gmail", "apple"])
def test_a_mail_that_a_technician_passes_on_is_the_request_of_who_wrote_it(house: Institution, text: str) -> None:
    forwarded(house, text, "rosa@entidad.test")
    opened = ticket(house, 1)
    assert (opened.requester.address, opened.requester.name) == ("rosa@entidad.test", "Rosa Huamán")
    assert opened.creator is not None
    assert opened.creator.address == "luis@entidad.test"
    assert opened.title == "La impresora no imprime"
    first, *notes = said(house, 1)
    assert first[:2] == ("rosa@entidad.test", "public")
    assert first[2] == "Buenos días, la impresora del segundo piso no imprime desde ayer."
    assert [(by, seen) for by, seen, _ in notes] == ([("luis@entidad.test", "internal")] if text != APPLE else [])
    assert templates(house, "rosa") == ["acuse"]
    assert templates(house, "luis") == ["comando_ok"]


def test_the_request_of_somebody_unknown_is_asked_about_and_opens_with_a_name(house: Institution) -> None:
    forwarded(house, OUTLOOK, "ciudadana@fuera.test")
    with house.database.write() as tx:
        assert tickets.counted(tx) == 0
    assert templates(house, "luis") == ["comando_error"]
    assert house.letters("ciudadana@fuera.test") == []
    forwarded(house, OUTLOOK, "ciudadana@fuera.test", "RV: #registrar usuario=beto Impresora")
    # Luis is no desk: who registers for others is for the institution to say.
    assert templates(house, "luis")[-1] == "no_autorizado"


def test_what_a_user_passes_on_is_his_own_request(house: Institution) -> None:
    house.write("beto@entidad.test", "RV: La impresora", OUTLOOK.format(name="Rosa", address="rosa@entidad.test"))
    assert ticket(house, 1).requester.address == "beto@entidad.test"


def test_a_call_is_registered_with_everything_that_is_known_of_it(house: Institution) -> None:
    subject = "#registrar usuario=rosa canal=telefono telefono=987654321 area=Logistica titulo=Sin red en el piso 4"
    house.write("mesa1@entidad.test", subject, "Llamó a las 9.")
    opened = ticket(house, 1)
    assert opened.requester.address == "rosa@entidad.test"
    assert (opened.channel, opened.title) == ("telefono", "Sin red en el piso 4")
    assert dict(opened.facts)["telefono"] == "987654321"
    assert dict(opened.facts)["_areas"] == "Logistica"
    assert said(house, 1)[0][2].startswith("Llamó a las 9.")
    assert "acuse" in templates(house, "rosa")
    assert "comando_ok" in templates(house, "mesa1")


def test_two_tickets_merged_are_one_for_both_requesters_and_can_be_taken_apart(house: Institution) -> None:
    house.write("rosa@entidad.test", "Sin red")
    house.write("beto@entidad.test", "Sin internet", "Tampoco abre nada.")
    merge = on(2, f"#duplicado {mark('MESA', 1)}")
    assert house.write("mesa1@entidad.test", merge).decision.refused is not None  # his domain alone: asked about
    assert not ticket(house, 2).is_closed
    outcome = house.write("mesa1@entidad.test", merge, In_Reply_To=newest(house, "mesa1@entidad.test", 2, "tarea"))
    assert outcome.decision.refused is None
    assert ticket(house, 2).closing_reason == "duplicado"
    assert "Tampoco abre nada" in " ".join(text for *_, text in said(house, 1))
    answered = house.write("beto@entidad.test", on(2), "¿Ya hay novedades?")
    assert answered.decision.number == 1
    assert ticket(house, 2).is_closed
    house.write("luis@entidad.test", on(1, "#tomar"))
    house.write("luis@entidad.test", on(1, "#resuelto"), "Se cambió el switch.")
    assert "conformidad" in templates(house, "beto")
    # It is Rosa's ticket: Beto may write into it, and does not close it.
    house.write("beto@entidad.test", on(1), "Conforme")
    assert not ticket(house, 1).is_closed
    apart = house.write("mesa1@entidad.test", on(2, "#separar"))
    assert apart.decision.refused is None
    assert not ticket(house, 2).is_closed
    assert "beto@entidad.test" not in str(ticket(house, 1).facts)
    assert house.write("beto@entidad.test", on(2), "Sigo esperando.").decision.number == 2


def test_a_merging_is_taken_back_whole(house: Institution) -> None:
    house.write("rosa@entidad.test", "Sin red")
    house.write("beto@entidad.test", "Sin internet", "Tampoco abre nada.")
    before = (ticket(house, 1), ticket(house, 2))
    task = newest(house, "mesa1@entidad.test", 2, "tarea")
    house.write("mesa1@entidad.test", on(2, f"#duplicado {mark('MESA', 1)}"), In_Reply_To=task)
    undone = house.write("mesa1@entidad.test", on(2, "#deshacer"))
    assert undone.decision.refused is None
    assert (ticket(house, 1), ticket(house, 2)) == before
