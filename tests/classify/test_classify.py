"""What a mail is about: of the shipped rules, in the words of people."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace

import pytest

from maild import rules
from maild.config.shipped import shipped
from maild.core.outages import thing_of
from maild.core.places import Words
from maild.core.sorting import Sorted, sort, sort_mail, sorted_by, understood_by
from maild.errors import MailError
from maild.mail.parse import parse
from tests.mail.samples import every

_BOOKS = {name: rules.load(shipped("rules") / name) for name in ("pnpais", "osce")}


def _sorted(subject: str, text: str = "", profile: str = "pnpais", old: str = "", answers: bool = False) -> Sorted:
    return sort(Words(subject, text, old, answers), _BOOKS[profile])


def _service(subject: str, text: str = "", profile: str = "pnpais", old: str = "", answers: bool = False) -> str:
    found = _sorted(subject, text, profile, old, answers).service
    return found.key if found else ""


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("la impresora sí funciona, lo que no abre es el SGD", "sgd-sin-acceso"),
        ("El internet y la laptop están bien. El proyector de la sala no prende.", "equipo-proyector"),
        ("No es la impresora, es el teclado que no responde", "equipo-teclado-mouse"),
        ("Gracias por la laptop. Otra cosa: el Zoom no me deja grabar", "video-zoom"),
    ],
)
def test_what_is_said_to_be_well_is_not_what_the_mail_is_about(text: str, service: str) -> None:
    assert _service("consulta", text) == service


@pytest.mark.parametrize("profile", _BOOKS)
def test_a_brief_verdict_lacks_nothing_that_is_told(profile: str) -> None:
    book = _BOOKS[profile]
    shorter = 0
    for path in every():
        with suppress(MailError):
            found = sort_mail(parse(path.read_bytes()), book)
            brief = sorted_by(found.verdict.brief(), book)
            assert list(brief.reasons()) == list(found.reasons()), path.name
            assert understood_by(brief) == understood_by(found), path.name
            assert (brief.type, brief.service, brief.priority) == (found.type, found.service, found.priority)
            service = found.service.key if found.service else ""
            assert thing_of(brief.verdict, service, book.outages) == thing_of(found.verdict, service, book.outages)
            shorter += len(brief.verdict.service.spoke) < len(found.verdict.service.spoke)
    assert shorter > 10


def test_what_a_filter_chose_was_not_understood_from_words() -> None:
    found = _sorted("La impresora no imprime", "No imprime nada desde ayer")
    assert found.service and understood_by(found)
    other = next(service for service in _BOOKS["pnpais"].services.values() if service != found.service)
    assert understood_by(replace(found, service=other)) == ""


def test_a_quotation_hardly_counts() -> None:
    old = "No puedo entrar al SISMONITOR, olvidé la contraseña del SISMONITOR"
    assert _service("RE: SISMONITOR", "la impresora no imprime nada", old=old, answers=True) == "equipo-impresora"


def test_nothing_known_is_left_for_a_person_to_sort() -> None:
    found = _sorted("Ayuda", "por favor comuníquense conmigo")
    assert found.service is None
    assert found.type in _BOOKS["pnpais"].types


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("La impresora del tambo no imprime. Es la única, no hay otra forma y la gente está esperando.", "alta"),
        ("La impresora no imprime. Mientras tanto imprimo en la de mi compañera.", "media"),
        ("La impresora suena un poco. No es urgente, cuando puedan.", "baja"),
        ("La impresora no imprime.", ""),
        ("URGENTE la impresora no imprime", ""),
    ],
)
def test_the_priority_is_what_the_table_says_of_what_the_mail_says(text: str, priority: str) -> None:
    assert _sorted("impresora", text).priority == priority


@pytest.mark.parametrize(
    "text",
    [
        "El código de verificación ya no llega a mi celular y no entro al correo",  # a telephone is no way round
        "No tengo usuario para la intranet, soy nueva",
        "¿Me prestan una laptop para el taller del martes?",
        "Las hojas salen manchadas en la impresora del tercer piso",
        "Hoy vence mi contrato y aún no me dan acceso al correo",
    ],
)
def test_what_gives_no_ground_for_a_priority_gets_none(text: str) -> None:
    assert _sorted("consulta", text).priority == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("¿Me abren la página de la SUNAT?", "peticion"),
        ("mandan dos tóner para la impresora?", "peticion"),
        ("todavía no me asignan mi tambo en el plan mensual", "peticion"),
        ("se me pasó registrar la ejecución, ¿la abren un día más?", "peticion"),
        ("no recuerdo mi contraseña del correo", "peticion"),
        ("necesito que arreglen la impresora, ya no imprime", "incidencia"),
        ("mi correo está bloqueado", "incidencia"),
        ("hasta ayer entraba a la carpeta y hoy me sale acceso denegado", "incidencia"),
        ("por favor habiliten otra vez youtube, hasta el viernes se veía y hoy sale bloqueado", "incidencia"),
    ],
)
def test_a_request_and_a_fault_are_told_apart_by_how_they_are_said(text: str, kind: str) -> None:
    assert _sorted("consulta", text).type == kind


def test_an_institution_without_a_table_gets_no_priority() -> None:
    text = "No imprime, es la única impresora y no hay otra forma"
    assert _sorted("impresora", text, profile="osce").priority == ""


def test_every_sign_is_told_with_weight_place_and_words() -> None:
    reasons = list(_sorted("Impresora", "no agarra papel").reasons(all_of_them=True))
    spoke = [dict(each.facts) for each in reasons if each.code == "spoke" and dict(each.facts)["question"] == "service"]
    assert {"impresora", "no agarra papel"} <= {each["words"] for each in spoke}
    assert all(float(each["weight"]) and each["place"] and each["sign"] for each in spoke)
    won = next(dict(each.facts) for each in reasons if each.code == "sorted")
    assert float(won["margin"]) > 0


@pytest.mark.parametrize("piece", ["no abre pero ", "impresora, ", "a. ", "(((", "\\\\a@b http://", "no " * 50 + "\n"])
def test_five_megabytes_of_anything_are_sorted_in_no_time(piece: str) -> None:
    text = piece * (5_000_000 // len(piece))
    started = time.process_time()
    _sorted("asunto", text)
    assert time.process_time() - started < 1
