"""Comparing what people write: accents, case and blanks aside; one slip of the fingers forgiven, never two."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.words import fold, nearest

quick = settings(deadline=None)
KNOWN = ("resuelto", "asignar", "tomar", "cerrar", "escalar")


@given(st.text(max_size=60))
@quick
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


# The Turkish dotless i has a capital that is not its own.
@given(st.text(st.characters(categories=("Lu", "Ll"), exclude_characters="ı"), max_size=30))
@quick
def test_capitals_do_not_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("SESIÓN", "sesion"),
        ("año", "ano"),
        ("a\u00a0b\t c", "a b c"),
        ("cafe\u0301", "cafe"),
        ("ℌola", "hola"),
        ("¸", ""),
        ("re\u00adserva \u00ad", "reserva"),
        ("", ""),
    ],
)
def test_what_people_type_in_different_ways_is_the_same(written: str, meant: str) -> None:
    assert fold(written) == meant


@pytest.mark.parametrize("typo", ["resueto", "resuleto", "resuelt", "resuellto", "tesuelto", "resueltos"])
def test_one_slip_is_understood(typo: str) -> None:
    assert nearest(typo, KNOWN) == "resuelto"


@pytest.mark.parametrize("word", ["repuesto", "resulto2", "rsuleto", "", "urgente", "resuelto"])
def test_two_slips_or_another_word_are_not(word: str) -> None:
    assert nearest(word, KNOWN) == ""


def test_a_slip_that_could_be_two_words_is_neither() -> None:
    assert nearest("cerra", ("cerrar", "cierra")) == ""


@given(st.sampled_from(KNOWN), st.data())
@quick
def test_any_letter_left_out_is_one_slip(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    assert nearest(word[:place] + word[place + 1 :], KNOWN) in (word, "")
    assert nearest(word[:place] + word[place + 1 :], (word,)) == word
