"""A letter comes back: whose letters stop, who is told to telephone, and what it takes to begin again."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message

import pytest

from maild.store import addresses
from maild.store.database import Database
from maild.store.upgrade import upgrade
from tests.house.institution import OPERATOR, Institution, report

ROSA, MESA, LUIS = "rosa@entidad.test", "mesa1@entidad.test", "luis@entidad.test"


@pytest.fixture
def house(database_url: str) -> Iterator[Institution]:
    database = Database(database_url)
    upgrade(database)
    yield Institution(database)
    database.close()


def stopped(house: Institution) -> list[str]:
    with house.database.write() as tx:
        return [row["address"] for row in addresses.stopped(tx)]


def opened(house: Institution) -> Message:
    """Rosa asked for something; her acknowledgement."""
    house.write(ROSA, "No imprime")
    return house.letter(ROSA)


def test_a_hard_bounce_stops_letters_and_the_one_who_works_on_it_is_told_once_to_telephone(house: Institution) -> None:
    ack = opened(house)
    house.write(LUIS, "[MESA-1-R] #tomar")
    outcome = house.receive(report(ack, ROSA))
    assert "bounce-hard" in house.reasons(outcome)
    assert stopped(house) == [ROSA]
    assert [row["template"] for row in house.letters() if row["template"] == "rebote"] == ["rebote"]
    words = house.letter(LUIS).get_payload(0).get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert "Llámele por teléfono" in words and "El buzón no existe" in words and ROSA in words
    assert house.states(LUIS)[-1] == ("rebote", "queued", "")
    # A second report about the same address tells nobody again.
    house.receive(report(ack, ROSA, "5.2.1", said="550 5.2.1 The account is disabled"))
    assert sum(row["template"] == "rebote" for row in house.letters()) == 1


def test_without_a_responsible_the_desk_is_told(house: Institution) -> None:
    house.receive(report(opened(house), ROSA))
    assert house.states(MESA)[-1] == ("rebote", "queued", "")


def test_letters_to_the_address_are_held_until_its_owner_writes_again(house: Institution) -> None:
    ack = opened(house)
    house.receive(report(ack, ROSA))
    assert house.states(ROSA) == [("acuse", "held", "stopped")]  # it had not left yet
    house.write(LUIS, "[MESA-1-R] #tomar")
    house.write(LUIS, "[MESA-1-R] #resuelto", "Se cambió el cable.")
    assert {held for _, _, held in house.states(ROSA)} == {"stopped"}
    house.wait(hours=1)
    outcome = house.write(ROSA, "Ya tengo buzón", "Me arreglaron el correo.")
    assert "letters-resume" in house.reasons(outcome)
    assert stopped(house) == []
    assert {state for _, state, _ in house.states(ROSA)} == {"queued"}


def test_the_operator_lifts_it_too(house: Institution) -> None:
    house.receive(report(opened(house), ROSA))
    with house.database.write() as tx:
        assert house.desk.resume(tx, ROSA, OPERATOR)
        assert not house.desk.resume(tx, ROSA, OPERATOR)
    assert stopped(house) == []
    assert house.states(ROSA) == [("acuse", "queued", "")]


@pytest.mark.parametrize(
    ("status", "action", "said", "reason"),
    [
        ("4.4.1", "delayed", "connect to mx: Connection timed out", "bounce-delay"),
        ("5.2.2", "failed", "552 5.2.2 Mailbox full", "bounce-soft"),
        ("4.4.7", "failed", "message expired", "bounce-soft"),
        ("5.7.1", "failed", "550 5.7.1 Message rejected as spam", "bounce-soft"),
    ],
)
def test_what_may_pass_is_recorded_and_nobody_is_told(
    house: Institution, status: str, action: str, said: str, reason: str
) -> None:
    ack = opened(house)
    before = len(house.letters())
    outcome = house.receive(report(ack, ROSA, status, action, said))
    assert reason in house.reasons(outcome)
    assert stopped(house) == [] and len(house.letters()) == before


def test_a_forged_bounce_stops_nobody(house: Institution) -> None:
    opened(house)
    forged = Message()
    forged["From"], forged["Message-ID"] = (
        "mesa@entidad.test",
        "<m1.1.1.1kz.abcdef123456.0123456789abcdef@entidad.test>",
    )
    outcome = house.receive(report(forged, ROSA))
    assert "bounce-unproved" in house.reasons(outcome)
    assert stopped(house) == []


def test_a_bounce_about_somebody_elses_address_stops_nobody(house: Institution) -> None:
    ack = opened(house)
    outcome = house.receive(report(ack, "beto@entidad.test"))
    assert "bounce-elsewhere" in house.reasons(outcome)
    assert stopped(house) == []


def test_a_person_who_quotes_a_signed_id_cannot_stop_anybody(house: Institution) -> None:
    ack = opened(house)
    house.write(
        ROSA,
        "RE: No imprime",
        f"Undeliverable 550 5.1.1 {ROSA} {ack['Message-ID']}",
        In_Reply_To=str(ack["Message-ID"]),
    )
    assert stopped(house) == []


def test_the_telephone_letter_never_goes_to_the_dead_address(house: Institution) -> None:
    opened(house)
    house.write(MESA, "[MESA-1-R] #asignar luis")
    told = house.letter(LUIS)
    house.receive(report(told, LUIS))
    assert stopped(house) == [LUIS]
    assert house.states(MESA)[-1] == ("rebote", "queued", "")


def test_a_refusal_during_the_sending_stops_the_address_as_a_report_would(house: Institution) -> None:
    opened(house)
    house.refuse(f"550 5.1.1 <{ROSA}>: Recipient address rejected: User unknown")
    assert stopped(house) == [ROSA]
    assert house.states(MESA)[-1] == ("rebote", "queued", "")
    assert house.states(OPERATOR)[-1][0] == "carta_fallida"


@pytest.mark.parametrize("said", ["552 5.2.2 Mailbox full", "550 5.7.1 Rejected by policy", "554 Transaction failed"])
def test_a_refusal_of_the_letter_stops_no_address(house: Institution, said: str) -> None:
    opened(house)
    house.refuse(said)
    assert stopped(house) == [] and not [row for row in house.letters() if row["template"] == "rebote"]


def test_an_absence_is_remembered_with_its_last_day_and_its_proof(house: Institution) -> None:
    ack = opened(house)
    house.write(
        ROSA, "Respuesta automática: No imprime", "Estaré fuera de la oficina hasta el 15/03.",
        Auto_Submitted="auto-replied", In_Reply_To=str(ack["Message-ID"]),
    )  # fmt: skip
    house.write("beto@entidad.test", "Automatic reply", "I will be back on March 20th.", Auto_Submitted="auto-replied")
    with house.database.write() as tx:
        assert str(addresses.away_until(tx, ROSA, proved_only=True)) == "2026-03-15"
        assert str(addresses.away_until(tx, "beto@entidad.test")) == "2026-03-19"
        assert addresses.away_until(tx, "beto@entidad.test", proved_only=True) is None
    assert len(house.letters(ROSA)) == 1
