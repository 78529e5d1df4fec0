"""Subjects: marks that forgive how they are typed and never a wrong digit, and titles without the debris of replies."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.prefixes import STAMPS, WORDS
from maild.core.subject import (
    check_letter,
    mark,
    marks,
    numbers_of_others,
    title,
    without_marks,
    without_prefixes,
)

numbers = st.integers(1, 999_999)
quick = settings(deadline=None)


@given(numbers)
@quick
def test_a_mark_is_read_back(number: int) -> None:
    assert marks(f"RE: [{mark('MESA', number)}] Sin red", "MESA") == (number,)


@given(numbers, st.data())
@quick
def test_one_wrong_digit_is_no_mark(number: int, data: st.DataObject) -> None:
    digits = str(number)
    place = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[place]]))
    wrong = digits[:place] + other + digits[place + 1 :]
    assert marks(f"[MESA-{wrong}-{check_letter(number)}]", "MESA") == ()


def test_every_wrong_digit_and_every_swap_of_neighbours_up_to_twenty_thousand_is_caught() -> None:
    """The check letter is the number modulo 23: what an error adds must never be a multiple of 23."""
    missed = [
        (number, wrong) for number in range(1, 20_000, 7) for wrong in _slips(str(number)) if wrong % 23 == number % 23
    ]
    assert missed == []


def _slips(digits: str) -> list[int]:
    wrong = {digits[:i] + d + digits[i + 1 :] for i in range(len(digits)) for d in "0123456789"}
    swapped = {digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(len(digits) - 1)}
    return [int(w) for w in wrong | swapped if int(w) != int(digits)]


@given(numbers, st.data())
@quick
def test_two_neighbours_swapped_are_no_mark(number: int, data: st.DataObject) -> None:
    digits = str(number)
    pairs = [i for i in range(len(digits) - 1) if digits[i] != digits[i + 1]]
    if pairs:
        i = data.draw(st.sampled_from(pairs))
        swapped = digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :]
        assert marks(f"[MESA-{swapped}-{check_letter(number)}]", "MESA") == ()


@pytest.mark.parametrize(
    "written",
    [
        "[MESA-12-N]",
        "mesa-12-n",
        "[MESA 12 N]",
        "(MESA-12-N)",
        "MESA12N",
        "[ME\u00adSA-1\u00ad2-N]",
        "[EXTERNO] RE: [Mesa-12-n] x",
    ],
)
def test_a_mark_may_be_typed_carelessly(written: str) -> None:
    assert marks(written, "MESA") == (12,)


@pytest.mark.parametrize("written", ["[MESA-12]", "[OTRA-12-N]", "[MESA-12-NN]", "MESA", "12", "[MESA-N-12]", ""])
def test_what_only_looks_like_a_mark_is_none(written: str) -> None:
    assert marks(written, "MESA") == ()


def test_several_marks_keep_their_order_and_are_told_once() -> None:
    assert marks("[MESA-12-N] y [MESA-7-F] y [MESA-12-N]", "MESA") == (12, 7)


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("RE: RV: FWD: No imprime", "No imprime"),
        ("Re[2]: No imprime", "No imprime"),
        ("AW: WG: SV: No imprime", "No imprime"),
        ("[EXTERNO] RE: ***SPAM*** No imprime", "No imprime"),
        ("Reunión: proyector", "Reunión: proyector"),
        ("  RE:  ", ""),
        ("R: I: No imprime", "No imprime"),
    ],
)
def test_prefixes_of_mail_programs_fall_away(subject: str, bare: str) -> None:
    assert without_prefixes(subject) == bare


@given(st.text(max_size=80))
@quick
def test_taking_prefixes_away_twice_is_taking_them_away_once(subject: str) -> None:
    assert without_prefixes(without_prefixes(subject)) == without_prefixes(subject)


def test_a_title_is_short_and_without_marks() -> None:
    assert title("RV: [MESA-12-N] RE: No imprime", "MESA") == "No imprime"
    assert len(title("x" * 900, "MESA")) == 200


def test_marks_of_other_desks_stay_in_the_title() -> None:
    assert without_marks("[OTRA-12-N] [MESA-12-N] No imprime", "MESA") == "[OTRA-12-N] No imprime"


# Prefixes as data -----------------------------------------------------------------------------------------------------

WORDS_USED = sorted({word for words in WORDS.values() for word in words})
decorations = st.sampled_from(["{}:", "{} :", "{}[2]:", "{}(3):", "{}^2:", "{} 2:", "{}：", "{}. :"])
prefixes = st.one_of(
    st.builds(
        lambda word, shape, up: shape.format(word.upper() if up else word),
        st.sampled_from(WORDS_USED),
        decorations,
        st.booleans(),
    ),
    st.builds(
        lambda word, shape: shape.format(word),
        st.sampled_from(STAMPS),
        st.sampled_from(["[{}]", "***{}***", "*{}*", "[{}]:", "{{{}}}"]),
    ),
)
bare = st.sampled_from(
    ["No imprime", "Reunión: proyector", "3er piso sin red", "¿Y mi pedido?", "[Aula 3] sin luz", "Internet: lento"]
)


@given(st.lists(prefixes, max_size=40), bare, st.booleans())
@quick
def test_any_pile_of_prefixes_falls_away_and_the_subject_stays(pile: list[str], subject: str, blanks: bool) -> None:
    assert without_prefixes((" " if blanks else "").join([*pile, subject])) == subject


@given(st.lists(prefixes, max_size=10), bare, numbers)
@quick
def test_no_prefix_hides_a_mark_and_the_title_is_the_same(pile: list[str], subject: str, number: int) -> None:
    written = " ".join([*pile, f"[{mark('MESA', number)}]", *pile, subject])
    assert marks(written, "MESA") == (number,)
    assert title(written, "MESA") == title(subject, "MESA")


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_language_has_its_prefixes(language: str) -> None:
    for word in WORDS[language]:
        assert without_prefixes(f"{word.capitalize()}: No imprime") == "No imprime"


@pytest.mark.parametrize(
    "subject",
    [
        "Ref: oficio 123",
        "Ext: 214 sin tono",
        "[WARNING] disco lleno",
        "Virus en mi PC",
        "Externo: acceso",
        "Res. 45-2026",
        "RENIEC: clave",
        "I+D: servidor",
        "Rev: plano",
        "Error: 500",
    ],
)
def test_words_that_people_begin_with_stay(subject: str) -> None:
    assert without_prefixes(subject) == subject


def test_a_hostile_subject_is_read_in_no_time() -> None:
    for seed in ("re", "re: ", "[", "[ ", "*", "RE [", "[externo", "***spam", "{ spam "):
        started = time.perf_counter()
        without_prefixes(seed * (200_000 // len(seed)))
        assert time.perf_counter() - started < 2, seed


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("RE: [MESA-12-N] Sin red - Caso 4471", ("4471",)),
        ("[#INC-0098123] Sin red", ("inc-0098123",)),
        ("Ticket #2024111510000123: cerrado", ("2024111510000123",)),
        ("SR 3-22455", ("3-22455",)),
        ("Referencia: CAS-001", ("cas-001",)),
        ("RE: Sin red", ()),
        ("RE: [MESA-12-N] Sin red en el piso 3 el 12", ()),
        ("Equipo 740895001234", ()),
    ],
)
def test_numbers_of_somebody_elses_desk(subject: str, found: tuple[str, ...]) -> None:
    assert numbers_of_others(subject, "Equipo 740895001234", "MESA") == found
