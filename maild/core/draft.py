"""One decision in the making: its effects and reasons, and the walks of all the tickets that it touches.

A decision is about one ticket, but that one may open others, and the closing of a ticket moves the one that waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from maild.core.effects import Decision, Effect, Open, Send, StartTimer, StopTimer, evolve
from maild.core.events import Child, Kin
from maild.core.office import Office
from maild.core.procedure import Walk
from maild.core.said import Said
from maild.core.ticket import Ticket
from maild.core.values import Address, Reason, because

_MOST_PASSES = 60


@dataclass(slots=True)
class Draft:
    """Lives inside one call of `decide`; only its effects and reasons leave it. `told` goes into every letter it writes.

    `held`: the mail whose orders may be held and asked about (0: none).
    `opener`: it opens a ticket in somebody's name, and who does that need not be told that it is his turn.
    `mute`: the orders are answered elsewhere. `wrong`: the mistakes of a list, line by line, for who sent it.
    """

    office: Office
    now: datetime
    sender: Address | None = None
    said: Said = field(default_factory=Said)
    kin: Kin = field(default_factory=Kin)
    told: Mapping[str, str] = field(default_factory=dict)
    opener: Address | None = None
    held: int = 0
    mute: bool = False
    wrong: tuple[Reason, ...] = ()
    effects: list[Effect] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    walks: dict[int, Walk] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.office.day(self.now)

    def walk(self, ticket: Ticket) -> Walk:
        """The walk of a ticket that there is."""
        return self.walks.setdefault(ticket.number, Walk(self, ticket))

    def open(self, ticket: Ticket) -> Walk:
        """A new ticket, and its walk."""
        self.effects.append(Open(ticket))
        self.walks[ticket.number] = walk = Walk(self, ticket, opened=True)
        return walk

    def free_number(self) -> int:
        """The number for the next ticket of this decision."""
        taken = [e.ticket.number for e in self.effects if isinstance(e, Open)]
        return max([self.kin.number - 1, *taken]) + 1

    def parent(self, ticket: Ticket) -> Walk | None:
        """The walk of the ticket that waits for this one."""
        if not ticket.parent:
            return None
        known = self.walks.get(ticket.parent)
        waiting = next((t for t in self.kin.parents if t.number == ticket.parent), None)
        return known or (self.walk(waiting) if waiting else None)

    def children(self, ticket: Ticket) -> tuple[Child, ...]:
        """What became of the tickets that this one opened, as they stand now."""
        known = {c.number: c for c in self.kin.children if c.parent == ticket.number}
        for walk in self.walks.values():
            if walk.ticket.parent == ticket.number:
                t = walk.ticket
                known[t.number] = Child(t.number, t.parent, t.parent_token, t.is_closed)
        return tuple(known.values())

    def caller(self, ticket: Ticket) -> Address | None:
        """Who waits for this ticket: the responsible of the one that opened it."""
        waiting = self.parent(ticket)
        return (waiting.ticket.responsible or waiting.ticket.requester) if waiting else None

    def do(self, effect: Effect) -> None:
        self.effects.append(effect)
        for walk in self.walks.values():
            evolved = evolve(walk.ticket, (effect,))
            if evolved is not None:
                walk.ticket = evolved

    def because(self, code: str, **facts: object) -> None:
        self.reasons.append(because(code, **facts))

    def has_sent(self, number: int, template: str, address: str) -> bool:
        return any(
            isinstance(e, Send) and (e.number, e.template, e.to.address) == (number, template, address)
            for e in self.effects
        )

    def started(self, number: int) -> frozenset[tuple[str, int]]:
        """The clocks that this decision started on a ticket and did not stop again."""
        running: set[tuple[str, int]] = set()
        for e in self.effects:
            if isinstance(e, StartTimer) and e.number == number:
                running.add((e.timer.clock, e.timer.token))
            elif isinstance(e, StopTimer) and e.number == number:
                running.discard((e.clock, e.token))
        return frozenset(running)

    # -- going on -----------------------------------------------------------------------------------------------------

    def pass_once(self) -> bool:
        """Make one move that passes by itself, on whichever ticket."""
        return any(walk.pass_once() for walk in tuple(self.walks.values()))

    def pass_through(self) -> None:
        """Let every token of every ticket go on as far as it goes by itself."""
        for _ in range(_MOST_PASSES):
            if not self.pass_once():
                return
        self.because("endless", tickets=", ".join(str(number) for number in self.walks))

    def settle(self) -> None:
        """Everything that resting brings, on every ticket."""
        for walk in tuple(self.walks.values()):
            walk.settle()

    def mark(self) -> Mark:
        """Where it stands, to come back to."""
        return Mark(len(self.effects), len(self.reasons), {n: w.copy() for n, w in self.walks.items()})

    def back_to(self, mark: Mark) -> None:
        del self.effects[mark.effects :]
        del self.reasons[mark.reasons :]
        self.walks.clear()
        self.walks.update({number: walk.copy() for number, walk in mark.walks.items()})

    def say(self, **changes: object) -> None:
        """Go on with another order of the same mail."""
        self.said = replace(self.said, **changes)  # type: ignore[arg-type]  # the fields of Said, checked by the callers

    def decision(self, number: int, first: Iterable[Effect] = ()) -> Decision:
        return Decision(number, (*first, *self.effects), tuple(self.reasons))


@dataclass(frozen=True, slots=True)
class Mark:
    effects: int
    reasons: int
    walks: Mapping[int, Walk]
