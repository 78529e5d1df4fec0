"""Whom the words of an order name. People are never guessed: nobody, or more than one, is a question back."""

from __future__ import annotations

from maild.core.lexicon import edits
from maild.core.office import Office
from maild.core.typography import plain
from maild.core.values import Author, Person
from maild.core.words import fold

_SMALL = frozenset(
    (
        "a",
        "al",
        "para",
        "to",
        "the",
        "el",
        "la",
        "los",
        "las",
        "ing",
        "ing.",
        "sr",
        "sr.",
        "sra",
        "sra.",
        "lic",
        "lic.",
        "don",
        "dona",
    )
)
_ONESELF = frozenset(("mi", "me", "yo", "mi mismo", "mi misma", "myself", "mim"))
_DEPUTY = ("suplente de ", "reemplazo de ", "deputy of ")
_MOST_WORDS = 6
_MOST_CHOICES = 5


def named(office: Office, words: str, author: Author | None = None) -> list[Person]:
    """The people of the desk whom these words mean: key, address, name, first name, «mí», «suplente de Ana», a unit's mailbox."""
    text = _without_small(plain(words))
    folded = fold(text)
    if folded in _ONESELF and author is not None and author.person is not None:
        return [author.person]
    for prefix in _DEPUTY:
        if folded.startswith(prefix):
            absent = _staff(office, folded.removeprefix(prefix))
            deputies = [office.directory.by_key(person.deputy) for person in absent if person.deputy]
            return [person for person in deputies if person is not None]
    return _staff(office, text) or _unit(office, folded)


def _without_small(words: str) -> str:
    pieces = words.split()
    while len(pieces) > 1 and fold(pieces[0]) in _SMALL:
        pieces = pieces[1:]
    return " ".join(pieces[:_MOST_WORDS])


def _staff(office: Office, words: str) -> list[Person]:
    return [p for p in office.find_person(words.strip("<>()")) if office.book.is_staff(p.role)]


def _unit(office: Office, folded: str) -> list[Person]:
    """The mailbox of a group, or the only one there is in it."""
    for key, role in office.book.roles.items():
        names = (fold(key), fold(role.label), fold(role.label.partition("(")[0]), fold(role.unit))
        if folded and folded in names and office.book.is_staff(key):
            mailbox = office.directory.mailboxes.get(key)
            if mailbox:
                return [Person(key, mailbox, role.label, key)]
            return list(office.directory.in_role(key))
    return []


def near(office: Office, words: str) -> tuple[str, ...]:
    """The keys of those whom misspelled words may mean: to be offered, never to be taken."""
    wanted = [w for w in fold(words).split()[:_MOST_WORDS] if len(w) > 2]
    found = []
    for person in office.directory.people:
        names = [
            fold(person.key),
            fold(person.address),
            fold(person.address).partition("@")[0],
            *fold(person.name).split(),
        ]
        if office.book.is_staff(person.role) and any(
            0 < edits(w, n) <= (1 if len(w) < 5 else 2) for w in wanted for n in names
        ):
            found.append(person.key)
    return tuple(found[:_MOST_CHOICES])
