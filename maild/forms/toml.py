"""A TOML file read into a dict, or what is wrong with it and in which line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from maild.errors import Problem

# The beginnings of tomllib's messages. What is not listed is still told with line and column.
_MEANINGS = (
    ("Expected '=' after a key", "falta el signo «=» después de la clave"),
    ("Cannot declare", "esta tabla ya estaba escrita más arriba; cada una va una sola vez"),
    ("Cannot overwrite a value", "esta clave ya estaba escrita más arriba; cada una va una sola vez"),
    ("Duplicate inline table key", "esta clave ya estaba escrita; cada una va una sola vez"),
    ("Cannot mutate immutable", "esta tabla se cerró más arriba y no admite más claves"),
    ("Cannot redefine", "esta tabla ya estaba escrita más arriba"),
    ("Unterminated string", "un texto quedó sin cerrar; falta una comilla"),
    ("Illegal character '\\n'", "un texto quedó sin cerrar; falta una comilla"),
    ("Illegal character", "hay un carácter que aquí no puede estar"),
    ("Unclosed array", "una lista quedó sin cerrar; falta «]» o una coma"),
    ("Unclosed inline table", "una tabla quedó sin cerrar; falta «}»"),
    ("Expected ']", "falta «]» al final del nombre de la tabla"),
    ("Unescaped '\\'", "una barra «\\» en un texto se escribe doble, o el texto entre comillas simples"),
    ("Invalid value", "este valor no se entiende; los textos van entre comillas"),
    ("Invalid initial character for a key", "aquí debería empezar una clave: letras, cifras, «-» o «_»"),
    ("Expected newline or end of document", "sobra algo después del valor; ¿faltan comillas?"),
    ("Invalid date", "esta fecha no existe"),
    ("Invalid statement", "aquí debería haber «clave = valor» o «[tabla]»"),
)
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_toml(path: Path, name: str = "") -> tuple[dict[str, Any] | None, list[Problem]]:
    """The file as a dict (or None), and what is wrong. `name` is what problems call the file; else its own name."""
    name = name or path.name
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")  # Windows editors put a mark at the beginning
        return tomllib.loads(text), []
    except FileNotFoundError:
        problem = f"no existe ({path})"
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = f"línea {line}: el archivo no está en UTF-8; guárdelo de nuevo con esa codificación"
    except tomllib.TOMLDecodeError as error:
        problem = _syntax(str(error), text)
    except RecursionError:
        problem = "hay demasiadas listas o tablas una dentro de otra"
    except OSError as error:
        problem = f"no se puede leer ({path}): {error.strerror}"
    return None, [Problem(name, "", problem)]


def _syntax(message: str, text: str) -> str:
    place = _PLACE.search(message)
    meaning = next((said for start, said in _MEANINGS if message.startswith(start)), "no es TOML válido")
    if not place or not place[1]:
        return f"al final del archivo: {meaning}"
    line = text.splitlines()[int(place[1]) - 1].strip() if int(place[1]) <= len(text.splitlines()) else ""
    if re.search(r"password|secret|token|url", line, re.IGNORECASE):
        line = line.partition("=")[0].strip()  # never repeat what may be a secret
    shown = f" («{line[:60]}»)" if line else ""
    return f"línea {place[1]}, columna {place[2]}: {meaning}{shown}"
