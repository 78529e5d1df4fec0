"""People from a table of another system."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from maild.cli.main import main
from maild.config import load_people

TABLE = (
    "Nombres;Correo;Función;Oficina;Sede;Jefe de\n"
    "Ana Quispe;ana@entidad.example;usuario;Logística;Lima;\n"
    "Dora Vega;dora@entidad.example;area;Logística;Lima;Logística/Compras\n"
)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1252"])
def test_a_table_as_spreadsheets_save_it_becomes_people(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "gente.csv").write_text(TABLE, encoding=encoding)
    target = tmp_path / "people.toml"
    assert main(["import", "people", str(tmp_path / "gente.csv"), "--out", str(target)]) == 0
    dora = load_people(target).by_key("dora")
    assert dora is not None
    assert (dora.area, dora.chief_of, dora.name) == ("Logística", ("Logística", "Compras"), "Dora Vega")
    assert main(["import", "people", str(tmp_path / "gente.csv"), "--out", str(target)]) == 2


def test_what_is_missing_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gente.csv").write_text("Nombre,Correo,Rol\nAna,,usuario\n")
    assert main(["import", "people", str(tmp_path / "gente.csv")]) == 78
    assert "[2] falta «address»" in capsys.readouterr().out


def test_absences_are_taken_over_as_spreadsheets_write_them_and_a_wrong_one_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "Nombre;Correo;Rol;Ausente desde;Ausente hasta;Reemplazo\n"
    (tmp_path / "a.csv").write_text(
        f"{head}Ana;ana@x.example;mesa;01/12/2026;2026-12-31;luis\nLuis;luis@x.example;mesa;;;\n"
    )
    assert main(["import", "people", str(tmp_path / "a.csv"), "--out", str(tmp_path / "people.toml")]) == 0
    ana = load_people(tmp_path / "people.toml").by_key("ana")
    assert ana is not None
    assert (ana.absent_from, ana.absent_until, ana.deputy) == (date(2026, 12, 1), date(2026, 12, 31), "luis")
    (tmp_path / "b.csv").write_text(f"{head}Ana;ana@x.example;mesa;;mañana;luis\n")
    assert main(["import", "people", str(tmp_path / "b.csv")]) == 78
    assert "[2] «mañana» no es una fecha" in capsys.readouterr().out
