"""Recurring work as an operator sees it: a schedule from a file, and a program that is killed at the worst moments."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maild.cli.main import main
from maild.config import load
from maild.core.events import MomentCame
from maild.house import House
from maild.store import agenda
from tests.cli.desk import Desk

PEOPLE = """
[person.rosa]
address = "rosa@entidad.example"
name = "Rosa Quispe"
role = "usuario"
[person.maria]
address = "maria@entidad.example"
name = "María Torres"
role = "mesa"
[person.prov]
address = "soporte@prov.example"
name = "Servicios SAC"
role = "proveedor"
"""


@pytest.fixture
def osce(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    assert main(["init", str(tmp_path / "osce"), "--profile", "osce"]) == 0
    (tmp_path / "osce" / "people.toml").write_text(PEOPLE)
    (tmp_path / "osce" / "secrets" / "mailbox-password").write_text("x")
    (tmp_path / "osce" / "secrets" / "mailbox-password").chmod(0o600)
    return Desk(tmp_path / "osce", capsys)


def looked(folder: Path, at: str, plan: str = "") -> int:
    """The program runs its clock once at this time; killed where the plan says."""
    command = ["--config", str(folder / "config.toml"), "run", "--once", "--only", "clock", "--at", at]
    doomed = {"MAILD_TESTING": "1", "MAILD_FAILPOINTS": plan} if plan else {}
    asked = [sys.executable, "-m", "maild", *command]
    return subprocess.run(asked, env={**os.environ, **doomed}, capture_output=True, check=False, timeout=60).returncode


def facts(folder: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """The tickets there are, and the letters about them, each with its reader."""
    house = House.open(load(folder / "config.toml"))
    try:
        with house.database.write() as tx:
            titles = [str(t) for (t,) in tx.exec_driver_sql("SELECT title FROM ticket ORDER BY number")]
            rows = tx.exec_driver_sql("SELECT template, recipient FROM outbox WHERE ticket IS NOT NULL ORDER BY id")
            return titles, [(str(a), str(b)) for a, b in rows]
    finally:
        house.close()


def test_killed_anywhere_a_year_s_work_is_opened_once_and_told_once(osce: Desk) -> None:
    """Killed before, in and after the transaction, then left alone for eight months: nothing twice, nothing lost."""
    assert looked(osce.folder, "2026-11-20T09:00:00-05:00") == 0
    for visit in (1, 2, 3, 4):
        for point in ("desk.ticket-written", "desk.letters-written"):
            looked(osce.folder, "2027-01-05T09:00:00-05:00", f"{point}=kill@{visit}")
    assert looked(osce.folder, "2027-01-05T09:00:00-05:00") == 0
    assert looked(osce.folder, "2027-01-05T09:00:00-05:00") == 0
    opened = ["Mantenimiento anual de CPU", "Mantenimiento preventivo de impresoras"]
    titles, letters = facts(osce.folder)
    assert titles == opened
    once = [("mantenimiento_programa", "soporte@prov.example"), ("mantenimiento_programa", "maria@entidad.example")]
    assert sorted(letters) == sorted(once * 2)
    assert looked(osce.folder, "2027-05-04T09:00:00-05:00", "*=kill@2") != 0
    assert looked(osce.folder, "2027-05-04T09:00:00-05:00") == 0
    assert facts(osce.folder)[0] == [*opened, opened[1]]


SHEET = "Código;Servidor;Fecha\n742208970001;rosa@entidad.example;12/11/2030\n742208970002;Rosa Quispe;2030-11-13\n"


def test_a_schedule_from_a_file_is_taken_whole_or_refused_row_by_row(osce: Desk) -> None:
    house = House.open(load(osce.folder / "config.toml"))
    try:
        with house.database.write() as tx:
            house.desk.plan(tx)
            due = agenda.planned(tx)["cron_mant_impresora"].due
        later = House.open(load(osce.folder / "config.toml"), lambda: due)
        with later.database.write() as tx:
            assert later.desk.moment(tx, MomentCame("cron_mant_impresora", due)).done
        later.close()
    finally:
        house.close()
    config = ["--config", str(osce.folder / "config.toml")]
    sheet = osce.folder / "cronograma.csv"
    sheet.write_text(SHEET.replace("12/11/2030", "31/11/2030"), encoding="cp1252")
    assert main([*config, "import", "schedule", str(sheet), "1", "--as", "maria"]) == 1
    shown = osce.capsys.readouterr()
    told = " ".join((shown.out + shown.err).split())
    assert "no se tomó ninguna fila" in told and "Línea 2, columna fecha: «31/11/2030» no es una fecha" in told
    sheet.write_text(SHEET, encoding="cp1252")
    assert main([*config, "import", "schedule", str(sheet), "1", "--as", "maria", "--dry-run"]) == 0
    assert main([*config, "import", "schedule", str(sheet), "1", "--as", "maria"]) == 0
    house = House.open(load(osce.folder / "config.toml"))
    with house.database.write() as tx:
        (timer,) = tx.exec_driver_sql("SELECT clock, due FROM timer WHERE ended_at IS NULL").fetchall()
    house.close()
    assert timer[0] == "abre_equipo" and str(timer[1]).startswith("2030-11-11 13:30"), (
        "the day before, when work begins"
    )
