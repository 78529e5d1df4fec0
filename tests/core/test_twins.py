"""The same mail again, another mail with its id, and what is neither (RELIABILITY §4.2)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from maild.core.twins import Verdict, judge
from maild.core.values import Mail, Sender


@dataclass(frozen=True)
class Earlier:
    id: int
    canonical: str
    sender: str
    ticket: int
    subject: str = "No imprime"


def mail(
    canonical: str = "a", message_id: str = "uno@x.test", sender: str = "ana@x.test", subject: str = "No imprime"
) -> Mail:
    return Mail(Sender(sender), message_id=message_id, canonical=canonical, subject=subject)


def test_a_mail_without_twins_is_new() -> None:
    assert judge(mail(), []) == Verdict("new")


def test_the_same_content_from_the_same_sender_is_a_duplicate_of_the_oldest() -> None:
    twins = [Earlier(1, "a", "ana@x.test", 7), Earlier(2, "a", "ana@x.test", 7)]
    assert judge(mail(), twins) == Verdict("duplicate", 1, 7)


def test_the_same_id_with_other_content_joins_the_ticket_of_the_first() -> None:
    assert judge(mail("b"), [Earlier(1, "a", "ana@x.test", 7)]) == Verdict("variant", 1, 7)


def test_somebody_elses_id_swallows_no_mail() -> None:
    assert judge(mail(), [Earlier(1, "a", "eve@x.test", 7)]) == Verdict("conflict", 1)


def test_a_twin_of_ones_own_counts_even_behind_somebody_elses() -> None:
    twins = [Earlier(1, "z", "eve@x.test", 3), Earlier(2, "a", "ana@x.test", 7)]
    assert judge(mail(), twins) == Verdict("duplicate", 2, 7)


def test_without_an_id_only_the_same_content_is_the_same_mail() -> None:
    assert judge(mail("a", ""), [Earlier(1, "a", "ana@x.test", 7)]).kind == "duplicate"
    assert judge(mail("b", ""), [Earlier(1, "a", "ana@x.test", 7)]) == Verdict("new")


def test_a_twin_that_opened_nothing_leaves_the_mail_to_be_told_apart() -> None:
    assert judge(mail("b"), [Earlier(1, "a", "ana@x.test", 0)]).kind == "conflict"


@pytest.mark.parametrize("later", ["[lista-oti] No imprime", "RE: [EXTERNO] No imprime", "no imprime"])
def test_a_list_may_change_what_stands_before_the_subject(later: str) -> None:
    assert judge(mail("b", subject=later), [Earlier(1, "a", "ana@x.test", 7)]).kind == "variant"


@pytest.mark.parametrize("later", ["Sin red en el piso 3", "", "No imprime nada"])
def test_a_device_that_gives_all_its_mails_one_id_loses_none_of_them(later: str) -> None:
    assert judge(mail("b", subject=later), [Earlier(1, "a", "ana@x.test", 7)]) == Verdict("conflict", 1)
