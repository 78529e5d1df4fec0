"""What a person asks of the rows: the whole story of a mail, a letter, a ticket or a timer. Reads only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from maild.store import mails
from maild.store.schema import epoch, inbound, journal, outbox, ticket, timer
from maild.store.timers import MOST_ATTEMPTS


def _rows(tx: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in tx.execute(query).mappings()]


def mails_named(tx: Connection, message_id: str) -> list[dict[str, Any]]:
    """Every arrival of a mail with this Message-ID, and every copy of the same bytes, oldest first."""
    known = select(inbound.c.sha256).where(inbound.c.message_id == message_id)
    same = or_(inbound.c.message_id == message_id, inbound.c.sha256.in_(known))
    return _rows(tx, select(inbound).where(same).order_by(inbound.c.id))


def mail(tx: Connection, mail_id: int) -> dict[str, Any] | None:
    return next(iter(_rows(tx, select(inbound).where(inbound.c.id == mail_id))), None)


_OF_LETTERS = [c for c in outbox.c if c.name != "raw"]


def letters_named(tx: Connection, message_id: str) -> list[dict[str, Any]]:
    return _rows(tx, select(*_OF_LETTERS).where(outbox.c.message_id == message_id))


def letters_of_cause(tx: Connection, cause: str) -> list[dict[str, Any]]:
    """The letters that one decision wrote, without their bytes."""
    mine = outbox.c.cause.startswith(cause + "#", autoescape=True)
    return _rows(tx, select(*_OF_LETTERS).where(mine).order_by(outbox.c.id))


def letters_of_ticket(tx: Connection, number: int) -> list[dict[str, Any]]:
    return _rows(tx, select(*_OF_LETTERS).where(outbox.c.ticket == number).order_by(outbox.c.id))


def decisions_on_mail(tx: Connection, mail_id: int) -> list[str]:
    """The causes under which this mail was decided: several, if it was set aside and released."""
    cause = f"inbound:{mail_id}"
    mine = or_(journal.c.cause == cause, journal.c.cause.startswith(cause + ":", autoescape=True))
    return [str(c) for (c,) in tx.execute(select(journal.c.cause).where(mine).order_by(journal.c.id))]


def mails_of_ticket(tx: Connection, number: int) -> list[dict[str, Any]]:
    return _rows(tx, select(inbound).where(inbound.c.ticket == number).order_by(inbound.c.id))


def ticket_row(tx: Connection, number: int) -> dict[str, Any] | None:
    return next(iter(_rows(tx, select(ticket).where(ticket.c.number == number))), None)


def timers_of(tx: Connection, number: int) -> list[dict[str, Any]]:
    """Every clock that ever ran for the ticket, in the order in which they started."""
    return _rows(tx, select(timer).where(timer.c.ticket == number).order_by(timer.c.id))


def timer_row(tx: Connection, timer_id: int) -> dict[str, Any] | None:
    return next(iter(_rows(tx, select(timer).where(timer.c.id == timer_id))), None)


def why_not_fired(tx: Connection, row: dict[str, Any], now: datetime, margin: timedelta) -> tuple[str, dict[str, Any]]:
    """A code and its facts: ended, failing, not-due, unread (silence cannot be judged yet) or due."""
    if row["ended_at"] is not None:
        return "ended", {"outcome": row["outcome"], "at": row["ended_at"]}
    if row["attempts"] >= MOST_ATTEMPTS:
        return "failing", {"attempts": row["attempts"]}
    if row["due"] > now:
        return "not-due", {"due": row["due"]}
    if row["on_silence"]:
        upto = mails.silence_upto(tx, row["ticket"])
        if upto is not None and upto < row["due"] + margin:
            return "unread", {"upto": upto, "until": row["due"] + margin, "holders": holders(tx, row["ticket"], upto)}
    return "due", {}


def holders(tx: Connection, number: int, upto: datetime) -> list[str]:
    """What keeps silence from being judged past `upto`: mailboxes not read further, mails not decided."""
    open_epoch = and_(epoch.c.closed_at.is_(None), or_(epoch.c.drained_upto.is_(None), epoch.c.drained_upto <= upto))
    named = select(epoch.c.account, epoch.c.folder).where(open_epoch).order_by(epoch.c.id)
    boxes = [f"{account} {folder}" for account, folder in tx.execute(named)]
    parked = and_(inbound.c.state == "parked", or_(inbound.c.sender == "", inbound.c.ticket == number))
    waiting = and_(or_(inbound.c.state == "stored", parked), inbound.c.received_at <= upto)
    undecided = select(inbound.c.id, inbound.c.state).where(waiting).order_by(inbound.c.id).limit(20)
    return [*boxes, *(f"mail {mail_id} ({state})" for mail_id, state in tx.execute(undecided))]


def opening_mails(tx: Connection, since: datetime | None = None) -> list[tuple[int, str]]:
    """Ticket and bytes (their hash) of each mail that opened one, oldest first."""
    first = select(func.min(inbound.c.id)).where(inbound.c.ticket.is_not(None), inbound.c.state == "done")
    chosen = select(inbound.c.ticket, inbound.c.sha256).where(inbound.c.id.in_(first.group_by(inbound.c.ticket)))
    if since is not None:
        chosen = chosen.where(inbound.c.received_at >= since)
    return [(int(number), str(digest)) for number, digest in tx.execute(chosen.order_by(inbound.c.id))]
