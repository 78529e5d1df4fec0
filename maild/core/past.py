"""A period as it was: what is known of its tickets, and the tables in which it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from maild.core.figures import Life, Period, mean
from maild.core.posting import SENT
from maild.core.rulebook import Rulebook
from maild.core.survey import SCORE

Cell = str | int | float | None
Row = tuple[Cell, ...]
# A mean of fewer answers says more about who answered than about the service.
LEAST_ANSWERS = 5
# What a report may be made of: what waits for the reader, then what is counted of a period.
SECTIONS = (
    "mine",
    "decisions",
    "held",
    "summary",
    "types",
    "states",
    "ages",
    "services",
    "closings",
    "clocks",
    "remarkable",
    "indicators",
)


@dataclass(frozen=True, slots=True)
class Section:
    """One table. `key` names its title and columns; `name` and `note` are an indicator's own name and formula.

    `links`: for each row the subject of the mail that answers it ('': none). `more`: how many rows there was no room for.
    """

    key: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    name: str = ""
    note: str = ""
    links: tuple[str, ...] = ()
    more: int = 0

    @property
    def bars(self) -> int | None:
        """The column that is drawn as bars: how many of each."""
        drawn = len(self.columns) == 2 and self.columns[1] == "count" and len(self.rows) > 1
        return 1 if drawn else None


@dataclass(frozen=True, slots=True)
class Report:
    """[since, until) of one institution. Empty where nothing was and nothing is."""

    since: datetime
    until: datetime
    sections: tuple[Section, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not any(section.rows for section in self.sections)

    def only(self, wanted: Iterable[str]) -> tuple[Section, ...]:
        """The sections of these keys, in this order; `indicators` are all of the institution's own."""
        return tuple(
            s
            for key in wanted
            for s in self.sections
            if s.key == key or (key == "indicators" and s.key.startswith("indicator."))
        )


@dataclass(frozen=True, slots=True)
class Surveyed:
    """Surveys sent in a period, how many of these were answered by its end, and every score that came in the period."""

    asked: int
    answered: int
    scores: tuple[int, ...]

    @property
    def rate(self) -> float | None:
        return round(self.answered / self.asked, 3) if self.asked else None

    @property
    def score(self) -> float | None:
        """Their mean, if there are enough of them to say anything."""
        return mean(self.scores) if len(self.scores) >= LEAST_ANSWERS else None


@dataclass(frozen=True, slots=True)
class Past:
    """A period and what is known of its tickets; `before`: the same of the period before, for comparison."""

    book: Rulebook
    period: Period
    lives: Mapping[int, Life]
    before: Past | None = None
    groups: dict[str, tuple[Life, ...]] = field(default_factory=dict)
    aside: frozenset[str] = field(init=False)  # the closings of what was annulled or joined to another

    def __post_init__(self) -> None:
        orders = self.book.verbs.values()
        object.__setattr__(self, "aside", frozenset(v.closing for v in orders if v.act in ("void", "duplicate")))

    def opened(self, of_type: str = "") -> tuple[Life, ...]:
        """Those opened in the period, of one type as it stood at its end."""
        key = f"opened:{of_type}"
        if key not in self.groups:
            found = (n for n in self.lives.values() if self.period.holds(n.opened))
            self.groups[key] = tuple(n for n in found if not of_type or n.last("type") == of_type)
        return self.groups[key]

    def closed(self) -> tuple[Life, ...]:
        return tuple(n for n in self.lives.values() if self.period.holds(n.closed))

    def attended(self) -> tuple[Life, ...]:
        """Those closed in the period on which somebody worked: what was annulled or joined to another would only shorten means."""
        return tuple(n for n in self.closed() if not self.set_aside(n))

    def set_aside(self, life: Life) -> bool:
        return life.closed is not None and life.last("closed") in self.aside

    def open_at_end(self) -> tuple[Life, ...]:
        return tuple(n for n in self.lives.values() if n.closed is None)

    def happened(self, kind: str) -> list[tuple[Life, str]]:
        return [(n, v) for n in self.lives.values() for at, v in n.every(kind) if self.period.holds(at)]

    def told(self, fact: str) -> list[tuple[Life, str]]:
        """What was said of a fact in the period; that it was forgotten is nothing said."""
        start = fact + "="
        return [(n, v[len(start) :]) for n, v in self.happened("told") if v.startswith(start) and v != start]

    def survey(self) -> Surveyed:
        asked = {n.number: n for n, _ in self.told(SENT + self.book.survey.template)}
        answered = sum(bool(n.fact(SCORE)) for n in asked.values())
        return Surveyed(len(asked), answered, tuple(int(v) for _, v in self.told(SCORE) if v.isdigit()))


def label(names: Mapping[str, str], key: str) -> str:
    return names.get(key, key) or "—"


def service(book: Rulebook, life: Life) -> str:
    known = book.services.get(life.last("service"))
    if known is None:
        return life.last("service") or "—"
    return " ".join(part for part in (known.number, known.category, known.name) if part)
