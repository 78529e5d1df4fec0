"""Words are known however people write them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.vocabulary import Vocabulary, sound


def _no_stem(word: str) -> str:
    return word[:5]


def _vocabulary(*phrases: str, ignored: tuple[str, ...] = ("la", "el", "de", "me")) -> Vocabulary:
    return Vocabulary(
        tuple((p, p) for p in phrases), _no_stem, frozenset(ignored), {"q": "que", "compu": "computadora"}
    )


def _found(known: Vocabulary, text: str) -> set[str]:
    return {each.concept for each in known.read(text).found}


@pytest.mark.parametrize("text", ["IMPRESORAS", "la inpresora", "imprezora", "Impresóra", "imprsora", "impresoraaa"])
def test_a_word_is_known_with_its_plural_accents_and_usual_slips(text: str) -> None:
    assert _found(_vocabulary("impresora"), text) == {"impresora"}


def test_small_words_may_stand_between_those_of_a_phrase() -> None:
    assert _found(_vocabulary("clave wifi"), "cambien la clave de la wifi") == {"clave wifi"}


def test_a_phrase_of_which_only_one_word_counts_is_taken_as_it_stands() -> None:
    known = _vocabulary("la red")
    assert _found(known, "se fue la red") == {"la red"}
    assert _found(known, "cable de red") == set()


def test_a_word_with_an_exclamation_mark_is_that_very_word() -> None:
    known = _vocabulary("programacion!")
    assert _found(known, "modulo programación") == {"programacion!"}
    assert _found(known, "quiero programar") == set()


def test_a_small_word_with_an_exclamation_mark_counts() -> None:
    known = _vocabulary("no tengo de! la!", ignored=("de", "la", "lo"))
    assert _found(known, "no lo tengo de la") == {"no tengo de! la!"}
    assert _found(known, "no tengo la clave") == set()


def test_a_question_mark_counts_as_a_word_at_the_end() -> None:
    known = _vocabulary("?", "se puede ?")
    assert _found(known, "¿Se puede?") == {"?", "se puede ?"}
    assert _found(known, "se puede. Gracias") == set()
    assert _found(known, "https://a.example/?x=1") == set()


def test_short_forms_are_written_out() -> None:
    assert _found(_vocabulary("computadora"), "mi compu no prende") == {"computadora"}


def test_addresses_are_one_word_each() -> None:
    assert _found(_vocabulary("rutacompartida"), r"no abre \\srv01\dgr\informes 2025") == {"rutacompartida"}


@given(st.text(max_size=300))
def test_reading_never_fails_and_what_it_finds_lies_in_the_text(text: str) -> None:
    reading = _vocabulary("impresora", "no abre").read(text)
    assert all(0 <= each.clause < len(reading.clauses) for each in reading.found)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", max_size=30))
def test_how_a_word_sounds_is_stable(word: str) -> None:
    assert sound(sound(word)) == sound(sound(sound(word)))


def test_a_rule_of_a_million_forms_cannot_stall_the_program() -> None:
    started = time.process_time()
    Vocabulary((("(a|b|c|d|e|f|g|h)" * 20, "x"),), _no_stem).read("a")
    assert time.process_time() - started < 1
