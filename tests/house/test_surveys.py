"""Surveys on an invented institution: one tap or one word answers, once; nobody is asked about himself, none too often."""

from __future__ import annotations

import email
import re
import shutil
from collections.abc import Callable
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from maild.config.shipped import shipped
from maild.core.survey import read
from maild.simulate import Result, Story, play
from tests.house.test_constructs import DATA, PEOPLE

Played = Callable[..., list[Result]]
MARK = "TALL-1-R"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("rules")
    shutil.copytree(shipped("rules") / "base", place / "base")
    shutil.copytree(DATA, place / "taller")
    institution = place / "taller" / "institution.toml"
    institution.write_text(institution.read_text().replace("[survey]", "[survey]\nmost = 2\ndays = 30"))
    return place


def play_mails(folder: Path, *mails: dict[str, Any]) -> list[Result]:
    steps = [{"at": f"2026-11-02T09:{n:02}:00-05:00", "mail": mail} for n, mail in enumerate(mails)]
    story = {"id": "S-01", "profile": "taller", "people": PEOPLE, "steps": steps}
    return list(play(Story.model_validate(story), "s.json", folder))


def mail(who: str, subject: str, body: str = "") -> dict[str, Any]:
    return {"from": who, "subject": subject, "body": body}


def case(number: int, asks: str = "ana", works: str = "luis") -> list[dict[str, Any]]:
    """A ticket from its first mail to its closing."""
    from maild.core.subject import mark

    named = f"[{mark('TALL', number)}]"
    return [
        mail(asks, "No enciende", "La máquina no enciende."),
        mail("rosa", f"{named} #asignar {works} #arreglo si"),
        mail(works, f"{named} #resuelto", "Se cambió la fuente."),
        mail("rosa", f"{named} #cerrar"),
    ]


def asked(results: list[Result]) -> list[str]:
    return [letter.person for result in results for letter in result.letters if letter.template == "encuesta"]


def buttons(result: Result) -> list[str]:
    """The subjects behind the buttons of the survey."""
    raw = next(letter.raw for letter in result.letters if letter.template == "encuesta")
    page = email.message_from_bytes(raw, policy=default).get_body(("html",)).get_content()  # type: ignore[union-attr]
    return [unquote(link) for link in re.findall(r'mailto:[^?"]+\?subject=([^"&]+)', page)]


def test_the_survey_has_a_button_for_each_number_and_a_touch_answers_it(folder: Path) -> None:
    begun = play_mails(folder, *case(1))
    subjects = buttons(begun[-1])
    assert [re.sub(r" ~\w+$", "", s) for s in subjects] == [f"RE: [{MARK}] {n}" for n in range(1, 6)]
    touched = play_mails(folder, *case(1), mail("ana", subjects[3], "Enviado desde mi teléfono"))[-1]
    assert touched.facts == begun[-1].facts
    assert (touched.ticket, touched.opened, touched.letters) == (MARK, [], [])
    assert touched.reasons[-1] == ("survey-answered", {"score": "4"})
    assert touched.timers["stopped"] == ["p_encuesta"]


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ("5", 5), ("5.", 5), ("Un 4, gracias por la paciencia", 4), ("4/5", 4), ("cinco", 5), ("Les doy un 3", 3),
        ("5 estrellas", 5), ("Nota: 2", 2), ("⭐⭐⭐⭐", 4), ("★★", 2), ("5 - muy amables", 5), ("¡5!", 5),
        ("0", 0), ("6", 0), ("2 impresoras siguen fallando", 0), ("4 de 10", 0), ("Sigue igual", 0), ("10", 0),
        ("1. No imprime", 0), ("Llamaré a las 3", 0), ("3 días sin sistema", 0), ("", 0), ("5" * 400, 0),
    ],
)  # fmt: skip
def test_a_score_is_read_as_people_write_it_and_nothing_else_is_one(said: str, score: int) -> None:
    assert read(said, 5) == score


def test_what_is_said_below_the_number_stays_with_the_ticket_and_opens_nothing(folder: Path) -> None:
    last = play_mails(folder, *case(1), mail("ana", f"RE: [{MARK}] No enciende", "4\n\nTardaron un poco."))[-1]
    assert (last.ticket, last.opened, last.letters) == (MARK, [], [])


def test_the_first_answer_counts_and_a_second_touch_opens_no_ticket(folder: Path) -> None:
    results = play_mails(folder, *case(1), mail("ana", f"RE: [{MARK}]", "2"), mail("ana", f"RE: [{MARK}]", "5"))
    assert results[-1].reasons[-1] == ("survey-answered-before", {"score": "5"})
    assert (results[-1].opened, results[-1].letters) == ([], [])


def test_words_in_answer_to_a_survey_are_a_new_matter_not_a_score(folder: Path) -> None:
    last = play_mails(folder, *case(1), mail("ana", f"RE: [{MARK}] No enciende", "2 máquinas siguen sin encender."))[-1]
    assert "survey-answered" not in [code for code, _ in last.reasons]
    assert last.opened


def test_nobody_is_asked_how_well_he_served_himself(folder: Path) -> None:
    assert asked(play_mails(folder, *case(1, asks="luis", works="luis"))) == []
    assert asked(play_mails(folder, *case(1, asks="jefa", works="luis"))) == ["jefa"]
    assert asked(play_mails(folder, *case(1, asks="rosa", works="luis"))) == []  # she closes it herself


def test_nobody_gets_more_surveys_than_the_institution_wants(folder: Path) -> None:
    results = play_mails(folder, *case(1), *case(2), *case(3), *case(4, asks="beto"))
    assert asked(results) == ["ana", "ana", "beto"]
    assert ("survey-spared", {"count": "2"}) in results[11].reasons
    assert "p_encuesta" not in results[11].timers["started"]
