"""What lists and sheets of tickets are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket in a list. `due`: the next deadline of the work, or the last one where it was missed (`overdue`) and nothing has
    moved since; `shown`: its title may be repeated to others."""

    number: int
    title: str
    state: str
    requester: str
    responsible: str
    due: datetime | None = None
    shown: bool = True
    overdue: bool = False
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a ticket's story: when, who, and what in words or as the code of a reason. `internal`: staff only."""

    at: datetime
    by: str
    code: str
    words: str = ""
    internal: bool = False
