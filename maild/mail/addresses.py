"""Who wrote, read strictly because rights hang on him; who was written to, read leniently because it is only shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import getaddresses

from maild.core.mailboxes import is_address, is_international, spelt
from maild.core.values import Address, Sender
from maild.mail.charset import one_line
from maild.mail.headers import Headers, plain, words_decoded

MOST_ADDRESSES = 200

# A bracketed remark on which no two readers disagree: plain words, nothing that could be an address or end one.
_REMARK = r"\([^()<>@,;:\\\"\x00-\x1f]{0,200}\)"
_NAMED = re.compile(rf'[ \t]*((?:"(?:[^"\\]|\\.)*+"|{_REMARK}|[^"<>()@,;:\\\[\]])*+)<[ \t]*([^<>\s]*)[ \t]*>[ \t]*\Z')
_BARE = re.compile(rf"[ \t]*([^\s<>()\",;:\\]+)[ \t]*({_REMARK})?[ \t]*\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TRICK = re.compile(r"[<>\x00-\x1f\x7f\u2028\u2029]")


def sender(headers: Headers) -> Sender:
    """The one mailbox of the one From field. Anything that two readers might read in two ways is nobody."""
    values = headers.raw("from")
    if not values:
        return Sender("", "", "no-from-field")
    text = plain(values[0], headers.charset)
    if len(values) > 1:
        return _nobody(text, "several-from-fields")
    if _CONTROL.search(text):
        return _nobody(text, "control-in-from")
    name, address, problem = _one_mailbox(text)
    if problem in _SLOPPY:
        name, address = _the_only_one(text)
    if not address:
        return _together(headers, text) or _nobody(text, problem)
    if not address.isascii() and not _beyond_doubt(values[0], text, address):
        return _nobody(text, "non-ascii-address")
    return Sender(spelt(address), _without_disguise(name, address))


def _beyond_doubt(value: bytes, text: str, address: str) -> bool:
    """Letters outside ASCII in an address: true UTF-8 as it stands, and seen by a second reader, too (S-16)."""
    if len(value) > 500 or text.encode("utf-8", "replace") != value:
        return False
    return [seen for _, seen in getaddresses([text])] == [address]


def _nobody(text: str, problem: str) -> Sender:
    shown = next(iter(_listed(text[:1000])), Address("", one_line(words_decoded(text[:1000]))))
    return Sender("", _without_disguise(shown.name, shown.address), problem, shown.address)


_MOST_AUTHORS = 10
_OF_A_LIST = re.compile(r'((?:"(?:[^"\\]|\\.)*+"|[^",;:()\\\[\]])*+)(?:,|\Z)')


def _together(headers: Headers, text: str) -> Sender | None:
    """Several people in the one From field, each of them beyond doubt: nobody with rights, but somebody to answer.

    That is whoever of them the Sender field names, else the first (RFC 5322 §3.6.2).
    """
    authors: dict[str, str] = {}
    at = 0
    while at < len(text):
        found = _OF_A_LIST.match(text, at)
        if not found or len(text) > 2000 or len(authors) == _MOST_AUTHORS:
            return None
        name, address, problem = _one_mailbox(found[1])
        if problem or not address.isascii() or _disguised(name, address):
            return None
        authors.setdefault(address.lower(), name)
        at = found.end()
    senders = headers.raw("sender")
    sent_by = _one_mailbox(plain(senders[0]))[1].lower() if len(senders) == 1 else ""
    chosen = sent_by if sent_by in authors else next(iter(authors), "")
    return Sender("", authors[chosen], "several-mailboxes", chosen, answer_to=chosen) if len(authors) > 1 else None


# Written against the grammar, but by people and their programs every day: «Pérez, Ana <ana@…>», «Ana ana@…».
_SLOPPY = frozenset(("several-mailboxes", "unreadable-from", "bad-address"))
_COMMENT = re.compile(r"\((?:[^()\\]|\\.){0,300}\)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,500}"')
_SPACED_DOT = re.compile(r"[ \t]{0,20}([.@])[ \t]{0,20}")
_WORD_WITH_AT = re.compile(r"(?<![^\s<>,])[^\s<>,@]{1,64}@[^\s<>,@]{1,253}(?![^\s<>,])")


# Comments beside the two halves of an address in brackets (RFC 5322 §3.4.1), where no reader finds another address.
_COMMENTED = re.compile(
    rf"<({_REMARK})?([^\s<>()@]{{1,64}})({_REMARK})?@({_REMARK})?([^\s<>()@]{{1,253}})({_REMARK})?>"
)


def _without_comments(found: re.Match[str]) -> str:
    return found[0] if "=?" in found[0] else f"<{found[2]}@{found[5]}>"


def _the_only_one(text: str) -> tuple[str, str]:
    """Name and address of a field that breaks the grammar and still shows one address, whoever reads it; or nothing."""
    if len(text) > 2000 or text.count("@") != 1 or (text.count("<"), text.count(">")) not in ((0, 0), (1, 1)):
        return "", ""
    text = _COMMENTED.sub(_without_comments, text)
    bare = _COMMENT.sub(" ", _COMMENT.sub(" ", text))  # comments may stand inside comments
    found = _WORD_WITH_AT.search(_QUOTED.sub(" ", bare))
    if not found or not is_address(found[0]) or "=?" in found[0]:
        return "", ""
    inside = text.partition("<")[2].partition(">")[0]
    if "@" in inside and inside.strip() != found[0]:  # «<a(b)c@d.test>»: one reader's ac@, another's c@
        return "", ""
    name = bare.replace(found[0], " ", 1).translate({ord("<"): " ", ord(">"): " "})
    if any(sign in _QUOTED.sub(" ", name) for sign in '();:"\\') or "@" in words_decoded(name):
        return "", ""
    return one_line(words_decoded(_unquoted(name))).strip(" ,"), found[0]


def _one_mailbox(text: str) -> tuple[str, str, str]:
    """Display name, address and what is wrong with them."""
    if found := _NAMED.match(text):
        phrase, address = found.groups()
    elif found := _BARE.match(text):
        address, phrase = found[1], (found[2] or "")[1:-1]
    else:
        return "", "", _what_is_wrong(text)
    if "=?" in address or not (is_address(address) or is_international(address)):
        return "", "", "bad-address" if address.isascii() else "non-ascii-address"
    name = words_decoded(_unquoted(phrase))
    if "=?" in phrase and _TRICK.search(name):
        return "", "", "encoded-trick"
    return one_line(name), address, ""


def _what_is_wrong(text: str) -> str:
    if not text.strip():
        return "empty-from-field"
    if ":" in text and ";" in text:
        return "group"
    if text.count("@") > 1 or "," in text:
        return "several-mailboxes"
    return "unreadable-from"


_ESCAPED = re.compile(r"\\(.)")


def _unquoted(phrase: str) -> str:
    return _ESCAPED.sub(r"\1", phrase.replace('"', "")) if '"' in phrase else phrase


def _without_disguise(name: str, address: str) -> str:
    """A display name that shows another address is a disguise (S-18)."""
    return "" if _disguised(name, address) else name.strip(" '\"")


def _disguised(name: str, address: str) -> bool:
    return ("@" in name or "＠" in name) and name.strip(" '\"").lower() != address.lower()


# --- the others -------------------------------------------------------------------------------------------------

# Bounded, because an unclosed quote is tried again from each quote behind it.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.){0,1000}"|\((?:[^()\\]|\\.){0,1000}\)|<[^<>]{0,1000}>|[,;:]|[^",;:()<>]+|.', re.DOTALL
)
_LENIENT = re.compile(r"[^\s<>@,;:\"()\\\x00-\x1f]{1,128}@[^\s<>@,;:\"()\\\x00-\x1f]{1,253}\Z")


def mailboxes(headers: Headers, name: str) -> tuple[Address, ...]:
    """The addresses of To, Cc or Reply-To, over all occurrences; names decoded; what is no address is left out."""
    found: list[Address] = []
    for value in headers.raw(name):
        for address in _listed(plain(value, headers.charset)):
            found.append(address)
            if len(found) >= MOST_ADDRESSES:
                return tuple(found)
    return tuple(found)


def _listed(text: str) -> Iterable[Address]:
    words: list[str] = []
    remark = angle = ""
    for piece in _TOKEN.findall(text + ","):
        if piece in (",", ";"):
            if address := _address(words, angle, remark):
                yield address
            words, remark, angle = [], "", ""
        elif piece == ":":
            words, remark, angle = [], "", ""  # what stood before was the name of a group
        elif piece[0] == "<" and len(piece) > 1:
            angle = angle or piece[1:-1]
        elif piece[0] == "(" and len(piece) > 1:
            remark = piece[1:-1]
        elif piece.strip():
            words.append(piece)


def _address(words: list[str], angle: str, remark: str) -> Address | None:
    phrase = " ".join(words)
    if not angle:
        bare = _SPACED_DOT.sub(r"\1", phrase).split()
        angle = next((word for word in bare if "@" in word), "")
        phrase = remark
    # A route (RFC 5322 §4.4) says how the mail travelled in 1985.
    wanted = "".join(_COMMENT.sub("", angle).rpartition(":")[2].split()).lower()
    if not _LENIENT.match(wanted):
        return None
    return Address(one_line(wanted), one_line(words_decoded(_unquoted(phrase))).strip(" '\""))
