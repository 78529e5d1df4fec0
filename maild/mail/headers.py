"""The header block of a mail, read by our own rules from raw bytes: nothing recursive, nothing slower than linear.

Every decision about who wrote and where it belongs rests on this reading, never on a library's.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field
from functools import lru_cache

from maild.mail.charset import decode, line_as_written, one_line

INSTANCE_HEADER = "X-Maild-Instance"
SUBJECT_SHOWN = 998
_MOST_IDS = (5, 45)  # of References: where the conversation began, and where it is now


@dataclass(frozen=True, slots=True)
class Caps:
    """How much of a header block is read at all (RELIABILITY §4.15)."""

    total: int = 256 * 1024
    field: int = 64 * 1024
    fields: int = 500


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of a mail in their order: lower-case name and unfolded raw value. The body begins at `body_at`."""

    fields: tuple[tuple[str, bytes], ...]
    body_at: int
    defects: tuple[str, ...] = ()
    charset: str = ""  # what the mail calls its letters: the only clue to raw 8-bit bytes in its fields
    _by_name: dict[str, tuple[bytes, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name: dict[str, tuple[bytes, ...]] = {}
        for name, value in self.fields:
            by_name[name] = (*by_name.get(name, ()), value)
        object.__setattr__(self, "_by_name", by_name)

    def raw(self, name: str) -> tuple[bytes, ...]:
        return self._by_name.get(name, ())

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field, decoded, one line each."""
        return tuple(decoded(value, self.charset) for value in self.raw(name))

    def first(self, name: str) -> str:
        return next((decoded(value, self.charset) for value in self.raw(name)), "")

    def subject(self) -> str:
        """The first subject as written."""
        return next((line_as_written(_text(value, self.charset)) for value in self.raw("subject")), "")


_FIELD = re.compile(
    rb"([!-9;-~]+)[ \t]*:[ \t]*+([^\r\n]*+(?:(?:\r\n|\n|\r)[ \t][^\r\n]*+)*+)(?:\r\n|\n|\r|\Z)",
)
_EMPTY = re.compile(rb"[ \t]{0,1000}(?:\r\n|\n|\r)")
_BLOCK_END = re.compile(rb"\n\r?\n|\r\r")
_POSTMARK = re.compile(rb">?From [^\r\n]*(?:\r\n|\n|\r|\Z)")


def split(raw: bytes, caps: Caps | None = None, *, of_part: bool = False) -> Headers:
    """Cut the header block off a mail (or a part of one) and take it apart, within the caps."""
    caps = caps or Caps()
    fields: list[tuple[str, bytes]] = []
    defects: list[str] = []
    start = at = 0 if of_part else _first_field(raw)
    while at < len(raw):
        if raw[at] in b"\r\n":
            at += 2 if raw.startswith(b"\r\n", at) else 1
            break
        if len(fields) >= caps.fields or at - start > caps.total:
            defects.append("header-cut")
            block_end = _BLOCK_END.search(raw, at)
            at = block_end.end() if block_end else len(raw)
            break
        found = _FIELD.match(raw, at)
        if not found:
            defects.append("header-garbage")
            resumed = _resumed(raw, at) if fields else None
            if resumed is None:
                break  # like every reader: what is no field begins the body
            at = resumed
            continue
        start_of_field, at = at, found.end()
        if at - start_of_field > caps.field:
            defects.append("field-cut")
        name, value = found.groups()
        if len(name) <= 256:
            value = value[: caps.field].strip(b" \t\r\n")
            if b"\n" in value or b"\r" in value:
                value = b" ".join([line.strip(b" \t") for line in value.splitlines()])  # unfolded
            fields.append((name.decode("ascii").lower(), value))
    return Headers(tuple(fields), at, tuple(dict.fromkeys(defects)), _charset(raw, fields, at))


_GARBAGE = re.compile(rb"[^\r\n]{0,2000}(?:\r\n|\n|\r)(?=([!-9;-~]{1,80})[ \t]*:)")
_MOST_GARBAGE = 5
# Fields that begin no sentence: behind a line that is no field, one of them proves that the block goes on.
_KNOWN = re.compile(
    rb"(?:received|return-path|delivered-to|date|from|to|cc|subject|sender|reply-to|message-id|in-reply-to|references"
    rb"|mime-version|content-[a-z-]{1,40}|x-[a-z0-9-]{1,60}|dkim-signature|authentication-results|auto-submitted)\Z",
    re.IGNORECASE,
)


def _resumed(raw: bytes, at: int) -> int | None:
    """Where the block goes on behind a line (or a few) that a broken program put into it; None where it ends."""
    for _ in range(_MOST_GARBAGE):
        found = _GARBAGE.match(raw, at)
        if not found:
            return None
        if _KNOWN.match(found[1]):
            return found.end()
        at = found.end()
    return None


_CHARSET = re.compile(rb"charset\s{0,3}=\s{0,3}[\"']?([A-Za-z0-9._:+-]{1,40})", re.IGNORECASE)


def _charset(raw: bytes, fields: list[tuple[str, bytes]], body_at: int) -> str:
    """The first charset a mail declares, its own or a part's; looked for only where a field holds raw 8-bit bytes."""
    if all(value.isascii() for _, value in fields):
        return ""
    found = _CHARSET.search(raw, 0, min(len(raw), body_at + 8192))
    return found[1].decode("ascii") if found else ""


def _first_field(raw: bytes) -> int:
    """Where the first field stands: behind an mbox postmark, and behind blank lines that a broken program put first."""
    postmark = _POSTMARK.match(raw)
    at = postmark.end() if postmark else 0
    while (empty := _EMPTY.match(raw, at)) and at < 2000:
        at = empty.end()
    if at and not _FIELD.match(raw, at):
        return postmark.end() if postmark else 0
    return at


# --- words ------------------------------------------------------------------------------------------------------


def decoded(value: bytes, declared: str = "") -> str:
    """A field as people read it: RFC 2047 words and raw 8-bit letters decoded, one line, nothing invisible."""
    return one_line(_text(value, declared))


def _text(value: bytes, declared: str) -> str:
    return words_decoded(plain(value, declared))


def plain(value: bytes, declared: str = "") -> str:
    """The characters of a raw value; encoded words still encoded."""
    if value.isascii():
        return value.decode("ascii")
    return decode(value, declared)[0]


_WORD = re.compile(r"=\?([^?\s]{1,100})\?([bBqQ])\?")


def words_decoded(text: str) -> str:
    """RFC 2047, tolerant: words may be long, glued to their neighbours, or cut inside a letter (joined first)."""
    if "=?" not in text:
        return text
    out: list[str] = []
    at, waiting, waiting_charset = 0, b"", ""
    while found := _WORD.search(text, at):
        end = text.find("?=", found.end())
        if end < 0:
            break
        gap, charset = text[at : found.start()], found[1].lower()
        if waiting and (gap.strip() or charset != waiting_charset):
            out.append(decode(waiting, waiting_charset)[0])
            waiting = b""
            gap = gap if gap.strip() else ""
        if not (waiting or (out and not gap.strip())):
            out.append(gap)
        waiting += _word_bytes(found[2], text[found.end() : end])
        waiting_charset = charset
        at = end + 2
    if waiting:
        out.append(decode(waiting, waiting_charset)[0])
    out.append(text[at:])
    return "".join(out)


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def _word_bytes(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)
    return forgiving_base64(data)


def forgiving_base64(data: bytes) -> bytes:
    """Base64 with strange characters skipped and missing padding supplied."""
    data = _NOT_BASE64.sub(b"", data)
    data = data[: len(data) - 1] if len(data) % 4 == 1 else data
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))


# --- conversations ----------------------------------------------------------------------------------------------

_ID = re.compile(rb"<([^<>\s]{1,996})>")


def message_id(headers: Headers) -> str:
    """The first Message-ID without its brackets; a program that forgot the brackets is understood."""
    for value in headers.raw("message-id"):
        found = _ID.search(value)
        if found:
            return one_line(plain(found[1]))
        bare = value.strip(b" \t<>")
        if bare and b" " not in bare and len(bare) < 997:
            return one_line(plain(bare))
    return ""


def ids(headers: Headers, name: str) -> tuple[str, ...]:
    """The message ids a field names, over all its occurrences: each once, the first few and the last many."""
    found = [one_line(plain(each)) for value in headers.raw(name) for each in _ID.findall(value)]
    first, last = _MOST_IDS
    if len(found) > first + last:
        found = found[:first] + found[-last:]
    return tuple(dict.fromkeys(each for each in found if each))


_BY = re.compile(rb"(?:^|\s)by\s{1,20}([A-Za-z0-9._-]{1,253})", re.IGNORECASE)
_MOST_TRACES = 40
_LONGEST_RESULTS = 4000


def traces(headers: Headers) -> tuple[tuple[str, ...], tuple[int, ...], tuple[str, ...]]:
    """The Authentication-Results of a mail, how many Received stand above each, and who wrote those Received (RFC 5321 §4.4).

    A field is kept one octet longer than any reader takes: a cut one must not look like a whole one.
    """
    results: list[str] = []
    depths: list[int] = []
    servers: list[str] = []
    for name, value in headers.fields:
        if name == "received":
            found = _BY.search(_bare(value[:2000]))
            servers.append(found[1].decode("ascii").lower() if found else "")
        elif name == "authentication-results" and len(results) < _MOST_TRACES:
            results.append(decoded(value[: _LONGEST_RESULTS + 1], headers.charset))
            depths.append(len(servers))
    return tuple(results), tuple(depths), tuple(servers[:_MOST_TRACES])


_REMARKS = re.compile(rb"\([^()]*\)")


def _bare(value: bytes) -> bytes:
    """A Received without its remarks: a sender greets with what he likes, and it is noted in one."""
    return _REMARKS.sub(b" ", _REMARKS.sub(b" ", value))


_CONVERSATION_OCTETS = 22  # [MS-OXOMSG] 2.2.1.3: the header of a Thread-Index; every answer adds five octets behind it


def conversation(headers: Headers) -> str:
    """The conversation of Outlook's Thread-Index, hex; '' where there is none that can be read."""
    value = b"".join(next(iter(headers.raw("thread-index")), b"").split())[:400]
    try:
        index = binascii.a2b_base64(value, strict_mode=True)
    except binascii.Error:
        return ""
    return index[:_CONVERSATION_OCTETS].hex() if len(index) >= _CONVERSATION_OCTETS else ""


# --- MIME fields ------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[!#-'*+.0-9A-Z^-~-]{1,80}(?:/[!#-'*+.0-9A-Z^-~-]{1,80})?\Z")  # RFC 2045 §5.1
_QUOTED_PAIR = re.compile(r"\\(.)")
_PARAMETER = re.compile(r""";\s*([^\s=;"]{1,80})\s*=\s*(?:"((?:[^"\\]|\\.){0,4000})"|([^;]{0,4000}))""")


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """`type/subtype; name=value` as the lower-case first word and its parameters (RFC 2045, 2231, 2047, raw)."""
    content_type, params = _parameters(value[:16384])
    return content_type, dict(params)


@lru_cache(maxsize=64)  # most mails say the same, and each part is asked about several times
def _parameters(value: bytes) -> tuple[str, dict[str, str]]:
    text = plain(value)
    first = text.partition(";")[0]
    head = first.strip().lower()
    pieces: dict[str, str] = {}
    for found in _PARAMETER.finditer(text, len(first)):
        quoted = found[2]
        content = _QUOTED_PAIR.sub(r"\1", quoted) if quoted is not None else found[3].strip().strip('"')
        pieces.setdefault(found[1].lower(), content)
    return (head if _TOKEN.match(head) else ""), _joined(pieces)


def _joined(pieces: dict[str, str]) -> dict[str, str]:
    """Continuations (name*0*, name*1) put together and percent-decoded by their charset (RFC 2231 §3, §4)."""
    joined: dict[str, str] = {}
    for key in pieces:
        name = key.partition("*")[0]
        if name in joined:
            continue
        if f"{name}*" in pieces:
            joined[name] = _extended(pieces[f"{name}*"])
        elif f"{name}*0" in pieces or f"{name}*0*" in pieces:
            joined[name] = _continued(pieces, name)
        elif name in pieces:
            # A boundary is compared letter by letter, its blanks included.
            joined[name] = pieces[name] if name == "boundary" else one_line(words_decoded(pieces[name]))
    return joined


def _continued(pieces: dict[str, str], name: str) -> str:
    whole, extended = "", False
    for number in range(100):
        if (part := pieces.get(f"{name}*{number}*")) is not None:
            whole, extended = whole + part, True
        elif (part := pieces.get(f"{name}*{number}")) is not None:
            whole += part.replace("%", "%25") if extended else part
        else:
            break
    return _extended(whole) if extended else one_line(words_decoded(whole))


def _extended(value: str) -> str:
    charset, quote, rest = value.partition("'")
    _, second, content = rest.partition("'")
    if not (quote and second):
        charset, content = "", value
    data = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes.fromhex(m[1].decode()), content.encode("utf-8", "replace"))
    return one_line(words_decoded(decode(data, charset)[0]))
