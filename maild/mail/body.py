"""What a mail says and carries: the readable text from its best parts, and every other part as an attachment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from maild.core.values import Attachment
from maild.mail.charset import cut, decode, one_line, readable
from maild.mail.headers import parameters
from maild.mail.html import to_text
from maild.mail.structure import EMBEDDED, ParseLimits


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part that holds no others: what it says of itself, and its bytes as they were before transport."""

    content_type: str
    params: dict[str, str]
    disposition: str
    filename: str
    content_id: str
    data: bytes

    @property
    def is_text(self) -> bool:
        return self.content_type in ("text/plain", "text/html") or self.content_type.startswith("multipart/")


@dataclass(frozen=True, slots=True)
class _Words:
    """Text that a part contributes, still as it was written."""

    content: str
    is_html: bool


@dataclass(slots=True)
class Body:
    """Everything below the headers."""

    text: str = ""
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    digests: list[tuple[str, str]] = field(default_factory=list)  # (type, sha256) of every leaf, in order
    defects: list[str] = field(default_factory=list)
    calendar_method: str = ""
    reports: dict[str, bytes] = field(default_factory=dict)  # parts of a delivery report by type


def read(message: Message, limits: ParseLimits) -> Body:
    """Walk the tree once."""
    body = Body()
    words = _words_of(message, body, limits)
    body.text = _together(words, body, limits)
    body.html = cut(body.html, limits.html)
    if len(body.attachments) > limits.attachments:
        del body.attachments[limits.attachments :]
        body.defects.append("attachments-cut")
    return body


def leaves(message: Message) -> Iterator[Leaf]:
    """Every leaf in its order. Embedded messages are leaves."""
    if message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from leaves(part)
    else:
        yield _leaf(message)


def _leaf(part: Message) -> Leaf:
    fields: dict[str, bytes] = {}
    for key, value in part.raw_items():
        fields.setdefault(key.lower(), _bytes(value))  # the first of two is what other readers believe, too
    content_type, params = parameters(fields.get("content-type", b"text/plain"))
    if content_type.count("/") != 1:
        content_type = "text/plain"
    if content_type.startswith(EMBEDDED):
        content_type = "message/" + content_type.removeprefix(EMBEDDED)
    disposition, more = parameters(fields.get("content-disposition", b""))
    name = more.get("filename") or params.get("name") or ""
    content_id = one_line(_text(fields.get("content-id", b""))).strip("<> ")[:200]
    data = part.get_payload(decode=True)
    return Leaf(
        content_type[:100], params, disposition, safe_name(name), content_id, data if isinstance(data, bytes) else b""
    )


def _bytes(value: object) -> bytes:
    return str(value).encode("utf-8", "surrogateescape")


def _text(value: bytes) -> str:
    return decode(value)[0]


# --- names ------------------------------------------------------------------------------------------------------

_UNFIT = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.IGNORECASE)
_LONGEST_NAME = 200
_EXTENSION = re.compile(r"\.[^.\s]{1,16}\Z")


def safe_name(name: str) -> str:
    """A file name to show: cleaned first and judged afterwards, never a path, never hidden (S-41)."""
    clean = _UNFIT.sub("_", one_line(name)).lstrip("._ ").rstrip(". ")
    if _DEVICES.match(clean):
        clean = "_" + clean
    if len(clean.encode()) > _LONGEST_NAME:
        extension = _EXTENSION.search(clean)
        tail = extension[0] if extension else ""
        clean = cut(clean, _LONGEST_NAME - len(tail.encode())) + tail
    return clean


# --- text -------------------------------------------------------------------------------------------------------


def _words_of(message: Message, body: Body, limits: ParseLimits) -> list[_Words]:
    """The words of a part and of all below it; parts that are not text go to the attachments."""
    if not message.is_multipart():
        return _words_of_leaf(_leaf(message), body, limits)
    children = [part for part in message.get_payload() if isinstance(part, Message)]
    told = [_words_of(part, body, limits) for part in children]
    if message.get_content_type() == "multipart/alternative":
        return _best(told)
    return [words for each in told for words in each]


def _words_of_leaf(leaf: Leaf, body: Body, limits: ParseLimits) -> list[_Words]:
    digest = hashlib.sha256(leaf.data).hexdigest()
    body.digests.append((leaf.content_type, _digest_of_any_road(leaf) if _has_lines(leaf) else digest))
    _note(leaf, body)
    # A named part that is shown inline and comes first is the text, whatever its name.
    first = len(body.digests) == 1 and leaf.disposition != "attachment"
    if leaf.disposition == "attachment" or leaf.filename or not leaf.is_text:
        body.attachments.append(_attachment(leaf, digest, len(body.digests)))
        if not (first and leaf.is_text):
            return []
    is_html = leaf.content_type == "text/html"
    text, defect = decode(leaf.data[: limits.html if is_html else 2 * limits.text], leaf.params.get("charset", ""))
    if defect:
        body.defects.append(defect)
    text = readable(text)
    if is_html:
        body.html += text if len(body.html) < limits.html else ""
    elif leaf.params.get("format", "").lower() == "flowed":
        text = unflowed(text, leaf.params.get("delsp", "").lower() == "yes")
    return [_Words(text, is_html)]


def _has_lines(leaf: Leaf) -> bool:
    return leaf.content_type.startswith(("text/", "message/"))


def _digest_of_any_road(leaf: Leaf) -> str:
    """The same through a pipe, whose lines end in LF, as through IMAP: line ends and the last empty lines do not count."""
    return hashlib.sha256(leaf.data.replace(b"\r\n", b"\n").rstrip(b"\n")).hexdigest()


# What a delivery report says, and what it brings back of the letter (RFC 3462, 6533).
_REPORT_PARTS = frozenset(
    (
        "message/delivery-status",
        "message/global-delivery-status",
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global-headers",
    )
)


def _attachment(leaf: Leaf, digest: str, number: int) -> Attachment:
    return Attachment(
        filename=leaf.filename or nameless(leaf.content_type, number),
        content_type=leaf.content_type,
        size=len(leaf.data),
        sha256=digest,
        inline=leaf.disposition == "inline" or bool(leaf.content_id and leaf.disposition != "attachment"),
        content_id=leaf.content_id,
    )


def _note(leaf: Leaf, body: Body) -> None:
    """Remember what tells robots from people."""
    if leaf.content_type == "text/calendar" and not body.calendar_method:
        body.calendar_method = (leaf.params.get("method") or "unknown").lower()
    if leaf.content_type in _REPORT_PARTS:
        body.reports.setdefault(leaf.content_type, leaf.data[:262144])


_EXTENSIONS = {
    "message/rfc822": "eml",
    "message/delivery-status": "txt",
    "text/rfc822-headers": "txt",
    "text/plain": "txt",
    "text/html": "html",
    "text/calendar": "ics",
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
}


def nameless(content_type: str, number: int) -> str:
    """What a part without a name is called: always the same for the same mail."""
    return f"part-{number}.{_EXTENSIONS.get(content_type, 'bin')}"


_STUB = re.compile(
    r"html|browser|navegador|(?:does|do) not (?:support|display)|no (?:soporta|admite|permite)", re.IGNORECASE
)


def _best(versions: list[list[_Words]]) -> list[_Words]:
    """Of the versions of one text: the plain one, unless it is empty or only says that there is another."""
    filled = [words for words in versions if any(each.content.strip() for each in words)]
    plain = next((words for words in filled if not any(each.is_html for each in words)), None)
    rich = next((words for words in reversed(filled) if any(each.is_html for each in words)), None)
    if plain is None or rich is None:
        return plain or rich or []
    said = " ".join(each.content for each in plain)
    is_stub = len(said) < 300 and _STUB.search(said) and len("".join(each.content for each in rich)) > 3 * len(said)
    return rich if is_stub else plain


def _together(words: list[_Words], body: Body, limits: ParseLimits) -> str:
    texts = [readable(to_text(each.content)) if each.is_html else each.content for each in words]
    whole = "\n".join(text.strip("\n") for text in texts if text.strip())
    kept = cut(whole, limits.text)
    if len(kept) < len(whole):
        body.defects.append("text-cut")
    return kept


def unflowed(text: str, delsp: bool) -> str:
    """Lines that a mail program broke softly are joined again (RFC 3676)."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if open_depth == depth and content != "-- ":
            out[-1] += content
        else:
            out.append(">" * depth + (" " if depth else "") + content)
        soft = content.endswith(" ") and content != "-- "
        if soft and delsp:
            out[-1] = out[-1][:-1]
        open_depth = depth if soft else -1
    return "\n".join(out)
