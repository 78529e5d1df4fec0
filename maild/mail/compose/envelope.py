"""A rendered letter as the bytes that travel: the same letter gives the same bytes, today and at a repetition.

The header is written here and not by EmailMessage: building and folding fourteen fields there takes 2 ms, longer than
all the rest of a letter, and a title that looks like an encoded word would leave as one. Every line must be ASCII
without controls before it is joined; tests read the result back with the standard library.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime

from maild.core.mailboxes import is_international
from maild.core.values import Address
from maild.mail.charset import one_line

MOST_REFERENCES = 20
_FOLD = 76
# Octets in one encoded word: 52 characters of base64, so that a field name fits before the first.
_ENCODED = 39
_ATOM_WORDS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,400}")
# Letters outside ASCII stand in addresses only (RFC 6532); whatever else has them is encoded before.
_FIELD = re.compile(r"[A-Za-z-]+: [ -~\w]*(?:\r\n [ -~\w]+)*")

# One field: its name and the words of its value, each of which may begin a new line.
Field = tuple[str, Sequence[str]]
# A file that goes along: its name in plain ASCII, its content type, its bytes.
File = tuple[str, str, bytes]


def mailbox(who: Address) -> Sequence[str]:
    """One mailbox. A name that says an address is dropped (S-18); an address that is not plain is refused (S-19)."""
    if not _ADDRESS.fullmatch(who.address) and not is_international(who.address):
        raise ValueError(f"not an address: {who.address!a}")
    name = one_line(who.name)
    spec = f"<{who.address}>" if name and "@" not in name else who.address
    if spec == who.address:
        return (spec,)
    if _ATOM_WORDS.fullmatch(name) and "=?" not in name:
        return (*name.split(), spec)
    if name.isascii() and "=?" not in name:
        escaped = name.replace("\\", r"\\").replace('"', r"\"")
        return (*f'"{escaped}"'.split(" "), spec)
    return (*_encoded_words(name), spec)


def unstructured(words: str) -> Sequence[str]:
    """A subject. ASCII stays as it is unless a reader would take it for an encoded word."""
    words = one_line(words)
    if words.isascii() and "=?" not in words:
        return words.split(" ")
    return _encoded_words(words)


def _encoded_words(words: str) -> Sequence[str]:
    """RFC 2047, base64, at most 75 characters each, no character split between two."""
    octets, found, start = words.encode("utf-8"), [], 0
    while start < len(octets):
        end = start + _ENCODED
        while end < len(octets) and octets[end] & 0xC0 == 0x80:  # in the middle of a character
            end -= 1
        found.append(f"=?utf-8?b?{base64.b64encode(octets[start:end]).decode('ascii')}?=")
        start = end
    return found


def identifiers(ids: Iterable[str]) -> Sequence[str]:
    """Message-IDs in brackets; what is none (they come from mails) is left out."""
    return [f"<{known}>" for known in ids if _MESSAGE_ID.fullmatch(known)]


def conversation(references: Sequence[str], answers: str) -> Sequence[str]:
    """The References of a letter: what it answers last, the ticket's first mail always first, never too many."""
    chain = list(dict.fromkeys(ref for ref in (*references, answers) if _MESSAGE_ID.fullmatch(ref)))
    if answers in chain[:-1]:
        chain.remove(answers)
        chain.append(answers)
    return chain if len(chain) <= MOST_REFERENCES else [chain[0], *chain[1 - MOST_REFERENCES :]]


def date(moment: datetime) -> Sequence[str]:
    if moment.tzinfo is None:
        raise ValueError("a letter needs a date with a zone")
    return [format_datetime(moment)]


def message(
    fields: Iterable[Field],
    text: str,
    html: str,
    message_id: str,
    attached: Sequence[File] = (),
    shown: tuple[str, File] | None = None,
) -> bytes:
    """The whole message. Boundaries are made from the Message-ID, so a repetition is the same to the byte.

    `shown`: a picture that the page shows, after its Content-ID.
    """
    said = _alternative(text, html, message_id, shown)
    if not attached:
        return _head(fields) + said
    return _head(fields) + _mixed("mixed", _boundary(message_id, "files"), said, map(_attachment, attached))


def _mixed(kind: str, boundary: str, first: bytes, others: Iterable[bytes]) -> bytes:
    """A multipart of whole parts, each ended by its line end."""
    between = f"--{boundary}\r\n".encode("ascii")
    top = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    return top + b"".join(between + part for part in (first, *others)) + f"--{boundary}--\r\n".encode("ascii")


def _attachment(file: File) -> bytes:
    return _file(file, "attachment")


def _file(file: File, how: str, content_id: str = "") -> bytes:
    name, kind, octets = file
    head = f'Content-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
    head += f"Content-ID: <{content_id}>\r\n" if content_id else ""
    head += f'Content-Disposition: {how}; filename="{name}"\r\n\r\n'
    return head.encode("ascii") + _as_base64(octets) + b"\r\n"


def _head(fields: Iterable[Field]) -> bytes:
    lines = [*(_folded(name, words) for name, words in fields if words), "MIME-Version: 1.0"]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n"


def _boundary(message_id: str, what: str = "") -> str:
    return "maild-" + hashlib.sha256((message_id + what).encode("utf-8")).hexdigest()[:24]


def _alternative(text: str, html: str, message_id: str, shown: tuple[str, File] | None) -> bytes:
    # The text stays legible in the source of a mail; the page never was, and base64 is written twenty times as fast.
    words = _part("plain", "quoted-printable", _as_quoted_printable(text.encode("utf-8")))
    page = _part("html", "base64", _as_base64(html.encode("utf-8")))
    if shown:
        content_id, picture = shown
        page = _mixed("related", _boundary(message_id, "page"), page, (_file(picture, "inline", content_id),)) + b"\r\n"
    return _mixed("alternative", _boundary(message_id), words, (page,))


def _part(kind: str, encoding: str, body: bytes) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode("ascii") + body + b"\r\n"  # this line end belongs to the boundary that follows


def _as_quoted_printable(octets: bytes) -> bytes:
    return binascii.b2a_qp(octets, istext=True).replace(b"\n", b"\r\n")


def _as_base64(octets: bytes) -> bytes:
    whole = binascii.b2a_base64(octets, newline=False)
    return b"\r\n".join([whole[at : at + _FOLD] for at in range(0, len(whole), _FOLD)])


def _folded(name: str, words: Sequence[str]) -> str:
    whole = f"{name}: {' '.join(words)}"
    if len(whole) <= _FOLD and whole.isascii() and whole.isprintable():
        return whole
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > _FOLD and line.strip() and line != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {word}"
    field = "\r\n".join((*lines, line))
    if not _FIELD.fullmatch(field) or max(map(len, (*lines, line))) > 998:
        raise ValueError(f"{name}: not a header line: {field!a}")
    return field
