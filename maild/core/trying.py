"""#probar: what the orders would do, told in a letter and undone."""

from __future__ import annotations

from maild.core.draft import Draft
from maild.core.effects import Decision, Keep, Send
from maild.core.moves import LetterTo
from maild.core.orders import Order
from maild.core.rulebook import Rulebook
from maild.core.ticket import Ticket
from maild.core.values import Reason, because


def tried(draft: Draft, before: Ticket, found: tuple[Order, ...], signs: tuple[Reason, ...]) -> Decision:
    """A letter that tells what would have happened; the ticket stays as it stood."""
    letters = Draft(draft.office, draft.now, draft.sender)
    walk = letters.walk(before)
    letters.do(Keep(before.number, "internal"))
    walk.send((LetterTo("prueba", "sender"),), told={"history": "\n".join(plan(draft, before, found))})
    reason = because("tried", orders=", ".join("#" + order.verb for order in found))
    return Decision(before.number, tuple(letters.effects), (reason, *signs))


def plan(draft: Draft, before: Ticket, found: tuple[Order, ...]) -> list[str]:
    """Orders, then what changes (old → new), then who would be written to."""
    book, after = draft.office.book, draft.walks[before.number].ticket
    lines = [" ".join(("#" + order.verb, *order.args, *("=".join(fact) for fact in order.facts))) for order in found]
    pairs = (
        (_state(book, before.state), _state(book, after.state)),
        (before.responsible.name if before.responsible else "", after.responsible.name if after.responsible else ""),
        (book.priorities.get(before.priority, before.priority), book.priorities.get(after.priority, after.priority)),
        (before.service, after.service),
        (book.types.get(before.type, before.type), book.types.get(after.type, after.type)),
        (before.title, after.title),
    )
    lines += [f"{old or '-'} → {new or '-'}" for old, new in pairs if old != new]
    sends = [effect for effect in draft.effects if isinstance(effect, Send)]
    return [*lines, *(f"✉ {each.template}: {each.to.name or each.to.address}" for each in sends)]


def _state(book: Rulebook, key: str) -> str:
    known = book.states.get(key)
    return known.label if known else key
