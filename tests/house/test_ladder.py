"""The quiet ladder: what lies still after its clock ran out is told to one more person each time, in the hours of its reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bench.year import Year
from maild.core.events import MailArrived
from maild.core.values import Kind, Mail, Sender
from maild.simulate import Story, play
from maild.store import mails
from maild.store.database import Database
from maild.store.mails import Arrival
from maild.store.schema import outbox
from maild.store.upgrade import upgrade

SHIPPED = ("osce", "minem", "pnpais", "proinversion", "agetic")
PEOPLE = {
    "ana": {"address": "ana@entidad.test", "name": "Ana Quispe", "role": "usuario"},
    "rosa": {"address": "rosa@entidad.test", "name": "Rosa Díaz", "role": "mesa"},
    "luis": {"address": "luis@entidad.test", "name": "Luis Rojas", "role": "tecnico"},
    "jefa": {"address": "jefa@entidad.test", "name": "Julia Paz", "role": "jefe_uast"},
    "oti": {"address": "oti@entidad.test", "name": "Otto Ruiz", "role": "jefe_oti"},
}


def told(*looks: str) -> list[tuple[list[tuple[str, str]], dict[str, list[str]]]]:
    """What a clock look at each of these times brings on a ticket that nobody takes."""
    steps: list[dict[str, Any]] = [
        {"at": "2026-11-02T09:00:00-05:00", "mail": {"from": "ana", "subject": "No imprime", "body": "Ayuda."}},
        {"at": "2026-11-02T09:10:00-05:00", "mail": {"from": "rosa", "subject": "RE: [OSCE-1-R] #asignar luis"}},
        *({"at": f"2026-11-{at}-05:00", "clock": True} for at in looks),
    ]
    story = {"id": "L-01", "profile": "osce", "people": PEOPLE, "steps": steps}
    results = list(play(Story.model_validate(story), "l.json"))[2:]
    return [(sorted((m.template, m.person) for m in r.letters), r.timers) for r in results]


def test_a_clock_that_ran_out_is_told_to_the_worker_then_to_who_coordinates_then_to_the_chief_then_to_nobody() -> None:
    first, between, second, later = told("02T15:00:00", "03T18:00:00", "04T18:00:00", "30T18:00:00")
    assert first == (
        [("vencimiento", "jefa"), ("vencimiento", "luis")],
        {"started": [], "stopped": [], "fired": ["p_toma"]},
    )
    assert between[0] == []
    # It is no new clock and no further breach: only one more person hears of it.
    assert second == ([("vencimiento", "oti")], {"started": [], "stopped": [], "fired": []})
    assert later[0] == []


def test_who_takes_it_up_ends_the_ladder() -> None:
    steps: list[dict[str, Any]] = [
        {"at": "2026-11-02T09:00:00-05:00", "mail": {"from": "ana", "subject": "No imprime", "body": "Ayuda."}},
        {"at": "2026-11-02T09:10:00-05:00", "mail": {"from": "rosa", "subject": "RE: [OSCE-1-R] #asignar luis"}},
        {"at": "2026-11-02T15:00:00-05:00", "clock": True},
        {"at": "2026-11-03T09:00:00-05:00", "mail": {"from": "luis", "subject": "RE: [OSCE-1-R] #tomar"}},
        {"at": "2026-11-04T09:05:00-05:00", "clock": True},
    ]
    story = {"id": "L-02", "profile": "osce", "people": PEOPLE, "steps": steps}
    last = list(play(Story.model_validate(story), "l.json"))[-1]
    assert "oti" not in [
        letter.person for letter in last.letters
    ]  # his own clock ran out, the ladder began at its foot


@pytest.mark.parametrize("profile", SHIPPED)
def test_every_institution_has_its_own_rungs(profile: str) -> None:
    from maild import rules
    from maild.config.shipped import shipped

    book = rules.load(shipped("rules") / profile)
    assert book.ladder.span is not None
    assert all(to in book.roles for to in book.ladder.superiors)
    climbing = {key for key, clock in book.clocks.items() if clock.climbs}
    assert {"p_atencion", "p_toma", "p_nivel", "p_tarea", "p_proveedor"} <= climbing


# -- the hours of whoever reads ---------------------------------------------------------------------------------------


@pytest.fixture
def year(tmp_path: Path) -> Any:
    database = Database(f"sqlite:///{tmp_path / 'year.sqlite'}")
    upgrade(database)
    yield Year(database, users=3)
    database.close()


def run_out_at_night(year: Year, priority: str = "") -> tuple[datetime, datetime]:
    """When the clock of a ticket that nobody takes ran out, and when its letter to the desk may leave."""
    year.now = datetime(2026, 3, 6, 21, 30, tzinfo=UTC)  # Friday, 16:30 in Lima
    mail = Mail(
        Sender("u1@entidad.test"), message_id="m@entidad.test", subject="x", text="x", new_text="x", kind=Kind.REQUEST
    )
    with year.database.write() as tx:
        (row,) = mails.put(tx, [Arrival("0" * 64, 100, year.now)], year.now)
        year.desk.mail(tx, MailArrived(row, mail, year.now))
        tx.execute(text("UPDATE ticket SET priority = :p"), {"p": priority})
        tx.execute(text("UPDATE timer SET due = :d"), {"d": "2026-03-07 04:00:00.000000"})  # Friday, 23:00
        year.now = datetime(2026, 3, 7, 4, 0, tzinfo=UTC)
        year.pass_time(tx, year.now)
    with year.database.write() as tx:
        written = tx.execute(
            select(outbox.c.created_at, outbox.c.not_before).where(outbox.c.template == "vencimiento")
        ).one()
    return written.created_at, written.not_before


def test_a_reminder_waits_for_the_working_hours_of_its_reader(year: Year) -> None:
    ran_out, leaves = run_out_at_night(year)
    monday = datetime(2026, 3, 9, 5, 0, tzinfo=UTC) + timedelta(hours=8)
    assert ran_out == datetime(2026, 3, 7, 4, 0, tzinfo=UTC)
    assert monday <= leaves < monday + timedelta(hours=1)


def test_what_is_critical_waits_for_no_hour(year: Year) -> None:
    book = replace(year.desk.office.book, urgent=frozenset({"alta"}))
    year.desk = replace(year.desk, office=replace(year.desk.office, book=book))
    ran_out, leaves = run_out_at_night(year, "alta")
    assert leaves == ran_out


def test_a_missed_deadline_is_counted_once_however_often_it_is_told_of(year: Year) -> None:
    run_out_at_night(year)
    with year.database.write() as tx:
        year.pass_time(tx, datetime(2026, 4, 30, 20, 0, tzinfo=UTC))
        fired = [
            v for (v,) in tx.execute(text("SELECT value FROM event WHERE kind = 'fired' AND value = 'p_atencion'"))
        ]
        letters = tx.execute(text("SELECT count(*) FROM outbox WHERE template = 'vencimiento'")).scalar_one()
        rows = tx.execute(text("SELECT ran, outcome FROM timer WHERE clock = 'p_atencion' ORDER BY id")).all()
    assert fired == ["p_atencion"]
    assert letters == 2  # the desk, then who coordinates
    assert [tuple(row) for row in rows] == [(0, "fired"), (1, "fired")]
