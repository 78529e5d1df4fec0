"""What a mail asks for, in one word, from the same words and orders by which the desk decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from maild.core import answers as answering
from maild.core import orders
from maild.core.orders import Fits, Order
from maild.core.rulebook import Answers, Rulebook
from maild.core.strict import lexicon
from maild.core.values import Mail


@dataclass(frozen=True, slots=True)
class Command:
    """An order as written, and where. `corrected_from` is the word that stands there where `verb` is only our guess at it."""

    verb: str
    args: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    place: Literal["subject", "body"]
    corrected_from: str = ""


def commands(mail: Mail, title: str, book: Rulebook, *, lenient: bool, fits: Fits | None = None) -> tuple[Command, ...]:
    """The orders of a mail, each once, with the place where it stands first. `lenient`: words that nobody knows are text,
    as they are with whoever neither serves the desk nor was called in."""
    found: dict[Order, Command] = {}
    words = lexicon(book)
    for place, head, text in (("subject", mail.subject, ""), ("body", "", mail.new_text)):
        for order in orders.read(head, title, text, words, book.mark_key, fits=None if found else fits):
            if order not in found and not (lenient and (not order.verb or words.is_signed(order.word))):
                found[order] = _command(order, "subject" if place == "subject" else "body")
    return tuple(found.values())


def _command(order: Order, place: Literal["subject", "body"]) -> Command:
    guessed = order.word if order.guess or order.corrected else ""
    return Command(order.verb or order.guess or order.word, order.args, order.facts, place, guessed)


def intent(mail: Mail, given: Sequence[Command], answers: Answers, *, continues: bool, provides: bool = False) -> str:
    """`none` for what no person wrote; the answer that the words or an order stand for; `command` for any other order; else a
    `request`, unless the mail only goes on with a conversation."""
    if not mail.kind.from_person:
        return "none"
    meaning = {verb: key for key, verb in answers.verbs.items()}
    if given:
        return next((meaning[c.verb] for c in given if c.verb in meaning), "command")
    said, _rest = answering.answer(mail.new_text, answers, standing=("providers",) if provides else ())
    return said or ("none" if continues else "request")
