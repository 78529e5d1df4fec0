"""Tables as files for a spreadsheet. What people wrote never becomes a formula there. The only home of XlsxWriter."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from maild.core.past import Cell
from maild.mail.compose.tables import Table

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST_NAME = 31
_LONGEST_CELL = 16_000  # 32 767 in UTF-16
# Excel counts the letters of a name in UTF-16: those beyond its first plane, which count twice, stay out of it.
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f'\ud800-\udfff\ufffe-\U0010ffff]")
# With these a spreadsheet takes a cell of a CSV file for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What XML 1.0 cannot say (§2.2), and tabs and line ends that a cell does not show.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def xlsx(tables: Sequence[Table]) -> bytes:
    """One sheet for each table: its title, its definition, its columns, its rows. Numbers stay numbers."""
    import xlsxwriter  # slow to import, and only digests and reports want it

    out = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, plain) as book:
        bold = book.add_format({"bold": True})
        taken: set[str] = set()
        for table in tables:
            sheet = book.add_worksheet(_sheet_name(table.title, taken))
            sheet.write_string(0, 0, _clean(table.title), bold)
            sheet.write_string(1, 0, _clean(table.note))
            for at, column in enumerate(table.columns):
                sheet.write_string(2, at, _clean(column), bold)
            sheet.set_column(0, 0, 44)
            for line, row in enumerate(table.rows, 3):
                for at, cell in enumerate(row):
                    if isinstance(cell, int | float):
                        sheet.write_number(line, at, cell)
                    elif cell is not None:
                        sheet.write_string(line, at, _clean(cell))
        if not tables:
            book.add_worksheet()
    return out.getvalue()


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text)[:_LONGEST_CELL]


def _sheet_name(title: str, taken: set[str]) -> str:
    """A name that Excel takes: short, without its signs, none twice."""
    base = _FORBIDDEN.sub(" ", title).strip()[:_LONGEST_NAME] or "-"
    name, number = base, 2
    while name.lower() in taken:
        name, number = f"{base[: _LONGEST_NAME - 4]} {number}", number + 1
    taken.add(name.lower())
    return name


def csv_of(tables: Sequence[Table]) -> bytes:
    """All tables one below the other, UTF-8 with the mark by which Excel knows it (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out)
    for table in tables:
        writer.writerow([_safe(table.title), _safe(table.note)])
        writer.writerow([_safe(column) for column in table.columns])
        writer.writerows([[_safe(cell) for cell in row] for row in table.rows])
        writer.writerow([])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def _safe(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell
