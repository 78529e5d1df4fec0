"""Tickets in rows. The core says what a ticket was and what it is now; here the difference is written."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from maild.core.events import Child
from maild.core.ticket import Ticket, Token
from maild.core.values import Address
from maild.store import timers
from maild.store.columns import as_key
from maild.store.database import unless_there
from maild.store.prepared import Prepared
from maild.store.schema import case_number, fact, inbound, outbox, provider, ticket, timer, token
from maild.store.standing import counter

_MOST_WAITING = 500
_MOST_JOINED = 20
_MOST_NAMED = 40


# Statements of the path that every mail takes are built once: building one costs more than running it.
_COUNTER = Prepared(select(counter.c.value).where(counter.c.name == "ticket").with_for_update())
_COUNT_ON = Prepared(update(counter).where(counter.c.name == "ticket").values(value=bindparam("next")))
_OPEN = Prepared(ticket.insert().inline(), ticket.c.keys())
_TOKEN = Prepared(token.insert().inline(), token.c.keys())
_FACT = Prepared(fact.insert().inline(), fact.c.keys())
_NO_FACTS = Prepared(delete(fact).where(fact.c.ticket == bindparam("n")))
_OF_TICKET = {
    of.name: (Prepared(query), of.c.keys())
    for of, query in (
        (ticket, select(ticket).where(ticket.c.number == bindparam("n")).with_for_update()),
        (token, select(token).where(token.c.ticket == bindparam("n")).order_by(token.c.position)),
        (timer, select(timer).where(timer.c.ticket == bindparam("n"), timer.c.ended_at.is_(None)).order_by(timer.c.id)),
        (fact, select(fact).where(fact.c.ticket == bindparam("n")).order_by(fact.c.position)),
        (provider, select(provider).where(provider.c.ticket == bindparam("n")).order_by(provider.c.position)),
    )
}


def next_number(tx: Connection) -> int:
    """The number of the next ticket. Locks the counter until the transaction ends: no gap, no number twice."""
    value = _COUNTER.scalar(tx, {})
    if value is None:
        tx.execute(unless_there(tx, counter), {"name": "ticket", "value": 1})
        value = _COUNTER.scalar(tx, {})
    return int(value)


def use_number(tx: Connection, number: int) -> None:
    _COUNT_ON(tx, {"next": number + 1})


def load(tx: Connection, number: int) -> Ticket | None:
    """The ticket as it stands, locked for this transaction."""
    rows = _of(tx, "ticket", number)
    if not rows:
        return None
    row = rows[0]
    return Ticket(
        **{name: row[name] for name in _PLAIN},
        number=int(row["number"]),
        related=int(row["related"]),
        requester=Address(row["requester"], row["requester_name"]),
        creator=_address(row["creator"], row["creator_name"]),
        responsible=_address(row["responsible"], row["responsible_name"]),
        parent=int(row["parent"]),
        parent_token=int(row["parent_token"]),
        tokens=tuple(
            Token(t["id"], t["procedure"], t["step"], t["caller"], t["came"]) for t in _of(tx, "token", number)
        ),
        timers=tuple(timers.timer_of(t) for t in _of(tx, "timer", number)),
        facts=tuple((f["key"], f["value"]) for f in _of(tx, "fact", number)),
        providers=tuple(Address(p["address"], p["name"]) for p in _of(tx, "provider", number)),
    )


def _of(tx: Connection, table: str, number: int) -> list[dict[str, Any]]:
    query, columns = _OF_TICKET[table]
    return [dict(zip(columns, row, strict=True)) for row in query(tx, {"n": number})]


_PLAIN = (
    "title",
    "state",
    "opened_at",
    "type",
    "category",
    "subcategory",
    "service",
    "priority",
    "channel",
    "language",
    "closed_at",
    "closing_reason",
    "first_message_id",
)


def _address(address: str | None, name: str | None) -> Address | None:
    return None if address is None else Address(address, name or "")


def _columns(t: Ticket) -> dict[str, object]:
    plain: dict[str, object] = {name: getattr(t, name) for name in _PLAIN}
    return plain | {
        "related": t.related,
        "parent": t.parent,
        "parent_token": t.parent_token,
        "requester": t.requester.address,
        "requester_name": t.requester.name,
        "creator": t.creator.address if t.creator else None,
        "creator_name": t.creator.name if t.creator else None,
        "responsible": t.responsible.address if t.responsible else None,
        "responsible_name": t.responsible.name if t.responsible else None,
    }


def save(tx: Connection, before: Ticket | None, after: Ticket, fired: Collection[timers.Key], now: datetime) -> None:
    """Write what changed between two values of a ticket. `fired` names the clocks that ended by running out."""
    if before is None:
        _OPEN(tx, {"number": after.number} | _columns(after))
        use_number(tx, after.number)
    else:
        old, new = _columns(before), _columns(after)
        changed = {name: value for name, value in new.items() if old[name] != value}
        if changed:
            tx.execute(update(ticket).where(ticket.c.number == after.number).values(**changed))
    _save_tokens(tx, before, after)
    timers.save(tx, after.number, before.timers if before else (), after.timers, fired, now)
    _save_facts(tx, before, after)
    _save_providers(tx, before, after)


def _save_tokens(tx: Connection, before: Ticket | None, after: Ticket) -> None:
    if after.tokens == (before.tokens if before else ()):
        return
    if before and before.tokens:
        tx.execute(delete(token).where(token.c.ticket == after.number))
    rows = [
        {
            "ticket": after.number,
            "id": t.id,
            "procedure": t.procedure,
            "step": t.step,
            "caller": t.caller,
            "came": t.came,
            "position": position,
        }
        for position, t in enumerate(after.tokens)
    ]
    _TOKEN.many(tx, rows)


def _save_facts(tx: Connection, before: Ticket | None, after: Ticket) -> None:
    if after.facts == (before.facts if before else ()):
        return
    if before and before.facts:
        _NO_FACTS(tx, {"n": after.number})
    rows = [
        {"ticket": after.number, "key": key, "value": value, "position": position}
        for position, (key, value) in enumerate(after.facts)
    ]
    _FACT.many(tx, rows)


def _save_providers(tx: Connection, before: Ticket | None, after: Ticket) -> None:
    if after.providers == (before.providers if before else ()):
        return
    if before and before.providers:
        tx.execute(delete(provider).where(provider.c.ticket == after.number))
    rows = [
        {"ticket": after.number, "position": position, "address": p.address, "name": p.name}
        for position, p in enumerate(after.providers)
    ]
    if rows:
        tx.execute(provider.insert(), rows)


# -- looking tickets up ---------------------------------------------------------------------------------------


_SLOTS = [f"id{n}" for n in range(12)]
_RECEIVED = Prepared(
    select(inbound.c.message_id, inbound.c.ticket).where(
        inbound.c.message_id.in_([bindparam(slot) for slot in _SLOTS]),
        inbound.c.ticket.is_not(None),
        inbound.c.state == "done",
    )
)
_WRITTEN = Prepared(
    select(outbox.c.message_id, outbox.c.ticket).where(
        outbox.c.message_id.in_([bindparam(slot) for slot in _SLOTS]), outbox.c.ticket.is_not(None)
    )
)


def by_message_ids(tx: Connection, ids: Iterable[str]) -> dict[str, int]:
    """The ticket of each of these Message-IDs, of mails received and of letters written, where there is one."""
    wanted = {as_key(i): i for i in tuple(ids)[:60]}
    asked = list(wanted)
    found: dict[str, int] = {}
    for query in (_RECEIVED, _WRITTEN):
        for start in range(0, len(asked), len(_SLOTS)):
            given = dict(itertools.zip_longest(_SLOTS, asked[start : start + len(_SLOTS)], fillvalue=asked[start]))
            for message_id, number in query(tx, given):
                found.setdefault(wanted.get(str(message_id), str(message_id)), int(number))
    return found


_OF_REQUESTER = Prepared(
    select(ticket.c.number)
    .where(ticket.c.requester == bindparam("address"), ticket.c.opened_at > bindparam("since"))
    .order_by(ticket.c.number.desc())
    .limit(bindparam("most"))
)


def opened_by(tx: Connection, address: str, since: datetime, most: int) -> list[int]:
    """The numbers of the newest tickets that this address opened since then, newest first, at most so many."""
    asked = {"address": address, "since": since, "most": most}
    return [int(number) for (number,) in _OF_REQUESTER(tx, asked)]


def open_of(tx: Connection, address: str) -> list[int]:
    """The numbers of the open tickets that this address asked for, oldest first."""
    query = select(ticket.c.number).where(ticket.c.requester == address, ticket.c.closed_at.is_(None))
    return [int(number) for (number,) in tx.execute(query.order_by(ticket.c.number))]


def participants(tx: Connection, numbers: Iterable[int]) -> dict[int, frozenset[str]]:
    """Of those of these tickets that exist, the addresses of who takes part. Locks nothing."""
    wanted = sorted(set(numbers))[-_MOST_NAMED:]
    if not wanted:
        return {}
    columns = (ticket.c.number, ticket.c.requester, ticket.c.creator, ticket.c.responsible)
    people = {int(n): set(others) for n, *others in tx.execute(select(*columns).where(ticket.c.number.in_(wanted)))}
    called = select(provider.c.ticket, provider.c.address).where(provider.c.ticket.in_(wanted))
    for number, address in tx.execute(called):
        people[int(number)].add(str(address))
    return {number: frozenset(str(a) for a in addresses if a) for number, addresses in people.items()}


_BY_NUMBER = (
    select(case_number.c.ticket)
    .where(
        case_number.c.address.in_(bindparam("addresses", expanding=True)),
        case_number.c.value.in_(bindparam("numbers", expanding=True)),
    )
    .order_by(case_number.c.ticket.desc())
)


def by_numbers(tx: Connection, addresses: Iterable[str], numbers: Iterable[str]) -> tuple[int, ...]:
    """The tickets, newest first, on which this provider gave one of these case numbers of his own."""
    wanted = [as_key(number) for number in numbers]
    if not wanted:
        return ()
    rows = tx.execute(_BY_NUMBER, {"addresses": list(addresses), "numbers": wanted})
    return tuple(dict.fromkeys(int(number) for (number,) in rows))


def learn_numbers(tx: Connection, number: int, address: str, values: Iterable[str]) -> None:
    """A provider gave this ticket these numbers of his own."""
    rows = [{"ticket": number, "address": address, "value": value} for value in values]
    if rows:
        tx.execute(unless_there(tx, case_number), rows)


_CHILDREN = Prepared(
    select(ticket.c.number, ticket.c.parent, ticket.c.parent_token, ticket.c.closed_at).where(
        ticket.c.parent == bindparam("parent")
    )
)


def children(tx: Connection, numbers: Iterable[int]) -> tuple[Child, ...]:
    """What these tickets opened, and whether it is closed; by number."""
    rows = sorted(row for number in numbers for row in _CHILDREN(tx, {"parent": number}))
    return tuple(Child(int(n), int(p), int(k), closed is not None) for n, p, k, closed in rows)


def standing_at(tx: Connection, places: Collection[tuple[str, str]], requester: str = "") -> list[int]:
    """The numbers of the tickets that have a token on one of these steps (procedure, step), oldest first."""
    if not places:
        return []
    on = or_(*(and_(token.c.procedure == p, token.c.step == s) for p, s in places))
    query = select(ticket.c.number).join(token, token.c.ticket == ticket.c.number).where(on, token.c.came == "")
    if requester:
        query = query.where(ticket.c.requester == requester)
    return [int(n) for (n,) in tx.execute(query.distinct().order_by(ticket.c.number).limit(_MOST_WAITING))]


def open_with(tx: Connection, key: str, value: str) -> list[int]:
    """The numbers of the open tickets of which this fact is told, newest first."""
    query = select(ticket.c.number).join(fact, fact.c.ticket == ticket.c.number)
    query = query.where(fact.c.key == key, fact.c.value == value, ticket.c.closed_at.is_(None))
    return [int(n) for (n,) in tx.execute(query.order_by(ticket.c.number.desc()).limit(_MOST_JOINED))]


# The newest by the index first: what is long over is not looked at.
_NEWEST = (
    select(fact).where(fact.c.key == bindparam("key")).order_by(fact.c.ticket.desc()).limit(_MOST_WAITING).subquery()
)
_REPORTING = Prepared(
    select(ticket.c.number, _NEWEST.c.key, _NEWEST.c.value, ticket.c.requester, ticket.c.opened_at)
    .join(_NEWEST, _NEWEST.c.ticket == ticket.c.number)
    .where(_NEWEST.c.value == bindparam("value"), ticket.c.closed_at.is_(None), ticket.c.opened_at > bindparam("since"))
    .order_by(ticket.c.number.desc())
)


def reporting(tx: Connection, key: str, value: str, since: datetime) -> list[tuple[int, str, str, str, datetime]]:
    """The open tickets since then of which this fact is so, newest first: number, fact, value, requester, since when."""
    rows: list[tuple[Any, ...]] = _REPORTING(tx, {"key": key, "value": value, "since": since})
    return rows


def places(tx: Connection) -> list[tuple[int, str, str]]:
    """Where tickets stand: number, procedure, step."""
    query = select(token.c.ticket, token.c.procedure, token.c.step).order_by(token.c.ticket)
    return [(int(n), str(procedure), str(step)) for n, procedure, step in tx.execute(query)]


def listed(tx: Connection, *, only_open: bool, limit: int, unsorted: bool = False) -> list[dict[str, object]]:
    """Tickets for a list, newest first; `unsorted`: those that stand in no row of the catalogue."""
    query = select(ticket).order_by(ticket.c.number.desc()).limit(limit)
    if only_open:
        query = query.where(ticket.c.closed_at.is_(None))
    if unsorted:
        query = query.where(ticket.c.service == "")
    return [dict(row) for row in tx.execute(query).mappings()]


def counted(tx: Connection) -> int:
    return tx.execute(select(func.count()).select_from(ticket)).scalar_one()
