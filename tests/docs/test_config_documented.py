"""config.example.toml is the reference: it names every key with its true default, and docs/config.md says the same."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from maild.config import ConfigForm, load
from maild.forms import Form, fill
from tests.docs.config_page import EXAMPLE, PAGE, entries, page

TEXT = EXAMPLE.read_text("utf-8")
TABLES = [name for name in ConfigForm.model_fields if name != "mailbox"] + ["mailbox"]


def form_of(table: str) -> type[Form]:
    from maild.config import tables

    found: type[Form] = getattr(tables, table.capitalize())
    assert issubclass(found, Form)
    return found


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(TEXT)
    (tmp_path / "people.toml").write_text("")
    assert load(tmp_path / "config.toml").mailboxes[0].host == "imap.entidad.example"


def test_the_tables_are_those_of_the_program() -> None:
    assert set(tomllib.loads(TEXT)) == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_every_key_is_there_once_and_none_that_is_not_ours(table: str) -> None:
    named = [entry.key for entry in entries(TEXT) if entry.table == table]
    assert sorted(named) == sorted(form_of(table).model_fields)


@pytest.mark.parametrize("table", TABLES)
def test_what_stands_without_a_number_sign_is_required_or_the_true_default(table: str) -> None:
    form = form_of(table)
    required = {name: field for name, field in form.model_fields.items() if field.is_required()}
    written = tomllib.loads(TEXT)[table]
    assert set(required) <= set(written)
    needed = {key: written[key] for key in required}
    defaults, wrong = fill(form, needed, "defaults")
    example, also_wrong = fill(form, written, "example")
    assert (wrong, also_wrong) == ([], [])
    assert example == defaults


def test_a_key_behind_a_number_sign_has_no_default_and_shows_one_that_is_accepted() -> None:
    for entry in entries(TEXT):
        if entry.shown:
            field = form_of(entry.table).model_fields[entry.key]
            assert field.default is None, entry
            value: dict[str, Any] = tomllib.loads(f"{entry.key} = {entry.value}")
            needed = {k: v for k, v in tomllib.loads(TEXT)[entry.table].items() if k != entry.key}
            if entry.key == "token_file":
                needed["auth"] = "xoauth2"
            assert fill(form_of(entry.table), {**needed, **value}, "example")[1] == [], entry


def test_every_table_opens_with_words_and_every_key_is_explained_in_both_languages_or_beside_one_that_is() -> None:
    unexplained = 0
    for entry in entries(TEXT):
        unexplained = 0 if entry.comment else unexplained + 1
        # Keys that belong together share one comment: password_file and its kin, the three parser limits.
        assert unexplained <= 4, entry


def test_the_page_is_made_from_the_example() -> None:
    written = PAGE.read_text("utf-8")
    assert written == page(written, TEXT), "python -m tests.docs.config_page writes it anew"
