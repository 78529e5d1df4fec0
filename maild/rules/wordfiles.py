"""words.toml as a form: what people answer without orders, and how verbs are conjugated."""

from __future__ import annotations

from typing import Literal

from maild.forms import Field, Form
from maild.rules.files import Names


class AnswerForm(Form):
    words: tuple[str, ...]
    verb: str = ""
    asked: tuple[str, ...] = ()
    who: Names = ()
    goes_on: Literal["", "any", "loud"] = ""


class MacroForm(Form):
    orders: str
    text: str = ""


class MacrosFile(Form):
    macro: dict[str, MacroForm] = Field(default={})


class WordsFile(Form):
    """`endings`: those of each conjugation, for the stems of verbs; `polite`: words that say nothing beside an order;
    `value`: other words for the values of decisions."""

    answer: dict[str, AnswerForm]
    endings: dict[str, tuple[str, ...]] = Field(default={})
    polite: tuple[str, ...] = ()
    value: dict[str, tuple[str, ...]] = Field(default={})
