"""Mails that a recurring clock expects: which clocks one that came silences."""

from __future__ import annotations

from datetime import datetime

from maild.core import recognise
from maild.core.pending import Arrived
from maild.core.rulebook import Rulebook
from maild.core.values import Assurance, Author, Mail


def arrived(mail: Mail, author: Author, book: Rulebook, received_at: datetime) -> tuple[Arrived, ...]:
    """What is expected must come from who may send it, proved: else anybody could silence an alarm. The first rule counts."""
    waiting = [clock for clock in book.clocks.values() if clock.expects]
    if not waiting or author.assurance < Assurance.A1:
        return ()
    fits = {found.rule.key for found in recognise.understood(mail, author.role, book)[:1]}
    return tuple(
        Arrived(0, clock.key, received_at)
        for clock in waiting
        if clock.expects
        and fits & set(clock.expects.rules)
        and (not clock.expects.names or recognise.names(mail, clock.expects.names))
    )
