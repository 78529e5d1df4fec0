"""What the desk makes of a mail, with every reason, changing nothing: the same judgement as in the daemon, undone at its end."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from maild import config as configuration
from maild import house, rules
from maild.config import Config
from maild.config.shipped import rules_called, shipped
from maild.core import seal, sorting, subject, thread, twins
from maild.core.carrying import without_sign
from maild.core.effects import Effect
from maild.core.events import MailArrived, Reply, Robot
from maild.core.intent import Command, commands, intent
from maild.core.office import Office
from maild.core.rulebook import Rulebook
from maild.core.sorting import Sorted
from maild.core.strict import Strict
from maild.core.values import Author, Directory, Mail, Reason, because
from maild.desk import Desk, operator_address
from maild.errors import PermanentError
from maild.gather import Judgement
from maild.mail.compose import Composer, DeskIdentity
from maild.store import mails, records, tickets
from maild.store.database import Database
from maild.store.upgrade import upgrade

# Behind every mail that is stored.
_NEWEST = 2**62
_NOBODY_HERE = "mesa@explicacion.test"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that is known of a mail besides what it says (CONTRACT §4)."""

    mail: Mail  # as the desk reads it: without what its sender always writes below his words
    profile: str
    intent: str
    commands: tuple[Command, ...]
    author: Author
    keys: thread.Keys
    placed: thread.Placement
    ticket: str
    reasons: tuple[Reason, ...]
    effects: tuple[Effect, ...]
    sorted: Sorted | None = None  # of a mail that would open a ticket
    key: str = field(repr=False, default="")

    def as_contract(self) -> dict[str, Any]:
        """The fields that `maild explain --json` adds to those of `maild parse`; null where there is nothing to say."""
        person = self.author.person
        return {
            "profile": self.profile,
            "intent": self.intent,
            "survey_score": None,
            **_classification(self.sorted),
            "commands": [
                {
                    "verb": each.verb,
                    "args": list(each.args),
                    "facts": dict(each.facts),
                    "from": each.place,
                    "corrected_from": each.corrected_from or None,
                }
                for each in self.commands
            ],
            "trust": {
                "person": person.key if person else None,
                "role": person.role if person else None,
                "evidence": [_reason(each) for each in self.author.evidence],
                "tier": self.author.assurance.name,
            },
            "thread": {
                "ticket": self.ticket or None,
                "detector": self.placed.by.code,
                "tried": list(self.placed.tried),
                "marks": [subject.mark(self.key, number) for number in self.keys.marks],
                "message_ids": list(self.keys.ids),
                "quoted_marks": [subject.mark(self.key, number) for number in self.keys.quoted],
                "numbers": list(self.keys.numbers),
                "conversation": self.keys.conversation or None,
            },
            "reasons": [_reason(each) for each in self.reasons],
            "effects": [{"effect": name, **facts} for name, facts in records.shown_effects(self.effects)],
        }


def _classification(found: Sorted | None) -> dict[str, Any]:
    service = found.service if found else None
    return {
        "type": found.type if found else None,
        "category": service.category if service else None,
        "subcategory": service.name if service else None,
        "service": service.key if service else None,
        "priority": (found.priority or None) if found else None,
        "confidence": found.verdict.service.confidence if found and service else None,
    }


def _sorted(mail: Mail, number: int, book: Rulebook) -> Sorted | None:
    """What a mail is about, if it would open a ticket."""
    if number or not mail.kind.from_person:
        return None
    return sorting.sort_mail(mail, book)


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "facts": dict(reason.facts)}


class Explainer:
    """A desk and a database to look into: the real ones, or the shipped rules with nobody and nothing. Close it."""

    def __init__(self, desk: Desk, database: Database) -> None:
        self.desk, self._database = desk, database

    @classmethod
    def alone(cls, profile: str, people: Path | None) -> Explainer:
        """The rules so called, the people of a file or nobody, no ticket. UsageError where there are no such rules."""
        folder = rules_called(profile)
        directory = configuration.load_people(people) if people else Directory()
        # Whose people are known, their domains are: nobody could be told from a stranger otherwise.
        domains = tuple(dict.fromkeys(address.rpartition("@")[2] for p in directory.people for address in p.addresses))
        directory = Directory(directory.people, directory.mailboxes, domains)
        operator = operator_address(_NOBODY_HERE)
        # Where nobody is known, everybody would be a stranger: then what is told is what his mail would do if he were none.
        strangers: Literal["create", "review"] = "review" if directory.people else "create"
        office = Office(rules.load(folder, base=shipped("rules") / "base"), directory, frozenset(), operator, strangers)
        identity = DeskIdentity(office.book.name, _NOBODY_HERE, "")
        composer = Composer((shipped("templates"),), identity)
        return cls(_desk(office, composer), _empty())

    @classmethod
    def of(cls, config: Config) -> Explainer:
        """The institution's own rules and people; its database as it is, or an empty one where there is none yet."""
        database = None
        if config.sqlite_file is None or config.sqlite_file.exists():
            database = Database(config.database_url())
            database.require_version()
        ring = None
        with suppress(PermanentError):  # without keys nothing of ours can be recognised, and that is what is told
            ring = configuration.key_ring(config)
        return cls(house.desk_of(config, ring or _fresh_ring()), database or _empty())

    def close(self) -> None:
        self._database.close()

    def explain(self, mail: Mail, received_at: datetime | None = None) -> Explanation:
        """What would become of this mail if it came now."""
        desk = self.desk
        event = MailArrived(_NEWEST, mail, received_at or desk.now())
        with self._database.look() as tx:
            verdict = twins.judge(mail, mails.twins(tx, mail, _NEWEST))
            judged = desk.judge(tx, event, verdict)
            number = verdict.ticket or judged.gathered.placed.number
            named = tickets.load(tx, number) if number else None
        return self._told(judged.mail, verdict, judged, named.title if named else "", number)

    def _told(self, mail: Mail, verdict: twins.Verdict, judged: Judgement, title: str, number: int) -> Explanation:
        book, found = self.desk.office.book, judged.gathered
        role = book.roles.get(found.author.role)
        lenient = role is None or role.kind not in ("desk", "agent", "approver", "provider")
        given = commands(mail, title, book, lenient=lenient, fits=self._fits(mail, judged))
        continues = bool(number or found.keys.marks or any(map(seal.looks_ours, found.keys.ids)))
        duplicate = verdict.kind == "duplicate"
        found_out = _sorted(mail, number, book)
        reasons = (*self._reasons(mail, verdict, judged), *(found_out.reasons(all_of_them=True) if found_out else ()))
        return Explanation(
            mail=mail,
            profile=book.key,
            intent=intent(
                mail, given, book.answers, continues=continues, provides=bool(role and role.kind == "provider")
            ),
            commands=given if not isinstance(found.case, Robot) else (),
            author=found.author,
            keys=found.keys,
            placed=found.placed,
            ticket=subject.mark(book.mark_key, number) if number else "",
            reasons=tuple(dict.fromkeys(reasons)),
            effects=() if duplicate else judged.decision.effects,
            sorted=found_out,
            key=book.mark_key,
        )

    def _fits(self, mail: Mail, judged: Judgement) -> Strict | None:
        """Who says whether a word without its sign is an order: the ticket that the mail continues."""
        case = judged.gathered.case
        if not isinstance(case, Reply):
            return None
        now, office = self.desk.now(), self.desk.office
        standing = office.standing(case.author, case.ticket, office.day(now))
        return without_sign(mail, Strict(office, case.ticket, case.author, standing, now))

    def _reasons(self, mail: Mail, verdict: twins.Verdict, judged: Judgement) -> Iterator[Reason]:
        """In the order in which the mail went: what it is, what was cut, where it belongs, whose it is, what would be done."""
        yield because("kind", kind=mail.kind.value)
        yield from mail.signs
        yield from _cut(mail)
        placed = judged.gathered.placed
        if placed.tried:
            yield because("thread-tried", detectors=", ".join(placed.tried))
        yield placed.by
        yield from judged.gathered.author.evidence
        yield from (each.why for each in judged.files if each.why)
        if verdict.kind == "duplicate":
            yield because("duplicate", of=verdict.of)
        else:
            yield from judged.decision.reasons


def _cut(mail: Mail) -> Iterator[Reason]:
    """What was taken from the text, kind by kind. This is the one place that says so."""
    for cut in mail.cuts:
        words = mail.text[cut.start : cut.end].strip()
        if words:
            yield because(
                "text-cut", what=cut.kind.value, lines=words.count("\n") + 1, first=words.splitlines()[0][:80]
            )


def _desk(office: Office, composer: Composer) -> Desk:
    return Desk(office, _fresh_ring(), composer, _NOBODY_HERE.rpartition("@")[2], lambda: datetime.now(UTC))


def _fresh_ring() -> seal.KeyRing:
    return seal.KeyRing({"x": secrets.token_bytes(32)}, "x")


def _empty() -> Database:
    database = Database("sqlite://")
    upgrade(database)
    return database
