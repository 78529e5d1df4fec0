"""Bytes to text by one rule (LIBRARIES §12), and text made fit to be stored: no NUL, no half surrogate pair."""

from __future__ import annotations

import codecs
import re
import unicodedata

from maild.core.words import unhyphenated

# Codecs whose bytes all look like ASCII, or never like UTF-8: the declaration is the only clue there is.
_STATEFUL = ("iso2022", "hz", "utf-7", "utf-16", "utf-32")
# What people call these is windows-1252 (WHATWG Encoding); the true ones have controls where Windows has quotes.
_CALLED_LATIN = {"ascii": "cp1252", "iso8859-1": "cp1252"}
# Names that mail uses and Python does not know, and codecs of which everybody sends the larger one (WHATWG Encoding).
_ALIASES = {
    "iso-8859-8-i": "cp1255", "iso-8859-8-e": "cp1255", "iso-8859-8": "cp1255", "logical": "cp1255",
    "ks_c_5601-1987": "cp949", "ks_c_5601-1989": "cp949", "ks_c_5601": "cp949", "euc-kr": "cp949", "x-windows-949": "cp949",
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "euc-cn": "gb18030",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "sjis": "cp932",
    "big5": "big5hkscs", "x-x-big5": "big5hkscs", "big5-eten": "big5hkscs",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-9": "cp1254", "tis-620": "cp874", "iso-8859-11": "cp874", "windows-874": "cp874",
    "x-mac-roman": "mac_roman", "macintosh": "mac_roman", "x-mac-cyrillic": "mac_cyrillic",
    "ansi": "cp1252", "ansi_x3.110-1983": "cp1252", "x-ansi": "cp1252", "windows1252": "cp1252", "win-1252": "cp1252",
    "cp-1252": "cp1252", "x-cp1252": "cp1252", "windows-1252http-equivcontent-type": "cp1252", "latin-9": "iso8859-15",
    "iso-8859-1-windows-3.1-latin-1": "cp1252", "iso-88591": "cp1252", "iso8859_1": "cp1252", "iso-8859": "cp1252",
    "cp-850": "cp850", "ibm-850": "cp850", "dos-850": "cp850", "cp-437": "cp437", "cp-1251": "cp1251", "win-1251": "cp1251",
    "x-cp1251": "cp1251", "koi8": "koi8-r", "unicode-1-1-utf-7": "utf-7", "unicode-1-1-utf-8": "utf-8", "utf8mb4": "utf-8",
    "utf-8n": "utf-8", "x-utf-8": "utf-8", "unicode": "utf-16",
}  # fmt: skip
# Text codecs of Python that no mail is written in, some of them slower than linear.
_NOT_FOR_MAIL = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "rot13"}

# Bidirectional overrides and marks that make text look like what it is not (S-18, S-41).
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\u180e\u200b-\u200d\u2060-\u2064\ufeff\ufff9-\ufffb"
_LINE_HOSTILE = re.compile(f"[{_BIDI}{_INVISIBLE}]")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_TEXT_HOSTILE = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\ufeff\u2060{_BIDI}]")
_LINE_ENDS = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def known_codec(declared: str) -> str:
    """The Python name of a declared charset, or empty if nobody can read by it."""
    label = declared.partition("*")[0].strip(" \t\"';,")
    if not label or len(label) > 64 or not label.isascii() or not label.isprintable():
        return ""
    try:
        name = codecs.lookup(_ALIASES.get(label.lower(), label)).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _NOT_FOR_MAIL else name


def _told_by(data: bytes) -> str:
    """The codec that the bytes themselves name: by the mark at their beginning, or by the escapes of Japanese mail."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "iso2022_jp_ext" if b"\x1b$" in data[:65536] and data[:65536].isascii() else ""


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """The text of some bytes and the defect met on the way, or empty."""
    codec = known_codec(declared)
    if codec in ("", "ascii") and (named := _told_by(data)):
        codec = named
    if codec.startswith(_STATEFUL):
        return _tried(data, codec) or (data.decode("cp1252", "replace"), "charset-replaced")
    try:
        return _once_decoded(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        pass
    if codec and codec != "utf-8":
        text = _tried(data, _CALLED_LATIN.get(codec, codec))
        if text:
            return text
    defect = "charset-guessed" if codec or not declared else "charset-unknown"
    return data.decode("cp1252", "replace"), defect


# What UTF-8 looks like to a program that took it for windows-1252: a lead byte and a continuation byte. The second of
# the pair proves it: no text has «Ã³», but a Portuguese one may end a quotation with «Ã”».
_TWICE = re.compile("[\xc2-\xdf][\xa0-\xbf]")
_NOT_ASCII = re.compile("[^\x00-\x7f]+")
_WINDOWS = {letter: n for n in range(0x80, 0xA0) if (letter := bytes([n]).decode("cp1252", "ignore"))}


def _once_decoded(text: str) -> tuple[str, str]:
    """UTF-8 that somebody encoded a second time («atenciÃ³n»), undone wherever the letters bear it."""
    if text.isascii() or not _TWICE.search(text):
        return text, ""
    once = _NOT_ASCII.sub(_undone, text)
    return (text, "") if once == text else (once, "charset-double")


def _undone(found: re.Match[str]) -> str:
    codes = [_WINDOWS.get(letter, ord(letter)) for letter in found[0]]
    if max(codes) > 0xFF:
        return found[0]
    try:
        return bytes(codes).decode("utf-8")
    except UnicodeDecodeError:
        return found[0]


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
    if text.isprintable():  # then nothing in it is hostile or invisible, and the only space among it is the blank
        return unicodedata.normalize("NFC", " ".join(text.split()))
    return line_as_written(unhyphenated(text))


def line_as_written(text: str) -> str:
    """The same with the soft hyphens in it, which its author wrote."""
    if text.isprintable():
        return one_line(text)
    text = _SURROGATES.sub("\ufffd", _LINE_HOSTILE.sub("", text))
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text).strip())


def readable(text: str) -> str:
    """Fit to be stored as a body: line feeds only, no controls but tab, no overrides."""
    text = text.replace("\r\n", "\n")
    if text.replace("\n", "").isprintable():
        return text  # nothing hostile or invisible is printable to Python, nor any other end of a line
    text = _LINE_ENDS.sub("\n", text)
    return _SURROGATES.sub("\ufffd", _TEXT_HOSTILE.sub("", text))


def cut(text: str, most_bytes: int) -> str:
    """The beginning of a text that fits into so many bytes of UTF-8."""
    if len(text) * 4 <= most_bytes:
        return text
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= most_bytes else encoded[:most_bytes].decode("utf-8", "ignore")
