"""Orders that leave the procedure as it is: who hears of the ticket as well, when to be reminded, what it has to do with another."""

from __future__ import annotations

from maild.core import merging, when
from maild.core.draft import Draft
from maild.core.effects import Tell
from maild.core.orders import Order
from maild.core.subject import mark
from maild.core.values import Address, Author, Reason, because

# Facts of the engine's own: who wants to be reminded, and of what.
REMINDED = "_remind"
SAYS = "_says."


def copy(draft: Draft, number: int, order: Order) -> Reason | None:
    """«#copiar ana, -beto»: who hears of the ticket like whoever asked, and who no longer does. Nobody from outside
    (RELIABILITY S-01)."""
    have = {a.address: a for a in merging.others(draft.walks[number].ticket)}
    for words in _names(draft, order):
        gone = words.startswith("-")
        found = _address(draft, words.lstrip("+-").strip("<>(),;"))
        if isinstance(found, Reason):
            return Reason(found.code, (("order", order.verb), *found.facts))
        if gone:
            have.pop(found.address, None)
        elif found.address != draft.walks[number].ticket.requester.address:
            have[found.address] = found
    merging.take_part(draft, number, tuple(have.values()))
    return None


def _names(draft: Draft, order: Order) -> list[str]:
    """Each word by itself, or all of them together where that is somebody's name."""
    whole = order.text.strip()
    if len(draft.office.find_person(whole.lstrip("+-"))) == 1:
        return [whole]
    return [part for part in whole.replace(",", " ").replace(";", " ").split() if part.strip("+-")]


def _address(draft: Draft, words: str) -> Address | Reason:
    people = draft.office.find_person(words)
    if len(people) == 1:
        return Address(people[0].address, people[0].name)
    if people:
        return because("which-person", words=words, people=", ".join(p.key for p in people[:5]))
    if "@" in words and draft.office.directory.is_own_domain(words.lower()):
        return Address(words.lower())
    return because("copy-outside" if "@" in words else "unknown-person", words=words)


def remind(draft: Draft, number: int, order: Order, author: Author) -> Reason | None:
    """«#recordar viernes 10am: llamar al proveedor»: whoever says so is written to at that time. The newest one counts."""
    book = draft.office.book
    found, count = when.longest(order.args, draft.now, book.calendar)
    clock = next((key for key, each in book.clocks.items() if each.given_by == order.verb), "")
    if found is None or not clock:
        return because("needs-date", order=order.verb)
    address = author.person.address if author.person else author.address
    draft.do(Tell(number, order.verb, str(found)))
    draft.do(Tell(number, REMINDED, address))
    draft.do(Tell(number, SAYS + order.verb, " ".join(order.args[count:]) or draft.said.words))
    draft.walks[number].start(clock, 0)
    return None


def link(draft: Draft, number: int, order: Order) -> Reason | None:
    """The two tickets name each other."""
    book = draft.office.book
    other = next(t for t in draft.kin.named if t.number != number)
    draft.walk(other)
    for here, there in ((number, other.number), (other.number, number)):
        marks = (draft.walks[here].ticket.fact(order.verb) or "").split()
        new = mark(book.mark_key, there)
        draft.do(Tell(here, order.verb, " ".join((*(m for m in marks if m != new), new))))
    return None
