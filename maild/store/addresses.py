"""What is known of addresses: to which no letter gets through, and whose owner said that he is away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from maild.core.effects import Away
from maild.store.database import unless_there
from maild.store.prepared import Prepared
from maild.store.standing import absence, guess, suppression

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


@dataclass(frozen=True, slots=True)
class Ordered:
    """What somebody said of his absence by an order: from `since` up to and including `until`, with the key of who stands in
    for him; or `back`: that he is here again, said on `told_at`, from an absence up to `until`."""

    address: str
    until: date
    deputy: str
    told_at: datetime
    since: date | None
    back: bool


def away(tx: Connection, what: Away, cause: str, now: datetime) -> None:
    """He is away up to and including that day. The newest answer counts.

    What he ordered himself no answer of his mail program replaces before it is over.
    """
    row = {
        "address": what.address, "until": what.until, "told_at": now, "proved": what.proved, "cause": cause,
        "ordered": what.ordered, "deputy": what.deputy, "since": what.since, "back": False,
    }  # fmt: skip
    _tell(tx, row, now)


def present(tx: Connection, address: str, until: date, cause: str, now: datetime) -> None:
    """He is back: up to `until` neither the directory's absence counts, if it had begun, nor answers of his mail program."""
    row = {
        "address": address, "until": until, "told_at": now, "proved": True, "cause": cause, "ordered": True,
        "deputy": "", "since": None, "back": True,
    }  # fmt: skip
    _tell(tx, row, now)


def _tell(tx: Connection, row: Mapping[str, object], now: datetime) -> None:
    tx.execute(unless_there(tx, absence), row)
    mine = [absence.c.address == row["address"]]
    if not row["ordered"]:
        mine.append(~absence.c.ordered | (absence.c.until < now.date()))
    tx.execute(update(absence).where(*mine).values(**row))


_ORDERED = Prepared(
    select(absence.c.address, absence.c.until, absence.c.deputy, absence.c.told_at, absence.c.since, absence.c.back)
    .where(absence.c.ordered, absence.c.back | (absence.c.until >= bindparam("today")))
    .order_by(absence.c.address)
)


def ordered_absences(tx: Connection, today: date) -> tuple[Ordered, ...]:
    """Who has said by an order that he is away today, or that he is back."""
    return tuple(Ordered(*row) for row in _ORDERED(tx, {"today": today}))


_AWAY = Prepared(
    select(absence.c.until, absence.c.proved).where(absence.c.address == bindparam("address"), ~absence.c.back)
)


def away_until(tx: Connection, address: str, *, proved_only: bool = False) -> date | None:
    """The last day of the absence that this address told of; it may be over."""
    return next((until for until, proved in _AWAY(tx, {"address": address}) if proved or not proved_only), None)


_GUESSES = Prepared(
    select(func.count())
    .select_from(guess)
    .where(guess.c.address == bindparam("address"), guess.c.at > bindparam("since"))
)
_GUESS = Prepared(guess.insert().inline(), ("address", "at"))
_FORGOTTEN = timedelta(days=1)


def guesses(tx: Connection, address: str, since: datetime) -> int:
    """How many mails of this address have borne a token that nobody gave it."""
    return int(_GUESSES.scalar(tx, {"address": address, "since": since}) or 0)


def guessed(tx: Connection, address: str, now: datetime) -> None:
    """One more such mail."""
    tx.execute(delete(guess).where(guess.c.at < now - _FORGOTTEN))
    _GUESS(tx, {"address": address, "at": now})
