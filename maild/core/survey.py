"""The answer to a survey: one number, once."""

from __future__ import annotations

from maild.core.effects import Decision, Keep, StopTimer, Tell
from maild.core.events import Reply
from maild.core.posting import SENT
from maild.core.procedure import Walk

# The fact under which the answer is kept.
SCORE = "_score"


def scored(case: Reply, walk: Walk) -> Decision | None:
    """What the answer to a survey that was sent brings; None: this mail is no such answer."""
    book, ticket = walk.office.book, walk.ticket
    line = next((line.strip() for line in case.mail.new_text.splitlines() if line.strip()), "")
    asked = book.survey.template and ticket.fact(SENT + book.survey.template) and ticket.fact(SCORE) is None
    running = [t for t in ticket.timers if t.clock == book.survey.clock]
    if not (asked or running) or not line.isdigit() or not 1 <= int(line) <= book.survey.best:
        return None
    draft = walk.draft
    draft.do(Keep(ticket.number, "public"))
    draft.do(Tell(ticket.number, SCORE, line))
    for timer in running:
        draft.do(StopTimer(ticket.number, timer.clock, timer.token))
    draft.because("survey-answered", score=line)
    return draft.decision(ticket.number)
