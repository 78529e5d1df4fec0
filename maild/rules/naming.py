"""What the builders of a rulebook share: the files as read, the problems found, names checked, small values read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from maild.core.beside import REMINDED
from maild.core.moves import GUARDS, LetterTo
from maild.core.rulebook import GROUPS, RELATIONS
from maild.core.worktime import Span
from maild.errors import Problem
from maild.forms import offer
from maild.rules import files, meaning
from maild.rules.machine_file import MachinesFile
from maild.rules.outage_file import OutagesFile
from maild.rules.policy_file import PolicyFile
from maild.rules.wordfiles import MacrosFile, WordsFile

_SPAN = re.compile(r"(\d{1,5})(m|h|d|wh|wd)")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Sources:
    """Every file of a folder, read."""

    institution: files.InstitutionFile
    roles: files.RolesFile
    states: files.StatesFile
    clocks: files.ClocksFile
    commands: files.CommandsFile
    words: WordsFile
    macros: MacrosFile
    policy: PolicyFile
    calendar: files.CalendarFile
    mails: files.MailsFile
    machines: MachinesFile
    outages: OutagesFile
    priorities: files.PrioritiesFile
    escalation: files.EscalationFile
    catalogue: meaning.CatalogueFile
    documents: files.DocumentsFile
    indicators: files.IndicatorsFile
    concepts: meaning.ConceptsFile
    classify: meaning.ClassifyFile
    filters: meaning.FiltersFile
    procedures: Mapping[str, files.ProcedureFile]
    zone: ZoneInfo
    mark: str
    models: Mapping[str, Any] = field(default_factory=dict)
    own_catalogue: bool = False


@dataclass(slots=True)
class Names:
    """Looks names up and keeps a problem for each that is the name of nothing."""

    sources: Sources
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, file: str, key: str, text: str) -> None:
        self.problems.append(Problem(file, key, text))

    def known(self, name: str, names: Iterable[str], what: str, file: str, key: str) -> str:
        """The name; a problem with the nearest right one when nothing is called so."""
        if name not in (all_names := tuple(names)):
            hint = offer(name, all_names) or (f"; los que hay: {', '.join(all_names)}" if len(all_names) < 25 else "")
            self.wrong(file, key, f"no conozco {what} «{name}»{hint}")
        return name

    def each_known(self, given: Iterable[tuple[str, Iterable[str], str, str]], file: str, at: str) -> None:
        """`known` for several fields of the block `at` (name, names, what, field); an empty one names nothing."""
        for name, names, what, key in given:
            if name:
                self.known(name, names, what, file, f"{at}.{key}")

    def span(self, text: str, file: str, key: str) -> Span | None:
        if not text:
            return None
        match = _SPAN.fullmatch(text)
        if match is None:
            self.wrong(file, key, f"«{text}» no es un plazo; escriba 30m, 24h, 2d, o en horario laboral 4wh, 2wd")
            return None
        return Span(int(match[1]), match[2])  # type: ignore[arg-type]  # the pattern names the units

    def moment(self, text: str, file: str, key: str) -> time | None:
        if not text:
            return None
        match = _TIME.fullmatch(text)
        if match is None:
            self.wrong(file, key, f"«{text}» no es una hora; escriba 06:00")
            return None
        return time(int(match[1]), int(match[2]))

    def letters(self, letters: files.Letters, file: str, key: str) -> tuple[LetterTo, ...]:
        people = (*RELATIONS, *GROUPS, *self.sources.roles.role)
        found = []
        for template, whom in letters.items():
            for to in listed(whom):
                for each in to.split("|"):
                    self.person(each, people, "a quién escribir:", file, f"{key}.{template}")
                found.append(LetterTo(template, to))
        return tuple(found)

    def roles(self, names: files.Names, file: str, key: str) -> tuple[str, ...]:
        known = (*self.sources.roles.role, *RELATIONS, *GROUPS)
        return tuple(self.person(name, known, "la función", file, key) for name in listed(names))

    def person(self, name: str, known: tuple[str, ...], what: str, file: str, key: str) -> str:
        """A relation, a role, or `fact:name`: whoever's address that fact holds."""
        kind, colon, fact = name.partition(":")
        if kind == "fact" and colon:
            self.known(fact, self.facts(), "el dato", file, key)
            return name
        return self.known(name, known, what, file, key)

    def clocks(self, names: files.Names, file: str, key: str) -> tuple[str, ...]:
        return tuple(self.known(c, self.sources.clocks.clock, "el reloj", file, key) for c in listed(names))

    def facts(self) -> frozenset[str]:
        """Every fact that somebody or something can tell, and every question that the engine answers itself."""
        commands = self.sources.commands
        told = {
            *GUARDS,
            "closing",
            "level",
            REMINDED,
            *commands.fact,
            *(k for k, v in commands.verb.items() if v.act in ("fact", "form")),
        }
        for rule in self.sources.mails.mail.values():
            told |= {*rule.read, *rule.tell}
        machines = self.sources.machines
        told |= {*machines.alerts.facts.model_dump().values()} - {""}
        told |= {fact for branch in machines.branch.values() for fact in branch.tell}
        for clock in self.sources.clocks.clock.values():
            told |= set(clock.opens.facts) if clock.opens else set()
        for procedure in self.sources.procedures.values():
            for step in procedure.step.values():
                told |= {step.count} if step.count else set()
                told |= {*(step.child.facts if step.child else ())}
                told |= {fact for move in step.move for fact in move.tell}
        return frozenset(told)

    def places(self) -> tuple[str, ...]:
        return tuple(f"{p.key}:{number}" for p in self.sources.procedures.values() for number in p.step)


def listed(names: Any) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def guards(forms: Mapping[str, files.Names]) -> dict[str, tuple[str, ...]]:
    return {key: listed(values) for key, values in forms.items()}


def numbered(forms: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    return enumerate(forms, 1)
