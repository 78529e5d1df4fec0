"""What the desk remembers of somebody who gives orders: the last one, while it can be taken back, and how often he was answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from maild.core import echo
from maild.core.events import Kin
from maild.core.office import Office
from maild.core.values import Author
from maild.store import letters, undone
from maild.store.database import Tx

_HOUR = timedelta(hours=1)


def recalled(tx: Tx, kin: Kin, author: Author, office: Office, now: datetime, ticket: int = 0) -> Kin:
    """The kin of a decision about the ticket (0: none), with what is remembered of its author."""
    if author.person is None or not author.address:
        return kin
    answered = letters.written(tx, author.person.address, now - _HOUR, 4 * office.manners.echoes_hour)
    echoes = sum(template in echo.COUNTED for _, template, _ in answered)
    done = None
    if ticket and office.book.is_staff(author.role):
        done = undone.last(tx, ticket, author.person.addresses)
    return replace(kin, echoes=echoes, done=done)
