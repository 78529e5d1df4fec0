"""Proof by mail: orders held and asked about, what carries a letter's proof, what the border says, what is scrubbed."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from maild.core import seal
from maild.core.subject import mark
from maild.core.values import Assurance
from maild.gather import Outcome
from maild.store import tickets
from maild.store.schema import held_order
from tests.house.attacked import BORDERS, LUIS, MARTA, PROVIDER, ROSA, AttackedDesk, became
from tests.house.desk import MESA, codes

SPOOFABLE = f"RE: [{mark('MESA', 1)}] #resuelto"


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[AttackedDesk]:
    with AttackedDesk.on(database_url, tmp_path) as desk:
        yield desk


def state(desk: AttackedDesk, number: int = 1) -> str:
    with desk.database.write() as tx:
        ticket = tickets.load(tx, number)
    assert ticket is not None
    return ticket.state


def rows(desk: AttackedDesk) -> list[dict[str, Any]]:
    with desk.database.write() as tx:
        return [dict(row) for row in tx.execute(select(held_order)).mappings()]


def letter(desk: AttackedDesk, address: str, position: int = -1) -> email.message.EmailMessage:
    raw = bytes(desk.letters(address)[position]["raw"])
    return email.message_from_bytes(raw, policy=email.policy.default)


def part(message: email.message.EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def hold(desk: AttackedDesk, subject: str = SPOOFABLE, text: str = "Cambié el tóner.") -> str:
    """An order of Luis without proof; the Message-ID of the question that went to him."""
    assert became(desk.say(LUIS, subject, text), "") == "held"
    assert desk.letters(LUIS)[-1]["template"] == "no_autorizado"
    return desk.newest(LUIS, 1)


def answer(desk: AttackedDesk, question: str, text: str, sender: str = LUIS) -> Outcome:
    return desk.say(sender, f"RE: [{mark('MESA', 1)}] No imprime", text, ref=question)


# -- the round trip ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["Sí", "si, fui yo", "Sí, gracias.", "Confirmo", "#confirmar", "Yes."])
def test_a_held_order_is_done_on_the_word_of_whoever_got_the_question(desk: AttackedDesk, words: str) -> None:
    question = hold(desk)
    assert state(desk) != "resuelto"
    outcome = answer(desk, question, words)
    assert {"order", "order-confirmed"} <= set(codes(outcome))
    assert state(desk) == "resuelto"
    assert "Cambié el tóner." in part(letter(desk, ROSA), "plain")
    assert [row["state"] for row in rows(desk)] == ["done"]


def test_the_button_of_the_question_needs_no_word_and_no_reference(desk: AttackedDesk) -> None:
    hold(desk)
    button = part(letter(desk, LUIS), "html").partition("subject=")[2].partition('"')[0]
    subject = button.replace("%20", " ").replace("%5B", "[").replace("%5D", "]").replace("%23", "#").replace("%3A", ":")
    assert "#confirmar ~" in subject
    desk.say(LUIS, subject, "")
    assert state(desk) == "resuelto"


@pytest.mark.parametrize("words", ["No", "no fui yo", "No, yo no pedí eso", "#noconfirmar", "no confirmo"])
def test_a_no_ends_it_and_the_operator_hears_that_somebody_uses_the_address(desk: AttackedDesk, words: str) -> None:
    question = hold(desk)
    outcome = answer(desk, question, words)
    assert "order-denied" in codes(outcome)
    assert [row["state"] for row in rows(desk)] == ["denied"]
    assert desk.letters("operador@entidad.test")[-1]["template"] == "aviso"
    answer(desk, question, "Sí")
    assert state(desk) != "resuelto"


def test_it_is_done_once(desk: AttackedDesk) -> None:
    question = hold(desk)
    answer(desk, question, "Sí")
    desk.reply(ROSA, 1, "#noconforme", "Sigue igual.")
    before = desk.stands()
    answer(desk, question, "Sí")
    assert desk.stands() == before


@pytest.mark.parametrize("sender", [ROSA, MARTA, "beto@entidad.test", "mallory@atacante.test"])
def test_nobody_else_can_say_yes(desk: AttackedDesk, sender: str) -> None:
    question = hold(desk)
    before = desk.stands()
    answer(desk, question, "Sí", sender)
    after = desk.stands()
    assert {number: after[number] for number in before} == before
    assert [row["state"] for row in rows(desk)] == ["waiting"]


def test_a_yes_without_the_question_is_only_a_word(desk: AttackedDesk) -> None:
    hold(desk)
    before = desk.stands()
    desk.say(LUIS, f"RE: [{mark('MESA', 1)}] No imprime", "Sí")
    assert desk.stands() == before


def test_an_answer_that_says_neither_is_a_note_and_the_order_waits_on(desk: AttackedDesk) -> None:
    question = hold(desk)
    assert became(answer(desk, question, "Mañana paso por allí."), "") == "note"
    assert [row["state"] for row in rows(desk)] == ["waiting"]


def test_after_its_time_a_yes_changes_nothing(desk: AttackedDesk) -> None:
    question = hold(desk)
    desk.now += timedelta(hours=25)
    before = desk.stands()
    answer(desk, question, "Sí")
    assert desk.stands() == before


def test_a_ticket_that_changed_meanwhile_is_left_alone(desk: AttackedDesk) -> None:
    question = hold(desk, f"RE: [{mark('MESA', 1)}] #prioridad alta", "")
    desk.reply(MARTA, 1, "#prioridad baja")
    before = desk.stands()
    outcome = answer(desk, question, "Sí")
    assert outcome.decision.refused is not None
    assert outcome.decision.refused.code == "ticket-changed"
    assert desk.stands() == before
    assert [row["state"] for row in rows(desk)] == ["changed"]


def test_what_changed_elsewhere_does_not_matter(desk: AttackedDesk) -> None:
    question = hold(desk)
    desk.reply(MARTA, 1, "#prioridad baja")
    answer(desk, question, "Sí")
    assert state(desk) == "resuelto"


def test_at_most_three_questions_an_hour(desk: AttackedDesk) -> None:
    outcomes = [became(desk.say(LUIS, SPOOFABLE, f"Vez {n}."), "") for n in range(5)]
    assert outcomes == ["held", "held", "held", "refused", "refused"]


def test_what_cannot_be_undone_is_asked_about_even_in_an_answer_to_a_letter(desk: AttackedDesk) -> None:
    assert became(desk.reply(MARTA, 2, "#anular", "Ya no hace falta."), "") == "held"
    question = desk.newest(MARTA, 2)
    desk.say(MARTA, f"RE: [{mark('MESA', 2)}]", "Sí", ref=question)
    assert state(desk, 2) == "cerrado"


def test_orders_by_the_half_dozen_are_asked_about(desk: AttackedDesk) -> None:
    many = " ".join(f"#nota n{n}" for n in range(6))
    assert became(desk.reply(LUIS, 1, many, "x"), "") == "held"


# -- carriers ----------------------------------------------------------------------------------------------------------


def weighed(desk: AttackedDesk, raw: bytes) -> Assurance:
    from maild.core import twins
    from maild.core.events import MailArrived
    from maild.mail.parse import parse

    with desk.database.look() as tx:
        judged = desk.desk.judge(tx, MailArrived(2**62, parse(raw), desk.now), twins.Verdict("new"))
    return judged.gathered.author.assurance


def written(subject: str, text: str = "x", sender: str = LUIS, to: str = MESA, **fields: str) -> bytes:
    more = "".join(f"{key.replace('_', '-')}: {value}\r\n" for key, value in fields.items())
    return (
        f"{more}From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <u@x.test>\r\n\r\n{text}\r\n".encode()
    )


def test_any_one_carrier_proves_who_answers(desk: AttackedDesk) -> None:
    named = f"RE: [{mark('MESA', 1)}] hola"
    sent = letter(desk, LUIS, 0)
    plain = part(sent, "plain")
    code = next(line for line in plain.splitlines() if line.startswith("Código de respuesta: "))
    assert weighed(desk, written(named)) is Assurance.A1
    assert weighed(desk, written("RE: hola", In_Reply_To=sent["Message-ID"])) is Assurance.A2
    assert weighed(desk, written("hola", to=str(sent["Reply-To"].addresses[0].addr_spec))) is Assurance.A2
    assert weighed(desk, written(f"{named} {code.rpartition(' ')[2]}")) is Assurance.A2
    quoted = "".join(f"> {line}\r\n" for line in plain.splitlines())
    assert weighed(desk, written("RE: hola", f"Va.\r\n\r\nEl lun, Mesa escribió:\r\n{quoted}")) is Assurance.A2
    assert weighed(desk, written(named, sender=MARTA, In_Reply_To=sent["Message-ID"])) is Assurance.A1


def test_a_key_that_left_the_ring_proves_nothing_more(desk: AttackedDesk) -> None:
    mine = letter(desk, LUIS, 0)["Message-ID"]
    both = seal.KeyRing({"2": b"n" * 32, **desk.desk.ring.keys}, "2")
    desk.desk = replace(desk.desk, ring=both)
    assert weighed(desk, written("RE", In_Reply_To=mine)) is Assurance.A2
    desk.desk = replace(desk.desk, ring=seal.KeyRing({"2": b"n" * 32}, "2"))
    assert weighed(desk, written("RE", In_Reply_To=mine)) is Assurance.A1


def test_who_changes_his_role_starts_anew(desk: AttackedDesk) -> None:
    """Rosa's letters as a requester prove nothing once she is a technician (S-08)."""
    hers = desk.newest(ROSA, 1)
    people = tuple(replace(p, role="tecnico") if p.key == "rosa" else p for p in desk.desk.office.directory.people)
    office = replace(desk.desk.office, directory=replace(desk.desk.office.directory, people=people))
    desk.desk = replace(desk.desk, office=office)
    assert weighed(desk, written("RE", sender=ROSA, In_Reply_To=f"<{hers}>")) is Assurance.A1


def test_a_letter_proves_for_ten_days_after_the_ticket_was_closed(desk: AttackedDesk) -> None:
    his = f"<{desk.newest('beto@entidad.test', 4)}>"
    assert weighed(desk, written("RE", sender="beto@entidad.test", In_Reply_To=his)) is Assurance.A2
    desk.now += timedelta(days=11)
    assert weighed(desk, written("RE", sender="beto@entidad.test", In_Reply_To=his)) is Assurance.A1


# -- the owner of an abused address ------------------------------------------------------------------------------------


def test_the_owner_of_a_forged_address_hears_of_it_once_a_day(desk: AttackedDesk) -> None:
    desk.desk = replace(desk.desk, boundary=BORDERS["authserv_id"])
    stamp = "mx.entidad.test; dmarc=fail header.from=entidad.test"
    before = len(desk.letters(LUIS))
    for n in range(4):
        outcome = desk.put(
            written(SPOOFABLE, f"Vez {n}", Authentication_Results=stamp).replace(b"<u@", f"<u{n}@".encode())
        )
        assert became(outcome, "") == "aside"
    assert len(desk.letters(LUIS)) == before + 1
    assert "el servidor de correo indica que no lo es" in " ".join(part(letter(desk, LUIS), "plain").split())


# -- buttons -----------------------------------------------------------------------------------------------------------


def test_every_button_is_a_short_ascii_mail_that_works_without_a_body(desk: AttackedDesk) -> None:
    found = 0
    for address in (ROSA, LUIS, MARTA, PROVIDER):
        for at in range(len(desk.letters(address))):
            html = part(letter(desk, address, at), "html")
            for link in (piece.partition('"')[0] for piece in html.split('href="')[1:]):
                found += 1
                assert link.startswith(f"mailto:{MESA}?subject=")
                assert link.isascii()
                assert len(link) <= 250
                assert "body=" not in link
                assert "+" not in link
    assert found > 10
