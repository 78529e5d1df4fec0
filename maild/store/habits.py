"""How often which paragraph was seen at the end of mails: of a sender, and of how many people of his domain.

One look-up for a mail, and one write while there is something to learn: what is known is counted no more, so a paragraph
of a large institution has three rows, not one for each of its people. Texts are not kept here, only fingerprints.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, bindparam, case, func, select
from sqlalchemy.dialects import postgresql, sqlite

from maild.core.habits import MOST, Ending
from maild.store.prepared import Prepared
from maild.store.schema import habit

_KEYS = ("domain", "fingerprint", "sender", "mails")
_ASKED = tuple(f"print_{number}" for number in range(MOST))
_SEEN = Prepared(
    select(
        habit.c.fingerprint,
        func.sum(case((habit.c.sender == bindparam("by"), habit.c.mails), else_=0)),
        func.count(),
    )
    .where(habit.c.domain == bindparam("of"), habit.c.fingerprint.in_([bindparam(name) for name in _ASKED]))
    .group_by(habit.c.fingerprint)
)


def known(tx: Connection, sender: str, endings: Sequence[Ending]) -> frozenset[str]:
    """The fingerprints of those that he, or his domain, always writes."""
    if not endings:
        return frozenset()
    asked = dict.fromkeys(_ASKED, "") | {name: each.fingerprint for name, each in zip(_ASKED, endings, strict=False)}
    seen = {row[0]: row[1:] for row in _SEEN(tx, {"by": sender, "of": _domain(sender), **asked})}
    return frozenset(e.fingerprint for e in endings if e.is_habit(*map(int, seen.get(e.fingerprint, (0, 0)))))


def count(tx: Connection, sender: str, endings: Sequence[Ending]) -> None:
    """One more mail of this sender ends with these."""
    domain = _domain(sender)
    rows = [{"domain": domain, "fingerprint": e.fingerprint, "sender": sender, "mails": 1} for e in endings[:MOST]]
    _one_more(tx.dialect.name).many(tx, rows)


@cache
def _one_more(dialect: str) -> Prepared:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    grown = {"mails": habit.c.mails + 1}
    return Prepared(insert(habit).on_conflict_do_update(index_elements=habit.primary_key, set_=grown), _KEYS)


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
