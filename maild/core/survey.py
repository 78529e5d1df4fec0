"""The survey: whom it is sent to, and what answers it. One number counts for each ticket, the first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from maild.core import seal, subject
from maild.core.effects import Decision, Keep, StopTimer, Tell
from maild.core.posting import SENT
from maild.core.words import fold

if TYPE_CHECKING:
    from maild.core.events import Reply
    from maild.core.procedure import Walk
    from maild.core.values import Mail

# The fact under which the answer is kept.
SCORE = "_score"
_NUMBERS = {
    word: value
    for value, words in enumerate(
        ("uno|one", "dos|two", "tres|three", "cuatro|four", "cinco|five", "seis|six", "siete|seven", "ocho|eight",
         "nueve|nine", "diez|ten"), 1
    )
    for word in words.split("|")
}  # fmt: skip
# A number alone, or with little words that say what it is: «5», «un 5», «Nota: 4/5», «5 estrellas», «4, muy amables».
_SAID = re.compile(
    r"[\W_]*(?:(?:(?:mi|la|le|les|les?\s+doy|i|we|give|you|a|an|un|una|el|nota|calificacion|puntuacion|puntaje|score|rating)\b"
    r"[\s:=]*){0,5})(?P<number>\d{1,2}|[a-z]{2,6})(?:\s?(?:/|de|sobre|out of)\s?(?P<best>\d{1,2}))?"
    r"(?:\s(?:estrellas?|puntos?|stars?|points?))?(?:[\W_]*|\s?[,;:!–—-].*)"
)
_STARS = re.compile(r"[\u2605\u2b50\ufe0f\s]+")
_STAR = re.compile(r"[\u2605\u2b50]")
_LONGEST = 300


def scored(case: Reply, walk: Walk) -> Decision | None:
    """What the answer to a survey that was sent brings; None: this mail is no such answer."""
    book, ticket = walk.office.book, walk.ticket
    running = [t for t in ticket.timers if t.clock == book.survey.clock]
    if not book.survey.template or not (ticket.fact(SENT + book.survey.template) or running):
        return None
    number = _number(case.mail, ticket.title, book.mark_key, book.survey.best)
    if not number:
        return None
    draft = walk.draft
    draft.do(Keep(ticket.number, "public"))
    if ticket.fact(SCORE) is not None:
        draft.because("survey-answered-before", score=number)
        return draft.decision(ticket.number)
    draft.do(Tell(ticket.number, SCORE, str(number)))
    for timer in running:
        draft.do(StopTimer(ticket.number, timer.clock, timer.token))
    draft.because("survey-answered", score=number)
    return draft.decision(ticket.number)


def _number(mail: Mail, title: str, key: str, best: int) -> int:
    """The number in the first line that he wrote, else the one that a button put into the subject; 0: none."""
    lines = [line.strip() for line in mail.new_text.splitlines() if line.strip()]
    said = read(lines[0], best) if lines else 0
    touched = seal.without_codes(subject.title(mail.subject, key)) if not said else ""
    return said or (read(touched, best) if touched != title else 0)


def read(line: str, best: int) -> int:
    """The score from 1 to `best` that a line says and nothing else says; 0: none.

    >>> [read(line, 5) for line in ("5", "Les doy un 4/5", "cinco", "★★★", "2 impresoras fallan", "3 de 10", "9")]
    [5, 4, 5, 3, 0, 0, 0]
    """
    if len(line) > _LONGEST:
        return 0
    if _STARS.fullmatch(line):
        number = len(_STAR.findall(line))
    else:
        found = _SAID.fullmatch(fold(line))
        if found is None or (found["best"] and int(found["best"]) != best):
            return 0
        word = found["number"]
        number = int(word) if word.isdigit() else _NUMBERS.get(word, 0)
    return number if 1 <= number <= best else 0
