"""What a recurring clock brings when its time comes: new tickets, letters about none, moves of the tickets that listen to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from maild.core import openings, worktime
from maild.core.clocks import Clock
from maild.core.draft import Draft
from maild.core.effects import Decision, Effect, Send
from maild.core.events import Recurring
from maild.core.letters import AUDIENCES
from maild.core.moves import OnClock
from maild.core.office import Office, Scene
from maild.core.subject import mark
from maild.core.ticket import Ticket
from maild.core.values import Address, Reason, because

_MOST_LINES = 4
_MOST_DAYS = 31


def recurring(case: Recurring, office: Office, now: datetime) -> Decision:
    """`case.times`: when it should have come; more than one, or one of another day, was missed, and every letter says so once."""
    clock = office.book.clocks[case.clock]
    times = case.times or (now,)
    lines = _late([at for at in times if office.day(at) < office.day(now)])
    if clock.expects is not None:
        times = _without_mail(case, clock)
        lines = tuple(because("mail-missing", due=at.isoformat()) for at in times[-_MOST_DAYS:])
        if not times:
            return Decision(0, (), (because("mail-came", clock=clock.key),))
    draft = Draft(office, now, kin=replace(case.kin, number=case.number))
    draft.because("clock-fired", clock=case.clock)
    opens = clock.opens
    opened = [openings.open_at_time(draft, opens, at) for at in (times if opens.each else times[-1:])] if opens else []
    about = opened[0] if opened else 0
    for ticket in case.tickets:
        walk = draft.walk(ticket)
        for token, move in walk.matching(OnClock(case.clock), None):
            walk.make(token, move)
        about = about or ticket.number
    draft.pass_through()
    draft.settle()
    decision = draft.decision(about)
    effects = decision.effects
    if clock.together or len(opened) > 1:
        effects = together(effects, titles(draft), listed=bool(clock.lists))
    effects = (*effects, *_without_ticket(clock, office, now))
    return replace(decision, effects=saying(effects, lines))


def _late(times: list[datetime]) -> tuple[Reason, ...]:
    """The times of earlier days; many of them in one line."""
    if len(times) > _MOST_LINES:
        return (because("came-late-often", count=len(times), first=times[0].isoformat(), last=times[-1].isoformat()),)
    return tuple(because("came-late", due=at.isoformat()) for at in times)


def _without_mail(case: Recurring, clock: Clock) -> tuple[datetime, ...]:
    """The times by which the mail that is expected had not come."""
    within = clock.expects.within if clock.expects else None
    found, start = [], case.since
    for at in case.times:
        begin = worktime.before(at, within) if within else start
        if not any((begin is None or begin < came) and came <= at for came in case.arrivals):
            found.append(at)
        start = at
    return tuple(found)


def _without_ticket(clock: Clock, office: Office, now: datetime) -> list[Effect]:
    nothing = Ticket(0, "", "", Address(""), now)
    facts = (("title", clock.name),) if clock.name else ()
    found: dict[tuple[str, str], Effect] = {}  # one who stands in for several gets it once
    for letter in clock.letters:
        for to, audience, language in office.recipients(letter.to, Scene(nothing, today=office.day(now))):
            found.setdefault((letter.template, to.address), Send(0, letter.template, to, audience, language, facts))
    return list(found.values())


def saying(effects: Iterable[Effect], lines: tuple[Reason, ...]) -> tuple[Effect, ...]:
    """The letters say what was missed, each once, whatever became of it meanwhile."""
    return tuple(replace(e, lines=(*e.lines, *lines)) if isinstance(e, Send) else e for e in effects)


def titles(draft: Draft) -> dict[int, str]:
    """How a letter for several tickets names each of those that this decision touches."""
    key = draft.office.book.mark_key
    return {number: f"[{mark(key, number)}] {walk.ticket.title}" for number, walk in draft.walks.items()}


def together(
    effects: tuple[Effect, ...],
    titles: Mapping[int, str],
    *,
    listed: bool = False,
    audiences: tuple[str, ...] = AUDIENCES,
) -> tuple[Effect, ...]:
    """One letter to each person of these audiences for all tickets, which names every one of them once, or (`listed`) lists
    them in a table."""
    lines: dict[tuple[str, str], list[str]] = {}
    for effect in effects:
        if isinstance(effect, Send) and effect.audience in audiences:
            line = titles.get(effect.number, "")
            lines.setdefault((effect.template, effect.to.address), []).append(line)
    kept: list[Effect] = []
    for effect in effects:
        if isinstance(effect, Send) and effect.audience in audiences:
            named = lines.pop((effect.template, effect.to.address), None)
            if named is None:
                continue
            history = "\n".join(dict.fromkeys(filter(None, named)))
            effect = (
                replace(effect, number=0) if listed else replace(effect, facts=(*effect.facts, ("history", history)))
            )
        kept.append(effect)
    return tuple(kept)
