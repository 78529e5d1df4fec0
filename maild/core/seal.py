"""Signed ids: what a letter carries to prove that its answer answers *our* letter to *this* person on *this* ticket.

Four carriers, any one suffices (RELIABILITY §4.8.4): the Message-ID, the Reply-To address where the mailbox takes such, the
code in a button's subject and the code in the last lines of the letter.

Message-ID: `m1.<kid>.<ticket>.<day>.<nonce>.<mac>@domain`, lower case only; mac = 80 bits of HMAC-SHA-256 over purpose, ticket,
day, nonce and the addressee. The first letter of the nonce is the reader's class. Code: 10 characters (50 bits), good for
the fortnight of its day and the next one. There is no form without mac; old keys verify until they leave the ring (S-04..S-06).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from maild.core.words import unhyphenated

# As what its reader was written to. A token of one class is none of another: who becomes a technician starts anew.
Class = Literal["u", "s", "p", "c", ""]
USER: Class = "u"
STAFF: Class = "s"
PROVIDER: Class = "p"
CONFIRM: Class = "c"  # asks whether a held order is really his
_CLASSES: tuple[Class, ...] = (USER, STAFF, PROVIDER)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_SIGNED = r"([0-9a-z]{1,8})\.([0-9a-z]{1,8})\.([0-9a-z]{1,6})\.([0-9a-z]{8,32})\.([0-9a-z]{16})"
_ID = re.compile(rf"m1\.{_SIGNED}@[a-z0-9.-]{{1,253}}")
_REPLY_TO = re.compile(rf"[^+@]{{1,64}}\+r1\.{_SIGNED}@[^@]{{1,253}}")
_CODE = re.compile(r"~([0-9a-z]{10})(?![0-9a-z])")
# Whatever looks like one of ours, in whichever case, also as links carry it.
_ANY = re.compile(
    r"(?:[\w.-]{0,64}\+)?\b[mr]1(?:\.[0-9a-z]{1,32}){4}\.[0-9a-z]{16}(?:@[a-z0-9.-]{1,253})?|(?:~|%7e)[0-9a-z]{10}(?![0-9a-z])",
    re.IGNORECASE | re.ASCII,
)
_EPOCH = date(2020, 1, 1)
_CODE_DAYS = 15
# Days for which an answer to a letter proves its reader; a letter proves that it was ours (to a bounce) for the longest.
VALID_DAYS = 45
_VALID: Mapping[str, int] = {USER: 45, PROVIDER: 45, STAFF: 14, CONFIRM: 2}
_NONCE = 12  # hex digits behind the class
_MOST_CODES = 3


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Secret keys by id; `current` signs, all verify."""

    keys: Mapping[str, bytes]
    current: str

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.keys)})"


@dataclass(frozen=True, slots=True)
class Token:
    """What a carrier proved: a letter about `ticket` went to the sender as one of `kind`; `held`: the mail whose orders it
    asks about, if it does."""

    ticket: int
    kind: Class
    held: int = 0


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def _mac(key: bytes, characters: int, *parts: object) -> str:
    digest = hmac.digest(key, "\x1f".join(map(str, parts)).encode("utf-8"), "sha256")
    number = int.from_bytes(digest, "big")
    return "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in range(characters))


def _day(today: date) -> int:
    return (today - _EPOCH).days


def nonce(kind: Class, random: str, held: int = 0) -> str:
    """What makes a letter unique and says to whom it speaks; `random`: 12 hex digits."""
    return f"{kind}{random}{base36(held) if held else ''}"


def message_id(ring: KeyRing, ticket: int, address: str, nonce: str, today: date, domain: str) -> str:
    """The Message-ID (no brackets) of a letter about `ticket` to `address`; `nonce` makes it unique (8-32 of [0-9a-z])."""
    return f"m1.{_signed(ring, 'letter', ticket, address, nonce, today)}@{domain.lower()}"


def reply_to(ring: KeyRing, ticket: int, address: str, nonce: str, today: date, desk: str) -> str:
    """The desk's address with a token between its name and the @, for mailboxes that take such (RFC 5233)."""
    local, _, domain = desk.rpartition("@")
    return f"{local}+r1.{_signed(ring, 'reply', ticket, address, nonce, today)}@{domain}"


def _signed(ring: KeyRing, purpose: str, ticket: int, address: str, nonce: str, today: date) -> str:
    day = base36(_day(today))
    mac = _mac(ring.keys[ring.current], 16, purpose, ticket, day, nonce, address.lower())
    return f"{ring.current}.{base36(ticket)}.{day}.{nonce}.{mac}"


def looks_ours(message_id: str) -> bool:
    """It has the form of our ids; whether it is genuine only `ticket_of` tells."""
    return _ID.fullmatch(message_id.lower()) is not None


def looks_given(address: str) -> bool:
    """It has the form of a Reply-To address of ours."""
    return _REPLY_TO.fullmatch(address.lower()) is not None


def ticket_of(message_id: str, addresses: Iterable[str], ring: KeyRing, today: date) -> int | None:
    """The ticket of a letter that we did send to one of these addresses, not longer ago than VALID_DAYS; else None."""
    found = _verified(_ID.fullmatch(message_id.lower()), "letter", addresses, ring, today)
    return found[0].ticket if found else None


def opened(message_id: str, addresses: Iterable[str], ring: KeyRing, today: date) -> Token | None:
    """What answering the letter with this Message-ID proves about whoever has these addresses."""
    return _still_good(_verified(_ID.fullmatch(message_id.lower()), "letter", addresses, ring, today))


def replied(address: str, addresses: Iterable[str], ring: KeyRing, today: date) -> Token | None:
    """What writing to this Reply-To address of ours proves."""
    return _still_good(_verified(_REPLY_TO.fullmatch(address.lower()), "reply", addresses, ring, today))


def _still_good(found: tuple[Token, int] | None) -> Token | None:
    return found[0] if found and found[1] <= _VALID.get(found[0].kind, 0) else None


def _verified(
    match: re.Match[str] | None, purpose: str, addresses: Iterable[str], ring: KeyRing, today: date
) -> tuple[Token, int] | None:
    """The token and its age in days."""
    if match is None:
        return None
    kid, ticket36, day36, nonce, mac = match.groups()
    key = ring.keys.get(kid)
    age = _day(today) - int(day36, 36)
    if key is None or not 0 <= age <= VALID_DAYS:
        return None
    ticket = int(ticket36, 36)
    for address in addresses:
        expected = _mac(key, 16, purpose, ticket, day36, nonce, address.lower())
        if base36(ticket) == ticket36 and hmac.compare_digest(mac, expected):
            kind: Class = next((known for known in (*_CLASSES, CONFIRM) if nonce[0] == known), "")
            held = nonce[1 + _NONCE :] if kind == CONFIRM else ""
            return Token(ticket, kind, int(held, 36) if held else 0), age
    return None


def code(ring: KeyRing, ticket: int, address: str, today: date, kind: Class = USER) -> str:
    """The short code that a button carries in its subject: `~k7q2m9x4ab`."""
    return "~" + _mac(ring.keys[ring.current], 10, "code", kind, ticket, _day(today) // _CODE_DAYS, address.lower())


def confirm_code(ring: KeyRing, ticket: int, address: str, held: int) -> str:
    """The code of the question whether the orders of mail `held` are his. The question's own row says how long it is good."""
    return "~" + _mac(ring.keys[ring.current], 10, "confirm", ticket, held, address.lower())


def carried(text: str, ticket: int, addresses: Iterable[str], ring: KeyRing, today: date) -> Token | None:
    """What the first codes in this text prove about whoever has these addresses, on this ticket."""
    given = _CODE.findall(unhyphenated(text).lower())[:_MOST_CODES]
    fortnight = _day(today) // _CODE_DAYS
    named = tuple(addresses)
    return next(
        (
            Token(ticket, kind)
            for written in given
            for key in ring.keys.values()
            for period in (fortnight, fortnight - 1)
            for kind in _CLASSES
            for address in named
            if hmac.compare_digest(written, _mac(key, 10, "code", kind, ticket, period, address.lower()))
        ),
        None,
    )


def confirms(text: str, ticket: int, addresses: Iterable[str], held: Iterable[int], ring: KeyRing) -> Token | None:
    """Which of the questions about these held mails the codes in this text answer."""
    given = _CODE.findall(text.lower())[:_MOST_CODES]
    named, waiting = tuple(addresses), tuple(held)
    return next(
        (
            Token(ticket, CONFIRM, mail)
            for written in given
            for key in ring.keys.values()
            for mail in waiting
            for address in named
            if hmac.compare_digest(written, _mac(key, 10, "confirm", ticket, mail, address.lower()))
        ),
        None,
    )


def has_code(text: str) -> bool:
    return _CODE.search(text.lower()) is not None


def without_codes(subject: str) -> str:
    return " ".join(_CODE.sub(" ", subject).split())


def scrubbed(text: str) -> str:
    """The text without anything that looks like a token of ours: what one person writes is shown to another (S-22).

    >>> scrubbed("RE: [BASE-1-R] #resuelto ~k7q2m9x4ab gracias")
    'RE: [BASE-1-R] #resuelto ~… gracias'
    """
    return _ANY.sub("~…", text) if "~" in text or "1." in text or "%7" in text else text
