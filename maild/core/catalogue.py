"""What there is to choose from in an institution: services, levels and why one goes up, documents, channels, indicators."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from maild.core.words import fold


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
    when: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    key: str
    label: str
    role: str
    definition: str = ""


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
    key: str
    name: str
    formula: str = ""
    computed: str = ""
    type: str = ""


def proposed(words: str, services: Iterable[Service]) -> Service | None:
    """The service whose words (`when`) stand in a mail; the longest say most. None: nothing in the catalogue fits."""
    told = [(phrase, service) for service in services for phrase in service.when]
    said = f" {_bare(words)} " if told else ""
    found = [(len(phrase), service) for phrase, service in told if f" {_bare(phrase)} " in said]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _bare(words: str) -> str:
    """Folded words with single spaces between them, without punctuation."""
    return " ".join("".join(c if c.isalnum() else " " for c in fold(words)).split())


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
