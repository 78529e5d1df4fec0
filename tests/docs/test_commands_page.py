"""docs/commands.md is made of the rules, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from maild import rules
from maild.cli.commands import commands
from maild.config.shipped import shipped
from maild.core.orders import read
from maild.core.strict import lexicon
from maild.rules.card import markdown

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
BOOK = rules.load(shipped("rules") / "base")


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == markdown(BOOK), "make docs"


def test_the_command_writes_the_same_page() -> None:
    assert CliRunner().invoke(commands, ["base"]).output == markdown(BOOK)


PROFILES = sorted(
    p.parent.name for p in shipped("rules").glob("*/institution.toml") if not p.parent.name.startswith("_")
)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_order_is_told_in_both_languages(profile: str) -> None:
    book = rules.load(shipped("rules") / profile)
    assert [verb.key for verb in book.verbs.values() if set(verb.about) != {"es", "en"}] == []


def test_what_the_card_shows_is_the_order_it_explains() -> None:
    shown = [
        (verb.key, words) for verb in BOOK.verbs.values() for language, words in verb.card.items() if language != "also"
    ]
    assert len(shown) >= 20
    wrong = [
        words
        for key, words in shown
        if [order.verb for order in read(words, "", "", lexicon(BOOK), "MESA")][:1] != [key]
    ]
    assert wrong == []


def test_the_card_is_short_enough_to_be_pinned_up() -> None:
    spanish, _, english = markdown(BOOK).partition("## Todas")[0].partition("## On one card")
    assert max(len(spanish.splitlines()), len(english.splitlines())) <= 38
    assert max(len(line) for line in spanish.splitlines() if line.startswith("| `")) <= 110


def test_what_the_card_calls_another_word_for_an_order_is_one() -> None:
    words = [(verb.key, word) for verb in BOOK.verbs.values() for word in verb.card.get("also", "").split()]
    wrong = [word for key, word in words if [o.verb for o in read(f"#{word}", "", "", lexicon(BOOK), "MESA")] != [key]]
    assert wrong == []
