"""How a command speaks: tables for people, JSON Lines for programs, messages always apart from the answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any, TypeVar

import click

_Item = TypeVar("_Item")

# Every command that answers something takes it: @click.command() @json_option def ticket(as_json: bool) …
json_option = click.option("--json", "as_json", is_flag=True, help="Una línea JSON por resultado / JSON Lines.")


class Output:
    """Where one command writes. With `as_json` nothing but JSON Lines reaches stdout."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json

    def say(self, text: str, style: str = "") -> None:
        """Something a person may want to know while it runs: stderr, so that pipes stay clean."""
        click.secho(text, err=True, fg=style or None)

    def tell(self, text: str, style: str = "") -> None:
        """The answer in words; with --json the answer is in the lines instead."""
        if not self.as_json:
            click.secho(text, fg=style or None)

    def line(self, fact: Any) -> None:
        """One JSON object on its own line; only with --json."""
        if self.as_json:
            text = json.dumps(_plain(fact), ensure_ascii=False, default=_plain) + "\n"
            # UTF-8 whatever the locale says; half a surrogate pair leaves as its JSON escape.
            sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
        """Rows for a person: drawn on a terminal, tab-separated in a pipe. Say them with `line` for --json."""
        if self.as_json:
            return
        if not sys.stdout.isatty():
            for row in rows:
                click.echo("\t".join(_visible(" ".join(str(cell).split())) for cell in row))
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*columns, title=title or None)
        for row in rows:
            # Text, not str: what a sender wrote is never markup, nor an escape sequence for this terminal.
            table.add_row(*(Text(_visible(cell)) for cell in row))
        Console().print(table)

    def progress(self, items: Iterable[_Item], total: int, title: str) -> Iterator[_Item]:
        """The same items, with a bar on stderr while they are worked through; none where nobody watches."""
        if not sys.stderr.isatty():
            yield from items
            return
        with click.progressbar(items, length=total, label=title, file=sys.stderr) as bar:
            yield from bar

    def problems(self, problems: Iterable[object]) -> None:
        """Mistakes in files: JSON Lines of file, key and text, or a list for the person who edits them."""
        for problem in problems:
            self.line(problem)
            self.tell(f"  - {problem}")


def _visible(cell: object) -> str:
    return "".join(character if character.isprintable() else "�" for character in str(cell))


def _plain(fact: Any) -> Any:
    if is_dataclass(fact) and not isinstance(fact, type):
        return asdict(fact)
    if isinstance(fact, Mapping):
        return dict(fact)
    if isinstance(fact, set | frozenset):
        return sorted(fact)
    if isinstance(fact, datetime):
        return fact.isoformat()
    return fact if fact is None or isinstance(fact, str | int | float | list | tuple) else str(fact)
