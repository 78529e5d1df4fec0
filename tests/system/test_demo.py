"""`make demo` plays to its end, and everything it promises to show has really happened."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)


@dataclass(frozen=True, slots=True)
class Played:
    said: str
    index: Path
    base: sqlite3.Connection

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.base.execute(query).fetchall()

    def letters(self, template: str) -> list[EmailMessage]:
        """The letters of this kind, as they were sent."""
        query = "SELECT raw FROM outbox WHERE template = ? AND state = 'sent' ORDER BY id"
        return [message_from_bytes(raw, policy=default) for (raw,) in self.base.execute(query, (template,))]


def text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The demo, played once for all these tests, every warning an error."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-W", "error", "-m", "maild.demo", "--out", "demo-out", "--desk", "desk"]
    here = {"PYTHONPATH": str(Path(__file__).parents[2]), "MAILD_CONFIG": ""}
    done = subprocess.run(command, cwd=folder, env=os.environ | here, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    base = sqlite3.connect(folder / "desk" / "storage" / "maild.db")
    yield Played(done.stdout, folder / "demo-out" / "index.html", base)
    base.close()


def test_every_mail_ends_in_one_state_and_in_its_folder(demo: Played) -> None:
    states = dict(demo.rows("SELECT state, count(*) FROM inbound GROUP BY state"))
    assert states == {"done": 30, "auto": 2, "duplicate": 1, "parked": 2}
    assert demo.rows("SELECT DISTINCT disposition FROM inbound") == [("moved",)]


def test_four_tickets_are_opened_and_closed(demo: Played) -> None:
    tickets = demo.rows("SELECT number, state, closing_reason, responsible FROM ticket ORDER BY number")
    who = ("ivan", "marta", "luis", "marta")
    assert tickets == [
        (number, "cerrado", "resuelto", f"{name}@valleclaro.example") for number, name in enumerate(who, 1)
    ]


def test_clocks_fire_at_their_time_and_silence_waits_for_its_margin(demo: Played) -> None:
    query = "SELECT clock, ticket, (julianday(ended_at) - julianday(due)) * 1440 FROM timer WHERE outcome = 'fired'"
    late = {(clock, ticket): minutes for clock, ticket, minutes in demo.rows(query)}
    assert set(late) == {("p_atencion", 4), ("p_conformidad", 3), ("p_silencio", 3)}
    assert all(minutes >= 0 for minutes in late.values())
    assert late["p_silencio", 3] >= 10


def test_silence_of_two_days_closes_and_a_complaint_reopens(demo: Played) -> None:
    effects = [json.loads(text) for (text,) in demo.rows("SELECT effects FROM journal WHERE ticket = 3 ORDER BY id")]
    turns = [(name, facts.get("reason")) for effect in effects for name, facts in effect if name in ("Close", "Reopen")]
    assert turns == [("Close", "conformidad_tacita"), ("Reopen", None), ("Close", "resuelto")]


def test_what_is_refused_changes_no_ticket_and_says_why(demo: Played) -> None:
    refused = dict(demo.rows("SELECT refused, effects FROM journal WHERE refused IS NOT NULL"))
    assert set(refused) == {"not-proved", "stranger-on-ticket", "unreadable", "unknown-order"}
    for effects in refused.values():
        assert {name for name, _ in json.loads(effects)} <= {
            "Keep",
            "Send",
            "Review",
            "HoldOrders",
        }  # held: until he says that they are his
    (told,) = demo.letters("no_autorizado")
    assert str(told["To"]).endswith("<luis@valleclaro.example>")


def test_robots_and_repeated_mails_get_no_letter(demo: Played) -> None:
    silent = demo.rows("SELECT id FROM inbound WHERE state IN ('auto', 'duplicate')")
    for (mail,) in silent:
        assert demo.rows(f"SELECT id FROM outbox WHERE cause LIKE 'inbound:{mail}#%'") == []


def test_thanks_leave_a_closed_ticket_closed(demo: Played) -> None:
    (last,) = demo.rows("SELECT reasons FROM journal WHERE ticket = 2 ORDER BY id DESC LIMIT 1")
    assert "thanks" in [code for code, _ in json.loads(last[0])]


def test_replies_are_recognised_by_what_our_letters_carry(demo: Played) -> None:
    found = Counter(code for (reasons,) in demo.rows("SELECT reasons FROM journal") for code, _ in json.loads(reasons))
    assert found["thread-signed-id"] == 20
    assert found["thread-button"] == 6


def test_every_letter_left_once_also_the_one_that_had_to_wait(demo: Played) -> None:
    assert demo.rows("SELECT DISTINCT state FROM outbox") == [("sent",)]
    outcomes = dict(demo.rows("SELECT outcome, count(*) FROM attempt GROUP BY outcome"))
    letters = demo.rows("SELECT count(*), count(DISTINCT message_id) FROM outbox")
    assert outcomes["deferred"] == 1
    assert letters == [(outcomes["sent"], outcomes["sent"])]


def test_grace_is_written_in_english_and_everybody_else_in_spanish(demo: Played) -> None:
    said = {str(letter["Content-Language"]) for letter in demo.letters("acuse")}
    assert said == {"es", "en"}
    english = [letter for letter in demo.letters("acuse") if letter["Content-Language"] == "en"]
    assert ["grace@valleclaro.example" in str(letter["To"]) for letter in english] == [True]


def test_nobody_reads_the_orders_of_others(demo: Played) -> None:
    for (raw,) in demo.rows("SELECT raw FROM outbox"):
        quoted = [
            line[2:] for line in text_of(message_from_bytes(raw, policy=default)).splitlines() if line[:2] == "> "
        ]
        assert [line for line in quoted if line.startswith("#") or line in ("luis", "marta", "Luis Rojas")] == []


def test_who_has_the_turn_reads_what_was_asked(demo: Played) -> None:
    assert "> Buenos días. Envío a imprimir y no sale nada; es urgente." in text_of(demo.letters("tarea")[0])
    assert "Grace Miller escribió" in text_of(demo.letters("nota_usuario")[0])


def test_an_overdue_letter_names_the_deadline_that_ended(demo: Played) -> None:
    ((due,),) = demo.rows("SELECT due FROM timer WHERE clock = 'p_atencion' AND outcome = 'fired'")
    ended = datetime.fromisoformat(due).replace(tzinfo=UTC).astimezone(ZoneInfo("America/Lima"))
    assert len(demo.letters("vencimiento")) == 1
    for letter in demo.letters("vencimiento"):
        assert f"El plazo terminó el jueves 5 de noviembre de 2026, {ended:%H:%M} y" in text_of(letter)


def test_the_folder_shows_every_letter_and_the_terminal_says_where(demo: Played) -> None:
    page = demo.index.read_text("utf-8")
    assert page.count("<details") == demo.rows("SELECT count(*) FROM outbox")[0][0]
    assert str(demo.index) in demo.said
    assert "\033[" not in demo.said  # colour is for terminals
    assert "solo-en-la-demo" not in demo.said


def test_the_folder_opens_in_a_browser_without_a_complaint(demo: Played, tmp_path: Path) -> None:
    if not BROWSER:
        assert os.environ.get("CI") != "true", "nothing is skipped on CI: chromium is missing"
        pytest.skip("chromium is not installed (apt-get install chromium)")
    switches = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
    quiet = ("--disable-background-networking", "--disable-component-update", "--disable-sync")
    place = (f"--user-data-dir={tmp_path}", "--window-size=360,780", "--enable-logging=stderr", "--v=0")
    command = [BROWSER, *switches, *quiet, *place, "--dump-dom", demo.index.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    assert len(re.findall(r"<iframe", done.stdout)) == 2 * done.stdout.count("<details")
