"""What a recurring clock brings when its time comes: a new ticket, letters about none, moves of the tickets that listen to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from maild.core import openings
from maild.core.draft import Draft
from maild.core.effects import Decision, Effect, Send
from maild.core.events import Recurring
from maild.core.moves import LetterTo, OnClock
from maild.core.office import Office, Scene
from maild.core.subject import mark
from maild.core.ticket import Ticket
from maild.core.values import Address


def recurring(case: Recurring, office: Office, now: datetime) -> Decision:
    clock = office.book.clocks[case.clock]
    draft = Draft(office, now, kin=replace(case.kin, number=case.number))
    draft.because("clock-fired", clock=case.clock)
    about = 0
    if clock.opens:
        about = openings.open_at_time(draft, clock.opens)
    for ticket in case.tickets:
        walk = draft.walk(ticket)
        for token, move in walk.matching(OnClock(case.clock), None):
            walk.make(token, move)
        about = about or ticket.number
    draft.pass_through()
    draft.settle()
    decision = draft.decision(about)
    letters = _without_ticket(clock.letters, office, now)
    effects = (*(_together(decision.effects, case, office) if clock.together else decision.effects), *letters)
    return replace(decision, effects=effects)


def _without_ticket(letters: tuple[LetterTo, ...], office: Office, now: datetime) -> list[Effect]:
    nothing = Ticket(0, "", "", Address(""), now)
    return [
        Send(0, letter.template, to, audience, language)
        for letter in letters
        for to, audience, language in office.recipients(letter.to, Scene(nothing, today=office.day(now)))
    ]


def _together(effects: tuple[Effect, ...], case: Recurring, office: Office) -> tuple[Effect, ...]:
    """One letter to each person for all tickets, which names every one of them once."""
    lines: dict[tuple[str, str], list[str]] = {}
    titles = {t.number: f"[{mark(office.book.mark_key, t.number)}] {t.title}" for t in case.tickets}
    for effect in effects:
        if isinstance(effect, Send):
            line = titles.get(effect.number, "")
            lines.setdefault((effect.template, effect.to.address), []).append(line)
    kept: list[Effect] = []
    for effect in effects:
        if isinstance(effect, Send):
            listed = lines.pop((effect.template, effect.to.address), None)
            if listed is None:
                continue
            effect = replace(effect, facts=(*effect.facts, ("history", "\n".join(filter(None, listed)))))
        kept.append(effect)
    return tuple(kept)
