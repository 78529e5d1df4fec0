"""What there is to see once the demo has ended: tickets, mails and letters counted, what was refused and why, the folder of letters."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from maild.core.values import Reason
from maild.demo.cast import INSTITUTION
from maild.demo.stage import ZONE, Stage, name_of
from maild.mail.gallery import gallery

_MAILS = {
    "done": "tramitados / dealt with",
    "auto": "de programas, sin respuesta / from robots, unanswered",
    "duplicate": "repetidos / duplicates",
    "parked": "en cuarentena, enteros / set aside whole",
    "ignored": "ignorados / ignored",
    "stored": "por leer / unread",
}
_LETTERS = {"sent": "enviadas / sent", "queued": "por enviar / to be sent", "held": "retenidas / held"}


def tell(stage: Stage, folder: Path) -> Path:
    """Write the letters as a folder to look at and say what happened; the path of its index.html."""
    screen = stage.screen
    screen.sum("Solicitudes · Tickets", _tickets(stage))
    screen.sum(f"Correos recibidos · Mails received: {stage.delivered}", _counted(stage, "inbound", _MAILS))
    screen.sum(f"Cartas · Letters: {len(stage.letters)}", _counted(stage, "outbox", _LETTERS))
    screen.sum("No se hizo, y por qué · Not done, and why", _refused(stage))
    letters = [(letter.at, letter.raw) for letter in stage.letters]
    return gallery(folder, letters, title=f"Cartas de la Mesa de Ayuda · {INSTITUTION}")


def _tickets(stage: Stage) -> list[str]:
    states = stage.house.desk.office.book.states
    query = "SELECT number, title, state, requester_name, responsible_name, closing_reason FROM ticket ORDER BY number"
    lines = []
    for number, title, state, requester, responsible, how in stage.ledger.rows(query):
        said = states[state].label if state in states else state
        ended = f" ({how.replace('_', ' ').replace('tacita', 'tácita')})" if how else ""
        lines.append(f"{stage.mark(number)}  {said}{ended} · {title} · {requester} ← {responsible or '—'}")
    return lines


def _counted(stage: Stage, table: str, names: dict[str, str]) -> list[str]:
    rows = stage.ledger.rows(f"SELECT state, count(*) FROM {table} GROUP BY state ORDER BY count(*) DESC")  # noqa: S608
    return [f"{count:3}  {names.get(state, state)}" for state, count in rows]


def _refused(stage: Stage) -> list[str]:
    return [
        f"{at.astimezone(ZONE):%d/%m %H:%M}  {name_of(who) or 'sin remitente'}: {stage.worded(reason)}"
        for at, who, reason in refusals(stage)
    ]


def refusals(stage: Stage) -> list[tuple[datetime, str, Reason]]:
    """When, whose and why: every mail that moved nothing on purpose."""
    return [(d.at, d.actor, why) for d in stage.ledger.decisions() if (why := d.why_nothing)]
