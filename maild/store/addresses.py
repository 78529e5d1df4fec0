"""What is known of addresses: to which no letter gets through, and whose owner said that he is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from maild.store.database import unless_there
from maild.store.prepared import Prepared
from maild.store.standing import absence, suppression

_STOPPED = Prepared(select(suppression.c.address).where(suppression.c.address == bindparam("address")))


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why no letters go to an address: reason class, enhanced code, the server's words, the ticket the letter was about."""

    address: str
    reason: str
    status: str
    diagnostic: str
    ticket: int | None
    cause: str


def stop(tx: Connection, what: Stopped, now: datetime) -> bool:
    """No letters to this address from now on. False: it was stopped already, and keeps its first reason."""
    row = {
        "address": what.address, "at": now, "reason": what.reason, "status": what.status,
        "diagnostic": what.diagnostic, "ticket": what.ticket, "cause": what.cause,
    }  # fmt: skip
    return tx.execute(unless_there(tx, suppression), row).first() is not None


def is_stopped(tx: Connection, address: str) -> bool:
    return _STOPPED.scalar(tx, {"address": address}) is not None


def resume(tx: Connection, address: str) -> bool:
    """Letters may go there again; False if they might all along."""
    return tx.execute(delete(suppression).where(suppression.c.address == address)).rowcount == 1


def stopped(tx: Connection) -> list[dict[str, Any]]:
    """Every address that gets no letters, the oldest first."""
    rows = tx.execute(select(suppression).order_by(suppression.c.at, suppression.c.address)).mappings()
    return [dict(row) for row in rows]


def away(
    tx: Connection,
    address: str,
    until: date,
    cause: str,
    now: datetime,
    *,
    proved: bool,
    ordered: bool = False,
    deputy: str = "",
) -> None:
    """He is away up to and including `until`. The newest answer counts; `proved`: it answered a letter made for him.

    What he `ordered` himself, with who stands in for him, no answer of his mail program replaces before it is over.
    """
    row = {
        "address": address, "until": until, "told_at": now, "proved": proved, "cause": cause,
        "ordered": ordered, "deputy": deputy,
    }  # fmt: skip
    tx.execute(unless_there(tx, absence), row)
    mine = [absence.c.address == address]
    if not ordered:
        mine.append(~absence.c.ordered | (absence.c.until < now.date()))
    tx.execute(update(absence).where(*mine).values(**row))


def present(tx: Connection, address: str) -> None:
    """He is back."""
    tx.execute(delete(absence).where(absence.c.address == address))


_ORDERED = Prepared(
    select(absence.c.address, absence.c.until, absence.c.deputy)
    .where(absence.c.ordered, absence.c.until >= bindparam("today"))
    .order_by(absence.c.address)
)


def ordered_absences(tx: Connection, today: date) -> tuple[tuple[str, date, str], ...]:
    """Who has said by an order that he is away today: address, last day, key of the deputy."""
    return tuple((str(a), until, str(deputy)) for a, until, deputy in _ORDERED(tx, {"today": today}))


def away_until(tx: Connection, address: str, *, proved_only: bool = False) -> date | None:
    """The last day of the absence that this address told of; it may be over."""
    query = select(absence.c.until).where(absence.c.address == address)
    return tx.execute(query.where(absence.c.proved) if proved_only else query).scalar()
