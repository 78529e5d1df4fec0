"""Signed ids and button codes: genuine ones pass for their person in their time, anything else fails."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core import seal

TODAY = date(2026, 11, 2)
OLD, NEW = b"o" * 32, b"n" * 32
RING = seal.KeyRing({"a": OLD}, "a")
LUIS, ANA = "luis@entidad.test", "ana@entidad.test"
ISSUED = seal.message_id(RING, 42, LUIS, "abcdef123456", TODAY, "entidad.test")
quick = settings(deadline=None)


def verified(message_id: str, *addresses: str, ring: seal.KeyRing = RING, today: date = TODAY) -> int | None:
    return seal.ticket_of(message_id, addresses or (LUIS,), ring, today)


@given(st.integers(0, 10**7), st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=8, max_size=20))
@quick
def test_a_letter_is_known_again_by_its_reader(number: int, nonce: str) -> None:
    made = seal.message_id(RING, number, "Luis@Entidad.test", nonce, TODAY, "Entidad.test")
    assert verified(made) == number
    assert made == made.lower()


def test_any_character_changed_makes_it_worthless() -> None:
    local = ISSUED.index("@")
    for place in range(local):
        for other in "0a9z.":
            if other != ISSUED[place]:
                changed = ISSUED[:place] + other + ISSUED[place + 1 :]
                assert verified(changed) is None, changed


def test_any_character_left_out_or_added_makes_it_worthless() -> None:
    for place in range(ISSUED.index("@")):
        assert verified(ISSUED[:place] + ISSUED[place + 1 :]) is None
        assert verified(ISSUED[:place] + "0" + ISSUED[place:]) is None


def test_a_mail_program_that_writes_capitals_does_no_harm() -> None:
    assert verified(ISSUED.upper()) == 42


def test_somebody_else_cannot_use_it() -> None:
    assert verified(ISSUED, ANA) is None
    assert verified(ISSUED, ANA, LUIS) == 42
    assert verified(ISSUED, "") is None


def test_it_runs_out() -> None:
    assert verified(ISSUED, today=TODAY + timedelta(days=seal.VALID_DAYS)) == 42
    assert verified(ISSUED, today=TODAY + timedelta(days=seal.VALID_DAYS + 1)) is None
    assert verified(ISSUED, today=TODAY - timedelta(days=1)) is None


def test_an_old_key_verifies_until_it_leaves_the_ring() -> None:
    both = seal.KeyRing({"a": OLD, "b": NEW}, "b")
    assert verified(ISSUED, ring=both) == 42
    assert verified(seal.message_id(both, 7, LUIS, "abcdef12", TODAY, "entidad.test"), ring=both) == 7
    assert verified(ISSUED, ring=seal.KeyRing({"b": NEW}, "b")) is None
    assert verified(ISSUED, ring=seal.KeyRing({"a": NEW}, "a")) is None


@given(st.text(max_size=120))
@quick
def test_whatever_stands_in_a_message_id_is_judged_without_trouble(text: str) -> None:
    assert verified(text) is None
    assert not seal.looks_ours(text)


def test_a_button_code_is_for_one_person_on_one_ticket_for_a_while() -> None:
    code = seal.code(RING, 42, LUIS, TODAY)
    subject = f"RE: [MESA-42-L] #resuelto {code}"

    def carries(text: str = subject, ticket: int = 42, who: str = LUIS, days: int = 0) -> bool:
        return seal.carried(text, ticket, (who,), RING, TODAY + timedelta(days=days)) == seal.Token(ticket, seal.USER)

    assert carries()
    assert carries(subject.upper())
    assert not carries(ticket=43)
    assert not carries(who=ANA)
    assert carries(days=14)
    assert not carries(days=31)
    for place in range(1, len(code)):
        other = "0" if code[place] != "0" else "1"
        assert not carries(f"RE: {code[:place]}{other}{code[place + 1 :]}")


def test_a_code_disappears_from_the_subject_before_orders_are_read() -> None:
    assert seal.without_codes(f"RE: #tomar {seal.code(RING, 42, LUIS, TODAY)} ya") == "RE: #tomar ya"


def test_a_ring_never_shows_its_keys() -> None:
    assert "oooo" not in repr(RING)
