"""What an institution writes below every mail is learned from its people's mails, on both databases; a request never is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from maild.core.events import MailArrived
from maild.core.twins import Verdict
from maild.mail.parse import parse
from maild.store import records
from maild.store.database import Database
from maild.store.schema import habit
from maild.store.upgrade import upgrade
from tests.house.institution import Institution

# Nothing that the tables of core/phrases.py know.
BANNER = "La entidad avanza junto a las comunidades del altiplano hacia una gestión moderna, cercana y transparente."
PEOPLE = ("rosa", "beto", "mesa1")


@pytest.fixture
def desk(database_url: str) -> Iterator[Institution]:
    database = Database(database_url)
    upgrade(database)
    yield Institution(database)
    database.close()


def raw(sender: str, subject: str, text: str) -> bytes:
    head = f"From: {sender}@entidad.test\nTo: mesa@entidad.test\nSubject: {subject}\nMessage-ID: <{subject}.{sender}@pc.test>\n"
    kind = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
    return f"{head}{kind}\n{text}\n".replace("\n", "\r\n").encode()


def words(desk: Institution, number: int) -> str:
    with desk.database.write() as tx:
        return records.first_words(tx, number, datetime.now(UTC))


def rows(desk: Institution) -> int:
    with desk.database.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(habit)).scalar_one())


def test_the_fourth_mail_is_read_without_what_three_colleagues_wrote_below_theirs(desk: Institution) -> None:
    for number, sender in enumerate(PEOPLE, 1):
        outcome = desk.receive(raw(sender, f"Pedido {number}", f"Falta papel {number}.\n\nSaludos\n\n{BANNER}"))
        assert BANNER in words(desk, number) and "text-habit" not in desk.reasons(outcome)
    fourth = raw("luis", "Pedido 4", f"No hay luz en el piso.\n\nSaludos\n\n{BANNER}")
    with desk.database.look() as tx:
        judged = desk.desk.judge(tx, MailArrived(2**62, parse(fourth), desk.now), Verdict("new"))
    assert (judged.mail.new_text, judged.fresh) == ("No hay luz en el piso.\n\nSaludos", ())
    before = rows(desk)
    outcome = desk.receive(fourth)
    assert words(desk, 4) == "No hay luz en el piso.\n\nSaludos"
    assert "text-habit" in desk.reasons(outcome)
    assert rows(desk) == before  # what is known is counted no more
    outside = desk.receive(raw("luis", "Pedido 5", f"{BANNER}"))
    assert words(desk, 5) == BANNER and "text-habit" not in desk.reasons(outside)


@pytest.mark.parametrize(
    "request_",
    [
        "Favor de restablecer mi clave del sistema de trámites, pues la anterior venció el viernes pasado por la noche.",
        "Restablecer la clave de ingreso al sistema de trámites, según lo dispuesto por la jefatura para todo el personal.",
        "El sistema de trámites no se abre desde el viernes y muestra una pantalla en blanco con un número de operación.",
    ],
)
def test_a_request_that_everybody_repeats_is_never_cut(desk: Institution, request_: str) -> None:
    for number in range(1, 9):
        sender = (*PEOPLE, "luis")[number % 4]
        desk.receive(raw(sender, f"Clave {number}", f"Buenos días.\n\n{request_}"))
        assert words(desk, number) == f"Buenos días.\n\n{request_}"
    assert rows(desk) == 0


def test_a_mail_that_waits_for_a_person_teaches_nothing(desk: Institution) -> None:
    for number in range(4):
        desk.receive(
            raw("x", f"De {number}", f"Hola {number}.\n\n{BANNER}").replace(b"entidad.test\r\nTo", b"otra.test\r\nTo")
        )
    assert rows(desk) == 0
