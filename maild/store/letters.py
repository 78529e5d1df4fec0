"""Letters owed: the outbox protocol in rows (RELIABILITY §4.5). Bytes are rendered once, at insert, and never again.

queued → leased → sent | failed | queued (later) | ambiguous → leased (once, the same bytes) → sent | unknown;
held and dropped are a person's or a limit's doing; cancelled: the order that caused it was undone before it left.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import Connection, Integer, and_, bindparam, func, or_, select, update

from maild.store.prepared import Prepared
from maild.store.schema import attempt, outbox

LEASE = timedelta(minutes=15)
# 1, 5, 15, 60 minutes, then every 4 hours (RELIABILITY OB-12).
_DELAYS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
# An ambiguous letter is repeated once, after this long.
REPEAT_AFTER = timedelta(minutes=30)

State = Literal["queued", "leased", "sent", "failed", "ambiguous", "unknown", "held", "dropped", "cancelled"]


@dataclass(frozen=True, slots=True)
class Leased:
    """A letter in a sender's hands. `attempt` is the row of this try, written before anything was connected."""

    id: int
    attempt: int
    recipient: str
    raw: bytes
    attempts: int
    ambiguous: int


@cache
def _inserting(keys: tuple[str, ...]) -> Prepared:
    return Prepared(outbox.insert().inline(), keys)


def insert(tx: Connection, rows: list[dict[str, Any]]) -> None:
    """Letters join the outbox in the transaction of their cause; the same cause cannot write them twice."""
    for keys, alike in groupby(rows, key=tuple):
        _inserting(keys).many(tx, list(alike))


_WRITTEN = Prepared(
    select(outbox.c.created_at, outbox.c.template, outbox.c.ticket)
    .where(outbox.c.recipient == bindparam("recipient"), outbox.c.created_at > bindparam("since"))
    .order_by(outbox.c.created_at.desc())
    .limit(bindparam("most"))
)


def written(tx: Connection, recipient: str, since: datetime, most: int) -> list[tuple[datetime, str, int]]:
    """When, from which template and about which ticket (0: none) the newest letters to this address were written,
    whatever became of them."""
    asked = {"recipient": recipient, "since": since, "most": most}
    return [(at, str(template), int(ticket or 0)) for at, template, ticket in _WRITTEN(tx, asked)]


_WRITTEN_OF = Prepared(
    select(func.count())
    .select_from(outbox)
    .where(
        outbox.c.recipient == bindparam("recipient"),
        outbox.c.created_at > bindparam("since"),
        outbox.c.template == bindparam("template"),
    )
)


def written_of(tx: Connection, recipient: str, template: str, since: datetime) -> int:
    """How many letters of this template to this address were written, whatever became of them."""
    return int(_WRITTEN_OF.scalar(tx, {"recipient": recipient, "since": since, "template": template}) or 0)


_NTH = Prepared(
    select(outbox.c.id)
    .where(outbox.c.recipient == bindparam("recipient"), outbox.c.created_at > bindparam("since"))
    .limit(1)
    .offset(bindparam("most", type_=Integer) - 1)
)


def as_many_as(tx: Connection, most: int, recipient: str, since: datetime) -> bool:
    """Whether so many letters to this address were written since then. Cheap for addresses that get very many."""
    return most < 1 or _NTH.scalar(tx, {"recipient": recipient, "since": since, "most": most}) is not None


_EXPIRED = (
    update(outbox)
    .where(outbox.c.state.in_(("queued", "ambiguous")), outbox.c.expires_at <= bindparam("at"))
    .values(state="failed", ended_at=bindparam("at"), reason="vencida / expired")
    .returning(outbox.c.id)
)


def expire(tx: Connection, now: datetime) -> list[int]:
    """Letters that outlived their use before any try: they fail now rather than arrive late. Their ids."""
    return [int(letter_id) for (letter_id,) in tx.execute(_EXPIRED, {"at": now})]


_TAKEN_IN = (
    update(outbox)
    .where(
        outbox.c.ticket == bindparam("about"),
        outbox.c.recipient == bindparam("reader"),
        outbox.c.state == "queued",
        outbox.c.attempts == 0,
        outbox.c.not_before > bindparam("at"),
        outbox.c.gist != "",
    )
    .values(state="dropped", ended_at=bindparam("at"), reason=bindparam("why"), part_of=bindparam("carrier"))
    .returning(outbox.c.id, outbox.c.gist, outbox.c.not_before)
)


def take_in(tx: Connection, number: int, recipient: str, now: datetime, into: str) -> tuple[list[str], datetime | None]:
    """The letters about this ticket that this reader has still to get are given up for one that says it all: what they
    said, and when the first of them was to leave.

    Only letters that nobody has ever tried to send and that are not due: a sender cannot have them in his hands
    (RELIABILITY §4.5). All in the transaction that writes the letter which takes them in (`into`, its Message-ID).
    """
    asked = {
        "about": number,
        "reader": recipient,
        "at": now,
        "why": f"va dentro de / is part of {into}",
        "carrier": into,
    }
    rows = sorted(tx.execute(_TAKEN_IN, asked).all(), key=lambda row: int(row[0]))
    said = [str(line) for _, gist, _ in rows for line in json.loads(gist)]
    return said, min((before for _, _, before in rows), default=None)


def claim(tx: Connection, owner: str, now: datetime, limit: int) -> list[Leased]:
    """Take the letters that are due, oldest first, and write an attempt row for each before anything is connected."""
    due = (
        select(outbox.c.id)
        .where(outbox.c.state.in_(("queued", "ambiguous")), outbox.c.not_before <= now)
        .order_by(outbox.c.not_before, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = tx.execute(
        update(outbox)
        .where(outbox.c.id.in_(due))
        .values(state="leased", owner=owner, leased_until=now + LEASE, attempts=outbox.c.attempts + 1)
        .returning(outbox.c.id, outbox.c.recipient, outbox.c.raw, outbox.c.attempts, outbox.c.ambiguous)
    ).all()
    leased = []
    for letter_id, recipient, raw, attempts, ambiguous in sorted(taken, key=lambda row: int(row[0])):
        values = {"outbox": letter_id, "started_at": now, "stage": "connect"}
        attempt_id = tx.execute(attempt.insert().values(**values).returning(attempt.c.id)).scalar_one()
        leased.append(Leased(int(letter_id), int(attempt_id), recipient, bytes(raw), int(attempts), int(ambiguous)))
    return leased


def data_issued(tx: Connection, attempt_id: int) -> None:
    """From here on the letter may be out: written before the DATA command leaves."""
    tx.execute(update(attempt).where(attempt.c.id == attempt_id).values(stage="data_issued"))


def _end(tx: Connection, letter: Leased, now: datetime, outcome: str, code: int | None, text: str) -> None:
    values = {"ended_at": now, "outcome": outcome, "code": code, "text": text}
    tx.execute(update(attempt).where(attempt.c.id == letter.attempt).values(**values))


def _set(tx: Connection, letter: Leased, **values: Any) -> None:
    tx.execute(update(outbox).where(outbox.c.id == letter.id).values(owner=None, leased_until=None, **values))


def sent(tx: Connection, letter: Leased, now: datetime, code: int | None, text: str) -> None:
    _end(tx, letter, now, "sent", code, text)
    _set(tx, letter, state="sent", ended_at=now, reason="")


def failed(tx: Connection, letter: Leased, now: datetime, code: int | None, text: str) -> None:
    """Refused for good: a person must look."""
    _end(tx, letter, now, "failed", code, text)
    _set(tx, letter, state="failed", ended_at=now, reason=text)


def deferred(tx: Connection, letter: Leased, now: datetime, code: int | None, text: str, jitter: float) -> State:
    """Later, with growing delays; a letter that has outlived its use fails. `jitter` in [0, 1)."""
    _end(tx, letter, now, "deferred", code, text)
    delay = _DELAYS[min(letter.attempts, len(_DELAYS)) - 1] * (0.75 + jitter / 2)
    expires = tx.execute(select(outbox.c.expires_at).where(outbox.c.id == letter.id)).scalar_one()
    if now + delay > expires:
        _set(tx, letter, state="failed", ended_at=now, reason=f"vencida / expired: {text}")
        return "failed"
    _set(tx, letter, state="queued", not_before=now + delay, reason=text)
    return "queued"


def ambiguous(tx: Connection, letter: Leased, now: datetime, code: int | None, text: str) -> State:
    """Nobody knows whether it arrived: once more with the same bytes, then a person decides."""
    _end(tx, letter, now, "ambiguous", code, text)
    return _doubt(tx, letter.id, letter.ambiguous, now, text)


def _doubt(tx: Connection, letter_id: int, doubts: int, now: datetime, text: str) -> State:
    state: State = "unknown" if doubts else "ambiguous"
    values: dict[str, Any] = {"state": state, "ambiguous": doubts + 1, "not_before": now + REPEAT_AFTER, "reason": text}
    if state == "unknown":
        values["ended_at"] = now
    tx.execute(update(outbox).where(outbox.c.id == letter_id).values(owner=None, leased_until=None, **values))
    return state


def given_back(tx: Connection, letter: Leased, now: datetime, until: datetime, text: str) -> None:
    """The channel is at fault, not the letter: it waits without losing a try."""
    _end(tx, letter, now, "channel", None, text)
    _set(tx, letter, state="queued", not_before=until, attempts=letter.attempts - 1, reason=text)


def recover(tx: Connection, now: datetime, owner: str = "") -> tuple[int, int]:
    """Letters whose sender died: untried ones are queued again, those past DATA are in doubt: (queued, in doubt).

    Without `owner` only leases that ran out; with it those of this owner too (its earlier life is over).
    """
    over = or_(outbox.c.leased_until < now, outbox.c.owner == owner) if owner else outbox.c.leased_until < now
    rows = tx.execute(
        select(outbox.c.id, outbox.c.ambiguous).where(and_(outbox.c.state == "leased", over)).with_for_update()
    ).all()
    queued = doubtful = 0
    for letter_id, doubts in rows:
        last = select(func.max(attempt.c.id)).where(attempt.c.outbox == letter_id).scalar_subquery()
        attempt_id, stage = tx.execute(select(attempt.c.id, attempt.c.stage).where(attempt.c.id == last)).one()
        values = {"ended_at": now, "outcome": "lost", "text": "el proceso terminó / the process ended"}
        tx.execute(update(attempt).where(attempt.c.id == attempt_id).values(**values))
        if stage == "data_issued":
            _doubt(tx, int(letter_id), int(doubts), now, "interrumpida durante el envío / interrupted while sending")
            doubtful += 1
        else:
            again = update(outbox).where(outbox.c.id == letter_id)
            tx.execute(again.values(state="queued", owner=None, leased_until=None, attempts=outbox.c.attempts - 1))
            queued += 1
    return queued, doubtful


def given_up(tx: Connection, now: datetime) -> list[tuple[int, str]]:
    """(id, why) of letters that `recover` has just left to a person, doubtful for the second time."""
    query = select(outbox.c.id, outbox.c.reason).where(outbox.c.state == "unknown", outbox.c.ended_at == now)
    return [(int(letter_id), str(why)) for letter_id, why in tx.execute(query)]


def next_due(tx: Connection) -> datetime | None:
    open_states = outbox.c.state.in_(("queued", "ambiguous"))
    return tx.execute(select(func.min(outbox.c.not_before)).where(open_states)).scalar()


# -- what operators do ----------------------------------------------------------------------------------------

_MAY: dict[str, tuple[str, ...]] = {
    "retry": ("failed", "unknown", "held", "ambiguous", "queued"),
    "hold": ("queued", "ambiguous"),
    "release": ("held",),
    "drop": ("queued", "ambiguous", "held", "failed", "unknown"),
}


def act(tx: Connection, ids: Collection[int], what: Literal["retry", "hold", "release", "drop"], now: datetime) -> int:
    """Retry, hold, release or drop letters; how many of them stood in a state that allows it."""
    may = and_(outbox.c.id.in_(ids), outbox.c.state.in_(_MAY[what]))
    choices: dict[str, dict[str, Any]] = {
        "retry": {
            "state": "queued",
            "held_by": "",
            "not_before": now,
            "ended_at": None,
            "expires_at": now + timedelta(days=3),
        },
        "hold": {"state": "held", "held_by": "operator", "reason": "retenida por el operador / held by the operator"},
        "release": {"state": "queued", "held_by": "", "not_before": now, "expires_at": now + timedelta(days=3)},
        "drop": {"state": "dropped", "ended_at": now},
    }
    return tx.execute(update(outbox).where(may).values(**choices[what])).rowcount


def listed(tx: Connection, states: Collection[str], limit: int) -> list[dict[str, Any]]:
    c = outbox.c
    columns = (c.id, c.message_id, c.ticket, c.template, c.recipient, c.state, c.reason, c.created_at, c.attempts)
    query = select(*columns).order_by(c.id).limit(limit)
    if states:
        query = query.where(c.state.in_(states))
    return [dict(row) for row in tx.execute(query).mappings()]


def shown(tx: Connection, letter_id: int) -> dict[str, Any] | None:
    """The whole row, with its attempts."""
    row = tx.execute(select(outbox).where(outbox.c.id == letter_id)).mappings().one_or_none()
    if row is None:
        return None
    tries = tx.execute(select(attempt).where(attempt.c.outbox == letter_id).order_by(attempt.c.id)).mappings()
    return dict(row) | {"tries": [dict(t) for t in tries]}


def recent_to(tx: Connection, number: int, recipient: str) -> str | None:
    """The Message-ID of the newest letter about this ticket to this address."""
    query = select(outbox.c.message_id).where(outbox.c.ticket == number, outbox.c.recipient == recipient)
    return tx.execute(query.order_by(outbox.c.id.desc()).limit(1)).scalar()


def written_for(tx: Connection, cause: str) -> list[dict[str, Any]]:
    """The letters that one cause wrote, in order."""
    columns = (outbox.c.id, outbox.c.message_id, outbox.c.template, outbox.c.recipient, outbox.c.raw, outbox.c.state)
    query = select(*columns).where(outbox.c.cause.startswith(cause + "#", autoescape=True)).order_by(outbox.c.id)
    return [dict(row) for row in tx.execute(query).mappings()]
