"""How many letters one address may be written: more are kept, held and shown to the operator, never dropped."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from maild.core.effects import Send
from maild.core.office import Office
from maild.store import letters
from maild.store.database import Tx

log = logging.getLogger("maild.desk")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many letters one address may be written. More are kept, held and shown to the operator, never dropped."""

    acks_hour: int = 3
    acks_day: int = 10
    address_hour: int = 20
    address_day: int = 100
    staff_day: int = 2000
    tickets_hour: int = 30


def reached(tx: Tx, limit: Limits, office: Office, send: Send, *, is_ack: bool, now: datetime) -> bool:
    """Whether this letter is one too many for its reader; then it is logged."""
    day, hour = now - timedelta(days=1), now - timedelta(hours=1)
    person = office.directory.by_address(send.to.address)
    if send.to == office.operator or (person and office.book.is_staff(person.role)):
        over = letters.as_many_as(tx, limit.staff_day, send.to.address, day)
    else:
        today = letters.written(tx, send.to.address, day, limit.address_day)
        acks = [at for at, template in today if template == send.template] if is_ack else []
        over = (
            len(today) >= limit.address_day
            or _since(hour, (at for at, _ in today)) >= limit.address_hour
            or (is_ack and (len(acks) >= limit.acks_day or _since(hour, acks) >= limit.acks_hour))
        )
    if over:
        log.warning("letter-held", extra={"address": send.to.address, "template": send.template})
    return over


def _since(start: datetime, times: Iterable[datetime]) -> int:
    return sum(at > start for at in times)
