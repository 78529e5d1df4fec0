"""What the guards of a rulebook ask about: the facts, the values and the counts that make a difference to where a ticket can go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from maild.core import guards
from maild.core.moves import END, SAID, Procedure, Step, place
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


def asked(book: Rulebook) -> dict[tuple[str, str], frozenset[str]]:
    """For each step, what guards ask for at it and at every step that a token can come to from it.

    Whoever called a procedure stands on the ticket with a token of his own, so what is asked after the return is asked
    from where that one stands.
    """
    asks = {(p.key, s.number): _asks(s) for p, s in book.all_steps()}
    leads = {(p.key, s.number): _leads(book, p.key, s) for p, s in book.all_steps()}
    grown = True
    while grown:
        grown = False
        for here, others in leads.items():
            more = asks[here].union(*(asks.get(other, frozenset()) for other in others))
            grown = grown or more != asks[here]
            asks[here] = more
    return asks


def _asks(step: Step) -> frozenset[str]:
    return frozenset(f for m in step.moves for part in (m.when, m.unless, m.below, m.at_least) for f in part)


def _leads(book: Rulebook, procedure: str, step: Step) -> frozenset[tuple[str, str]]:
    targets = {place(target, procedure) for move in step.moves for target in move.to if target != END}
    if step.calls:
        key, _, at = step.calls.partition(":")
        targets.add((key, at or book.procedures[key].first))
    return frozenset(targets)
