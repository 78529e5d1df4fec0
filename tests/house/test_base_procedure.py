"""What a help desk promises, told as short stories about the base procedure."""

from __future__ import annotations

import pytest

from tests.house.conftest import House

ON_T1 = "RE: [{T1}] Sin internet"


def opened(house: House) -> None:
    house.mail("rosa", "Sin internet", "No abre ninguna página.")


def resolved(house: House) -> None:
    opened(house)
    house.mail("luis", f"{ON_T1} #tomar")
    house.mail("luis", f"{ON_T1} #resuelto", "Se cambió el cable.")


def closed(house: House) -> None:
    resolved(house)
    house.mail("rosa", ON_T1, "Conforme")


def test_a_first_mail_opens_a_ticket_and_is_acknowledged(house: House) -> None:
    result = house.mail("rosa", "RV: RE: Sin internet", "No abre ninguna página.")
    assert house.ticket().title == "Sin internet"
    assert house.ticket().requester.address == "rosa@entidad.test"
    assert ("acuse", "rosa") in result.out
    assert ("tarea", "mesa") in result.out


def test_a_second_order_of_a_mail_sees_what_the_first_one_did(house: House) -> None:
    opened(house)
    result = house.mail("mesa", f"{ON_T1} #asignar luis #tipo incidencia #prioridad alta")
    ticket = house.ticket()
    assert result.refused is None
    assert (ticket.state, ticket.type, ticket.priority) == ("asignado", "incidencia", "alta")
    assert ticket.responsible is not None
    assert ticket.responsible.name == "Luis Rojas Paredes"


def test_one_impossible_order_undoes_the_whole_mail(house: House) -> None:
    opened(house)
    before = house.ticket()
    result = house.mail("mesa", f"{ON_T1} #prioridad alta #asignar luis #resuelto", "Ya está.")
    assert result.refused is not None
    assert house.ticket() == before
    assert [template for template, _ in result.out] in (["comando_error"], ["no_autorizado"])


def test_a_second_refusal_reaches_the_coordinator_with_reasons_or_without(house: House) -> None:
    resolved(house)
    first = house.mail("rosa", ON_T1, "No conforme")
    assert "escalamiento" not in dict(first.out)
    house.mail("luis", f"{ON_T1} #resuelto", "Se cambió el router.")
    second = house.mail("rosa", ON_T1, "No conforme")
    assert house.ticket().state == "en_proceso"
    assert "escalamiento" in dict(second.out)


def test_conformity_told_by_telephone_is_given_by_the_desk_with_words_and_by_nobody_who_did_the_work(
    house: House,
) -> None:
    resolved(house)
    assert house.mail("luis", f"{ON_T1} #conforme", "Llamó y dijo que sí.").refused is not None
    assert house.mail("mesa", f"{ON_T1} #conforme").refused is not None
    assert not house.ticket().is_closed
    assert house.mail("mesa", f"{ON_T1} #conforme", "Llamó a las 10 y dijo que quedó bien.").refused is None
    assert house.ticket().closing_reason == "resuelto"


def test_the_fault_came_back_within_the_days_of_grace(house: House) -> None:
    closed(house)
    house.wait(days=9)
    result = house.mail("rosa", ON_T1, "Otra vez sin internet.")
    assert house.tickets == 1
    assert house.ticket().state == "en_proceso"
    assert not house.ticket().is_closed
    assert house.ticket().closing_reason == ""
    assert ("reapertura", "luis") in result.out


def test_a_reply_after_the_days_of_grace_opens_a_ticket_that_names_the_old_one(house: House) -> None:
    closed(house)
    house.wait(days=11)
    house.mail("rosa", ON_T1, "Otra vez sin internet.")
    assert house.ticket(1).is_closed
    assert house.ticket(2).related == house.ticket(1).number
    assert house.ticket(2).title == "Sin internet"


def test_a_reopened_ticket_is_watched_again(house: House) -> None:
    closed(house)
    assert house.ticket().timers == ()
    house.mail("rosa", ON_T1, "Otra vez sin internet.")
    assert [timer.clock for timer in house.ticket().timers] == ["p_nivel"]


def test_silence_closes_only_what_nobody_objected_to(house: House) -> None:
    resolved(house)
    house.wait(hours=47)
    assert house.ticket().state == "resuelto"
    house.wait(hours=1)
    assert house.ticket().closing_reason == "conformidad_tacita"


def test_an_objection_sent_in_time_counts_however_late_it_is_read(house: House) -> None:
    resolved(house)
    house.stop()
    house.sleep(hours=40)
    house.mail("rosa", ON_T1, "No conforme: sigue igual")
    house.sleep(hours=30)
    result = house.start()
    assert house.ticket().state == "en_proceso"
    assert result.timers["fired"] == []


def test_silence_while_the_desk_was_down_still_counts_as_silence(house: House) -> None:
    resolved(house)
    house.stop()
    house.sleep(hours=60)
    result = house.start()
    assert house.ticket().closing_reason == "conformidad_tacita"
    assert ("cierre", "rosa") in result.out


def test_nobody_is_reminded_while_the_desk_rests_over_the_weekend(house: House) -> None:
    house.sleep(days=4, hours=8)  # Friday 17:00
    opened(house)
    assert house.wait(days=2).out == []
    assert house.wait(hours=20).out == [("vencimiento", "mesa")]


@pytest.mark.parametrize(
    "words", ["conforme", "CONFORME.", "Sí, conforme", "Ok, todo bien", "Conforme muchas gracias", "¡Conforme!"]
)
def test_a_yes_closes_however_it_is_written(house: House, words: str) -> None:
    resolved(house)
    house.mail("rosa", ON_T1, words)
    assert house.ticket().is_closed


@pytest.mark.parametrize(
    "words",
    [
        "Conforme, pero va lento",
        "¿Conforme?",
        "Conforme\n\nPero el lunes volvió a caerse.",
        "Conformidad de la jefa: pendiente",
    ],
)
def test_half_a_yes_is_for_a_person_to_read(house: House, words: str) -> None:
    resolved(house)
    result = house.mail("rosa", ON_T1, words)
    assert not house.ticket().is_closed
    assert ("nota_usuario", "luis") in result.out


@pytest.mark.parametrize(
    "words", ["No conforme", "NO CONFORME: va lento", "sigue igual", "No funciona, probé dos veces"]
)
def test_a_no_sends_the_ticket_back_to_work(house: House, words: str) -> None:
    resolved(house)
    house.mail("rosa", ON_T1, words)
    assert house.ticket().state == "en_proceso"


def test_somebody_else_with_the_number_gets_a_ticket_of_his_own(house: House) -> None:
    opened(house)
    before = house.ticket(1)
    house.mail("beto", ON_T1, "A mí también.", reply_to_ticket="")
    assert house.ticket(1) == before
    assert house.ticket(2).requester.address == "beto@entidad.test"


def test_a_stranger_with_the_number_changes_nothing_and_gets_no_letter(house: House) -> None:
    opened(house)
    before = house.ticket()
    result = house.mail("eve@externo.test", ON_T1, "#resuelto", reply_to_ticket="")
    assert (house.ticket(), house.tickets, result.out) == (before, 1, [])
    assert [letter.template for letter in result.operator] == ["cuarentena"]


@pytest.mark.parametrize("auth", ["fail", "none"])
def test_an_order_that_only_the_address_vouches_for_is_not_obeyed(house: House, auth: str) -> None:
    opened(house)
    before = house.ticket()
    result = house.mail("luis", f"{ON_T1} #tomar", auth=auth, reply_to_ticket="")
    assert house.ticket() == before
    assert result.refused == "not-proved"


def test_an_answer_to_our_letter_proves_its_sender_where_the_server_proves_nothing(house: House) -> None:
    opened(house)
    house.mail("mesa", f"{ON_T1} #asignar luis")
    assert house.mail("luis", f"{ON_T1} #tomar", auth="none").refused is None
    assert house.ticket().state == "en_proceso"


def test_a_robot_neither_moves_a_ticket_nor_gets_a_letter(house: House) -> None:
    resolved(house)
    before = house.ticket()
    result = house.mail("rosa", ON_T1, "Conforme", headers={"Auto-Submitted": "auto-replied"})
    assert (house.ticket(), result.out) == (before, [])


def test_a_redelivered_mail_is_one_mail(house: House) -> None:
    for _ in range(3):
        house.mail("rosa", "Sin internet", "No abre nada.", message_id="<uno@entidad.test>")
        house.sleep(minutes=7)
    assert house.tickets == 1
