"""A whole dialogue through real Dovecot and Postfix: assignment, question, escalation, provider, conformity, and orders taken back.

Everybody only ever answers the newest letter he got, as people do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.system.desk import Desk, mail, reply, words_of
from tests.system.servers import Servers
from tests.system.settings import DOMAIN

PROFILE = "pnpais"  # it has all of this: levels, providers, questions
# A working day in two minutes: more letters to one person about one ticket than people could cause in ten.
TABLES: dict[str, dict[str, Any]] = {
    "desk": {"profile": PROFILE},
    "limits": {"letters_per_ticket_burst": 100},
}
WAIT = 15  # seconds that Eva's letters to users stay here for an undo


def _person(key: str, name: str, role: str, more: str = "") -> str:
    return f'[person.{key}]\naddress = "{key}@{DOMAIN}"\nname = "{name}"\nrole = "{role}"\n{more}'


PEOPLE = "".join(
    (
        _person("lupe", "Lupe Mesa", "mesa", 'echo = "always"\n'),
        _person("teo", "Teo Técnico", "nivel1", 'echo = "always"\n'),
        _person("eva", "Eva Especialista", "nivel2", f'echo = "always"\nundo_wait = "{WAIT}s"\n'),
        _person("prov", "Enlaces SAC", "proveedor"),
        _person("rosa", "Rosa Usuaria", "usuario"),
    )
)


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, start_servers: Callable[..., Servers], tmp_path: Path) -> Iterator[Desk]:
    servers = start_servers()
    servers.empty_queue()
    for user in ("helpdesk", "lupe", "teo", "eva", "prov", "rosa", "operador"):
        servers.wipe(user)
    database = "sqlite:///maild.db" if request.param == "sqlite" else servers.fresh_database()
    made = Desk(tmp_path / "desk", servers, database, tables=TABLES, people=PEOPLE)
    with made.upgrade().running():
        yield made


class Talk:
    """One ticket: who answers which of his letters with what."""

    def __init__(self, desk: Desk, number: int) -> None:
        self.desk, self.number = desk, number

    def says(self, who: str, to: str, text: str, order: str = "") -> str:
        """`who` answers his newest letter of the template `to`; what became of the mail ('': done)."""
        raw = reply(self.desk.letter(self.number, to, who), who, text, order=order)
        self.desk.servers.smtp("helpdesk", raw)
        state, reason, number = self.desk.decided(raw)
        assert (state, number) == ("done", self.number)
        return reason

    def presses(self, who: str, letter: EmailMessage, order: str) -> str:
        """`who` touches the button with this order: what his program then sends is the link's subject and nothing else."""
        part = letter.get_body(("html",))
        assert part is not None
        links = re.findall(r'href="mailto:[^"?]+\?subject=([^"&]+)', str(part.get_content()))
        subject = next(text for text in map(unquote, links) if order in text)
        raw = mail(who, subject, "\n")
        self.desk.servers.smtp("helpdesk", raw)
        state, reason, number = self.desk.decided(raw)
        assert (state, number) == ("done", self.number)
        return reason

    def state(self) -> str:
        return self.desk.state(self.number)

    def facts(self) -> tuple[object, ...]:
        """Everything of the ticket that an order changes."""
        n = self.number
        return (
            self.desk.rows("SELECT state, responsible, priority, closed_at FROM ticket WHERE number = ?", n),
            self.desk.rows("SELECT id, procedure, step FROM token WHERE ticket = ? ORDER BY position", n),
            self.desk.rows("SELECT clock, due FROM timer WHERE ticket = ? AND ended_at IS NULL ORDER BY clock", n),
            [f for f in self.desk.rows("SELECT key, value FROM fact WHERE ticket = ? ORDER BY position", n) if f[0][0] != "_"],
        )  # fmt: skip


def test_a_ticket_is_worked_on_by_letters_alone(desk: Desk) -> None:
    raw = mail("rosa", "Sin internet en el tambo", "No abre ninguna página desde ayer.")
    desk.servers.smtp("helpdesk", raw)
    talk = Talk(desk, desk.decided(raw)[2])
    desk.letter(talk.number, "acuse", "rosa")

    # Assignment, with an echo that says what it was and what it is.
    assert talk.says("lupe", "tarea", "", "#asignar teo #prioridad baja") == ""
    echo = words_of(desk.letter(talk.number, "comando_ok", "lupe"))
    assert "Responsable: Teo Técnico" in echo
    assert "Prioridad: Baja" in echo

    # An order that cannot be done changes nothing; the button of the answer sends what is left of it.
    before = talk.facts()
    assert talk.says("teo", "asignacion", "", "#prioridad media #asignar nadie") == "unknown-person"
    assert talk.facts() == before
    assert talk.presses("teo", desk.letter(talk.number, "comando_error", "teo"), "#prioridad media") == ""

    # A question and its answer.
    assert talk.says("teo", "asignacion", "¿La luz del equipo está en rojo?", "#consulta") == ""
    assert "luz del equipo" in words_of(desk.letter(talk.number, "consulta", "rosa"))
    assert talk.says("rosa", "consulta", "Sí, está en rojo.") == ""
    assert "está en rojo" in words_of(desk.letter(talk.number, "tarea", "teo"))

    # An escalation, taken back with the button of its echo, and given again.
    before = talk.facts()
    assert talk.says("teo", "tarea", "", "#escalar 2 eva criterio=n1.tiempo") == ""
    desk.letter(talk.number, "escalamiento", "eva")
    assert talk.presses("teo", _echo_of(desk, talk, "teo", "#escalar"), "#deshacer") == ""
    assert talk.facts() == before
    assert "Teo Técnico deshizo su orden" in words_of(desk.letter(talk.number, "deshecho", "eva"))
    assert talk.says("teo", "tarea", "", "#escalar 2 eva criterio=n1.tiempo") == ""
    assert talk.says("eva", "escalamiento", "", "#tomar") == ""

    # The provider: what went to him cannot be taken back; he may end his part and nothing else.
    order = "#escalar 3 criterio=n3.proveedor #proveedor prov"
    assert talk.says("eva", "escalamiento", "Cambien el equipo, por favor.", order) == ""
    desk.letter(talk.number, "proveedor_solicitud", "prov")
    assert talk.says("eva", "escalamiento", "", "#deshacer") == "undo-provider"
    assert talk.says("prov", "proveedor_solicitud", "", "#prioridad alta") != ""
    assert talk.says("prov", "proveedor_solicitud", "Equipo cambiado.", "#fin") == ""
    desk.letter(talk.number, "tarea", "eva")

    # Solved, regretted in time (Rosa never hears of it), solved again.
    before = talk.facts()
    assert talk.says("eva", "tarea", "Se cambió el equipo.", "#resuelto") == ""
    assert talk.state() == "resuelto"
    assert talk.says("eva", "tarea", "", "#deshacer") == ""
    assert talk.facts() == before
    cancelled = [row[0] for row in desk.rows("SELECT template FROM outbox WHERE state = 'cancelled' ORDER BY template")]
    assert cancelled == ["conformidad", "solucion"]
    assert talk.says("eva", "tarea", "Se cambió el equipo y el cable.", "#resuelto") == ""

    # Conformity: the letters had their wait, and exactly one of each arrived.
    assert talk.says("rosa", "conformidad", "Conforme, muchas gracias.") == ""
    assert talk.state() == "cerrado"
    desk.letter(talk.number, "cierre", "rosa")
    subjects = [words_of(letter) for letter in desk.inbox("rosa")]
    assert sum("el equipo y el cable" in text for text in subjects) >= 1
    assert not any("Se cambió el equipo." in text for text in subjects)

    # The query at the end: everything she did is in the sheet.
    raw = mail("lupe", "#buscar INTERNET tambo")
    desk.servers.smtp("helpdesk", raw)
    assert desk.decided(raw)[0] == "done"
    found = desk.until(lambda: [m for m in desk.inbox("lupe") if "INTERNET" in str(m["Subject"])], "the list")
    assert f"PAIS-{talk.number}-" in words_of(found[-1])


def _echo_of(desk: Desk, talk: Talk, who: str, order: str) -> EmailMessage:
    """The echo of this order, once it has come."""

    def come() -> list[EmailMessage]:
        echoes = [m for m in desk.inbox(who) if "Orden recibida" in words_of(m) and order in words_of(m)]
        return [m for m in echoes if f"-{talk.number}-" in str(m["Subject"])]

    return desk.until(come, f"the echo of {order}")[-1]
