"""Effects kept beside the tickets: orders that wait for their author's word, orders that can be taken back, expected mails that came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class Undoable:
    """What this decision does may be taken back until then by who ordered it: kept beside the tickets as they stood.

    `wait`: how long its letters to people outside the desk stay here meanwhile.
    """

    number: int
    by: str
    orders: str
    until: datetime
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail came that a recurring clock expects; `at` is when the server received it."""

    number: int
    clock: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Undo:
    """What was kept as `of` is taken back, once. `cancelled` are its letters that had not left: they never will."""

    number: int
    of: int
    cancelled: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HoldOrders:
    """The orders of mail `mail` wait until whoever has `address` (the registered one) says that they are his."""

    number: int
    mail: int
    address: str
    until: datetime


@dataclass(frozen=True, slots=True)
class EndHold:
    """Held orders wait no longer: they were done, denied, refused, or the ticket had changed."""

    number: int
    mail: int
    outcome: Literal["done", "denied", "refused", "changed"]


@dataclass(frozen=True, slots=True)
class Guessed:
    """This address bore a token that nobody gave it."""

    number: int
    address: str


@dataclass(frozen=True, slots=True)
class Present:
    """Whoever has this address is back, whatever he said before; and whatever the directory says of an absence that has begun
    and ends by `until` (None: it says of none)."""

    number: int
    address: str
    until: date | None = None
