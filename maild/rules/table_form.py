"""The lists that people send, as documents.toml says them."""

from __future__ import annotations

from maild.core.catalogue import ColumnKind
from maild.forms import Field, Form


class ColumnForm(Form):
    kind: ColumnKind = "text"
    also: tuple[str, ...] = ()
    required: bool = True
    unique: bool = False


class TableForm(Form):
    column: dict[str, ColumnForm]


class TablesForm(Form):
    table: dict[str, TableForm] = Field(default={})
