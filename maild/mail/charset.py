"""Bytes to text by one rule (LIBRARIES §12), and text made fit to be stored: no NUL, no half surrogate pair."""

from __future__ import annotations

import codecs
import re
import unicodedata

# Codecs whose bytes all look like ASCII, or never like UTF-8: the declaration is the only clue there is.
_STATEFUL = ("iso2022", "hz", "utf-7", "utf-16", "utf-32")
# What people call these is windows-1252 (WHATWG Encoding); the true ones have controls where Windows has quotes.
_CALLED_LATIN = {"ascii": "cp1252", "iso8859-1": "cp1252"}
# Text codecs of Python that no mail is written in, some of them slower than linear.
_NOT_FOR_MAIL = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "rot13"}

# Bidirectional overrides and marks that make text look like what it is not (S-18, S-41).
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\u00ad\u180e\u200b-\u200d\u2060-\u2064\ufeff\ufff9-\ufffb"
_LINE_HOSTILE = re.compile(f"[{_BIDI}{_INVISIBLE}]")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TEXT_HOSTILE = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\ufeff\u2060{_BIDI}]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def known_codec(declared: str) -> str:
    """The Python name of a declared charset, or empty if nobody can read by it."""
    label = declared.partition("*")[0].strip(" \t\"'")
    if not label or len(label) > 64 or not label.isascii() or not label.isprintable():
        return ""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _NOT_FOR_MAIL else name


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """The text of some bytes and the defect met on the way, or empty."""
    codec = known_codec(declared)
    if codec.startswith(_STATEFUL):
        return _tried(data, codec) or (data.decode("cp1252", "replace"), "charset-replaced")
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    if codec and codec != "utf-8":
        text = _tried(data, _CALLED_LATIN.get(codec, codec))
        if text:
            return text
    defect = "charset-guessed" if codec or not declared else "charset-unknown"
    return data.decode("cp1252", "replace"), defect


def _tried(data: bytes, codec: str) -> tuple[str, str] | None:
    """By one codec; a few unreadable bytes are replaced, many mean that it was the wrong codec."""
    try:
        return data.decode(codec), ""
    except (LookupError, ValueError):
        pass
    try:
        text = data.decode(codec, "replace")
    except (LookupError, ValueError):
        return None
    bad = text.count("\ufffd")
    return (text, "charset-replaced") if bad * 20 <= len(text) else None


def one_line(text: str) -> str:
    """Fit for a header, a list, a terminal: one line, composed letters, nothing invisible."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = _SURROGATES.sub("\ufffd", _LINE_HOSTILE.sub("", text))
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text).strip())


def readable(text: str) -> str:
    """Fit to be stored as a body: line feeds only, no controls but tab, no overrides."""
    text = _LINE_ENDS.sub("\n", text)
    return _SURROGATES.sub("\ufffd", _TEXT_HOSTILE.sub("", text))


def cut(text: str, most_bytes: int) -> str:
    """The beginning of a text that fits into so many bytes of UTF-8."""
    if len(text) * 4 <= most_bytes:
        return text
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= most_bytes else encoded[:most_bytes].decode("utf-8", "ignore")
