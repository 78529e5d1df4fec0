"""What telephones and Outlook make of typed words, undone: typographic quotes, full-width signs, emoji, invisible signs."""

from __future__ import annotations

import re
import unicodedata

_QUOTES = dict.fromkeys(map(ord, "“”„‟«»＂″"), '"') | dict.fromkeys(map(ord, "‘’‚‛´′"), "'")
_FULL_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | {0xFE5F: "#", 0xFE57: "!", 0x266F: "#", 0x2044: "/"}
_SIGNS: dict[int, str | int | None] = {**_FULL_WIDTH, **_QUOTES, 0x2026: "...", 0x20E3: None}
_PICTURES = 0x2190  # symbols from here on are arrows, dingbats and emoji; «N°», «©» stand below
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_SKIN = range(0x1F3FB, 0x1F400)


def plain(text: str) -> str:
    """The text as a plain keyboard writes it: every space a blank, no invisible signs, no pictures. Lines stay lines.

    >>> plain("＃cerrar\\u00a0👍")
    '#cerrar  '
    """
    if text.isascii():
        return text
    return _FOREIGN.sub(_typed, text.translate(_SIGNS))


def _typed(found: re.Match[str]) -> str:
    c = found[0]
    kind = unicodedata.category(c)
    if kind in ("Cf", "Cs", "Co", "Cn") or 0xFE00 <= ord(c) <= 0xFE0F:
        return ""
    if kind == "Zs":
        return " "
    if (kind == "So" and ord(c) >= _PICTURES) or ord(c) in _SKIN:
        return " "
    return c
