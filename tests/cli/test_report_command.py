"""`maild report`: numbers that an independent count confirms, formats that open, cells that never become formulas."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl

from maild.core import report
from maild.core.figures import Period
from maild.core.past import Past, Report
from maild.store import eventlog
from tests.cli.desk import Desk


def tables(desk: Desk, period: str) -> dict[str, dict[str, Any]]:
    code, out, err = desk.maild("report", period, "--json")
    assert code == 0, err
    return {line["key"]: line for line in map(json.loads, out.splitlines())}


def a_day(desk: Desk) -> str:
    """Three tickets, one of them done and one called like a formula."""
    desk.mail("rosa@entidad.example", "No imprime")
    desk.mail("rosa@entidad.example", '=HYPERLINK("http://x.example")')
    desk.mail("rosa@entidad.example", "Sin red")
    assert desk.maild("do", "1", "#tomar", "--as", "luis")[0] == 0
    assert desk.maild("do", "1", "#resuelto Se cambió el tóner", "--as", "luis")[0] == 0
    assert desk.maild("do", "1", "#conforme", "--as", "rosa")[0] == 0
    return datetime.now(UTC).date().isoformat()


def test_the_summary_counts_what_happened(desk: Desk) -> None:
    a_day(desk)
    year = str(datetime.now(UTC).year)
    found = tables(desk, year)
    summary = {row[0]: row[1] for row in found["summary"]["rows"]}
    assert (summary["opened"], summary["closed"], summary["open"]) == (3, 1, 2)
    assert sum(row[1] for row in found["states"]["rows"]) == 2
    assert sum(row[1] for row in found["types"]["rows"]) == 3


def test_a_period_that_is_over_says_the_same_whatever_happens_later(desk: Desk) -> None:
    a_day(desk)

    def as_of(moment: datetime) -> Report:
        """The report of a period that ends at this very moment."""
        house = desk.open()
        try:
            book = house.desk.office.book
            since = moment - timedelta(days=30)
            kinds = {key: state.kind for key, state in book.states.items()}
            with house.database.write() as tx:
                past = Past(book, Period(since, moment, kinds), eventlog.lives(tx, since, moment))
            return report.report(past)
        finally:
            house.close()

    end = datetime.now(UTC)
    before = as_of(end)
    for number in ("2", "3"):
        assert desk.maild("do", number, "#anular ya no", "--as", "maria")[0] == 0
    desk.mail("rosa@entidad.example", "Otra cosa")
    assert as_of(end) == before
    assert as_of(datetime.now(UTC)) != before


def test_a_workbook_opens_and_nothing_in_it_is_a_formula(desk: Desk, tmp_path: Path) -> None:
    a_day(desk)
    file = tmp_path / "reporte.xlsx"
    assert desk.maild("report", str(datetime.now(UTC).year), "--format", "xlsx", "-o", str(file))[0] == 0
    book = openpyxl.load_workbook(file)
    assert "Resumen" in book.sheetnames
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)


def test_csv_and_pages_say_the_same(desk: Desk, tmp_path: Path) -> None:
    a_day(desk)
    year = str(datetime.now(UTC).year)
    files = {}
    for kind in ("csv", "html", "text", "json"):
        files[kind] = tmp_path / f"reporte.{kind}"
        assert desk.maild("report", year, "--format", kind, "-o", str(files[kind]))[0] == 0
    rows = list(csv.reader(io.StringIO(files["csv"].read_text("utf-8-sig"))))
    assert ["Registradas", "3", "0"] in rows
    assert "Registradas" in files["html"].read_text() and "<svg" not in files["html"].read_text()
    assert "RESUMEN" in files["text"].read_text()


def test_what_is_no_period_is_said(desk: Desk) -> None:
    code, _, err = desk.maild("report", "octubre")
    assert code == 2
    assert "2026-10" in err
