"""Whoever meets an error code finds its paragraph in docs/errors.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

HOME = Path(__file__).parents[2]
PAGE = (HOME / "docs" / "errors.md").read_text("utf-8")


def codes() -> Iterator[tuple[str, str]]:
    """(code, class) of every class of the program that carries one, read from its source."""
    for path in sorted((HOME / "maild").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                for line in node.body:
                    if (
                        isinstance(line, ast.Assign)
                        and isinstance(line.value, ast.Constant)
                        and re.fullmatch(r"MD\d{3}", str(line.value.value))
                    ):
                        yield str(line.value.value), node.name


def test_every_code_has_its_paragraph_and_every_paragraph_its_code() -> None:
    documented = re.findall(r"^## (MD\d{3})$", PAGE, re.MULTILINE)
    assert documented == sorted({code for code, _ in codes()})


def test_no_two_errors_share_a_code() -> None:
    names = [code for code, _ in codes()]
    assert sorted(names) == sorted(set(names))


def test_each_paragraph_says_what_to_do_in_both_languages() -> None:
    for paragraph in re.split(r"^## MD\d{3}$", PAGE, flags=re.MULTILINE)[1:]:
        assert paragraph.strip().startswith("**")
        assert re.search(r"^\*[^*].+\*$", paragraph, re.MULTILINE)
