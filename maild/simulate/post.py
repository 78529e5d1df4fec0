"""The mails of a story as the bytes a mailbox would hold."""

from __future__ import annotations

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from maild.core.values import Directory
from maild.errors import UsageError
from maild.simulate.story import MailForm, listed

# What our own border would stamp; the desk of a story believes this one and no other.
AUTHSERV_ID = "frontera.historia.test"
DESK = "mesa@historia.test"


def raw(mail: MailForm, people: Directory, at: datetime, dated: datetime, answers: tuple[str, ...]) -> bytes:
    """The mail received `at` and dated `dated`; `answers` are the Message-IDs of its conversation, the newest last."""
    message = EmailMessage(policy=SMTP.clone(max_line_length=990))
    try:
        _head(message, mail, people, dated, answers)
        message.set_content(mail.body, cte="8bit")
        if mail.html:
            message.add_alternative(mail.html, subtype="html", cte="8bit")
        for each in mail.attachments:
            main, _, sub = each.content_type.partition("/")
            data = each.text.encode() or _filling(each.size)
            message.add_attachment(data, maintype=main, subtype=sub, filename=each.name)
        for name, value in mail.headers.items():
            del message[name]
            message[name] = value
        written = message.as_bytes()
    except (MessageError, ValueError, LookupError, TypeError) as error:
        raise UsageError(f"no es un correo que se pueda escribir: {error}") from error
    return _stamps(mail, people, at) + written


def _head(message: EmailMessage, mail: MailForm, people: Directory, dated: datetime, answers: tuple[str, ...]) -> None:
    message["From"] = _mailbox(mail.sender, people)
    message["To"] = [_mailbox(key, people) for key in listed(mail.to) or (DESK,)]
    if mail.cc:
        message["Cc"] = [_mailbox(key, people) for key in listed(mail.cc)]
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(dated)
    message["Message-ID"] = mail.message_id
    if answers:
        message["In-Reply-To"] = f"<{answers[-1]}>"
        message["References"] = " ".join(f"<{each}>" for each in answers)


def _mailbox(key: str, people: Directory) -> Mailbox:
    person = people.by_key(key)
    return Mailbox(person.name, addr_spec=person.address) if person else Mailbox("", addr_spec=key)


def _stamps(mail: MailForm, people: Directory, at: datetime) -> bytes:
    """What the last server adds on top: when it came and, unless the story says otherwise, whether it is genuine."""
    person = people.by_key(mail.sender)
    domain = (person.address if person else mail.sender).rpartition("@")[2]
    stamps = f"Received: by {AUTHSERV_ID}; {format_datetime(at)}\r\n"
    if mail.auth != "none":
        stamps += f"Authentication-Results: {AUTHSERV_ID}; dmarc={mail.auth} header.from={domain}\r\n"
    return stamps.encode("ascii", "replace")


def _filling(size: int) -> bytes:
    return (b"maild " * (size // 6 + 1))[:size]
