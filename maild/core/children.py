"""Tickets that a step opens: one, or one for each row of a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from maild.core import deadlines, worktime
from maild.core import said as saying
from maild.core.effects import Assign, StartTimer
from maild.core.mailboxes import spelt
from maild.core.moves import Child
from maild.core.subject import TITLE_LENGTH
from maild.core.ticket import Ticket, Timer, Token
from maild.core.values import Address

if TYPE_CHECKING:
    from maild.core.procedure import Walk

# The list that the last mail with rows brought, and which of its rows have been opened, by what makes them one.
ROWS = "_rows"
OPENED = "_opened"
_NAME = re.compile(r"\{([^{}]{1,40})\}")


def open_children(walk: Walk, token: Token, spec: Child) -> None:
    """Open what the step opens. Each new ticket is walked to where it comes to rest."""
    if spec.day:
        _open_due(walk, token, spec)
    elif spec.each == "rows":
        for row in saying.rows(walk.ticket.fact(ROWS) or ""):
            _open(walk, token, spec, row)
    else:
        _open(walk, token, spec, {})


def unopened(ticket: Ticket, spec: Child) -> tuple[dict[str, str], ...]:
    """The rows of the list that wait for their day, each thing once."""
    if not spec.day:
        return ()
    seen = set((ticket.fact(OPENED) or "").split("\n"))
    found: dict[str, dict[str, str]] = {}
    for row in saying.rows(ticket.fact(ROWS) or ""):
        if row.get(spec.once, "") not in seen:
            found[row.get(spec.once, "")] = row
    return tuple(found.values())


def _open_due(walk: Walk, token: Token, spec: Child) -> None:
    """Open the rows whose day has come; the clock runs until that of the next one."""
    waiting: list[datetime] = []
    for row in unopened(walk.ticket, spec):
        told = deadlines.moment(row.get(spec.day, ""), walk.office.book)
        at = worktime.before(told, spec.ahead) if told and spec.ahead else told
        if at is not None and at > walk.now:
            waiting.append(at)
            continue
        opened = filter(None, ((walk.ticket.fact(OPENED) or ""), row.get(spec.once, "")))
        walk.tell(OPENED, "\n".join(opened))
        _open(walk, token, spec, row)
        if told and walk.office.day(told) < walk.draft.today:
            walk.draft.because("came-late", due=told.isoformat())
    if waiting:
        timer = Timer(spec.clock, token.id, min(waiting), started=walk.now)
        walk.draft.do(StartTimer(walk.ticket.number, timer))


def _open(walk: Walk, token: Token, spec: Child, row: Mapping[str, str]) -> None:
    book, draft, parent = walk.office.book, walk.draft, walk.ticket
    procedure = book.procedures[spec.procedure]
    first = spec.at or procedure.first
    told = {key: row.get(key, parent.fact(key) or "") for key in spec.facts}
    ticket = Ticket(
        number=draft.free_number(),
        title=_filled(spec.title, {**dict(parent.facts), **row, "title": parent.title})[:TITLE_LENGTH],
        state=procedure.steps[first].state,
        requester=_requester(walk, spec, row),
        opened_at=walk.now,
        type=spec.type,
        channel=parent.channel,
        language=parent.language,
        creator=parent.responsible,
        facts=tuple((key, value) for key, value in told.items() if value),
        parent=parent.number,
        parent_token=token.id,
        first_message_id="",
    )
    child = draft.open(ticket)
    if spec.assign:
        _assign(child, spec.assign, parent)
    child.enter(procedure.key, first)
    for clock in spec.start:
        child.start(clock, child.ticket.tokens[0].id if child.ticket.tokens else 0)
    child.send(spec.letters)
    draft.because("opened-child", number=ticket.number, parent=parent.number)


def _filled(text: str, facts: Mapping[str, str]) -> str:
    return _NAME.sub(lambda found: facts.get(found[1], ""), text).strip()


def _requester(walk: Walk, spec: Child, row: Mapping[str, str]) -> Address:
    """A column of the row names him, or he is somebody of the ticket that opens it, or has a role."""
    office = walk.office
    if spec.requester.startswith("{"):
        words = _filled(spec.requester, row)
        found = office.find_person(words) if words else ()
        if len(found) == 1:
            return Address(found[0].address, found[0].name)
        return Address(spelt(words) if "@" in words else "", words)
    people = walk.people(spec.requester)
    return people[0] if people else walk.ticket.requester


def _assign(child: Walk, whom: str, parent: Ticket) -> None:
    named = child.people(whom)
    holder = parent.responsible
    one = named[0] if len(named) == 1 else holder if holder in named else None
    if one is not None:
        child.draft.do(Assign(child.ticket.number, one))
