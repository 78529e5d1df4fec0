"""What each kind of order does by itself, besides the move that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from maild.core import beside, merging, when
from maild.core.catalogue import Service
from maild.core.draft import Draft
from maild.core.effects import Assign, Close, Issue, RemoveToken, SetField, SetState, Tell
from maild.core.following import follow
from maild.core.needs import DOCUMENT
from maild.core.orders import Order
from maild.core.rulebook import Act, Rulebook, Verb
from maild.core.subject import TITLE_LENGTH
from maild.core.values import Address, Author, Reason, because
from maild.core.words import fold


@dataclass(frozen=True, slots=True)
class Deed:
    """One order on one ticket, to be done."""

    draft: Draft
    number: int
    verb: Verb
    order: Order
    author: Author


def do(draft: Draft, number: int, verb: Verb, order: Order, author: Author) -> Reason | None:
    """The order's own deed, or why it cannot be done."""
    act = _DEEDS.get(verb.act)
    return act(Deed(draft, number, verb, order, author)) if act else None


def _take(deed: Deed) -> None:
    name = deed.author.person.name if deed.author.person else deed.author.name
    deed.draft.do(Assign(deed.number, Address(deed.author.address, name)))


def _assign(deed: Deed) -> None:
    if (person := deed.draft.said.named) is not None:
        deed.draft.do(Assign(deed.number, Address(person.address, person.name)))


def _level(deed: Deed) -> Reason | None:
    """The ticket goes to a level; to the agent named, or to the only one there is."""
    book, office = deed.draft.office.book, deed.draft.office
    if not deed.order.value:
        return None
    if book.levels and deed.order.value not in book.levels:
        return because("unknown-value", order=deed.verb.key, words=deed.order.value, known=", ".join(book.levels))
    deed.draft.do(Tell(deed.number, book.fact_for("level"), deed.order.value))
    level = book.levels.get(deed.order.value)
    named = deed.draft.said.named
    people = (named,) if named else office.directory.in_role(level.role) if level else ()
    if len(people) == 1 and people[0] and _is_agent(deed.draft, people[0].role):
        deed.draft.do(Assign(deed.number, Address(people[0].address, people[0].name)))
    return None


def _is_agent(draft: Draft, role: str) -> bool:
    known = draft.office.book.roles.get(role)
    return known is not None and known.kind in ("agent", "desk")


def _type(deed: Deed) -> Reason | None:
    key = choice(deed.order.value, deed.draft.office.book.types)
    if not key:
        return because(
            "unknown-value", order=deed.verb.key, words=deed.order.text, known=", ".join(deed.draft.office.book.types)
        )
    deed.draft.do(SetField(deed.number, "type", key))
    return None


def _priority(deed: Deed) -> Reason | None:
    known = deed.draft.office.book.priorities
    key = priority(deed.order.value, deed.draft.office.book) if known else deed.order.value
    if not key:
        return because("unknown-value", order=deed.verb.key, words=deed.order.text, known=", ".join(known))
    deed.draft.do(SetField(deed.number, "priority", key))
    return None


def choice(value: str, known: Mapping[str, str]) -> str:
    return next((key for key, label in known.items() if value and value in (fold(key), fold(label))), "")


def priority(value: str, book: Rulebook) -> str:
    """The priority with this key, label or other word; a number counts from the most urgent one."""
    if value.isdigit() and 0 < int(value) <= len(book.priorities):
        return tuple(book.priorities)[int(value) - 1]
    return choice(value, book.priorities) or choice(book.synonyms.get(value, ""), book.priorities)


def value_of(book: Rulebook, word: str, values: tuple[str, ...]) -> str:
    """The value that a word stands for: itself, or what it is another word for («yes» → si)."""
    folded = fold(word)
    return folded if folded in values else book.synonyms.get(folded, folded)


def set_service(draft: Draft, number: int, words: str, order: str) -> Reason | None:
    """The row of the catalogue that these words name: its key, number, name or another spelling. No own catalogue: as told."""
    services = draft.office.book.services
    found = find_service(words, services.values())
    if found is None and not draft.office.book.own_catalogue:
        _unsort(draft, number, "service", words)
        return None
    if found is None:
        return because("unknown-value", order=order, words=words, known=", ".join(list(services)[:25]))
    draft.do(SetField(number, "category", found.category))
    draft.do(SetField(number, "subcategory", found.name))
    draft.do(SetField(number, "service", found.key))
    return None


def _unsort(draft: Draft, number: int, told: str, words: str) -> None:
    """What a person told instead of a row of `base`; what was guessed from its words goes."""
    ticket = draft.walks[number].ticket
    for field in ("category", "subcategory", "service"):
        if field == told or getattr(ticket, field):
            draft.do(SetField(number, field, words if field == told else ""))


def find_service(words: str, services: Iterable[Service]) -> Service | None:
    """The row with this key, number or spelling; a name counts only where no other row has it too."""
    wanted, rows = fold(words).strip(), tuple(services)
    for each in rows:
        if wanted in (fold(each.key), each.number, *each.spellings):
            return each
    named = [each for each in rows if wanted == fold(each.name)]
    return named[0] if len(named) == 1 else None


def _service(deed: Deed) -> Reason | None:
    services = deed.draft.office.book.services.values()
    words = deed.order.text if find_service(deed.order.text, services) else deed.order.value
    return set_service(deed.draft, deed.number, words, deed.verb.key)


def _category(deed: Deed) -> Reason | None:
    book = deed.draft.office.book
    if book.own_catalogue or find_service(deed.order.text, book.services.values()):
        return _service(deed)
    _unsort(deed.draft, deed.number, "category", deed.order.text)
    return None


def _fact(deed: Deed) -> Reason | None:
    if not deed.order.value:
        return None
    value = value_of(deed.draft.office.book, deed.order.value, deed.verb.values)
    if deed.verb.values and value not in deed.verb.values:
        return because("unknown-value", order=deed.verb.key, words=deed.order.value, known=", ".join(deed.verb.values))
    deed.draft.do(Tell(deed.number, deed.verb.key, value))
    return None


def _document(deed: Deed) -> Reason | None:
    known = deed.draft.office.book.documents
    if known and deed.order.value not in known:
        return because("unknown-value", order=deed.verb.key, words=deed.order.text, known=", ".join(known))
    held = sum(1 for key, _ in deed.draft.walks[deed.number].ticket.facts if key.startswith(DOCUMENT))
    files = [file.filename for file in deed.draft.said.attachments] or [""]
    deed.draft.do(Tell(deed.number, DOCUMENT + deed.order.value, files[min(held, len(files) - 1)] or deed.order.value))
    return None


def _form(deed: Deed) -> None:
    """Make out a numbered form of the lines «word: …» that the mail brings."""
    year = deed.draft.now.astimezone(deed.draft.office.book.calendar.zone).year
    issued = sum(isinstance(e, Issue) and e.document == deed.verb.key for e in deed.draft.effects)
    serial = f"{dict(deed.draft.kin.serials).get(deed.verb.key, 1) + issued:03d}-{year}"
    lines = tuple(line.strip() for line in deed.draft.said.text.splitlines() if ":" in line and ";" in line)
    deed.draft.do(Issue(deed.number, deed.verb.key, serial, lines))
    deed.draft.do(Tell(deed.number, deed.verb.key, serial))


def _void(deed: Deed) -> None:
    for token in deed.draft.walks[deed.number].ticket.tokens:
        deed.draft.do(RemoveToken(deed.number, token.id))
    walk = deed.draft.walks[deed.number]
    if not walk.ticket.is_closed:
        book = deed.draft.office.book
        deed.draft.do(SetState(deed.number, next(s.key for s in book.states.values() if s.kind == "closed")))
        deed.draft.do(Close(deed.number, deed.verb.closing or deed.verb.key, deed.draft.now))
        parent = deed.draft.parent(walk.ticket)
        if parent is not None:
            parent.child_closed(walk.ticket.parent_token, deed.verb.closing or deed.verb.key)


def _duplicate(deed: Deed) -> None:
    merging.merge(deed.draft, deed.number, next(t for t in deed.draft.kin.named if t.number != deed.number))
    _void(deed)


def _keep(deed: Deed) -> Reason | None:
    """What the order says becomes the fact of its name: a date and a span as such."""
    verb, order, draft = deed.verb, deed.order, deed.draft
    value = order.text
    if "date" in verb.takes:
        found, _ = when.longest(order.args, draft.now, draft.office.book.calendar)
        if found is None:
            return because("needs-date", order=verb.key)
        value = str(found)
    elif "span" in verb.takes and (span := draft.said.span) is not None:
        value = str(span)
    draft.do(Tell(deed.number, verb.key, value))
    return None


def _title(deed: Deed) -> Reason | None:
    if not deed.order.args:
        return because("needs-text", order=deed.verb.key)
    deed.draft.do(SetField(deed.number, "title", deed.order.text[:TITLE_LENGTH]))
    return None


def _confirm(deed: Deed) -> Reason:
    return because("nothing-held", order=deed.verb.key)


def _unmerge(deed: Deed) -> Reason | None:
    return merging.unmerge(deed.draft, deed.number, deed.verb.key)


def _follow(deed: Deed) -> None:
    _following(deed, on=True)


def _leave(deed: Deed) -> None:
    _following(deed, on=False)


def _following(deed: Deed, *, on: bool) -> None:
    person = deed.author.person
    follow(deed.draft, deed.number, person.address if person else deed.author.address, on=on)


def _copy(deed: Deed) -> Reason | None:
    return beside.copy(deed.draft, deed.number, deed.order)


def _remind(deed: Deed) -> Reason | None:
    return beside.remind(deed.draft, deed.number, deed.order, deed.author)


def _link(deed: Deed) -> Reason | None:
    return beside.link(deed.draft, deed.number, deed.order)


def _alone(deed: Deed) -> Reason:
    """It is about no ticket, and beside orders that are it would get lost."""
    return because("order-alone", order=deed.verb.key)


_DEEDS: Mapping[Act, Callable[[Deed], Reason | None]] = {
    "take": _take,
    "assign": _assign,
    "level": _level,
    "type": _type,
    "priority": _priority,
    "category": _category,
    "service": _service,
    "fact": _fact,
    "document": _document,
    "form": _form,
    "void": _void,
    "duplicate": _duplicate,
    "keep": _keep,
    "title": _title,
    "confirm": _confirm,
    "unmerge": _unmerge,
    "follow": _follow,
    "leave": _leave,
    "copy": _copy,
    "remind": _remind,
    "link": _link,
    **dict.fromkeys(("mine", "queue", "search", "sheet", "away", "back"), _alone),
}
