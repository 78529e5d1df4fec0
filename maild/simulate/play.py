"""A story played: real desk, core and store on a database in memory, under a clock that stands where the story says."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from maild import rules
from maild.brakes import Limits
from maild.config.shipped import shipped
from maild.core import seal
from maild.core.effects import Effect, StartTimer, StopTimer
from maild.core.events import MailArrived, MomentCame, TimerFired
from maild.core.office import Office
from maild.core.procedure import OWN
from maild.core.rulebook import Rulebook
from maild.core.subject import mark
from maild.core.ticket import Ticket
from maild.core.trust import Boundary
from maild.core.values import because
from maild.desk import Desk, operator_address
from maild.errors import MailError, Problem, UsageError
from maild.gather import Outcome
from maild.mail.compose import Composer, DeskIdentity
from maild.mail.parse import parse
from maild.simulate import cast, post
from maild.simulate.story import MailForm, StepForm, Story, with_marks, wrong
from maild.store import agenda, letters, mails, tickets, timers
from maild.store.database import Database, Tx
from maild.store.upgrade import upgrade

_OPERATOR = "operador@historia.test"
_DOMAIN = post.DESK.rpartition("@")[2]
_MANY = 10**9
_NO_LIMITS = Limits(*(_MANY for _ in fields(Limits)))
_LOT = 50
# A clock that sets itself again at once would let no time pass: a mistake in the rules, told instead of played for ever.
_MOST_LOOKS = 2000


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter written because of a step: its template, the key (or address) of its reader, and its bytes."""

    template: str
    person: str
    raw: bytes


@dataclass(slots=True)
class Result:
    """What one step brought."""

    story: str
    step: int
    at: datetime
    ticket: str | None = None
    mark: str | None = None
    state: str | None = None
    tokens: list[str] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    operator: list[Letter] = field(default_factory=list)
    timers: dict[str, list[str]] = field(default_factory=lambda: {"started": [], "stopped": [], "fired": []})
    opened: list[str] = field(default_factory=list)
    refused: str | None = None
    reasons: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    closing_reason: str | None = None

    @property
    def out(self) -> list[tuple[str, str]]:
        return [(letter.template, letter.person) for letter in self.letters]

    def line(self) -> dict[str, Any]:
        """The JSON object of STORY.md; `operator` names what only the operator was told."""
        plain = ("story", "step", "ticket", "mark", "state", "tokens", "timers", "opened", "refused", "reasons")
        fields = {name: getattr(self, name) for name in plain}
        return {
            **fields,
            "at": self.at.isoformat(),
            "out": self.out,
            "facts": self.facts,
            "closing_reason": self.closing_reason,
            "operator": [letter.template for letter in self.operator],
        }


def play(story: Story, file: str = "", rules_folder: Path | None = None) -> Iterator[Result]:
    """One result for each step, as it is played. Raises UsageError where the story names what the rules do not have."""
    file = file or f"{story.id}.json"
    with set_up(story, file, rules_folder) as stage:
        yield from stage.whole(file)


@contextmanager
def set_up(story: Story, file: str, rules_folder: Path | None = None) -> Iterator[Stage]:
    """The stage with the story's people and given tickets on it, before anything happens."""
    book = _rulebook(story, file, rules_folder or shipped("rules"))
    with closing(Database("sqlite://")) as database:
        upgrade(database)
        yield Stage(story, book, database)


def _rulebook(story: Story, file: str, folder: Path) -> Rulebook:
    if not (folder / story.profile).is_dir():
        known = ", ".join(sorted(p.name for p in folder.iterdir() if p.is_dir())) if folder.is_dir() else "ninguno"
        raise wrong([Problem(file, "profile", f"no hay reglas «{story.profile}»; las que hay: {known}")])
    book = rules.load(folder / story.profile, zone=cast.zone(story).key)
    if found := [Problem(file, key, text) for key, text in cast.mistakes(book, story)]:
        raise wrong(found)
    return cast.adapted(book, story)


class Stage:
    """The house of one story. Only `now` and the names of tickets live outside its database."""

    def __init__(self, story: Story, book: Rulebook, database: Database) -> None:
        self._story, self.database = story, database
        self._people = cast.directory(story)
        self._now = story.steps[0].at
        self._running, self._uid = True, 0
        self._waiting: list[tuple[bytes, datetime]] = []
        self._names: dict[int, str] = {}
        self._dated: dict[str, datetime] = {}
        # What tells one more person of a clock that has run out is no clock of the story.
        climbing = {key for key, clock in book.clocks.items() if not clock.again and book.ladder.of(clock)}
        self._climbing = climbing - book.set_anew()
        self.desk = self._built(book)
        with database.write() as tx:
            self._epoch = mails.open_epoch(tx, "historia", "INBOX", 1, self._now)
            for key, planned in cast.agenda(book, story).items():
                agenda.plan(tx, key, planned)
            given: dict[str, Ticket] = {}
            for form in story.given:
                number = tickets.next_number(tx)
                parent = given.get(form.parent)
                given[form.ticket] = ticket = cast.ticket(book, self._people, form, number, self._now, parent)
                tickets.save(tx, None, ticket, (), self._now)
                self._names[number] = form.ticket
            self._tickets = _all(tx)

    def _built(self, book: Rulebook) -> Desk:
        return Desk(
            office=Office(cast.vouched(book), self._people, frozenset((post.DESK,)), operator_address(_OPERATOR)),
            ring=seal.KeyRing({"1": secrets.token_bytes(32)}, "1"),
            composer=Composer(
                (shipped("templates"),),
                DeskIdentity(book.name, post.DESK, book.name, instance="historia", zone=cast.zone(self._story).key),
            ),
            domain=_DOMAIN,
            now=lambda: self._now,
            boundary=Boundary("authserv_id", (post.AUTHSERV_ID,)),
            limits=_NO_LIMITS,
            margin=timedelta(0),
        )

    @property
    def now(self) -> datetime:
        return self._now

    @property
    def tickets(self) -> dict[str, Ticket]:
        """Every ticket as it stands, by its name in the story."""
        return {self._names[number]: ticket for number, ticket in self._tickets.items()}

    # -- steps --------------------------------------------------------------------------------------------------------

    def whole(self, file: str) -> Iterator[Result]:
        for number, step in enumerate(self._story.steps):
            try:
                yield self.play(number, step)
            except UsageError as error:
                raise wrong([Problem(file, f"steps.{number}", str(error))]) from error

    def play(self, number: int, step: StepForm) -> Result:
        result = Result(self._story.id, number, step.at)
        if step.mail:
            self._waiting.append((self._bytes(step.mail, number, step.at), step.at))
        if step.down or step.up:
            self._running = step.up
        if self._running and step.clock:
            self._let_time_pass(step, result)
        self._now = max(self._now, step.at)
        if self._running:
            self._read_mailbox(step, result)
        if step.up:
            self._look(step, result)
        return result

    def _bytes(self, mail: MailForm, number: int, at: datetime) -> bytes:
        marks = {name: mark(self.desk.office.book.mark_key, n) for n, name in self._names.items()}
        own_id = re.sub(r"[^\w.-]", "-", f"{self._story.id}.{number}", flags=re.ASCII)
        filled = mail.model_copy(
            update={
                "subject": with_marks(mail.subject, marks),
                "body": with_marks(mail.body, marks),
                "html": with_marks(mail.html, marks),
                "message_id": f"<{(mail.message_id or f'{own_id}@{_DOMAIN}').strip('<> ')}>",
            }
        )
        # Given twice it is the same mail by another road: it keeps the date that its author wrote.
        dated = self._dated.setdefault(filled.message_id, at)
        return post.raw(filled, self._people, at, dated, self._conversation(mail))

    def _conversation(self, mail: MailForm) -> tuple[str, ...]:
        """The Message-IDs of the ticket's first mail and of our newest letter to the sender, as far as there are any."""
        number = next((n for n, name in self._names.items() if name == mail.reply_to_ticket), 0)
        if not number:
            return ()
        person = self._people.by_key(mail.sender)
        with self.database.write() as tx:
            newest = letters.recent_to(tx, number, person.address if person else mail.sender.lower())
        return tuple(each for each in (self._tickets[number].first_message_id, newest) if each) if newest else ()

    def _let_time_pass(self, step: StepForm, result: Result) -> None:
        """From one deadline to the next until the step's own time, as they would have come."""
        for _ in range(_MOST_LOOKS):
            self._look(step, result)
            ahead = [t.due for ticket in self._tickets.values() for t in ticket.timers]
            with self.database.write() as tx:
                ahead += [planned.due for planned in agenda.planned(tx).values()]
            soonest = min((due for due in ahead if self._now < due <= step.at), default=None)
            if soonest is None:
                break
            self._now = soonest
        else:
            raise UsageError("los relojes vuelven a empezar sin que pase el tiempo")
        self._now = max(self._now, step.at)
        self._look(step, result)

    # -- the three loops ----------------------------------------------------------------------------------------------

    def _read_mailbox(self, step: StepForm, result: Result) -> None:
        for raw, received_at in self._waiting:
            self._uid += 1
            digest = hashlib.sha256(raw).hexdigest()
            with self.database.write() as tx:
                arrival = mails.Arrival(digest, len(raw), received_at, self._epoch, self._uid)
                (mail_id,) = mails.put(tx, [arrival], self._now)
            self._receive(mail_id, raw, received_at, step, result)
        self._waiting.clear()

    def _receive(self, mail_id: int, raw: bytes, received_at: datetime, step: StepForm, result: Result) -> None:
        with self.database.write() as tx:
            try:
                understood = parse(raw)
            except MailError as error:
                self.desk.park(tx, mail_id, because("unreadable", why=error))
                return
            outcome = self.desk.mail(tx, MailArrived(mail_id, understood, received_at))
            self._note(tx, outcome, step, result)

    def _look(self, step: StepForm, result: Result) -> None:
        """Fire what is due now: the mailbox has been read up to this instant."""
        with self.database.write() as tx:
            mails.drained(tx, self._epoch, self._now)
        with self.database.write() as tx:
            struck = agenda.due(tx, self._now)
        for clock, at in struck:
            self._strike(clock, at, step, result)
        fired = True
        while fired:
            with self.database.write() as tx:
                upto = mails.silence_upto(tx)
                due = timers.due(tx, self._now, upto, _LOT)
            fired = sum(self._fire(timer, step, result) for timer in due) > 0

    def _strike(self, clock: str, at: datetime, step: StepForm, result: Result) -> None:
        with self.database.write() as tx:
            outcome = self.desk.moment(tx, MomentCame(clock, at))
            result.timers["fired"].append(clock)
            self._note(tx, outcome, step, result)

    def _fire(self, timer: timers.Due, step: StepForm, result: Result) -> bool:
        with self.database.write() as tx:
            outcome = self.desk.time(tx, TimerFired(timer.id, timer.ticket, timer.clock, timer.token))
            if outcome.done:
                self._note(tx, outcome, step, result)
        return outcome.done

    # -- what it brought ----------------------------------------------------------------------------------------------

    def _note(self, tx: Tx, outcome: Outcome, step: StepForm, result: Result) -> None:
        """Add one outcome to the step's result. The first ticket it concerned is the one the result speaks of."""
        before, self._tickets = self._tickets, _all(tx)
        self._name_new(before, step, result)
        decision = outcome.decision
        for number in self._tickets:
            _count_timers(result.timers, before.get(number), self._tickets[number], decision.effects, self._climbing)
        for row in letters.written_for(tx, outcome.cause):
            person = self._people.by_address(row["recipient"])
            letter = Letter(row["template"], person.key if person else row["recipient"], bytes(row["raw"]))
            (result.operator if letter.person == _OPERATOR else result.letters).append(letter)
        result.reasons += [(reason.code, dict(reason.facts)) for reason in decision.reasons]
        result.refused = result.refused or (decision.refused.code if decision.refused else None)
        name = self._names.get(decision.number)
        if name is not None and result.ticket in (None, name):
            self._show(self._tickets[decision.number], name, result)

    def _name_new(self, before: dict[int, Ticket], step: StepForm, result: Result) -> None:
        for number in sorted(self._tickets.keys() - before.keys()):
            free = step.names[len(result.opened) :]
            self._names[number] = free[0] if free else mark(self.desk.office.book.mark_key, number)
            result.opened.append(self._names[number])

    def _show(self, ticket: Ticket, name: str, result: Result) -> None:
        result.ticket = name
        result.mark = mark(self.desk.office.book.mark_key, ticket.number)
        result.state = ticket.state
        result.tokens = sorted(token.place for token in ticket.tokens if token.live)
        result.facts = {key: value for key, value in ticket.facts if not key.startswith(OWN)}
        result.closing_reason = ticket.closing_reason or None


def _all(tx: Tx) -> dict[int, Ticket]:
    numbers = [int(str(row["number"])) for row in tickets.listed(tx, only_open=False, limit=_MANY)]
    return {n: ticket for n in sorted(numbers) if (ticket := tickets.load(tx, n)) is not None}


def _count_timers(
    counted: dict[str, list[str]],
    before: Ticket | None,
    after: Ticket,
    effects: Iterable[Effect],
    climbing: Container[str],
) -> None:
    """What became of each clock, whatever it went through inside the decision."""
    mine = [e for e in effects if isinstance(e, StartTimer | StopTimer) and e.number == after.number]
    begun = {(e.timer.clock, e.timer.token) for e in mine if isinstance(e, StartTimer)}
    ran_out = {(e.clock, e.token) for e in mine if isinstance(e, StopTimer) and e.fired}
    ran, runs = _shown(before, climbing), _shown(after, climbing)
    for key in ran:
        if key in ran_out:
            counted["fired"].append(key[0])
        elif key in begun or key not in runs:
            counted["stopped"].append(key[0])
    counted["started"] += [key[0] for key in runs if key in begun]


def _shown(ticket: Ticket | None, climbing: Container[str]) -> Counter[tuple[str, int]]:
    running = ticket.timers if ticket else ()
    return Counter((t.clock, t.token) for t in running if not (t.ran and t.clock in climbing))
