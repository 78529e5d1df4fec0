"""Spreadsheets of figures: what people wrote is text there, whatever it begins with."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.mail.compose import workbook
from maild.mail.compose.tables import Table, as_html, as_text

NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", " =1", "https://x.example", "{=1}", "\x00=1", "a" * 40_000]


def table(words: str) -> Table:
    return Table(words, words, (words, "N°"), ((words, 3), ("b", 1)), 1)


@pytest.mark.parametrize("words", NASTY)
def test_no_cell_of_a_workbook_is_a_formula_or_a_link(words: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.xlsx([table(words), table(words)])))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)


@pytest.mark.parametrize("words", NASTY[:7])
def test_no_cell_of_a_csv_begins_a_formula(words: str) -> None:
    rows = csv.reader(io.StringIO(workbook.csv_of([table(words)]).decode("utf-8-sig")))
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "＝")) for row in rows for cell in row)


@given(st.text(max_size=60))
def test_titles_of_any_kind_become_sheets_pages_and_text(words: str) -> None:
    tables = [table(words), table(words)]
    assert len(openpyxl.load_workbook(io.BytesIO(workbook.xlsx(tables))).sheetnames) == 2
    assert "<script" not in as_html(tables, "mesa@entidad.example").lower().replace("&lt;script", "")
    assert "█" * 20 in as_text(tables)
