"""The examples of a folder, tried on its own rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from maild.core.openings import classified
from maild.core.rulebook import Rulebook
from maild.core.values import Address
from maild.errors import Problem
from maild.forms import fill, read_toml
from maild.rules.files import CasesFile

_FILE = "cases.toml"
_NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)


def problems(book: Rulebook, folder: Path) -> Iterator[Problem]:
    """Every example that came out otherwise than the folder says."""
    if not (folder / _FILE).is_file():
        return
    data, found = read_toml(folder / _FILE, _FILE)
    form, wrong = fill(CasesFile, data, _FILE) if data is not None else (None, [])
    yield from (*found, *wrong)
    for key, case in form.case.items() if form else ():
        ticket = classified(book, 1, case.subject, case.text, Address("alguien@entidad.example"), _NOW)
        seen = {
            "type": ticket.type,
            "procedure": book.opening[ticket.type],
            "service": ticket.service,
            "priority": ticket.priority,
        }
        for name, value in seen.items():
            wanted = getattr(case, name)
            if wanted and wanted != value:
                yield Problem(_FILE, f"case.{key}.{name}", f"se esperaba «{wanted}» y sale «{value}»")
