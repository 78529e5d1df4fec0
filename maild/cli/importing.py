"""`maild import`: people from a table (CSV) that another system gave, as the people.toml that maild reads; a schedule for a ticket."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.errors import Problem, UsageError

_WRONG = 78
# What the columns may be called, folded. Several values in one cell are parted by semicolons or slashes.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "key": ("clave", "usuario", "login"),
    "address": ("correo", "email", "e-mail", "mail", "direccion"),
    "name": ("nombre", "nombres", "apellidos y nombres", "full name"),
    "role": ("funcion", "rol", "cargo"),
    "aliases": ("otros correos", "alias"),
    "unit": ("unidad",),
    "area": ("oficina", "dependencia", "organo"),
    "site": ("sede", "local"),
    "level": ("nivel",),
    "chief_of": ("jefe de", "jefatura de", "representante de"),
    "language": ("idioma",),
    "absent_from": ("ausente desde",),
    "absent_until": ("ausente hasta",),
    "deputy": ("reemplazo", "suplente"),
}
_DATES = ("absent_from", "absent_until")
_LISTS = ("aliases", "chief_of")
_NEEDED = ("address", "name", "role")


@click.group("import")
def importing() -> None:
    """Trae datos de otros sistemas / brings data from other systems."""


@importing.command()
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="ARCHIVO.csv")
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path),
    metavar="people.toml",
    help="Dónde escribirlo; si falta, en la pantalla.",
)
@json_option
def people(table: Path, target: Path | None, as_json: bool) -> int:
    """Convierte una tabla de personas (CSV) en people.toml. No sobrescribe. / Turns a table of people into people.toml."""
    out = Output(as_json)
    rows, problems = _read(table)
    if problems:
        out.problems(problems)
        return _WRONG
    text = "\n".join(_block(row) for row in rows)
    if target is None:
        click.echo(text)
    elif target.exists():
        raise UsageError(f"{target} ya existe; bórrelo o escriba en otro archivo")
    else:
        target.write_text(text, encoding="utf-8")
        out.tell(f"{len(rows)} personas en {target} / people written", "green")
    out.line({"people": len(rows)})
    return 0


@importing.command()
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="CRONOGRAMA.csv")
@click.argument("which", metavar="TICKET")
@click.option("--as", "who", required=True, metavar="PERSONA", help="Clave, dirección o nombre / key, address or name.")
@click.option(
    "--order", default="programa", show_default=True, help="La orden que espera la relación / the order that awaits it."
)
@click.option("--dry-run", is_flag=True, help="Solo dice qué pasaría / only says what would happen.")
@json_option
@pass_call
def schedule(call: Call, table: Path, which: str, who: str, order: str, dry_run: bool, as_json: bool) -> int:
    """Entrega un cronograma (CSV) a la solicitud que lo espera, como si llegara por correo. / Hands a schedule to the ticket
    that awaits it, as if it had come by mail. Wrong rows are told with line and column, and none is taken."""
    from maild.cli.do import give

    return give(call, which, f"#{order.lstrip('#')}", who, _text(table), dry_run=dry_run, out=Output(as_json))


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")  # what spreadsheets of Windows save


def _read(path: Path) -> tuple[list[dict[str, str]], list[Problem]]:
    lines = _text(path).splitlines()
    mark = max(";,\t", key=lambda m: lines[0].count(m)) if lines else ","
    rows = list(csv.reader(lines, delimiter=mark))
    names = [_column(name) for name in (rows[0] if rows else [])]
    problems = [Problem(path.name, "1", f"falta la columna «{need}»") for need in _NEEDED if need not in names]
    found, keys = [], set[str]()
    for number, cells in enumerate(rows[1:], 2):
        row = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name and cell.strip()}
        if not row:
            continue
        problems += [
            Problem(path.name, str(number), f"falta «{need}»") for need in _NEEDED if need not in row and need in names
        ]
        for name in _DATES:
            if name in row and (day := _day(row[name])) is not None:
                row[name] = day.isoformat()
            elif name in row:
                problems.append(
                    Problem(path.name, str(number), f"«{row[name]}» no es una fecha; escriba 2026-12-31 o 31/12/2026")
                )
        key = _key(row)
        row["key"] = key if key not in keys else f"{key}{number}"
        keys.add(row["key"])
        found.append(row)
    return found, problems


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"):
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
    return None


def _column(name: str) -> str:
    folded = _folded(name).strip()
    return next((key for key, others in _COLUMNS.items() if folded == key or folded in others), "")


def _folded(text: str) -> str:
    bare = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def _key(row: Mapping[str, str]) -> str:
    words = row.get("key") or row.get("address", "").partition("@")[0]
    return re.sub(r"[^a-z0-9_-]+", "-", _folded(words)).strip("-") or "persona"


def _block(row: Mapping[str, str]) -> str:
    return "\n".join((f"[person.{row['key']}]", *_lines(row), ""))


def _lines(row: Mapping[str, str]) -> Iterator[str]:
    for name in _COLUMNS:
        value = row.get(name)
        if not value or name == "key":
            continue
        if name in _LISTS:
            parts = [part.strip() for part in re.split(r"[;/]", value) if part.strip()]
            yield f"{name} = {json.dumps(parts, ensure_ascii=False)}"
        elif name in _DATES:
            yield f"{name} = {value}"
        else:
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}"
