"""Which ticket a mail belongs to: the detectors, and which goes before which."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from maild.core import seal
from maild.core.subject import mark
from maild.core.thread import DETECTORS, Keys, Known, Placement, choose, keys
from maild.core.values import Mail, Sender

TODAY = date(2026, 11, 2)
RING = seal.KeyRing({"a": b"k" * 32}, "a")
LUIS = "luis@entidad.test"
LETTER = seal.message_id(RING, 5, LUIS, "abcdef12", TODAY, "entidad.test")
KNOWN = Known({"primero@entidad.test": 6, LETTER: 5}, frozenset({4, 5, 6}))


def placed(
    subject: str = "", *, replies: tuple[str, ...] = (), refs: tuple[str, ...] = (), who: str = LUIS
) -> Placement:
    mail = Mail(Sender(who), subject=subject, in_reply_to=replies, references=refs)
    return choose(mail, (who,), keys(mail, "MESA"), KNOWN, RING, TODAY)


def test_the_newest_id_is_looked_at_first_and_each_once() -> None:
    mail = Mail(Sender(LUIS), in_reply_to=("c",), references=("a", "b", "c"))
    assert keys(mail, "MESA").ids == ("c", "b", "a")


def test_an_answer_to_our_letter_goes_where_the_letter_was_about() -> None:
    found = placed(replies=(LETTER,))
    assert (found.number, found.by.code, found.answers_own_letter) == (5, "thread-signed-id", True)


def test_our_letter_in_the_references_is_enough() -> None:
    assert placed(refs=("otro@x.test", LETTER)).by.code == "thread-signed-id"


def test_our_letter_in_somebody_elses_hands_finds_the_ticket_but_proves_nothing() -> None:
    found = placed(replies=(LETTER,), who="eve@externo.test")
    assert (found.number, found.by.code, found.answers_own_letter) == (5, "thread-known-id", False)


def test_the_signed_id_goes_before_the_mark_of_another_ticket() -> None:
    assert placed(f"RE: [{mark('MESA', 4)}] Sin red", replies=(LETTER,)).number == 5


def test_a_button_proves_who_pressed_it() -> None:
    code = seal.code(RING, 4, LUIS, TODAY)
    found = placed(f"RE: [{mark('MESA', 4)}] #tomar {code}")
    assert (found.number, found.by.code, found.answers_own_letter) == (4, "thread-button", True)


def test_a_button_of_somebody_else_is_only_a_mark() -> None:
    code = seal.code(RING, 4, LUIS, TODAY)
    found = placed(f"RE: [{mark('MESA', 4)}] #tomar {code}", who="eve@externo.test")
    assert (found.number, found.by.code, found.answers_own_letter) == (4, "thread-mark-alone", False)


def test_an_id_of_the_conversation_goes_before_a_bare_mark() -> None:
    found = placed(f"RE: [{mark('MESA', 4)}]", replies=("primero@entidad.test",))
    assert (found.number, found.by.code) == (6, "thread-known-id")


def test_a_bare_mark_finds_an_existing_ticket_only() -> None:
    assert placed(f"[{mark('MESA', 4)}]").by.code == "thread-mark-alone"
    assert placed(f"[{mark('MESA', 99)}]").number == 0
    assert placed(f"[{mark('MESA', 99)}] [{mark('MESA', 6)}]").number == 6


def test_a_mail_that_names_nothing_belongs_nowhere() -> None:
    assert (placed("Sin red").number, placed("Sin red").by.code) == (0, "thread-none")


def test_a_forged_id_of_our_form_is_nobodys() -> None:
    forged = LETTER.replace(".5.", ".4.", 1)
    assert placed(replies=(forged,)).number == 0


def test_the_mark_of_a_participant_goes_before_an_id_of_another_ticket() -> None:
    mail = Mail(Sender(LUIS), subject=f"[{mark('MESA', 4)}]", in_reply_to=("primero@entidad.test",))
    known = Known({"primero@entidad.test": 6}, frozenset({4}), mine=frozenset({4}))
    assert choose(mail, (LUIS,), keys(mail, "MESA"), known, RING, TODAY).number == 4


def test_what_the_author_writes_of_another_ticket_is_no_quotation() -> None:
    own = f"Aparte de {mark('MESA', 4)}, falla otra cosa."
    quoting = own + f"\n> Su solicitud {mark('MESA', 5)}"
    mail = Mail(Sender(LUIS), text=quoting, new_text=own)
    assert keys(mail, "MESA").quoted == (5,)


tickets = st.integers(0, 9)
several = st.frozensets(st.integers(1, 9))
many = st.lists(st.integers(1, 9), max_size=3).map(tuple)
ids = st.lists(st.sampled_from(["a@x", "b@x", LETTER, "m1.zz@x"]), max_size=3).map(tuple)
wanted_keys = st.builds(Keys, ids, many, many, st.just(("inc-1",)), st.just("c"))
known_things = st.builds(
    Known, st.dictionaries(st.sampled_from(["a@x", "b@x"]), st.integers(1, 9)), several, many, many, several
)


@given(wanted_keys, known_things, st.sampled_from([LUIS, "eve@externo.test"]))
def test_a_mail_is_placed_only_where_something_speaks_for_it(wanted: Keys, known: Known, who: str) -> None:
    found = choose(Mail(Sender(who)), (who,), wanted, known, RING, TODAY)
    named = {5, *known.by_id.values(), *known.existing, *known.mine}
    assert found.number in named | {0}
    assert (found.number == 0) == (found.by.code == "thread-none")
    assert [*found.tried, found.by.code] == [*DETECTORS, "thread-none"][: len(found.tried) + 1]
    # Everything weaker than an id of the conversation asks whether he takes part.
    if found.by.code in ("thread-mark", "thread-provider-number", "thread-conversation", "thread-quoted-mark"):
        assert found.number in known.mine
    assert not (found.answers_own_letter and who != LUIS)


@given(wanted_keys, known_things)
def test_a_later_detector_never_changes_what_an_earlier_one_said(wanted: Keys, known: Known) -> None:
    less = Known(known.by_id, known.existing, (), (), known.mine)
    with_all = choose(Mail(Sender(LUIS)), (LUIS,), wanted, known, RING, TODAY)
    with_less = choose(Mail(Sender(LUIS)), (LUIS,), wanted, less, RING, TODAY)
    if with_less.by.code in ("thread-signed-id", "thread-mark", "thread-known-id"):
        assert with_all == with_less
