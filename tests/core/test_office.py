"""Who stands where towards a ticket, and who is written to when nobody is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maild.core.office import Office, Scene
from maild.core.ticket import Ticket
from maild.core.values import Address, Author, Directory
from tests.core.strategies import DESK, OFFICE

TICKET = Ticket(
    number=7,
    title="Sin red",
    state="en_proceso",
    requester=Address("ana@entidad.test", "Ana Quispe"),
    opened_at=datetime(2026, 11, 2, 14, tzinfo=UTC),
    responsible=Address("luis@entidad.test", "Luis Rojas"),
)


def author(address: str) -> Author:
    return Author(address, person=OFFICE.directory.by_address(address))


def standing(address: str, ticket: Ticket = TICKET) -> set[str]:
    return set(OFFICE.standing(author(address), ticket))


def written_to(to: str, ticket: Ticket = TICKET, office: Office = OFFICE) -> list[str]:
    return [address.address for address, _, _ in office.recipients(to, Scene(ticket, Address("beto@entidad.test")))]


def test_the_requester_is_known_by_any_of_his_addresses() -> None:
    assert standing("a.quispe@entidad.test") == {"usuario", "requester", "@requester", "@anybody"}


def test_a_technician_who_asks_for_something_is_both() -> None:
    mine = replace(TICKET, requester=Address("luis@entidad.test"))
    assert {"tecnico", "requester", "responsible"} <= standing("luis@entidad.test", mine)


def test_a_provider_counts_only_where_he_was_called_in() -> None:
    assert standing("soporte@prov.test") == set()
    called = replace(TICKET, providers=(Address("soporte@prov.test"),))
    assert standing("soporte@prov.test", called) == {"providers", "proveedor", "@provider", "@anybody"}


def test_another_user_stands_nowhere() -> None:
    assert not OFFICE.takes_part(author("beto@entidad.test"), TICKET)
    assert OFFICE.takes_part(author("carla@entidad.test"), TICKET)


def test_an_empty_address_takes_part_in_nothing() -> None:
    assert standing("") == set()


def test_a_letter_to_a_relation_goes_to_whoever_has_it() -> None:
    assert written_to("requester") == ["ana@entidad.test"]
    assert written_to("responsible") == ["luis@entidad.test"]
    assert written_to("sender") == ["beto@entidad.test"]
    assert written_to("providers") == []


def test_a_letter_to_a_role_goes_to_everybody_in_it_or_to_its_mailbox() -> None:
    assert written_to("coordinador") == ["carla@entidad.test"]
    shared = replace(OFFICE, directory=Directory(OFFICE.directory.people, {"coordinador": "jefatura@entidad.test"}))
    assert written_to("coordinador", office=shared) == ["jefatura@entidad.test"]


def test_work_that_nobody_has_is_the_desks_and_then_the_operators() -> None:
    nobodys = replace(TICKET, responsible=None)
    assert written_to("responsible", nobodys) == ["rosa@entidad.test"]
    empty = replace(OFFICE, directory=Directory())
    assert written_to("responsible", nobodys, empty) == ["operador@entidad.test"]


@pytest.mark.parametrize("to", ["requester", "responsible", "coordinador"])
def test_the_desk_never_writes_to_itself(to: str) -> None:
    itself = Address(DESK)
    ticket = replace(TICKET, requester=itself, responsible=itself)
    office = replace(OFFICE, directory=Directory(OFFICE.directory.people, {"coordinador": DESK}))
    assert DESK not in written_to(to, ticket, office)


def test_people_are_written_to_in_the_words_and_language_of_theirs() -> None:
    english = replace(TICKET, requester=Address("beto@entidad.test"))
    assert OFFICE.recipients("requester", Scene(english))[0][1:] == ("user", "en")
    assert OFFICE.recipients("responsible", Scene(TICKET))[0][1:] == ("technician", "es")


def test_a_stranger_is_written_to_as_a_user_in_the_language_of_the_ticket() -> None:
    foreign = replace(TICKET, requester=Address("joe@externo.test"), language="en")
    assert OFFICE.recipients("requester", Scene(foreign))[0][1:] == ("user", "en")


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("luis", ["luis"]),
        ("LUIS@entidad.test", ["luis"]),
        ("Rojas", ["luis", "elsa"]),
        ("rojas elsa", ["elsa"]),
        ("ibanez", ["carla"]),
        ("nadie", []),
        ("", []),
    ],
)
def test_people_are_found_by_key_address_or_name_and_never_guessed(words: str, keys: list[str]) -> None:
    assert [person.key for person in OFFICE.find_person(words)] == keys
