"""Transfer encodings (RFC 2045 §6) and the older ones that people still send, read as far as their bytes bear it."""

from __future__ import annotations

import binascii
import re

from maild.mail.headers import forgiving_base64

_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
_BASE64 = {"base64", "b", "base64encoded"}
_QUOTED = {"quotedprintable", "q", "qp"}
_UU = {"xuuencode", "uuencode", "uue", "xuue", "xuu"}


def decoded(content: bytes, encoding: str, *, is_text: bool) -> tuple[bytes, str]:
    """The bytes of a part as they were before transport, and the defect met on the way, or empty."""
    name = _NOT_A_LETTER.sub("", encoding.partition(";")[0].lower())
    if name in _BASE64:
        return _from_base64(content, is_text=is_text)
    if name in _QUOTED:
        return binascii.a2b_qp(content), ""
    if name in _UU:
        _, files = without_uu(content)
        return (files[0][1], "") if files else (content, "transfer-encoding-wrong")
    if is_text and _looks_quoted(content):
        return binascii.a2b_qp(content), "transfer-encoding-missing"
    return content, ""


_OF_BASE64 = bytes(range(256)).translate(
    None, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n\t "
)


def _from_base64(content: bytes, *, is_text: bool) -> tuple[bytes, str]:
    if is_text and _is_prose(content):
        return content, "transfer-encoding-wrong"
    try:
        return binascii.a2b_base64(content), ""
    except binascii.Error:
        return forgiving_base64(content), "base64-damaged"


def _is_prose(content: bytes) -> bool:
    """Words that only call themselves base64: their lines have blanks between words and letters that base64 has not."""
    lines = content[:4000].strip().split(b"\n")
    strange = len(content[:4000]) - len(content[:4000].translate(None, _OF_BASE64))
    return b" " in lines[0].strip() and strange * 100 > len(content[:4000])


_QUOTED_LETTER = re.compile(rb"=C3=[89AB][0-9A-F]")  # an accented letter of UTF-8 as quoted-printable writes it


def _looks_quoted(content: bytes) -> bool:
    """Quoted-printable whose header field was lost on the way."""
    return len(_QUOTED_LETTER.findall(content[:65536])) > 1 and content.isascii()


# --- files inside a text ----------------------------------------------------------------------------------------

_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{0,300})\r?$", re.MULTILINE)
_UU_LINE = re.compile(rb"[ -`]{1,90}\Z")
_YBEGIN = re.compile(rb"^=ybegin [^\r\n]{0,200}?size=\d{1,12}[^\r\n]{0,100}? name=([^\r\n]{1,300})\r?$", re.MULTILINE)
_MOST_BEGINNINGS = 100  # that are looked at, whether a file follows them or not


def without_uu(content: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """A text without the uuencoded and yEnc files in it, and those files: their names and bytes."""
    kept: list[bytes] = []
    files: list[tuple[bytes, bytes]] = []
    at = 0
    if b"begin " not in content:
        return content, files
    for _ in range(_MOST_BEGINNINGS):
        begins = [found for pattern in (_BEGIN, _YBEGIN) if (found := pattern.search(content, at))]
        if not begins:
            break
        begin = min(begins, key=lambda found: found.start())
        read = _uu if content.startswith(b"begin", begin.start()) else _yenc
        data, end = read(content, begin.end())
        kept.append(content[at : begin.start() if data is not None else end])
        if data is not None:
            files.append((begin[1].strip(), data))
        at = end
    return b"".join([*kept, content[at:]]), files


def _uu(content: bytes, at: int) -> tuple[bytes | None, int]:
    """The bytes of the lines behind `begin`, up to `end` or to the first line that is none of them."""
    out: list[bytes] = []
    position = at + 1
    while position < len(content):
        stop = content.find(b"\n", position)
        stop = len(content) if stop < 0 else stop
        line = content[position:stop].rstrip(b"\r")
        position = stop + 1
        if line.rstrip() == b"end":
            return (b"".join(out), min(position, len(content))) if out else (None, at)
        if line and not _UU_LINE.match(line):
            break
        out.append(_uu_line(line))
    data = b"".join(out)
    return (data, min(position, len(content))) if len(out) > 3 and data else (None, at)


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        # Encoders that leave junk at the end of a line: only as much as its first letter announces.
        wanted = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
        try:
            return binascii.a2b_uu(line[:wanted])
        except binascii.Error:
            return b""


_ESCAPED = re.compile(rb"=(.)", re.DOTALL)
_YENC = bytes((n - 42) % 256 for n in range(256))


def _yenc(content: bytes, at: int) -> tuple[bytes | None, int]:
    end = content.find(b"\n=yend", at)
    if end < 0:
        return None, at
    lines = content[at + 1 : end].split(b"\n")
    body = b"".join(line.rstrip(b"\r") for line in lines if not line.startswith(b"=ypart "))
    data = _ESCAPED.sub(lambda m: bytes(((m[1][0] - 64) % 256,)), body).translate(_YENC)
    behind = content.find(b"\n", end + 1)
    return data, len(content) if behind < 0 else behind + 1
