"""Mails as a help desk gets them, the same on every machine: `mails("3k", 2000)`, `"30k"`, `"1m"`.

3k is a plain text in quoted-printable, 30k the same with the HTML that an office program makes of it, 1m a short one
with a PDF. All carry what a mail has met on its way: four hops, a DKIM signature, the verdict of the last server.
"""

from __future__ import annotations

import binascii
import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from email.header import Header

SENDERS = 400
DOMAIN = "entidad.test"

_SUBJECTS = (
    "La impresora del segundo piso no imprime",
    "Restablecer contraseña de correo",
    "Sin conexión a la red",
    "Instalación de un equipo nuevo",
    "Solicitud de atención",
)
_VOCABULARY = """
desde ayer la computadora de mi oficina no enciende y necesito terminar un informe para la dirección
por favor revisar también el anexo telefónico la conexión está muy lenta el antivirus pide
actualización contraseña vencida carpeta compartida del área monitor teclado impresora tóner técnico
visita mañana temprano muchas gracias atención según lo conversado garantía proveedor pantalla azul
reinicia sola programa contable cierre de mes
"""
_WORDS = _VOCABULARY.split()


def mails(kind: str, number: int) -> Iterator[bytes]:
    """`number` different mails of a kind; the n-th is always the same."""
    make = _KINDS[kind]
    for index in range(number):
        dice = random.Random(f"{kind} {index}")
        yield make(dice, _envelope(dice, kind, index))


def _envelope(dice: random.Random, kind: str, index: int) -> list[str]:
    """Every header but those that say what the body is."""
    person = dice.randrange(SENDERS)
    name = Header(f"Núñez Quispe, José {person}", "utf-8").encode()
    subject = Header(f"{dice.choice(_SUBJECTS)} ({index})", "utf-8").encode()
    hops = [
        f"Received: from mx{hop}.{DOMAIN} (mx{hop}.{DOMAIN} [192.0.2.{hop + 20}])\r\n"
        f"\tby mail.example.test (Postfix) with ESMTPS id {dice.getrandbits(40):010X}\r\n"
        f"\tfor <helpdesk@example.test>; Fri, 20 Nov 2026 08:{hop:02}:{index % 60:02} -0500 (PET)"
        for hop in range(4)
    ]
    signature = "\r\n\t ".join(_base64(dice.randbytes(48)) for _ in range(5))
    answered = f"<{dice.getrandbits(48):x}@example.test>"
    return [
        *hops,
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={DOMAIN}; s=mail;\r\n"
        f"\th=from:to:subject:date:message-id; bh={_base64(dice.randbytes(32))};\r\n\tb={signature}",
        f"Authentication-Results: mail.example.test; spf=pass smtp.mailfrom={DOMAIN};\r\n"
        f"\tdkim=pass header.d={DOMAIN}; dmarc=pass",
        f"From: {name} <persona{person}@{DOMAIN}>",
        "To: Mesa de Ayuda <helpdesk@example.test>",
        f"Subject: {subject}",
        f"Date: Fri, 20 Nov 2026 08:{index // 60 % 60:02}:{index % 60:02} -0500",
        f"Message-ID: <{kind}.{index}.{dice.getrandbits(64):x}@{DOMAIN}>",
        *([f"In-Reply-To: {answered}", f"References: {answered}"] if index % 4 == 0 else []),
        "MIME-Version: 1.0",
        "X-Mailer: Correo de oficina 16.0",
        f"Thread-Index: {_base64(dice.randbytes(22))}",
        "Accept-Language: es-PE, es-ES",
    ]


def _plain(dice: random.Random, headers: list[str]) -> bytes:
    return _part(headers, "text/plain", _text(dice, 1050))


def _with_html(dice: random.Random, headers: list[str], text: int = 4500, html: int = 10300) -> bytes:
    boundary = f"=_{dice.getrandbits(64):x}"
    parts = [
        _part([], "text/plain", _text(dice, text)),
        _part([], "text/html", _html(_text(dice, html))),
    ]
    return _multipart(headers, "alternative", boundary, parts)


def _with_pdf(dice: random.Random, headers: list[str]) -> bytes:
    boundary = f"=_{dice.getrandbits(64):x}"
    name = "filename*=utf-8''informe%20t%C3%A9cnico.pdf"
    pdf = _head(
        ["Content-Type: application/pdf", f"Content-Disposition: attachment;\r\n\t{name}"], "base64"
    ) + _base64_lines(dice.randbytes(735_000))
    return _multipart(headers, "mixed", boundary, [_with_html(dice, [], 1500, 4000), pdf])


def _head(headers: list[str], encoding: str = "") -> bytes:
    lines = [*headers, *([f"Content-Transfer-Encoding: {encoding}"] if encoding else []), "", ""]
    return "\r\n".join(lines).encode()


def _part(headers: list[str], kind: str, text: str) -> bytes:
    body = binascii.b2a_qp(text.encode(), istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return _head([*headers, f"Content-Type: {kind}; charset=utf-8"], "quoted-printable") + body + b"\r\n"


def _multipart(headers: list[str], kind: str, boundary: str, parts: list[bytes]) -> bytes:
    mark = f"--{boundary}".encode()
    head = _head([*headers, f'Content-Type: multipart/{kind}; boundary="{boundary}"'])
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _text(dice: random.Random, size: int) -> str:
    """Sentences of about `size` bytes, one in each line."""
    lines: list[str] = []
    while size > 0:
        lines.append(" ".join(dice.choices(_WORDS, k=dice.randint(6, 14))).capitalize() + ".")
        size -= len(lines[-1].encode()) + 1
    return "\n".join(lines)


def _html(text: str) -> str:
    span = '<p class="MsoNormal"><span lang="ES-PE" style="font-size:11.0pt;color:#1F497D">{}</span></p>'
    lines = "\n".join(span.format(line) for line in text.split("\n"))
    return f"<html><head><style>p{{margin:0;font-family:Calibri}}</style></head>\n<body>\n{lines}\n</body></html>"


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _base64_lines(data: bytes) -> bytes:
    """76 characters a line, as mail wants it."""
    return b"".join(binascii.b2a_base64(data[at : at + 57], newline=False) + b"\r\n" for at in range(0, len(data), 57))


_KINDS: dict[str, Callable[[random.Random, list[str]], bytes]] = {"3k": _plain, "30k": _with_html, "1m": _with_pdf}
