"""The skeleton of a mail, found by its boundaries before any library reads it, so that no bomb reaches one.

`prepared` gives mail-parser the same MIME tree with header blocks and boundaries of our own making. The content of large
and of 8-bit parts stays behind (it would be copied five times, or decoded by a guess), and every embedded message
(message/*) comes under a type that no library enters: it stays one part, byte for byte (S-36, S-43).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from maild.errors import MailError
from maild.mail.headers import Caps, Headers, parameters, split

EMBEDDED = "x-maild/"  # stands for message/ in what mail-parser sees
ELSEWHERE = "X-Maild-Content"  # says from where to where in the raw mail the content of a large part stands
_LARGE = 64 * 1024
_PART_CAPS = Caps(total=64 * 1024, field=8 * 1024, fields=100)
_SLICE = _PART_CAPS.total + 2 * _PART_CAPS.field


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """Where reading stops (RELIABILITY §4.15). Beyond depth, parts, boundary or lines: MailError; the rest is cut."""

    depth: int = 20
    parts: int = 200
    boundary: int = 998
    lines: int = 1_500_000
    text: int = 512 * 1024
    html: int = 1024 * 1024
    attachments: int = 50


@dataclass(frozen=True, slots=True)
class _Level:
    """A multipart that is open while we go down the mail, and the short boundary it has in what the library sees."""

    boundary: bytes
    digest: bool
    shown: bytes


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
    return b"".join(_pieces(raw, headers, limits))


def _pieces(raw: bytes, headers: Headers, limits: ParseLimits) -> Iterator[bytes | memoryview]:
    """Every part under a header block and between boundaries of our making; the content of large ones stays behind."""
    view = memoryview(raw)
    ours = _unwritten(raw)
    part, start, default, parts = headers, headers.body_at, "text/plain", 0
    stack: list[_Level] = []
    upcoming: _Delimiter | None = None
    yield _sender(headers)
    while True:
        parts += 1
        if parts > limits.parts:
            raise MailError("mime-parts")
        content_type, params = _type_of(part, default)
        level = _level(raw, content_type, params, limits, b"%s-%d" % (ours, parts))
        if level:
            stack.append(level)
        if len(stack) > limits.depth:
            raise MailError("mime-depth")
        delimiter = _next(raw, start, stack) if level or parts == 1 else upcoming
        end = _content_end(raw, start, delimiter)
        large = not level and (end - start > _LARGE or not raw[start:end].isascii())
        yield _fields(part, content_type, level.shown if level else b"", (start, end) if large else None)
        if not large and not (level and delimiter):  # what stands before the first delimiter is for nobody
            yield view[start:end]
        while delimiter and delimiter.closing:
            yield from _closed(stack, delimiter.level)
            delimiter = _next(raw, delimiter.end, stack)
        if delimiter is None:
            yield from _closed(stack, 0)
            return
        yield from _closed(stack, delimiter.level + 1)
        yield b"\r\n--" + stack[-1].shown + b"\r\n"
        upcoming = _next(raw, delimiter.end, stack)
        stop = min(upcoming.start if upcoming else len(raw), delimiter.end + _SLICE)
        part = split(raw[delimiter.end : stop], _PART_CAPS, of_part=True)
        start = delimiter.end + part.body_at
        default = "message/rfc822" if stack[-1].digest else "text/plain"


def _unwritten(raw: bytes) -> bytes:
    """The beginning of a boundary that stands nowhere in the mail.

    Nearly always the same: the library compiles a pattern for every boundary that it has not seen.
    """
    if b"maild-part" not in raw:
        return b"maild-part"
    return b"maild-" + hashlib.sha256(raw).hexdigest()[:20].encode()  # nobody can write what holds its own hash


def _closed(stack: list[_Level], down_to: int) -> Iterator[bytes]:
    """Close what is open, the innermost first."""
    while len(stack) > down_to:
        yield b"\r\n--" + stack.pop().shown + b"--\r\n"


def _content_end(raw: bytes, start: int, delimiter: _Delimiter | None) -> int:
    """Where the content of a part ends: the line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1)."""
    if delimiter is None:
        return len(raw)
    end = delimiter.start
    end -= raw[end - 1 : end] == b"\n"
    end -= raw[end - 1 : end] == b"\r"
    return max(start, end)


def _sender(headers: Headers) -> bytes:
    """The From field for the second reader, where it is short enough for any reader (S-16, S-35)."""
    values = headers.raw("from")
    if len(values) != 1 or len(values[0]) > 500 or not values[0].isascii() or b"\0" in values[0]:
        return b""
    return b"From: " + values[0].translate(None, b"\r\n") + b"\r\n"


def _type_of(headers: Headers, default: str = "text/plain") -> tuple[str, dict[str, str]]:
    values = headers.raw("content-type")
    if not values:
        return default, {}
    content_type, params = parameters(values[0])
    return (content_type if content_type.count("/") == 1 else "text/plain"), params


def _level(raw: bytes, content_type: str, params: dict[str, str], limits: ParseLimits, shown: bytes) -> _Level | None:
    """What a multipart with a boundary opens."""
    boundary = params.get("boundary", "") if content_type.startswith("multipart/") else ""
    if not boundary or not boundary.isascii():
        return None
    if len(boundary) > limits.boundary:
        raise MailError("mime-boundary")
    written = boundary.encode()
    if written.endswith(b" ") and b"--" + written not in raw:
        written = written.rstrip()  # blanks at its end are forbidden; mostly they are nobody's
    return _Level(written, content_type == "multipart/digest", shown)


# A boundary may be followed by blanks, and by whatever stands behind them (RFC 2046 §5.1.1).
_LINE = re.compile(rb"[\r\n]--([^\r\n]{1,1100})")
_BEHIND = re.compile(rb"(--)?(?:[ \t].*)?\Z", re.DOTALL)


def _next(raw: bytes, at: int, stack: list[_Level]) -> _Delimiter | None:
    """The next line that is a delimiter of an open multipart; the innermost wins."""
    if not stack:
        return None
    for found in _LINE.finditer(raw, max(at - 1, 0)):
        for level in range(len(stack) - 1, -1, -1):
            boundary = stack[level].boundary
            if found[1].startswith(boundary) and (behind := _BEHIND.match(found[1], len(boundary))):
                return _Delimiter(found.start() + 1, _line_end(raw, found.end()), level, behind[1] is not None)
    return None


def _line_end(raw: bytes, at: int) -> int:
    """Behind the line end at or after this place, which a long line may have still to reach."""
    found = _LINE_END.search(raw, at)
    return found.end() if found else len(raw)


_LINE_END = re.compile(rb"\r\n|\n|\r")


_MIME = ("content-type", "content-transfer-encoding", "content-disposition", "content-id")


def _fields(headers: Headers, content_type: str, boundary: bytes, elsewhere: tuple[int, int] | None) -> bytes:
    """The MIME fields of a part, each once and short, an embedded message renamed, the boundary exchanged for ours."""
    lines = []
    for name in _MIME:
        values = headers.raw(name)
        value = values[0][:8192] if values else b""
        if name == "content-type" and boundary:
            value = content_type.encode("ascii", "replace") + b'; boundary="' + boundary + b'"'
        elif name == "content-type" and content_type.startswith("message/"):
            subtype = content_type.partition("/")[2].encode("ascii", "replace")
            value = EMBEDDED.encode() + subtype + value[len(value.partition(b";")[0]) :]
        if value:
            lines.append(name.encode() + b": " + value.translate(None, b"\r\n") + b"\r\n")
    if elsewhere:
        lines.append(b"%s: %d %d\r\n" % (ELSEWHERE.encode(), *elsewhere))
    return b"".join(lines) + b"\r\n"
