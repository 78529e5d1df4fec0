"""Walking a ticket through its institution's procedures: which move applies, and what it brings with it.

A Walk folds what happens in one decision through `evolve`, so that a second order sees the ticket as the first one left it.
What resting brings (clocks, "your turn" letters, the visible state) is settled once at the end: steps that are passed
through inside one mail start nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from maild.core import worktime
from maild.core.effects import (
    Close,
    Effect,
    PlaceToken,
    RemoveToken,
    Send,
    SetState,
    StartTimer,
    StopTimer,
    Tell,
    evolve,
)
from maild.core.moves import Always, LetterTo, Move, Step, Trigger
from maild.core.office import Office
from maild.core.rulebook import Clock
from maild.core.ticket import Ticket, Timer, Token
from maild.core.values import Address, Reason, because

# Longer chains of steps that pass by themselves are a mistake in the rules that the walk of `maild check` finds.
_MOST_PASSES = 60


@dataclass(slots=True)
class Walk:
    """One decision in the making. Lives inside one call of `decide`; only its effects and reasons leave it."""

    ticket: Ticket
    office: Office
    now: datetime
    sender: Address | None = None
    effects: list[Effect] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    # What was said, for the letter to whoever has the turn now.
    told: Mapping[str, str] = field(default_factory=dict)
    _before: Ticket | None = None
    _override: str = ""
    _moved: int = 0

    def __post_init__(self) -> None:
        self._before = self.ticket

    def do(self, effect: Effect) -> None:
        self.effects.append(effect)
        evolved = evolve(self.ticket, (effect,))
        if evolved is not None:
            self.ticket = evolved

    def because(self, code: str, **facts: object) -> None:
        self.reasons.append(because(code, **facts))

    def send(self, letters: Iterable[LetterTo], **facts: str) -> None:
        for letter in letters:
            for to, audience, language in self.office.recipients(letter.to, self.ticket, self.sender):
                self.do(Send(self.ticket.number, letter.template, to, audience, language, tuple(facts.items())))

    # -- moving ---------------------------------------------------------------------------------------------------

    def step_of(self, token: Token) -> Step | None:
        return self.office.book.step(token.procedure, token.step)

    def matching(self, wanted: Trigger, standing: frozenset[str] | None) -> list[tuple[Token, Move]]:
        """For each token, its first move on `wanted` whose guards hold and that somebody of this standing may make (None: nobody asks)."""
        found = []
        for token in self.ticket.tokens:
            step = self.step_of(token)
            moves = (m for m in (step.moves if step else ()) if wanted in m.on and self._guards_hold(m))
            move = next(
                (m for m in moves if standing is None or standing & set(m.by or (step.role if step else "",))),
                None,
            )
            if move is not None:
                found.append((token, move))
        return found

    def _guards_hold(self, move: Move) -> bool:
        return all(self._told(k) == v for k, v in move.when.items()) and not any(
            self._told(k) == v for k, v in move.unless.items()
        )

    def _told(self, key: str) -> str | None:
        if key == "type":
            return self.ticket.type
        return self.ticket.fact(key)

    def make(self, token: Token, move: Move, **letter_facts: str) -> None:
        """Make one move, then every move that passes by itself."""
        for key, value in move.tell.items():
            self.do(Tell(self.ticket.number, key, value))
        for clock in move.stop:
            self._stop(clock, token.id)
        self.send(move.letters, **letter_facts)
        if move.state:
            self._override = move.state
        if move.to:
            self._go(token, move)
        for clock in move.start:
            self._start(clock, token.id)
        self.because("moved", at=token.place, result=move.result or "·", to=", ".join(move.to) or "·")

    def _go(self, token: Token, move: Move) -> None:
        self._override = move.state
        first, *others = move.to
        self._place(Token(token.id, token.procedure, first), move)
        for step in others:
            self._place(Token(self._free_id(), token.procedure, step), move)

    def _free_id(self) -> int:
        return max((t.id for t in self.ticket.tokens), default=0) + 1

    def _place(self, token: Token, move: Move) -> None:
        self.do(PlaceToken(self.ticket.number, token))
        self._moved = token.id
        step = self.step_of(token)
        if step is not None and step.kind == "close":
            self._close(token, step, move.closing)

    def _close(self, token: Token, step: Step, reason: str) -> None:
        self.do(SetState(self.ticket.number, step.state))
        self.do(RemoveToken(self.ticket.number, token.id))
        self.do(Close(self.ticket.number, reason or "resuelto", self.now))
        self.send(step.turn)
        self._override = ""

    def pass_through(self) -> None:
        """Let every token go on as far as it goes by itself."""
        for _ in range(_MOST_PASSES):
            ready = self.matching(Always(), None)
            if not ready:
                return
            self.make(*ready[0])
        self.because("endless", ticket=self.ticket.number)

    def enter(self, procedure: str, first: str) -> None:
        """Put a new token on the first step of a procedure."""
        token = Token(self._free_id(), procedure, first)
        self.do(PlaceToken(self.ticket.number, token))
        self._moved = token.id

    # -- clocks and resting ---------------------------------------------------------------------------------------

    def _clock(self, key: str) -> Clock | None:
        clock = self.office.book.clocks.get(key)
        if clock is None or clock.span is None:
            return None
        settings = self.office.book.settings
        return clock if all(settings.get(k) == v for k, v in clock.only_if.items()) else None

    def _start(self, key: str, token_id: int) -> None:
        clock = self._clock(key)
        if clock is None or clock.span is None:
            return
        due = worktime.end(self.now, clock.span, self.office.book.calendar)
        self.do(StartTimer(self.ticket.number, Timer(key, token_id, due, on_silence=clock.meaning == "silence")))

    def _stop(self, clock: str, token_id: int) -> None:
        if self.ticket.timer(clock, token_id) is not None:
            self.do(StopTimer(self.ticket.number, clock, token_id))

    def rearm(self, clock: str, token_id: int) -> None:
        self._start(clock, token_id)

    def settle(self) -> None:
        """Everything that resting brings: old clocks stop, new ones start, whose turn it is gets told, the state shows."""
        before = {t.id: t for t in self._before.tokens} if self._before else {}
        after = {t.id: t for t in self.ticket.tokens}
        for token_id, token in before.items():
            if after.get(token_id) != token:
                started = {e.timer for e in self.effects if isinstance(e, StartTimer)}
                for timer in self._before.timers_of(token_id) if self._before else ():
                    if timer not in started:
                        self._stop(timer.clock, token_id)
        if self.ticket.is_closed:
            for timer in self.ticket.timers:
                self.do(StopTimer(self.ticket.number, timer.clock, timer.token))
        for token_id, token in after.items():
            if before.get(token_id) != token:
                self._rest(token)
        self._show_state()

    def _rest(self, token: Token) -> None:
        step = self.step_of(token)
        if step is None:
            return
        for clock in step.clocks:
            self._start(clock, token.id)
        self.send(step.turn, **self.told)

    def _show_state(self) -> None:
        if self.ticket.is_closed:
            return
        token = self.ticket.token(self._moved)
        step = self.step_of(token) if token else None
        state = self._override or (step.state if step else "")
        if state and state != self.ticket.state:
            self.do(SetState(self.ticket.number, state))
