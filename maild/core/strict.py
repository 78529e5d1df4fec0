"""When a word without its sign is an order: every argument valid, and this person's to give on this ticket (COMMANDS.md §3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from maild.core import subject, when
from maild.core.doing import choice, find_service, priority, value_of
from maild.core.lexicon import Lexicon
from maild.core.office import Office
from maild.core.orders import Order
from maild.core.people import named
from maild.core.rulebook import Rulebook, Verb
from maild.core.ticket import Ticket
from maild.core.values import Author
from maild.core.words import fold


@lru_cache(maxsize=16)
def lexicon(book: Rulebook) -> Lexicon:
    """Every word that means something in this institution: worked out once for a rulebook, which never changes."""
    return Lexicon.of(book.verbs, {key: book.facts.get(key, ()) for key in book.told}, book.polite)


@dataclass(frozen=True, slots=True)
class Strict:
    """Asked about each order that bears no sign."""

    office: Office
    ticket: Ticket
    author: Author
    standing: frozenset[str]
    now: datetime

    def __call__(self, order: Order) -> bool:
        verb = self.office.book.verbs.get(order.verb)
        if verb is None or self.office.unproved(verb, self.author) or not all(map(self._fact, order.facts)):
            return False
        if not self._awaited(verb) and (verb.awaited or not self.office.book.may_ever(verb, self.standing)):
            return False
        # What stands behind the verb's own colon is free text; any other argument must be one that the verb takes.
        talks = bool(_TALK & set(verb.takes))
        free = (talks and order.free == 0) or (bool(verb.alone) and order.free > 0)
        return self._valid(verb, order.args[: order.free] if free else order.named)

    def waited(self) -> frozenset[str]:
        """The verbs for which some step waits from this person."""
        return frozenset(trigger.verb for trigger in self.office.awaited(self.ticket, self.standing))

    def _fact(self, fact: tuple[str, str]) -> bool:
        key, value = fact
        known = self.office.book.facts.get(key, ())
        return (
            key in self.office.book.told
            and bool(value)
            and (not known or value_of(self.office.book, value, known) in known)
        )

    def _awaited(self, verb: Verb) -> tuple[str, ...]:
        """The values with which some step waits for this order from this person; ('',) for the order alone."""
        return tuple(
            trigger.value for trigger in self.office.awaited(self.ticket, self.standing) if trigger.verb == verb.key
        )

    def _moves(self, verb: Verb, said: tuple[str, ...]) -> bool:
        return len(said) == 1 and bool(said[0]) and fold(said[0]) in map(fold, self._awaited(verb))

    def _valid(self, verb: Verb, said: tuple[str, ...]) -> bool:
        if not said:
            return not verb.takes or verb.takes[0] in _OPTIONAL
        if self._moves(verb, said):
            return True
        if "level" in verb.takes and said[0] in {*_LEVELS, *self.office.book.levels}:
            return len(said) == 1 or self._accepts("person", verb, " ".join(said[1:]))
        return any(self._accepts(kind, verb, " ".join(said)) for kind in verb.takes)

    def _accepts(self, kind: str, verb: Verb, words: str) -> bool:
        accepts = _KINDS.get(kind)
        return accepts is not None and accepts(self, verb, words)


_TALK = frozenset(("text", "title"))
_OPTIONAL = frozenset(("text", "title", "level", "date"))
_LEVELS = frozenset("1234")


def _is_person(asked: Strict, _verb: Verb, words: str) -> bool:
    return len(named(asked.office, words, asked.author)) == 1


def _is_provider(asked: Strict, _verb: Verb, words: str) -> bool:
    roles = asked.office.book.provider_roles()
    return len([p for p in asked.office.find_person(words) if p.role in roles]) == 1


def _is_type(asked: Strict, _verb: Verb, words: str) -> bool:
    return bool(choice(fold(words), asked.office.book.types))


def _is_priority(asked: Strict, _verb: Verb, words: str) -> bool:
    return bool(priority(fold(words), asked.office.book))


def _is_row(asked: Strict, _verb: Verb, words: str) -> bool:
    return find_service(words, asked.office.book.services.values()) is not None


def _is_value(asked: Strict, verb: Verb, words: str) -> bool:
    return bool(verb.values) and value_of(asked.office.book, words, verb.values) in verb.values


def _is_date(asked: Strict, _verb: Verb, words: str) -> bool:
    return when.moment(words, asked.now, asked.office.book.calendar) is not None


def _is_span(_asked: Strict, _verb: Verb, words: str) -> bool:
    return when.span(words) is not None


def _is_ticket(asked: Strict, _verb: Verb, words: str) -> bool:
    return len(subject.marks(words, asked.office.book.mark_key)) == 1


def _is_document(asked: Strict, _verb: Verb, words: str) -> bool:
    return fold(words) in asked.office.book.documents


_KINDS: Mapping[str, Callable[[Strict, Verb, str], bool]] = {
    "person": _is_person,
    "provider": _is_provider,
    "type": _is_type,
    "priority": _is_priority,
    "row": _is_row,
    "value": _is_value,
    "date": _is_date,
    "span": _is_span,
    "ticket": _is_ticket,
    "document": _is_document,
}
