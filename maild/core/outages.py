"""One failure that many people report: what counts as the same, and which of the latest tickets a mail may make one of. Pure values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maild.core.classify import Verdict

# The engine's own facts: of which thing a ticket reports a failure, and that it gathers all who report it.
THING = "_thing"
OUTAGE = "_outage"


@dataclass(frozen=True, slots=True)
class Outages:
    """What an institution calls one failure. `threshold` different people within `within` (0: never), and whoever writes of
    the same for `lasts` belongs to it. `names`: the things that fail for many at once; `services`: rows of the catalogue
    that are one of them. `title`: how its ticket is called, with {what}."""

    threshold: int = 0
    within: timedelta = timedelta(minutes=30)
    lasts: timedelta = timedelta(hours=8)
    title: str = "{what}"
    names: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sighting:
    """An open ticket that reports (or gathers) a failure of something."""

    number: int
    fact: str
    thing: str
    requester: str
    opened_at: datetime


def thing_of(verdict: Verdict, service: str, outages: Outages) -> str:
    """Of which thing these words report a failure, or ''. A request about it is none."""
    if not outages.threshold or verdict.nature.value != "fault":
        return ""
    return verdict.outage.value or outages.services.get(service, "")


def to_look_at(
    seen: Collection[Sighting], author: str, now: datetime, outages: Outages, who: Callable[[str], str]
) -> tuple[int, ...]:
    """The tickets that a decision about one more report needs: those that gather, and those that are enough with this one."""
    gathering = [s.number for s in seen if s.fact == OUTAGE and now - s.opened_at <= outages.lasts]
    things: dict[str, list[Sighting]] = {}
    for each in seen:
        if each.fact == THING and now - each.opened_at <= outages.within:
            things.setdefault(each.thing, []).append(each)
    enough = (
        group for group in things.values() if people((s.requester for s in group), author, who) >= outages.threshold
    )
    return tuple(sorted({*gathering, *(each.number for group in enough for each in group)}))


def people(requesters: Iterable[str], author: str, who: Callable[[str], str]) -> int:
    """How many different people these are, the author among them; a person's addresses are one person."""
    return len({who(each) for each in (*requesters, author)})
