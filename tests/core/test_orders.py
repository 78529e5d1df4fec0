"""Orders in mails: what is read as one, and what stays text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild import rules
from maild.config.shipped import shipped
from maild.core.orders import answer, read
from maild.core.rulebook import Answers, Verb
from maild.core.subject import mark

VERBS = {"asignar": Verb("asignar", "assign", ("assign",)), "tomar": Verb("tomar", "take", ("take",))}

ANSWERS = Answers(
    {
        "nonconform": ("no conforme", "sigue fallando", "no funciona"),
        "conform": ("conforme", "todo bien"),
        "thanks": ("gracias", "muchas gracias"),
    }
)


@pytest.mark.parametrize("words", ["Gracias", "¡Muchas gracias!", "  «Gracias», Luis", "Buenos días:\nGracias.\nRosa"])
def test_thanks_are_thanks_however_they_are_written(words: str) -> None:
    assert answer(words, ANSWERS)[0] == "thanks"


@pytest.mark.parametrize(
    "words",
    [
        "Gracias, pero la impresora está apagada",
        "¡Gracias! Sigue fallando.",
        "Muchas gracias.\nAún no puedo entrar.",
        "Gracias. ¿Cuándo vienen?",
        "Gracias, no funciona todavía",
    ],
)
def test_thanks_that_go_on_to_complain_are_for_a_person_to_read(words: str) -> None:
    assert answer(words, ANSWERS) == ("", "")


@pytest.mark.parametrize("words", ["¡Conforme!", "¡Todo bien, gracias!", "- conforme"])
def test_a_yes_with_marks_around_it_is_a_yes(words: str) -> None:
    assert answer(words, ANSWERS)[0] == "conform"


def test_a_yes_that_is_asked_is_no_yes() -> None:
    assert answer("¿Conforme?", ANSWERS) == ("", "")


def test_a_subject_without_orders_leaves_those_of_the_text() -> None:
    found = read("RE: [MESA-1-R] Sin red", "Sin red", "#asignar Luis Rojas\n\nGracias.", VERBS, "MESA")
    assert [(order.verb, order.text) for order in found] == [("asignar", "Luis Rojas")]


def test_an_order_given_twice_in_the_subject_counts_twice_and_once_more_below_is_the_same_one() -> None:
    orders = read("RE: [MESA-1-X] #tomar #tomar", "", "#tomar\n#asignar Luis", VERBS, "MESA")
    assert [order.verb for order in orders] == ["tomar", "tomar", "asignar"]


@pytest.mark.parametrize("greeting", ["Buenos días:", "Buen día,", "BUENAS TARDES", "Estimados señores:", "Hola"])
def test_orders_may_follow_a_greeting(greeting: str) -> None:
    found = read("RE: [MESA-1-R]", "Sin red", f"{greeting}\n\n#tomar", VERBS, "MESA")
    assert [order.verb for order in found] == ["tomar"]


BASE = rules.load(shipped("rules") / "base")
ON = f"RE: [{mark('MESA', 123)}] Impresora no imprime"


def verbs(subject: str, text: str = "", title: str = "Impresora no imprime") -> list[tuple[str, tuple[str, ...]]]:
    found = read(subject, title, text, BASE.verbs, "MESA")
    return [(order.verb or f"?{order.guess}", order.args) for order in found]


@pytest.mark.parametrize(
    ("subject", "meant"),
    [
        (f"{ON} #cerrar", [("cerrar", ())]),
        (f"#cerrar {ON}", [("cerrar", ())]),
        (f"{ON} #Cerar", [("?cerrar", ())]),
        (f"{ON} #resuelto: cambié el tóner", [("resuelto", ("cambié", "el", "tóner"))]),
        (
            f"Re: RE: RV: [{mark('MESA', 123)}] RE: Impresora no imprime #asignar jperez #prioridad alta",
            [("asignar", ("jperez",)), ("prioridad", ("alta",))],
        ),
        (f"{ON} #asignar Juan Pérez", [("asignar", ("Juan", "Pérez"))]),
        (f'{ON} #asignar "Juan Pérez"', [("asignar", ("Juan Pérez",))]),
        (f"{ON} !tomar", [("tomar", ())]),
        (f"{ON} #TOMAR", [("tomar", ())]),
        (f"{ON} #escalar 3: equipo en garantía", [("escalar", ("3", "equipo", "en", "garantía"))]),
        (f"{ON}\u00a0#cerrar\u00a0", [("cerrar", ())]),
        (f"{ON} #ce\u00adrrar", [("cerrar", ())]),
        (f"[EXTERNO] {ON} #tomar #prio alta", [("tomar", ()), ("prioridad", ("alta",))]),
    ],
)
def test_orders_with_their_sign_are_read_as_people_write_them(subject: str, meant: list[object]) -> None:
    assert verbs(subject) == meant


@pytest.mark.parametrize(
    "subject",
    [
        f"{ON} escáner #45",
        f"{ON} y/o la otra",
        f"{ON} cerrar la puerta del rack",
        f"{ON} ¡Urgente!",
        f"{ON} sigue fallando",
        f"{ON} correo de luis#cerrar",
        "Cerrar cuenta de usuario",
    ],
)
def test_what_is_no_order_stays_text(subject: str) -> None:
    assert verbs(subject) == []


def test_an_order_in_the_title_that_we_gave_is_not_given_again() -> None:
    assert verbs(f"RE: [{mark('MESA', 123)}] Falla #cerrar #tomar", title="Falla #cerrar") == [("tomar", ())]


def test_orders_of_the_text_end_at_its_first_words() -> None:
    assert verbs(ON, "Estimados:\n#tomar\n#prioridad alta\nVoy mañana.\n#cerrar") == [
        ("tomar", ()),
        ("prioridad", ("alta",)),
    ]


def test_facts_are_told_apart_from_words() -> None:
    (order,) = read(f"{ON} #resuelto medio=LTO-0042 ya Guía=G-88", "Impresora no imprime", "", BASE.verbs, "MESA")
    assert (order.args, order.facts) == (("ya",), (("medio", "LTO-0042"), ("guia", "G-88")))


@given(st.text(max_size=300), st.text(max_size=300))
@settings(deadline=None)
def test_no_text_whatever_is_too_much(subject: str, text: str) -> None:
    assert len(read(subject, subject[:20], text, BASE.verbs, "MESA")) <= 8
    assert answer(text, BASE.answers)[0] in ("", *BASE.answers.words)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("CONFORME", ("conform", "")),
        ("Sí, conforme.", ("conform", "")),
        ("OK, TODO BIEN", ("conform", "")),
        ("Conforme. Gracias por todo", ("conform", "Gracias por todo")),
        ("Conforme gracias", ("conform", "gracias")),
        ("Hola:\n\nConforme", ("conform", "")),
        ("NO CONFORME: sigue Igual", ("nonconform", "sigue Igual")),
        ("No conforme", ("nonconform", "")),
        ("sigue fallando", ("nonconform", "")),
        ("Muchas gracias.", ("thanks", "")),
        ("Conforme, pero va lento", ("", "")),
        ("Conforme a lo conversado, envío el equipo", ("", "")),
        ("Conforme\nPero sigue igual", ("", "")),
        ("¿No conforme?", ("", "")),
        ("La impresora no funciona", ("", "")),
        ("conformes", ("", "")),
        ("Conforme ¸ pero no", ("", "")),
        ("", ("", "")),
    ],
)
def test_an_answer_is_a_whole_line_and_half_a_one_is_none(text: str, meant: tuple[str, str]) -> None:
    assert answer(text, BASE.answers) == meant


def test_a_mail_without_orders_has_none() -> None:
    assert read("RE: [MESA-1-R] Sin red", "Sin red", "Ya lo estoy viendo.", VERBS, "MESA") == ()


def test_each_order_ends_where_the_next_one_begins() -> None:
    found = read("RE: [MESA-1-R] Sin red #take #assign luis", "Sin red", "", VERBS, "MESA")
    assert [(order.verb, order.args) for order in found] == [("tomar", ()), ("asignar", ("luis",))]
