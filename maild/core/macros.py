"""«#plantilla toner»: the orders and the words that an institution gives again and again, under one name (FEATURES G31)."""

from __future__ import annotations

from dataclasses import dataclass

from maild.core import orders
from maild.core.orders import Order
from maild.core.rulebook import Rulebook
from maild.core.strict import lexicon
from maild.core.values import Reason, because


@dataclass(frozen=True, slots=True)
class Spoken:
    """The orders of a mail and its words, with those of its macros in their place."""

    found: tuple[Order, ...]
    text: str


def expanded(found: tuple[Order, ...], text: str, book: Rulebook) -> Spoken | Reason:
    """Each macro named becomes its orders; its words stand above those of the mail. A macro names no other."""
    given: list[Order] = []
    words: list[str] = []
    for order in found:
        verb = book.verbs.get(order.verb)
        if verb is None or verb.act != "template":
            given.append(order)
            continue
        macro = book.macros.get(order.value)
        if macro is None:
            return because("unknown-value", order=order.verb, words=order.text, known=", ".join(book.macros))
        inside = orders.read(macro.orders, "", "", lexicon(book), book.mark_key)
        given += [each for each in inside if not each.verb or book.verbs[each.verb].act != "template"]
        words.append(macro.text.strip())
    if not words:
        return Spoken(found, text)
    above = "\n".join(line for line in text.splitlines() if line.strip().startswith(("#", "!", "/")))
    own = orders.words(text, lexicon(book))
    return Spoken(tuple(given), "\n\n".join(part for part in (above, *words, own) if part))
