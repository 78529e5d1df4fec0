"""Numbered forms and the knowledge base: what a ticket leaves behind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from maild.core.effects import Issue, Learn
from maild.store.prepared import Prepared
from maild.store.schema import form, knowledge

_HAVE = Prepared(
    select(form.c.document, func.count()).where(form.c.serial.like(bindparam("serials"))).group_by(form.c.document)
)


def next_serials(tx: Connection, documents: Iterable[str], year: int) -> tuple[tuple[str, int], ...]:
    """The next number of each form in this year."""
    wanted = tuple(documents)
    if not wanted:
        return ()
    have = {document: int(n) for document, n in _HAVE(tx, {"serials": f"%-{year}"})}
    return tuple((document, have.get(document, 0) + 1) for document in wanted)


def issue(tx: Connection, issued: Issue, now: datetime) -> None:
    row = {"document": issued.document, "serial": issued.serial, "ticket": issued.number, "at": now}
    tx.execute(form.insert(), row | {"lines": "\n".join(issued.lines)})


def issued(tx: Connection, numbers: Iterable[int], documents: Iterable[str]) -> tuple[Issue, ...]:
    """The forms of these kinds that these tickets hold, in the order in which they were made out."""
    rows: list[Issue] = []
    for number in numbers:
        query = (
            select(form)
            .where(form.c.ticket == number, form.c.document.in_(tuple(documents)))
            .order_by(form.c.document, form.c.serial)
        )
        rows += (
            Issue(number, row.document, row.serial, tuple(filter(None, row.lines.split("\n"))))
            for row in tx.execute(query)
        )
    return tuple(rows)


def entries(tx: Connection) -> tuple[str, ...]:
    """The keys of the knowledge base."""
    return tuple(tx.execute(select(knowledge.c.key).order_by(knowledge.c.at)).scalars())


def learn(tx: Connection, learned: Learn, now: datetime) -> None:
    row = {"key": learned.key, "title": learned.title, "text": learned.text, "ticket": learned.number, "at": now}
    tx.execute(knowledge.insert(), row)
