"""What was said and what was decided: the conversation of each ticket, and the journal of every decision with its reasons."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import is_dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, or_, select

from maild.core.effects import Decision, Effect, Open, Send
from maild.core.merging import INTO
from maild.core.values import Reason
from maild.store.database import prepared_unless_there
from maild.store.prepared import Prepared
from maild.store.schema import fact, journal, message

_LONGEST_WORDS = 1000
_KEEP = Prepared(message.insert().inline(), ("ticket", "inbound", "at", "author", "visibility", "text"))
_ENTRY = ("at", "cause", "ticket", "actor", "refused", "reasons", "effects")


def enter(tx: Connection, cause: str, actor: str, decision: Decision, now: datetime) -> bool:
    """Write a decision down. False: this cause has been decided before, and nothing else of it may be written."""
    row = {
        "at": now,
        "cause": cause,
        "ticket": decision.number or None,
        "actor": actor,
        "refused": decision.refused.code if decision.refused else None,
        "reasons": _json(_reason(r) for r in decision.reasons),
        "effects": _json(_effect(e) for e in decision.effects),
    }
    return prepared_unless_there(tx, journal, _ENTRY).scalar(tx, row) is not None


def _json(items: Iterable[Any]) -> str:
    return _ENCODER.encode(list(items))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each: getattr(value, each) for each in value.__dataclass_fields__}
    return value.isoformat() if isinstance(value, datetime) else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def _reason(reason: Reason) -> list[Any]:
    facts = dict(reason.facts)
    if max(map(len, facts.values()), default=0) > _LONGEST_WORDS:
        facts = {key: _shown(value) for key, value in facts.items()}
    return [reason.code, facts]


def _shown(value: Any) -> Any:
    """A journal is read by people: what somebody wrote stands there in part, and whole in the conversation."""
    if not isinstance(value, str):
        return value
    return value if len(value) <= _LONGEST_WORDS else value[: _LONGEST_WORDS - 1] + "…"


def shown_effects(effects: Iterable[Effect]) -> list[tuple[str, dict[str, Any]]]:
    """Effects as a journal keeps them: the name of each and its fields, plain data."""
    return [(name, facts) for name, facts in json.loads(_json(_effect(e) for e in effects))]


def _effect(effect: Any) -> list[Any]:
    """An effect for people to read: its name and its fields, without the ticket number that stands beside it."""
    name = type(effect).__name__
    if isinstance(effect, Open):
        return [name, {"title": _shown(effect.ticket.title), "requester": effect.ticket.requester.address}]
    if isinstance(effect, Send):
        return [name, {"template": effect.template, "to": effect.to.address}]
    return [
        name,
        {each: _shown(getattr(effect, each)) for each in type(effect).__dataclass_fields__ if each != "number"},
    ]


def keep(
    tx: Connection, number: int, inbound_id: int | None, author: str, visibility: str, text: str, now: datetime
) -> None:
    """A person's words join the conversation."""
    row = {"ticket": number, "inbound": inbound_id, "at": now, "author": author, "visibility": visibility, "text": text}
    _KEEP(tx, row)


# A ticket's opening and its first words are one decision; its hour is taken twice.
_DECIDING = timedelta(minutes=1)
_FIRST_WORDS = Prepared(
    select(message.c.text)
    .where(
        message.c.ticket == bindparam("number"),
        message.c.visibility == "public",
        message.c.at <= bindparam("opened"),
    )
    .order_by(message.c.id)
    .limit(1)
)


def first_words(tx: Connection, number: int, opened: datetime) -> str:
    """What the ticket was opened with; '' where a clock or another ticket opened it: what was written later is no request."""
    return _FIRST_WORDS.scalar(tx, {"number": number, "opened": opened + _DECIDING}) or ""


def history(tx: Connection, number: int) -> list[dict[str, Any]]:
    """Every decision about a ticket, oldest first, reasons and effects as data."""
    rows = tx.execute(select(journal).where(journal.c.ticket == number).order_by(journal.c.id)).mappings()
    return [_read(row) for row in rows]


def decided(tx: Connection, cause: str) -> dict[str, Any] | None:
    """The decision of one cause, if there was one; reasons and effects as data."""
    row = tx.execute(select(journal).where(journal.c.cause == cause)).mappings().one_or_none()
    return _read(row) if row else None


def _read(row: RowMapping) -> dict[str, Any]:
    return dict(row) | {"reasons": json.loads(row["reasons"]), "effects": json.loads(row["effects"])}


def conversation(tx: Connection, number: int) -> list[dict[str, Any]]:
    """What was said about a ticket, and about those that were merged into it, oldest first."""
    merged = select(fact.c.ticket).where(fact.c.key == INTO, fact.c.value == str(number))
    mine = or_(message.c.ticket == number, message.c.ticket.in_(merged))
    return [dict(row) for row in tx.execute(select(message).where(mine).order_by(message.c.id)).mappings()]
