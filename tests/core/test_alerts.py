"""Mails of machines as their products write them, in Spanish and English, and what is read in each."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild import rules
from maild.config.shipped import shipped
from maild.core import alerts
from maild.core.values import Mail, Sender
from maild.mail.parse import parse

FOLDER = Path(__file__).parents[1] / "data" / "machines"
EXPECTED = tomllib.loads((FOLDER / "expected.toml").read_text())
MACHINES = rules.load(shipped("rules") / "base").machines


def mail(subject: str, text: str = "", name: str = "Monitoreo") -> Mail:
    return Mail(Sender("monitor@entidad.test", name), subject=subject, text=text, new_text=text)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_the_mail_of_a_product_says(name: str) -> None:
    alert = alerts.read(parse((FOLDER / f"{name}.eml").read_bytes()), MACHINES)
    assert alert is not None
    host = alert.host or ("sensores@entidad.test" if not alert.shape else "")
    read = {"shape": alert.shape, "what": alert.what, "host": host, "service": alert.service}
    assert read | {"severity": alert.severity} == EXPECTED[name]


def test_every_mail_of_the_folder_is_expected_and_every_shape_has_a_problem_and_a_recovery() -> None:
    assert {path.stem for path in FOLDER.glob("*.eml")} == EXPECTED.keys()
    seen = {(each["shape"], each["what"]) for each in EXPECTED.values()}
    known = {shape.key for shape in MACHINES.shapes if shape.subjects}
    assert {(key, what) for key in known for what in ("problem", "recovery")} <= seen


def test_problem_and_recovery_of_a_product_name_the_same_thing() -> None:
    problems = {(e["host"].casefold(), e["service"].casefold()) for e in EXPECTED.values() if e["what"] != "recovery"}
    assert [n for n, e in EXPECTED.items() if (e["host"].casefold(), e["service"].casefold()) not in problems] == []


@pytest.mark.parametrize(
    "subject", ["Reporte semanal de disponibilidad", "Bienvenido a su nuevo sensor", "", "Inventario actualizado"]
)
def test_what_says_neither_wrong_nor_well_is_no_alert(subject: str) -> None:
    assert alerts.read(mail(subject, "Adjuntamos el reporte."), MACHINES) is None


def test_a_pattern_takes_the_first_place_where_its_words_stand() -> None:
    wanted = alerts.pattern("** {state} Service Alert: {host}/{service} is {severity} **")
    told = alerts.matched(wanted, "** Problem Service Alert: web-01/Disk /var is full is CRITICAL **", MACHINES.states)
    assert told == {"state": "Problem", "host": "web-01", "service": "Disk /var", "severity": "full is CRITICAL"}
    assert alerts.matched(wanted, "** Nothing Service Alert: a/b is CRITICAL **", MACHINES.states) is None


@pytest.mark.parametrize("text", ["Problem", "{hots} is down", "{host}{service}", "{host is down"])
def test_what_is_no_pattern_is_told_with_the_remedy(text: str) -> None:
    with pytest.raises(ValueError, match=r"hueco|espacio"):
        alerts.pattern(text)


@given(st.text(max_size=400), st.text(max_size=400))
def test_no_subject_and_no_text_stops_the_reading(subject: str, text: str) -> None:
    read = alerts.read(mail(subject, text), MACHINES)
    assert read is None or read.what in ("problem", "recovery", "notice")


def test_a_hostile_mail_is_read_in_no_time() -> None:
    text = ("State: " * 3 + "\n") * 200_000
    assert alerts.read(mail("[PRTG] " + " Down (" * 100_000, text, "PRTG"), MACHINES) is not None
