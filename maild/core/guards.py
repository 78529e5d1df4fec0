"""The questions that guards ask: about told facts, and those that the engine answers itself (moves.GUARDS)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from maild.core import occasions
from maild.core import said as saying
from maild.core.events import Child
from maild.core.moves import Move
from maild.core.office import Office
from maild.core.said import Said
from maild.core.ticket import Ticket, Token


class View(Protocol):
    """A ticket as it stands inside one decision, and what was said."""

    ticket: Ticket

    @property
    def office(self) -> Office: ...
    @property
    def now(self) -> datetime: ...
    @property
    def said(self) -> Said: ...
    def children(self) -> tuple[Child, ...]: ...


def hold(move: Move, token: Token, view: View) -> bool:
    """Whether all guards of a move hold for this token."""
    return (
        all(_is(answer(key, token, view), values) for key, values in move.when.items())
        and not any(_is(answer(key, token, view), values) for key, values in move.unless.items())
        and all(_counted(view.ticket, fact) < _limit(limit, view) for fact, limit in move.below.items())
        and all(_counted(view.ticket, fact) >= _limit(limit, view) for fact, limit in move.at_least.items())
    )


def holds(move: Move, key: str, token: Token, view: View) -> bool:
    """Whether what `when` asks of this one fact is so."""
    return _is(answer(key, token, view), move.when[key])


def _is(told: str, values: tuple[str, ...]) -> bool:
    return (bool(told) and "*" in values) or told in values


def _counted(ticket: Ticket, fact: str) -> int:
    told = ticket.fact(fact) or "0"
    return int(told) if told.isdigit() else 0


def _limit(limit: str, view: View) -> float:
    """The number, or the parameter of that name; a parameter of 0 sets no limit."""
    told = view.office.book.settings.get(f"parameters.{limit}")
    if told is None:
        return int(limit) if limit.isdigit() else math.inf
    return int(told) if told.isdigit() and int(told) else math.inf


def answer(key: str, token: Token, view: View) -> str:
    """What is so; '' when nobody knows."""
    own = _OWN.get(key)
    return own(token, view) if own else view.ticket.fact(key) or ""


def _yes(so: bool) -> str:
    return "yes" if so else "no"


def _month_end(_: Token, view: View) -> str:
    return _yes(occasions.is_month_end(view.office.day(view.now)))


def _children(token: Token, view: View) -> str:
    mine = [child for child in view.children() if child.token == token.id]
    if not mine:
        return "none"
    return "closed" if all(child.closed for child in mine) else "open"


_OWN: Mapping[str, Callable[[Token, View], str]] = {
    "type": lambda _, view: view.ticket.type,
    "channel": lambda _, view: view.ticket.channel,
    "state": lambda _, view: view.ticket.state,
    "level": lambda _, view: view.ticket.fact(view.office.book.fact_for("level")) or "",
    "text": lambda _, view: _yes(bool(view.said.words.strip())),
    "attachment": lambda _, view: _yes(bool(view.said.attachments)),
    "named": lambda _, view: view.said.named.role if view.said.named else "",
    "sender": lambda _, view: view.said.author.role if view.said.author else "",
    "called": lambda token, _: _yes(bool(token.caller)),
    "child": lambda _, view: _yes(bool(view.ticket.parent)),
    "children": _children,
    "providers": lambda _, view: _yes(bool(view.ticket.providers)),
    "month_end": _month_end,
    "closed": lambda _, view: _yes(view.ticket.is_closed),
    "rows": lambda _, view: _yes(saying.brings_rows(view.said)),
}

# Every question that the engine answers itself.
ANSWERED = frozenset(_OWN)
