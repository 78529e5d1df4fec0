"""Writes docs/config.md from its opening and config.example.toml: `python -m tests.docs.config_page`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).parents[2]
EXAMPLE = HOME / "config.example.toml"
PAGE = HOME / "docs" / "config.md"
MARK = "<!-- Lo que sigue sale de config.example.toml: python -m tests.docs.config_page -->"

_KEY = re.compile(r"(#?)([a-z_]+) = (.+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of the example. `shown` says that it has no default and stands there only to be seen."""

    table: str
    key: str
    value: str
    shown: bool
    comment: str


def entries(text: str) -> Iterator[Entry]:
    """The keys in their order, each with the comment above it."""
    table = ""
    comment: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            table, comment = line.strip("[]"), []
        elif found := _KEY.fullmatch(line):
            yield Entry(table, found[2], found[3], bool(found[1]), " ".join(comment))
            comment = []
        elif line.startswith("# ") and not line.startswith("# ──"):
            comment.append(line[2:])
        else:
            comment = []


def page(opening: str, text: str) -> str:
    parts = [opening.partition(MARK)[0] + MARK]
    table = ""
    for entry in entries(text):
        if entry.table != table:
            table = entry.table
            parts.append(f"\n## [{table}]\n\n| clave · key | por defecto · default | |\n|---|---|---|")
        default = f"— (p. ej. `{entry.value}`)" if entry.shown else f"`{entry.value}`"
        parts.append(f"| `{entry.key}` | {default} | {entry.comment.replace('|', '/')} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8"), EXAMPLE.read_text("utf-8")), "utf-8")
