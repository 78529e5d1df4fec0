"""From the letters that a decision owes to rows of the outbox: rendered once, sealed, and held where a brake says so."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from maild import brakes
from maild.brakes import Hold, Limits
from maild.core import files, seal, writing
from maild.core.effects import Decision, Open, Review, Send
from maild.core.office import Office
from maild.core.past import Report
from maild.core.pending import Undoable
from maild.core.ticket import Ticket
from maild.core.values import Mail
from maild.mail.compose import Composer
from maild.store import letters, records
from maild.store.database import Tx

log = logging.getLogger("maild.desk")

# How long a letter is worth sending (RELIABILITY OB-12).
LETTER_LIFE = timedelta(days=3)
_AT_ONCE = timedelta(0)
# Readers to whom nothing can be unsaid.
_OUTSIDE = ("user", "provider")


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
        occasion = writing.Occasion(self.office, self.ring, self.now.date(), mail, files=judged)
        requests: dict[int, str] = {}
        wait = max((e.wait for e in decision.effects if isinstance(e, Undoable)), default=_AT_ONCE)
        rows = []
        for position, send in enumerate(sends):
            number = send.number
            # Whoever is handed a ticket must be able to read what it is about; whoever opened it just now wrote it.
            if send.audience in ("technician", "manager") and number not in opened and number not in requests:
                requests[number] = records.first_words(tx, number) if number else ""
            seen = replace(occasion, request=requests.get(number, ""))
            if not number:
                seen = replace(seen, report=(reports or {}).get(send.to.address))
            fresh = number in opened
            row = self._letter(tx, send, after.get(number), seen, f"{cause}#{position}", opened=fresh)
            if send.audience in _OUTSIDE:  # while the order that caused it can be undone, as long as its author wants
                row["not_before"] = self.now + wait
            rows.append(row)
        letters.insert(tx, [*rows, *self._alarms(tx, rows)])

    def _letter(
        self,
        tx: Tx,
        send: Send,
        ticket: Ticket | None,
        occasion: writing.Occasion,
        cause: str,
        *,
        opened: bool,
    ) -> dict[str, Any]:
        """One outbox row: bytes and Message-ID are fixed here for good."""
        now = self.now
        letter = writing.letter(send, ticket if send.number else None, occasion)
        nonce = seal.nonce(writing.reader_class(send, self.office), secrets.token_hex(6), send.held)
        token = (self.ring, send.number, send.to.address, nonce, now.date())
        message_id = seal.message_id(*token, self.domain)
        if self.plus_address and send.number:
            letter = replace(letter, reply_to=seal.reply_to(*token, self.composer.identity.address))
        rendered = self.composer.render(letter)
        if rendered.problem:
            log.warning("letter-template-broken", extra={"template": send.template, "problem": str(rendered.problem)})
        hold = self._held(tx, send, is_ack=opened and bool(letter.answers), now=now)
        not_before = self._not_before(send)
        return {
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
            "not_before": not_before,
            "expires_at": not_before + LETTER_LIFE,
        }

    def _not_before(self, send: Send) -> datetime:
        if not self.in_hours or send.audience not in ("technician", "manager"):
            return self.now
        person = self.office.directory.by_address(send.to.address)
        hours = self.office.book.hours(person.site if person else "", person.unit if person else "")
        return hours.opening(self.now)

    def _held(self, tx: Tx, send: Send, *, is_ack: bool, now: datetime) -> Hold:
        if self.rehearsal:
            return brakes.held("rehearsal")
        hold = brakes.judge(tx, send, self.office, self.limits, now, is_ack=is_ack)
        if hold.by:
            log.warning("letter-held", extra={"address": send.to.address, "template": send.template, "by": hold.by})
        return hold

    def _alarms(self, tx: Tx, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """A brake that takes hold is told to the operator once: in its hour the total one, a day each of the others."""
        occasion = writing.Occasion(self.office, self.ring, self.now.date())
        alarms = brakes.alarms(tx, rows, self.office, self.now)
        return [self._letter(tx, send, None, occasion, cause, opened=False) for cause, send in alarms.items()]

    def _to_operator(self, decision: Decision) -> list[Send]:
        """Whoever runs the desk hears of every mail that waits for a person, once."""
        reviews = [e.reason for e in decision.effects if isinstance(e, Review)]
        operator = self.office.operator
        return [
            Send(0, "cuarentena", operator, "operator", self.office.language, (("reason_code", r.code), *r.facts))
            for r in reviews
        ]
