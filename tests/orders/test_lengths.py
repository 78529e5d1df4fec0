"""Hostile lengths are read in linear time."""

from __future__ import annotations

import time

import pytest

from maild.core import answers, orders, when
from maild.core.strict import lexicon
from tests.orders.talk import NOW, TITLE, book

LONG = 200_000
BOMBS = {
    "signs": "#" * LONG,
    "orders": "#cerrar " * (LONG // 8),
    "unknown": "#resueltx " * (LONG // 10),
    "others": "!tomax /tomax " * (LONG // 14),
    "semicolons": "#asignar a; tomar; tomar" + "; tomar" * (LONG // 7),
    "joiners": "tomar y tomar" + " y tomar" * (LONG // 8),
    "commas": "tomar, " * (LONG // 7),
    "equals": "#nota " + "a=" * (LONG // 2),
    "quotes": '#nota "' + '"' * LONG,
    "open quotes": "#nota " + 'a="' * (LONG // 3),
    "prefixes": "RE: [EXTERNO] " * (LONG // 14),
    "marks": "[MESA-1-R] " * (LONG // 11),
    "title": f"{TITLE} " * (LONG // len(TITLE)),
    "first word of the title": "La " * (LONG // 3),
    "invisible": "\u200b\u00ad" * (LONG // 2) + "#cerrar",
    "glued": "#prioridad alta" + "#cerrar" * (LONG // 7),
    "lines": "#cerrar\n" * (LONG // 8),
    "greetings": "Hola\n" * (LONG // 5),
    "blank": " " * LONG,
    "conforme": "no conforme " * (LONG // 12),
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_length_takes_long(name: str) -> None:
    words, bomb = lexicon(book("base")), BOMBS[name]
    started = time.process_time()
    orders.read(bomb, TITLE, bomb, words, "MESA", fits=lambda order: len(order.args) < 3)
    orders.words(bomb, words)
    answers.answer(bomb, book("base").answers)
    when.moment(bomb, NOW, book("base").calendar)
    when.span(bomb)
    assert time.process_time() - started < 2
