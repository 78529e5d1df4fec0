"""Letters held back and let go again, and the counts that a limit asks for. A held letter is never lost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Integer, and_, bindparam, func, or_, select, update

from maild.store.prepared import Prepared
from maild.store.schema import outbox

# Who holds a letter back. Only the brake lets go by itself; `stopped` letters go when the address is good again.
Holder = Literal["", "rehearsal", "operator", "stopped", "brake", "address", "ticket", "domain"]


@dataclass(frozen=True, slots=True)
class Ours:
    """A letter of ours that somebody else's mail speaks of. `ticket` 0: it was about none."""

    message_id: str
    recipient: str
    ticket: int


def ours(tx: Connection, message_ids: Collection[str]) -> Ours | None:
    """The first of these that is a letter of ours."""
    c = outbox.c
    rows = tx.execute(select(c.message_id, c.recipient, c.ticket).where(c.message_id.in_(list(message_ids)[:50])))
    found = {row[0]: Ours(row[0], row[1], row[2] or 0) for row in rows}
    return next((found[each] for each in message_ids if each in found), None)


def stuck(tx: Connection, since: datetime) -> list[dict[str, Any]]:
    """The letters that wait for a person, oldest first: held, in doubt, or failed since then."""
    c = outbox.c
    query = select(c.id, c.template, c.recipient, c.state, c.reason, c.created_at)
    query = query.where(or_(c.state.in_(("held", "unknown")), and_(c.state == "failed", c.ended_at > since)))
    return [dict(row) for row in tx.execute(query.order_by(c.id)).mappings()]


def hold_for(tx: Connection, address: str, why: str) -> int:
    """Letters to this address that have not left yet are held; how many."""
    waiting = outbox.c.state.in_(("queued", "ambiguous"))
    held = update(outbox).where(outbox.c.recipient == address, waiting)
    return tx.execute(held.values(state="held", held_by="stopped", reason=why)).rowcount


def let_go_for(tx: Connection, address: str, now: datetime) -> int:
    """The letters held because their address bounced are queued, if they are still worth sending; how many."""
    c = outbox.c
    mine = (c.recipient == address, c.state == "held", c.held_by == "stopped", c.expires_at > now)
    return tx.execute(
        update(outbox).where(*mine).values(state="queued", held_by="", reason="", not_before=now)
    ).rowcount


def let_go_braked(tx: Connection, now: datetime, room: int, life: timedelta) -> int:
    """As many letters as there is room for, the oldest first, leave the brake, however long it held them."""
    if room < 1:
        return 0
    c = outbox.c
    oldest = select(c.id).where(c.state == "held", c.held_by == "brake").order_by(c.id).limit(room)
    ids = list(tx.execute(oldest.with_for_update(skip_locked=True)).scalars())
    if not ids:
        return 0
    free = {"state": "queued", "held_by": "", "reason": "", "not_before": now, "expires_at": now + life}
    return tx.execute(update(outbox).where(c.id.in_(ids)).values(**free)).rowcount


def left_since(tx: Connection, since: datetime) -> int:
    """How many letters were sent since then (of those written within a week before)."""
    c = outbox.c
    recent = (c.created_at > since - timedelta(days=7), c.state == "sent", c.ended_at > since)
    return int(tx.execute(select(func.count()).where(*recent)).scalar_one())


def braked(tx: Connection) -> bool:
    """Whether the brake holds letters."""
    held = (outbox.c.state == "held", outbox.c.held_by == "brake")
    return tx.execute(select(outbox.c.id).where(*held).limit(1)).first() is not None


# -- counts: each asks only whether there are so many, and looks at no more rows than that ------------------------------

_OFFSET = bindparam("most", type_=Integer) - 1
_TOTAL = Prepared(select(outbox.c.id).where(outbox.c.created_at > bindparam("since")).limit(1).offset(_OFFSET))
_DOMAIN = Prepared(
    select(outbox.c.id)
    .where(outbox.c.created_at > bindparam("since"), outbox.c.recipient.like(bindparam("ending"), escape="\\"))
    .limit(1)
    .offset(_OFFSET)
)
_NEWEST = Prepared(select(func.max(outbox.c.id)))


def total_reaches(tx: Connection, most: int, since: datetime) -> bool:
    """Whether so many letters were written to anybody since then."""
    if most < 1:
        return True
    if (_NEWEST.scalar(tx, {}) or 0) < most:  # so many were never written at all
        return False
    return _TOTAL.scalar(tx, {"since": since, "most": most}) is not None


def domain_reaches(tx: Connection, most: int, domain: str, since: datetime) -> bool:
    """Whether so many letters went to addresses of this domain since then."""
    literal = domain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return most < 1 or _DOMAIN.scalar(tx, {"ending": "%@" + literal, "since": since, "most": most}) is not None


def is_written(tx: Connection, cause: str) -> bool:
    return tx.execute(select(outbox.c.id).where(outbox.c.cause == cause)).first() is not None
