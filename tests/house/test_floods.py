"""Whoever writes by the hundred writes into one ticket, and nothing of it is lost."""

from __future__ import annotations

from tests.house.conftest import House


def test_a_sender_who_opens_too_many_tickets_in_an_hour_writes_into_his_newest_one(house: House) -> None:
    house.limit(tickets_hour=3)
    for number in range(3):
        house.mail("rosa", f"Falla {number}", "No abre.")
    result = house.mail("rosa", "Falla cuarta", "Tampoco abre.")
    assert house.tickets == 3
    assert result.out == []
    assert ("too-many-tickets", {"address": "rosa@entidad.test", "number": "3"}) in result.reasons
    house.wait(hours=2)
    house.mail("rosa", "Falla quinta", "Otra cosa.")
    assert house.tickets == 4
