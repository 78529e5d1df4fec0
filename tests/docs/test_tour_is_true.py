"""The walk through the house names only files, functions and links that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
TOUR = HOME / "docs" / "tour.md"
PAGES = [HOME / "README.md", HOME / "CHANGELOG.md", *sorted((HOME / "docs").rglob("*.md"))]


def sections() -> list[tuple[str, str]]:
    """(heading, everything from it to the next heading)."""
    parts = re.split(r"^## ", TOUR.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return [(part.splitlines()[0], part) for part in parts]


def defined(path: Path) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, kinds)}


@pytest.mark.parametrize(("heading", "text"), sections())
def test_each_function_of_a_section_is_defined_in_one_of_its_files(heading: str, text: str) -> None:
    files = [HOME / "docs" / target for target in re.findall(r"\]\(([^)#]+\.py)\)", text)]
    known = set().union(*(defined(path) for path in files)) if files else set()
    named = re.findall(r"`(\w+)\(\)`", text)
    assert [name for name in named if name not in known] == [], heading
    assert named or not heading[0].isdigit(), f"{heading}: a station of the walk shows no function"


def test_the_walk_of_a_mail_has_nine_stations() -> None:
    assert [heading[0] for heading, _ in sections() if heading[0].isdigit()] == list("123456789")


def test_files_named_in_passing_exist_too() -> None:
    named = re.findall(r"\b(?:maild|rules|tests)/[\w/-]+\.(?:py|toml)\b", TOUR.read_text("utf-8"))
    assert named
    assert [name for name in named if not (HOME / name).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(HOME).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    targets = [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'src="([^"]+)"', text)]
    local = [target.partition("#")[0] for target in targets if not target.startswith(("http", "mailto:", "#"))]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_command_of_the_readme_exists() -> None:
    from maild.cli.main import COMMANDS

    readme = (HOME / "README.md").read_text("utf-8")
    called = re.findall(r"^\.venv/bin/maild (?:--config \S+ )?([a-z]+)", readme, re.MULTILINE)
    assert called == ["init", "check", "doctor", "run"]
    assert set(called) <= set(COMMANDS)
    targets = re.findall(r"^make ([a-z]+)", readme, re.MULTILINE)
    makefile = (HOME / "Makefile").read_text("utf-8")
    assert targets == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_picture_of_a_letter_is_small() -> None:
    picture = HOME / "docs" / "pictures" / "letter.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size <= 150_000
