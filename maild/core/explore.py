"""Every procedure walked whole: each place that a ticket can come to, each way out of it, and what is wrong there.

The engine itself does the walking. What only a mail can say (a text, a file, who writes) is taken both ways, and facts are
told wherever an order can tell them, so that a way counts as closed only if nobody could ever go it.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from maild.core import asking, guards
from maild.core.draft import Draft
from maild.core.events import Child, Kin
from maild.core.moves import Always, Move, OnChild, OnChildren, OnMail, OnOrder, OnReturn
from maild.core.office import Office
from maild.core.procedure import Walk
from maild.core.rulebook import Rulebook
from maild.core.ticket import Ticket, Token
from maild.core.values import Address, Directory

# What depends on the mail, the day or other tickets: it may be so or not.
_OPEN = (
    "text",
    "attachment",
    "named",
    "sender",
    "providers",
    "month_end",
    "rows",
    "children",
    "child",
    "state",
    "level",
)
_NOW = datetime(2026, 11, 4, 15, tzinfo=UTC)
_MOST_STATES = 30_000
# Branches that stand at one step at the same time: more come only of a way back that leaves the others behind.
_MOST_ALIKE = 3
_ASKS = Address("alguien@entidad.example", "Alguien")

Edge = tuple[str, str, int]  # procedure, step, position of the move


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a place of a procedure: a code and what it is about."""

    procedure: str
    step: str
    code: str
    about: str = ""


Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class State:
    """A ticket as it stands; `key`: what matters of it for where it can go. `passing`: the token that will pass by itself
    unless the same mail gives another order."""

    ticket: Ticket
    key: Key
    passing: int = 0


class Exploration:
    """One look at a whole rulebook. `edges` are the moves that were made, `places` the steps where a ticket came to rest."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book = asking.silent(book)
        self._office = Office(book, Directory(), frozenset(), Address("operador@entidad.example"))
        self._values = asking.values(book)
        self._relevant = asking.relevant(book, self._values)
        self._limits = asking.limits(book)
        self._asked = asking.asked(book)
        self.edges: set[Edge] = set()
        self.places: set[tuple[str, str]] = set()
        self.findings: list[Finding] = []
        self.whole = True  # False: there were too many places to see them all

    def run(self) -> None:
        leads: dict[Key, set[Key]] = {}
        ends: set[Key] = set()
        waiting = deque(state for key in self.book.procedures for state in self._beginnings(key))
        shown = {state.key: state for state in waiting}
        while waiting:
            state = waiting.popleft()
            if state.key in leads:
                continue
            if len(leads) >= _MOST_STATES:
                self.whole = False
                break
            after = list(self._after(state))
            leads[state.key] = {following.key for following in after}
            if not state.ticket.tokens:
                ends.add(state.key)
            for following in after:
                shown.setdefault(following.key, following)
                waiting.append(following)
        self._stuck(leads, ends, shown)

    def _stuck(
        self,
        leads: Mapping[Key, set[Key]],
        ends: set[Key],
        shown: Mapping[Key, State],
    ) -> None:
        """The places from which no way leads to an end."""
        comes_from: dict[Key, set[Key]] = {}
        for start, targets in leads.items():
            for target in targets:
                comes_from.setdefault(target, set()).add(start)
        # A place that was not looked at any more may lead anywhere; one that passes by itself is no place to be stuck at.
        good = set(ends) | (shown.keys() - leads.keys()) | {key for key in leads if shown[key].passing}
        waiting = deque(good)
        while waiting:
            for start in comes_from.get(waiting.popleft(), ()):
                if start not in good:
                    good.add(start)
                    waiting.append(start)
        told = {(f.procedure, f.step) for f in self.findings}
        for key in leads.keys() - good:
            for token in shown[key].ticket.tokens[:1]:
                if (token.procedure, token.step) not in told:
                    told.add((token.procedure, token.step))
                    self.findings.append(Finding(token.procedure, token.step, "no-way-to-the-end"))

    # -- going ----------------------------------------------------------------------------------------------------

    def _beginnings(self, procedure: str) -> Iterator[State]:
        """A ticket of each type and channel that the guards know, at the first step and wherever others enter."""
        first = self.book.procedures[procedure].first
        asked = self._asked[(procedure, first)]
        own = [key for key, opens in self.book.opening.items() if opens == procedure] or [self.book.default_type]
        # Whatever no guard ahead asks about makes no difference.
        types = list(dict.fromkeys([*own, *self.book.types])) if "type" in asked else own[:1]
        channels = ["mail", *self.book.channels] if "channel" in asked else ["mail"]
        entries = {first} | {
            s.child.at or first for _, s in self.book.all_steps() if s.child and s.child.procedure == procedure
        }
        read = {fact for rule in self.book.mails.values() for fact in (*rule.read, *rule.tell)}
        read |= {fact for branch in self.book.machines.branches for fact in branch.tell}
        told = [{}, *({f: v} for f in sorted(read & self._values.keys()) for v in self._values[f])]
        for kind, channel, entry, facts in itertools.product(types, channels, sorted(entries), told):
            ticket = Ticket(1, "", "", _ASKS, _NOW, type=kind, channel=channel, facts=tuple(facts.items()))
            draft = self._draft()
            draft.walk(ticket).enter(procedure, entry)
            yield from self._settled(draft)

    def _draft(self) -> Draft:
        return Draft(self._office, _NOW, kin=Kin(number=2))

    def _settled(self, draft: Draft) -> Iterator[State]:
        """Where it comes to rest. Each way that passes by itself counts as gone."""
        for _ in range(60):
            walk = draft.walks[1]
            ready = walk.matching(Always(), None)
            if not ready:
                break
            token, move = ready[0]
            if self._takes_orders(token):
                # A second order of the same mail is tried here before the ticket passes on.
                ticket = replace(walk.ticket, timers=())
                yield State(ticket, ("passing", *self._key(ticket)), passing=token.id)
            self._note(token, move)
            walk.make(token, move)
        else:
            for token in draft.walks[1].ticket.tokens[:1]:
                self.findings.append(Finding(token.procedure, token.step, "endless"))
        ticket = draft.walks[1].ticket
        standing = Counter((t.procedure, t.step, t.came) for t in ticket.tokens)
        if crowded := [place for place, tokens in standing.items() if tokens > _MOST_ALIKE]:
            self.findings.append(Finding(*crowded[0][:2], "multiplies"))
            return
        self.places |= {(t.procedure, t.step) for t in ticket.tokens if t.live}
        yield State(replace(ticket, timers=()), self._key(ticket))

    def _key(self, t: Ticket) -> Key:
        """Where it stands, and the facts that somebody ahead will ask for; counters only up to their limit."""
        asked = self._asked_ahead(t)
        facts = tuple(sorted((k, self._capped(k, v)) for k, v in t.facts if k in asked))
        stands = tuple(sorted((k.procedure, k.step, k.came) for k in t.tokens))
        kind, channel = "type" in asked and t.type, "channel" in asked and t.channel
        return stands, facts, t.is_closed, kind, channel

    def _takes_orders(self, token: Token) -> bool:
        step = self.book.step(token.procedure, token.step)
        return any(isinstance(trigger, OnOrder) for move in (step.moves if step else ()) for trigger in move.on)

    def _asked_ahead(self, t: Ticket) -> frozenset[str]:
        """Who called is on the ticket too: what he asks counts while the called procedure runs."""
        return frozenset[str]().union(*(self._asked.get((k.procedure, k.step), frozenset()) for k in t.tokens))

    def _capped(self, fact: str, value: str) -> str:
        limit = self._limits.get(fact)
        return value if limit is None or not value.isdigit() else str(min(int(value), limit))

    def _note(self, token: Token, move: Move) -> None:
        step = self.book.step(token.procedure, token.step)
        if step is not None:
            position = next(n for n, each in enumerate(step.moves) if each is move)
            self.edges.add((token.procedure, token.step, position))

    def _after(self, state: State) -> Iterator[State]:
        for token in state.ticket.tokens:
            step = self.book.step(token.procedure, token.step)
            if step is None or not token.live or state.passing not in (0, token.id):
                continue
            for move in step.moves:
                for told in itertools.islice(self._tellings(state, move), 1 if state.passing else None):
                    yield from self._gone(state, token, move, told)

    def _gone(self, state: State, token: Token, move: Move, told: Mapping[str, str]) -> Iterator[State]:
        facts = {**dict(state.ticket.facts), **told}
        ticket = replace(state.ticket, facts=tuple(facts.items()))
        draft = self._draft()
        walk = draft.walk(ticket)
        by_itself = all(isinstance(t, Always | OnReturn) for t in move.on)
        if (by_itself and not _open(move)) or not self._may_hold(move, token, walk):
            return
        if self._goes_first(move, token, walk):
            return
        if any(isinstance(t, OnChild | OnChildren) for t in move.on):
            draft.kin = Kin(2, children=(Child(9, 1, token.id, True),))
        self._note(token, move)
        walk.make(token, move)
        self._returned(walk)
        yield from self._settled(draft)

    def _goes_first(self, move: Move, token: Token, walk: Walk) -> bool:
        """Whether an earlier way of the step is always taken instead: for each trigger, one that is open to everybody to
        whom this one is, asks nothing of the mail that this one does not ask, and holds as the ticket stands."""
        step = self.book.step(token.procedure, token.step)
        if step is None:
            return False
        above = [each for each in itertools.takewhile(lambda each: each is not move, step.moves) if _covers(each, move)]
        ready = [each for each in above if self._may_hold(each, token, walk)]
        return all(any(trigger in each.on for each in ready) for trigger in move.on)

    def _returned(self, walk: Walk) -> None:
        """Calls that came back inside this move were made by the engine: note them by what they told."""
        for reason in walk.draft.reasons:
            facts = dict(reason.facts)
            procedure, _, number = facts.get("at", "").partition(":")
            step = self.book.step(procedure, number)
            for position, move in enumerate(step.moves if step else ()):
                if OnReturn() in move.on and reason.code == "moved" and facts.get("to") == (", ".join(move.to) or "·"):
                    self.edges.add((procedure, number, position))

    def _may_hold(self, move: Move, token: Token, walk: Walk) -> bool:
        open_when = {k: v for k, v in move.when.items() if k not in _OPEN}
        open_unless = {k: v for k, v in move.unless.items() if k not in _OPEN}
        return guards.hold(replace(move, when=open_when, unless=open_unless), token, walk)

    def _tellings(self, state: State, move: Move) -> Iterator[dict[str, str]]:
        """What the order may tell besides: what its own guards ask for, and one fact that later steps ask for."""
        if not any(isinstance(trigger, OnOrder) for trigger in move.on):
            rules = [self.book.mails[t.rule] for t in move.on if isinstance(t, OnMail)]
            yield {fact: value for rule in rules for fact, value in rule.tell.items()}
            return
        asked = {k: asking.one(v, self._relevant[k]) for k, v in move.when.items() if k in self._relevant}
        needed = {
            n.partition(":")[2].partition("=")[0]: n.partition("=")[2] or "x"
            for n in move.requires
            if n.startswith("fact:")
        }
        own = {**asked, **needed}
        own |= {t.verb: t.value for t in move.on if isinstance(t, OnOrder) and t.value and t.verb in self._relevant}
        yield own
        known, ahead = dict(state.ticket.facts), self._asked_ahead(state.ticket)
        for fact, values in self._relevant.items():
            if fact not in ahead:
                continue
            for value in values:
                if fact not in own and fact not in known:
                    yield {**own, fact: value}


def _open(move: Move) -> bool:
    """Whether it passes by itself, but only with some mails or on some days."""
    return Always() in move.on and any(guard in _OPEN for guard in (*move.when, *move.unless))


def _covers(above: Move, move: Move) -> bool:
    """Whether whoever may make `move` may make `above`, with the same mail and on the same day."""
    return (
        (above.by == move.by or (bool(above.by) and set(move.by) <= set(above.by)))
        and all(set(move.when.get(key, ("\0",))) <= set(values) for key, values in above.when.items() if key in _OPEN)
        and all(
            key in move.unless and set(values) <= set(move.unless[key])
            for key, values in above.unless.items()
            if key in _OPEN
        )
    )


def never_gone(exploration: Exploration) -> Iterable[tuple[str, str, Move]]:
    """The moves that nobody can ever make."""
    for procedure, step in exploration.book.all_steps():
        for position, move in enumerate(step.moves):
            if (procedure.key, step.number, position) not in exploration.edges:
                yield procedure.key, step.number, move
