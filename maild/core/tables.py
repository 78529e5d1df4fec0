"""Lists that people send as tables: read by the columns that the institution names, every mistake told with its line and column.

All of a table counts or none: a schedule of which a part was taken would be known whole to nobody.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from maild.core.catalogue import Column, ColumnKind, Table
from maild.core.office import Office
from maild.core.values import Reason, because
from maild.core.words import fold

_MARKS = (";", "\t", ",")
_MOST_ROWS = 2000
_MOST_CHARACTERS = 200_000
_LONGEST_LINE = 4000
_MOST_TOLD = 20
_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")


@dataclass(frozen=True, slots=True)
class Read:
    """`text`: the table as the engine reads it again (said.rows), dates as 2026-11-30, people by their address.

    `problems`: one for each mistake.
    """

    text: str = ""
    problems: tuple[Reason, ...] = ()


@dataclass(slots=True)
class _Sheet:
    """A table as it stands in a text: its mark, which columns stand where, and its rows with the numbers of their lines."""

    head: tuple[str, ...]
    line: int
    mark: str
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    cut: bool = False


def read(texts: Iterable[str], table: Table, office: Office) -> Read:
    """The first of these texts that holds the table (in the mail, then in its files); none of them: nothing at all."""
    sheets = [sheet for text in texts if (sheet := _sheet(text, table)) is not None]
    if not sheets:
        return Read()
    problems = list(_problems(sheets[0], table, office))
    if problems:
        more = (because("row-more", count=len(problems) - _MOST_TOLD),) if len(problems) > _MOST_TOLD else ()
        return Read(problems=(*problems[:_MOST_TOLD], *more))
    return Read(_written(sheets[0], table, office))


# -- finding ----------------------------------------------------------------------------------------------------------


def _sheet(text: str, table: Table) -> _Sheet | None:
    """The table: from the first line that names at least two of its columns to the first line that parts nothing."""
    lines = text[:_MOST_CHARACTERS].splitlines()
    for mark in _MARKS:
        for at, line in enumerate(lines):
            head = _keys(_cells(line, mark), table) if mark in line else ()
            if sum(bool(key) for key in head) > 1:
                return _with_rows(_Sheet(head, at + 1, mark), lines[at + 1 :])
    return None


def _with_rows(sheet: _Sheet, lines: list[str]) -> _Sheet:
    for number, line in enumerate(lines, sheet.line + 1):
        if not line.strip() or not line.strip(sheet.mark + " "):
            continue
        if sheet.mark not in line:
            break  # the words that follow it
        if len(sheet.rows) == _MOST_ROWS:
            sheet.cut = True
            break
        sheet.rows.append((number, _cells(line, sheet.mark)))
    return sheet


def _cells(line: str, mark: str) -> list[str]:
    """The cells of one line; what stands in quotation marks may hold the mark."""
    with suppress(csv.Error):
        return [cell.strip() for cell in next(csv.reader([line[:_LONGEST_LINE]], delimiter=mark), [])]
    return [cell.strip() for cell in line[:_LONGEST_LINE].split(mark)]


def _keys(names: list[str], table: Table) -> tuple[str, ...]:
    """Which column each name stands for; '' for one that nobody asked for."""
    known = {name: column.key for column in table.columns for name in (fold(column.key), *column.also)}
    return tuple(known.get(fold(name).strip(), "") for name in names)


# -- judging ----------------------------------------------------------------------------------------------------------


def _problems(sheet: _Sheet, table: Table, office: Office) -> Iterator[Reason]:
    missing = [c.key for c in table.columns if c.required and c.key not in sheet.head]
    if missing:
        yield because("row-no-column", line=sheet.line, column=", ".join(missing))
        return
    if not sheet.rows:
        yield because("row-none", line=sheet.line)
    if sheet.cut:
        yield because("row-too-many", most=_MOST_ROWS)
    seen: dict[tuple[str, str], int] = {}
    for line, cells in sheet.rows:
        if any(cells[len(sheet.head) :]):
            yield because("row-too-long", line=line, cells=len(cells), columns=len(sheet.head), mark=sheet.mark)
            continue
        row = dict(zip(sheet.head, cells, strict=False))
        for column in table.columns:
            value = row.get(column.key, "")
            yield from _cell(line, column, value, office)
            if column.unique and value:
                first = seen.setdefault((column.key, fold(value)), line)
                if first != line:
                    yield because("row-twice", line=line, column=column.key, words=value, first=first)


def _cell(line: int, column: Column, value: str, office: Office) -> Iterator[Reason]:
    if not value:
        if column.required:
            yield because("row-empty", line=line, column=column.key)
    elif column.kind == "date" and day(value) is None:
        yield because("row-no-date", line=line, column=column.key, words=value)
    elif column.kind == "person":
        found = office.find_person(value)
        if len(found) > 1:
            people = ", ".join(person.address for person in found[:5])
            yield because("row-which-person", line=line, column=column.key, words=value, people=people)
        elif not found and "@" not in value:
            yield because("row-no-person", line=line, column=column.key, words=value)


def day(text: str) -> date | None:
    """2026-11-30, 30/11/2026, 30-11-26."""
    with suppress(ValueError):
        return date.fromisoformat(text)
    found = _DATE.fullmatch(text)
    if found:
        year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
        with suppress(ValueError):
            return date(year, int(found[2]), int(found[1]))
    return None


def _written(sheet: _Sheet, table: Table, office: Office) -> str:
    """The columns that are known, parted by semicolons, which no cell holds any more."""
    kinds: Mapping[str, ColumnKind] = {column.key: column.kind for column in table.columns}
    keys = [key for key in sheet.head if key]
    lines = [";".join(keys)]
    for _, cells in sheet.rows:
        row = dict(zip(sheet.head, (*cells, *("" for _ in sheet.head)), strict=False))
        lines.append(";".join(_said(row[key], kinds[key], office) for key in keys))
    return "\n".join(lines)


def _said(value: str, kind: ColumnKind, office: Office) -> str:
    """A day and a person as the engine knows them."""
    if kind == "person" and len(found := office.find_person(value)) == 1:
        return found[0].address
    if kind == "date" and (told := day(value)) is not None:
        return told.isoformat()
    return value.replace(";", ",")
