"""What the database says while the daemon works, read from beside it: the demo decides nothing and writes nothing."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from maild.core.values import Reason

# A clock on silence waits until the mailbox was read past its deadline by the desk's margin; a minute more, and it may.
_SILENCE = timedelta(minutes=11)
_IDLE = frozenset({"no-person", "duplicate", "variant", "thanks"})
_UNSENT = """SELECT count(*) FROM outbox
    WHERE state = 'leased' OR (state IN ('queued', 'ambiguous') AND not_before <= ?)"""
_JOURNAL = "SELECT id, at, cause, actor, ticket, refused, reasons, effects FROM journal WHERE id > ? ORDER BY id"


@dataclass(frozen=True, slots=True)
class Decided:
    """One line of the journal."""

    id: int
    at: datetime
    cause: str
    actor: str
    ticket: int
    refused: str
    reasons: tuple[Reason, ...]
    effects: tuple[tuple[str, dict[str, Any]], ...]

    @property
    def why_nothing(self) -> Reason | None:
        """Why it moved nothing on purpose: an order that was refused, a robot, a mail we had, thanks. None: it did move."""
        codes = {self.refused} if self.refused else _IDLE
        return next((reason for reason in self.reasons if reason.code in codes), None)


class Ledger:
    """A reader of the SQLite file that the daemon writes."""

    def __init__(self, file: Path) -> None:
        self._base = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        self._seen = 0

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._base.execute(query, values).fetchall()

    def _number(self, query: str, *values: Any) -> int:
        return int(self.rows(query, *values)[0][0])

    def busy_with(self, delivered: int, now: datetime) -> str:
        """What the daemon still has to do by now, in one word; nothing when it rests."""
        if self._number("SELECT count(*) FROM inbound WHERE state <> 'stored'") < delivered:
            return "mails"
        if self._number("SELECT count(*) FROM inbound WHERE disposition = 'pending'"):
            return "folders"
        if any(due <= now for due in self._deadlines()):
            return "clocks"
        return "letters" if self._number(_UNSENT, _stored(now)) else ""

    def next_event(self) -> datetime | None:
        """When something happens by itself: a clock runs out, a letter may be tried again."""
        letters = self.rows("SELECT min(not_before) FROM outbox WHERE state IN ('queued', 'ambiguous')")
        return min((*self._deadlines(), *(_instant(at) for (at,) in letters if at)), default=None)

    def _deadlines(self) -> list[datetime]:
        rows = self.rows("SELECT due, on_silence FROM timer WHERE ended_at IS NULL")
        return [_instant(due) + (_SILENCE if on_silence else timedelta()) for due, on_silence in rows]

    def news(self) -> list[Decided]:
        """The decisions since the last look."""
        found = [_decided(row) for row in self.rows(_JOURNAL, self._seen)]
        self._seen = found[-1].id if found else self._seen
        return found

    def decisions(self) -> list[Decided]:
        """The whole journal."""
        return [_decided(row) for row in self.rows(_JOURNAL, 0)]

    def responsible(self, number: int) -> str:
        return next(
            (str(name) for (name,) in self.rows("SELECT responsible_name FROM ticket WHERE number = ?", number)), ""
        )

    def close(self) -> None:
        self._base.close()


def _decided(row: tuple[Any, ...]) -> Decided:
    number, at, cause, actor, ticket, refused, reasons, effects = row
    return Decided(
        number,
        _instant(at),
        cause,
        actor,
        int(ticket or 0),
        refused or "",
        tuple(Reason(code, tuple(facts.items())) for code, facts in json.loads(reasons)),
        tuple((name, facts) for name, facts in json.loads(effects)),
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _stored(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
