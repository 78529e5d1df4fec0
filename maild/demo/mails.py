"""What the actors send: new mails, replies to letters they received, and the mails that a touch on a letter's button makes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime, formataddr
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

from maild.demo.cast import DESK, Actor

_BUTTON = re.compile(r'href="(mailto:[^"]+)"')
_MARK = re.compile(r"\[MESA-(\d+)-[A-Z]\]")


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as the post office took it, for whoever received it."""

    at: datetime
    to: str
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=default)

    @property
    def ticket(self) -> int:
        """The number in the subject's mark; 0: a letter about no ticket."""
        found = _MARK.search(str(self.mail["Subject"]))
        return int(found[1]) if found else 0

    @property
    def text(self) -> str:
        return _part(self.mail, "plain")

    @property
    def heading(self) -> str:
        """What it says first, below the line for replies."""
        return next((line for line in self.text.splitlines() if line.strip() and not line.startswith("—")), "")

    def button(self, order: str) -> tuple[str, str]:
        """Address and subject of the mail that this button makes; a letter without it is a fault of the story."""
        for link in _BUTTON.findall(_part(self.mail, "html")):
            target = urlsplit(unescape(link))
            subject = parse_qs(target.query, keep_blank_values=True).get("subject", [""])[0]
            if f"#{order} " in subject + " ":
                return unquote(target.path), subject
        raise LookupError(f"«{self.heading}» has no button #{order}")


def new(author: Actor, subject: str, text: str, at: datetime, **headers: str) -> bytes:
    """A mail that begins something."""
    return _bytes(author, DESK, subject, text, at, headers)


def reply(author: Actor, letter: Letter, text: str, at: datetime, **headers: str) -> bytes:
    """A reply as mail programs write it: In-Reply-To, References, and the letter quoted below."""
    original = letter.mail
    message_id = str(original["Message-ID"])
    thread = {"In-Reply-To": message_id, "References": f"{original['References'] or ''} {message_id}".strip()}
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    words = f"{text}\n\nEl {letter.at:%d/%m/%Y a las %H:%M}, Mesa de Ayuda <{DESK}> escribió:\n{quoted}\n"
    return _bytes(author, DESK, f"RE: {original['Subject']}", words, at, thread | headers)


def touch(author: Actor, letter: Letter, order: str, text: str, at: datetime) -> bytes:
    """The mail of a button: a new one, without any header of a reply; its subject carries the proof."""
    address, subject = letter.button(order)
    return _bytes(author, address, subject, f"{text}\n\nEnviado desde mi teléfono".strip(), at, {})


def damaged(author: Actor, at: datetime) -> bytes:
    """A mail that some program on its way put into itself thirty times."""
    opening = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(30))
    head = f"From: {formataddr((author.name, author.address))}\r\nTo: {DESK}\r\nDate: {format_datetime(at)}\r\n"
    return (f"{head}Subject: Informe adjunto\r\n{opening}Content-Type: text/plain\r\n\r\nhola\r\n").encode(
        "ascii", "replace"
    )


def _bytes(author: Actor, to: str, subject: str, text: str, at: datetime, headers: dict[str, str]) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((author.name, author.address))
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{at:%Y%m%d%H%M%S%f}.{author.key}@{author.domain}>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
