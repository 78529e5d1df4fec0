"""Orders in mails: what is read as one, and what stays text."""

from __future__ import annotations

from maild.core.orders import read
from maild.core.rulebook import Verb

VERBS = {"asignar": Verb("asignar", "assign", ("assign",)), "tomar": Verb("tomar", "take", ("take",))}


def test_a_subject_without_orders_leaves_those_of_the_text() -> None:
    found = read("RE: [MESA-1-R] Sin red", "Sin red", "#asignar Luis Rojas\n\nGracias.", VERBS, "MESA")
    assert [(order.verb, order.text) for order in found] == [("asignar", "Luis Rojas")]


def test_a_mail_without_orders_has_none() -> None:
    assert read("RE: [MESA-1-R] Sin red", "Sin red", "Ya lo estoy viendo.", VERBS, "MESA") == ()


def test_each_order_ends_where_the_next_one_begins() -> None:
    found = read("RE: [MESA-1-R] Sin red #take #assign luis", "Sin red", "", VERBS, "MESA")
    assert [(order.verb, order.args) for order in found] == [("tomar", ()), ("asignar", ("luis",))]
