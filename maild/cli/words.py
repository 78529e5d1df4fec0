"""The words of click in Spanish: headings of the help, and what was wrong with a command line."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.exceptions import (
    BadArgumentUsage,
    BadOptionUsage,
    BadParameter,
    MissingParameter,
    NoSuchOption,
    UsageError,
)

_HEADINGS = {"Options": "Opciones / Options", "Commands": "Órdenes / Commands", "Arguments": "Argumentos / Arguments"}
_HELP = "Muestra esta ayuda / shows this help."


class Formatter(click.HelpFormatter):
    """click's help with its few fixed words in Spanish."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, "Uso / Usage: " if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        super().write_heading(_HEADINGS.get(heading, heading))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        spanish = [(name, _HELP if text.startswith("Show this message") else text) for name, text in rows]
        super().write_dl(spanish, col_max, col_spacing)


class Context(click.Context):
    """The context of every command, so that each help page speaks alike."""

    formatter_class = Formatter


def usage_problem(error: UsageError) -> str:
    """What was wrong with the command line, and how to see what would be right."""
    match error:
        case NoSuchOption():
            meant = f"; ¿quiso decir {error.possibilities[0]}?" if error.possibilities else ""
            said = f"no conozco la opción {error.option_name}{meant}"
        case MissingParameter():
            said = f"falta {_name(error)}"
        case BadParameter():
            said = f"{_name(error)}: {error.message}"
        case BadOptionUsage() | BadArgumentUsage():
            said = error.message
        case _:
            said = error.message
    command = error.ctx.command_path if error.ctx else "maild"
    return f"{said} (`{command} --help` dice cómo se usa / says how to use it)"


def _name(error: BadParameter) -> str:
    if error.param is None:
        return "un argumento"
    return error.param.get_error_hint(error.ctx) if error.ctx else (error.param.name or "un argumento")
