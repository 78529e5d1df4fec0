"""What an operator writes into a TOML file, and what he is told about it."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Literal, Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maild.errors import Problem
from maild.forms import (
    Count,
    Duration,
    Field,
    FilePath,
    Flag,
    Form,
    HiddenText,
    Line,
    MailAddress,
    Size,
    TimeOfDay,
    Zone,
    checked,
    duration,
    fill,
    load,
    read_toml,
    show_duration,
    show_size,
    size,
)


class Service(Form):
    name: Line
    kind: Literal["incidencia", "requerimiento"] = "incidencia"
    within: Duration = timedelta(hours=24)
    steps: Count = 1
    urgent: Flag = False


class Server(Form):
    host: str = Field(min_length=1)
    port: int = Field(default=993, ge=1, le=65_535)
    password: HiddenText | None = None
    ca_file: FilePath | None = None
    folders: tuple[Line, ...] = ()


class Catalogue(Form):
    service: dict[str, Service] = Field(default={})
    server: tuple[Server, ...] = ()
    opens: TimeOfDay = time(8)
    largest: Size = 1024
    zone: Zone | None = None
    contact: MailAddress | None = None
    inner: Server | None = None


def problems(data: dict[str, object]) -> list[str]:
    form, found = fill(Catalogue, data, "catalogue.toml")
    assert (form is None) == bool(found)
    return [str(problem) for problem in sorted(found)]


def test_all_mistakes_are_told_at_once_with_the_nearest_right_key() -> None:
    found = problems(
        {
            "servce": {},
            "service": {
                "teams": {"nmae": "Teams", "kind": "incidensia"},
                "name": {"name": "Correo", "within": "8 horas", "steps": "3"},
            },
        }
    )
    assert found == [
        "catalogue.toml: no conozco «servce»; ¿quiso decir «service»?",
        "catalogue.toml: [service.name.steps] «3» no es un número entero; escríbalo sin comillas ni decimales",
        "catalogue.toml: [service.name.within] «8 horas» no es un plazo; escriba 30s, 30m, 24h o 2d",
        "catalogue.toml: [service.teams] falta «name»",
        "catalogue.toml: [service.teams] no conozco «nmae»; ¿quiso decir «name»?",
        "catalogue.toml: [service.teams.kind] «incidensia» no es una de las opciones; "
        "las que hay: incidencia, requerimiento; ¿quiso decir «incidencia»?",
    ]


def test_a_key_that_belongs_to_another_table_is_sent_there() -> None:
    found = problems({"service": {"a": {"name": "A", "ca_file": "x"}}})
    assert found == ["catalogue.toml: [service.a] no conozco «ca_file»; esa clave es de la tabla [server]"]


def test_a_key_that_resembles_nothing_is_answered_with_all_there_are() -> None:
    (found,) = problems({"service": {"a": {"name": "A", "zzz": 1}}})
    assert found.endswith("no conozco «zzz»; las que hay: name, kind, within, steps, urgent")


def test_the_second_of_several_tables_is_named_by_its_number_and_a_single_one_is_not() -> None:
    wrong = {"host": "a", "port": 0}
    assert problems({"server": [{"host": "a"}, wrong]}) == [
        "catalogue.toml: [server.2.port] «0» es demasiado poco: como mínimo 1"
    ]
    assert problems({"server": [wrong]}) == ["catalogue.toml: [server.port] «0» es demasiado poco: como mínimo 1"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"opens": "25:00"}, "«25:00» no es una hora; escriba 06:00 o 17:30"),
        ({"largest": "25 megas"}, "«25 megas» no es un tamaño; escriba 512KiB, 25MiB o 1GiB"),
        ({"zone": "America/Lma"}, "«America/Lma» no es una zona horaria; ¿quiso decir «America/Lima»?"),
        ({"contact": "Mesa <mesa@x.example>"}, "no es una dirección de correo"),
        ({"contact": "*@x.example"}, "lleva un comodín"),
        ({"inner": "imap"}, "hace falta una tabla, no «imap»"),
        ({"inner": {"host": ""}}, "no puede quedar vacío"),
        ({"inner": {"host": "a", "folders": "INBOX"}}, "hace falta una lista"),
        ({"inner": {"host": "a", "port": 70_000}}, "«70000» es demasiado: como máximo 65535"),
        ({"service": {"a": {"name": "dos\nlíneas"}}}, "una sola línea"),
        ({"service": {"a": {"name": "A", "urgent": "sí"}}}, "escriba true o false, sin comillas"),
        ({"service": {"a": {"name": 3}}}, "«3» no es un texto; escríbalo entre comillas"),
    ],
)
def test_a_wrong_value_is_told_with_what_to_write(data: dict[str, object], told: str) -> None:
    (found,) = problems(data)
    assert told in found


def test_what_stands_where_a_secret_belongs_is_never_repeated() -> None:
    (found,) = problems({"inner": {"host": "a", "password": 12345}})
    assert "12345" not in found
    assert "[inner.password]" in found


def test_a_missing_table_is_told_as_a_table() -> None:
    class Whole(Form):
        desk: Service

    _, found = fill(Whole, {}, "config.toml")
    assert found == [Problem("config.toml", "", "falta la tabla [desk]")]


def test_a_check_of_the_whole_table_speaks_in_its_own_words() -> None:
    class Pair(Form):
        low: int
        high: int

        @checked
        def _in_order(self) -> Self:
            if self.low > self.high:
                raise ValueError("low no puede pasar de high")
            return self

    _, found = fill(Pair, {"low": 2, "high": 1}, "x.toml", under="pair")
    assert found == [Problem("x.toml", "pair", "low no puede pasar de high")]


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[inner]\nhost = "a"\nca_file = "secrets/ca.pem"\n')
    form, _ = load(Catalogue, tmp_path / "c.toml")
    assert form is not None
    assert form.inner is not None
    assert form.inner.ca_file == tmp_path / "secrets" / "ca.pem"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[desk\n", "línea 1, columna 6: falta «]» al final del nombre de la tabla («[desk»)"),
        ("a = 1\nb 2\n", "línea 2, columna 3: falta el signo «=» después de la clave («b 2»)"),
        ("[a]\n[a]\n", "línea 2, columna 3: esta tabla ya estaba escrita más arriba; cada una va una sola vez («[a]»)"),
        ('a = "x\n', 'línea 1, columna 7: un texto quedó sin cerrar; falta una comilla («a = "x»)'),
        ("a = hola\n", "línea 1, columna 5: este valor no se entiende; los textos van entre comillas («a = hola»)"),
        ("a = [1,\n", "al final del archivo: este valor no se entiende; los textos van entre comillas"),
        (
            "password = hola\n",
            "línea 1, columna 12: este valor no se entiende; los textos van entre comillas («password»)",
        ),
    ],
)
def test_broken_syntax_is_told_with_line_column_and_meaning(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "c.toml").write_text(text)
    data, found = read_toml(tmp_path / "c.toml")
    assert data is None
    assert [problem.text for problem in found] == [told]


def test_a_file_that_is_absent_or_not_utf8_is_a_problem_and_a_byte_order_mark_is_none(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    assert "no existe" in read_toml(path)[1][0].text
    path.write_bytes(b"# uno\nname = 'atenci\xf3n'\n")
    assert "línea 2: el archivo no está en UTF-8" in read_toml(path)[1][0].text
    path.write_bytes(b"\xef\xbb\xbfname = 'x'\n")
    assert read_toml(path) == ({"name": "x"}, [])


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail(raw: bytes) -> None:
    class Bytes:
        name = "c.toml"

        def read_bytes(self) -> bytes:
            return raw

    data, found = read_toml(Bytes())  # type: ignore[arg-type]  # the file system adds nothing here
    assert (data is None) == bool(found)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the machine is shared; the strategy is small
@given(
    st.dictionaries(
        st.sampled_from(["service", "server", "opens", "largest", "zone", "contact", "inner", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["name", "host", "port", "kind", "y"]), inner, max_size=3)
            ),
            max_leaves=8,
        ),
    )
)
def test_whatever_is_written_is_a_form_or_problems_in_one_line_each(data: dict[str, object]) -> None:
    form, found = fill(Catalogue, data, "c.toml")
    assert (form is None) == bool(found)
    assert all("\n" not in str(problem) for problem in found)


@given(st.integers(0, 10_000_000))
def test_durations_and_sizes_are_written_as_they_are_read(number: int) -> None:
    length = timedelta(seconds=number)
    assert duration(show_duration(length)) == length
    assert size(show_size(number)) == number


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("0s", timedelta()),
    ],
)
def test_durations_are_written_with_their_unit(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize("text", ["", "24", "24 h", "-1h", "1m1h", "1.5h", 24, "24H"])
def test_what_could_mean_two_lengths_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="no es un plazo"):
        duration(text)
