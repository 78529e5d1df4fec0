"""A part that holds no others: what it says of itself, its bytes, and a name that no file system can be tricked by."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote

from maild.mail.charset import cut, decode, one_line
from maild.mail.headers import parameters
from maild.mail.structure import ELSEWHERE, EMBEDDED
from maild.mail.transfer import decoded

MAILS = frozenset(("message/rfc822", "message/global", "message/news"))


@dataclass(frozen=True, slots=True)
class Leaf:
    """`data` are the bytes as they were before transport. `filename` is fit to be shown, or empty."""

    content_type: str
    params: dict[str, str]
    disposition: str
    filename: str
    content_id: str
    data: bytes
    defect: str = ""


def of_part(part: Message, raw: bytes) -> Leaf:
    """A leaf of the tree; `raw` is the mail in which the content of large ones stayed behind."""
    fields: dict[str, bytes] = {}
    for key, value in part.raw_items():
        fields.setdefault(key.lower(), str(value).encode("utf-8", "surrogateescape"))
    content_type, params = parameters(fields.get("content-type", b"text/plain"))
    if content_type.count("/") != 1:
        content_type = "text/plain"
    if content_type.startswith(EMBEDDED):
        content_type = "message/" + content_type.removeprefix(EMBEDDED)
    disposition, more = parameters(fields.get("content-disposition", b""))
    encoding = fields.get("content-transfer-encoding", b"").decode("ascii", "replace")
    is_text = content_type.startswith(("text/", "multipart/"))
    content = _content(part, raw)
    data, defect = decoded(content, encoding, is_text=is_text)
    if content_type in MAILS and data is content:
        data = _of_any_road(data)
    return Leaf(
        content_type=content_type[:100],
        params=params,
        disposition=disposition,
        filename=safe_name(more.get("filename") or params.get("name") or ""),
        content_id=one_line(decode(fields.get("content-id", b""))[0]).strip("<> ")[:200],
        data=data,
        defect=defect,
    )


_POSTMARK = re.compile(rb"\A>?From [^\n]*\n")


def _of_any_road(mail: bytes) -> bytes:
    """An enclosed mail that travelled as lines: what carried it may have changed their ends, so it has one form (decision 0010).

    Lines end in LF, the last one too, and an mbox postmark is no line of it. In base64 it is a file like any other and
    keeps its bytes.
    """
    lines = _POSTMARK.sub(b"", mail.replace(b"\r\n", b"\n"), count=1)
    return lines if lines.endswith(b"\n") else lines + b"\n"


def _content(part: Message, raw: bytes) -> bytes:
    where = part.get(ELSEWHERE)
    if where:
        start, end = (int(number) for number in str(where).split())
        return raw[start:end]
    payload = part.get_payload()
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


# --- names ------------------------------------------------------------------------------------------------------

_UNFIT = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.IGNORECASE)
_LONGEST_NAME = 200
_EXTENSION = re.compile(r"\.[^.\s]{1,16}\Z")
_PERCENT = re.compile(r"%[C-Fc-f][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]")  # a letter of UTF-8 as addresses of pages write it


def safe_name(name: str) -> str:
    """A file name to show: cleaned first and judged afterwards, never a path, never hidden (S-41)."""
    if _PERCENT.search(name):
        name = unquote(name, errors="replace")
    clean = _UNFIT.sub("_", one_line(name)).lstrip("._ ").rstrip(". ")
    if _DEVICES.match(clean):
        clean = "_" + clean
    if len(clean.encode()) > _LONGEST_NAME:
        extension = _EXTENSION.search(clean)
        tail = extension[0] if extension else ""
        clean = cut(clean, _LONGEST_NAME - len(tail.encode())) + tail
    return clean


_EXTENSIONS = {
    "message/rfc822": ".eml", "message/global": ".eml", "message/delivery-status": ".txt",
    "text/rfc822-headers": ".txt", "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics",
    "text/vcard": ".vcf", "text/x-vcard": ".vcf", "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/pjpeg": ".jpg",
    "application/pkcs7-mime": ".p7m", "application/x-pkcs7-mime": ".p7m", "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s", "application/pgp-signature": ".asc", "application/pgp-encrypted": ".asc",
    "application/pgp-keys": ".asc", "application/ms-tnef": ".dat", "application/octet-stream": ".bin",
}  # fmt: skip
_TABLE = mimetypes.MimeTypes()  # what Python ships; the files of this machine do not count


def nameless(content_type: str, number: int, title: str = "") -> str:
    """What a part without a name is called: always the same for the same mail; an embedded mail by its subject."""
    extension = _EXTENSIONS.get(content_type) or _TABLE.guess_extension(content_type) or ".bin"
    stem = safe_name(cut(one_line(title), _LONGEST_NAME - 20))
    return safe_name((stem or f"part-{number}") + extension)
