"""People from a table of another system."""

from __future__ import annotations

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
