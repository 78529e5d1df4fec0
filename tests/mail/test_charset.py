"""Cleaning of texts that stand in headers, lists and terminals."""

from __future__ import annotations

from maild.core.words import unhyphenated
from maild.mail import charset


def test_what_python_calls_printable_needs_no_cleaning() -> None:
    for code in range(0x110000):
        if (letter := chr(code)).isprintable():
            assert charset._LINE_HOSTILE.sub("", letter) == letter and unhyphenated(letter) == letter
            assert not charset._LINE_ENDS.search(letter) and not charset._TEXT_HOSTILE.search(letter)
            assert letter == " " or not charset._SPACES.search(letter)
