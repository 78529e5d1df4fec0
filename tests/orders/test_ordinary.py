"""What people write every day holds no orders: subjects of requests, however they begin, and hashtags of every day."""

from __future__ import annotations

import pytest

from maild.core import orders
from maild.core.strict import Strict, lexicon
from maild.core.values import Mail, Sender
from tests.orders.replies import DATA
from tests.orders.talk import NOW, STANDS, TITLE, author, book, heard, marked, office, ticket

SUBJECTS = (DATA / "ordinary.txt").read_text("utf-8").splitlines()
PROFILES = ("base", "osce", "proinversion", "agetic", "pnpais", "minem")
# Words that, alone on their line, ask for something: a technician who writes only «Nota» is told that its text is missing.
ALONE = {"Nota", "Tiempo"}


def test_there_are_enough_of_them() -> None:
    assert len(set(SUBJECTS)) >= 500


@pytest.mark.parametrize("profile", PROFILES)
def test_no_ordinary_subject_of_a_new_mail_is_an_order(profile: str) -> None:
    words = lexicon(book(profile))
    taken = [subject for subject in SUBJECTS if orders.read(subject, "", "", words, book(profile).mark_key)]
    assert taken == []


@pytest.mark.parametrize("stand", ["work", "queue", "procede", "revisar"])
@pytest.mark.parametrize("place", ["subject", "text"])
def test_nobody_who_serves_gives_an_order_by_writing_ordinary_words(stand: str, place: str) -> None:
    where = STANDS[stand]
    who = {"procede": "jefe", "revisar": "sup"}.get(stand, "luis")
    at, of, by = office(where), ticket(where), author(where, who)
    fits = Strict(at, of, by, at.standing(by, of), NOW)
    mark = f"RE: [{marked(where)}]"
    lexis, taken = lexicon(at.book), []
    for words in (s for s in SUBJECTS if s not in ALONE):
        subject, text = (f"{mark} {words}", "") if place == "subject" else (f"{mark} {TITLE}", words)
        if orders.read(subject, TITLE, text, lexis, at.book.mark_key, fits=fits):
            taken.append(words)
    assert taken == []


@pytest.mark.parametrize(
    "words", ["Sí", "No", "OK", "5", "Conforme a lo conversado envío el formato", "Cancelar reserva de sala"]
)
def test_a_user_on_whom_nothing_waits_answers_nothing(words: str) -> None:
    mail = Mail(Sender("rosa@entidad.test"), subject=f"RE: [{marked(STANDS['work'])}] {TITLE}", new_text=words)
    assert heard(mail, STANDS["work"], "rosa") == []


TAGS = (
    "#covid #navidad #hola #gracias #equipo #feliz2026 #somosinstitucion #transparencia #lima #bolivia #peru #ti #urge"
    " #trabajoenequipo #bicentenario #gobiernodigital #quedateencasa #capacitacion #rrhh #cumpleaños #felizdia"
)


@pytest.mark.parametrize("tag", TAGS.split())
def test_a_hashtag_of_every_day_is_never_an_order(tag: str) -> None:
    found = orders.read(f"RE: [MESA-1-R] {tag}", "", "", lexicon(book("base")), "MESA")
    assert [order.verb for order in found] in ([], [""])
