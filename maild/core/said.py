"""What somebody says in one mail beside its orders: words, files, a person, a list in rows. The walk of a ticket asks it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from maild.core.values import Attachment, Author, Person
from maild.core.when import span
from maild.core.words import fold
from maild.core.worktime import Span

_LONGEST_SPAN = 5
_MOST_ROWS = 500
_LONGEST_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Said:
    """`words` are those meant for people, `text` all of the new text; `value` and `args` those of the order at hand,
    `sheets` the attached tables."""

    author: Author | None = None
    words: str = ""
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    value: str = ""
    args: tuple[str, ...] = ()
    named: Person | None = None
    listed: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()

    @property
    def span(self) -> Span | None:
        """The span that the order gives: 4h, 2d, 3 dias."""
        tried = (" ".join(self.args[:count]) for count in range(min(len(self.args), _LONGEST_SPAN), 0, -1))
        return next((found for words in tried if (found := span(words))), None) or span(self.value)


def rows(text: str) -> tuple[dict[str, str], ...]:
    """The list in a text: a line of column names, then one line for each row, parted by semicolons, tabs or commas.

    The list ends at the first line that has not as many columns. No list: ().

    >>> rows("Adjunto la lista.\\narea;equipo\\nLogística;740\\nGracias")
    ({'area': 'Logística', 'equipo': '740'},)
    """
    lines = [line.strip() for line in text[:_LONGEST_ROWS].splitlines()]
    for mark in (";", "\t", ","):
        start = next((i for i, line in enumerate(lines) if line.count(mark) and _is_head(line.split(mark))), None)
        if start is None:
            continue
        head = [fold(name).strip() for name in lines[start].split(mark)]
        found = []
        for line in lines[start + 1 :][:_MOST_ROWS]:
            cells = [cell.strip() for cell in line.split(mark)]
            if len(cells) != len(head):
                break
            found.append(dict(zip(head, cells, strict=True)))
        if found:
            return tuple(found)
    return ()


def brings_rows(said: Said) -> bool:
    """Whether the mail brings a list: one in a file, or one that no prose looks like."""
    return any(rows(sheet) for sheet in said.sheets) or any(
        rows("\n".join(line for line in said.text[:_LONGEST_ROWS].splitlines() if mark in line)) for mark in (";", "\t")
    )


def _is_head(names: list[str]) -> bool:
    return len(names) > 1 and all(re.fullmatch(r"[^\W\d][\w .-]{0,30}", name.strip()) for name in names)
