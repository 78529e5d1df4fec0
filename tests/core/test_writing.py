"""What a letter tells its reader, and which steps it offers him."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from maild.core import seal
from maild.core.effects import Send
from maild.core.letters import FACTS, Letter
from maild.core.rulebook import Survey
from maild.core.subject import marks
from maild.core.ticket import Ticket, Timer, Token
from maild.core.values import Address, Mail, Reason, Sender
from maild.core.writing import Occasion, letter
from tests.core.strategies import OFFICE

TODAY = date(2026, 11, 2)
RING = seal.KeyRing({"a": b"k" * 32}, "a")
DUE = datetime(2026, 11, 4, 14, tzinfo=UTC)
ANA, LUIS = Address("ana@entidad.test", "Ana Quispe"), Address("luis@entidad.test", "Luis Rojas")
TICKET = Ticket(
    number=7,
    title="Sin red",
    state="resuelto",
    requester=ANA,
    opened_at=datetime(2026, 11, 2, 14, tzinfo=UTC),
    type="incidencia",
    priority="alta",
    responsible=LUIS,
    tokens=(Token(1, "BASE-ATE", "6"),),
    timers=(Timer("p_conformidad", 1, DUE), Timer("p_silencio", 1, DUE, on_silence=True)),
    first_message_id="primero@entidad.test",
)


def written(
    to: Address, audience: str = "user", ticket: Ticket | None = TICKET, mail: Mail | None = None, **facts: str
) -> Letter:
    send = Send(ticket.number if ticket else 0, "plantilla", to, audience, "es", tuple(facts.items()))
    return letter(send, ticket, Occasion(OFFICE, RING, TODAY, mail))


def test_a_letter_knows_nothing_that_templates_may_not_know() -> None:
    assert set(written(ANA).facts) <= FACTS
    assert set(written(LUIS, "technician").facts) <= FACTS


def test_people_read_labels_and_never_keys() -> None:
    facts = written(ANA).facts
    assert (facts["state_label"], facts["type_label"], facts["priority_label"]) == ("Resuelto", "Incidencia", "Alta")


def test_who_is_asked_gets_the_buttons_of_the_step_and_who_waits_gets_none() -> None:
    assert [button.key for button in written(ANA).buttons] == ["conforme", "noconforme"]
    assert written(LUIS, "technician").buttons == ()


def test_a_button_carries_the_mark_the_order_and_a_code_for_this_reader_only() -> None:
    subject = written(ANA).buttons[0].subject
    assert marks(subject, OFFICE.book.mark_key) == (7,)
    assert "#conforme" in subject
    assert seal.carried(subject, 7, (ANA.address,), RING, TODAY)
    assert not seal.carried(subject, 7, (LUIS.address,), RING, TODAY)


def test_those_who_work_see_the_orders_of_the_step_in_words() -> None:
    working = replace(TICKET, state="en_proceso", tokens=(Token(1, "BASE-ATE", "4"),))
    told = written(LUIS, "technician", working)
    orders = told.facts["orders"]
    assert isinstance(orders, tuple)
    assert Reason("typed-text", (("order", "#consulta"),)) in orders
    assert {"resuelto", "escalar"} <= {button.key for button in told.buttons}
    assert not any("#resuelto" in str(order) for order in orders)
    assert written(ANA, "user", working).facts["orders"] == ()


def test_the_reader_learns_when_silence_closes_and_the_worker_when_work_is_due() -> None:
    assert written(ANA).facts["closes_at"] == DUE
    assert "due_at" not in written(ANA).facts
    assert written(LUIS, "technician").facts["due_at"] == DUE


def test_a_strangers_subject_is_never_sent_on() -> None:
    foreign = replace(TICKET, requester=Address("eve@externo.test"))
    assert written(LUIS, "technician", foreign).facts["title"] == ""
    assert written(LUIS, "technician", TICKET).facts["title"] == "Sin red"


def test_an_answer_answers_the_mail_and_others_only_join_the_conversation() -> None:
    mail = Mail(Sender(ANA.address), message_id="segundo@entidad.test")
    to_sender, to_other = written(ANA, mail=mail), written(LUIS, "technician", mail=mail)
    assert (to_sender.answers, to_sender.generated) == ("segundo@entidad.test", False)
    assert (to_other.answers, to_other.generated) == ("", True)
    assert to_sender.references == to_other.references == ("primero@entidad.test",)


def test_a_refusal_is_told_as_a_reason_with_the_state_by_its_name() -> None:
    facts = written(LUIS, "technician", reason_code="not-here", order="tomar", state="en_proceso", text="Ya voy").facts
    assert facts["reason_text"] == Reason("not-here", (("order", "tomar"), ("state", "En proceso")))
    assert facts["text"] == "Ya voy"


def test_a_letter_about_no_ticket_has_neither_mark_nor_buttons() -> None:
    about_none = written(ANA, ticket=None)
    assert "mark" not in about_none.facts
    assert (about_none.buttons, about_none.references) == ((), ())


def test_a_letter_greets_its_reader_and_not_the_person_who_asked() -> None:
    assert written(LUIS, "provider").facts["reader_name"] == LUIS.name
    assert written(ANA).facts["reader_name"] == ANA.name


def test_whose_turn_it_is_reads_what_is_to_be_done() -> None:
    working = replace(TICKET, state="en_proceso", tokens=(Token(1, "BASE-ATE", "4"),))
    assert written(LUIS, "technician", working).facts["task"] == "Atender (nivel 1)"
    assert written(ANA, "user", working).facts["task"] == ""


def test_a_user_never_reads_a_list_of_other_people() -> None:
    rows = "area;usuario;equipo\nLogística;luis@entidad.test;740\nLogística;ana@entidad.test;741"
    assert "text" not in written(ANA, text=rows).facts
    assert written(LUIS, "technician", text=rows).facts["text"] == rows
    harmless = "Se hizo esto, aquello\nUno, dos\nTres, cuatro"
    assert written(ANA, text=harmless).facts["text"] == harmless


def test_those_who_work_read_who_else_was_told_and_users_do_not() -> None:
    def told(to: Address, audience: str) -> object:
        send = Send(7, "plantilla", to, audience, "es")
        return letter(send, TICKET, Occasion(OFFICE, RING, TODAY, others=(ANA, LUIS))).facts.get("also_to")

    assert told(LUIS, "manager") == (ANA.name, LUIS.name)
    assert told(ANA, "user") is None


def test_a_closed_ticket_says_why_in_the_institutions_words() -> None:
    closed = replace(TICKET, closed_at=DUE, closing_reason="conformidad_tacita", tokens=(), timers=())
    assert written(ANA, ticket=closed).facts["closing_label"] == "Conformidad tácita"
    assert written(ANA).facts["closing_label"] == ""


def test_a_survey_is_answered_by_touching_a_number_and_suggests_none() -> None:
    survey = Survey("plantilla", best=4)
    office = replace(OFFICE, book=replace(OFFICE.book, survey=survey))
    send = Send(7, "plantilla", ANA, "user", "es")
    found = letter(send, TICKET, Occasion(office, RING, TODAY)).buttons
    assert [(b.label, b.body, b.order) for b in found] == [(n, n, n) for n in "1234"]
    assert all(b.even and marks(b.subject, OFFICE.book.mark_key) == (7,) for b in found)


def test_a_user_types_plain_words_and_those_who_work_type_orders() -> None:
    assert [button.order for button in written(ANA).buttons] == ["Conforme", "No conforme"]
    working = replace(TICKET, state="en_proceso", tokens=(Token(1, "BASE-ATE", "4"),))
    assert "#resuelto" in [button.order for button in written(LUIS, "technician", working).buttons]
