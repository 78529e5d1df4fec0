"""What people set right by command: of which ticket, what, from what to what. Rows only; nothing learns by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from maild.core.effects import Decision, SetField
from maild.core.ticket import Ticket
from maild.store.schema import correction, message, ticket

# What the rules decide of a new mail.
FIELDS = ("type", "service", "priority")


def keep(tx: Connection, decision: Decision, before: Ticket | None, author: str, now: datetime) -> None:
    """Keep each field that an order of a person changed."""
    if before is None or not any(reason.code == "order" for reason in decision.reasons):
        return
    for effect in decision.effects:
        if isinstance(effect, SetField) and effect.number == before.number and effect.field in FIELDS:
            was = str(getattr(before, effect.field))
            if was != effect.value:
                row = {"ticket": before.number, "at": now, "author": author, "field": effect.field}
                tx.execute(correction.insert(), row | {"before": was, "after": effect.value})


def listed(tx: Connection) -> list[dict[str, Any]]:
    """Every corrected ticket with its title and first words, and what it was at last set to, oldest first."""
    chosen = select(correction, ticket.c.title).join(ticket, ticket.c.number == correction.c.ticket)
    rows = [dict(row) for row in tx.execute(chosen.order_by(correction.c.id)).mappings()]
    words = _first_words(tx, {row["ticket"] for row in rows})
    return [row | {"text": words.get(row["ticket"], "")} for row in rows]


def _first_words(tx: Connection, numbers: Iterable[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for number in numbers:
        asked = select(message.c.text).where(message.c.ticket == number, message.c.visibility == "public")
        found[number] = tx.execute(asked.order_by(message.c.id).limit(1)).scalar() or ""
    return found
