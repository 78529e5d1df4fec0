"""Mails received: each ends in exactly one state, whatever happens on the way (RELIABILITY §4.2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from maild.core.values import Mail
from maild.store.database import prepared_unless_there, unless_there
from maild.store.prepared import Prepared
from maild.store.schema import correspondence, epoch, inbound, message

State = Literal["stored", "done", "auto", "duplicate", "parked", "ignored"]
# A mailbox that was never read to its end: nothing can be said about silence yet.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_COPIED = 50
TERMINAL = ("done", "auto", "duplicate", "parked", "ignored")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail as the door hands it over. `epoch` 0 and `uid` 0: not from a mailbox."""

    sha256: str
    size: int
    received_at: datetime
    epoch: int = 0
    uid: int = 0
    state: State = "stored"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored mail waiting to be understood."""

    id: int
    sha256: str
    received_at: datetime
    attempts: int
    size: int
    reason: str


def open_epoch(tx: Connection, account: str, folder: str, uidvalidity: int, now: datetime) -> int:
    """The epoch of this UIDVALIDITY, made if it is new; every other epoch of the folder is over."""
    wanted = and_(epoch.c.account == account, epoch.c.folder == folder, epoch.c.uidvalidity == uidvalidity)
    found = tx.execute(select(epoch.c.id).where(wanted)).scalar()
    if found is None:
        values = {"account": account, "folder": folder, "uidvalidity": uidvalidity, "first_seen": now}
        tx.execute(unless_there(tx, epoch), values)
        found = tx.execute(select(epoch.c.id).where(wanted)).scalar_one()
    tx.execute(update(epoch).where(epoch.c.id == found).values(closed_at=None))
    others = and_(
        epoch.c.account == account, epoch.c.folder == folder, epoch.c.id != found, epoch.c.closed_at.is_(None)
    )
    tx.execute(update(epoch).where(others).values(closed_at=now))
    return int(found)


def known_uids(tx: Connection, epoch_id: int) -> set[int]:
    """Every uid of the epoch that is stored."""
    rows = tx.execute(select(inbound.c.uid).where(inbound.c.epoch_id == epoch_id))
    return {int(uid) for (uid,) in rows}


def put(tx: Connection, arrivals: Sequence[Arrival], now: datetime) -> list[int]:
    """Take responsibility for these mails. Bytes that are known already become duplicates of their first row.

    Returns the ids of the rows; a (epoch, uid) that is stored already keeps its row.
    """
    return [_put(tx, arrival, now) for arrival in arrivals]


# Statements of the path that every mail takes are built once: building one costs more than running it.
_FIRST_OF = Prepared(select(inbound.c.id).where(inbound.c.first_of == bindparam("digest")))
_AT_UID = select(inbound.c.id).where(inbound.c.epoch_id == bindparam("epoch"), inbound.c.uid == bindparam("number"))
_STATE = Prepared(select(inbound.c.state).where(inbound.c.id == bindparam("mail")).with_for_update())
_COLUMNS_OF_TWINS = (
    inbound.c.id,
    inbound.c.message_id,
    inbound.c.canonical,
    inbound.c.sender,
    func.coalesce(inbound.c.ticket, 0),
    inbound.c.subject,
)
_EARLIER = (
    select(*_COLUMNS_OF_TWINS)
    .where(inbound.c.id < bindparam("mail"), or_(*(inbound.c.state == state for state in ("done", "auto", "parked"))))
    .order_by(inbound.c.id)
    .limit(20)
)
_SAME_ID = Prepared(_EARLIER.where(inbound.c.message_id == bindparam("same")))
_SAME_CONTENT = Prepared(_EARLIER.where(inbound.c.canonical == bindparam("same")))


def _put(tx: Connection, arrival: Arrival, now: datetime) -> int:
    values: dict[str, object] = {
        "epoch_id": arrival.epoch or None,
        "uid": arrival.uid or None,
        "sha256": arrival.sha256,
        "size": arrival.size,
        "received_at": arrival.received_at,
        "stored_at": now,
        "disposition": "pending" if arrival.uid else "none",
        "reason": arrival.reason,
    }
    # Two nodes may hold the same bytes at the same instant: the unique key, not a look beforehand, says who was first.
    fresh = values | {"state": arrival.state, "first_of": arrival.sha256}
    row = prepared_unless_there(tx, inbound, tuple(fresh)).scalar(tx, fresh)
    if row is not None:
        return int(row)
    first = _FIRST_OF.scalar(tx, {"digest": arrival.sha256})
    again = values | {"state": "duplicate", "reason": "same-bytes", "duplicate_of": first}
    row = prepared_unless_there(tx, inbound, tuple(again)).scalar(tx, again)
    if row is None:
        row = tx.execute(_AT_UID, {"epoch": arrival.epoch, "number": arrival.uid}).scalar_one()
    return int(row)


def take(tx: Connection, limit: int, in_hand: Collection[int]) -> list[Stored]:
    """Stored mails to understand next, oldest first, each noted as taken in hand before it is tried.

    A mail that was in hand when the program died is taken alone: if it was the one that killed it, it kills no others.
    """
    columns = (
        inbound.c.id,
        inbound.c.sha256,
        inbound.c.received_at,
        inbound.c.attempts,
        inbound.c.size,
        inbound.c.reason,
    )
    query = select(*columns).where(inbound.c.state == "stored", inbound.c.id.not_in(in_hand))
    rows = [Stored(*row) for row in tx.execute(query.order_by(inbound.c.id).limit(limit))]
    suspect = next((row for row in rows if row.attempts), None)
    taken = rows[:1] if rows and rows[0].attempts else [r for r in rows if suspect is None or r.id < suspect.id]
    if taken:
        ids = [row.id for row in taken]
        tx.execute(update(inbound).where(inbound.c.id.in_(ids)).values(attempts=inbound.c.attempts + 1))
    return taken


def give_back(tx: Connection, mail_id: int) -> None:
    """It was not the mail's fault that it could not be decided now: the try does not count."""
    tx.execute(update(inbound).where(inbound.c.id == mail_id).values(attempts=0))


def still_waiting(tx: Connection, mail_id: int) -> bool:
    """Lock the row; whether it still waits (another node may have been faster)."""
    return bool(_STATE.scalar(tx, {"mail": mail_id}) == "stored")


def finish(
    tx: Connection,
    mail_id: int,
    state: State,
    *,
    reason: str = "",
    ticket: int = 0,
    mail: Mail | None = None,
    duplicate_of: int | None = None,
) -> None:
    """The mail's last state, and what later mails need to know of it."""
    values: dict[str, object] = {"state": state, "reason": reason, "duplicate_of": duplicate_of}
    if ticket:
        values["ticket"] = ticket
    if mail is not None:
        values |= {
            "message_id": mail.message_id,
            "canonical": mail.canonical,
            "sender": mail.sender.address,
            "subject": mail.subject[:200],
            "kind": str(mail.kind),
        }
    _finishing(tuple(values))(tx, {f"new_{name}": value for name, value in values.items()} | {"mail": mail_id})


@cache
def _finishing(columns: tuple[str, ...]) -> Prepared:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
    return Prepared(update(inbound).where(inbound.c.id == bindparam("mail")).values(values))


def note(tx: Connection, mail_id: int, number: int, mail: Mail, ours: Collection[str]) -> None:
    """What later mails of the conversation need to know of a mail of this ticket; `ours` are the desk's own addresses."""
    others = dict.fromkeys(each.address for each in (*mail.to, *mail.cc) if each.address not in ours)
    copied = "".join(f" {address} " for address in list(others)[:_MOST_COPIED])
    if copied or mail.conversation:
        row = {"inbound": mail_id, "ticket": number, "conversation": mail.conversation, "copied": copied}
        prepared_unless_there(tx, correspondence, tuple(row))(tx, row)


_OF_CONVERSATION = Prepared(
    select(correspondence.c.ticket)
    .where(correspondence.c.conversation == bindparam("conversation"))
    .order_by(correspondence.c.inbound.desc())
    .limit(20)
)
_COPIED = (
    select(correspondence.c.copied)
    .join_from(correspondence, message, message.c.inbound == correspondence.c.inbound)
    .where(correspondence.c.ticket == bindparam("number"), message.c.visibility != "third_party")
)


def tickets_of_conversation(tx: Connection, conversation: str) -> tuple[int, ...]:
    """The tickets of mails that Outlook counts to this conversation, the newest mail's first."""
    rows = _OF_CONVERSATION(tx, {"conversation": conversation}) if conversation else ()
    return tuple(dict.fromkeys(int(number) for (number,) in rows))


_BEGAN = Prepared(
    select(correspondence.c.conversation)
    .where(correspondence.c.ticket == bindparam("number"), correspondence.c.conversation != "")
    .order_by(correspondence.c.inbound)
    .limit(1)
)


def conversation_of(tx: Connection, number: int) -> str:
    """Outlook's conversation that the first mails of this ticket belong to; '' where none is known."""
    return str(_BEGAN.scalar(tx, {"number": number}) or "")


def was_copied(tx: Connection, number: int, address: str) -> bool:
    """Whether somebody who takes part wrote a mail of this ticket to this address, too."""
    rows = tx.execute(_COPIED, {"number": number}) if address else ()
    return any(f" {address} " in str(copied) for (copied,) in rows)


@dataclass(frozen=True, slots=True)
class Twin:
    """An earlier mail that says it is the same one."""

    id: int
    message_id: str
    canonical: str
    sender: str
    ticket: int
    subject: str


def twins(tx: Connection, mail: Mail, mail_id: int) -> list[Twin]:
    """Earlier mails with the same Message-ID, or, where there is none, with the same canonical content; oldest first."""
    query, same = (_SAME_ID, mail.message_id) if mail.message_id else (_SAME_CONTENT, mail.canonical)
    return [Twin(*row) for row in query(tx, {"same": same, "mail": mail_id})]


# -- filing away on the server --------------------------------------------------------------------------------


def to_file(tx: Connection, epoch_id: int, limit: int) -> list[tuple[int, int, str]]:
    """(id, uid, state) of decided mails that still lie in the folder we read. A copy goes where its first one goes."""
    first = inbound.alias()
    query = (
        select(inbound.c.id, inbound.c.uid, func.coalesce(first.c.state, inbound.c.state))
        .join_from(inbound, first, first.c.id == inbound.c.duplicate_of, isouter=True)
        .where(inbound.c.epoch_id == epoch_id, inbound.c.disposition == "pending", inbound.c.state.in_(TERMINAL))
        .where(or_(first.c.id.is_(None), first.c.state.in_(TERMINAL)))
        .order_by(inbound.c.id)
        .limit(limit)
    )
    return [(int(i), int(uid), str(state)) for i, uid, state in tx.execute(query)]


def filed(tx: Connection, ids: Collection[int], disposition: Literal["moved", "gone"]) -> None:
    tx.execute(update(inbound).where(inbound.c.id.in_(ids)).values(disposition=disposition))


def drop_stale_dispositions(tx: Connection, account: str, epoch_id: int) -> int:
    """Orders to move mails of an epoch that is over name the wrong mails now: drop them (RELIABILITY UV-01)."""
    over = select(epoch.c.id).where(epoch.c.account == account, epoch.c.id != epoch_id)
    stale = and_(inbound.c.epoch_id.in_(over), inbound.c.disposition == "pending")
    return tx.execute(update(inbound).where(stale).values(disposition="gone")).rowcount


# -- the watermark --------------------------------------------------------------------------------------------


def drained(tx: Connection, epoch_id: int, upto: datetime) -> None:
    """Everything that the server had received by `upto` is stored."""
    later = or_(epoch.c.drained_upto.is_(None), epoch.c.drained_upto < upto)
    tx.execute(update(epoch).where(epoch.c.id == epoch_id, later).values(drained_upto=upto))


def silence_upto(tx: Connection, number: int = 0) -> datetime | None:
    """The instant up to which nobody's silence can be told from a mail not yet read; None: no bound.

    It is the oldest watermark of the open mailboxes, held back by every mail that is not decided yet, and by parked
    ones that nobody can tell a sender of or that name this ticket (`number`).
    """
    marks = tx.execute(select(epoch.c.drained_upto).where(epoch.c.closed_at.is_(None))).scalars().all()
    if any(upto is None for upto in marks):
        return _NEVER
    unread = or_(inbound.c.sender == "", inbound.c.ticket == number) if number else inbound.c.sender == ""
    undecided = or_(inbound.c.state == "stored", and_(inbound.c.state == "parked", unread))
    oldest = tx.execute(select(func.min(inbound.c.received_at)).where(undecided)).scalar()
    bounds = [upto for upto in (*marks, oldest) if upto is not None]
    return min(bounds, default=None)


# -- quarantine -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parked:
    id: int
    sha256: str
    received_at: datetime
    size: int
    sender: str
    subject: str
    reason: str


def parked(tx: Connection, mail_id: int = 0) -> list[Parked]:
    """Mails that wait for a person, oldest first; one of them when `mail_id` is given."""
    c = inbound.c
    query = select(c.id, c.sha256, c.received_at, c.size, c.sender, c.subject, c.reason).where(c.state == "parked")
    if mail_id:
        query = query.where(c.id == mail_id)
    return [Parked(*row) for row in tx.execute(query.order_by(c.id))]


def release(tx: Connection, mail_id: int, state: Literal["stored", "ignored"]) -> bool:
    """Give a parked mail another try (`stored`) or drop it (`ignored`: its bytes stay). False if it is not parked."""
    wanted = and_(inbound.c.id == mail_id, inbound.c.state == "parked")
    # Why it was parked would park it again at once; of a dropped mail it stays to be read.
    values = {"state": state, "attempts": 0} | ({"reason": ""} if state == "stored" else {})
    return tx.execute(update(inbound).where(wanted).values(**values)).rowcount == 1
