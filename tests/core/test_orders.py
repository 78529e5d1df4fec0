"""Orders in mails: what is read as one, and what stays text."""

from __future__ import annotations

import pytest

from maild.core.orders import answer, read
from maild.core.rulebook import Answers, Verb

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


@pytest.mark.parametrize("greeting", ["Buenos días:", "Buen día,", "BUENAS TARDES", "Estimados señores:", "Hola"])
def test_orders_may_follow_a_greeting(greeting: str) -> None:
    found = read("RE: [MESA-1-R]", "Sin red", f"{greeting}\n\n#tomar", VERBS, "MESA")
    assert [order.verb for order in found] == ["tomar"]


def test_a_mail_without_orders_has_none() -> None:
    assert read("RE: [MESA-1-R] Sin red", "Sin red", "Ya lo estoy viendo.", VERBS, "MESA") == ()


def test_each_order_ends_where_the_next_one_begins() -> None:
    found = read("RE: [MESA-1-R] Sin red #take #assign luis", "Sin red", "", VERBS, "MESA")
    assert [(order.verb, order.args) for order in found] == [("tomar", ()), ("asignar", ("luis",))]
