"""From the letters that a decision owes to rows of the outbox: rendered once, sealed, and held where a brake says so."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from maild import brakes
from maild.brakes import Hold, Limits
from maild.core import echo, files, pacing, seal, writing
from maild.core.effects import Decision, Open, Review, Send
from maild.core.letters import Letter
from maild.core.office import Office
from maild.core.pacing import Pace
from maild.core.past import Report
from maild.core.pending import Undoable
from maild.core.ticket import Ticket
from maild.core.values import Mail, Person
from maild.errors import Problem
from maild.mail.compose import Composer, Rendered
from maild.store import holds, letters, mails, records
from maild.store.database import Tx

log = logging.getLogger("maild.desk")

# How long a letter is worth sending (RELIABILITY OB-12).
LETTER_LIFE = timedelta(days=3)
_AT_ONCE = timedelta(0)


_NO_PACE = Pace()


@dataclass(frozen=True, slots=True)
class Envelopes:
    """The letters of one decision, at one time. `rehearsal`: all of them are held; `plus_address`: the mailbox takes mail to
    name+anything@domain."""

    office: Office
    ring: seal.KeyRing
    composer: Composer
    domain: str
    limits: Limits
    now: datetime
    pace: Pace = _NO_PACE
    rehearsal: bool = False
    plus_address: bool = False
    # Written because time passed, not because somebody waits for it: those who work get it in their working hours.
    in_hours: bool = False

    def write(
        self,
        tx: Tx,
        cause: str,
        decision: Decision,
        after: Mapping[int, Ticket],
        mail: Mail | None,
        judged: Sequence[files.Judged],
        reports: Mapping[str, Report] | None = None,
    ) -> None:
        """Every letter of the decision joins the outbox; `after` are its tickets as they stand now, `mail` what it answers."""
        sends = [*(e for e in decision.effects if isinstance(e, Send)), *self._to_operator(decision)]
        opened = {e.ticket.number for e in decision.effects if isinstance(e, Open)}
        today = self.now.date()
        requests: dict[int, str] = {}
        wait = max((e.wait for e in decision.effects if isinstance(e, Undoable)), default=_AT_ONCE)
        rows: list[dict[str, Any]] = []
        broken: set[Problem] = set()
        began: dict[int, str] = {}
        for position, send in enumerate(sends):
            number = send.number
            if pacing.is_spared(self.pace, send.template, mail, send.to.address):
                log.info("letter-spared", extra={"address": send.to.address, "template": send.template})
                continue
            if number and number not in opened and number not in began:
                began[number] = mails.conversation_of(tx, number)
            # Whoever is handed a ticket must be able to read what it is about; whoever opened it just now wrote it.
            if send.audience in ("technician", "manager") and number not in opened and number not in requests:
                known = after.get(number)
                requests[number] = records.first_words(tx, number, known.opened_at) if known else ""
            others = tuple(s.to for s in sends if s.number == number and s.to.address != send.to.address)
            occasion = writing.Occasion(
                self.office,
                self.ring,
                today,
                mail,
                request=requests.get(number, ""),
                files=judged,
                others=others,
                conversation=began.get(number, ""),
                report=(reports or {}).get(send.to.address) if not number else None,
            )
            fresh = number in opened
            # While the order that caused it can be undone, a letter to people outside waits as long as its author wants.
            still = wait if send.audience in echo.OUTSIDE else _AT_ONCE
            row, problem = self._letter(
                tx, send, after.get(number), occasion, f"{cause}#{position}", opened=fresh, wait=still
            )
            rows += [row] if row else []
            broken |= {problem} if problem else set()
        letters.insert(tx, [*rows, *self._alarms(tx, rows, broken)])

    def _letter(
        self,
        tx: Tx,
        send: Send,
        ticket: Ticket | None,
        occasion: writing.Occasion,
        cause: str,
        *,
        opened: bool = False,
        wait: timedelta = _AT_ONCE,
    ) -> tuple[dict[str, Any] | None, Problem | None]:
        """One outbox row, its bytes and Message-ID fixed for good; None for one that its reader has no use for. And what
        is wrong with its template, if anything. `wait`: it stays here so long whatever else holds."""
        now = self.now
        letter = writing.letter(send, ticket if send.number else None, occasion)
        nonce = seal.nonce(writing.reader_class(send, self.office), secrets.token_hex(6), send.held)
        token = (self.ring, send.number, send.to.address, nonce, now.date())
        message_id = seal.message_id(*token, self.domain)
        if self.plus_address and send.number:
            letter = replace(letter, reply_to=seal.reply_to(*token, self.composer.identity.address))
        person = self.office.directory.by_address(send.to.address)
        leaves = self._leaves(send, letter, person, ticket)
        unwanted = person is not None and send.template in person.without
        said, first = ([], None) if unwanted else self._taken_in(tx, send, person, message_id)
        if said:
            letter = replace(letter, facts={**letter.facts, "earlier": tuple(said)})
        leaves = max(min(leaves, first or leaves), now + wait)
        rendered = self.composer.render(letter)
        if rendered.bulk and unwanted:
            return None, rendered.problem
        if rendered.problem:
            log.warning("letter-template-broken", extra={"template": send.template, "problem": str(rendered.problem)})
        hold = self._held(tx, send, is_ack=opened and bool(letter.answers), now=now)
        row = {
            "cause": cause,
            "message_id": message_id,
            "ticket": send.number or None,
            "template": send.template,
            "recipient": send.to.address,
            "raw": self.composer.to_bytes(letter, rendered, message_id=message_id, date=now),
            "state": "held" if hold.by else "queued",
            "held_by": hold.by,
            "reason": hold.why,
            "created_at": now,
            "not_before": leaves,
            "expires_at": leaves + LETTER_LIFE,
            "gist": _gist(rendered, letter, said) if leaves > now else "",
        }
        return row, rendered.problem

    def _leaves(self, send: Send, letter: Letter, person: Person | None, ticket: Ticket | None) -> datetime:
        if ticket is not None and ticket.priority in self.office.book.urgent:  # what is critical rests at no hour
            return self.now
        at, zone = self._opens(send, person), self.composer.identity.zone
        return pacing.leaves(self.pace, letter.template, person, zone, at, answered=bool(letter.answers))

    def _opens(self, send: Send, person: Person | None) -> datetime:
        """The next working hour of those who work, for what time alone has written; now, for everything else."""
        if not self.in_hours or send.audience not in ("technician", "manager"):
            return self.now
        hours = self.office.book.hours(person.site if person else "", person.unit if person else "")
        return hours.opening(self.now)

    def _taken_in(
        self, tx: Tx, send: Send, person: Person | None, message_id: str
    ) -> tuple[list[str], datetime | None]:
        """What the letters say that this reader has still to get about the ticket; they are given up for this one."""
        if not send.number or not pacing.may_wait(self.pace, person):
            return [], None
        return letters.take_in(tx, send.number, send.to.address, self.now, message_id)

    def _held(self, tx: Tx, send: Send, *, is_ack: bool, now: datetime) -> Hold:
        if self.rehearsal:
            return brakes.held("rehearsal")
        hold = brakes.judge(tx, send, self.office, self.limits, now, is_ack=is_ack)
        if hold.by:
            log.warning("letter-held", extra={"address": send.to.address, "template": send.template, "by": hold.by})
        return hold

    def _alarms(self, tx: Tx, rows: list[dict[str, Any]], broken: Iterable[Problem]) -> list[dict[str, Any]]:
        """What the operator must hear of, once: a brake that takes hold (in its hour the total one, a day each of the
        others), a letter whose template is wrong."""
        occasion = writing.Occasion(self.office, self.ring, self.now.date())
        alarms = brakes.alarms(tx, rows, self.office, self.now) | self._broken(tx, broken)
        told = (self._letter(tx, send, None, occasion, cause)[0] for cause, send in alarms.items())
        return [row for row in told if row]

    def _broken(self, tx: Tx, problems: Iterable[Problem]) -> dict[str, Send]:
        told = {}
        for problem in problems:
            cause = f"template:{hashlib.sha256(str(problem).encode()).hexdigest()[:32]}"
            if not holds.is_written(tx, cause):
                facts = (("reason_code", "template-broken"), ("problem_lines", str(problem)))
                told[cause] = Send(0, "aviso", self.office.operator, "operator", self.office.language, facts)
        return told

    def _to_operator(self, decision: Decision) -> list[Send]:
        """Whoever runs the desk hears of every mail that waits for a person, once."""
        reviews = [e.reason for e in decision.effects if isinstance(e, Review)]
        operator = self.office.operator
        return [
            Send(0, "cuarentena", operator, "operator", self.office.language, (("reason_code", r.code), *r.facts))
            for r in reviews
        ]


def _gist(rendered: Rendered, letter: Letter, said: Sequence[str]) -> str:
    """What a letter that takes this one in will show of it, and of those that this one has taken in itself."""
    text = letter.facts.get("text")
    own = "\n".join(filter(None, (rendered.heading, text if isinstance(text, str) else "")))
    return json.dumps([*said, own], ensure_ascii=False)
