"""The acceptance subjects of the grammar: what a technician types is the order he means, and what is no order stays text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from maild.core import orders
from maild.core.strict import Strict, lexicon
from maild.core.values import Assurance, Mail, Sender
from maild.mail.parse import parse
from tests.orders.replies import DATA
from tests.orders.talk import NOW, STANDS, author, book, heard, marked, office, plain, said, ticket

CASES: list[dict[str, Any]] = json.loads((DATA / "acceptance.json").read_text("utf-8"))
REPLIES: list[dict[str, Any]] = json.loads((DATA / "replies.json").read_text("utf-8"))
TITLE = "Impresora no imprime"


def read(
    subject: str, text: str = "", *, stand: str = "queue", who: str = "marta", title: str = TITLE
) -> list[orders.Order]:
    """The orders of a reply on a ticket in a queue, by somebody of the desk who proved himself."""
    at = office(STANDS[stand], "HD")
    of, by = ticket(STANDS[stand], title), author(STANDS[stand], who)
    forward = subject.startswith(("RV:", "FW:"))
    fits = None if forward else Strict(at, of, by, at.standing(by, of), NOW)
    return list(orders.read(subject, title, text, lexicon(at.book), "HD", fits=fits))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["subject"]))
def test_what_is_meant_is_read(case: dict[str, Any]) -> None:
    if case.get("new"):  # no ticket: without its sign nothing is an order
        assert orders.read(case["subject"], "", "", lexicon(book("base")), "HD") == ()
        return
    found = read(case["subject"], case.get("text", ""))
    assert [said(order) for order in found] == [plain(order) for order in case["orders"]]
    assert any(order.corrected for order in found) == case.get("corrected", False)


@pytest.mark.parametrize("case", [c for c in CASES if "refused" in c], ids=lambda case: str(case["subject"]))
def test_what_cannot_be_done_is_refused(case: dict[str, Any]) -> None:
    mail = Mail(Sender("marta@entidad.test"), subject=case["subject"])
    assert heard(mail, STANDS["queue"], "marta", TITLE, "HD") == ["!" + case["refused"]]


@pytest.mark.parametrize("case", REPLIES, ids=lambda case: str(case["file"]))
def test_a_reply_of_any_mail_program_is_heard_as_it_is_meant(case: dict[str, Any]) -> None:
    mail = parse((DATA / "replies" / case["file"]).read_bytes())
    meant = [order if order.startswith("!") else plain(order) for order in case["orders"]]
    assert heard(mail, STANDS[case["stand"]], case["who"]) == meant


def test_a_word_without_its_sign_is_text_where_nobody_proved_who_writes() -> None:
    stand = STANDS["queue"]
    at, of, by = office(stand), ticket(stand, TITLE), author(stand, "luis", Assurance.A1)
    fits = Strict(at, of, by, at.standing(by, of), NOW)
    assert orders.read(f"RE: [{marked(stand)}] tomar", TITLE, "", lexicon(at.book), at.book.mark_key, fits=fits) == ()


def test_a_word_that_is_put_right_is_said() -> None:
    (order,) = read("RE: [HD-123-P] #asginar luis")
    assert (order.word, order.verb, order.corrected) == ("asginar", "asignar", True)


@pytest.mark.parametrize("word", ["resueltto", "aprovar", "anulra", "concluidoo", "procde"])
def test_what_asks_or_ends_something_is_never_done_on_a_guess(word: str) -> None:
    found = read(f"RE: [HD-123-P] #{word}")
    assert [order.verb for order in found] == [""]


def test_two_slips_are_asked_with_the_choices() -> None:
    (order,) = read("RE: [HD-123-P] #asgnarr luis")
    assert (order.verb, order.guess) == ("", "asignar")
