"""Which open tickets report what one more mail may report, too. Asks the store; only reads."""

from __future__ import annotations

from datetime import datetime

from maild.core import reporting
from maild.core.office import Office
from maild.core.outages import OUTAGE, THING, Sighting, to_look_at
from maild.core.ticket import Ticket
from maild.core.values import Author
from maild.kin import loaded
from maild.store import tickets
from maild.store.database import Tx


def alike(tx: Tx, thing: str, author: Author, office: Office, now: datetime) -> tuple[Ticket, ...]:
    """The tickets that one more report of a failure of this thing may become one with; none while there are too few of them."""
    if not thing:
        return ()
    settings = office.book.outages
    since = now - max(settings.within, settings.lasts)

    def known_by(fact: str) -> tuple[Ticket, ...]:
        seen = [Sighting(*row) for row in tickets.reporting(tx, fact, thing, since)]
        wanted = to_look_at(seen, author.address, now, settings, lambda address: reporting.who(office, address))
        return tuple(loaded(tx, wanted))

    gathering = known_by(OUTAGE)
    if any(reporting.is_unanswered(office, ticket) for ticket in gathering):
        return gathering  # who reported it before makes no difference any more
    return (*gathering, *known_by(THING))
