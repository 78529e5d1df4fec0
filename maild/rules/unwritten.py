"""The letters that the rules send, and those of them that nobody has written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from maild.core.letters import LANGUAGES
from maild.core.moves import LetterTo
from maild.core.rulebook import Rulebook
from maild.errors import Problem
from maild.forms import offer

# With whose words people of a relation are written to, when they have no role that says so.
_AUDIENCES = {"requester": "user", "responsible": "technician", "provider": "provider", "providers": "provider"}


class Written(Protocol):
    """What has been written: the composer of letters."""

    @property
    def templates(self) -> Collection[str]: ...
    def has(self, template: str, audience: str, language: str) -> bool: ...


def letters_of(book: Rulebook) -> Iterator[LetterTo]:
    """Every letter that some step, clock, order or mail sends."""
    for _, step in book.all_steps():
        yield from step.turn
        yield from step.child.letters if step.child else ()
        for move in step.moves:
            yield from move.letters
    owned = (owner.letters for group in (book.clocks, book.mails, book.verbs) for owner in group.values())
    for letters in (*owned, book.reopening.letters):
        yield from letters
    for letters in (*book.letters.values(), *(book.ladder.of(clock) for clock in book.clocks.values())):
        yield from letters


def problems(book: Rulebook, written: Written) -> Iterator[Problem]:
    """Letters that the rules send and that some reader would not get in some language."""
    wanted = set()
    for letter in letters_of(book):
        for to in letter.to.split("|"):
            role = book.roles.get(to)
            audience = role.audience if role else _AUDIENCES.get(to, "user" if to in ("list", "creator") else "")
            if audience and not (role and role.kind == "machine"):
                wanted.add((letter.template, audience))
    for template, audience in sorted(wanted):
        for language in LANGUAGES:
            if not written.has(template, audience, language):
                meant = "" if template in written.templates else offer(template, written.templates)
                place = f"templates/{language}/{audience}/{template}.md.j2"
                yield Problem(place, "", f"las reglas envían la carta «{template}» y no está escrita{meant}")
