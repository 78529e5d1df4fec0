"""A letter goes out through Postfix, lies in Dovecot, and its button is touched: the mail that comes back means what the button says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import dkim
import pytest

from maild import rules
from maild.config.shipped import shipped
from maild.core import orders, seal
from maild.core.letters import Button, Letter
from maild.core.subject import mark, marks
from maild.core.values import Address
from maild.mail.compose import Composer, DeskIdentity
from maild.mail.compose.samples import sample
from maild.mail.dkim import Signer
from maild.mail.parse import parse
from maild.mail.smtp import Outcome, Relay, RelaySettings
from tests.mail.letter_samples import TEMPLATES
from tests.mail.test_dkim_signing import key_pair
from tests.mail.test_logo import LOGO
from tests.system.servers import Servers
from tests.system.settings import DOMAIN

DESK, READER = f"helpdesk@{DOMAIN}", f"user4@{DOMAIN}"
NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
RING = seal.KeyRing({"1": b"k" * 32}, "1")
TITLE = "Año nuevo & «red» #1: 100 % caída + «sin línea»"
BOOKS = {path.name: rules.load(path) for path in sorted(shipped("rules").iterdir()) if not path.name.startswith("_")}


@dataclass(frozen=True)
class Pressed:
    """One button of one institution: in which language it is labelled, and what it orders."""

    profile: str
    verb: str
    language: str

    def __str__(self) -> str:
        return f"{self.profile}-{self.verb}-{self.language}"


EVERY = [
    Pressed(profile, verb.key, language)
    for profile, book in BOOKS.items()
    for verb in book.verbs.values()
    for language in verb.button
    if profile == "base" or verb.key not in BOOKS["base"].verbs or verb.button != BOOKS["base"].verbs[verb.key].button
]


class Links(HTMLParser):
    """The links of a page with the words on them, as a mail program offers them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._href = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._href = dict(attrs).get("href") or "" if tag == "a" else self._href

    def handle_data(self, data: str) -> None:
        if self._href:
            self.found[data.strip()] = self._href

    def handle_endtag(self, tag: str) -> None:
        self._href = "" if tag == "a" else self._href


def letter_of(pressed: Pressed) -> tuple[Letter, str]:
    """A letter with this one button, and its signed Message-ID."""
    book = BOOKS[pressed.profile]
    named = mark(book.mark_key, 7)
    button = Button(
        pressed.verb,
        book.verbs[pressed.verb].button[pressed.language],
        f"RE: [{named}] #{pressed.verb} {seal.code(RING, 7, READER, NOW.date(), seal.STAFF)}",
    )
    plain = sample(f"{pressed.language}/technician/tarea.md.j2")
    assert plain is not None
    facts = {**plain.facts, "mark": named, "title": TITLE}
    letter = Letter("tarea", "technician", pressed.language, Address(READER, "Ñusta Quispe"), facts, (button,))
    return letter, seal.message_id(RING, 7, READER, "nonce0001", NOW.date(), DOMAIN)


@pytest.fixture(scope="module")
def servers(start_servers: Callable[..., Servers]) -> Servers:
    servers = start_servers("oauth", "dovecot", "postfix")
    servers.empty_queue()
    return servers


async def nothing() -> None:
    """A caller that has nothing to write down."""


async def carried(servers: Servers, sender: str, recipient: str, raw: bytes) -> bytes:
    """The mail as it lies in the recipient's mailbox after a real relay has carried it."""
    user = recipient.partition("@")[0]
    servers.wipe(user)
    relay = Relay(RelaySettings("127.0.0.1", servers.smtp_port, "none", None, None, lambda: "", step_seconds=20))
    try:
        verdict = await relay.deliver(sender, recipient, raw, nothing)
    finally:
        await relay.close()
    assert verdict.outcome is Outcome.SENT
    return servers.wait_for(user, 1)[0]


def touched(letter: EmailMessage, label: str) -> bytes:
    """What a mail program writes when this button is touched: a new mail to the desk, nothing typed."""
    page = letter.get_body(("html",))
    assert page is not None
    link = urlsplit(Links(str(page.get_content())).found[label])
    asked = parse_qs(link.query)
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = READER, unquote(link.path)
    mail["Subject"] = asked["subject"][0]
    mail["Date"], mail["Message-ID"] = format_datetime(NOW), "<respuesta.1@telefono.example>"
    mail.set_content("".join(asked.get("body", ["\n\nEnviado desde mi iPhone\n"])))
    return mail.as_bytes()


@pytest.mark.servers
@pytest.mark.parametrize("pressed", EVERY, ids=str)
async def test_a_button_comes_back_as_the_order_it_names(servers: Servers, pressed: Pressed) -> None:
    book = BOOKS[pressed.profile]
    letter, message_id = letter_of(pressed)
    composer = Composer((TEMPLATES,), DeskIdentity("Mesa de Ayuda", DESK, "Entidad", instance="prueba"))
    raw = composer.to_bytes(letter, composer.render(letter), message_id=message_id, date=NOW)

    arrived = await carried(servers, DESK, READER, raw)
    assert arrived.partition(b"\r\n\r\n")[2] == raw.partition(b"\r\n\r\n")[2]
    ours = parse(arrived)
    assert seal.ticket_of(ours.message_id, (READER,), RING, NOW.date()) == 7
    assert TITLE in ours.subject

    shown = message_from_bytes(arrived, policy=default)
    answer = parse(await carried(servers, READER, DESK, touched(shown, letter.buttons[0].label)))
    assert marks(answer.subject, book.mark_key) == (7,)
    assert seal.carried(answer.subject, 7, (READER,), RING, NOW.date()) == seal.Token(7, seal.STAFF)
    read = orders.read(answer.subject, TITLE, answer.new_text, book.verbs, book.mark_key)
    assert [order.verb for order in read] == [pressed.verb]


@pytest.mark.servers
async def test_the_number_of_a_survey_comes_back_as_a_number_alone(servers: Servers) -> None:
    letter, message_id = letter_of(EVERY[0])
    named = f"[{mark(BOOKS['base'].mark_key, 7)}]"
    row = tuple(Button(f"score-{n}", str(n), f"RE: {named} {n}", str(n), even=True) for n in range(1, 6))
    letter = replace(letter, template="encuesta", audience="user", buttons=row)
    composer = Composer((TEMPLATES,), DeskIdentity("Mesa de Ayuda", DESK, "Entidad", instance="prueba"))
    raw = composer.to_bytes(letter, composer.render(letter), message_id=message_id, date=NOW)
    shown = message_from_bytes(await carried(servers, DESK, READER, raw), policy=default)
    answer = parse(await carried(servers, READER, DESK, touched(shown, "4")))
    assert answer.new_text.strip() == "4"
    assert marks(answer.subject, BOOKS["base"].mark_key) == (7,)


@pytest.mark.servers
async def test_a_typed_answer_keeps_the_thread_and_the_order(servers: Servers) -> None:
    pressed = EVERY[0]
    letter, message_id = letter_of(pressed)
    composer = Composer((TEMPLATES,), DeskIdentity("Mesa de Ayuda", DESK, "Entidad", instance="prueba"))
    rendered = composer.render(letter)
    arrived = message_from_bytes(
        await carried(servers, DESK, READER, composer.to_bytes(letter, rendered, message_id=message_id, date=NOW)),
        policy=default,
    )
    reply = EmailMessage(policy=SMTP)
    reply["From"], reply["To"], reply["Subject"] = READER, DESK, f"RE: {arrived['Subject']}"
    reply["In-Reply-To"] = reply["References"] = str(arrived["Message-ID"])
    reply["Thread-Index"], reply["Message-ID"] = str(arrived["Thread-Index"]), "<r2@telefono.example>"
    quoted = "".join(f"> {line}\n" for line in rendered.text.splitlines())
    reply.set_content(f"#{pressed.verb}\nYa quedó.\n\nEl lun, 23 nov 2026, Mesa de Ayuda escribió:\n{quoted}")
    answer = parse(await carried(servers, READER, DESK, reply.as_bytes()))
    assert seal.ticket_of(answer.in_reply_to[0], (READER,), RING, NOW.date()) == 7
    assert answer.new_text == f"#{pressed.verb}\nYa quedó."
    assert answer.conversation == parse(arrived.as_bytes()).conversation != ""


def test_every_institution_has_buttons_and_each_of_them_is_tried() -> None:
    assert {pressed.verb for pressed in EVERY} >= {
        verb.key for book in BOOKS.values() for verb in book.verbs.values() if verb.button
    }


@pytest.mark.servers
async def test_a_signed_letter_with_a_logo_and_a_date_arrives_whole(servers: Servers, tmp_path: Path) -> None:
    key, record = key_pair(tmp_path / "key.pem")
    plain = sample("es/user/mantenimiento_programa.md.j2")
    assert plain is not None
    letter = replace(plain, to=Address(READER, "Ñusta Quispe"))
    identity = DeskIdentity("Mesa de Ayuda", DESK, "Entidad", instance="prueba", logo=LOGO)
    composer = Composer((TEMPLATES,), identity, Signer(DOMAIN, "mesa2026", lambda: key).sign)
    message_id = seal.message_id(RING, 7, READER, "nonce0002", NOW.date(), DOMAIN)
    raw = composer.to_bytes(letter, composer.render(letter), message_id=message_id, date=NOW)
    arrived = await carried(servers, DESK, READER, raw)
    assert dkim.verify(arrived, dnsfunc=lambda name, timeout=5: record)
    assert not dkim.verify(arrived.replace(b"Subject: ", b"Subject: x"), dnsfunc=lambda name, timeout=5: record)
    shown = message_from_bytes(arrived, policy=default)
    kinds = [part.get_content_type() for part in shown.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "image/png", "text/calendar"]
