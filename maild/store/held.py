"""Orders that wait for their author's word: each is a row with one state, and the only way out of `waiting` is through `end`."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from maild.core.confirming import snapshot
from maild.core.events import Held
from maild.core.pending import EndHold, HoldOrders
from maild.core.ticket import Ticket
from maild.core.values import Attachment, Mail
from maild.store.database import unless_there
from maild.store.schema import held_order

_MOST_WAITING = 20


def put(tx: Connection, effect: HoldOrders, mail: Mail, ticket: Ticket, now: datetime) -> None:
    """Keep the orders as they were written, and the ticket as it stands."""
    files = [[a.filename, a.content_type, a.size, a.sha256, a.inline, a.content_id, a.named] for a in mail.attachments]
    row = {
        "mail": effect.mail,
        "ticket": effect.number,
        "address": effect.address,
        "subject": mail.subject,
        "text": mail.new_text,
        "files": json.dumps(files, ensure_ascii=False),
        "stood": json.dumps(dict(snapshot(ticket)), ensure_ascii=False),
        "created_at": now,
        "expires_at": effect.until,
        "state": "waiting",
    }
    tx.execute(unless_there(tx, held_order), row)


def end(tx: Connection, effect: EndHold, now: datetime) -> bool:
    """It waits no longer. False: it had ended before."""
    c = held_order.c
    done = update(held_order).where(c.mail == effect.mail, c.state == "waiting")
    return tx.execute(done.values(state=effect.outcome, ended_at=now)).rowcount == 1


def waiting(tx: Connection, addresses: Collection[str], now: datetime) -> dict[int, Held]:
    """What may still be confirmed by whoever has these addresses, by its mail; the newest only, where there is much."""
    c = held_order.c
    mine = (c.address.in_(list(addresses)), c.state == "waiting", c.expires_at > now)
    rows = tx.execute(select(held_order).where(*mine).order_by(c.mail.desc()).limit(_MOST_WAITING)).mappings()
    return {
        row["mail"]: Held(
            row["mail"],
            row["ticket"],
            row["address"],
            row["subject"],
            row["text"],
            tuple(Attachment(*each) for each in json.loads(row["files"])),
            json.loads(row["stood"]),
        )
        for row in rows
    }


def asked(tx: Connection, addresses: Collection[str], since: datetime) -> int:
    """How many questions went to whoever has these addresses since then."""
    c = held_order.c
    mine = (c.address.in_(list(addresses)), c.created_at > since)
    return int(tx.execute(select(func.count()).where(*mine)).scalar_one())
