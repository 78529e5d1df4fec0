"""What the guards of a rulebook ask about: the facts, the values and the counts that make a difference to where a ticket can go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from maild.core import guards
from maild.core.moves import SAID, Procedure, Step
from maild.core.rulebook import Rulebook


def silent(book: Rulebook) -> Rulebook:
    """The rulebook without its letters and without waiting for everybody: where ways lead is all that counts here."""

    def step(each: Step) -> Step:
        child = replace(each.child, letters=()) if each.child else None
        moves = tuple(replace(m, letters=(), everyone="", tell=_worded(m.tell)) for m in each.moves)
        return replace(each, moves=moves, turn=(), clocks=(), child=child)

    def procedure(each: Procedure) -> Procedure:
        return replace(each, steps={number: step(one) for number, one in each.steps.items()})

    # A limit that the institution left open (0) is walked with some limit: both ways are there.
    settings = {
        key: "2" if key.startswith("parameters.") and value == "0" else value for key, value in book.settings.items()
    }
    procedures = {key: procedure(each) for key, each in book.procedures.items()}
    return replace(book, procedures=procedures, settings=settings)


def _worded(tell: Mapping[str, str]) -> dict[str, str]:
    """What a move tells when the mail has words for it."""
    return {fact: "x" if value in SAID else value for fact, value in tell.items()}


def one(values: tuple[str, ...], known: tuple[str, ...]) -> str:
    return next((value for value in values if value != "*"), known[0])


def values(book: Rulebook) -> dict[str, tuple[str, ...]]:
    """The facts that guards ask about, with the values that make a difference."""
    asked: dict[str, set[str]] = {}
    for _, step in book.all_steps():
        for move in step.moves:
            for fact, values in (*move.when.items(), *move.unless.items()):
                asked.setdefault(fact, set()).update(v if v != "*" else "x" for v in values)
    for fact, declared in book.facts.items():
        if fact in asked:
            asked[fact] = (asked[fact] & set(declared)) or set(declared)
    return {fact: tuple(sorted(values)) for fact, values in asked.items() if fact not in guards.ANSWERED}


def relevant(book: Rulebook, asked: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Those of them that an order can tell."""
    counted = {step.count for _, step in book.all_steps()}
    told = {fact for _, step in book.all_steps() for move in step.moves for fact in move.tell}
    own = {*book.facts, *(verb.key for verb in book.verbs.values() if verb.act in ("fact", "form"))}
    return {f: values for f, values in asked.items() if f not in counted and (f in own or f not in told)}


def limits(book: Rulebook) -> dict[str, int]:
    """How far each counter matters."""
    found: dict[str, int] = {}
    for _, step in book.all_steps():
        for move in step.moves:
            for fact, limit in (*move.below.items(), *move.at_least.items()):
                told = book.settings.get(f"parameters.{limit}", limit)
                found[fact] = max(found.get(fact, 0), int(told) if told.isdigit() else 0)
    return found


def asked(book: Rulebook) -> dict[str, frozenset[str]]:
    """For each procedure, the facts that guards ask for in it and wherever it leads."""
    asks = {key: _asks(procedure.steps.values()) for key, procedure in book.procedures.items()}
    leads = {key: _leads(procedure.steps.values()) for key, procedure in book.procedures.items()}
    for _ in book.procedures:
        for key, others in leads.items():
            asks[key] |= frozenset().union(*(asks[other] for other in others))
    return asks


def _asks(steps: Iterable[Step]) -> frozenset[str]:
    moves = [move for step in steps for move in step.moves]
    return frozenset(f for m in moves for part in (m.when, m.unless, m.below, m.at_least) for f in part)


def _leads(steps: Iterable[Step]) -> frozenset[str]:
    targets = [target for step in steps for move in step.moves for target in move.to]
    calls = [step.calls for step in steps if step.calls]
    return frozenset(head for head, colon, _ in (t.partition(":") for t in targets) if colon) | {
        call.partition(":")[0] for call in calls
    }
