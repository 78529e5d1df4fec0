"""What the log holds, and what it must never hold."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.log import Addresses, KeyValueFormatter, start_log


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def line(addresses: Addresses = "hash", level: str = "info", **facts: object) -> str:
    out = io.StringIO()
    start_log(level, addresses, b"salt", out)
    logging.getLogger("maild.desk").info("mail-stored", extra=facts)
    return out.getvalue()


def test_a_fact_is_one_line_with_its_keys_in_the_order_given() -> None:
    assert (
        line(mail=12, ticket=7, subject="No imprime")
        .rstrip()
        .endswith('Z info maild.desk: mail-stored mail=12 ticket=7 subject="No imprime"')
    )


def test_what_a_sender_wrote_cannot_look_like_another_line_or_fact() -> None:
    text = line(subject='x" ticket=9\n2026-01-01 info maild: forged\x1b[31m\u2028')
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert '"x\\" ticket=9\\n' in text


def test_an_address_is_a_print_that_is_the_same_for_the_same_person_and_hides_him() -> None:
    first, again, other = (line(sender=a) for a in ("ana@muni.example", "ANA@muni.example", "eva@muni.example"))
    prints = [text.split("sender=")[1] for text in (first, again, other)]
    assert "muni.example" not in first
    assert prints[0] == prints[1] != prints[2]
    assert line("hide", sender="ana@muni.example").endswith("sender=<address>\n")
    assert line("show", sender="ana@muni.example").endswith("sender=ana@muni.example\n")


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ("mi DNI es 45871236 y no entro", "458712"),
        ("DNI: 45871236", "458712"),
        ("la clave es Huancayo2026 gracias", "Huancayo2026"),
        ("contraseña: t4mb0_s3cr3t0", "t4mb0_s3cr3t0"),
        ("usuario rperez password=Lima.2026!", "Lima.2026"),
    ],
)
@pytest.mark.parametrize("addresses", ["hash", "show"])
def test_passwords_and_identity_numbers_are_covered_wherever_they_come_along(
    said: str, secret: str, addresses: Addresses
) -> None:
    out = io.StringIO()
    start_log("info", addresses, b"salt", out)
    logger = logging.getLogger("maild.desk")
    logger.info("mail-parked", extra={"why": said})
    logger.info(said)
    try:
        raise ValueError(said)
    except ValueError as error:
        logger.error("unexpected", exc_info=error)
    assert out.getvalue().count("••••") >= 3
    assert secret not in out.getvalue()


def test_another_installation_gives_the_same_address_another_print() -> None:
    record = logging.makeLogRecord({"msg": "x", "sender": "ana@muni.example"})
    assert KeyValueFormatter("hash", b"one").format(record) != KeyValueFormatter("hash", b"two").format(record)


def test_a_message_id_stays_whole_for_whoever_looks_for_it() -> None:
    assert line(message_id="<a.1@mail.muni.example>").endswith("message_id=<a.1@mail.muni.example>\n")


def test_a_traceback_stays_in_its_line_and_hides_addresses_too() -> None:
    out = io.StringIO()
    start_log(to=out)
    try:
        raise ValueError("ana@muni.example")
    except ValueError:
        logging.getLogger("maild").exception("mail-parked", extra={"mail": 3})
    text = out.getvalue()
    assert text.count("\n") == 1
    assert "mail=3" in text
    assert "ValueError" in text
    assert "ana@muni.example" not in text


def test_under_systemd_a_line_begins_with_its_priority_and_leaves_the_time_to_the_journal() -> None:
    formatter = KeyValueFormatter(journal=True)
    record = logging.makeLogRecord({"msg": "login-refused", "name": "maild", "levelno": logging.ERROR})
    assert formatter.format(record) == "<3>maild: login-refused"


def test_libraries_that_would_write_whole_mails_stay_quiet_even_at_debug() -> None:
    out = io.StringIO()
    start_log("debug", to=out)
    logging.getLogger("imapclient.imaplib").debug("the whole mail")
    logging.getLogger("maild.intake").debug("looked")
    assert "whole mail" not in out.getvalue()
    assert "looked" in out.getvalue()


@given(st.text(), st.text())
def test_no_text_breaks_a_line_in_two(event: str, fact: str) -> None:
    record = logging.makeLogRecord({"msg": event.replace("%", ""), "fact": fact})
    written = KeyValueFormatter().format(record)
    assert len(written.splitlines()) == 1
    assert written.isprintable()
