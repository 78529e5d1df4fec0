"""Programs that answer programs: a few mails, then silence; what a limit holds back is told of and not lost."""

from __future__ import annotations

import email
from collections.abc import Callable, Iterator
from email.message import Message

import pytest

from maild.brakes import Limits
from maild.envelopes import LETTER_LIFE
from maild.store import holds
from maild.store.database import Database
from maild.store.upgrade import upgrade
from tests.house.institution import OPERATOR, Institution

A, B = "mesa@entidad.test", "soporte@proveedor.test"


Opened = Callable[..., Institution]


@pytest.fixture
def opened(database_url: str) -> Iterator[Opened]:
    """Opens desks: the first on a database of the test's kind, others in memory."""
    bases: list[Database] = []

    def open_one(address: str = A, **limits: int) -> Institution:
        bases.append(Database("sqlite://" if bases else database_url))
        upgrade(bases[-1])
        return Institution(bases[-1], address, Limits(**limits), strangers="create")

    yield open_one
    for base in bases:
        base.close()


def as_sent(letter: Message) -> bytes:
    return letter.as_bytes()


def bared(letter: Message) -> bytes:
    """A gateway that takes every sign of a machine away, the conversation too."""
    for name in list(letter.keys()):
        if name.lower() not in ("from", "to", "subject", "date", "message-id", "content-type", "mime-version"):
            del letter[name]
    return letter.as_bytes()


def renamed(letter: Message) -> bytes:
    """It gives new ids, too."""
    letter = email.message_from_bytes(bared(letter))
    letter.replace_header("Message-ID", f"<{abs(hash(letter['Message-ID']))}@pasarela.test>")
    return letter.as_bytes()


@pytest.mark.parametrize("road", [as_sent, bared, renamed])
def test_two_desks_that_write_to_each_other_fall_silent(opened: Opened, road: Callable[[Message], bytes]) -> None:
    ours, theirs = opened(), opened(B)
    ours.write(B, "Ticket 77 registrado", "Su caso fue registrado.")
    travelled = 0
    for _ in range(20):
        for one, other in ((ours, theirs), (theirs, ours)):
            for recipient, raw in one.outgoing():
                if recipient == other.address:
                    travelled += 1
                    other.receive(road(email.message_from_bytes(raw)))
        ours.wait(seconds=30)
        theirs.wait(seconds=30)
    assert 1 <= travelled <= 6
    assert not any(recipient in (A, B) for one in (ours, theirs) for recipient, _ in one.outgoing())


def test_our_own_letter_that_comes_back_without_our_header_is_no_request(opened: Opened) -> None:
    house = opened()
    house.write("rosa@entidad.test", "No imprime")
    letter = email.message_from_bytes(bared(house.letter("rosa@entidad.test")))
    letter.replace_header("From", "rosa@entidad.test")
    before = len(house.letters())
    outcome = house.receive(letter.as_bytes())
    assert "own-message" in house.reasons(outcome)
    assert len(house.letters()) == before


def test_letters_about_one_ticket_to_one_address_are_capped_and_the_operator_is_told_once(opened: Opened) -> None:
    house = opened(ticket_burst=2, acks_hour=99, acks_day=99)
    house.write("rosa@entidad.test", "No imprime")
    house.write("luis@entidad.test", "[MESA-1-R] #tomar")
    for _ in range(3):
        house.write("luis@entidad.test", "[MESA-1-R] #consulta", "¿Qué impresora es?")
        house.write("rosa@entidad.test", "[MESA-1-R] impresora", "La del pasillo.")
    held = [row for row in house.letters("rosa@entidad.test") if row["state"] == "held"]
    assert held and {row["held_by"] for row in held} == {"ticket"}
    told = [row for row in house.letters(OPERATOR) if row["template"] == "freno"]
    assert len(told) == 1
    assert "rosa@entidad.test" in str(email.message_from_bytes(bytes(told[0]["raw"])).get_payload(0))


def test_an_outside_domain_is_capped_whatever_addresses_it_invents(opened: Opened) -> None:
    house = opened(domain_hour=3)
    for number in range(6):
        house.write(f"robot{number}@afuera.test", f"Caso {number}")
    outside = [row for row in house.letters() if row["recipient"].endswith("@afuera.test")]
    assert [row["held_by"] for row in outside] == ["", "", "", "domain", "domain", "domain"]


def test_the_brake_holds_everything_tells_once_and_lets_go_by_itself(opened: Opened) -> None:
    house = opened(total_hour=4)
    for number in range(8):
        house.write(f"persona{number}@entidad.test", f"Falla {number}")
    held = [row["id"] for row in house.letters() if row["held_by"] == "brake"]
    written = len(house.letters())
    assert held
    assert [row["state"] for row in house.letters(OPERATOR) if row["template"] == "freno"] == ["queued"]
    house.wait(minutes=61)
    with house.database.write() as tx:
        assert holds.let_go_braked(tx, house.now, 2, LETTER_LIFE) == 2
        assert holds.braked(tx)
        assert holds.let_go_braked(tx, house.now, 100, LETTER_LIFE) == len(held) - 2
        assert not holds.braked(tx)
    assert len(house.letters()) == written  # none lost, none written twice
    assert not [row for row in house.letters() if row["state"] == "held"]
