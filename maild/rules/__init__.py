"""A rules folder becomes a Rulebook, or a list of everything that is wrong in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from maild.core.rulebook import Rulebook
from maild.errors import Problem, RulesError
from maild.forms import Form, fill, read_toml
from maild.rules import files, meaning, model
from maild.rules.build import Sources, build
from maild.rules.machine_file import MachinesFile
from maild.rules.outage_file import OutagesFile
from maild.rules.policy_file import PolicyFile
from maild.rules.wordfiles import MacrosFile, WordsFile

# No file that people write is larger (bytes); a larger one would keep the program busy.
_LARGEST = 1_000_000
# What a folder leaves out of these stands as in `base`; what it says, key by key, goes first.
_LAYERED: Mapping[str, type[Form]] = {
    "states.toml": files.StatesFile,
    "clocks.toml": files.ClocksFile,
    "commands.toml": files.CommandsFile,
    "words.toml": WordsFile,
    "macros.toml": MacrosFile,
    "policy.toml": PolicyFile,
    "calendar.toml": files.CalendarFile,
    "machines.toml": MachinesFile,
    "outages.toml": OutagesFile,
    "concepts.toml": meaning.ConceptsFile,
    "classify.toml": meaning.ClassifyFile,
}
# Who there is and what there is to choose from: a folder that has the file says all of it.
_WHOLE: Mapping[str, type[Form]] = {
    "roles.toml": files.RolesFile,
    "priorities.toml": files.PrioritiesFile,
    "catalogue.toml": meaning.CatalogueFile,
}
# What only some institutions have.
_OWN: Mapping[str, type[Form]] = {
    "mails.toml": files.MailsFile,
    "escalation.toml": files.EscalationFile,
    "documents.toml": files.DocumentsFile,
    "indicators.toml": files.IndicatorsFile,
    "filters.toml": meaning.FiltersFile,
}


def load(folder: Path, *, zone: str = "America/Lima", mark: str = "", base: Path | None = None) -> Rulebook:
    """The rulebook of a folder. `zone` is where its working hours are meant, `mark` replaces the institution's key.

    `base` is the folder that says what this one leaves out, where there is none called so beside it.

    Raises RulesError with every problem, each naming file, key and remedy.
    """
    if not folder.is_dir():
        known = sorted(p.name for p in folder.parent.iterdir() if p.is_dir()) if folder.parent.is_dir() else []
        hint = f"; las que hay: {', '.join(known)}" if known else ""
        raise RulesError([Problem(folder.name, "", f"no existe la carpeta de reglas{hint}")])
    problems: list[Problem] = []
    beside = folder.parent / "base"
    below = beside if beside.is_dir() or base is None else base
    institution = _form(
        files.InstitutionFile, _read(folder, "institution.toml", problems), "institution.toml", problems
    )
    read = {name: _layered(folder, below, name, problems) for name in _LAYERED}
    read |= {name: _read(_home(folder, below, name), name, problems) for name in _WHOLE}
    read |= {name: _optional(folder, name, problems) for name in _OWN}
    forms = {**_LAYERED, **_WHOLE, **_OWN}
    filled = {name: _form(form, read[name], name, problems) for name, form in forms.items()}
    procedures = _procedures(folder, problems)
    models = model.read(dict.fromkeys((below, folder)), problems)
    if problems or institution is None:
        raise RulesError(problems)
    sources = Sources(
        institution=institution,
        **{name.removesuffix(".toml"): form for name, form in filled.items()},
        procedures=procedures,
        zone=ZoneInfo(institution.institution.zone or zone),
        mark=mark,
        models=models,
        own_catalogue=folder != below and (folder / "catalogue.toml").is_file(),
    )
    book, found = build(sources)
    if found:
        raise RulesError(found)
    return book


def _read(folder: Path, name: str, problems: list[Problem]) -> dict[str, Any]:
    path = folder / name
    if path.is_file() and path.stat().st_size > _LARGEST:
        problems.append(Problem(name, "", f"es demasiado grande: pasa de {_LARGEST // 1_000_000} MB"))
        return {}
    data, found = read_toml(folder / name, name)
    problems.extend(found)
    return data or {}


def _home(folder: Path, base: Path, name: str) -> Path:
    """The folder that says it: this one, or `base`."""
    return folder if (folder / name).is_file() else base


def _optional(folder: Path, name: str, problems: list[Problem]) -> dict[str, Any]:
    return _read(folder, name, problems) if (folder / name).is_file() else {}


def _layered(folder: Path, base: Path, name: str, problems: list[Problem]) -> dict[str, Any]:
    """The file of the folder laid over the one of `base`, key by key."""
    merged: dict[str, Any] = {}
    for place in (base, folder) if base != folder else (folder,):
        if place == folder and base != folder and not (folder / name).is_file():
            continue
        merged = _over(merged, _read(place, name, problems), depth=2)
    return merged


def _over(below: dict[str, Any], above: dict[str, Any], depth: int) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = depth and isinstance(value, dict) and isinstance(below.get(key), dict)
        merged[key] = _over(below[key], value, depth - 1) if both else value
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
