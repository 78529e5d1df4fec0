"""Rules changed under a running daemon: taken over, or refused whole; a ticket whose step is gone is parked, not lost."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from maild.config.shipped import shipped
from tests.system.desk import PEOPLE, Desk, mail, reply, words_of
from tests.system.servers import Servers
from tests.system.settings import DOMAIN

ATTENTION = Path("base", "procedures", "atencion.toml")
TABLES: dict[str, dict[str, Any]] = {
    "desk": {"rules": "rules/base"},
    "limits": {"acks_per_address_hour": 100, "letters_per_address_hour": 100},
}
PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
ROSA = f'[person.rosa]\naddress = "rosa@{DOMAIN}"\nname = "Rosa Usuaria"\nrole = "usuario"\n'
ORIGINAL = (shipped("rules") / ATTENTION).read_text("utf-8")


@dataclass
class Office:
    """A desk whose daemon runs on a rules folder that somebody edits."""

    desk: Desk
    rules: Path

    def write(self, *changes: tuple[str, str], of: str = ORIGINAL) -> str:
        """Save the procedure as an editor does: another file put in its place."""
        for right, wrong in changes:
            assert right in of
            of = of.replace(right, wrong)
        path = self.rules / ATTENTION
        new = path.with_suffix(".new")
        new.write_text(of, "utf-8")
        new.replace(path)
        return of

    def wait_for(self, word: bytes, times: int = 1) -> None:
        self.desk.until(lambda: self.desk.log().count(word) >= times, f"{word!r} in the log")

    def opened(self, subject: str) -> tuple[int, EmailMessage]:
        raw = mail("rosa", subject)
        self.desk.servers.smtp("helpdesk", raw)
        state, _, number = self.desk.decided(raw)
        assert state == "done"
        return number, self.desk.letter(number, "acuse", "rosa")

    def ordered(self, number: int, order: str, text: str = "Por favor.") -> int:
        """The desk answers its «your turn» letter with an order; how it stands then."""
        raw = reply(self.desk.letter(number, "tarea", "lupe"), "lupe", text, order=order)
        self.desk.servers.smtp("helpdesk", raw)
        return self.desk.decided(raw)[2]

    def places(self, number: int) -> list[str]:
        rows = self.desk.rows("SELECT procedure, step FROM token WHERE ticket = ? ORDER BY id", number)
        return [f"{procedure}:{step}" for procedure, step in rows]

    def notices(self) -> list[str]:
        return [words_of(letter) for letter in self.desk.inbox("operador")]


@pytest.fixture
def office(start_servers: Callable[..., Servers], tmp_path: Path) -> Iterator[Office]:
    servers = start_servers()
    servers.empty_queue()
    for user in ("helpdesk", "lupe", "teo", "rosa", "operador"):
        servers.wipe(user)
    desk = Desk(tmp_path / "desk", servers, tables=TABLES)
    shutil.copytree(shipped("rules") / "base", desk.folder / "rules" / "base")
    with desk.running():
        yield Office(desk, desk.folder / "rules")


def test_the_next_mail_feels_changed_rules_and_wrong_ones_change_nothing(office: Office) -> None:
    before, _ = office.opened("Teclado roto")
    assert office.desk.state(before) == "en_cola"

    changed = office.write(('clocks = ["p_atencion"]', 'clocks = ["p_atencion", "p_tarea"]'))
    office.wait_for(b"rules-renewed")
    number, _ = office.opened("Ratón roto")
    clocks = "SELECT clock FROM timer WHERE ticket = ? AND ended_at IS NULL ORDER BY clock"
    assert office.desk.rows(clocks, number) == [("p_atencion",), ("p_tarea",)]

    office.write(('to = "4"', 'to = "44"'), ('on = "#resuelto"', 'on = "#resulto"'), of=changed)
    office.wait_for(b"rules-refused")
    later, _ = office.opened("Pantalla rota")
    assert office.desk.rows(clocks, later) == [("p_atencion",), ("p_tarea",)]
    (notice,) = office.desk.until(office.notices, "the operator's letter")
    for word in ("procedures/atencion.toml", "step.2.move.2.to", "«44»", "#resuelto", "resulto"):
        assert word.removeprefix("#") in notice

    office.write(of=ORIGINAL)
    office.wait_for(b"rules-renewed", 2)
    number, _ = office.opened("Mesa rota")
    assert office.desk.rows(clocks, number) == [("p_atencion",)]
    assert len(office.notices()) == 1


def test_a_ticket_whose_step_is_gone_is_listed_and_goes_on_when_it_is_back_or_by_an_order(office: Office) -> None:
    stays, _ = office.opened("Impresora sin tinta")
    moved, _ = office.opened("Correo lleno")
    office.write(("[step.2]", "[step.2b]"), ("[[step.2.move]]", "[[step.2b.move]]"), ('to = "2"', 'to = "2b"'))
    office.wait_for(b"rules-renewed")
    (notice,) = office.desk.until(office.notices, "the list")
    assert notice.count("BASE-ATE:2") == 2 and f"MESA-{stays}-" in notice and f"MESA-{moved}-" in notice
    assert (office.places(stays), office.desk.state(stays)) == (["BASE-ATE:2"], "en_cola")

    # What its people write is kept, though no step listens; an order of the desk begins the procedure again.
    raw = reply(office.desk.letter(stays, "acuse", "rosa"), "rosa", "Tampoco escanea.")
    office.desk.servers.smtp("helpdesk", raw)
    assert office.desk.decided(raw) == ("done", "", stays)
    office.ordered(moved, "#iniciar BASE-ATE")
    assert office.places(moved) == ["BASE-ATE:2b"]

    office.write(of=ORIGINAL)
    office.wait_for(b"rules-renewed", 2)
    office.ordered(stays, "#asignar teo")
    assert (office.places(stays), office.desk.state(stays)) == (["BASE-ATE:3"], "asignado")


def test_a_category_copied_from_the_page_is_in_force_for_the_next_mail(
    start_servers: Callable[..., Servers], tmp_path: Path
) -> None:
    """docs/rules.md §1 and §7, step by step: the folder copied, the daemon running, the block pasted, nothing restarted."""
    block, case = re.findall(r"```toml\n(\[(?:service|case)\.dron.*?)```", PAGE, re.DOTALL)
    servers = start_servers()
    for user in ("helpdesk", "rosa", "operador"):
        servers.wipe(user)
    tables = TABLES | {"desk": {"rules": "rules/mi-entidad"}}
    desk = Desk(tmp_path / "desk", servers, tables=tables, people=PEOPLE.split("[person.teo]")[0] + ROSA)
    own = desk.folder / "rules" / "mi-entidad"
    shutil.copytree(shipped("rules") / "_new", own)
    office = Office(desk, desk.folder / "rules")
    service = "SELECT service FROM ticket WHERE number = ?"
    with desk.running():
        before, _ = office.opened("El dron no despega")
        assert desk.rows(service, before) != [("drones",)]
        for name, pasted in (("catalogue.toml", block), ("cases.toml", case)):
            with (own / name).open("a", encoding="utf-8") as file:
                file.write("\n" + pasted)
        office.wait_for(b"rules-renewed")
        number, receipt = office.opened("El dron no despega")
        assert desk.rows(service, number) == [("drones",)]
        assert "«dron no despega»" in words_of(receipt)  # by which words it was understood


def test_rules_changed_while_the_daemon_slept_are_listed_when_it_starts(
    start_servers: Callable[..., Servers], tmp_path: Path
) -> None:
    servers = start_servers()
    servers.wipe("helpdesk")
    servers.wipe("operador")
    desk = Desk(tmp_path / "desk", servers, tables=TABLES)
    shutil.copytree(shipped("rules") / "base", desk.folder / "rules" / "base")
    office = Office(desk, desk.folder / "rules")
    with desk.running():
        number, _ = office.opened("Sin red")
    office.write(("[step.2]", "[step.2b]"), ("[[step.2.move]]", "[[step.2b.move]]"), ('to = "2"', 'to = "2b"'))
    for _ in range(2):
        with desk.running():
            (notice,) = desk.until(office.notices, "the list")
    assert "BASE-ATE:2" in notice and f"MESA-{number}-" in notice
