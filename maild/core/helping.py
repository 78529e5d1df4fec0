"""What somebody may do now on a ticket: the moves of the steps where it stands, then the orders that are his anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from maild.core.office import Office
from maild.core.rulebook import Verb
from maild.core.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Possible:
    """An order with its value, if it has one. `moves`: a step waits for it; else it may be given wherever the ticket stands."""

    verb: Verb
    value: str
    moves: bool

    @property
    def words(self) -> str:
        return f"#{self.verb.key} {self.value}".strip()

    def told(self, language: str) -> str:
        """The order and what it does: «#tomar: lo atiendo yo»."""
        about = self.verb.about.get(language, "")
        return f"{self.words}: {about}" if about else self.words

    def label(self, language: str) -> str:
        """What its button says; the value only where the words of the verb do not tell it."""
        said = self.verb.button.get(language, "")
        return f"{said} {self.value}".strip() if said else self.words


def possible(office: Office, ticket: Ticket, standing: frozenset[str]) -> tuple[Possible, ...]:
    """Each once, the moves first."""
    found = {each.words: each for each in (*_anywhere(office, standing), *_moves(office, ticket, standing))}
    return tuple(sorted(found.values(), key=lambda each: not each.moves))


def _moves(office: Office, ticket: Ticket, standing: frozenset[str]) -> Iterator[Possible]:
    for trigger in office.awaited(ticket, standing):
        if trigger.verb in office.book.verbs:
            yield Possible(office.book.verbs[trigger.verb], trigger.value, moves=True)


def _anywhere(office: Office, standing: frozenset[str]) -> Iterator[Possible]:
    for verb in office.book.verbs.values():
        if standing & set(verb.by) and verb.act not in ("register", "begin"):
            yield Possible(verb, "", moves=False)
