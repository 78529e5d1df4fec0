"""Lists that people send: read whole or not at all, every mistake told with its line and column; no text makes them stumble."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild import rules
from maild.config.shipped import shipped
from maild.core.catalogue import Column, Table
from maild.core.office import Office
from maild.core.said import rows
from maild.core.tables import read
from maild.core.values import Address, Directory, Person

PEOPLE = (
    Person("q1", "ana@entidad.test", "Ana Quispe", "usuario"),
    Person("q2", "anita@entidad.test", "Ana Torres", "usuario"),
)
OFFICE = Office(rules.load(shipped("rules") / "base"), Directory(PEOPLE), frozenset(), Address("op@entidad.test"))
TABLE = Table(
    "cronograma",
    (
        Column("equipo", also=("codigo patrimonial",), unique=True),
        Column("usuario", "person"),
        Column("fecha", "date"),
        Column("area", required=False),
    ),
)


def told(*texts: str) -> list[str]:
    return [
        " ".join((reason.code, *(value for key, value in reason.facts if key in ("line", "column"))))
        for reason in read(texts, TABLE, OFFICE).problems
    ]


@pytest.mark.parametrize(
    "text",
    [
        "equipo;usuario;fecha\n740;ana@entidad.test;2026-11-30",
        "Código Patrimonial\tUsuario\tFecha\n740\tAna Quispe\t30/11/2026\n",
        "Adjunto la lista.\nEquipo, Usuario, Fecha\n740, ana@entidad.test, 30-11-26\nSaludos",
        "\nusuario;fecha;;equipo\nana@entidad.test;30.11.2026;;740;;;\n\n",
    ],
)
def test_the_same_list_in_many_ways(text: str) -> None:
    found = read((text,), TABLE, OFFICE)
    assert found.problems == ()
    (row,) = rows(found.text)
    assert row == {"equipo": "740", "usuario": "ana@entidad.test", "fecha": "2026-11-30"}


def test_every_mistake_is_told_at_once_with_its_line_and_column() -> None:
    text = (
        "equipo;usuario;fecha\n"
        ";ana@entidad.test;2026-11-30\n"
        "741;Ana;2026-11-31\n"
        "742;Nadie;30/11/2026\n"
        "742;ana@entidad.test;30/11/2026\n"
        "743;ana@entidad.test;30/11/2026;de más\n"
    )
    assert told("Sin lista.", text) == [
        "row-empty 2 equipo", "row-which-person 3 usuario", "row-no-date 3 fecha",
        "row-no-person 4 usuario", "row-twice 5 equipo", "row-too-long 6",
    ]  # fmt: skip
    assert read((text,), TABLE, OFFICE).text == ""


def test_a_column_that_is_missing_and_a_head_without_rows_are_told() -> None:
    assert told("equipo;usuario\n740;ana") == ["row-no-column 1 fecha"]
    assert told("equipo;usuario;fecha\n") == ["row-none 1"]


def test_text_in_quotation_marks_may_hold_the_mark() -> None:
    found = read(('equipo;usuario;fecha;area\n740;ana@entidad.test;2026-11-30;"Compras; y otros"',), TABLE, OFFICE)
    assert rows(found.text)[0]["area"] == "Compras, y otros"


def test_a_mail_without_a_list_has_none() -> None:
    assert read(("Hola, Rosa:\nTe lo mando mañana, Ana",), TABLE, OFFICE) == read((), TABLE, OFFICE)


def test_a_list_of_many_mistakes_is_told_in_part_and_one_that_is_too_long_as_such() -> None:
    bad = "equipo;usuario;fecha\n" + "".join(f"{n};ana@entidad.test;mañana\n" for n in range(300))
    found = read((bad,), TABLE, OFFICE).problems
    assert (len(found), found[-1].code, dict(found[-1].facts)["count"]) == (21, "row-more", "280")
    long = "equipo;usuario;fecha\n" + "".join(f"{n};ana@entidad.test;1/1/27\n" for n in range(2100))
    assert [reason.code for reason in read((long,), TABLE, OFFICE).problems] == ["row-too-many"]


@given(st.lists(st.text(alphabet='equipo usuariofecha;,\t"\n\r=@0123/-\x00áñ', max_size=200), max_size=3))
def test_no_text_makes_it_stumble_and_what_it_takes_can_be_read_again(texts: list[str]) -> None:
    found = read(("equipo;usuario;fecha\n740;ana@entidad.test;2026-11-30\n" + "\n".join(texts),), TABLE, OFFICE)
    assert bool(found.text) != bool(found.problems)
    if found.text:
        assert len(rows(found.text)) == len(found.text.splitlines()) - 1
    read(texts, TABLE, OFFICE)
