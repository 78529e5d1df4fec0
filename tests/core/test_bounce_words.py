"""A bounce without a report is read from its own words; what it brings back of the letter blames nobody."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.bounce_words import FAILURES, OPENINGS, REASONS
from maild.core.bounces import Evidence, bounce
from maild.core.failures import own_words
from maild.core.words import fold


def blamed(text: str, **more: str) -> list[tuple[str, str, str, str]]:
    found = bounce(Evidence(text=text, **more))  # type: ignore[arg-type]
    return [(r.address, r.status, r.severity, r.reason) for r in found.recipients] if found else []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<ana@x.test>: 550 5.1.1 User unknown", ("ana@x.test", "5.1.1", "hard", "no-such-user")),
        ("No se pudo entregar a: ana@x.test. Buzón lleno", ("ana@x.test", "4.2.2", "soft", "mailbox-full")),
        (">>> RCPT To:<ana@x.test>\n<<< 550 5.7.1 Rejected by policy", ("ana@x.test", "5.7.1", "soft", "policy")),
        ("The following address failed:\n\n  ana@x.test\n    Unrouteable address", ("ana@x.test", "5.1.1", "hard", "no-such-user")),
        ("dda:SMTP=ana@x.test; on Fri\n The recipient name is not recognized", ("ana@x.test", "5.1.1", "hard", "no-such-user")),
        ("<ana@x.test>: host said: 451 4.7.1 Greylisted, try again later", ("ana@x.test", "4.7.1", "soft", "busy")),
        ("<ana@x.test>: 554 delivery error", ("ana@x.test", "5.0.0", "soft", "")),
    ],
)  # fmt: skip
def test_the_words_name_address_code_class_and_reason(text: str, told: tuple[str, str, str, str]) -> None:
    assert blamed(text) == [told]


def test_whom_to_ask_and_who_wrote_are_not_blamed() -> None:
    text = (
        "For further assistance, please contact <postmaster@mx.test>\n\n<ana@x.test>: User unknown\n\n"
        "------ This is a copy of the message, including all the headers. ------\n"
        "Received: from mesa.test\nFrom: mesa@e.test\nTo: luis@x.test\n\nFailed for pedro@x.test: user unknown\n"
    )
    assert [each[0] for each in blamed(text)] == ["ana@x.test"]


def test_each_address_has_its_own_reason() -> None:
    text = "<ana@x.test>:\nno mailbox here by that name. (#5.1.1)\n\n<luis@x.test>:\nuser is over quota (#5.2.2)\n"
    assert blamed(text) == [
        ("ana@x.test", "5.1.1", "hard", "no-such-user"),
        ("luis@x.test", "5.2.2", "soft", "mailbox-full"),
    ]


def test_numbers_that_are_no_codes_are_not_read_as_such() -> None:
    (told,) = blamed("Sendmail 8.12.6 at 5.1.1.9\n<ana@x.test>: host mx[4.5.6.7] said: 550 no such user here")
    assert told[1:] == ("5.1.1", "hard", "no-such-user")


def test_the_letter_that_comes_back_begins_at_its_headers() -> None:
    told, returned = own_words("No llegó.\nReturn-Path: <a@b.test>\nReceived: x\nMessage-ID: <1@b.test>\n\nHola")
    assert told == "No llegó." and returned.startswith("Return-Path")


def test_every_word_of_the_tables_is_folded_and_every_code_belongs_to_one_reason() -> None:
    words = [word for row in REASONS for word in row.words] + [*FAILURES, *OPENINGS]
    assert [word for word in words if fold(word) != word.strip()] == []
    codes = [code for row in REASONS for code in row.codes]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []


@given(st.text(max_size=600))
def test_any_words_are_read(text: str) -> None:
    found = bounce(Evidence(text=text, subject=text[:80]))
    assert found is None or len(found.recipients) <= 200


@pytest.mark.parametrize("piece", ["a@", "<", "x@y.test\n", "to:\n ", "-", "5.1.1 ", "final-recipient:\n"])
def test_reading_takes_linear_time(piece: str) -> None:
    started = time.process_time()
    bounce(Evidence(text=piece * (500_000 // len(piece)), original=piece * 20_000, report=piece * 20_000))
    assert time.process_time() - started < 5
