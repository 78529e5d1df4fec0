"""A failure that many people report, on both databases: one ticket, a notice to the desk, one answer to all, and taken apart again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from maild.core.events import MailArrived
from maild.core.subject import mark
from maild.core.trust import Boundary
from maild.core.values import Directory, Person
from maild.gather import Outcome
from maild.mail.parse import parse
from maild.store import records, tickets
from tests.house.desk import PEOPLE, codes
from tests.house.test_alerts import Watched

MORE = tuple(
    Person(key, f"{key}@entidad.test", f"{key.capitalize()} Pérez", "usuario", aliases=(f"{key}.alias@entidad.test",))
    for key in ("elsa", "juan", "nora", "raul", "sara", "tito", "vera", "yola")
)
REPORTS = {
    "rosa": ("Sin internet", "Buenos días, no tenemos internet en el segundo piso."),
    "elsa": ("urgente", "no hay internet en contabilidad, no abre ninguna página"),
    "juan": ("Internet caído", "Se cayó el internet desde las 9."),
    "nora": ("Consulta", "¿Qué pasa con el internet? No funciona nada en mi oficina."),
    "raul": ("NO HAY INTERNET", "Seguimos sin internet en la oficina de planeamiento."),
    "sara": ("internet", "no tengo internet, por favor ayuda"),
    "tito": ("Falla", "El internet no funciona en logística."),
    "vera": ("Se fue el internet", "Se fue el internet en mesa de partes, no hay red."),
}


class Struck(Watched):
    def __init__(self, *rest: object) -> None:
        super().__init__(*rest)
        directory = Directory((*PEOPLE, *MORE), {}, ("entidad.test",))
        self.desk = replace(
            self.desk,
            office=replace(self.desk.office, directory=directory),
            boundary=Boundary("authserv_id", ("mx.entidad.test",)),
        )

    def mail(self, who: str, subject: str, text: str, extra: str = "") -> Outcome:
        self.said += 1
        address = who if "@" in who else f"{who}@entidad.test"
        headers = (
            f"From: {address}\nTo: mesa@entidad.test\nSubject: {subject}\nMessage-ID: <o{self.said}@entidad.test>\n"
        )
        return self.put(f"{extra}{headers}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode())

    def proved(self, who: str, subject: str, text: str) -> Outcome:
        genuine = "Authentication-Results: mx.entidad.test; dmarc=pass header.from=entidad.test\n"
        return self.mail(who, subject, text, genuine)

    def reports(self, *who: str) -> list[Outcome]:
        return [self.mail(each, *REPORTS[each]) for each in who]


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Struck]:
    with Struck.on(database_url, tmp_path) as desk:
        yield desk


def to(desk: Struck, who: str) -> list[str]:
    return [row["template"] for row in desk.letters(f"{who}@entidad.test")]


def test_the_fourth_report_makes_them_one_and_later_ones_join(desk: Struck) -> None:
    *_, third = desk.reports("rosa", "elsa", "juan")
    assert (desk.open_ones(), "outage" in codes(third)) == ([1, 2, 3], False)
    (fourth,) = desk.reports("nora")
    assert {"outage", "outage-joined"} <= set(codes(fourth))
    assert (desk.open_ones(), desk.ticket(1).title) == ([1], "Falla general: internet y red")
    assert [desk.ticket(n).closing_reason for n in (2, 3, 4)] == ["duplicado"] * 3
    assert [to(desk, who) for who in ("rosa", "elsa", "juan", "nora")] == [
        ["acuse", "falla_general"], ["acuse", "falla_general"], ["acuse", "falla_general"], ["falla_general"],
    ]  # fmt: skip
    assert to(desk, "marta") == ["tarea"] * 3 + ["falla_general"]
    desk.reports("raul")
    assert (desk.open_ones(), to(desk, "raul"), to(desk, "marta")[4:]) == ([1], ["falla_general"], [])
    desk.reports("sara", "tito", "vera")
    assert to(desk, "marta")[4:] == ["falla_general"]


def test_the_same_event_again_gathers_nothing_twice(desk: Struck) -> None:
    desk.reports("rosa", "elsa", "juan", "nora")
    raw = (
        b"From: raul@entidad.test\nTo: mesa@entidad.test\nSubject: Sin internet\nMessage-ID: <r@entidad.test>\n\n"
        b"No hay internet en el piso 4.\n"
    )
    desk.put(raw)
    with desk.database.write() as tx:  # as after a crash between the commit and the filing away
        assert not desk.desk.mail(tx, MailArrived(desk.last, parse(raw), desk.now)).done
    desk.put(raw)
    assert (desk.open_ones(), to(desk, "raul")) == ([1], ["falla_general"])
    assert desk.ticket(1).fact("_with") == "\n".join(f"{p.address} {p.name}" for p in MORE[:4])


def test_one_answer_reaches_everybody_who_reported_it(desk: Struck) -> None:
    desk.reports("rosa", "elsa", "juan", "nora", "raul")
    desk.proved("luis", f"RE: [{mark('MESA', 1)}] #tomar", "")
    desk.proved("luis", f"RE: [{mark('MESA', 1)}] #resuelto", "El proveedor repuso el enlace de fibra.")
    for who in ("rosa", "elsa", "juan", "nora", "raul"):
        last = desk.letters(f"{who}@entidad.test")[-1]
        assert last["template"] in ("solucion", "conformidad"), who
        assert "fibra" in bytes(last["raw"]).decode("utf-8", "replace"), who


def test_nobody_reads_what_another_one_wrote(desk: Struck) -> None:
    secret = "Contrato reservado del despacho."
    desk.mail("rosa", "Sin internet", f"No hay internet. {secret}")
    desk.reports("elsa", "juan")
    desk.mail("nora", "Sin internet", f"No tenemos internet. {secret}")
    for who in ("elsa", "juan"):
        assert all(b"reservado" not in bytes(row["raw"]) for row in desk.letters(f"{who}@entidad.test"))


def test_what_was_another_failure_is_taken_apart_and_not_gathered_again(desk: Struck) -> None:
    desk.reports("rosa", "elsa", "juan", "nora")
    desk.proved("marta", f"RE: [{mark('MESA', 2)}] #separar", "")
    assert desk.open_ones() == [1, 2]
    desk.reports("raul")
    assert desk.open_ones() == [1, 2]
    desk.proved("luis", f"RE: [{mark('MESA', 1)}] #tomar", "")
    desk.proved("luis", f"RE: [{mark('MESA', 1)}] #resuelto", "Repuesto el enlace.")
    assert to(desk, "elsa").count("solucion") + to(desk, "elsa").count("conformidad") == 0
    with desk.database.write() as tx:
        assert {row["author"] for row in records.conversation(tx, 1)} >= {"raul@entidad.test", "nora@entidad.test"}


def test_an_answer_to_a_joined_report_goes_to_the_one_ticket(desk: Struck) -> None:
    desk.reports("rosa", "elsa", "juan", "nora")
    outcome = desk.mail("juan", f"RE: [{mark('MESA', 3)}] Internet caído", "Tampoco funciona el teléfono del piso 3.")
    assert outcome.decision.number == 1


@pytest.mark.parametrize(
    "mails",
    [
        # one person, however often and by whichever address
        [("rosa", *REPORTS["rosa"])] * 6,
        [("elsa", *REPORTS["elsa"]), ("elsa.alias@entidad.test", *REPORTS["juan"])] * 3,
        # strangers
        [(f"x{n}@afuera.test", *REPORTS["rosa"]) for n in range(6)],
        # different failures
        [
            ("rosa", "Impresora", "La impresora del segundo piso no imprime."),
            ("elsa", "Teclado", "No funciona mi teclado."),
            ("juan", "Monitor", "Mi monitor no prende."),
            ("nora", "Internet", "No tengo internet."),
            ("raul", "Clave", "Mi clave fue rechazada y no puedo entrar."),
        ],
        # everybody's own printer
        [(who, "Impresora", "Mi impresora no imprime, se atasca el papel.") for who in list(REPORTS)[:6]],
        # requests about it, and what is said to be well
        [(who, "Internet", "Solicito instalar un punto de internet para el nuevo practicante.") for who in list(REPORTS)[:6]],
        [(who, "Mouse", "El internet funciona bien; lo que no funciona es el mouse.") for who in list(REPORTS)[:6]],
        # only mine
        [(who, "Internet", "Solo mi computadora no tiene internet, mis compañeros sí.") for who in list(REPORTS)[:6]],
    ],
)  # fmt: skip
def test_what_is_no_general_failure_stays_apart(desk: Struck, mails: list[tuple[str, str, str]]) -> None:
    for mail in mails:
        assert "outage" not in codes(desk.mail(*mail))


def test_reports_that_come_slowly_are_many_failures(desk: Struck) -> None:
    for who in ("rosa", "elsa", "juan", "nora", "raul"):
        desk.reports(who)
        desk.now += timedelta(minutes=12)
    assert len(desk.open_ones()) == 5


def test_once_it_is_answered_a_new_report_is_a_new_ticket(desk: Struck) -> None:
    desk.reports("rosa", "elsa", "juan", "nora")
    desk.proved("luis", f"RE: [{mark('MESA', 1)}] #tomar", "")
    desk.proved("luis", f"RE: [{mark('MESA', 1)}] #resuelto", "Repuesto el enlace.")
    (later,) = desk.reports("raul")
    with desk.database.write() as tx:
        ticket = tickets.load(tx, later.decision.number)
    assert ticket is not None and not ticket.is_closed
