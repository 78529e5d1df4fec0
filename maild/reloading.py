"""Changed rules, people and letters are taken over while the daemon runs: whole and checked, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from maild import config as configuration
from maild.config import Config
from maild.desk import Desk
from maild.errors import ConfigError, Problem, RulesError
from maild.house import House, composer, office
from maild.rules import cases, unwritten, walk


@dataclass(frozen=True, slots=True)
class Refused:
    """What is wrong in the changed files; yesterday's stay in force. `version` names these very files."""

    version: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Renewed:
    """A desk with the changed rules."""

    version: str
    desk: Desk


class Reloading:
    """Looks at the files again and again; each change is judged once."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._seen = _version(house.config)

    @property
    def version(self) -> str:
        """The files as last looked at."""
        return self._seen

    def look(self) -> Renewed | Refused | None:
        """None: nothing has changed since the last look. Takes seconds when something has; call it beside the loop."""
        version = _version(self._house.config)
        if version == self._seen:
            return None
        self._seen = version
        try:
            config = configuration.load(self._house.config.path)
            renewed = office(config)
        except (ConfigError, RulesError) as error:
            return Refused(version, tuple(error.problems))
        writer = composer(config, self._house.instance)
        folder = config.rules_folder
        found = (*walk.problems(renewed.book, folder), *cases.problems(renewed.book, folder))
        problems = (*found, *unwritten.problems(renewed.book, writer), *writer.problems())
        if problems:
            return Refused(version, problems)
        return Renewed(version, replace(self._house.desk, office=renewed, composer=writer))


def _version(config: Config) -> str:
    """Changes whenever a file that somebody edits does."""
    marks = hashlib.sha256()
    for path in sorted(set(_files(config))):
        try:
            stat = path.stat()
        except OSError:
            continue  # gone between the look and now: the next look sees it
        marks.update(f"{path}:{stat.st_mtime_ns}:{stat.st_size};".encode())
    return marks.hexdigest()[:16]


def _files(config: Config) -> Iterator[Path]:
    yield from (config.path, *config.path.parent.glob("*.toml"))
    for folder in (config.rules_folder, config.rules_folder.parent / "base"):
        yield from folder.rglob("*.toml")
        yield folder / "model.json"
    for folder in config.template_folders:
        yield from (path for path in folder.rglob("*") if path.is_file())
