"""Whether a mail has been received before: the decision table of RELIABILITY §4.2 for mails whose bytes differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from maild.core.effects import Decision, Keep
from maild.core.subject import without_prefixes
from maild.core.values import Mail, because
from maild.core.words import fold


class Twin(Protocol):
    """An earlier mail with the same Message-ID, or, where both have none, the same content."""

    @property
    def id(self) -> int: ...
    @property
    def canonical(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def ticket(self) -> int: ...
    @property
    def subject(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """`new`; `duplicate` of an earlier mail; a `variant` of one (through a list, say) that joins its ticket without a
    letter; or a `conflict`: another mail used this Message-ID first (somebody else's, or a device that gives all its mails
    the same one), which proves nothing about either."""

    kind: Literal["new", "duplicate", "variant", "conflict"]
    of: int = 0
    ticket: int = 0


def judge(mail: Mail, twins: Sequence[Twin]) -> Verdict:
    """What earlier twins make of this mail, the oldest first. Another sender's twin never swallows it."""
    same_sender = [t for t in twins if t.sender == mail.sender.address]
    for twin in same_sender:
        if twin.canonical == mail.canonical:
            return Verdict("duplicate", twin.id, twin.ticket)
    if not mail.message_id:
        return Verdict("new")
    # Nobodies are not one and the same.
    on_ticket = next((t for t in same_sender if t.sender and t.ticket and _alike(t.subject, mail.subject)), None)
    if on_ticket is not None:
        return Verdict("variant", on_ticket.id, on_ticket.ticket)
    return Verdict("conflict", twins[0].id) if twins else Verdict("new")


def variant(verdict: Verdict, mail: Mail) -> Decision:
    """The same mail on another road, changed on the way: it joins the ticket, and nobody is written to."""
    reason = because("variant", of=verdict.of, sender=mail.sender.address)
    return Decision(verdict.ticket, (Keep(verdict.ticket, "public"),), (reason,))


def _alike(first: str, second: str) -> bool:
    """The same subject, save for what lists and gateways put before it. Earlier subjects are kept up to 200 characters."""
    one, other = (fold(without_prefixes(subject[:200])) for subject in (first, second))
    short, long = sorted((one, other), key=len)
    return long.endswith(short) if short else not long
