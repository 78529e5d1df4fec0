"""Conformity: that the requester accepts what was done. Given in words, by silence where the institution allows it, or refused.

Every one of these is in the journal already; here it is read out of it, with what proves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from maild.core.rulebook import Rulebook

if TYPE_CHECKING:
    from maild.core.procedure import Walk

# How often it was refused: a fact of the engine's own.
REFUSALS = "_refusals"


def refuse(walk: Walk, words: str) -> None:
    """The second refusal, and every one after it, is told to those whom the institution names (`refused_again`)."""
    count = walk.ticket.fact(REFUSALS) or "0"
    times = int(count) + 1 if count.isdigit() else 1
    walk.tell(REFUSALS, str(times))
    if times > 1:
        walk.draft.because("refused-again", times=times)
        walk.send(walk.office.book.letters.get("refused_again", ()), told={"text": words})


@dataclass(frozen=True, slots=True)
class Conformity:
    """express: by the requester himself; through: somebody else gave it for him (by telephone, at the desk);
    tacit: nobody objected until the time that the letter named; refused. `cause` is the journal's: inbound:7, order:…"""

    kind: Literal["express", "through", "tacit", "refused"]
    at: datetime
    by: str
    cause: str
    clock: str = ""


def read(history: Iterable[Mapping[str, Any]], requester: Iterable[str], book: Rulebook) -> Iterator[Conformity]:
    """Every conformity of a ticket, oldest first, from the rows of its journal."""
    own = frozenset(requester)
    for row in history:
        if row["refused"]:
            continue
        for code, facts in row["reasons"]:
            verb = book.verbs.get(str(facts.get("order"))) if code == "order" else None
            clock = book.clocks.get(str(facts.get("clock"))) if code == "clock-fired" else None
            if verb and verb.conformity == "refused":
                yield Conformity("refused", row["at"], str(facts["by"]), row["cause"])
            elif verb and verb.conformity == "given":
                by = str(facts["by"])
                yield Conformity("express" if by in own else "through", row["at"], by, row["cause"])
            elif clock and clock.meaning == "silence":
                yield Conformity("tacit", row["at"], "", row["cause"], clock.key)
