"""The steps and edges that the documents print, and the page they were taken from: `python -m tests.rules.printed PAGE`.

tests/data/procedures/edges.tsv keeps them as one line each: procedure, step, result, target (`end`, a step, or PROCEDURE:step).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

EDGES = Path(__file__).parents[1] / "data" / "procedures" / "edges.tsv"
PAGE = Path("shared", "design", "PROCEDURES.md")

_HEAD = re.compile(r"\*\*.*\(clave de perfil `([A-Z0-9-]+)`, (\d+) filas\)")
_ELSEWHERE = {"PR02.": "AGE-PR02:", "PR03.": "AGE-PR03:", "OSC ": "OSC-BIEN:"}


class Edge(NamedTuple):
    procedure: str
    step: str
    result: str
    target: str


def kept() -> list[Edge]:
    return [Edge(*line.split("\t")) for line in EDGES.read_text("utf-8").splitlines()]


def nearby() -> Path | None:
    """The page, where it lies beside this working copy or above it."""
    return next((found for above in Path(__file__).parents if (found := above / PAGE).is_file()), None)


def printed(page: Path) -> Iterator[Edge]:
    """Every edge of the matrices: one for each result, and one for each branch of a fork."""
    procedure = ""
    for line in page.read_text("utf-8").splitlines():
        if head := _HEAD.match(line):
            procedure = head[1]
        elif line.startswith("| ") and procedure and not line.startswith("| N°"):
            cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
            yield from _row(procedure, cells[0].split()[0], cells[-1])
        elif line.strip() and not line.startswith("|"):
            procedure = ""


def _row(procedure: str, step: str, ways: str) -> Iterator[Edge]:
    for way in re.sub(r"\[[^]]*\]|\*\([^)]*\)\*", "", ways).split(";"):
        result, arrow, targets = way.partition("→")
        for target in targets.split("‖") if arrow else ():
            yield Edge(procedure, step, result.strip(), _target(target.strip()))


def _target(text: str) -> str:
    if text == "FIN":
        return "end"
    head = next((head for head in _ELSEWHERE if text.startswith(head)), "")
    return _ELSEWHERE[head] + text.removeprefix(head) if head else text


if __name__ == "__main__":
    EDGES.write_text("".join("\t".join(edge) + "\n" for edge in printed(Path(sys.argv[1]))), "utf-8")
