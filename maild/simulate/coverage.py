"""Which steps and which ways of the procedures some stories walked, and which none did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from maild import rules
from maild.config.shipped import shipped
from maild.core.moves import place
from maild.simulate.play import Result


@dataclass(frozen=True, slots=True)
class Covered:
    """One procedure: how much of it was walked, and the places (`step` or `step.way`) that were not."""

    profile: str
    procedure: str
    steps: int
    steps_seen: int
    ways: int
    ways_seen: int
    missing: tuple[str, ...]


@dataclass(slots=True)
class Coverage:
    """Gathers results; `of` compares them with the rules."""

    _steps: dict[str, set[str]] = field(default_factory=dict)
    _ways: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    def add(self, profile: str, result: Result) -> None:
        steps = self._steps.setdefault(profile, set())
        ways = self._ways.setdefault(profile, set())
        steps.update(result.tokens)
        for code, facts in result.reasons:
            if code == "moved":
                at = facts["at"].partition(":")[0]
                steps.add(facts["at"])
                steps.update(":".join(place(to, at)) for to in facts["to"].split(", "))
                ways.add((facts["at"], facts["way"]))

    def of(self, folder: Path | None = None) -> Iterator[Covered]:
        """Every procedure of every profile that was played."""
        for profile in sorted(self._steps):
            book = rules.load((folder or shipped("rules")) / profile)
            for procedure in book.procedures.values():
                places = [f"{procedure.key}:{number}" for number in procedure.steps]
                ways = [
                    (f"{procedure.key}:{step.number}", str(n))
                    for step in procedure.steps.values()
                    for n, _ in enumerate(step.moves, 1)
                ]
                seen = [place for place in places if place in self._steps[profile]]
                gone = [way for way in ways if way in self._ways[profile]]
                missing = [p for p in places if p not in seen] + [f"{p}.{n}" for p, n in ways if (p, n) not in gone]
                yield Covered(profile, procedure.key, len(places), len(seen), len(ways), len(gone), tuple(missing))
