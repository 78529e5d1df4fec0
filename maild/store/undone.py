"""Orders that can still be taken back: the tickets before and after each, for as long as that is so."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from maild.core.pending import Undo, Undoable
from maild.core.ticket import Ticket, Timer, Token
from maild.core.undo import Done, Posted
from maild.core.values import Address
from maild.core.worktime import Pause, Span
from maild.store import tickets
from maild.store.prepared import Prepared
from maild.store.schema import outbox
from maild.store.standing import undoable

# Letters in these states have not left this machine, and nothing is under way.
_STILL_HERE = ("queued", "held")
_LEFT = ("leased", "sent", "ambiguous", "unknown")
# What a letter says that is part of another one is on its way with that one.
_ON_ITS_WAY = outbox.c.state.in_(_LEFT) | ((outbox.c.state == "dropped") & (outbox.c.part_of != ""))
# What is over stays a day, so that «too late» can be told from «nothing to undo».
_KEPT = timedelta(days=1)

_INSERT = Prepared(undoable.insert().inline(), ("ticket", "cause", "by", "orders", "until", "used", "tickets"))
_OVER = delete(undoable).where(undoable.c.until < bindparam("before"))


def remember(
    tx: Connection, what: Undoable, cause: str, changes: Iterable[tuple[Ticket | None, Ticket]], now: datetime
) -> None:
    """Keep the tickets of a decision as they stood and as they stand."""
    tx.execute(_OVER, {"before": now - _KEPT})
    row = {
        "ticket": what.number, "cause": cause, "by": what.by, "orders": what.orders, "until": what.until, "used": False,
        "tickets": _json([[before, after] for before, after in changes if before != after]),
    }  # fmt: skip
    _INSERT(tx, row)


def last(tx: Connection, number: int, addresses: Collection[str]) -> Done | None:
    """The newest order of this person on this ticket that was not taken back; its tickets and its letters are locked."""
    query = select(undoable).where(undoable.c.ticket == number, undoable.c.by.in_(tuple(addresses)), ~undoable.c.used)
    row = tx.execute(query.order_by(undoable.c.id.desc()).limit(1).with_for_update()).mappings().one_or_none()
    if row is None:
        return None
    pairs = [(_ticket(before), _ticket(after)) for before, after in json.loads(row["tickets"])]
    found = [(b, a, tickets.load(tx, a.number)) for b, a in pairs if a is not None]
    return Done(
        id=int(row["id"]),
        by=str(row["by"]),
        orders=str(row["orders"]),
        until=row["until"],
        used=bool(row["used"]),
        changes=tuple((b, a, now) for b, a, now in found if a is not None and now is not None),
        letters=tuple(_letters(tx, str(row["cause"]), {a.number for _, a in pairs if a} | {number})),
    )


def _letters(tx: Connection, cause: str, numbers: Collection[int]) -> Iterable[Posted]:
    """Of the letters of a cause those that left and those that still can be kept; what failed or was dropped is neither."""
    columns = (outbox.c.id, outbox.c.ticket, outbox.c.template, outbox.c.recipient, outbox.c.state.in_(_STILL_HERE))
    mine = outbox.c.cause.startswith(cause + "#", autoescape=True) & outbox.c.ticket.in_(tuple(numbers))
    query = select(*columns).where(mine, outbox.c.state.in_(_STILL_HERE) | _ON_ITS_WAY).order_by(outbox.c.id)
    for letter_id, ticket, template, recipient, here in tx.execute(query.with_for_update()):
        yield Posted(int(letter_id), int(ticket or 0), str(template), Address(str(recipient)), not here)


def use(tx: Connection, what: Undo, now: datetime) -> None:
    """It is taken back: once, and its letters that had not left never will. A cancelled letter is a state, with its bytes.
    What older letters said that were part of one of them is owed again."""
    tx.execute(update(undoable).where(undoable.c.id == what.of).values(used=True))
    mine = (outbox.c.id.in_(what.cancelled), outbox.c.state.in_(_STILL_HERE))
    reason = "la orden se deshizo / the order was undone"
    cancelled = update(outbox).where(*mine).values(state="cancelled", held_by="", ended_at=now, reason=reason)
    gone = tx.execute(cancelled.returning(outbox.c.ticket, outbox.c.message_id)).all()
    carried = (outbox.c.ticket.in_({t for t, _ in gone}), outbox.c.part_of.in_({m for _, m in gone}))
    again = update(outbox).where(*carried, outbox.c.state == "dropped")
    tx.execute(again.values(state="queued", part_of="", ended_at=None, reason=""))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else asdict(value)


def _ticket(fields: Mapping[str, Any] | None) -> Ticket | None:
    if fields is None:
        return None
    known = dict(fields)
    for name in ("requester", "creator", "responsible"):
        known[name] = Address(**known[name]) if known[name] else None
    for name in ("opened_at", "closed_at"):
        known[name] = datetime.fromisoformat(known[name]) if known[name] else None
    known["tokens"] = tuple(Token(**token) for token in known["tokens"])
    known["timers"] = tuple(_timer(timer) for timer in known["timers"])
    known["facts"] = tuple((key, value) for key, value in known["facts"])
    known["providers"] = tuple(Address(**provider) for provider in known["providers"])
    return Ticket(**known)


def _timer(fields: Mapping[str, Any]) -> Timer:
    span, pauses = fields.get("span"), fields.get("pauses", ())
    known = {
        "due": datetime.fromisoformat(fields["due"]),
        "started": _moment(fields.get("started")),
        "span": Span(**span) if span else None,
        "pauses": tuple(Pause(datetime.fromisoformat(p["start"]), _moment(p["until"]), p["why"]) for p in pauses),
    }
    return Timer(**{**fields, **known})


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
