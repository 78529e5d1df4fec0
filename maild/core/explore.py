"""Every procedure walked whole: each place that a ticket can come to, each way out of it, and what is wrong there.

The engine itself does the walking. What only a mail can say (a text, a file, who writes) is taken both ways, and facts are
told wherever an order can tell them, so that a way counts as closed only if nobody could ever go it.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from maild.core import guards
from maild.core.draft import Draft
from maild.core.events import Child, Kin
from maild.core.moves import SAID, Always, Move, OnChild, OnChildren, OnMail, OnOrder, OnReturn, Procedure, Step
from maild.core.office import Office
from maild.core.procedure import Walk
from maild.core.rulebook import Rulebook
from maild.core.ticket import Ticket, Token
from maild.core.values import Address, Directory

# What depends on the mail, the day or other tickets: it may be so or not.
_OPEN = ("text", "attachment", "named", "sender", "providers", "month_end", "children", "child", "state", "level")
_NOW = datetime(2026, 11, 4, 15, tzinfo=UTC)
_MOST_STATES = 6000
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
    """A ticket as it stands; `key`: what matters of it for where it can go."""

    ticket: Ticket
    key: Key


class Exploration:
    """One look at a whole rulebook. `edges` are the moves that were made, `places` the steps where a ticket came to rest."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book = _silent(book)
        self._office = Office(book, Directory(), frozenset(), Address("operador@entidad.example"))
        self._values = _values(book)
        self._relevant = _relevant(book, self._values)
        self._limits = _limits(book)
        self._asked = _asked(book)
        self.edges: set[Edge] = set()
        self.places: set[tuple[str, str]] = set()
        self.findings: list[Finding] = []
        self.whole = True  # False: there were too many places to see them all

    def run(self) -> None:
        for procedure in self.book.procedures.values():
            self._from(procedure.key)

    def _from(self, procedure: str) -> None:
        leads: dict[Key, set[Key]] = {}
        ends: set[Key] = set()
        shown: dict[Key, State] = {}
        waiting: deque[State] = deque()
        for state in self._beginnings(procedure):
            waiting.append(state)
            shown.setdefault(state.key, state)
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
        # A place that was not looked at any more may lead anywhere.
        good = set(ends) | (shown.keys() - leads.keys())
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
        asked = self._asked[procedure]
        own = [key for key, opens in self.book.opening.items() if opens == procedure] or [self.book.default_type]
        # Whatever no guard ahead asks about makes no difference.
        types = list(dict.fromkeys([*own, *self.book.types])) if "type" in asked else own[:1]
        channels = ["mail", *self.book.channels] if "channel" in asked else ["mail"]
        entries = {first} | {
            s.child.at or first for _, s in self.book.all_steps() if s.child and s.child.procedure == procedure
        }
        read = {fact for rule in self.book.mails.values() for fact in rule.read}
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
            self._note(token, move)
            walk.make(token, move)
        else:
            for token in draft.walks[1].ticket.tokens[:1]:
                self.findings.append(Finding(token.procedure, token.step, "endless"))
        ticket = draft.walks[1].ticket
        self.places |= {(t.procedure, t.step) for t in ticket.tokens if t.live}
        yield State(replace(ticket, timers=()), self._key(ticket))

    def _key(self, t: Ticket) -> Key:
        """Where it stands, and the facts that somebody ahead will ask for; counters only up to their limit."""
        asked = frozenset[str]().union(*(self._asked[k.procedure] for k in t.tokens))
        facts = tuple(sorted((k, self._capped(k, v)) for k, v in t.facts if k in asked))
        return tuple(sorted((k.procedure, k.step, k.came) for k in t.tokens)), facts, t.is_closed, t.type, t.channel

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
            if step is None or not token.live:
                continue
            for move in step.moves:
                for told in self._tellings(state, token, move):
                    yield from self._gone(state, token, move, told)

    def _gone(self, state: State, token: Token, move: Move, told: Mapping[str, str]) -> Iterator[State]:
        facts = {**dict(state.ticket.facts), **told}
        ticket = replace(state.ticket, facts=tuple(facts.items()))
        draft = self._draft()
        walk = draft.walk(ticket)
        by_itself = all(isinstance(t, Always | OnReturn) for t in move.on)
        if (by_itself and not _open(move)) or not self._may_hold(move, token, walk):
            return
        if any(isinstance(t, OnChild | OnChildren) for t in move.on):
            draft.kin = Kin(2, children=(Child(9, 1, token.id, True),))
        self._note(token, move)
        walk.make(token, move)
        self._returned(walk)
        yield from self._settled(draft)

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

    def _tellings(self, state: State, token: Token, move: Move) -> Iterator[dict[str, str]]:
        """What the order may tell besides: what its own guards ask for, and one fact that later steps ask for."""
        if not any(isinstance(trigger, OnOrder) for trigger in move.on):
            rules = [self.book.mails[t.rule] for t in move.on if isinstance(t, OnMail)]
            yield {fact: value for rule in rules for fact, value in rule.tell.items()}
            return
        asked = {k: _one(v, self._relevant[k]) for k, v in move.when.items() if k in self._relevant}
        needed = {
            n.partition(":")[2].partition("=")[0]: n.partition("=")[2] or "x"
            for n in move.requires
            if n.startswith("fact:")
        }
        own = {**asked, **needed}
        own |= {t.verb: t.value for t in move.on if isinstance(t, OnOrder) and t.value and t.verb in self._relevant}
        yield own
        known = dict(state.ticket.facts)
        for fact, values in self._relevant.items():
            if fact not in self._asked[token.procedure]:
                continue
            for value in values:
                if fact not in own and fact not in known:
                    yield {**own, fact: value}


def _silent(book: Rulebook) -> Rulebook:
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


def _open(move: Move) -> bool:
    """Whether it passes by itself, but only with some mails or on some days."""
    return Always() in move.on and any(guard in _OPEN for guard in (*move.when, *move.unless))


def _worded(tell: Mapping[str, str]) -> dict[str, str]:
    """What a move tells when the mail has words for it."""
    return {fact: "x" if value in SAID else value for fact, value in tell.items()}


def _one(values: tuple[str, ...], known: tuple[str, ...]) -> str:
    return next((value for value in values if value != "*"), known[0])


def _values(book: Rulebook) -> dict[str, tuple[str, ...]]:
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


def _relevant(book: Rulebook, asked: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Those of them that an order can tell."""
    counted = {step.count for _, step in book.all_steps()}
    told = {fact for _, step in book.all_steps() for move in step.moves for fact in move.tell}
    own = {*book.facts, *(verb.key for verb in book.verbs.values() if verb.act in ("fact", "form"))}
    return {f: values for f, values in asked.items() if f not in counted and (f in own or f not in told)}


def _limits(book: Rulebook) -> dict[str, int]:
    """How far each counter matters."""
    found: dict[str, int] = {}
    for _, step in book.all_steps():
        for move in step.moves:
            for fact, limit in (*move.below.items(), *move.at_least.items()):
                told = book.settings.get(f"parameters.{limit}", limit)
                found[fact] = max(found.get(fact, 0), int(told) if told.isdigit() else 0)
    return found


def _asked(book: Rulebook) -> dict[str, frozenset[str]]:
    """For each procedure, the facts that guards ask for in it and wherever it leads."""
    asks = {key: _asks(procedure.steps.values()) for key, procedure in book.procedures.items()}
    leads = {key: _leads(procedure.steps.values()) for key, procedure in book.procedures.items()}
    for _ in book.procedures:
        for key, others in leads.items():
            asks[key] |= frozenset().union(*(asks[other] for other in others))
    # A procedure that is called goes on in the one that called it.
    everything = frozenset[str]().union(*asks.values())
    called = {step.calls.partition(":")[0] for _, step in book.all_steps() if step.calls}
    return {key: everything if key in called else facts for key, facts in asks.items()}


def _asks(steps: Iterable[Step]) -> frozenset[str]:
    moves = [move for step in steps for move in step.moves]
    return frozenset(f for m in moves for part in (m.when, m.unless, m.below, m.at_least) for f in part)


def _leads(steps: Iterable[Step]) -> frozenset[str]:
    targets = [target for step in steps for move in step.moves for target in move.to]
    calls = [step.calls for step in steps if step.calls]
    return frozenset(head for head, colon, _ in (t.partition(":") for t in targets) if colon) | {
        call.partition(":")[0] for call in calls
    }


def never_gone(exploration: Exploration) -> Iterable[tuple[str, str, Move]]:
    """The moves that nobody can ever make."""
    for procedure, step in exploration.book.all_steps():
        for position, move in enumerate(step.moves):
            if (procedure.key, step.number, position) not in exploration.edges:
                yield procedure.key, step.number, move
