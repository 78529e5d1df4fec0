"""Who guesses at tokens is found out (RELIABILITY S-21): each such mail is counted, and the operator is told when it is too many."""

from __future__ import annotations

from dataclasses import replace

from maild.core.effects import Decision, Send
from maild.core.office import Office
from maild.core.pending import Guessed
from maild.core.values import because


def noted(decision: Decision, address: str, count: int, office: Office) -> Decision:
    """The decision about a mail that bore a token which nobody gave its sender, the `count`-th of him within the hour."""
    limit = office.policy.guesses_hour
    effects = (*decision.effects, Guessed(0, address))
    if count == limit:  # told once: from now on none of his short codes counts until it is quiet for an hour
        told = because("token-guesses", address=address, count=count)
        facts = (("reason_code", told.code), *told.facts)
        effects = (*effects, Send(0, "aviso", office.operator, "operator", office.language, facts))
    return replace(decision, effects=effects, reasons=(*decision.reasons, because("token-of-nobody", count=count)))
