"""From a decision to words and bytes: what a letter may say, what a hostile mail cannot make it say, how it travels."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, default
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from maild.core.letters import FACTS, LANGUAGES, REPLY_MARKERS, Button, Fact, Letter
from maild.core.newtext import new_text
from maild.core.values import Address, Reason, because
from maild.mail.compose import Composer
from maild.mail.compose.look import mailto
from maild.mail.compose.samples import SAMPLES
from maild.mail.gallery import gallery
from maild.mail.parse import parse
from tests.mail.letter_samples import NASTY, TEMPLATES, composer, hostile, names, ordinary, with_facts

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
MESSAGE_ID = "m1.k1.3f.1rx.nonce0001.0123456789abcdef@entidad.example"
CONTROLS = ["\n", "\r", "\r\n", "\x00", "\x0b", "\x0c", "\x1c", "\x1d", "\x85", "\u2028", "\u2029"]
HEADERS = [
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted"),
    *("X-Auto-Response-Suppress", "X-Maild-Instance", "Content-Language", "Thread-Topic", "Thread-Index"),
    *("MIME-Version", "Content-Type"),
]


@pytest.fixture(scope="module")
def writer() -> Composer:
    return composer()


def sent(writer: Composer, letter: Letter, message_id: str = MESSAGE_ID) -> bytes:
    return writer.to_bytes(letter, writer.render(letter), message_id=message_id, date=NOW)


def received(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def content(part: MIMEPart) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def a_letter(**changes: object) -> Letter:
    letter = replace(ordinary("es/user/acuse"), answers="a1@fuera.example", references=("a0@fuera.example",))
    return replace(letter, **changes)  # type: ignore[arg-type]


# -- words ------------------------------------------------------------------------------------------------------------


def test_the_shipped_templates_have_no_problem(writer: Composer) -> None:
    assert writer.problems() == ()


def test_every_reason_that_the_program_gives_has_words_in_each_language(writer: Composer) -> None:
    sources = (path.read_text(encoding="utf-8") for path in (TEMPLATES.parent / "maild").rglob("*.py"))
    given_codes = {code for source in sources for code in re.findall(r'\b(?:because|Reason)\(\s*"([a-z-]+)"', source)}
    assert "unknown-order" in given_codes  # the walk sees them
    wordless = {
        (code, language)
        for code in given_codes
        for language in LANGUAGES
        if writer.words_for(Reason(code), language) == code
    }
    assert wordless == set()


def test_a_reason_is_said_in_the_readers_language_and_without_what_it_does_not_know(writer: Composer) -> None:
    reason = because("unknown-order", order="cerar", guess="cerrar")
    assert writer.words_for(reason, "es") == "No conozco la orden «cerar». ¿Quiso decir «cerrar»?"
    assert writer.words_for(reason, "en") == "I do not know the order “cerar”. Did you mean “cerrar”?"
    assert writer.words_for(because("unknown-order", order="x", guess=""), "es") == "No conozco la orden «x»."
    assert writer.words_for(because("never-heard-of", a=1), "es") == "never-heard-of (a: 1)"


def test_a_reason_among_the_facts_is_worded(writer: Composer) -> None:
    letter = with_facts(
        "es/technician/comando_error", problem_lines=(because("not-allowed", order="cerrar"), "Otra cosa.")
    )
    text = writer.render(letter).text
    assert "- La orden «cerrar» corresponde a otra función.\n- Otra cosa." in text


def test_dates_are_said_in_the_desks_time_and_the_readers_language(writer: Composer) -> None:
    late = datetime(2026, 12, 1, 2, 5, tzinfo=timezone(timedelta(hours=1)))  # still November in Lima
    spanish = writer.render(with_facts("es/user/conformidad", closes_at=late)).text
    english = writer.render(with_facts("en/user/conformidad", closes_at=late)).text
    assert "hasta el lunes 30 de noviembre de 2026, 20:05." in spanish
    assert "until Monday 30 November 2026, 20:05." in english


def test_a_time_without_zone_is_our_mistake_and_never_a_guess(writer: Composer) -> None:
    naive = datetime(2026, 11, 23, 10, 30)  # noqa: DTZ001 -- the very thing that must be refused
    rendered = writer.render(with_facts("es/user/acuse", due_at=naive))
    assert rendered.problem is not None
    assert "zone" in rendered.problem.text
    with pytest.raises(ValueError, match="zone"):
        writer.to_bytes(a_letter(), rendered, message_id=MESSAGE_ID, date=naive)


def test_a_stranger_gets_no_word_of_his_own_mail_back(writer: Composer) -> None:
    facts: dict[str, Fact] = dict.fromkeys(SAMPLES["es"], "PALABRA-AJENA")
    facts |= {"mark": "PAIS-9-N", "title": "", "attachments": ("PALABRA-AJENA",), "history": (), "orders": ()}
    facts |= {"opened_at": NOW, "due_at": NOW, "closes_at": NOW, "problem_lines": (), "ticket_count": 1}
    for name in ("es/user/acuse", "en/user/acuse", "es/user/no_admitido", "en/user/no_admitido"):
        letter = replace(ordinary(name), facts=facts, buttons=(), to=Address("x@fuera.example", "PALABRA-AJENA"))
        rendered = writer.render(letter)
        raw = sent(writer, letter)
        assert rendered.problem is None
        assert "PALABRA-AJENA" not in rendered.subject + rendered.text + rendered.html
        assert b"AJENA" not in raw
        assert str(received(raw)["To"]) == "x@fuera.example"


def test_a_display_name_that_says_an_address_is_not_repeated(writer: Composer) -> None:
    letter = with_facts(
        "es/technician/asignacion", requester_address="malo@fuera.example", requester_name="jefe@entidad.example"
    )
    text = writer.render(letter).text
    assert "malo@fuera.example" in text
    assert "jefe@entidad.example" not in text


def test_a_subject_is_one_line_of_at_most_two_hundred_characters_and_begins_with_the_mark(writer: Composer) -> None:
    subject = writer.render(with_facts("es/user/acuse", title="largo " * 200)).subject
    assert len(subject) <= 200
    assert subject.startswith("[PAIS-123-K] largo")


def test_long_words_of_a_mail_are_cut_and_say_so(writer: Composer) -> None:
    text = writer.render(with_facts("es/user/acuse", text="palabra " * 1000)).text
    assert 1400 < text.count("palabra ") * len("palabra ") < 1600
    assert "…\n" in text


def test_a_fact_that_no_letter_may_carry_is_refused(writer: Composer) -> None:
    with pytest.raises(ValueError, match="internal_notes"):
        writer.render(a_letter(facts={"internal_notes": "secreto"}))


def test_every_letter_can_be_written_with_no_facts_at_all(writer: Composer) -> None:
    for name in names():
        rendered = writer.render(replace(ordinary(name), facts={}, buttons=()))
        assert rendered.problem is None
        assert "None" not in rendered.text


def test_each_fact_is_used_by_some_letter() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.md.j2"))
    used = {word for tag in re.findall(r"\{[{%](.*?)[%}]\}", sources) for word in re.findall(r"\w+", tag)}
    assert FACTS - used == {"number"}  # for institutions whose letters name the bare number


def test_our_own_reader_finds_the_reply_above_a_quoted_letter(writer: Composer) -> None:
    text = writer.render(a_letter()).text
    assert text.startswith(REPLY_MARKERS["es"] + "\n")
    assert new_text("Ya funciona.\n\n" + text) == "Ya funciona."


# -- templates of an institution --------------------------------------------------------------------------------------


def institution(tmp_path: Path, name: str, source: str) -> Composer:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return composer(tmp_path)


def test_an_institution_replaces_one_letter_or_one_phrase(tmp_path: Path) -> None:
    own = institution(tmp_path, "es/user/acuse.md.j2", "Asunto: [{{ mark }}] Anotado\n\n# Anotado\n\nGracias.\n")
    assert own.problems() == ()  # whether the English letter tells the same is the institution's business
    assert own.render(a_letter()).subject == "[PAIS-123-K] Anotado"
    own = institution(tmp_path, "es/reasons.toml", 'thanks = "De nada."\n')
    assert own.words_for(because("thanks"), "es") == "De nada."
    assert own.words_for(because("no-orders"), "es") == composer().words_for(because("no-orders"), "es")


def test_an_unknown_word_is_told_with_file_line_and_the_nearest_right_one(tmp_path: Path) -> None:
    source = "Asunto: x\n\n# Hola\n\n{% if mark %}\nNúmero\n{% endif %}\n{{ titel }}\n"
    own = institution(tmp_path, "es/user/acuse.md.j2", source)
    told = [str(problem) for problem in own.problems() if "titel" in problem.text]
    expected = "templates/es/user/acuse.md.j2: [línea 8] no conozco la palabra «titel»; ¿quiso decir «title»?"
    assert expected in told


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Asunto: x\n\n# Hola\n\n{% if mark %}\nsin fin\n", "plantilla mal escrita"),
        ("Asunto: x\n\n# Hola\n\n{{ mark.foo }}\n", "no attribute"),
        ("Asunto: x\n\n# Hola\n\n{{ mark / 2 }}\n", "unsupported operand"),
        ("# Hola\n\nSin asunto.\n", "la primera línea debe ser"),
        ("Asunto: x\n\nSin título.\n", "no empieza con un título"),
        ("Asunto: x\n\n# Hola\n\n- a\n  - b\n", "nested list"),
        ("Asunto: x\n\n# Hola\n\n| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n", "two columns"),
        (
            "Asunto: x\n\n# Hola\n\n{% for a in text %}{% for b in text %}{% for c in text %}palabra{% endfor %}{% endfor %}{% endfor %}\n",
            "caracteres",
        ),
        ('Asunto: x\n\n# Hola\n\n{{ "".__class__.__mro__ }}\n', "unsafe"),
        ('Asunto: x\n\n# Hola\n\n{% include "es/no_existe.md.j2" %}\n', "no_existe"),
    ],
)
def test_a_broken_letter_is_told_and_the_shipped_one_leaves_instead(tmp_path: Path, source: str, said: str) -> None:
    own = institution(tmp_path, "es/user/acuse.md.j2", source)
    assert any(said in str(problem) for problem in own.problems())
    rendered = own.render(a_letter())
    assert rendered.problem is not None
    assert said in str(rendered.problem)
    assert replace(rendered, problem=None) == composer().render(a_letter())


def test_a_letter_that_nobody_wrote_leaves_with_the_bare_facts(writer: Composer) -> None:
    rendered = writer.render(a_letter(template="inventada"))
    assert rendered.problem is not None
    assert "inventada" in str(rendered.problem)
    assert rendered.subject == "[PAIS-123-K] No puedo entrar a la reunión virtual"
    assert "Videoconferencia" in rendered.text
    assert not writer.has("inventada", "user", "es")
    assert writer.has("acuse", "user", "es")


def test_a_letter_or_a_phrase_that_one_language_lacks_is_a_problem(tmp_path: Path) -> None:
    own = institution(tmp_path, "es/user/nueva.md.j2", "Asunto: x\n\n# Nueva\n\nHola.\n")
    assert "templates/en/user/nueva.md.j2: falta esta carta; otro idioma la tiene" in map(str, own.problems())
    own = institution(tmp_path, "en/user/nueva.md.j2", "Subject: x\n\n# New\n\nHello {{ requester_name }}.\n")
    assert any("no cuentan lo mismo: requester_name" in str(problem) for problem in own.problems())
    own = institution(tmp_path, "es/reasons.toml", 'nuevo = "Hay {algo}."\n')
    assert "templates/en/reasons.toml: [nuevo] falta esta frase; otro idioma la tiene" in map(str, own.problems())
    own = institution(tmp_path, "en/reasons.toml", 'nuevo = "There is."\n')
    assert any("no usan los mismos datos" in str(problem) for problem in own.problems())


def test_a_line_of_one_tag_leaves_no_line_and_a_tag_at_the_end_of_a_sentence_joins_nothing(tmp_path: Path) -> None:
    source = (
        "Asunto: x\n\n# Hola\n\n| | |\n|---|---|\n{% if mark %}\n| Uno | {{ mark }} |\n{% endif %}\n| Dos | b |\n\n"
        "Fin{% if mark %}.{% endif %}\n\nOtro párrafo.\n"
    )
    text = institution(tmp_path, "es/user/acuse.md.j2", source).render(a_letter(buttons=())).text
    assert "Uno:  PAIS-123-K\nDos:  b\n\nFin.\n\nOtro párrafo.\n" in text


def test_parts_of_a_letter_read_its_words_and_keep_their_own(tmp_path: Path) -> None:
    institution(tmp_path, "es/_dentro.md.j2", "{% set task = 'dentro' %}{{ task }} {{ mark }} {{ 6 * 7 }}\n")
    source = (
        'Asunto: x\n\n# Hola\n\n{% with task = "fuera" %}{% include "es/_dentro.md.j2" %} {{ task }}{% endwith %}\n'
    )
    rendered = institution(tmp_path, "es/user/acuse.md.j2", source).render(a_letter(buttons=()))
    assert rendered.problem is None
    assert "\n\ndentro PAIS-123-K 42\n" in rendered.text.replace(" fuera", "\n")


@pytest.mark.parametrize(
    "part", ["{% if mark %}\nsin fin\n", '{% include "es/_dentro.md.j2" %}', '{% extends "es/_no_existe.md.j2" %}']
)
def test_a_broken_part_stops_only_the_letter_that_reaches_it(tmp_path: Path, part: str) -> None:
    institution(tmp_path, "es/_dentro.md.j2", part)
    source = 'Asunto: x\n\n# Hola\n\n{% if not mark %}{% include "es/_dentro.md.j2" %}{% endif %}Bien.\n'
    own = institution(tmp_path, "es/user/acuse.md.j2", source)
    assert own.render(a_letter()).problem is None
    assert own.render(a_letter(facts={})).problem is not None


def test_parts_of_parts_without_end_are_cut_off_like_any_long_letter(tmp_path: Path) -> None:
    for at in range(7):
        institution(tmp_path, f"es/_{at}.md.j2", f'{{% include "es/_{at + 1}.md.j2" %}}' * 20)
    institution(tmp_path, "es/_7.md.j2", "palabra ")
    own = institution(tmp_path, "es/user/acuse.md.j2", 'Asunto: x\n\n# Hola\n\n{% include "es/_0.md.j2" %}\n')
    assert "caracteres" in str(own.render(a_letter()).problem)


# -- bytes ------------------------------------------------------------------------------------------------------------


def test_a_letter_read_back_carries_every_header_once(writer: Composer) -> None:
    mail = received(sent(writer, a_letter()))
    assert mail.keys() == HEADERS
    assert mail.defects == []
    assert str(mail["From"]) == "Mesa de Ayuda <mesa@entidad.example>"
    assert str(mail["To"]) == "Rosa Quispe Mamani <rosa.quispe@entidad.example>"
    assert str(mail["Reply-To"]) == str(mail["From"])
    assert str(mail["Subject"]) == "[PAIS-123-K] No puedo entrar a la reunión virtual"
    assert mail["Date"].datetime == NOW
    assert mail["Date"].endswith("-0500")
    assert str(mail["Message-ID"]) == f"<{MESSAGE_ID}>"
    assert str(mail["In-Reply-To"]) == "<a1@fuera.example>"
    assert str(mail["References"]) == "<a0@fuera.example> <a1@fuera.example>"
    assert str(mail["Auto-Submitted"]) == "auto-replied"
    assert str(mail["X-Auto-Response-Suppress"]) == "All"
    assert str(mail["X-Maild-Instance"]) == "maild-prueba"
    assert str(mail["Content-Language"]) == "es"


def test_a_letter_that_answers_nothing_says_that_it_was_generated(writer: Composer) -> None:
    mail = received(sent(writer, a_letter(answers="", references=())))
    assert str(mail["Auto-Submitted"]) == "auto-generated"
    assert "In-Reply-To" not in mail
    assert "References" not in mail
    assert "Precedence" not in mail


def test_an_announcement_says_that_it_is_one_and_whom_to_ask_to_be_left_out(writer: Composer) -> None:
    mail = received(sent(writer, ordinary("es/user/difusion")))
    assert str(mail["Precedence"]) == "bulk"
    assert str(mail["List-Id"]) == "<difusion.avisos.entidad.example>"
    link = "<mailto:operador@entidad.example?subject=BAJA%20difusion%20rosa.quispe%40entidad.example>"
    assert str(mail["List-Unsubscribe"]) == link
    assert "List-Id" not in received(sent(writer, a_letter()))


# -- threads and calendars ----------------------------------------------------------------------------------------------

OUTLOOK = "01db3e2f4a5b" + "ab" * 16


def entry_of(mail: EmailMessage) -> dict[str, str]:
    """The one event that goes along with a letter, as the calendar of its reader takes it in."""
    (part,) = (part for part in mail.iter_parts() if part.get_content_type() == "text/calendar")
    (entry,) = Calendar.from_ical(str(part.get_content())).walk("VEVENT")
    return {name.lower(): value.to_ical().decode() for name, value in entry.items()}


def index_of(raw: bytes) -> bytes:
    return base64.b64decode(str(received(raw)["Thread-Index"]), validate=True)


def test_letters_about_one_ticket_are_one_conversation_in_outlook(writer: Composer) -> None:
    first, second = sent(writer, a_letter()), sent(writer, ordinary("es/user/cierre"), "m2.k1.x@entidad.example")
    assert index_of(first)[:22] == index_of(second)[:22]
    assert len(index_of(first)) == 27  # one answer: [MS-OXOMSG] 2.2.1.3
    assert index_of(first) != index_of(second)
    assert received(first)["Thread-Topic"] == received(first)["Subject"]
    other = with_facts("es/user/cierre", mark="PAIS-124-X")
    assert index_of(sent(writer, other))[:22] != index_of(first)[:22]


def test_a_letter_joins_the_conversation_that_outlook_began(writer: Composer) -> None:
    raw = sent(writer, a_letter(conversation=OUTLOOK))
    assert index_of(raw)[:22].hex() == OUTLOOK
    assert parse(raw).conversation == OUTLOOK  # and our own reader finds it again in the answer


def test_a_letter_about_no_ticket_is_in_no_conversation(writer: Composer) -> None:
    assert "Thread-Index" not in received(sent(writer, with_facts("es/operator/cuarentena", mark="")))


def test_an_appointment_goes_along_for_the_calendar(writer: Composer) -> None:
    letter = ordinary("es/user/mantenimiento_programa")
    mail = received(sent(writer, letter))
    assert mail.get_content_type() == "multipart/mixed"
    said, event = mail.iter_parts()
    assert isinstance(event, EmailMessage)
    assert said.get_content_type() == "multipart/alternative"
    assert event.get_content_type() == "text/calendar"
    assert event["Content-Type"].params["method"] == "PUBLISH"
    entry = entry_of(mail)
    at = letter.facts["appointment_at"]
    assert isinstance(at, datetime)
    assert (entry["dtstart"], entry["dtend"]) == (f"{at:%Y%m%dT%H%M%SZ}", f"{at + timedelta(hours=1):%Y%m%dT%H%M%SZ}")
    assert entry["uid"] == "PAIS-123-K.appointment_at@entidad.example"
    assert entry["summary"] == received(sent(writer, letter))["Subject"]
    later = writer.to_bytes(letter, writer.render(letter), message_id=MESSAGE_ID, date=NOW + timedelta(minutes=2))
    moved = entry_of(received(later))
    assert moved["uid"] == entry["uid"]
    assert int(moved["sequence"]) > int(entry["sequence"])


def test_a_letter_without_a_date_brings_no_calendar(writer: Composer) -> None:
    letter = with_facts("es/user/mantenimiento_programa", appointment_at=None)
    assert received(sent(writer, letter)).get_content_type() == "multipart/alternative"


def test_a_hostile_title_writes_nothing_into_the_calendar(writer: Composer) -> None:
    bad = "Visita\r\nATTENDEE:mailto:malo@malo.example\r\nEND:VEVENT"
    letter = with_facts("es/user/mantenimiento_programa", title=bad)
    assert "attendee" not in entry_of(received(sent(writer, letter)))


def test_a_template_that_names_no_date_for_the_calendar_is_told(tmp_path: Path) -> None:
    own = institution(tmp_path, "es/user/acuse.md.j2", "Asunto: x\nAgenda: mañana\n\n# Hola {{ mark }}\n")
    assert any("debe nombrar una fecha" in problem.text for problem in own.problems())


# -- the reader's own clock, and what a letter takes in --------------------------------------------------------------


def test_times_are_told_on_the_readers_own_clock(writer: Composer) -> None:
    here, there = (
        writer.render(ordinary("es/user/acuse")),
        writer.render(replace(ordinary("es/user/acuse"), zone="America/La_Paz")),
    )
    assert "10:30" in here.text
    assert "Las horas son las de Lima." in here.text
    assert "11:30" in there.text
    assert "10:30" not in there.text
    assert "Las horas son las de La Paz." in there.text
    assert writer.render(ordinary("es/user/acuse")).text == here.text


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_letter_shows_the_letters_that_it_takes_in_whatever_they_said(writer: Composer, language: str) -> None:
    letter = with_facts(f"{language}/user/avance", earlier=("Su solicitud avanza\nSe pidió el repuesto.", NASTY))
    rendered = writer.render(letter)
    assert rendered.problem is None
    assert "> Su solicitud avanza\n> Se pidió el repuesto." in rendered.text
    assert "Se pidió el repuesto." in rendered.html
    assert "<script>" not in rendered.html


def test_a_page_that_gmail_would_cut_off_gives_way_to_a_plain_letter(writer: Composer) -> None:
    many = tuple(f"{number}: " + "x" * 290 for number in range(400))
    rendered = writer.render(with_facts("es/technician/estado", history=many))
    assert rendered.problem is not None
    assert "Gmail" in rendered.problem.text
    assert len(rendered.html) < 100_000
    assert "PAIS-123-K" in rendered.text


@pytest.mark.parametrize("name", names())
def test_both_parts_arrive_as_they_were_written(writer: Composer, name: str) -> None:
    for letter in (ordinary(name), hostile(name)):
        rendered = writer.render(letter)
        mail = received(writer.to_bytes(letter, rendered, message_id=MESSAGE_ID, date=NOW))
        said = next(mail.iter_parts()) if mail.get_content_type() == "multipart/mixed" else mail  # with an event
        assert isinstance(said, EmailMessage)
        plain, html = said.iter_parts()
        assert said.get_content_type() == "multipart/alternative"
        assert [part["Content-Transfer-Encoding"] for part in (plain, html)] == [
            "quoted-printable",
            "base64",
        ]
        assert content(plain) == rendered.text
        assert content(html) == rendered.html
        assert str(mail["Subject"]) == rendered.subject


@pytest.mark.parametrize("name", names())
def test_on_the_wire_every_line_is_short_ascii_and_ends_with_crlf(writer: Composer, name: str) -> None:
    raw = sent(writer, hostile(name))
    assert raw.isascii()
    assert b"\x00" not in raw
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_the_same_letter_gives_the_same_bytes_and_another_message_id_another_boundary(writer: Composer) -> None:
    assert sent(writer, a_letter()) == sent(composer(), a_letter())
    other = received(sent(writer, a_letter(), message_id="otro@entidad.example"))
    assert other.get_boundary() != received(sent(writer, a_letter())).get_boundary()


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_a_control_character_makes_no_header(writer: Composer, control: str) -> None:
    bad = f"a{control}Bcc: malo@malo.example"
    letter = a_letter(
        to=Address("rosa@entidad.example", bad),
        answers=f"a1{control}Bcc:x@y",
        references=("a0@fuera.example", f"b{control}X-Malo: 1@x", "c@fuera.example"),
        facts={**SAMPLES["es"], "title": bad},
    )
    mail = received(sent(writer, letter))
    assert [name for name in HEADERS if name != "In-Reply-To"] == mail.keys()  # what is no Message-ID answers nothing
    assert "Bcc" not in mail
    assert str(mail["References"]) == "<a0@fuera.example> <c@fuera.example>"
    assert len(mail["To"].addresses) == 1
    assert mail["To"].addresses[0].addr_spec == "rosa@entidad.example"
    assert len(str(mail["Subject"]).splitlines()) == 1


def test_a_title_that_is_an_encoded_word_arrives_as_it_was_written(writer: Composer) -> None:
    title = "=?utf-8?q?a=0d=0aBcc=3a_malo=40malo.example?="
    mail = received(sent(writer, with_facts("es/user/acuse", title=title)))
    assert str(mail["Subject"]) == f"[PAIS-123-K] {title}"
    assert "Bcc" not in mail


@pytest.mark.parametrize(
    "address", ["a@b.example, c@d.example", "a@b\r\nRCPT TO:<c@d>", "<a@b.example>", "a b@c", "", "ñ @x", "ñ@x>"]
)
def test_a_letter_goes_to_one_plain_address_or_is_refused(writer: Composer, address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        sent(writer, a_letter(to=Address(address)))


def test_a_long_conversation_keeps_its_first_mail_and_the_newest(writer: Composer) -> None:
    chain = tuple(f"m{number}@fuera.example" for number in range(100))
    ids = str(received(sent(writer, a_letter(references=chain, answers="m50@fuera.example")))["References"]).split()
    assert len(ids) == 20
    assert ids[0] == "<m0@fuera.example>"
    assert ids[-2:] == ["<m99@fuera.example>", "<m50@fuera.example>"]


texts = st.text(max_size=300) | st.text(alphabet='aá ñ"\\<>,@=?_()\r\n\t\x00\x85漢😀', max_size=120)
ids = st.text(alphabet=st.characters(codec="utf-8"), max_size=80) | st.just("x@y.example")


@settings(max_examples=150, deadline=None)
@given(title=texts, name=texts, answers=ids, references=st.lists(ids, max_size=30))
def test_whatever_a_mail_said_the_letter_parses_back_to_what_was_meant(
    title: str, name: str, answers: str, references: list[str]
) -> None:
    letter = a_letter(
        to=Address("rosa@entidad.example", name),
        answers=answers,
        references=tuple(references),
        facts={**SAMPLES["es"], "title": title},
    )
    rendered = WRITER.render(letter)
    mail = received(WRITER.to_bytes(letter, rendered, message_id=MESSAGE_ID, date=NOW))
    optional = {"In-Reply-To", "References"}
    assert [name for name, _ in mail.items() if name not in optional] == [h for h in HEADERS if h not in optional]
    assert str(mail["Subject"]) == rendered.subject
    assert [who.addr_spec for who in mail["To"].addresses] == ["rosa@entidad.example"]
    plain, _html = mail.iter_parts()
    assert content(plain) == rendered.text
    # The standard library writes it again without complaint: no header of ours is malformed.
    mail.as_bytes(policy=SMTP)


WRITER = composer()


# -- buttons and the gallery ------------------------------------------------------------------------------------------


def test_a_button_is_a_mail_to_the_desk_in_plain_ascii() -> None:
    button = Button(
        "x", "Sí", "RE: [PAIS-1-R] Año & más + 100% #resuelto: se cambió ~k7f3aaaaaa", "Línea uno\nLínea dos"
    )
    link = mailto(button, "mesa@entidad.example")
    assert link.isascii()
    assert "+" not in link
    assert " " not in link
    parts = urlsplit(link)
    assert (parts.scheme, parts.path) == ("mailto", "mesa@entidad.example")
    assert parse_qs(parts.query)["subject"] == [button.subject]
    assert unquote(parts.query.partition("&body=")[2]) == "Línea uno\r\nLínea dos"


def test_the_order_of_a_button_is_what_one_would_type() -> None:
    assert Button("a", "Sí", "RE: [PAIS-1-R] CONFORME").order == "CONFORME"
    assert Button("a", "Sí", "RE: [PAIS-1-R] Sin red #resuelto ~k7f3aaaaaa").order == "#resuelto"
    assert Button("a", "Sí", "CONFORME").order == "CONFORME"


def test_the_gallery_shows_each_letter_whole_and_runs_nothing_of_it(writer: Composer, tmp_path: Path) -> None:
    letters = [(NOW, sent(writer, ordinary("es/user/acuse"))), (NOW, sent(writer, hostile("es/user/cierre")))]
    index = gallery(tmp_path / "cartas", letters)
    page = index.read_text(encoding="utf-8")
    assert index == tmp_path / "cartas" / "index.html"
    assert page.count("<details") == 2
    assert page.count("<iframe") == 4
    assert "Recibimos su solicitud" in page
    assert "<script" not in page
    assert "https://malo.example" in page  # as text of a letter; nothing is fetched:
    assert not any(fetch in page.lower() for fetch in ("=&quot;http", '="http', "url(", "@import", "<link", "<img"))
    assert NASTY not in page
