"""Tickets in lists, as somebody asks for them by mail: his own, those of a queue, those in which words stand."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy import column as named
from sqlalchemy import table as called

from maild.core.events import Happened, Row
from maild.core.words import fold
from maild.core.worktime import NEVER
from maild.store import records
from maild.store.schema import message, provider, ticket, timer, token

_LONGEST_WORDS = 160
_MOST_WORDS = 8
_WORD = re.compile(r"\w+")
# So many tickets that hold the words are weighed, the newest.
_MOST_FOUND = 400
# Decisions that a person wants to see in the story of a ticket; the rest is how the machine got there.
_TELLING = {
    "opened": "event-opened",
    "order": "event-order",
    "reopened": "event-reopened",
    "clock-fired": "event-clock",
}


def mine(
    tx: Connection, addresses: Collection[str], clocks: Collection[str], limit: int, *, staff: bool
) -> tuple[tuple[Row, ...], int]:
    """The open tickets that these addresses have to do (staff), or asked for or were called into; and how many there are.

    `clocks`: those by which work is late.
    """
    who: ColumnElement[bool] = ticket.c.responsible.in_(tuple(addresses))
    if not staff:
        who = _takes_part(addresses)
    return _listed(tx, and_(who, ticket.c.closed_at.is_(None)), clocks, limit)


def queue(
    tx: Connection, places: Collection[tuple[str, str]], clocks: Collection[str], limit: int
) -> tuple[tuple[Row, ...], int]:
    """The open tickets with a token on one of these steps (procedure, step)."""
    if not places:
        return (), 0
    on = or_(*(and_(token.c.procedure == p, token.c.step == s) for p, s in places))
    stands = exists().where(token.c.ticket == ticket.c.number, token.c.came == "", on)
    return _listed(tx, and_(stands, ticket.c.closed_at.is_(None)), clocks, limit)


def search(
    tx: Connection, words: str, addresses: Collection[str], clocks: Collection[str], limit: int, *, staff: bool
) -> tuple[tuple[Row, ...], int]:
    """The tickets in whose title or messages all these words begin a word, accents aside, the best first.

    Who is no staff sees only his own, and finds nothing by what is internal.
    """
    wanted = [word for word in _WORD.findall(fold(words)) if word][:_MOST_WORDS]
    if not wanted:
        return (), 0
    ranked = _ranked(tx, wanted, staff=staff)
    if not ranked:
        return (), 0
    query = _rows(clocks).where(ticket.c.number.in_(ranked))
    if not staff:
        query = query.where(_takes_part(addresses))
    found = sorted((_row(row) for row in tx.execute(query).mappings()), key=lambda row: ranked.index(row.number))
    return tuple(found[:limit]), len(found)


def _takes_part(addresses: Collection[str]) -> ColumnElement[bool]:
    his = tuple(addresses)
    called_in = exists().where(provider.c.ticket == ticket.c.number, provider.c.address.in_(his))
    return or_(ticket.c.requester.in_(his), called_in)


def _rows(clocks: Collection[str]) -> Select[Any]:
    own = (timer.c.ticket == ticket.c.number, timer.c.clock.in_(tuple(clocks)))
    first = (*own, timer.c.ran == 0, timer.c.due < NEVER)  # what runs on after it ran out only tells of it
    due = select(func.min(timer.c.due)).where(*first, timer.c.ended_at.is_(None)).scalar_subquery()
    missed = select(func.max(timer.c.due)).where(*first, timer.c.outcome == "fired").scalar_subquery()
    still = case((or_(timer.c.outcome == "fired", and_(timer.c.ended_at.is_(None), timer.c.ran > 0)), 1), else_=0)
    newest = select(still).where(*own).order_by(timer.c.id.desc()).limit(1).scalar_subquery()
    columns = (ticket.c.number, ticket.c.title, ticket.c.state, ticket.c.requester, ticket.c.responsible_name)
    when = case((newest == 1, missed), else_=due).label("due")
    return select(*columns, ticket.c.responsible, ticket.c.opened_at, when, newest.label("overdue"))


def _listed(
    tx: Connection, which: ColumnElement[bool], clocks: Collection[str], limit: int
) -> tuple[tuple[Row, ...], int]:
    """The soonest due first, then the oldest."""
    query = _rows(clocks).where(which)
    due = query.selected_columns.due
    rows = tx.execute(query.order_by(due.is_(None), due, ticket.c.number).limit(limit)).mappings()
    total = tx.execute(select(func.count()).select_from(ticket).where(which)).scalar_one()
    return tuple(_row(row) for row in rows), int(total)


def _row(row: Any) -> Row:
    who = str(row["responsible_name"] or row["responsible"] or "")
    return Row(
        int(row["number"]),
        str(row["title"]),
        str(row["state"]),
        str(row["requester"]),
        who,
        row["due"],
        overdue=bool(row["overdue"]) and row["due"] is not None,
        opened_at=row["opened_at"],
    )


# -- full text --------------------------------------------------------------------------------------------------------


def _ranked(tx: Connection, words: list[str], *, staff: bool) -> list[int]:
    """The numbers of the tickets that hold all the words, in the title or in messages the reader may see, by how well.

    A word in the title counts more.
    """
    match = _fts if tx.dialect.name == "sqlite" else _tsvector
    seen = message.c.visibility.in_(("public", "internal", "third_party") if staff else ("public",))
    held = []
    for word in words:
        titles, texts = match("ticket", [word]), match("message", [word])
        held.append(or_(ticket.c.number.in_(titles.numbers()), ticket.c.number.in_(texts.numbers(seen))))
    query = select(ticket.c.number).where(*held).order_by(ticket.c.number.desc()).limit(_MOST_FOUND)
    numbers = [int(number) for (number,) in tx.execute(query)]
    best: dict[int, float] = dict.fromkeys(numbers, 0.0)
    for found, bonus in ((match("ticket", words), 2.0), (match("message", words), 0.0)):
        for number, score in tx.execute(found.scores(numbers, seen)):
            best[int(number)] = max(best[int(number)], float(score) + bonus)
    return sorted(best, key=lambda number: (-best[number], -number))


@dataclass(frozen=True, slots=True)
class _Match:
    """Where one of the words stands, in titles or in messages: the ticket's number, whether it fits, and how well."""

    number: ColumnElement[int]
    fits: ColumnElement[bool]
    rank: ColumnElement[float]
    source: FromClause
    of_messages: bool

    def numbers(self, seen: ColumnElement[bool] | None = None) -> Select[int]:
        query = select(self.number).select_from(self.source).where(self.fits)
        return query if seen is None else query.where(seen)

    def scores(self, numbers: Collection[int], seen: ColumnElement[bool]) -> Select[int, float]:
        query = select(self.number, self.rank).select_from(self.source)
        query = query.where(self.fits, self.number.in_(numbers))
        return query.where(seen) if self.of_messages else query


def _fts(what: str, words: list[str]) -> _Match:
    """FTS5; bm25 is the smaller the better. The words hold letters and digits only, so that quoting them is enough."""
    index = called(f"{what}_words", named("rowid", Integer), named("rank", Float), named(f"{what}_words"))
    fits = index.c[f"{what}_words"].op("MATCH", is_comparison=True)(" OR ".join(f'"{word}"*' for word in words))
    if what == "ticket":
        return _Match(index.c.rowid, fits, -index.c.rank, index, of_messages=False)
    return _Match(message.c.ticket, fits, -index.c.rank, index.join(message, message.c.id == index.c.rowid), True)


# The characters that the indexes of migration 0008 fold, and into what: their expression is this one, to the letter.
_ACCENTED, _PLAIN = "áàâäãåéèêëíìîïóòôöõúùûüñçý", "aaaaaaeeeeiiiiooooouuuuncy"


def _tsvector(what: str, words: list[str]) -> _Match:
    column = ticket.c.title if what == "ticket" else message.c.text
    left = func.left(column, text("100000"))
    folded = func.translate(func.lower(left), text(f"'{_ACCENTED}'"), text(f"'{_PLAIN}'"))
    vector = func.to_tsvector(text("'simple'"), folded)
    asked = func.to_tsquery(text("'simple'"), " | ".join(f"{word}:*" for word in words))
    number = ticket.c.number if what == "ticket" else message.c.ticket
    table = ticket if what == "ticket" else message
    return _Match(
        number, vector.op("@@", is_comparison=True)(asked), func.ts_rank(vector, asked), table, what == "message"
    )


# -- the story of one ticket ------------------------------------------------------------------------------------------


def story(tx: Connection, number: int) -> tuple[Happened, ...]:
    """What people said and what was decided, oldest first."""
    told: list[tuple[datetime, int, Happened]] = []
    for row in records.conversation(tx, number):
        words = " ".join(str(row["text"]).split())[:_LONGEST_WORDS]
        internal = row["visibility"] != "public"
        code = "event-note" if internal else "event-words"
        told.append((row["at"], 0, Happened(row["at"], str(row["author"]), code, words, internal)))
    for row in records.history(tx, number):
        for code, facts in row["reasons"]:
            if code in _TELLING:
                words = facts.get("order") or facts.get("clock") or ""
                internal = code in ("order", "clock-fired")
                by = str(row["actor"])
                told.append((row["at"], 1, Happened(row["at"], by, _TELLING[code], words, internal)))
    return tuple(each for *_, each in sorted(told, key=lambda each: each[:2]))
