"""Walking a ticket through its institution's procedures: which move applies, and what it brings with it.

A Walk folds what happens in one decision through `evolve`, so that a second order sees the ticket as the first one left it.
What resting brings (clocks, "your turn" letters, the visible state) is settled once at the end: steps that are passed
through inside one mail start nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from maild.core import deadlines, guards, pausing, posting, votes
from maild.core.children import open_children, unopened
from maild.core.effects import (
    Assign,
    Close,
    Forget,
    PlaceToken,
    RemoveToken,
    SetState,
    StartTimer,
    StopTimer,
    Tell,
)
from maild.core.events import Child
from maild.core.moves import (
    END,
    SAID,
    Always,
    LetterTo,
    Move,
    OnChild,
    OnChildren,
    OnReturn,
    Step,
    Trigger,
    place,
)
from maild.core.office import Office
from maild.core.said import Said
from maild.core.ticket import Ticket, Token
from maild.core.values import Address
from maild.core.worktime import Span

if TYPE_CHECKING:
    from maild.core.draft import Draft

# Facts that the engine keeps for itself begin like this; people are never shown them.
OWN = "_"
# What a move tells beforehand about why the ticket will be closed.
CLOSING = "closing"


class Walk:
    """One ticket inside one decision. `opened`: the decision opens it, so nothing of it stood anywhere before."""

    def __init__(self, draft: Draft, ticket: Ticket, *, opened: bool = False) -> None:
        self.draft, self.ticket = draft, ticket
        self.before = None if opened else ticket
        self._override = ""
        self._last = 0  # the token that moved last: the ticket shows its state
        self._moved: set[int] = set()
        self._quiet: set[int] = set()

    def copy(self) -> Walk:
        twin = Walk(self.draft, self.ticket)
        twin.before, twin._override, twin._last = self.before, self._override, self._last
        twin._moved, twin._quiet = set(self._moved), set(self._quiet)
        return twin

    @property
    def office(self) -> Office:
        return self.draft.office

    @property
    def now(self) -> datetime:
        return self.draft.now

    @property
    def said(self) -> Said:
        return self.draft.said

    def children(self) -> tuple[Child, ...]:
        return self.draft.children(self.ticket)

    def people(self, whom: str) -> tuple[Address, ...]:
        """Those of a role whom the ticket concerns, or who has this relation to it."""
        if whom in self.office.book.roles:
            return tuple(Address(p.address, p.name) for p in self.office.concerned(whom, self.ticket))
        return tuple(address for address, _, _ in posting.whom(self, whom))

    def tell(self, key: str, value: str) -> None:
        self.draft.do(Tell(self.ticket.number, key, value))

    def send(
        self, letters: Iterable[LetterTo], role: str = "", told: Mapping[str, str] | None = None, but: str = ""
    ) -> None:
        """Write these letters; `role`: whose turn it is; `but`: an address that is not written to."""
        posting.send(self, letters, role, told or {}, but)

    # -- moving -------------------------------------------------------------------------------------------------------

    def step_of(self, token: Token) -> Step | None:
        return self.office.book.step(token.procedure, token.step)

    def matching(self, wanted: Trigger, standing: frozenset[str] | None) -> list[tuple[Token, Move]]:
        """For each token, its first move on `wanted` whose guards hold and that somebody of this standing may make (None: nobody asks)."""
        pairs = ((token, self.first_move(token, wanted, standing)) for token in self.ticket.tokens)
        return [(token, move) for token, move in pairs if move is not None]

    def first_move(self, token: Token, wanted: Trigger, standing: frozenset[str] | None) -> Move | None:
        step = self.step_of(token)
        if step is None or not token.live:
            return None
        moves = (m for m in step.moves if wanted in m.on and guards.hold(m, token, self))
        return next((m for m in moves if standing is None or standing & set(m.by or (step.role,))), None)

    def make(self, token: Token, move: Move, told: Mapping[str, str] | None = None) -> None:
        """Make one move: tell, write, go, start and stop clocks."""
        step = self.step_of(token)
        role = step.role if step else ""
        number = self.ticket.number
        if move.everyone and not votes.all_gave(self, token, move):
            return
        for key in move.forget:
            if self.ticket.fact(key) is not None:
                self.draft.do(Forget(number, key))
        for key, value in move.tell.items():
            self.tell(key, self._quoted(value))
        self._assign(move.assign)
        for clock in move.stop:
            self._stop_anywhere(clock, token.id)
        if move.says:
            told = {**(told or {}), "text": self.ticket.fact(move.says) or ""}
        self.send(move.letters, role, told)
        if move.state:
            self._override, self._last = move.state, token.id
        way = next((n for n, each in enumerate(step.moves if step else (), 1) if each is move), 0)
        to = ", ".join(move.to) or "·"
        self.draft.because("moved", at=token.place, result=move.result or "·", to=to, way=way)
        if move.opens and step and step.child:
            open_children(self, token, step.child)
        self._withdraw(token, move.withdraw)
        if move.to:
            self._go(token, move)
        elif move.closing:
            self.close(move.closing)
        for clock in move.start:
            self.start(clock, token.id)

    def _quoted(self, value: str) -> str:
        """What a move tells: as it stands in the rules, or (in braces) as it stands in the mail."""
        author = self.said.author
        said = (author.address if author else "", self.said.words, " ".join(self.said.args))
        return dict(zip(SAID, said, strict=True)).get(value, value)

    def _withdraw(self, token: Token, steps: tuple[str, ...]) -> None:
        """Take back the other tokens of this run of the procedure that stand (or wait) at these steps."""
        for other in self.ticket.tokens:
            same = (other.procedure, other.caller) == (token.procedure, token.caller)
            if same and other.id != token.id and other.step in steps:
                self.draft.do(RemoveToken(self.ticket.number, other.id))

    def _assign(self, whom: str) -> None:
        if not whom:
            return
        to: Address | None = None
        if whom == "named" and self.said.named:
            to = Address(self.said.named.address, self.said.named.name)
        elif whom == "sender" and self.said.author:
            author = self.said.author
            to = Address(author.address, author.person.name if author.person else author.name)
        elif whom not in ("named", "sender", "nobody"):
            people = self.people(whom)
            to = people[0] if len(people) == 1 else None
        self.draft.do(Assign(self.ticket.number, to))

    def _go(self, token: Token, move: Move) -> None:
        self._override = move.state
        targets = [place(target, token.procedure) for target in move.to if target != END]
        if not targets:
            self._end(token, move)
            return
        if move.closing:
            self.close(move.closing)
        first, *others = targets
        self.place(Token(token.id, *first, token.caller), token, quiet=move.quiet)
        for target in others:
            self.place(Token(self.free_id(), *target, token.caller), token, quiet=move.quiet)

    def free_id(self) -> int:
        before = self.before.tokens if self.before else ()
        return max((t.id for t in (*self.ticket.tokens, *before)), default=0) + 1

    def place(self, token: Token, origin: Token | None = None, *, quiet: bool = False) -> None:
        """A token comes to a step: it is counted, waits at a join, calls a procedure, opens tickets, or closes."""
        step = self.step_of(token)
        if step and step.join and origin and not self._all_came(token, step, origin):
            self.draft.do(PlaceToken(self.ticket.number, replace(token, came=origin.step)))
            self._moved.add(token.id)
            return
        self.draft.do(PlaceToken(self.ticket.number, token))
        self._last = token.id
        self._moved.add(token.id)
        (self._quiet.add if quiet else self._quiet.discard)(token.id)
        if step is not None:
            self._arrive(token, step)

    def _all_came(self, token: Token, step: Step, origin: Token) -> bool:
        waiting = [t for t in self.ticket.tokens if t.came and t.procedure == token.procedure and t.step == token.step]
        if not {*(t.came for t in waiting), origin.step} >= set(step.join):
            return False
        for other in waiting:
            self.draft.do(RemoveToken(self.ticket.number, other.id))
        return True

    def _arrive(self, token: Token, step: Step) -> None:
        if step.count:
            counted = self.ticket.fact(step.count) or "0"
            self.tell(step.count, str(int(counted) + 1 if counted.isdigit() else 1))
        if step.calls:
            key, _, at = step.calls.partition(":")
            called = self.office.book.procedures[key]
            self.place(Token(self.free_id(), key, at or called.first, caller=token.id))
        if step.child and not any(move.opens for move in step.moves):
            open_children(self, token, step.child)
        if step.kind == "close" and not step.moves:
            self.send(step.turn, step.role)
            self._end(token, Move(()))

    def enter(self, procedure: str, first: str) -> None:
        """Put a new token on the first step of a procedure."""
        self.place(Token(self.free_id(), procedure, first))

    # -- ending -------------------------------------------------------------------------------------------------------

    def _end(self, token: Token, move: Move) -> None:
        """The token's procedure is over: whoever called it goes on; the last token closes the ticket."""
        self.draft.do(RemoveToken(self.ticket.number, token.id))
        caller = self.ticket.token(token.caller) if token.caller else None
        if caller is not None:
            if not any(t.caller == caller.id for t in self.ticket.tokens):
                self._resume(caller, (OnReturn(),))
            return
        if move.closing or not self.ticket.tokens:
            self.close(move.closing)

    def close(self, reason: str) -> None:
        """Close the ticket; the one that opened it and waits goes on."""
        if self.ticket.is_closed:
            return
        book, number = self.office.book, self.ticket.number
        why = reason or self.ticket.fact(CLOSING) or book.closing("")
        self.draft.do(SetState(number, next(s.key for s in book.states.values() if s.kind == "closed")))
        self.draft.do(Close(number, why, self.now))
        self._override = ""
        parent = self.draft.parent(self.ticket)
        if parent is not None:
            parent.child_closed(self.ticket.parent_token, why)

    def child_closed(self, token_id: int, reason: str) -> None:
        token = self.ticket.token(token_id)
        if token is None:
            return
        mine = [child for child in self.children() if child.token == token_id]
        step = self.step_of(token)
        due = unopened(self.ticket, step.child) if step and step.child else ()
        last: tuple[Trigger, ...] = (OnChildren(),) if not due and all(child.closed for child in mine) else ()
        self._resume(token, (OnChild(reason), OnChild(), *last))

    def _resume(self, token: Token, triggers: tuple[Trigger, ...]) -> None:
        move = next((m for trigger in triggers if (m := self.first_move(token, trigger, None))), None)
        if move is not None:
            self.make(token, move)

    def pass_once(self) -> bool:
        ready = self.matching(Always(), None)
        if ready:
            self.make(*ready[0])
        return bool(ready)

    # -- clocks and resting -------------------------------------------------------------------------------------------

    def start(self, key: str, token_id: int, ran: int = 0, after: Span | None = None) -> None:
        """A clock of this token starts; `ran`: for so many more times, `after`: with a span of its own."""
        clock = deadlines.clock(self.office.book, key)
        token = self.ticket.token(token_id)
        step = self.step_of(token) if token else None
        timer = pausing.timer(self, clock, token_id, step.role if step else "", ran, after) if clock else None
        if timer is not None:
            self.draft.do(StartTimer(self.ticket.number, timer))

    def _stop_anywhere(self, clock: str, token_id: int) -> None:
        """A move stops its own token's clock, else the ticket's, else the one of any other token."""
        found = sorted(
            (t for t in self.ticket.timers if t.clock == clock), key=lambda t: (t.token != token_id, t.token)
        )
        for timer in found[:1]:
            self.draft.do(StopTimer(self.ticket.number, timer.clock, timer.token))

    def settle(self) -> None:
        """Everything that resting brings: old clocks stop, new ones start, whose turn it is gets told, the state shows."""
        before = {t.id: t for t in self.before.tokens} if self.before else {}
        fresh = self.draft.started(self.ticket.number)
        live = {t.id for t in self.ticket.tokens if t.live}
        closed_now = self.ticket.is_closed and not (self.before and self.before.is_closed)
        for timer in self.ticket.timers:
            clock = self.office.book.clocks.get(timer.clock)
            left = timer.token in before and (timer.token in self._moved or timer.token not in live)
            over = closed_now and timer.token not in live and not (clock and clock.scope == "after")
            if (left or over) and (timer.clock, timer.token) not in fresh:
                self.draft.do(StopTimer(self.ticket.number, timer.clock, timer.token))
        for token in self.ticket.tokens:
            if token.live and token.id in self._moved:
                self._rest(token, stood=before.get(token.id))
        self._show_state()
        pausing.settle(self)

    def _rest(self, token: Token, stood: Token | None) -> None:
        step = self.step_of(token)
        if step is None:
            return
        for clock in step.clocks:
            self.start(clock, token.id)
        if token.id in self._quiet or (stood is not None and stood.place == token.place):
            return
        opener = self.draft.opener
        self.send(step.turn, step.role, but=opener.address if opener else "")

    def _show_state(self) -> None:
        if self.ticket.is_closed:
            return
        token = self.ticket.token(self._last)
        step = self.step_of(token) if token and token.live and (token.id in self._moved) else None
        state = self._override or (step.state if step else "")
        if state and state != self.ticket.state:
            self.draft.do(SetState(self.ticket.number, state))
