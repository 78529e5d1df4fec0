"""Mails of machines: what one says, read by the shapes of rules/…/machines.toml. Python knows no product by its name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from maild.core.moves import LetterTo
from maild.core.subject import without_prefixes
from maild.core.values import Mail
from maild.core.words import fold

What = Literal["problem", "recovery", "notice"]
ShapeKind = Literal["monitor", "backup"]
# What a shape may read: where it hurts, what hurts, how much, in which group of machines; and the word that says the state.
FIELDS = ("host", "service", "severity", "group", "state")
# What the severities of every product come down to, the least first.
SEVERITIES = ("info", "warning", "high", "critical")
ANYTHING = "_"
_SUBJECT = 300
_TEXT = 20_000
_LINES = 200
_LABEL = 40
_VALUE = 200
_KEY = 120
_BULLETS = " \t-*•>|·"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A subject with holes, «{host}/{service} is {state}», taken apart: `words` stand around the `holes`, one more than those."""

    words: tuple[str, ...]
    holes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """How one product writes. `subjects`: patterns and what a mail with such a subject is ('' : its {state} says it).

    `says`: one of these words stands in the mail or in its sender's name (none: no matter). `read`: field ← folded labels
    of lines «Label: value», which go before the holes of the subject. `lone`: a label that may name several things in one
    mail; only where it names a single one, that is the host.
    """

    key: str
    label: str
    kind: ShapeKind = "monitor"
    subjects: tuple[tuple[Pattern, What | None], ...] = ()
    says: tuple[str, ...] = ()
    read: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lone: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """What an institution makes of some of the alerts: those of this `kind`, of machines whose name begins so, or that name
    one of these words. `tell`: facts of their ticket, where {host} and the like stand for what was read."""

    key: str
    kind: str = ""
    hosts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    tell: Mapping[str, str] = field(default_factory=dict)
    opens: str = ""
    requester: str = ""


@dataclass(frozen=True, slots=True)
class Machines:
    """Everything an institution says of the mails of machines.

    `opens` and `requester`: the type of their tickets and whose they are ('' : the ordinary type, the machine's own).
    `recovery`: whether it closes the ticket, for `closing`, or is only noted. What fails again within `again` is the same
    ticket, and after `flaps` recoveries it stays open for a person. More than `storm` tickets within `storm_within` become
    one. `worse`, `recovered`: letters when it gets worse, and to whoever has a ticket that a recovery closes.
    `states`, `severities`: folded words for them. `facts`: under which names a ticket keeps what was read.
    """

    opens: str = ""
    requester: str = ""
    recovery: Literal["close", "note"] = "close"
    closing: str = ""
    again: timedelta = timedelta(hours=2)
    flaps: int = 3
    storm: int = 10
    storm_within: timedelta = timedelta(minutes=15)
    storm_title: str = ""
    minor: bool = False
    worse: tuple[LetterTo, ...] = ()
    recovered: tuple[LetterTo, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[What, tuple[str, ...]] = field(default_factory=dict)
    severities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shapes: tuple[Shape, ...] = ()
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """What a machine says. `severity` counts in SEVERITIES from 1 (0: it does not say); the texts are the mail's own."""

    shape: str
    kind: ShapeKind
    what: What
    host: str = ""
    service: str = ""
    group: str = ""
    severity: int = 0
    severity_text: str = ""

    @property
    def host_key(self) -> str:
        return fold(self.host)[:_KEY]

    @property
    def service_key(self) -> str:
        return fold(self.service)[:_KEY]

    @property
    def shown(self) -> str:
        return " · ".join(part for part in (self.host, self.service) if part)


@dataclass(frozen=True, slots=True)
class Point:
    """A thing that a ticket is about, as it stood: where and what (folded), how it is, and how bad it has been."""

    ticket: int
    host: str
    service: str
    what: Literal["problem", "recovery"]
    severity: int
    count: int


@dataclass(frozen=True, slots=True)
class Count:
    """A machine says once more how it stands with a thing that the ticket is about; `host` and `service` are folded.

    `severity`: the worst so far, from 1, in SEVERITIES (0: unknown).
    """

    number: int
    host: str
    service: str
    what: Literal["problem", "recovery"]
    severity: int


# -- reading ------------------------------------------------------------------------------------------------------------


def read(mail: Mail, machines: Machines) -> Alert | None:
    """The alert that a mail of a machine is, by the first shape that it fits; None: it is none."""
    subject = " ".join(without_prefixes(mail.subject)[:_SUBJECT].split())
    lines = _lines(mail.text[:_TEXT])
    said = fold(f"{mail.sender.name} {mail.sender.mailbox}\n{subject}\n{mail.text[:_TEXT]}")
    for shape in machines.shapes:
        if shape.says and not any(_stands(word, said) for word in shape.says):
            continue
        alert = _by(shape, subject, lines, machines)
        if alert is not None:
            return alert
    return _by_words(subject, machines)


def _by(shape: Shape, subject: str, lines: list[tuple[str, str]], machines: Machines) -> Alert | None:
    told = {name: _labelled(labels, lines) for name, labels in shape.read.items()}
    told = {name: value for name, value in told.items() if value}
    if shape.lone and "host" not in told and len(every := {v for k, v in lines if k == shape.lone}) == 1:
        told["host"] = next(iter(every))
    for wanted, what in shape.subjects:
        holes = matched(wanted, subject, machines.states)
        if holes is not None and (what := what or state(holes.get("state", ""), machines.states)) is not None:
            return _alert(shape, what, holes | told, machines)
    if shape.subjects or not {"host", "service"} & told.keys():
        return None
    found = state(told.get("state", ""), machines.states) or state(subject, machines.states)
    return _alert(shape, found, told, machines) if found else None


def _by_words(subject: str, machines: Machines) -> Alert | None:
    """A machine that no shape knows: one word of its subject says that something is wrong, or is well again."""
    found = state(subject, machines.states)
    if found is None:
        return None
    words = [word for word in subject.split() if state(word, machines.states) is None]
    rest = " ".join(word for word in words if not any(c.isdigit() for c in word)).strip(" -:*[]()¡!.,")
    return _alert(Shape("", ""), found, {"service": rest or subject, "state": subject}, machines)


def _alert(shape: Shape, what: What, told: Mapping[str, str], machines: Machines) -> Alert:
    severity = told.get("severity", "") or told.get("state", "")
    return Alert(
        shape=shape.key,
        kind=shape.kind,
        what=what,
        host=told.get("host", "")[:_VALUE],
        service=told.get("service", "")[:_VALUE],
        group=told.get("group", "")[:_VALUE],
        severity=_severity(severity, machines) if what == "problem" else 0,
        severity_text=severity[:_VALUE],
    )


def state(text: str, states: Mapping[What, tuple[str, ...]]) -> What | None:
    """What the words say: by the longest word of the table that stands in them, of equal ones the first."""
    folded = fold(text)
    found = [(len(word), what) for what, words in states.items() for word in words if _stands(word, folded)]
    longest = max((length for length, _ in found), default=0)
    return next((what for length, what in found if length == longest), None)


def _severity(text: str, machines: Machines) -> int:
    folded = fold(text)
    return max((_rank(name) for name, words in machines.severities.items() if _any(words, folded)), default=0)


def _rank(name: str) -> int:
    return SEVERITIES.index(name) + 1


def _any(words: Iterable[str], folded: str) -> bool:
    return any(_stands(word, folded) for word in words)


def _stands(word: str, folded: str) -> bool:
    """Whether the word stands in the text and not inside another one."""
    position = folded.find(word)
    while position >= 0:
        end = position + len(word)
        inside = folded[position - 1 : position].isalnum() and word[0].isalnum()
        if not inside and not (folded[end : end + 1].isalnum() and word[-1].isalnum()):
            return True
        position = folded.find(word, position + 1)
    return False


def _lines(text: str) -> list[tuple[str, str]]:
    """The lines «Label: value», «label = value» or two cells of a table, with their folded labels."""
    found = []
    for line in text.splitlines()[:_LINES]:
        bare = line.strip(_BULLETS)
        ends = [at for mark in (":", "=", "\t", "|", "  ") if 0 < (at := bare.find(mark)) <= _LABEL]
        if ends and (value := bare[min(ends) + 1 :].strip(_BULLETS + ":=")):
            found.append((fold(bare[: min(ends)].strip(_BULLETS)), value[:_VALUE]))
    return found


def _labelled(labels: tuple[str, ...], lines: list[tuple[str, str]]) -> str:
    return next((value for label in labels for key, value in lines if key == label), "")


# -- subjects with holes --------------------------------------------------------------------------------------------------


def pattern(text: str) -> Pattern:
    """The pattern that a rule file writes, «Problem: {service}». Raises ValueError, in Spanish, where it is none.

    >>> pattern("** {host} is {state} **").holes
    ('host', 'state')
    """
    words: list[str] = []
    holes: list[str] = []
    rest = text
    while "{" in rest:
        before, _, rest = rest.partition("{")
        hole, brace, rest = rest.partition("}")
        if not brace or hole not in (*FIELDS, ANYTHING):
            raise ValueError(
                f"«{{{hole}}}» no es un hueco; los que hay: {', '.join(f'{{{f}}}' for f in FIELDS)} y {{_}}"
            )
        if holes and not before:
            raise ValueError(
                f"entre «{{{holes[-1]}}}» y «{{{hole}}}» tiene que haber algo escrito, al menos un espacio"
            )
        words.append(_flat(before))
        holes.append(hole)
    if not holes:
        raise ValueError("no tiene ningún hueco; escriba por ejemplo «Problem: {service}»")
    return Pattern((*words, _flat(rest)), tuple(holes))


def matched(wanted: Pattern, subject: str, states: Mapping[What, tuple[str, ...]]) -> dict[str, str] | None:
    """What stands in the holes, or None. Each hole ends at the first place where the words behind it stand, and {state}
    begins with a word of the table: from left to right, and no hole is tried twice."""
    flat, told = _flat(subject), {}
    if not flat.startswith(wanted.words[0]):
        return None
    at = len(wanted.words[0])
    for number, hole in enumerate(wanted.holes):
        least = _state_at(flat, at, states) if hole == "state" else 1
        end = _end(wanted, number, flat, at + least, states) if least else -1
        if end < 0:
            return None
        told[hole] = subject[at:end].strip()
        at = end + len(wanted.words[number + 1])
    told.pop(ANYTHING, None)
    return told


def _end(wanted: Pattern, number: int, flat: str, least: int, states: Mapping[What, tuple[str, ...]]) -> int:
    """Where this hole ends, not before `least`; -1: nowhere."""
    words, last = wanted.words[number + 1], number + 1 == len(wanted.holes)
    if last:
        end = len(flat) - len(words)
        return end if end >= least and flat.endswith(words) else -1
    end = flat.find(words, least)
    while end >= 0 and wanted.holes[number + 1] == "state" and not _state_at(flat, end + len(words), states):
        end = flat.find(words, end + 1)
    return end


def _state_at(flat: str, at: int, states: Mapping[What, tuple[str, ...]]) -> int:
    """The length of the longest word for a state that stands here, whole; 0: none does."""
    here = (w for words in states.values() for w in words if flat.startswith(w, at))
    return max((len(w) for w in here if not flat[at + len(w) : at + len(w) + 1].isalnum()), default=0)


def _flat(text: str) -> str:
    """Lower case without accents, letter by letter, so that places in it are places in the text."""
    return "".join((unicodedata.normalize("NFKD", c)[:1].lower() or c)[:1] for c in text)
