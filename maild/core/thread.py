"""Which ticket a mail belongs to: what to look up, and how to choose among what the store knows. Never touches the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from maild.core import seal, subject
from maild.core.values import Mail, Reason, because


@dataclass(frozen=True, slots=True)
class Keys:
    """What a mail says about the conversation it continues: ids, newest first, and ticket numbers of its marks."""

    ids: tuple[str, ...]
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of the keys: the ticket of each message id, and which of the marks' tickets exist."""

    by_id: Mapping[str, int]
    existing: frozenset[int]


@dataclass(frozen=True, slots=True)
class Placement:
    """The ticket a mail speaks of (0: none), by which detector, and whether the sender answered a letter made for him."""

    number: int
    by: Reason
    answers_own_letter: bool = False


def keys(mail: Mail, mark_key: str) -> Keys:
    ids = dict.fromkeys((*mail.in_reply_to, *reversed(mail.references)))
    return Keys(tuple(ids), subject.marks(mail.subject, mark_key))


def choose(
    mail: Mail, addresses: Iterable[str], wanted: Keys, known: Known, ring: seal.KeyRing, today: date
) -> Placement:
    """The first detector that speaks: our signed id, the mark with its button code, any known id, the bare mark.

    `addresses` are those of the sender (one, or all of a known person).
    """
    mine = tuple(addresses)
    signed = (seal.ticket_of(i, mine, ring, today) for i in wanted.ids)
    number = next((n for n in signed if n), None)
    if number:
        return Placement(number, because("thread-signed-id"), answers_own_letter=True)
    marked = next((n for n in wanted.marks if n in known.existing), 0)
    if marked and seal.carries_code(mail.subject, marked, mine, ring, today):
        return Placement(marked, because("thread-button"), answers_own_letter=True)
    by_id = next((known.by_id[i] for i in wanted.ids if i in known.by_id), 0)
    if by_id:
        return Placement(by_id, because("thread-known-id"))
    if marked:
        return Placement(marked, because("thread-mark"))
    return Placement(0, because("thread-none"))
