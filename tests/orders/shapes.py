"""Replies to a letter of ours as mail programs write them: Outlook, OWA, Gmail, telephones, Zimbra, Thunderbird."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from html import escape

_PLACE = "SUBJECT-STANDS-HERE"


@dataclass(frozen=True, slots=True)
class Answered:
    """The letter that is answered."""

    sender: str
    subject: str
    text: str
    html: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Typed:
    name: str
    address: str
    subject: str
    text: str


def reply(shape: str, letter: Answered, typed: Typed) -> bytes:
    """The bytes of the reply, as this mail program would have sent them."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{typed.name} <{typed.address}>"
    message["To"] = f"Mesa de Ayuda <{letter.sender}>"
    message["Subject"] = _PLACE
    message["Date"] = "Mon, 02 Nov 2026 10:15:00 -0500"
    message["Message-ID"] = f"<{_digest(shape, typed)}@correo.test>"
    message["In-Reply-To"] = f"<{letter.message_id}>"
    message["References"] = f"<{letter.message_id}>"
    SHAPES[shape](message, letter, typed)
    # Python folds encoded words so that blanks between them are lost; mail programs do not.
    subject = Header(typed.subject, None if typed.subject.isascii() else "utf-8", header_name="Subject").encode(
        linesep="\r\n"
    )
    return message.as_bytes().replace(_PLACE.encode(), subject.encode(), 1)


def _digest(shape: str, typed: Typed) -> str:

    return sha256(f"{shape}\n{typed.subject}\n{typed.text}".encode()).hexdigest()[:16]


def _alternative(message: EmailMessage, text: str, html: str) -> None:
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")


def _marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _lines(text: str, open_tag: str, close_tag: str, empty: str = "&nbsp;") -> str:
    return "".join(f"{open_tag}{escape(line) or empty}{close_tag}" for line in text.split("\n"))


def _outlook(message: EmailMessage, letter: Answered, typed: Typed) -> None:
    """Outlook for Windows: Word's HTML, a block of headers above the letter."""
    head = (
        f"De: Mesa de Ayuda <{letter.sender}>\nEnviado el: lunes, 2 de noviembre de 2026 09:12\n"
        f"Para: {typed.name} <{typed.address}>\nAsunto: {letter.subject}"
    )
    text = f"{typed.text}\n\n{typed.name}\n\n{head}\n\n{letter.text}"
    own = _lines(f"{typed.text}\n\n{typed.name}", '<p class="MsoNormal"><span lang="ES-PE">', "<o:p></o:p></span></p>")
    block = "<br>".join(
        f"<b>{escape(a)}:</b>{escape(b)}" for a, _, b in (line.partition(":") for line in head.split("\n"))
    )
    html = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><body lang="ES-PE"><div class="WordSection1">'
        f'{own}<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        f'<p class="MsoNormal">{block}<o:p></o:p></p></div></div>{letter.html}</div></body></html>'
    )
    message["X-Mailer"] = "Microsoft Outlook 16.0"
    _alternative(message, text, html)


def _owa(message: EmailMessage, letter: Answered, typed: Typed) -> None:
    """Outlook in the browser: HTML only."""
    own = _lines(typed.text, '<div class="elementToProof">', "</div>", "<br>")
    block = (
        f"<b>De:</b> Mesa de Ayuda &lt;{letter.sender}&gt;<br><b>Enviado:</b> lunes, 2 de noviembre de 2026 9:12<br>"
        f"<b>Para:</b> {typed.name} &lt;{typed.address}&gt;<br><b>Asunto:</b> {escape(letter.subject)}"
    )
    html = (
        f'<html><body dir="ltr">{own}<div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">'
        f'<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri">{block}</font><div>&nbsp;</div></div>{letter.html}</body></html>'
    )
    message.set_content(html, subtype="html", cte="base64")


def _gmail(message: EmailMessage, letter: Answered, typed: Typed) -> None:
    said = f"El lun, 2 nov 2026 a las 9:12, Mesa de Ayuda (<{letter.sender}>) escribió:"
    html = (
        f'<div dir="ltr">{escape(typed.text).replace(chr(10), "<br>")}</div><br><div class="gmail_quote"><div dir="ltr" '
        f'class="gmail_attr">{escape(said)}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex">'
        f"{letter.html}</blockquote></div>"
    )
    _alternative(message, f"{typed.text}\n\n{said}\n\n{_marked(letter.text)}", html)


def _gmail_app(message: EmailMessage, letter: Answered, typed: Typed) -> None:
    """Gmail on Android: what is typed stands in its own div with dir=auto."""
    said = f"El lun, 2 de nov. de 2026 09:12, Mesa de Ayuda <{letter.sender}> escribió:"
    own = _lines(typed.text, '<div dir="auto">', "</div>", "<br>")
    html = (
        f'{own}<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{escape(said)}<br></div>'
        f'<blockquote class="gmail_quote">{letter.html}</blockquote></div>'
    )
    _alternative(message, f"{typed.text}\n\n{said}\n\n{_marked(letter.text)}", html)


def _iphone(message: EmailMessage, letter: Answered, typed: Typed) -> None:
    """Plain text only, with the telephone's signature between answer and quotation."""
    said = f"El 2 nov 2026, a la(s) 09:12, Mesa de Ayuda <{letter.sender}> escribió:"
    message.set_content(
        f"{typed.text}\n\nEnviado desde mi iPhone\n\n> {said}\n> \n{_marked(letter.text)}", cte="quoted-printable"
    )
    message["X-Mailer"] = "iPhone Mail (22G86)"


def _android(message: EmailMessage, letter: Answered, typed: Typed) -> None:
    """Outlook for Android."""
    text = (
        f"{typed.text}\n\nObtener Outlook para Android<https://aka.ms/AAb9ysg>\n________________________________\n"
        f"From: Mesa de Ayuda <{letter.sender}>\nSent: Monday, November 2, 2026 9:12:00 AM\n"
        f"To: {typed.name} <{typed.address}>\nSubject: {letter.subject}\n\n{letter.text}"
    )
    message.set_content(text, cte="base64")


def _zimbra(message: EmailMessage, letter: Answered, typed: Typed) -> None:
    text = (
        f'{typed.text}\n\n----- Mensaje original -----\nDe: "Mesa de Ayuda" <{letter.sender}>\n'
        f'Para: "{typed.name}" <{typed.address}>\nEnviados: Lunes, 2 de Noviembre 2026 9:12:00\nAsunto: {letter.subject}\n\n{letter.text}'
    )
    message["X-Mailer"] = "Zimbra 8.8.15_GA_4372 (ZimbraWebClient - GC129 (Win)/8.8.15_GA_4372)"
    message.set_content(text, cte="8bit")


def _thunderbird(message: EmailMessage, letter: Answered, typed: Typed) -> None:
    said = "El 02/11/2026 a las 09:12, Mesa de Ayuda escribió:"
    message["User-Agent"] = "Mozilla Thunderbird"
    message.set_content(
        f"{typed.text}\n\n{said}\n{_marked(letter.text)}\n\n-- \n{typed.name}\nSoporte técnico", cte="8bit"
    )


SHAPES: Mapping[str, Callable[[EmailMessage, Answered, Typed], None]] = {
    "outlook": _outlook,
    "owa": _owa,
    "gmail": _gmail,
    "gmail_app": _gmail_app,
    "iphone": _iphone,
    "android": _android,
    "zimbra": _zimbra,
    "thunderbird": _thunderbird,
}
