"""Mails that mean something by themselves: which rule of mails.toml understands one, and what it reads in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from maild.core.rulebook import MailRule, Rulebook
from maild.core.ticket import Ticket
from maild.core.values import Mail
from maild.core.words import fold

# `finds` of a rule that looks for tickets by who wrote.
REQUESTER = "requester"
_LINE = re.compile(r"^\s*([^:\n]{1,40}?)\s*:\s*(.{1,200}?)\s*$", re.MULTILINE)
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Understood:
    """A rule that fits a mail, and the facts it tells: those read in it and the rule's own."""

    rule: MailRule
    facts: tuple[tuple[str, str], ...]


def understood(mail: Mail, role: str, book: Rulebook) -> tuple[Understood, ...]:
    """Every rule that fits, in the order of the file."""
    if not role or not book.mails:
        return ()
    subject, text = fold(mail.subject), fold(mail.text[:_LONGEST])
    groups = {role, *book.groups(role)}
    return tuple(
        Understood(rule, _facts(rule, mail))
        for rule in book.mails.values()
        if groups & set(rule.sender) and _fits(rule, subject, text)
    )


def _fits(rule: MailRule, subject: str, text: str) -> bool:
    if rule.subject and not any(_stands(word, subject) for word in rule.subject):
        return False
    return not rule.words or any(_stands(word, f"{subject}\n{text}") for word in rule.words)


def _stands(word: str, text: str) -> bool:
    """Whether the words stand in the text as words, not inside others."""
    position = text.find(word)
    while position >= 0:
        end = position + len(word)
        if not _joins(text[position - 1 : position]) and not _joins(text[end : end + 1]):
            return True
        position = text.find(word, position + 1)
    return False


def _joins(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _facts(rule: MailRule, mail: Mail) -> tuple[tuple[str, str], ...]:
    lines: Mapping[str, str] = {fold(label): value for label, value in _LINE.findall(mail.text[:_LONGEST])}
    read = {fact: lines[label] for fact, label in rule.read.items() if label in lines}
    return (*read.items(), *rule.tell.items())


def names(mail: Mail, value: str) -> bool:
    """Whether the mail names this value: the code of a machine, the name of a job."""
    return bool(value) and _stands(fold(value), fold(f"{mail.subject}\n{mail.text[:_LONGEST]}"))


def belongs(found: Understood, mail: Mail, tickets: Iterable[Ticket], book: Rulebook) -> Ticket | None:
    """The ticket among these that waits for this mail: it stands on a step that listens to the rule."""
    places = book.waits_for(found.rule.key)
    waiting = (t for t in tickets if any((k.procedure, k.step) in places for k in t.tokens if k.live))
    if found.rule.finds == REQUESTER:
        return next(iter(waiting), None)
    return next((t for t in waiting if names(mail, t.fact(found.rule.finds) or "")), None)


def joins(found: Understood, tickets: Iterable[Ticket]) -> Ticket | None:
    """The open ticket about the very same thing, which takes the mail in without a word."""
    told = dict(found.facts)
    return next(
        (t for t in tickets if all(told.get(k) and t.fact(k) == told[k] for k in found.rule.joins)),
        None,
    )
