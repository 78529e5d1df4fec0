"""What the reading library calls an error, said to the person who edits the file: what is wrong and what to write."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from typing import Any

# Error type of pydantic → what to tell; {value} is what stands in the file, the other names come from the error.
_WORDS = {
    "string_type": "{value} no es un texto; escríbalo entre comillas",
    "string_too_short": "no puede quedar vacío",
    "string_too_long": "es demasiado largo: caben {max_length} caracteres",
    "string_pattern_mismatch": "{value} no tiene la forma esperada ({pattern})",
    "int_type": "{value} no es un número entero; escríbalo sin comillas ni decimales",
    "int_parsing": "{value} no es un número entero",
    "int_from_float": "{value} no es un número entero",
    "float_type": "{value} no es un número; escríbalo sin comillas",
    "float_parsing": "{value} no es un número",
    "bool_type": "{value} no es sí o no; escriba true o false, sin comillas",
    "bool_parsing": "{value} no es sí o no; escriba true o false, sin comillas",
    "greater_than": "{value} es demasiado poco: debe ser más de {gt}",
    "greater_than_equal": "{value} es demasiado poco: como mínimo {ge}",
    "less_than": "{value} es demasiado: debe ser menos de {lt}",
    "less_than_equal": "{value} es demasiado: como máximo {le}",
    "multiple_of": "{value} no es múltiplo de {multiple_of}",
    "too_short": "la lista necesita al menos {min_length}",
    "too_long": "en la lista caben {max_length} como máximo",
    "path_type": "{value} no es una ruta; escríbala entre comillas",
    "timezone_aware": "{value} no dice su zona; escriba por ejemplo 2026-11-02T09:00:00-05:00",
}
_FAMILIES = (
    (("tuple", "list", "set", "frozen_set"), 'hace falta una lista, por ejemplo ["uno", "dos"]'),
    (("model", "dict", "mapping"), "hace falta una tabla, no {value}"),
    (("datetime",), "{value} no es fecha y hora; escriba por ejemplo 2026-11-02T09:00:00-05:00"),
    (("date",), "{value} no es una fecha; escriba por ejemplo 2026-11-02, sin comillas"),
    (("time",), "{value} no es una hora; escriba por ejemplo 06:00"),
)
_SECRET = re.compile(r"password|secret|token|url", re.IGNORECASE)


def quoted(value: object) -> str:
    """The value as it stands in the file, short enough for one line."""
    if isinstance(value, bool):
        return f"«{str(value).lower()}»"
    if isinstance(value, Mapping):
        return "una tabla"
    if isinstance(value, list | tuple):
        return "una lista"
    if isinstance(value, date | time):
        value = value.isoformat()
    text = " ".join(str(value).split())
    return f"«{text[:57] + '…' if len(text) > 58 else text}»"


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, or nothing."""
    by_folded = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else ""


def offer(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about a word that nobody knows."""
    meant = nearest(word, known)
    return f"; ¿quiso decir «{meant}»?" if meant else ""


def told(kind: str, key: str, value: object, facts: Mapping[str, Any]) -> str:
    """One error about one value, in words. What stands in a key that smells of secrets is not repeated."""
    shown = "lo escrito" if _SECRET.search(key) else quoted(value)
    if kind in ("value_error", "assertion_error"):
        return str(facts.get("error", "no vale"))
    if kind in ("literal_error", "enum"):
        return _choice(shown, value, facts)
    words = _WORDS.get(kind) or next(
        (text for stems, text in _FAMILIES if kind.startswith(tuple(f"{stem}_" for stem in stems))),
        "{value} no vale aquí",
    )
    return words.format(value=shown, **{name: _written(fact) for name, fact in facts.items()})


def _choice(shown: str, value: object, facts: Mapping[str, Any]) -> str:
    expected = str(facts.get("expected", ""))
    choices = re.findall(r"'([^']*)'", expected) or [expected]
    return f"{shown} no es una de las opciones; las que hay: {', '.join(choices)}{offer(str(value), choices)}"


def _written(fact: object) -> str:
    if isinstance(fact, timedelta):
        seconds = int(fact.total_seconds())
        return f"{seconds // 60}m" if seconds and seconds % 60 == 0 else f"{seconds}s"
    return str(fact)
