"""A clock of a ticket ran out: the moves that listen to it are made, or it says what it has to say itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from maild.core import recurring
from maild.core.beside import SAYS
from maild.core.children import open_children
from maild.core.draft import Draft
from maild.core.effects import Decision, StopTimer
from maild.core.events import Overdue
from maild.core.moves import OnClock
from maild.core.office import Office
from maild.core.procedure import Walk
from maild.core.ticket import Timer
from maild.core.values import because


def overdue(case: Overdue, office: Office, now: datetime) -> Decision:
    ticket = case.ticket
    timer = ticket.timer(case.clock, case.token)
    if timer is None:
        return Decision(ticket.number, (), (because("clock-gone", clock=case.clock),))
    draft = Draft(office, now, kin=case.kin)
    walk = draft.walk(ticket)
    draft.do(StopTimer(ticket.number, case.clock, case.token, fired=True, ran=timer.ran))
    draft.because("clock-fired", clock=case.clock)
    told = {"due_at": timer.due.isoformat()}
    if (opened := _opened(walk, case)) is not None:
        return opened
    listening = [(t, m) for t, m in walk.matching(OnClock(case.clock), None) if case.token in (t.id, 0)]
    for token, move in listening:
        walk.make(token, move, told)
        if move.again and token in walk.ticket.tokens:
            _again(walk, case, token.id, timer.ran + 1)
    if not listening:
        _ran_out(walk, case, timer)
    draft.pass_through()
    draft.settle()
    return draft.decision(ticket.number)


def _opened(walk: Walk, case: Overdue) -> Decision | None:
    """The clock of a list: what has its day is opened, and whoever works on several of them gets one letter."""
    token = walk.ticket.token(case.token)
    step, draft = (walk.step_of(token) if token else None), walk.draft
    if token is None or step is None or step.child is None or not step.child.day or step.child.clock != case.clock:
        return None
    open_children(walk, token, step.child)
    draft.pass_through()
    draft.settle()
    late = tuple(reason for reason in dict.fromkeys(draft.reasons) if reason.code == "came-late")
    titles = recurring.titles(draft)
    effects = recurring.together(tuple(draft.effects), titles, audiences=("technician", "manager"))
    return replace(draft.decision(case.ticket.number), effects=recurring.saying(effects, late))


def _ran_out(walk: Walk, case: Overdue, timer: Timer) -> None:
    """What the clock itself says where no move of the step listens to it, and who hears of it besides, the longer it lies."""
    clock, ladder = walk.office.book.clocks.get(case.clock), walk.office.book.ladder
    if clock is None:
        return
    token = walk.ticket.token(case.token)
    step = walk.step_of(token) if token else None
    role = step.role if step else ""
    if not timer.ran or clock.again:
        told = {"due_at": timer.due.isoformat()}
        if words := walk.ticket.fact(SAYS + clock.given_by):
            told["text"] = words
        walk.send(clock.letters, role, told)
    rungs = ladder.of(clock)
    if 0 < timer.ran <= len(rungs):
        walk.send(rungs[timer.ran - 1 : timer.ran], role, {"reason_code": "still-waiting", "times": str(timer.ran + 1)})
    if clock.again:
        _again(walk, case, case.token, timer.ran + 1)
    elif timer.ran < len(rungs):
        walk.start(case.clock, case.token, timer.ran + 1, ladder.span)


def _again(walk: Walk, case: Overdue, token: int, ran: int) -> None:
    clock = walk.office.book.clocks.get(case.clock)
    if clock and (not clock.times or ran < clock.times):
        walk.start(case.clock, token, ran)
