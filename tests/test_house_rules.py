"""The rules of the house that no linter knows: sizes, homes of libraries, a pure core, clean data, strict tools."""

from __future__ import annotations

import ast
import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "maild"
SKIPPED = {"__pycache__", "node_modules", "build", "dist", "demo-out"}

LONGEST_FUNCTION, USUAL_FUNCTION, LONGEST_MODULE = 60, 40, 350

# Where an error of any kind may end, and whose it is: the next mail, letter, timer or command must go on.
# A broad except that raises again is not an end and may stand anywhere.
CATCH_POINTS = {
    "reading.py": "a mail",
    "daemon.py": "a loop: begun again, for everything it knew lies in rows",
    "mail/child.py": "a mail, in the process that parses it",
    "cli/parse.py": "a mail, in the process that parses it",
    "dispatch.py": "a letter",
    "clock.py": "a timer",
    "cli/main.py": "a command",
    "store/clerk.py": "nobody's: handed to whoever waits for the answer",
}

# library → the files (or folders) of maild/ that may know it
HOMES = {
    "pymap": ["demo/"],
    "aiosmtpd": ["demo/"],
    "sqlalchemy": ["store/"],
    "alembic": ["store/"],
    "psycopg": ["store/"],
    "imapclient": ["mail/mailbox.py"],
    "aiosmtplib": ["mail/smtp.py"],
    "mailparser": ["mail/parse.py"],
    "dkim": ["mail/dkim.py"],
    "dns": ["mail/dkim.py"],
    "selectolax": ["mail/"],
    "msgspec": ["mail/frames.py"],
    "jinja2": ["mail/compose.py", "mail/compose/"],
    "markdown_it": ["mail/compose.py", "mail/compose/", "mail/markdown.py"],
    "apscheduler": ["clock.py"],
    "holidays": ["rules/calendars.py"],
    "icalendar": ["mail/compose/calendar.py", "cli/calendar.py"],
    "xlsxwriter": ["mail/compose/workbook.py"],
    "pydantic": ["forms.py", "forms/"],
    "tomllib": ["forms.py", "forms/"],
    "click": ["cli/"],
    "rich": ["cli/"],
    "snowballstemmer": ["rules/"],
    "re2": ["rules/"],
}

IMPURE_MODULES = {"os", "io", "sys", "time", "random", "secrets", "logging", "asyncio", "socket", "subprocess"}
IMPURE_MODULES |= {"pathlib", "threading", "tempfile", "shutil", "sqlite3"}
IMPURE_NAMES = {"open", "print", "input", "eval", "exec", "__import__"}
IMPURE_CALLS = {"now", "today", "utcnow", "fromtimestamp"}  # datetime.now() and its kin

AGREED_RULES = ["E", "F", "W", "I", "B", "UP", "SIM", "RUF", "C4", "PIE", "RET", "PTH", "ARG", "DTZ", "G", "BLE"]
AGREED_RULES += ["T20", "S", "C901"]

# Some are written in parts, so that this file obeys its own rules.
INSTITUTION = re.compile(r"(?i)\b(pnpais|minem|agetic|proinversi[oó]n|osce)\b")
UNFINISHED = re.compile(
    r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b|NotImplemented" + "Error|pragma: no " + "cover"
)
REAL_MAILBOX = re.compile(r"(?i)gob\.(pe|bo)\b")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|farm)/")
SILENCED = re.compile(r"#\s*(ruff|flake8): noqa|#\s*mypy:")


def files(*suffixes: str, under: str = "") -> list[Path]:
    """Files of the project, without what tools leave behind."""
    found = (path for path in (ROOT / under).rglob("*") if path.suffix in suffixes or not suffixes)
    return sorted(path for path in found if path.is_file() and not _is_left_behind(path.relative_to(ROOT)))


def _is_left_behind(path: Path) -> bool:
    return any(part in SKIPPED or (part.startswith(".") and part != ".ci") for part in path.parts)


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the program: its path below maild/ and its syntax."""
    for path in files(".py", under="maild"):
        yield path.relative_to(PROGRAM).as_posix(), tree(path)


def functions() -> Iterator[tuple[str, int]]:
    for name, module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{name}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def imports(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and top package of every import, also of those inside functions."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.partition(".")[0]


def mentions(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Where the pattern stands in text files, as path:line."""
    found = []
    for path in paths:
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        lines = (text.count("\n", 0, match.start()) + 1 for match in pattern.finditer(text))
        found += [f"{path.relative_to(ROOT)}:{line}" for line in lines]
    return found


def test_no_function_is_longer_than_sixty_lines() -> None:
    assert [f"{name} ({length})" for name, length in functions() if length > LONGEST_FUNCTION] == []


def test_nearly_all_functions_are_short() -> None:
    lengths = [length for _, length in functions()]
    assert sum(length <= USUAL_FUNCTION for length in lengths) >= 0.95 * len(lengths)


def test_no_module_is_longer_than_350_lines() -> None:
    lengths = {path: path.read_text().count("\n") for path in files(".py", under="maild")}
    assert [f"{path.name} ({lines})" for path, lines in lengths.items() if lines > LONGEST_MODULE] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, module in modules() if module.body and not ast.get_docstring(module)]
    assert silent == []


def test_errors_of_any_kind_are_caught_at_the_catch_points_only() -> None:
    caught = [f"{name}:{line}" for name, module in modules() if name not in CATCH_POINTS for line in _broad(module)]
    assert caught == []


def _broad(module: ast.Module) -> Iterator[int]:
    for node in ast.walk(module):
        if isinstance(node, ast.ExceptHandler):
            if ast.unparse(node.body[-1]) == "raise":
                continue
            kinds = [node.type] if not isinstance(node.type, ast.Tuple) else node.type.elts
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("suppress", "contextlib.suppress"):
            kinds = list(node.args)
        else:
            continue
        if any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in kinds):
            yield node.lineno


def test_the_core_knows_no_clock_and_no_input_or_output() -> None:
    found = [f"{name}:{what}" for name, module in modules() if name.startswith("core/") for what in _impurities(module)]
    assert found == []


def _impurities(module: ast.Module) -> Iterator[str]:
    for line, package in imports(module):
        if package in IMPURE_MODULES:
            yield f"{line} imports {package}"
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and node.id in IMPURE_NAMES:
            yield f"{node.lineno} names {node.id}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in IMPURE_CALLS:
            yield f"{node.lineno} calls {ast.unparse(node.func)}"


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_one_home(library: str) -> None:
    guests = [
        f"{name}:{line}"
        for name, module in modules()
        for line, package in imports(module)
        if package == library
        and not any(name == home or (home[-1] == "/" and name.startswith(home)) for home in HOMES[library])
    ]
    assert guests == []


def test_python_knows_no_institution_by_name() -> None:
    assert mentions(INSTITUTION, files(".py", under="maild")) == []


def test_nothing_is_shipped_unfinished() -> None:
    shipped = [
        path for path in files(".py", ".toml", ".j2") if path.relative_to(ROOT).parts[0] not in ("tests", "docs")
    ]
    assert mentions(UNFINISHED, shipped) == []


def test_no_file_silences_its_linter_as_a_whole() -> None:
    assert mentions(SILENCED, files(".py")) == []


def test_no_shipped_configuration_writes_to_a_real_mailbox() -> None:
    shipped = [*files(under="rules"), *files(under="templates"), *ROOT.glob("config.example.toml")]
    assert mentions(REAL_MAILBOX, shipped) == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    assert mentions(MACHINE_PATH, [path for path in files() if path.stat().st_size < 1_500_000]) == []


def test_every_test_folder_has_tests() -> None:
    folders = {path.parent for path in files(under="tests") if "data" not in path.relative_to(ROOT).parts}
    assert [str(folder) for folder in folders if not list(folder.rglob("test_*.py"))] == []


def test_the_tools_are_as_strict_as_agreed() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    lint, mypy, pytest_options = tools["ruff"]["lint"], tools["mypy"], tools["pytest"]["ini_options"]
    assert set(AGREED_RULES) <= set(lint["select"])
    assert set(lint["ignore"]) <= {"RUF001", "RUF002", "RUF003", "S101"}
    assert lint["mccabe"]["max-complexity"] <= 12
    assert not [path for path in lint["per-file-ignores"] if path.startswith("maild")]
    assert mypy["strict"]
    assert {"maild", "tests", "bench"} <= set(mypy["files"])
    assert not {"disable_error_code", "ignore_errors", "exclude", "follow_imports"} & set(mypy)
    assert all(set(table) == {"module", "ignore_missing_imports"} for table in mypy["overrides"])
    assert pytest_options["filterwarnings"][0] == "error"
    assert pytest_options["xfail_strict"]
    assert len(tools["importlinter"]["contracts"]) >= 2
