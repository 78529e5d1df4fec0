"""#ayuda: what this person may do now on this ticket, each move with a button that does it."""

from __future__ import annotations

from datetime import date

import pytest

from maild.core import seal
from maild.core.effects import Send
from maild.core.helping import possible
from maild.core.letters import Letter
from maild.core.values import Address
from maild.core.writing import Occasion, letter
from tests.orders.talk import STANDS, author, office, ticket

RING = seal.KeyRing({"1": b"k" * 32}, "1")


def help_for(stand: str, who: str) -> Letter:
    at, of, by = office(STANDS[stand]), ticket(STANDS[stand]), author(STANDS[stand], who)
    role = at.book.roles[by.role]
    send = Send(of.number, "ayuda", Address(by.address, by.name), role.audience, "es")
    return letter(send, of, Occasion(at, RING, date(2026, 11, 27)))


@pytest.mark.parametrize(
    ("stand", "who", "orders"),
    [
        ("queue", "luis", {"#tomar"}),
        ("queue", "marta", {"#tomar", "#asignar"}),
        ("work", "luis", {"#resuelto", "#consulta", "#asignar", "#escalar"}),
        ("work", "rosa", set()),
        ("resolved", "rosa", {"Conforme", "No conforme"}),
        ("procede", "jefe", {"#procede si", "#procede no"}),
        ("procede", "nivel2", {"#llego"}),
        ("revisar", "sup", {"#aprobar", "#cerrar", "#observar"}),
        ("provider", "prov", {"#fin"}),
    ],
)
def test_each_move_of_the_step_has_its_button_and_no_other(stand: str, who: str, orders: set[str]) -> None:
    buttons = help_for(stand, who).buttons
    assert {button.order for button in buttons} == orders
    assert all("~" in button.subject and button.subject.isascii() for button in buttons)


def test_what_may_be_done_anywhere_is_told_behind_the_moves() -> None:
    at, of = office(STANDS["work"]), ticket(STANDS["work"])
    found = possible(at, of, at.standing(author(STANDS["work"], "luis"), of))
    kinds = [each.moves for each in found]
    assert kinds == sorted(kinds, reverse=True)
    assert {"nota", "prioridad", "ayuda"} <= {each.verb.key for each in found if not each.moves}
    lines = help_for("work", "luis").facts["orders"]
    assert isinstance(lines, tuple)
    assert "#prioridad: baja, media o alta (o 1, 2, 3)" in lines
