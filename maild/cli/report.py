"""`maild report`: the figures and indicators of a period, as data, for a spreadsheet, or as a page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output
from maild.cli.shown import opened, visible
from maild.core import periods
from maild.errors import UsageError

if TYPE_CHECKING:
    from maild.core.past import Report
    from maild.core.periods import Days
    from maild.house import House
    from maild.mail.compose.tables import Table

_FORMATS = ("text", "json", "csv", "xlsx", "html")


@click.command()
@click.argument("period", metavar="[PERIODO]", default="")
@click.option("--format", "kind", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Lo mismo que --format json / the same as --format json.")
@click.option("-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), metavar="ARCHIVO")
@click.option("--language", type=click.Choice(["es", "en"]), help="es, en; si falta, el de la mesa / else the desk's.")
@pass_call
def report(call: Call, period: str, kind: str, as_json: bool, file: Path | None, language: str | None) -> int:
    """Cifras de 2026-10-05, 2026-W41, 2026-10, 2026-T4 o 2026; sin PERIODO, el mes pasado. / Figures of a period.

    Un periodo que ya terminó da siempre los mismos números. / A period that is over gives the same numbers for ever.
    """
    from maild import reporting

    kind = "json" if as_json else kind
    with opened(call) as house:
        zone = house.desk.office.book.calendar.zone
        days = days_of(period) if period else periods.last("month", house.now().astimezone(zone).date())
        with house.database.write() as tx:
            found = reporting.of_period(tx, house.desk.office, days)
        tables = house.desk.composer.tables(found, language or house.config.desk.language)
        _write(kind, file, house, found, tables)
    return 0 if found.sections else 1


def days_of(period: str) -> Days:
    """The days that somebody typed. Raises UsageError for what is no period."""
    days = periods.read(period)
    if days is None:
        raise UsageError(f"«{visible(period)}» no es un periodo: escriba 2026-10-05, 2026-W41, 2026-10, 2026-T4 o 2026")
    return days


def _write(kind: str, file: Path | None, house: House, found: Report, tables: list[Table]) -> None:
    from maild.mail.compose import workbook
    from maild.mail.compose.tables import as_html, as_text

    out = Output(kind == "json")
    if kind == "json" and file is None:
        for line in lines(found, tables):
            out.line(line)
        return
    name = visible(house.config.desk.institution)
    match kind:
        case "xlsx":
            octets = workbook.xlsx(tables)
        case "csv":
            octets = workbook.csv_of(tables)
        case "html":
            octets = _page(name, as_html(tables, house.config.desk.address)).encode()
        case "json":
            import json

            octets = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines(found, tables)).encode()
        case _:
            octets = (as_text(tables) + "\n").encode()
    if file is not None:
        file.write_bytes(octets)
        out.say(f"{file}: {len(octets)} bytes")
    elif kind == "xlsx":
        raise UsageError("xlsx es un archivo: diga cuál con -o reporte.xlsx / say which file")
    else:
        sys.stdout.buffer.write(octets)


def lines(found: Report, tables: list[Table]) -> list[dict[str, Any]]:
    """One line for each table: keys that never change, and the words of a reader beside them."""
    since, until = found.since.isoformat(), found.until.isoformat()
    told = [s for s in found.sections if s.rows]
    return [
        {
            "since": since,
            "until": until,
            "key": section.key,
            "title": table.title,
            "formula": section.note,
            "columns": list(section.columns),
            "rows": [list(row) for row in section.rows],
        }
        for section, table in zip(told, tables, strict=True)
    ]


def _page(name: str, tables: str) -> str:
    from html import escape

    style = "font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem"
    return (
        f'<!doctype html><html lang="es"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{escape(name)}</title><body style="{style}"><h1>{escape(name)}</h1>{tables}</body></html>\n'
    )
