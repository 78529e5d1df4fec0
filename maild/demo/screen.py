"""What one sees in the terminal while the demo plays: who wrote to whom, what the desk decided, and why."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from datetime import datetime
from typing import TextIO

_DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
_GUTTER = " " * 7
_WIDEST = 118


class Screen:
    """Lines in order; colour only where a person looks."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._colour = out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        self._width = min(shutil.get_terminal_size((_WIDEST, 24)).columns - 1, _WIDEST)
        self._day = ""

    @property
    def is_watched(self) -> bool:
        return self._out.isatty()

    def line(self, text: str = "", style: str = "") -> None:
        text = text if len(text) <= self._width else text[: self._width - 1] + "…"
        codes = ";".join(_STYLES[name] for name in style.split())
        self._out.write(f"\033[{codes}m{text}\033[0m\n" if codes and self._colour else f"{text}\n")
        self._out.flush()

    def act(self, at: datetime, spanish: str, english: str) -> None:
        """The heading of a scene."""
        day = f"{_DAYS[at.weekday()]} {at:%d/%m/%Y} · {_DAYS_EN[at.weekday()]}"
        if day != self._day:
            self._day = day
            self.line()
            self.line(f"━━ {day} ".ljust(self._width, "━"), "bold blue")
        self.line()
        self.line(f"{at:%H:%M}  {spanish}", "bold")
        if english:
            self.line(f"{_GUTTER}{english}", "dim")

    def mail(self, sender: str, subject: str, words: str) -> None:
        """A mail comes in."""
        self.line(f"{_GUTTER}✉ {sender} → mesa · {subject}", "cyan")
        if words:
            self.line(f"{_GUTTER}    «{words}»", "dim")

    def decision(self, text: str, style: str = "") -> None:
        self.line(f"{_GUTTER}│ {text}", style)

    def letter(self, at: datetime, recipient: str, heading: str) -> None:
        """A letter goes out."""
        self.line(f"{at:%H:%M}  ↳ {recipient}: {heading}", "green")

    def sum(self, title: str, lines: list[str]) -> None:
        self.line()
        self.line(title, "bold")
        for line in lines:
            rows = textwrap.wrap(
                line, self._width - 2, subsequent_indent=" " * 13, break_on_hyphens=False, break_long_words=False
            )
            for row in rows:
                self._out.write(f"  {row}\n")
        self._out.flush()
