"""What the command line says to every command: which configuration counts. A command asks for it with `@pass_call`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from maild.config import Config


@dataclass(frozen=True, slots=True)
class Call:
    config_path: Path | None = None

    def find(self) -> Path:
        """The file that counts, or ConfigError."""
        from maild import config

        return config.find(self.config_path)

    def config(self) -> Config:
        """The configuration, read and checked now, or ConfigError with every problem."""
        from maild import config

        return config.load(self.find())


def program_version() -> str:
    """The installed version; a clone that runs without being installed has none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("maild")
    except PackageNotFoundError:
        return "(sin instalar / not installed)"


pass_call = click.make_pass_decorator(Call)
