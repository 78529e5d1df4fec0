"""Which order is done on which proof: the table of rules/…/policy.toml, asked in one place (RELIABILITY §4.8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from maild.core.values import Assurance, Author, Reason, because

Weight = Literal["read", "safe", "reply", "act", "proved", "final"]
Answer = Literal["do", "confirm", "refuse"]
Who = Literal["user", "provider", "staff", "machine"]
Mode = Literal["default", "strict"]
# A0, A1, A2, A3, A2 and A3 together, A4.
COLUMNS = 6
_BOTH = 4
# What a verb weighs that does not say so: by the least assurance it asks for.
BY_PROOF: Mapping[str, Weight] = {
    **{weight: weight for weight in get_args(Weight)},
    "A1": "safe",
    "A2": "act",
    "A3": "proved",
    "A4": "final",
}
# The fact of a refusal that says it may still be confirmed.
_THEN = ("then", "confirm")


@dataclass(frozen=True, slots=True)
class Policy:
    """`table` is the one that counts here. More orders than `bulk` in a mail weigh as `final`; a held order may be confirmed
    for `hours`, `questions_hour` of them are asked about; `oldest_days`: orders in older mails are text; after
    `guesses_hour` mails with tokens that nobody gave their sender, no short code of his counts for an hour."""

    table: Mapping[tuple[Weight, Who], tuple[Answer, ...]] = field(default_factory=dict)
    bulk: int = 5
    hours: int = 24
    questions_hour: int = 3
    oldest_days: int = 7
    guesses_hour: int = 20
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()

    def ask(self, weight: Weight, who: Who, author: Author) -> Answer:
        """What becomes of something that weighs so much, said by this author. What no row says is refused."""
        row = self.table.get((weight, who), ())
        column = _column(author)
        return row[column] if column < len(row) else "refuse"

    def unproved(self, order: str, weight: Weight, who: Who, author: Author) -> Reason | None:
        """Why an order is not done, or None. It says whether its author may still confirm it."""
        answer = self.ask(weight, who, author)
        if answer == "do":
            return None
        refusal = because("not-proved", order=order)
        return refusal if answer == "refuse" else Reason(refusal.code, (*refusal.facts, _THEN))


def may_be_confirmed(refusal: Reason) -> bool:
    return _THEN in refusal.facts


def plainly(refusal: Reason) -> Reason:
    """The refusal without the engine's own fact."""
    return Reason(refusal.code, tuple(fact for fact in refusal.facts if fact != _THEN))


def _column(author: Author) -> int:
    if author.assurance is Assurance.A4:
        return COLUMNS - 1
    return _BOTH if author.both and author.assurance is Assurance.A3 else int(author.assurance)
