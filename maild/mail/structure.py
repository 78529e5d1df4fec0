"""The skeleton of a mail, found by its boundaries before any library reads it, so that no bomb reaches one.

`prepared` gives mail-parser the same MIME tree with a header block of our own making, and with every embedded
message (message/*) under a type that no library enters: it stays one part, byte for byte (S-36, S-43).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from maild.errors import MailError
from maild.mail.headers import Caps, Headers, parameters, split

EMBEDDED = "x-maild/"  # stands for message/ in what mail-parser sees
_PART_CAPS = Caps(total=64 * 1024, field=8 * 1024, fields=100)
_SLICE = _PART_CAPS.total + 2 * _PART_CAPS.field


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """Where reading stops (RELIABILITY §4.15). Beyond depth, parts, boundary or lines: MailError; the rest is cut."""

    depth: int = 20
    parts: int = 200
    boundary: int = 200
    lines: int = 1_500_000
    text: int = 512 * 1024
    html: int = 1024 * 1024
    attachments: int = 50


@dataclass(frozen=True, slots=True)
class _Level:
    """A multipart that is open while we go down the mail."""

    boundary: bytes
    digest: bool


@dataclass(frozen=True, slots=True)
class _Delimiter:
    start: int
    end: int
    level: int
    closing: bool


def prepared(raw: bytes, headers: Headers, limits: ParseLimits) -> bytes:
    """The mail as mail-parser may see it, or MailError if its structure is beyond the limits."""
    if raw.count(b"\n") + raw.count(b"\r") > 2 * limits.lines:
        raise MailError("mime-lines")
    return b"".join([_top(headers), *_body_pieces(raw, headers, limits)])


def _body_pieces(raw: bytes, headers: Headers, limits: ParseLimits) -> list[bytes | memoryview]:
    """The body, with the header blocks that had to be changed exchanged."""
    view = memoryview(raw)
    pieces: list[bytes | memoryview] = []
    kept = at = headers.body_at
    content_type, params = _type_of(headers)
    stack = _opened([], content_type, params, limits)
    parts, delimiter = 1, _next(raw, at, stack)
    while delimiter:
        del stack[delimiter.level + 1 :]
        at = delimiter.end
        if delimiter.closing:
            stack.pop()
            delimiter = _next(raw, at, stack)
            continue
        parts += 1
        if parts > limits.parts:
            raise MailError("mime-parts")
        upcoming = _next(raw, at, stack)
        end = upcoming.start if upcoming else len(raw)
        part = split(raw[at : min(end, at + _SLICE)], _PART_CAPS, of_part=True)
        content_type, params = _type_of(part, "message/rfc822" if stack[-1].digest else "text/plain")
        if content_type.startswith("message/") or part.defects:
            pieces += (view[kept:at], _fields(part, content_type))
            kept = at + part.body_at
        opened = _opened(stack, content_type, params, limits)
        delimiter = _next(raw, at + part.body_at, opened) if len(opened) > len(stack) else upcoming
        stack = opened
    return [*pieces, view[kept:]]


def _type_of(headers: Headers, default: str = "text/plain") -> tuple[str, dict[str, str]]:
    values = headers.raw("content-type")
    if not values:
        return default, {}
    content_type, params = parameters(values[0])
    return (content_type if content_type.count("/") == 1 else "text/plain"), params


def _opened(stack: list[_Level], content_type: str, params: dict[str, str], limits: ParseLimits) -> list[_Level]:
    boundary = params.get("boundary", "") if content_type.startswith("multipart/") else ""
    if not boundary or not boundary.isascii():
        return stack
    if len(boundary) > limits.boundary:
        raise MailError("mime-boundary")
    if len(stack) >= limits.depth:
        raise MailError("mime-depth")
    return [*stack, _Level(boundary.encode(), content_type == "multipart/digest")]


_LINE = re.compile(rb"[\r\n]--([^\r\n]{1,260})(?![^\r\n])")


def _next(raw: bytes, at: int, stack: list[_Level]) -> _Delimiter | None:
    """The next line that is a delimiter of an open multipart; the innermost wins."""
    if not stack:
        return None
    for found in _LINE.finditer(raw, max(at - 1, 0)):
        line = found[1].rstrip(b" \t")
        for level in range(len(stack) - 1, -1, -1):
            boundary = stack[level].boundary
            if line.startswith(boundary) and (rest := line[len(boundary) :]) in (b"", b"--"):
                return _Delimiter(found.start() + 1, _line_end(raw, found.end()), level, bool(rest))
    return None


def _line_end(raw: bytes, at: int) -> int:
    return at + (2 if raw[at : at + 2] == b"\r\n" else 1)


_MIME = ("content-type", "content-transfer-encoding", "content-disposition", "content-id", "content-description")


def _top(headers: Headers) -> bytes:
    content_type, params = _type_of(headers)
    lines = [b"MIME-Version: 1.0"]
    boundary = params.get("boundary", "")
    if content_type.startswith("multipart/") and boundary and boundary.isascii():
        quoted = boundary.replace("\\", "\\\\").replace('"', '\\"').encode()
        lines.append(b"Content-Type: " + content_type.encode("ascii", "replace") + b'; boundary="' + quoted + b'"')
        return b"\r\n".join(lines) + b"\r\n\r\n"
    return b"\r\n".join(lines) + b"\r\n" + _fields(headers, content_type)


def _fields(headers: Headers, content_type: str) -> bytes:
    """The MIME fields of a part, each once and short, an embedded message renamed."""
    lines = []
    for name in _MIME:
        values = headers.raw(name)
        value = values[0][:8192] if values else b""
        if name == "content-type" and content_type.startswith("message/"):
            subtype = content_type.partition("/")[2].encode("ascii", "replace")
            value = EMBEDDED.encode() + subtype + value[len(value.partition(b";")[0]) :]
        if value:
            lines.append(name.encode() + b": " + value.translate(None, b"\r\n") + b"\r\n")
    return b"".join(lines) + b"\r\n"
