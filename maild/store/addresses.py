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


def away(tx: Connection, address: str, until: date, cause: str, now: datetime, *, proved: bool) -> None:
    """He is away up to and including `until`. The newest answer counts; `proved`: it answered a letter made for him."""
    row = {"address": address, "until": until, "told_at": now, "proved": proved, "cause": cause}
    tx.execute(unless_there(tx, absence), row)
    tx.execute(update(absence).where(absence.c.address == address).values(**row))


def away_until(tx: Connection, address: str, *, proved_only: bool = False) -> date | None:
    """The last day of the absence that this address told of; it may be over."""
    query = select(absence.c.until).where(absence.c.address == address)
    return tx.execute(query.where(absence.c.proved) if proved_only else query).scalar()
