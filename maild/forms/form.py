"""A table of a TOML file as a typed, frozen form, and the one function that fills it or says all that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from maild.errors import Problem
from maild.forms.toml import read_toml
from maild.forms.wording import offer, told

__all__ = ["Field", "Form", "checked", "fill", "load"]

_Method = TypeVar("_Method", bound=Callable[..., Any])


class Form(BaseModel):
    """Subclass it with one annotated field per key. A key that no field names is a mistake, never ignored."""

    # defer_build: nested forms are compiled once, inside the outermost one (thirty forms: half the start time).
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


_F = TypeVar("_F", bound=Form)


def checked(method: _Method) -> _Method:
    """Run a method of a form once all its keys are right: it returns the form or raises ValueError in Spanish."""
    return model_validator(mode="after")(method)  # type: ignore[return-value]


def load(form: type[_F], path: Path, name: str = "") -> tuple[_F | None, list[Problem]]:
    """Read a TOML file into a form; relative paths in it are meant from its folder."""
    data, problems = read_toml(path, name)
    if data is None:
        return None, problems
    return fill(form, data, name or path.name, folder=path.parent)


def fill(
    form: type[_F], data: Mapping[str, Any], file: str, *, under: str = "", folder: Path | None = None
) -> tuple[_F | None, list[Problem]]:
    """The form, or None and every problem. `under` names the table that `data` is, where it is not the whole file."""
    try:
        return form.model_validate(dict(data), context={"folder": folder}), []
    except ValidationError as errors:
        found = errors.errors(include_url=False, include_context=True)
        return None, [_problem(form, data, file, under, dict(error)) for error in found]


def _problem(form: type[Form], data: Mapping[str, Any], file: str, under: str, error: dict[str, Any]) -> Problem:
    place: tuple[str | int, ...] = error["loc"]
    if error["type"] == "extra_forbidden":
        table, key = place[:-1], str(place[-1])
        return Problem(file, _dotted(under, table, data), f"no conozco «{key}»" + _better(form, table, key))
    if error["type"] == "missing":
        table, key = place[:-1], str(place[-1])
        fields = _fields(form, table)
        kind = "la tabla " if key in fields and _form_in(fields[key].annotation) else ""
        shown = f"[{key}]" if kind else f"«{key}»"
        return Problem(file, _dotted(under, table, data), f"falta {kind}{shown}")
    key = next((part for part in reversed(place) if isinstance(part, str)), "")
    text = told(error["type"], key, error["input"], error.get("ctx", {}))
    return Problem(file, _dotted(under, place, data), text)


def _better(form: type[Form], table: tuple[str | int, ...], key: str) -> str:
    """The nearest key of the same table; else the table where this very key belongs; else all there are."""
    fields = _fields(form, table)
    if meant := offer(key, fields):
        return meant
    for name, field in form.model_fields.items():
        nested = _form_in(field.annotation)
        if nested and table and key in nested.model_fields:
            return f"; esa clave es de la tabla [{name}]"
    return f"; las que hay: {', '.join(fields)}" if 0 < len(fields) <= 12 else ""


def _fields(form: type[Form], table: tuple[str | int, ...]) -> dict[str, Any]:
    """The fields of the form that stands at this place, walking through tables, lists and tables by name."""
    current: type[Form] | None = form
    names_follow = False
    for part in table:
        if isinstance(part, int) or current is None:
            continue
        if names_follow:
            names_follow = False
        elif field := _by_key(current).get(part):
            names_follow = get_origin(field.annotation) in (dict, Mapping)
            current = _form_in(field.annotation)
    return _by_key(current) if current else {}


def _by_key(form: type[Form]) -> dict[str, Any]:
    """A field's key in the file is its alias where it has one (`from` is a word of Python)."""
    return {field.alias or name: field for name, field in form.model_fields.items()}


def _form_in(annotation: Any) -> type[Form] | None:
    if isinstance(annotation, type) and issubclass(annotation, Form):
        return annotation
    return next((form for inner in get_args(annotation) if (form := _form_in(inner))), None)


def _dotted(under: str, place: tuple[str | int, ...], data: Mapping[str, Any]) -> str:
    """`mailbox.2.host`: the second of several; where there is only one, its number says nothing."""
    parts = [under] if under else []
    here: Any = data
    for part in place:
        alone = isinstance(part, int) and isinstance(here, list | tuple) and len(here) == 1
        single_table = isinstance(part, int) and isinstance(here, Mapping)
        if not alone and not single_table:
            parts.append(str(part + 1) if isinstance(part, int) else part)
        if isinstance(part, int):
            here = here[part] if isinstance(here, list | tuple) and part < len(here) else here
        else:
            here = here.get(part) if isinstance(here, Mapping) else None
    return ".".join(parts)
