"""What the author wrote this time, and what stays when nothing else would."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.newtext import MARKER_EN, MARKER_ES, new_text, read
from maild.core.signatures import fingerprint
from maild.core.values import CutKind

QUOTE = "\n> Hemos registrado su solicitud.\n>\n> Mesa de Ayuda"


@pytest.mark.parametrize(
    "separator",
    [
        "El lun, 3 nov 2025 a las 9:12, Mesa de Ayuda (<mesa@entidad.test>) escribió:" + QUOTE,
        "El lun, 3 nov 2025 a las 9:12, Mesa de Ayuda (<mesa@entidad.test>)\nescribió:" + QUOTE,
        "El 4 nov. 2025, a la(s) 5:15\u202fp. m., Mesa <mesa@entidad.test> escribió:\n" + QUOTE,
        "El mar., 4 de noviembre de 2025 a las 9:12 a.\u00a0m., Mesa de Ayuda\n<mesa@entidad.test> escribió:" + QUOTE,
        "On Mon, Nov 3, 2025 at 9:12 AM Help Desk <desk@entity.test> wrote:" + QUOTE,
        "On Mon, Nov 3, 2025 at 9:12 AM Help Desk <\ndesk@entity.test> wrote:\n" + QUOTE,
        "Em seg., 3 de nov. de 2025 às 09:12, Mesa <mesa@entidad.test> escreveu:" + QUOTE,
        "2025-11-03 9:12 GMT-05:00 Mesa de Ayuda <mesa@entidad.test> escribió:" + QUOTE,
        "-----Mensaje original-----\nDe: Mesa\nHemos registrado",
        "----- Mensaje original -----\nHemos registrado",
        "-----Original Message-----\nFrom: Desk\nRegistered",
        "-----Mensagem original-----\nDe: Mesa",
        "De: Mesa <mesa@entidad.test>\nEnviado el: lunes, 3 de noviembre de 2025\nPara: Ana\nAsunto: Cuenta\n\nx",
        "*De:* Mesa de Ayuda\n*Enviado:* lunes\n*Para:* Ana\n*Asunto:* Su cuenta\n\nHemos",
        "From: Desk <desk@entity.test>\nSent: Monday\nTo: Ana\nSubject: x\n\nRegistered",
        "________________________________\nDe: Mesa\nEnviado: lunes\nPara: Ana\nAsunto: x\n\nHemos",
        "Inicio del mensaje reenviado:\n\n> De: Mesa",
        MARKER_ES + "\nHemos registrado su solicitud.",
        MARKER_EN + "\nWe have registered your request.",
        "> " + MARKER_ES + "\n> Hemos registrado su solicitud.",
        "> Hemos registrado su solicitud.\n> Mesa",
        "-- \nAna Quispe\nOficina de Administración",
        "--\nAna Quispe",
        "Enviado desde mi iPhone",
        "Enviado desde mi Samsung Galaxy",
        "Sent from my iPad",
        "Obtener Outlook para Android",
        "Get Outlook for iOS",
        "Enviado desde mi iPhone\n\n> El 4 nov. 2025, a las 5:15, Mesa <mesa@entidad.test> escribió:\n>\n> ¿Conforme?",
    ],
)
def test_what_a_mail_program_put_below_the_words_goes(separator: str) -> None:
    assert new_text("Sigue sin imprimir.\n\nGracias\n\n" + separator) == "Sigue sin imprimir.\n\nGracias"


@pytest.mark.parametrize(
    "text",
    [
        "El usuario escribió: no puedo entrar",
        "El jefe me escribió:\nque venga mañana",
        "De: la oficina de Lima\nle pedimos tóner.",
        "Para: Ana\nDe: Luis\nun saludo",
        "Pasos:\n> Inicio\n> Configuración\nahí se cuelga",
        "No me deja > sale error",
        "Enviado desde la ventanilla, el trámite no llegó; luego:\n\n1\n2\n3\n4\n5\n6\n7",
        "Fecha: 3 de noviembre\nHora: 9:12\nLugar: Lima",
        "uno\n---\ndos",
    ],
)
def test_prose_that_only_looks_like_a_separator_stays(text: str) -> None:
    assert new_text(text) == text


def test_answers_below_and_between_the_quoted_lines_stay() -> None:
    text = (
        "Buenos días:\n\nEl lun, 3 nov 2025 a las 9:12, Mesa <mesa@entidad.test> escribió:\n> ¿Qué equipo es?\n"
        "La laptop nueva.\n> ¿Desde cuándo?\nDesde ayer.\n> Gracias"
    )
    assert new_text(text) == "Buenos días:\n\nLa laptop nueva.\nDesde ayer."


def test_an_answer_written_below_the_quotation_stays() -> None:
    text = "El lun, 3 nov 2025 a las 9:12, Mesa <mesa@entidad.test> escribió:\n> ¿Conforme?\n\nSí, conforme."
    assert new_text(text) == "Sí, conforme."


@pytest.mark.parametrize(
    "text", ["> todo citado\n> y nada más", "-- \nAna", "Enviado desde mi iPhone", MARKER_ES, "", "\n\n"]
)
def test_where_nothing_would_be_left_the_whole_text_stays(text: str) -> None:
    assert new_text(text) == text


def test_a_forward_without_a_word_of_ones_own_stays_whole() -> None:
    text = "-----Mensaje original-----\nDe: Ana\nEnviado: lunes\nPara: Mesa\nAsunto: VPN\n\nNo conecta la VPN"
    assert new_text(text) == text


_LINES = st.sampled_from(
    [
        "",
        "hola",
        "> citado",
        ">> doble",
        "-- ",
        "--",
        "El lun, 3 nov 2025 a las 9:12, Mesa <m@e.test> escribió:",
        "escribió:",
        "On Mon, Nov 3, 2025 Desk wrote:",
        "-----Mensaje original-----",
        "De: a",
        "Enviado: b",
        "Para: c",
        "Asunto: d",
        MARKER_ES,
        "Enviado desde mi iPhone",
        "________________________________",
        "Sent from my iPad",
        "   ",
        "Atentamente,",
        "Rosa Huanca Ticona",
        "Jefa de Unidad | Anexo 214",
        "Antes de imprimir este correo, piense en el medio ambiente.",
        "Inicio del mensaje reenviado:",
        "> De: a <a@e.test>",
        "[image: foto.png]",
    ]
)


@given(st.lists(_LINES | st.text(max_size=30), max_size=30))
def test_new_text_is_always_some_of_the_lines_in_their_order(lines: list[str]) -> None:
    text = "\n".join(lines)
    rest = iter(text.split("\n"))
    assert all(line in rest for line in new_text(text).split("\n"))


@given(st.lists(_LINES | st.text(max_size=30), max_size=30), st.sampled_from(["", "RE: a", "RV: a"]))
def test_what_was_cut_is_told_by_offset(lines: list[str], subject: str) -> None:
    text = "\n".join(lines)
    written = read(text, subject=subject, sender="Rosa Huanca rosa@e.test")
    edges = [at for cut in written.cuts for at in (cut.start, cut.end)]
    assert edges == sorted(edges)
    assert all(0 <= at <= len(text) for at in edges)
    kept, at = "", 0
    for cut in written.cuts:
        kept, at = kept + text[at : cut.start], cut.end
    assert (kept + text[at:]).split() == written.text.split()


@given(st.lists(_LINES | st.text(max_size=30), max_size=30))
def test_words_are_never_all_taken(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert bool(read(text).text.strip()) == bool(text.strip())


def test_a_paragraph_that_is_always_added_goes_and_the_rest_stays() -> None:
    slogan = "Trabajamos por la integración\nde los pueblos del sur"
    known = {fingerprint(slogan.split("\n"))}
    written = read(f"No hay luz.\n\n{slogan}", known=known)
    assert (written.text, [cut.kind for cut in written.cuts]) == ("No hay luz.", [CutKind.SIGNATURE])
    assert read(slogan, known=known).text == slogan


def test_many_lines_and_one_long_line_take_little_time() -> None:
    for text in ("hola\n" * 100_000, "hola\n" + "a@b " * 250_000, ">" * 20_000, "De: a\n" * 80_000, "-- \n" * 80_000):
        start = process_time()
        read(text, subject="RV: x", reply=True)
        assert process_time() - start < 8


@pytest.mark.parametrize(
    "piece",
    ["El ", "El 1 ", "> ", "<a@b ", "escribió", "De: x\n", "El 3 a las 9:12\n", "_" * 30 + "\n", " ", "1", "-- x\n"],
)
def test_hostile_repetition_is_read_to_the_end(piece: str) -> None:
    text = "hola\n" + piece * (250_000 // len(piece)) + "\nfin"
    assert new_text(text).startswith("hola")
