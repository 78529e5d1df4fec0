"""What is always written below the words goes once it is known; what somebody asks for never does."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.habits import MAILS, MOST, SENDERS, Ending, asks, endings, without
from maild.core.newtext import read
from maild.core.signatures import fingerprint
from maild.core.values import CutKind, Kind, Mail, Sender

BANNER = "Línea gratuita de orientación al ciudadano: 0800-12345. Visite nuestra plataforma de trámites\nen línea."
FRAME = "La entidad trabaja todos los días por el bienestar de la población del sur y por una gestión transparente."
SIGNATURE = "WALTER APARICIO\nCentral telefónica (01) 555-0100 anexo 12"
REQUEST = "Favor de restablecer mi clave del sistema de trámites, pues la anterior venció el viernes y no puedo entrar."


def mail(text: str, enclosed: str = "") -> Mail:
    written = read(text, sender="Rosa rosa@entidad.test")
    sender = Sender("rosa@entidad.test", "Rosa")
    return Mail(sender, text=text + enclosed, new_text=written.text, cuts=written.cuts, kind=Kind.REQUEST)


def prints(*paragraphs: str) -> set[str]:
    return {fingerprint(each.split("\n")) for each in paragraphs}


@pytest.mark.parametrize("banner", [BANNER, FRAME, SIGNATURE])
def test_a_paragraph_below_the_words_may_be_counted_and_goes_when_it_is_known(banner: str) -> None:
    came = mail(f"No abre el correo.\n\nGracias\n\n{banner}\n")
    assert {each.fingerprint for each in endings(came)} == prints(banner)
    left = without(came, prints(banner))
    assert left.new_text == "No abre el correo.\n\nGracias"
    assert [came.text[cut.start : cut.end] for cut in left.cuts] == [banner]
    assert without(came, set()) is came and without(came, {"otra"}) is came


def test_line_breaks_of_the_mail_program_do_not_matter() -> None:
    assert without(mail(f"Hola.\n\n{BANNER}"), prints(" ".join(BANNER.split()))).new_text == "Hola."


def test_the_signature_above_it_goes_too() -> None:
    came = mail(f"No abre.\n\nAtentamente,\n\nRosa Huamán\nJefa de Archivo\nAnexo 214\n\n{FRAME}")
    left = without(came, prints(FRAME))
    assert left.new_text == "No abre."
    assert [cut.kind for cut in left.cuts] == [CutKind.SIGNATURE, CutKind.DISCLAIMER]


def test_what_is_known_goes_only_at_the_end_and_never_all_of_it() -> None:
    for text in (FRAME, f"{FRAME}\n\nEso dice el pie.", f"El pie debe decir:\n\n{FRAME}"):
        came = mail(text)
        assert without(came, prints(FRAME)) is came
    assert without(mail(f"{BANNER}\n\n{FRAME}"), prints(FRAME, BANNER)).new_text == BANNER


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST,
        "Restablecer el ingreso al sistema de logística del personal que se detalla en la lista de la jefatura de área",
        "¿Pueden ampliar el plazo de la capacitación para el personal que estuvo en comisión durante toda la semana?",
        "El sistema de trámite documentario no se abre desde el lunes en ninguna de las oficinas del segundo piso.",
        "Impresora Ricoh, código patrimonial 740841000123, oficina de Logística, segundo piso, anexo 214",
        "Please reset the password of the accounts in the list below, they are locked since Monday morning.",
        "Quedo atento a su pronta respuesta para poder continuar con el trámite ante la oficina de presupuesto.",
        "Se requiere la habilitación de correos para el personal que ingresa el lunes según el memorando 123-2026.",
    ],
)
def test_a_request_is_never_counted_nor_what_stands_above_it(request_: str) -> None:
    assert asks(request_.split("\n"))
    assert endings(mail(f"Buenos días:\n\n{request_}")) == ()
    assert endings(mail(f"Buenos días.\n\n{FRAME}\n\n{request_}")) == ()
    below = endings(mail(f"Buenos días.\n\n{request_}\n\n{FRAME}"))
    assert {each.fingerprint for each in below} == prints(FRAME)


def test_short_words_without_a_shape_are_not_counted_and_robots_have_no_habits() -> None:
    assert endings(mail("No abre.\n\nUn abrazo para todos")) == ()
    robot = Mail(Sender("rosa@entidad.test"), text=f"x\n\n{FRAME}", new_text=f"x\n\n{FRAME}", kind=Kind.BULK)
    assert endings(robot) == ()


def test_how_often_is_always() -> None:
    shaped, plain = Ending("a", shaped=True), Ending("b", shaped=False)
    assert shaped.is_habit(MAILS, 1) and not shaped.is_habit(MAILS - 1, SENDERS - 1)
    assert plain.is_habit(1, SENDERS) and not plain.is_habit(100 * MAILS, SENDERS - 1)


def test_a_mail_enclosed_below_is_not_looked_at() -> None:
    came = mail(f"Les paso esto.\n\n{FRAME}", enclosed=f"\n\n-----\nHola\n\n{BANNER}")
    assert {each.fingerprint for each in endings(came)} == prints(FRAME)
    assert without(came, prints(BANNER)) is came
    assert without(came, prints(FRAME)).new_text == "Les paso esto."


_PARTS = st.sampled_from(
    [
        BANNER,
        FRAME,
        SIGNATURE,
        REQUEST,
        "Hola.",
        "Gracias",
        "",
        "> citado",
        "Rosa escribió:",
        "[cid:a]",
        "-- ",
        "-- \nAna",
    ]
)
_TEXTS = st.lists(_PARTS | st.text(max_size=20), max_size=12)


@given(
    _TEXTS, st.sampled_from(["\n", "\n\n"]), st.sets(st.sampled_from([BANNER, FRAME, SIGNATURE])), st.text(max_size=30)
)
def test_only_the_end_of_the_words_goes_and_text_and_cuts_agree(
    parts: list[str], joint: str, known: set[str], enclosed: str
) -> None:
    came = mail(joint.join(parts), "\n" + enclosed)
    assert len(endings(came)) <= MOST
    left = without(came, prints(*known))
    assert came.new_text.startswith(left.new_text)
    assert bool(left.new_text.strip()) == bool(came.new_text.strip())
    kept, at = "", 0
    for cut in left.cuts:
        assert at <= cut.start <= cut.end <= len(came.text)
        kept, at = kept + came.text[at : cut.start], cut.end
    assert (kept + came.text[at:]).split()[: len(left.new_text.split())] == left.new_text.split()
    if left is not came:
        lost = came.new_text[len(left.new_text) :]
        assert prints(*known) & prints(lost.strip().split("\n\n")[-1])


@given(st.lists(_PARTS, max_size=12), st.sampled_from(["\n", "\n\n"]))
def test_what_is_counted_is_what_is_recognised(parts: list[str], joint: str) -> None:
    """The last paragraph, once its count suffices, is found again in the same mail."""
    came = mail(joint.join(parts))
    found = endings(came)
    if found and found[0].fingerprint in prints(came.new_text.split("\n\n")[-1]):
        assert without(came, {found[0].fingerprint}).new_text != came.new_text


def test_long_texts_take_little_time() -> None:
    for text in ("hola\n" * 100_000, "hola\n\n" * 80_000, "a@b " * 100_000 + "\n\n" + "no se " * 60_000):
        came = Mail(Sender("rosa@entidad.test"), text=text, new_text=text.strip())
        start = process_time()
        endings(came)
        without(came, prints("hola"))
        assert process_time() - start < 4
