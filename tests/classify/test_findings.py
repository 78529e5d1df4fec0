"""Facts in the text, and secrets that are never repeated."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.findings import advice, findings, lacking, masked, told


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("el CPU 740899500333 no prende", "asset", "740899500333"),
        ("su IP es 10.20.3.4.", "ip", "10.20.3.4"),
        ("llámeme al anexo 2618", "extension", "2618"),
        ("mi celular 987 654 321", "phone", "987 654 321"),
        ("celular +591 71234567", "phone", "+591 71234567"),
        ("Serie: CND1234X9", "serial", "CND1234X9"),
        ("el tambo Ocongate Alto no tiene luz", "site", "Ocongate Alto"),
        ("mi DNI es 45678912", "dni", "45678912"),
        ("C.I. 4567891 La Paz", "dni", "4567891"),
        ("mi contraseña es Lima2025", "password", "Lima2025"),
        ("clave: Perro#1", "password", "Perro#1"),
        ("PIN = 4321", "password", "4321"),
    ],
)
def test_facts_are_found(text: str, kind: str, value: str) -> None:
    assert (kind, value) in {(each.kind, each.value) for each in findings(text)}


@pytest.mark.parametrize(
    "text",
    [
        "mi clave no funciona",
        "la contraseña es incorrecta",
        "olvidé la clave",
        "son 12.5 o 999.1.1.1",
        "el año 20252026",
    ],
)
def test_ordinary_words_and_numbers_are_no_facts(text: str) -> None:
    assert findings(text) == ()


def test_secrets_are_covered_and_told_to_the_sender_and_kept_nowhere() -> None:
    text = "Mi DNI es 45678912 y mi clave es Perro2024. El anexo 214."
    assert masked(text) == "Mi DNI es ••••12 y mi clave es ••••. El anexo 214."
    assert [reason.code for reason in advice(text)] == ["secret-dni", "secret-password"]
    assert told(findings(text)) == {"extension": "214"}


def test_only_what_is_missing_is_asked_for() -> None:
    asks = ("asset", "phone", "screenshot")
    assert [r.code for r in lacking(asks, "código 740899500333", files=True)] == ["ask-phone"]
    assert lacking(asks, "740899500333, anexo 214", files=True) == ()


@given(st.text(max_size=400))
def test_covering_twice_is_covering_once(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize("piece", ["clave ", "9", "1.", "Tambo A", "dni ", "anexo . ", "serie-"])
def test_long_texts_take_no_time(piece: str) -> None:
    started = time.process_time()
    findings(piece * 500_000)
    assert time.process_time() - started < 1
