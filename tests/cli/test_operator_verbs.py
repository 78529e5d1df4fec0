"""What an operator types to look at tickets, letters and mails and to settle what waits for a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from maild.core.events import MailArrived
from maild.mail.parse import parse
from maild.store import addresses, letters, mails
from maild.store.schema import inbound, timer
from tests.cli.desk import Desk

HOSTILE = "Sin red \x1b[31m\x1b]0;pwn\x07\x9b2J"


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def ticket(desk: Desk) -> Desk:
    desk.mail(
        "rosa@entidad.example", HOSTILE, f"No hay red desde las 9. {HOSTILE}", message_id="primera@entidad.example"
    )
    return desk


# Tickets --------------------------------------------------------------------------------------------------------------


def test_without_tickets_the_list_is_empty_and_the_answer_is_no(desk: Desk) -> None:
    assert desk.maild("ticket", "list")[:2] == (1, "")


def test_tickets_are_listed_for_people_and_for_programs(ticket: Desk) -> None:
    code, out, _ = ticket.maild("ticket", "list")
    assert code == 0
    assert out.startswith("MESA-1-R\tEn cola\tSin red")
    code, out, _ = ticket.maild("ticket", "list", "--json")
    assert [(row["mark"], row["number"], row["state"]) for row in lines(out)] == [("MESA-1-R", 1, "en_cola")]


@pytest.mark.parametrize("name", ["1", "#1", "MESA-1-R", "[MESA-1-R]", "mesa-1-r"])
def test_a_ticket_is_found_by_number_or_mark(ticket: Desk, name: str) -> None:
    code, out, _ = ticket.maild("ticket", "show", name)
    assert code == 0
    assert "Rosa Quispe <rosa@entidad.example>" in out


@pytest.mark.parametrize("name", ["MESA-1-X", "OTRA-1-R", "uno", "1.5", "٣"])
def test_a_mark_with_a_wrong_letter_or_no_mark_at_all_is_wrong_usage(ticket: Desk, name: str) -> None:
    code, out, err = ticket.maild("ticket", "show", name)
    assert (code, out) == (2, "")
    assert "no es un ticket" in err


@pytest.mark.parametrize("verb", [("ticket", "show"), ("ticket", "history"), ("ticket", "export"), ("why",)])
def test_a_ticket_that_does_not_exist_is_not_found(ticket: Desk, verb: tuple[str, ...]) -> None:
    code, out, err = ticket.maild(*verb, "9")
    assert (code, out) == (1, "")
    assert "MESA-9-D" in err or "no encontré" in err


def test_the_history_says_why_in_words(ticket: Desk) -> None:
    _, out, _ = ticket.maild("ticket", "history", "1")
    assert "Se registró la solicitud 1." in out
    _, out, _ = ticket.maild("ticket", "history", "1", "--json")
    assert "Se registró la solicitud 1." in lines(out)[0]["words"]


def test_an_export_holds_the_whole_ticket(ticket: Desk) -> None:
    ticket.mail("rosa@entidad.example", "La impresora no imprime")
    _, out, _ = ticket.maild("ticket", "export")
    assert [row["number"] for row in lines(out)] == [1, 2]
    (whole,) = lines(ticket.maild("ticket", "export", "1")[1])
    assert {"conversation", "history", "letters", "timers", "tokens", "facts"} <= set(whole)
    assert whole["conversation"][0]["text"].startswith("No hay red desde las 9.")


@pytest.mark.parametrize(
    "verb",
    [
        *(
            ("ticket", "list"),
            ("ticket", "show", "1"),
            ("ticket", "history", "1"),
            ("outbox", "list"),
            ("outbox", "show", "1"),
        ),
        *(("quarantine", "list"), ("quarantine", "show", "2"), ("why", "1"), ("why", "mail:1"), ("why", "mail:2")),
    ],
)
def test_nothing_that_a_sender_wrote_can_command_the_terminal(ticket: Desk, verb: tuple[str, ...]) -> None:
    ticket.mail("x@otra.test", HOSTILE, HOSTILE, park="unreadable")
    code, out, err = ticket.maild(*verb)
    assert code == 0
    assert "Sin red" in out or verb[:2] == ("outbox", "list") or "history" in verb
    assert [c for c in out + err if not c.isprintable() and c not in "\n\t"] == []


# Orders ---------------------------------------------------------------------------------------------------------------


def test_an_order_is_carried_out_in_a_persons_name(ticket: Desk) -> None:
    code, out, _ = ticket.maild("do", "MESA-1-R", "#asignar luis", "--as", "maria")
    assert code == 0
    assert "MESA-1-R: Asignado" in out
    (whole,) = lines(ticket.maild("ticket", "export", "1")[1])
    assert whole["responsible"]["address"] == "luis@entidad.example"
    assert whole["history"][-1]["actor"] == "maria@entidad.example"
    assert whole["history"][-1]["cause"].startswith("order:")
    assert "asignacion" in [letter["template"] for letter in whole["letters"]]


def test_the_words_of_an_order_join_the_ticket(ticket: Desk) -> None:
    ticket.maild("do", "1", "#nota", "--as", "maria", "--text", "Llamó por teléfono")
    (whole,) = lines(ticket.maild("ticket", "export", "1")[1])
    assert whole["conversation"][-1]["text"] == "Llamó por teléfono"
    assert whole["conversation"][-1]["author"] == "maria@entidad.example"


def test_a_refused_order_says_why_changes_nothing_and_is_kept(ticket: Desk) -> None:
    code, out, err = ticket.maild("do", "1", "#asignar luis", "--as", "rosa")
    assert (code, out) == (1, "")
    assert "corresponde a otra función" in err
    code, out, _ = ticket.maild("do", "1", "hola", "--as", "maria", "--json")
    assert (code, lines(out)[0]["refused"]) == (1, "no-orders")
    (whole,) = lines(ticket.maild("ticket", "export", "1")[1])
    assert whole["responsible"] is None
    assert [row["refused"] for row in whole["history"]] == [None, "not-allowed", "no-orders"]


def test_a_dry_run_says_what_would_happen_and_leaves_everything_as_it_was(ticket: Desk) -> None:
    before = ticket.maild("ticket", "export", "1")[1]
    code, out, _ = ticket.maild("do", "1", "#asignar luis #prioridad alta", "--as", "maria", "--dry-run")
    assert code == 0
    for each in (
        "Responsable: Luis Paredes",
        "Prioridad: Alta",
        "→ asignacion · luis@entidad.example",
        "no se hizo nada",
    ):
        assert each in out
    assert ticket.maild("ticket", "export", "1")[1] == before
    code, out, _ = ticket.maild("do", "1", "#asignar luis", "--as", "maria", "--json")
    (line,) = lines(out)
    assert line["changes"][:2] == ["Estado: Asignado (antes En cola)", "Responsable: Luis Paredes"]
    assert ticket.maild("do", "1", "#deshacer", "--as", "maria")[0] == 0
    (whole,) = lines(ticket.maild("ticket", "export", "1")[1])
    assert whole["responsible"] is None


def test_an_order_needs_a_person_of_the_directory_and_a_ticket(ticket: Desk) -> None:
    code, _, err = ticket.maild("do", "1", "#cerrar", "--as", "pedro")
    assert code == 2
    assert "no conozco a «pedro»" in err
    code, _, err = ticket.maild("do", "9", "#cerrar", "--as", "maria")
    assert code == 1
    assert "no hay ticket MESA-9-D" in err
    assert ticket.maild("do", "1", "#asignar luis", "--as", "María Torres")[0] == 0


# Letters --------------------------------------------------------------------------------------------------------------


def test_letters_are_listed_shown_released_held_and_dropped(ticket: Desk) -> None:
    _, out, _ = ticket.maild("outbox", "list", "--json")
    assert [(row["id"], row["template"], row["state"]) for row in lines(out)] == [
        (1, "acuse", "held"),
        (2, "tarea", "held"),
    ]
    code, out, _ = ticket.maild("outbox", "release", "1", "2", "--json")
    assert (code, [row["done"] for row in lines(out)]) == (0, [True, True])
    assert ticket.maild("outbox", "hold", "1")[0] == 0
    assert ticket.maild("outbox", "drop", "2")[0] == 0
    _, out, _ = ticket.maild("outbox", "list", "--state", "dropped", "--json")
    assert [row["id"] for row in lines(out)] == [2]


def test_a_letter_in_another_state_is_left_alone_and_named(ticket: Desk) -> None:
    code, _, err = ticket.maild("outbox", "hold", "1", "99")
    assert code == 1
    assert "carta 1: está «held»" in err
    assert "carta 99: no existe" in err
    assert ticket.maild("outbox", "retry")[0] == 2
    assert ticket.maild("outbox", "show", "99")[0] == 1


def test_a_letter_shows_its_text_its_tries_and_its_very_bytes(ticket: Desk) -> None:
    ticket.maild("outbox", "release", "1")
    house = ticket.open()
    with house.database.write() as tx:
        (leased,) = letters.claim(tx, "yo", house.now(), 1)
        letters.failed(tx, leased, house.now(), 550, "5.1.1 no such user")
    house.close()
    _, out, _ = ticket.maild("outbox", "show", "1")
    assert "Su solicitud quedó registrada con el número MESA-1-R" in out
    assert "5.1.1 no such user" in out
    assert lines(ticket.maild("outbox", "show", "1", "--json")[1])[0]["tries"][0]["code"] == 550
    raw = ticket.maild("outbox", "show", "1", "--raw")[1]
    assert raw.encode() == leased.raw
    assert ticket.maild("outbox", "retry", "1")[0] == 0


# Quarantine -----------------------------------------------------------------------------------------------------------


def test_a_mail_set_aside_is_listed_with_its_reason_and_shown_whole(desk: Desk) -> None:
    assert desk.maild("quarantine", "list")[0] == 1
    mail_id = desk.mail("x@otra.test", "Oferta", "Compre ya", park="unreadable")
    (row,) = lines(desk.maild("quarantine", "list", "--json")[1])
    assert (row["id"], row["reason"], row["sender"]) == (mail_id, "unreadable", "x@otra.test")
    assert row["why"][0]
    assert "Compre ya" in desk.maild("quarantine", "show", str(mail_id))[1]
    assert desk.maild("quarantine", "show", str(mail_id), "--raw")[1].startswith("From: x@otra.test\r\n")
    assert desk.maild("quarantine", "show", "99")[0] == 1


def test_a_released_mail_is_decided_anew_and_its_first_decision_stays_known(desk: Desk) -> None:
    mail_id = desk.mail("rosa@entidad.example", "Sin red", park="fault")
    assert desk.maild("quarantine", "release", str(mail_id))[0] == 0
    assert desk.maild("quarantine", "release", str(mail_id))[0] == 1
    house = desk.open()
    with house.database.write() as tx:
        assert [row.id for row in mails.take(tx, 9, [])] == [mail_id]
    house.close()
    desk.decide(mail_id, "rosa@entidad.example", "Sin red")
    assert desk.maild("ticket", "show", "1")[0] == 0
    _, out, _ = desk.maild("why", f"mail:{mail_id}")
    assert f"inbound:{mail_id}:aside:" in out
    assert "Se registró la solicitud 1." in out


def test_a_mail_may_be_released_again_and_again(desk: Desk) -> None:
    mail_id = desk.mail("nadie@otra.test", "Hola")
    for _ in range(3):
        assert desk.maild("quarantine", "release", str(mail_id))[0] == 0
        desk.decide(mail_id, "nadie@otra.test", "Hola")
    out = desk.maild("why", f"mail:{mail_id}")[1]
    assert out.count(f"inbound:{mail_id}:aside:") == 4


def test_a_dropped_mail_is_not_read_again(desk: Desk) -> None:
    mail_id = desk.mail("x@otra.test", "Oferta", park="unreadable")
    assert desk.maild("quarantine", "drop", str(mail_id))[0] == 0
    assert desk.maild("quarantine", "drop")[0] == 2
    house = desk.open()
    with house.database.write() as tx:
        assert mails.take(tx, 9, []) == []
    house.close()
    assert "no se atiende" in desk.maild("why", f"mail:{mail_id}")[1]


# Why ------------------------------------------------------------------------------------------------------------------


def test_why_tells_the_story_of_a_mail_in_both_languages_with_its_letters(ticket: Desk) -> None:
    code, out, _ = ticket.maild("why", "<primera@entidad.example>")
    assert code == 0
    assert "Se registró la solicitud 1. / Request 1 was registered." in out
    assert "letter:1 acuse a / to rosa@entidad.example: held" in out
    assert "MESA-1-R" in out


def test_why_knows_our_own_letters_by_their_message_id(ticket: Desk) -> None:
    (row, _) = lines(ticket.maild("outbox", "list", "--json")[1])
    assert "acuse → rosa@entidad.example" in ticket.maild("why", row["message_id"])[1]


def test_why_of_what_nobody_knows_is_no(ticket: Desk) -> None:
    for what in ("nadie@entidad.example", "timer:99", "mail:99", "letter:99"):
        assert ticket.maild("why", what)[0] == 1


def test_why_says_what_keeps_a_deadline_from_firing(ticket: Desk) -> None:
    def story() -> dict[str, Any]:
        return lines(ticket.maild("why", "timer:1", "--json")[1])[0]

    def change(**values: Any) -> None:
        house = ticket.open()
        with house.database.write() as tx:
            tx.execute(update(timer).where(timer.c.id == 1).values(**values))
        house.close()

    now = datetime.now(UTC)
    assert story()["why"] == "not-due"
    change(due=now - timedelta(minutes=20), on_silence=True)
    assert story()["why"] == "due"
    house = ticket.open()
    with house.database.write() as tx:
        epoch = mails.open_epoch(tx, "mailbox", "INBOX", 1, now)
    assert (story()["why"], story()["holders"]) == ("unread", ["mailbox INBOX"])
    with house.database.write() as tx:
        mails.drained(tx, epoch, now)
        tx.execute(update(inbound).values(state="stored", received_at=now - timedelta(minutes=15)))
    house.close()
    assert (story()["why"], story()["holders"]) == ("unread", ["mail 1 (stored)"])
    assert "mail 1 (stored)" in ticket.maild("why", "1")[1]
    change(on_silence=False)
    assert story()["why"] == "due"
    change(attempts=5)
    assert story()["why"] == "failing"
    change(ended_at=now, outcome="fired")
    assert story()["why"] == "ended"


# Addresses that bounce ------------------------------------------------------------------------------------------------


def test_an_address_that_bounced_is_listed_with_its_reason_and_resumed(desk: Desk) -> None:
    assert desk.maild("outbox", "stopped")[0] == 1
    desk.mail("rosa@entidad.example", "Sin red", "No hay red.")
    house = desk.open()
    with house.database.write() as tx:
        what = addresses.Stopped("rosa@entidad.example", "no-such-user", "5.1.1", f"550 {HOSTILE}", 1, "inbound:1")
        addresses.stop(tx, what, house.now())
    house.close()
    code, out, _ = desk.maild("outbox", "stopped")
    assert code == 0 and "no-such-user" in out and "MESA-1-R" in out and "\x1b" not in out
    (row,) = lines(desk.maild("outbox", "stopped", "--json")[1])
    assert row["address"] == "rosa@entidad.example" and row["status"] == "5.1.1"
    assert desk.maild("outbox", "resume", "Rosa@entidad.example")[0] == 0
    assert desk.maild("outbox", "resume", "rosa@entidad.example")[0] == 1
    assert desk.maild("outbox", "resume")[0] == 2
    assert desk.maild("outbox", "stopped")[:2] == (1, "")


# Files ----------------------------------------------------------------------------------------------------------------


def test_files_of_a_ticket_are_shown_exported_and_taken_out(desk: Desk, tmp_path: Path) -> None:
    raw = (
        b"From: rosa@entidad.example\r\nSubject: Con archivo\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nVa.\r\n'
        b"--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=acta.pdf\r\n\r\n%PDF\r\n--x--\r\n"
    )
    house = desk.open()
    try:
        (name,) = house.raw.put([raw])
        with house.database.write() as tx:
            (mail_id,) = mails.put(tx, [mails.Arrival(name, len(raw), house.now())], house.now())
            house.desk.mail(tx, MailArrived(mail_id, parse(raw), house.now()))
    finally:
        house.close()
    assert "acta.pdf" in desk.maild("ticket", "show", "1")[1]
    folder = tmp_path / "out"
    code, out, _ = desk.maild("ticket", "export", "1", "--attachments", str(folder))
    (row,) = lines(out)[0]["attachments"]
    assert (code, row["filename"], row["fate"]) == (0, "acta.pdf", "file")
    assert (folder / row["sha256"]).read_bytes() == b"%PDF"
    house = desk.open()
    house.raw.path(name).unlink()
    house.close()
    code, _, err = desk.maild("ticket", "export", "1", "--attachments", str(tmp_path / "other"))
    assert code == 1 and "raw-missing" in err
