"""What there is to choose from in an institution: services, levels and why one goes up, documents, channels, indicators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from maild.core.worktime import Span


@dataclass(frozen=True, slots=True)
class Channel:
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Service:
    """One row of the catalogue. `number` as it counts, `printed` as the document prints it where that is a slip."""

    key: str
    name: str
    category: str = ""
    number: str = ""
    printed: str = ""
    type: str = ""
    priority: str = ""
    asks: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    key: str
    label: str
    role: str
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Macro:
    """Orders and words under one name."""

    orders: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """Why a ticket may go up to `level` (the keys of the matrix); `text` word by word."""

    key: str
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the procedures: one that people attach, or (`form`) one that the desk numbers and makes out."""

    key: str
    label: str
    form: bool = False
    heading: str = ""
    fields: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    note: str = ""
    numbering: Literal["", "year"] = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Indicator:
    """A figure of the institution's own, its printed formula, and how it is counted.

    What some counts are about: tickets of one `type`; `facts`; a `state`; `clocks`; a `closing`; a `target` for the time taken.
    """

    key: str
    name: str
    formula: str = ""
    computed: str = ""
    type: str = ""
    facts: tuple[str, ...] = ()
    state: str = ""
    clocks: tuple[str, ...] = ()
    closing: str = ""
    target: Span | None = None


ColumnKind = Literal["text", "date", "person"]


@dataclass(frozen=True, slots=True)
class Column:
    """`also`: folded words by which people call it; `unique`: no two rows may have the same."""

    key: str
    kind: ColumnKind = "text"
    also: tuple[str, ...] = ()
    required: bool = True
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A list that people send: the columns that it must or may have."""

    key: str
    columns: tuple[Column, ...]
