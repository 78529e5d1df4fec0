"""Ordered filters: what a mail must look like, and what is done with it before or instead of what the words say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal

from maild.core.values import Author, Mail
from maild.core.vocabulary import Vocabulary
from maild.core.words import fold
from maild.core.worktime import Calendar

When = Literal["", "worktime", "off_hours"]
LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of filters.toml. Every condition that it names must hold; of several values of one, one.

    `patterns` are compiled elsewhere (RE2): each answers whether it stands in a text. `last`: the filters below are not asked.
    """

    key: str
    senders: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    patterns: tuple[Callable[[str], bool], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    when: When = ""
    service: str = ""
    type: str = ""
    priority: str = ""
    assign: str = ""
    route: str = ""
    tags: tuple[str, ...] = ()
    ignore: bool = False
    refuse: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Filtered:
    """What the filters that fit say, the first of them first; an earlier one's word stands."""

    fits: tuple[Filter, ...] = ()

    @property
    def ignored(self) -> Filter | None:
        return next((f for f in self.fits if f.ignore), None)

    @property
    def refused(self) -> Filter | None:
        return next((f for f in self.fits if f.refuse), None)

    def said(self, what: Literal["service", "type", "priority", "assign", "route"]) -> str:
        return next((value for f in self.fits if (value := getattr(f, what))), "")

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag for f in self.fits for tag in f.tags))


def fitting(
    mail: Mail, author: Author, now: datetime, filters: Iterable[Filter], vocabulary: Vocabulary, calendar: Calendar
) -> Filtered:
    """Every filter that fits the mail, in the order of the file, up to the first that says it is the last."""
    found: list[Filter] = []
    text = f"{mail.subject}\n{mail.new_text}"[:LONGEST_TEXT]
    concepts: frozenset[str] | None = None
    for each in filters:
        if concepts is None and each.words:
            concepts = frozenset(f.concept for f in vocabulary.read(text).found)
        if all(_conditions(each, mail, author, now, text, concepts or frozenset(), calendar)):
            found.append(each)
            if each.last or each.ignore or each.refuse:
                break
    return Filtered(tuple(found))


def _conditions(
    each: Filter,
    mail: Mail,
    author: Author,
    now: datetime,
    text: str,
    concepts: frozenset[str],
    calendar: Calendar,
) -> Iterator[bool]:
    """Whether each condition that the filter names holds; the cheap ones first."""
    person = author.person
    if each.senders:
        yield _any(each.senders, (author.address,))
    if each.areas:
        yield bool(person) and _any(each.areas, (person.area,) if person else ())
    if each.units:
        yield bool(person) and _any(each.units, (person.unit,) if person else ())
    if each.roles:
        yield author.role in each.roles
    if each.recipients:
        yield _any(each.recipients, (a.address for a in (*mail.to, *mail.cc)))
    if each.attachments:
        yield _any(each.attachments, (n for a in mail.attachments for n in (a.filename, a.content_type)))
    if each.when:
        yield calendar.is_worktime(now) == (each.when == "worktime")
    if each.headers:
        yield all(_any((wanted,), (_header(mail, name),)) for name, wanted in each.headers.items())
    if each.words:
        yield not concepts.isdisjoint(each.words)
    if each.patterns:
        yield any(stands(text) for stands in each.patterns)


def _header(mail: Mail, name: str) -> str:
    """The headers that a Mail keeps."""
    known = {
        "subject": mail.subject,
        "message-id": mail.message_id,
        "reply-to": " ".join(a.address for a in mail.reply_to),
        "content-language": mail.language,
    }
    return known.get(name.lower(), "")


HEADERS = ("subject", "message-id", "reply-to", "content-language")


def _any(wanted: Iterable[str], values: Iterable[str]) -> bool:
    """Whether some value is one of these: whole, or with * for any letters; accents and case aside."""
    given = [fold(value)[:300] for value in values if value]
    return any(fnmatchcase(value, fold(pattern)) for pattern in wanted for value in given)
