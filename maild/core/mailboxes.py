"""Addresses of people: how one is spelt, and which may be anybody's that rights hang on or letters go to."""

from __future__ import annotations

import re
import unicodedata

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@[^@]{{1,253}}\Z){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*\Z")
_WORDS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+\Z")
_WORDS_OF_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9\x80-\U0010ffff-]+(?<!-)\Z")
# Alphabets that are written together; every other mixture looks like what it is not (Unicode TR 39 §5.1).
_JAPANESE = {"CJK", "HIRAGANA", "KATAKANA"}
# Latin letters that a language is written with; beyond stand signs of phonetics that look like ASCII.
_LATIN = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")


def spelt(address: str) -> str:
    """The one spelling by which an address is kept and compared: composed letters (NFC), lower case.

    >>> spelt("Jo\\u0308el@Entidad.Example")
    'jöel@entidad.example'
    """
    return address.lower() if address.isascii() else unicodedata.normalize("NFC", address).lower()


def is_address(text: str) -> bool:
    """An addr-spec by our own grammar: ASCII, dot-atom, a domain of letters, digits and hyphens (S-16)."""
    return _ADDRESS.match(text) is not None


def is_international(text: str) -> bool:
    """An addr-spec that needs SMTPUTF8 (RFC 6531, 6532) and that no reader takes for another one (S-18).

    The same grammar with letters of one alphabet in each word; nothing invisible, nothing that Unicode counts the same
    as another sign, every label fit for the DNS.
    """
    local, at, domain = text.partition("@")
    if text.isascii() or not at or len(local.encode("utf-8", "replace")) > 64 or len(domain) > 253:
        return False
    if unicodedata.normalize("NFKC", text) != text:
        return False
    return all(_WORDS.match(word) and _one_alphabet(word) for word in local.split(".")) and all(
        _WORDS_OF_DOMAIN.match(label) and _one_alphabet(label) and _fits_dns(label) for label in domain.split(".")
    )


def _one_alphabet(word: str) -> bool:
    letters = [c for c in word if not c.isascii()]
    if not letters:
        return True
    if not all(unicodedata.category(c) in ("Ll", "Lu", "Lo") for c in letters):
        return False
    alphabets = {unicodedata.name(c, "").partition(" ")[0] for c in word if c.isalpha()}
    if alphabets == {"LATIN"}:
        return all(_LATIN.match(c) for c in letters)
    return len(alphabets) == 1 or alphabets <= _JAPANESE


def _fits_dns(label: str) -> bool:
    try:
        return len(label) <= 63 and bool(label.encode("idna"))
    except UnicodeError:
        return False
