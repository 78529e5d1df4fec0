"""Which ticket real mails belong to, on both databases: answers without ids, stolen numbers, colleagues in copy, providers, copies."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.house.desk import RealDesk, codes, kept, opened, placed

MAILS = Path(__file__).parents[1] / "data" / "threads"
CASES: dict[str, dict[str, Any]] = tomllib.loads((MAILS / "expected.toml").read_text("utf-8"))
FIRST = ("primera", "segunda", "tercera")


def raw(name: str, fills: dict[str, str]) -> bytes:
    text = (MAILS / f"{name}.eml").read_text("utf-8")
    for key, value in fills.items():
        text = text.replace("{" + key + "}", value)
    assert "{" not in text, name
    return text.replace("\n", "\r\n").encode()


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[RealDesk]:
    with RealDesk.on(database_url, tmp_path) as desk:
        for number, name in enumerate(FIRST, 1):
            assert desk.put(raw(name, {})).decision.number == number
        desk.staff(1)
        yield desk


@pytest.mark.parametrize("name", CASES)
def test_a_mail_goes_where_a_careful_person_would_put_it(desk: RealDesk, name: str) -> None:
    expected = CASES[name]
    for earlier in expected.get("after", ()):
        desk.put(raw(earlier, desk.fills()))
    mail = raw(name, desk.fills())
    if expected["by"]:
        assert placed(desk, mail).by.code == expected["by"]
    outcome = desk.put(mail)
    assert opened(outcome) == expected.get("opens", False)
    if not opened(outcome):
        assert outcome.decision.number == expected["ticket"]
    assert kept(outcome) == expected.get("kept", "public")
    if sign := expected.get("sign"):
        assert sign in codes(outcome)
    # Whatever a mail says, only its ticket's own decision may move it, and the detector that spoke is on record.
    if outcome.decision.number == 1 and expected["by"]:
        assert expected["by"] in codes(outcome)


def test_every_mail_has_its_expectation_and_there_are_enough() -> None:
    assert {path.stem for path in MAILS.glob("*.eml")} == set(CASES) | set(FIRST)
    assert len(CASES) >= 25


def test_a_colleague_in_copy_gets_no_rights_and_no_letter(desk: RealDesk) -> None:
    before = desk.letters("beto@entidad.test")
    desk.put(raw("colega-en-copia", desk.fills()))
    assert desk.letters("beto@entidad.test") == before
    outcome = desk.put(raw("numero-adivinado-por-un-colega", desk.fills()))
    assert opened(outcome)  # having written a note makes nobody a participant
    assert [row["template"] for row in desk.letters("luis@entidad.test")] == ["tercero"]


def test_the_requester_who_answers_the_colleague_writes_into_the_ticket(desk: RealDesk) -> None:
    desk.put(raw("colega-en-copia", desk.fills()))
    answer = raw("sin-relacion", {}).replace(
        b"MIME-Version", b"In-Reply-To: <colega-en-copia@correo.entidad.test>\r\nMIME-Version", 1
    )
    outcome = desk.put(answer)
    assert (outcome.decision.number, kept(outcome)) == (1, "public")


def test_a_note_of_a_third_party_puts_nobody_in_copy(desk: RealDesk) -> None:
    """Whoever writes himself into the Cc of his own note is still a stranger (RELIABILITY S-01)."""
    note = raw("colega-en-copia", desk.fills()).replace(b"Cc: ", b"Cc: eva@cualquiera.test, ", 1)
    desk.put(note)
    outcome = desk.put(raw("extraño-con-referencia", desk.fills()))
    assert "stranger-on-ticket" in codes(outcome)


def test_a_provider_who_is_not_called_in_has_no_numbers(desk: RealDesk) -> None:
    told = raw("proveedor-da-su-numero", desk.fills()).replace(b"soporte@redesandinas.test", b"ventas@otra.test")
    desk.put(told)
    assert placed(desk, raw("proveedor-solo-su-numero", {})).number == 0


def test_the_same_mail_in_two_mailboxes_is_one_ticket_with_one_acknowledgement(desk: RealDesk) -> None:
    letters = len(desk.letters("rosa@entidad.test"))
    desk.put(raw("misma-en-otro-buzon", {}))
    desk.put(raw("copia-por-la-lista", {}))
    assert len(desk.letters("rosa@entidad.test")) == letters
