"""What the operator's verbs share: the opened house, tickets by number or mark, times and strangers' words made fit to show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from maild.cli.call import Call
from maild.core import subject
from maild.core.values import Reason
from maild.errors import UsageError

if TYPE_CHECKING:
    from maild.house import House


@contextmanager
def opened(call: Call) -> Iterator[House]:
    """The house of the configuration that counts."""
    from maild.house import House

    house = House.open(call.config())
    try:
        yield house
    finally:
        house.close()


def ticket_number(words: str, key: str) -> int:
    """The number of a ticket as a person writes it: 12, #12, BASE-12-N or [BASE-12-N]."""
    plain = words.strip().lstrip("#")
    if re.fullmatch(r"[0-9]{1,9}", plain):
        return int(plain)
    found = subject.marks(plain, key)
    if not found:
        example = subject.mark(key, 12)
        raise UsageError(f"«{visible(words)}» no es un ticket: escriba 12 o {example} (la letra comprueba el número)")
    return found[0]


def visible(words: object) -> str:
    """Strangers' words on a terminal: lines stay, and nothing that a terminal would obey is left."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in str(words).replace("\r\n", "\n"))


def one_line(words: object, limit: int = 60) -> str:
    line = " ".join(visible(words).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def moment(house: House, at: datetime | None) -> str:
    """A time on the desk's own clock."""
    return "" if at is None else f"{at.astimezone(house.config.desk.zone):%Y-%m-%d %H:%M}"


def mark(house: House, number: int) -> str:
    return subject.mark(house.desk.office.book.mark_key, number)


def state_label(house: House, key: str) -> str:
    state = house.desk.office.book.states.get(key)
    return state.label if state else key


def worded(house: House, kept: list[Any], language: str = "") -> list[str]:
    """Reasons as the journal keeps them, in sentences for a person."""
    wanted = language or house.config.desk.language
    reasons = [Reason(code, tuple((k, str(v)) for k, v in facts.items())) for code, facts in kept]
    return [visible(house.desk.composer.words_for(reason, wanted)) for reason in reasons]
