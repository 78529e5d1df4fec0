"""A rules folder becomes a Rulebook, or a list of everything that is wrong in it.

What a folder does not say about states, clocks, commands and words stands as in `base` beside it; what it says goes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from maild.core.rulebook import Rulebook
from maild.errors import Problem, RulesError
from maild.forms import Form, fill, read_toml
from maild.rules import files
from maild.rules.build import Sources, build

_SHARED: Mapping[str, type[Form]] = {
    "states.toml": files.StatesFile,
    "clocks.toml": files.ClocksFile,
    "commands.toml": files.CommandsFile,
    "words.toml": files.WordsFile,
    "calendar.toml": files.CalendarFile,
}


def load(folder: Path, *, zone: str = "America/Lima", mark: str = "") -> Rulebook:
    """The rulebook of a folder. `zone` is where its working hours are meant, `mark` replaces the institution's key.

    Raises RulesError with every problem, each naming file, key and remedy.
    """
    if not folder.is_dir():
        known = sorted(p.name for p in folder.parent.iterdir() if p.is_dir()) if folder.parent.is_dir() else []
        hint = f"; las que hay: {', '.join(known)}" if known else ""
        raise RulesError([Problem(folder.name, "", f"no existe la carpeta de reglas{hint}")])
    problems: list[Problem] = []
    institution = _form(
        files.InstitutionFile, _read(folder, "institution.toml", problems), "institution.toml", problems
    )
    shared = {name: _form(form, _layered(folder, name, problems), name, problems) for name, form in _SHARED.items()}
    procedures = _procedures(folder, problems)
    if problems or institution is None:
        raise RulesError(problems)
    sources = Sources(
        institution=institution,
        states=shared["states.toml"],
        clocks=shared["clocks.toml"],
        commands=shared["commands.toml"],
        words=shared["words.toml"],
        calendar=shared["calendar.toml"],
        procedures=procedures,
        zone=ZoneInfo(zone),
        mark=mark,
    )
    book, found = build(sources)
    if found:
        raise RulesError(found)
    return book


def _read(folder: Path, name: str, problems: list[Problem]) -> dict[str, Any]:
    data, found = read_toml(folder / name, name)
    problems.extend(found)
    return data or {}


def _layered(folder: Path, name: str, problems: list[Problem]) -> dict[str, Any]:
    """The file of the folder laid over the one of `base`, block by block."""
    base = folder.parent / "base"
    merged: dict[str, Any] = {}
    for place in (base, folder) if base != folder else (folder,):
        if place == folder and base != folder and not (folder / name).is_file():
            continue
        for table, blocks in _read(place, name, problems).items():
            both = isinstance(blocks, dict) and isinstance(merged.get(table), dict)
            merged[table] = {**merged[table], **blocks} if both else blocks
    return merged


def _form(form: type[Form], data: dict[str, Any], name: str, problems: list[Problem]) -> Any:
    if not data and problems:
        return None
    filled, found = fill(form, data, name)
    problems.extend(found)
    return filled


def _procedures(folder: Path, problems: list[Problem]) -> dict[str, files.ProcedureFile]:
    found: dict[str, files.ProcedureFile] = {}
    for path in sorted((folder / "procedures").glob("*.toml")):
        name = f"procedures/{path.name}"
        data, wrong = read_toml(path, name)
        problems.extend(wrong)
        if data is None:
            continue
        form, wrong = fill(files.ProcedureFile, data, name)
        problems.extend(wrong)
        if form is not None:
            found[name] = form
    if not found and not problems:
        problems.append(Problem("procedures", "", "la carpeta no tiene ningún procedimiento (*.toml)"))
    return found
