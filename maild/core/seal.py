"""Signed ids: a letter's Message-ID and the short code of its buttons prove that a reply answers *our* letter to *this* person.

Message-ID: `m1.<kid>.<ticket>.<day>.<nonce>.<mac>@domain`, lower case only; mac = 80 bits of HMAC-SHA-256 over purpose, ticket,
day, nonce and the addressee. Code: 10 characters (50 bits), good for the fortnight of its day and the next one.
There is no form without mac, old keys verify until they leave the ring (RELIABILITY §4.8.4, S-04..S-06).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from maild.core.words import unhyphenated

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID = re.compile(
    r"m1\.([0-9a-z]{1,8})\.([0-9a-z]{1,8})\.([0-9a-z]{1,6})\.([0-9a-z]{8,32})\.([0-9a-z]{16})@[a-z0-9.-]{1,253}"
)
_CODE = re.compile(r"~([0-9a-z]{10})(?![0-9a-z])")
_EPOCH = date(2020, 1, 1)
_CODE_DAYS = 15
VALID_DAYS = 45


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Secret keys by id; `current` signs, all verify."""

    keys: Mapping[str, bytes]
    current: str

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.keys)})"


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def _mac(key: bytes, characters: int, *parts: object) -> str:
    digest = hmac.new(key, "\x1f".join(str(p) for p in parts).encode("utf-8"), hashlib.sha256).digest()
    number = int.from_bytes(digest, "big")
    return "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in range(characters))


def _day(today: date) -> int:
    return (today - _EPOCH).days


def message_id(ring: KeyRing, ticket: int, address: str, nonce: str, today: date, domain: str) -> str:
    """The Message-ID (no brackets) of a letter about `ticket` to `address`; `nonce` makes it unique (8-32 of [0-9a-z])."""
    day = base36(_day(today))
    mac = _mac(ring.keys[ring.current], 16, "letter", ticket, day, nonce, address.lower())
    return f"m1.{ring.current}.{base36(ticket)}.{day}.{nonce}.{mac}@{domain.lower()}"


def looks_ours(message_id: str) -> bool:
    """It has the form of our ids; whether it is genuine only `ticket_of` tells."""
    return _ID.fullmatch(message_id.lower()) is not None


def ticket_of(message_id: str, addresses: Iterable[str], ring: KeyRing, today: date) -> int | None:
    """The ticket of a letter that we did send to one of these addresses, not longer ago than VALID_DAYS; else None."""
    match = _ID.fullmatch(message_id.lower())
    if match is None:
        return None
    kid, ticket36, day36, nonce, mac = match.groups()
    key = ring.keys.get(kid)
    if key is None or not 0 <= _day(today) - int(day36, 36) <= VALID_DAYS:
        return None
    ticket = int(ticket36, 36)
    for address in addresses:
        expected = _mac(key, 16, "letter", ticket, day36, nonce, address.lower())
        if base36(ticket) == ticket36 and hmac.compare_digest(mac, expected):
            return ticket
    return None


def code(ring: KeyRing, ticket: int, address: str, today: date) -> str:
    """The short code that a button carries in its subject: `~k7q2m9x4ab`."""
    return "~" + _mac(ring.keys[ring.current], 10, "code", ticket, _day(today) // _CODE_DAYS, address.lower())


def carries_code(subject: str, ticket: int, addresses: Iterable[str], ring: KeyRing, today: date) -> bool:
    """Whether the subject carries a code of this ticket made for one of these addresses."""
    given = _CODE.findall(unhyphenated(subject).lower())
    fortnight = _day(today) // _CODE_DAYS
    return any(
        hmac.compare_digest(text, _mac(key, 10, "code", ticket, period, address.lower()))
        for text in given[:3]
        for key in ring.keys.values()
        for period in (fortnight, fortnight - 1)
        for address in addresses
    )


def without_codes(subject: str) -> str:
    return " ".join(_CODE.sub(" ", subject).split())
