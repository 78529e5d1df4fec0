"""What a step may open, as its procedure says it."""

from __future__ import annotations

from typing import Literal

from maild.forms import Field, Form

Names = str | tuple[str, ...]


class ChildForm(Form):
    procedure: str
    type: str
    title: str
    at: str = ""
    each: Literal["", "rows"] = ""
    requester: str = "requester"
    assign: str = ""
    facts: tuple[str, ...] = ()
    start: Names = ()
    letters: dict[str, Names] = Field(default={})
    day: str = ""
    clock: str = ""
    ahead: str = ""
    once: str = ""
