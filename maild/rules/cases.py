"""The examples of a folder, tried on its own rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from maild.core.places import Words
from maild.core.rulebook import Rulebook
from maild.core.sorting import sort
from maild.errors import Problem
from maild.forms import fill, read_toml
from maild.rules.files import CasesFile

_FILE = "cases.toml"


def problems(book: Rulebook, folder: Path) -> Iterator[Problem]:
    """Every example that came out otherwise than the folder says."""
    if not (folder / _FILE).is_file():
        return
    data, found = read_toml(folder / _FILE, _FILE)
    form, wrong = fill(CasesFile, data, _FILE) if data is not None else (None, [])
    yield from (*found, *wrong)
    for key, case in form.case.items() if form else ():
        made = sort(Words(case.subject, case.text), book)
        service = made.service
        seen = {
            "type": made.type,
            "procedure": book.opening[made.type],
            "service": service.key if service else "",
            "category": service.category if service else "",
            "subcategory": service.name if service else "",
            "priority": made.priority,
        }
        for name, value in seen.items():
            wanted = getattr(case, name)
            if name in case.model_fields_set and wanted != value:
                yield Problem(_FILE, f"case.{key}.{name}", f"se esperaba «{wanted}» y sale «{value}»")
