"""Who does the work that only one node may do at a time. Correctness never rests on it: unique keys do that."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from maild.store.database import unless_there
from maild.store.standing import lease

TERM = timedelta(seconds=30)


def hold(tx: Connection, name: str, owner: str, now: datetime) -> bool:
    """Take or renew the lease; False while somebody else holds it. A take-over begins a new term."""
    row = tx.execute(select(lease).where(lease.c.name == name).with_for_update()).mappings().one_or_none()
    if row is None:
        tx.execute(unless_there(tx, lease), {"name": name, "owner": owner, "term": 1, "expires_at": now + TERM})
        return tx.execute(select(lease.c.owner).where(lease.c.name == name)).scalar() == owner
    if row["owner"] != owner and row["expires_at"] > now:
        return False
    term = row["term"] + (row["owner"] != owner)
    tx.execute(update(lease).where(lease.c.name == name).values(owner=owner, term=term, expires_at=now + TERM))
    return True


def give_up(tx: Connection, name: str, owner: str, now: datetime) -> None:
    mine = (lease.c.name == name, lease.c.owner == owner)
    tx.execute(update(lease).where(*mine).values(expires_at=now))
