"""Mails with several authors or with letters of other alphabets in their address: answered, and never believed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from maild.core.effects import Keep, Open, Review, Send
from maild.core.pending import Guessed
from maild.gather import Outcome
from maild.store import addresses
from maild.store.database import Database
from maild.store.upgrade import upgrade
from tests.house.institution import Institution

ROSA, LUIS, MESA = "rosa@entidad.test", "luis@entidad.test", "mesa1@entidad.test"
TOGETHER = f"Luis Rojas <{LUIS}>, Rosa <{ROSA}>"


@pytest.fixture
def house(database_url: str) -> Iterator[Institution]:
    database = Database(database_url)
    upgrade(database)
    yield Institution(database)
    database.close()


@pytest.fixture
def open_house(database_url: str) -> Iterator[Institution]:
    """A desk that serves strangers."""
    database = Database(database_url)
    upgrade(database)
    yield Institution(database, strangers="create")
    database.close()


def effects(outcome: Outcome) -> set[str]:
    return {type(effect).__name__ for effect in outcome.decision.effects}


def together(house: Institution, subject: str, text: str, authors: str = TOGETHER, **fields: str) -> Outcome:
    """Several people write, and the border says that the first of them is genuine."""
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    stamp = "Authentication-Results: frontera.test; dmarc=pass header.from=entidad.test; dkim=pass\r\n"
    return house.receive(f"{stamp}From: {authors}\r\n{head}Subject: {subject}\r\n\r\n{text}\r\n".encode())


def test_several_authors_open_a_ticket_and_the_first_is_answered(house: Institution) -> None:
    outcome = together(house, "No hay red", "En el piso 3.", Message_ID="<uno@entidad.test>")
    assert (outcome.after.requester.address if outcome.after else "") == LUIS
    assert house.letter(LUIS)["In-Reply-To"] == "<uno@entidad.test>"
    assert house.letters(ROSA) == []


def test_whoever_sent_it_for_all_is_answered(house: Institution) -> None:
    together(house, "No hay red", "En el piso 3.", Sender=ROSA)
    assert [row["template"] for row in house.letters(ROSA)] == ["acuse"]


def test_a_sender_who_is_none_of_the_authors_is_not_answered(house: Institution) -> None:
    together(house, "No hay red", "En el piso 3.", Sender="otra@x.test")
    assert house.letters("otra@x.test") == []
    assert [row["template"] for row in house.letters(LUIS)] == ["acuse"]


@pytest.mark.parametrize("authors", [TOGETHER, f"{MESA}, {ROSA}", f"{ROSA}, {MESA}"])
def test_no_proof_gives_several_authors_a_say_on_a_ticket(house: Institution, authors: str) -> None:
    house.write(ROSA, "Sin red")
    letters = {who: house.letters(who)[-1] for who in (ROSA, MESA)}
    before = house.letters()
    for who, letter in letters.items():
        subject = house.letter(who)["Subject"]
        for text in ("#cerrar", "#asignar luis", "Conforme, gracias."):
            ids = {"In_Reply_To": letter["message_id"].join("<>"), "References": letter["message_id"].join("<>")}
            outcome = together(house, f"RE: {subject} #cerrar", text, authors, **ids)
            assert outcome.before == outcome.after
            assert effects(outcome) <= {Review.__name__, Keep.__name__, Send.__name__, Guessed.__name__}
            assert all(e.visibility == "third_party" for e in outcome.decision.effects if isinstance(e, Keep))
    known = {row["id"] for row in before}
    assert {row["template"] for row in house.letters() if row["id"] not in known} <= {"cuarentena", "tercero"}


def test_several_authors_give_no_orders_when_they_open_a_ticket(house: Institution) -> None:
    """A technician may open one in somebody's name by an order; several people may only ask."""
    alone = house.write(MESA, f"#registrar usuario={ROSA} Sin red", "Lo pide por teléfono.")
    assert alone.after is not None and alone.after.requester.address == ROSA
    outcome = together(house, f"#registrar usuario={ROSA} Sin red", "Lo pide por teléfono.", f"{MESA}, {LUIS}")
    assert outcome.after is not None and outcome.after.requester.address == MESA
    assert [e.ticket.creator for e in outcome.decision.effects if isinstance(e, Open)] == [None]


def test_a_mail_of_several_authors_lifts_no_stop(house: Institution) -> None:
    house.write(LUIS, "Sin red")
    house.outgoing()
    with house.database.write() as tx:
        addresses.stop(tx, addresses.Stopped(LUIS, "no-user", "5.1.1", "", None, "x"), house.now)
    together(house, "Otra cosa", "En el piso 3.")
    assert house.states(LUIS)[-1] == ("acuse", "held", "stopped")


JOEL = "joël@ámbito.test"


def test_a_stranger_with_letters_outside_ascii_is_answered_in_utf8(open_house: Institution) -> None:
    house = open_house
    house.write(f"Joël <{JOEL}>", "Sin red")
    (row,) = house.letters(JOEL)
    assert f"To: {JOEL}\r\n".encode() in bytes(row["raw"]).partition(b"\r\n\r\n")[0]
    answered = house.write(
        "JOE\u0308L@ámbito.test".replace("E\u0308", "Ë"), f"RE: {house.letter(JOEL)['Subject']}", "Sigue igual."
    )
    assert answered.decision.number == 1 and answered.after is not None
    with house.database.write() as tx:
        addresses.stop(tx, addresses.Stopped(JOEL, "no-user", "5.1.1", "", None, "x"), house.now)
    house.write(JOEL, "Otra cosa")
    assert house.states(JOEL)[-1] == ("acuse", "queued", "")  # he wrote again: the stop is over


def test_a_look_alike_of_our_own_people_is_a_stranger(house: Institution) -> None:
    outcome = house.write("luís@entidad.test", "#registrar usuario=beto Sin red")
    assert effects(outcome) == {Review.__name__} and house.letters("luís@entidad.test") == []
