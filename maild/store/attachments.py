"""The files of tickets as rows. Their bytes stay where they came: in the raw mail, which is kept whole (decision 0014)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from maild.core.files import Judged
from maild.store.columns import as_key
from maild.store.schema import attachment, inbound

_KEEP = attachment.insert()
_SEEN = (
    select(
        attachment.c.sha256,
        func.count(attachment.c.inbound.distinct()),
        func.count(attachment.c.ticket.distinct()),
        func.min(attachment.c.ticket),
    )
    .where(
        attachment.c.sha256.in_(bindparam("hashes", expanding=True)),
        attachment.c.domain == bindparam("domain"),
        attachment.c.inbound != bindparam("mail"),
    )
    .group_by(attachment.c.sha256)
)


def _domain(address: str) -> str:
    return as_key(address.rpartition("@")[2])


def logos(tx: Connection, sender: str, hashes: Collection[str], mail_id: int, mails: int) -> frozenset[str]:
    """Which of these small pictures are logos: with this one, `mails` mails of the sender's domain carry them, on two
    tickets or more. A screenshot that answers quote again and again stays on one ticket, and stays a file."""
    if not hashes or not sender:
        return frozenset()
    asked = {"hashes": sorted(hashes), "domain": _domain(sender), "mail": mail_id}
    seen = tx.execute(_SEEN, asked)
    return frozenset(str(digest) for digest, count, tickets, _ in seen if count + 1 >= mails and tickets >= 2)


def keep(tx: Connection, mail_id: int, number: int, sender: str, files: Sequence[Judged]) -> None:
    """The files of a mail join its ticket. What turned out to be a logo was one in the earlier mails, too."""
    if not files:
        return
    domain = _domain(sender)
    rows = [
        {
            "inbound": mail_id,
            "ticket": number,
            "position": position,
            "filename": each.attachment.filename,
            "content_type": each.attachment.content_type,
            "size": each.attachment.size,
            "sha256": each.attachment.sha256,
            "inline": each.attachment.inline,
            "content_id": each.attachment.content_id,
            "domain": domain,
            "fate": each.fate,
            "why": each.why.code if each.why else "",
            "scan": each.scan,
            "scan_said": each.signature,
        }
        for position, each in enumerate(files)
    ]
    tx.execute(_KEEP, rows)
    if found := [each.attachment.sha256 for each in files if each.fate == "logo"]:
        same = (attachment.c.sha256.in_(found), attachment.c.domain == domain, attachment.c.fate == "file")
        tx.execute(update(attachment).where(*same).values(fate="logo", why="file-logo"))


_SHOWN = (
    "id",
    "inbound",
    "position",
    "filename",
    "content_type",
    "size",
    "sha256",
    "inline",
    "content_id",
    "fate",
    "why",
    "scan",
    "scan_said",
)


def of_ticket(tx: Connection, number: int) -> list[dict[str, Any]]:
    """Every file of a ticket in the order of its mails; `raw` names the mail that holds the bytes."""
    columns = (*(attachment.c[name] for name in _SHOWN), inbound.c.sha256.label("raw"))
    query = (
        select(*columns)
        .join_from(attachment, inbound, attachment.c.inbound == inbound.c.id)
        .where(attachment.c.ticket == number)
        .order_by(attachment.c.inbound, attachment.c.position)
    )
    return [dict(row) for row in tx.execute(query).mappings()]
