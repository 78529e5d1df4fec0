"""The desk: the only place that decides *and* writes. One event, one decision, its rows and its letters in one transaction."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from maild import brakes
from maild.brakes import Hold, Limits
from maild.core import bounces, files, habits, seal, subject, twins, writing
from maild.core.bounced import refused
from maild.core.decide import decide
from maild.core.effects import Decision, Keep, Open, Resume, Review, Send, StopTimer, evolve
from maild.core.events import Bounced, Case, Intrusion, MailArrived, OperatorActed, Ordered, Overdue, Robot, TimerFired
from maild.core.office import Office
from maild.core.ticket import Ticket
from maild.core.trust import Boundary
from maild.core.values import Address, Author, Mail, Reason, because
from maild.failpoints import failpoint
from maild.gather import Gathered, Terms, gather
from maild.mail.compose import Composer
from maild.store import addresses, attachments, letters, mails, records, tickets, timers
from maild.store import habits as seen
from maild.store.database import Tx

log = logging.getLogger("maild.desk")

# Without a border that we know, no Authentication-Results are believed.
_NOBODY = Boundary()
_DEFAULTS = Limits()
_FILE_RULES = files.FileRules()
# How long a letter is worth sending (RELIABILITY OB-12).
LETTER_LIFE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an event. `done` False: it had been dealt with before, and nothing was written now."""

    decision: Decision
    before: Ticket | None = None
    after: Ticket | None = None
    cause: str = ""
    done: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """A mail as it is read here (without what its sender always writes below his words), all that is known of it, what shall
    be done about it and what becomes of its files. `fresh` are the paragraphs at its end that may become a habit."""

    mail: Mail
    gathered: Gathered
    decision: Decision
    files: Sequence[files.Judged] = ()
    fresh: Sequence[habits.Ending] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """Built once by the daemon. `now` is the clock of decisions, `margin` how far past a deadline silence must be read."""

    office: Office
    ring: seal.KeyRing
    composer: Composer
    domain: str
    now: Callable[[], datetime]
    boundary: Boundary = _NOBODY
    limits: Limits = _DEFAULTS
    file_rules: files.FileRules = _FILE_RULES
    hold: bool = False
    margin: timedelta = timedelta(minutes=10)

    # -- events -------------------------------------------------------------------------------------------------------

    def mail(self, tx: Tx, event: MailArrived) -> Outcome:
        """A stored mail was understood: it gets its last state here, whatever it says."""
        cause = f"inbound:{event.inbound}"
        verdict = twins.judge(event.mail, mails.twins(tx, event.mail, event.inbound))
        if verdict.kind == "duplicate":
            return self._duplicate(tx, event, verdict, cause)
        judged = self.judge(tx, event, verdict)
        event = replace(event, mail=judged.mail)
        decision = judged.decision
        aside = any(isinstance(e, Review) for e in decision.effects)
        if aside:
            cause = self._set_aside(event.inbound)
        outcome = self._write(
            tx, cause, event.mail.sender.address, judged.gathered.ticket, decision, event, judged=judged.files
        )
        if outcome.done:
            self._finish(tx, event, judged.gathered.case, decision, verdict)
            self._learn(tx, event, outcome.after)
            if not aside:  # it is decided again when it is released
                seen.count(tx, event.mail.sender.address, judged.fresh)
        failpoint("desk.mail-written")
        return outcome

    def judge(self, tx: Tx, event: MailArrived, verdict: twins.Verdict) -> Judgement:
        """What this mail is and what shall be done about it. Writes nothing."""
        mail, fresh = _without_habits(tx, event.mail)
        cut = _told_of(event.mail, mail)
        event = replace(event, mail=mail)
        terms = Terms(self.office, self.ring, self.boundary, self.limits.tickets_hour)
        gathered = gather(tx, event, verdict, terms, self.now())
        small = {a.sha256 for a in mail.attachments if files.may_be_logo(a, self.file_rules)}
        logos = attachments.logos(tx, mail.sender.address, small, event.inbound, self.file_rules.logo_mails)
        judged = files.judge(mail.attachments, self.file_rules, logos, event.scans)
        if verdict.kind == "variant":
            return Judgement(mail, gathered, _variant(verdict, event), judged)
        decision = decide(gathered.case, self.office, self.now())
        if not isinstance(gathered.case, Robot):
            decision = files.with_files(decision, judged, mail, gathered.author, self.office)
        if mail.kind.from_person and mail.sender.address and addresses.is_stopped(tx, mail.sender.address):
            wrote = because("letters-resume", address=mail.sender.address)
            effects = (Resume(decision.number, mail.sender.address), *decision.effects)
            decision = replace(decision, effects=effects, reasons=(*decision.reasons, wrote))
        if isinstance(gathered.case, Robot):
            fresh = ()
        return Judgement(mail, gathered, replace(decision, reasons=(*decision.reasons, *cut)), judged, fresh)

    def time(self, tx: Tx, event: TimerFired) -> Outcome:
        """A clock ran out. Judged again here, in the transaction that acts on it."""
        cause = f"timer:{event.timer}"
        due = timers.still_running(tx, event.timer)
        ticket = tickets.load(tx, event.number) if due else None
        if due is None or ticket is None:
            return Outcome(Decision(event.number), cause=cause, done=False)
        if due.on_silence:
            upto = mails.silence_upto(tx, event.number)
            if upto is not None and upto < due.due + self.margin:
                return Outcome(Decision(event.number, (), (because("silence-unread"),)), cause=cause, done=False)
        decision = decide(Overdue(ticket, event.clock, event.token), self.office, self.now())
        outcome = self._write(tx, cause, "clock", ticket, decision, None)
        failpoint("desk.timer-written")
        return outcome

    def operator(self, tx: Tx, event: OperatorActed, cause: str) -> Outcome:
        """Orders from the shell, in somebody's name."""
        ticket = tickets.load(tx, event.number)
        if ticket is None:
            return Outcome(Decision(0, refused=because("no-ticket", order=event.orders)), cause=cause, done=False)
        author = Author(event.person.address, event.person.name, event.person)
        number = tickets.next_number(tx)
        decision = decide(Ordered(ticket, author, event.orders, event.text, number), self.office, self.now())
        return self._write(tx, cause, event.person.address, ticket, decision, None, event.text)

    def park(self, tx: Tx, mail_id: int, reason: Reason, mail: Mail | None = None) -> None:
        """A mail that could not be understood: kept whole, set aside, the operator told once; the next one goes on."""
        if not mails.still_waiting(tx, mail_id):
            return
        decision = Decision(0, (Review(reason),), (reason,), refused=reason)
        sender = mail.sender.address if mail else ""
        self._write(tx, self._set_aside(mail_id), sender, None, decision, None)
        mails.finish(tx, mail_id, "parked", reason=reason.code, mail=mail)
        failpoint("desk.mail-parked")

    def letter_lost(self, tx: Tx, letter_id: int, why: str) -> None:
        """A letter will not arrive (or nobody knows): the operator is told, with the ticket it was about."""
        row = letters.shown(tx, letter_id)
        if row is None or row["template"] == "carta_fallida":
            return
        ticket = tickets.load(tx, int(row["ticket"])) if row["ticket"] else None
        operator = self.office.operator
        facts = (("requester_address", str(row["recipient"])), ("problem_lines", why))
        number = ticket.number if ticket else 0
        sends = (Send(number, "carta_fallida", operator, "operator", self.office.language, facts),)
        refusal = refused(ticket, bounces.refusal(str(row["recipient"]), why), self.office)
        stops = refusal if row["state"] == "failed" and not addresses.is_stopped(tx, str(row["recipient"])) else ()
        decision = Decision(number, (*sends, *stops), (because("letter-lost", letter=letter_id, why=why),))
        self._write(tx, f"letter:{letter_id}:{row['attempts']}", "dispatch", ticket, decision, None)

    def _set_aside(self, mail_id: int) -> str:
        """The cause of setting a mail aside is not that of deciding it: a released mail is decided after all."""
        return f"inbound:{mail_id}:aside:{secrets.token_hex(4)}"

    # -- writing ------------------------------------------------------------------------------------------------------

    def _write(
        self,
        tx: Tx,
        cause: str,
        actor: str,
        before: Ticket | None,
        decision: Decision,
        event: MailArrived | None,
        text: str = "",
        judged: Sequence[files.Judged] = (),
    ) -> Outcome:
        """The decision in rows: journal, ticket, words, letters. A cause that was decided before changes nothing."""
        now = self.now()
        if not records.enter(tx, cause, actor, decision, now):
            return Outcome(decision, cause=cause, done=False)
        opened = any(isinstance(e, Open) for e in decision.effects)
        before = None if opened or not decision.number else before
        after = evolve(before, decision.effects)
        if after is not None and after != before:
            fired = {(e.clock, e.token) for e in decision.effects if isinstance(e, StopTimer) and e.fired}
            tickets.save(tx, before, after, fired, now)
        failpoint("desk.ticket-written")
        brakes.settle(tx, decision, cause, now)
        for keep in (e for e in decision.effects if isinstance(e, Keep)):
            words = event.mail.new_text or event.mail.text if event else text
            inbound = event.inbound if event else None
            records.keep(tx, keep.number, inbound, actor, keep.visibility, words, now)
            if event:
                attachments.keep(tx, event.inbound, keep.number, actor, judged)
        sends = [*(e for e in decision.effects if isinstance(e, Send)), *self._to_operator(decision)]
        # Whoever is handed a ticket must be able to read what it is about; whoever opened it just now wrote it.
        working = not opened and any(send.audience in ("technician", "manager") for send in sends)
        request = records.first_words(tx, decision.number) if working else ""
        occasion = writing.Occasion(self.office, self.ring, now.date(), event.mail if event else None, request, judged)
        rows = [self._letter(tx, send, after, occasion, f"{cause}#{i}", opened=opened) for i, send in enumerate(sends)]
        letters.insert(tx, [*rows, *self._alarms(tx, rows)])
        failpoint("desk.letters-written")
        return Outcome(decision, before, after, cause)

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
        now = self.now()
        letter = writing.letter(send, ticket if send.number else None, occasion)
        nonce = secrets.token_hex(6)
        message_id = seal.message_id(self.ring, send.number, send.to.address, nonce, now.date(), self.domain)
        rendered = self.composer.render(letter)
        if rendered.problem:
            log.warning("letter-template-broken", extra={"template": send.template, "problem": str(rendered.problem)})
        hold = self._held(tx, send, is_ack=opened and bool(letter.answers), now=now)
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
            "not_before": now,
            "expires_at": now + LETTER_LIFE,
        }

    def _held(self, tx: Tx, send: Send, *, is_ack: bool, now: datetime) -> Hold:
        if self.hold:
            return brakes.held("rehearsal")
        hold = brakes.judge(tx, send, self.office, self.limits, now, is_ack=is_ack)
        if hold.by:
            log.warning("letter-held", extra={"address": send.to.address, "template": send.template, "by": hold.by})
        return hold

    def _alarms(self, tx: Tx, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """A brake that takes hold is told to the operator once: in its hour the total one, a day each of the others."""
        occasion = writing.Occasion(self.office, self.ring, self.now().date())
        alarms = brakes.alarms(tx, rows, self.office, self.now())
        return [self._letter(tx, send, None, occasion, cause, opened=False) for cause, send in alarms.items()]

    def resume(self, tx: Tx, address: str, actor: str) -> bool:
        """The operator says that an address is good again: letters go there, the held ones too. False: it was."""
        if not addresses.is_stopped(tx, address):
            return False
        decision = Decision(0, (Resume(0, address),), (because("letters-resume", address=address),))
        return self._write(tx, f"address:{secrets.token_hex(6)}", actor, None, decision, None).done

    def _to_operator(self, decision: Decision) -> list[Send]:
        """Whoever runs the desk hears of every mail that waits for a person, once."""
        reviews = [e.reason for e in decision.effects if isinstance(e, Review)]
        operator = self.office.operator
        return [
            Send(0, "cuarentena", operator, "operator", self.office.language, (("reason_code", r.code), *r.facts))
            for r in reviews
        ]

    def _learn(self, tx: Tx, event: MailArrived, ticket: Ticket | None) -> None:
        """What later mails of the conversation are known by. A provider may give the matter a number of his own."""
        if ticket is None:
            return
        mail = event.mail
        mails.note(tx, event.inbound, ticket.number, mail, self.office.addresses)
        if any(p.address == mail.sender.address for p in ticket.providers):
            numbers = subject.numbers_of_others(mail.subject, ticket.title, self.office.book.mark_key)
            tickets.learn_numbers(tx, ticket.number, mail.sender.address, numbers)

    def _duplicate(self, tx: Tx, event: MailArrived, verdict: twins.Verdict, cause: str) -> Outcome:
        reason = because("duplicate", of=verdict.of)
        decision = Decision(verdict.ticket, (), (reason,))
        records.enter(tx, cause, event.mail.sender.address, decision, self.now())
        ticket, of = verdict.ticket, verdict.of
        mails.finish(
            tx, event.inbound, "duplicate", reason="same-mail", ticket=ticket, mail=event.mail, duplicate_of=of
        )
        failpoint("desk.duplicate-written")
        return Outcome(decision, cause=cause)

    def _finish(self, tx: Tx, event: MailArrived, case: Case, decision: Decision, verdict: twins.Verdict) -> None:
        state: mails.State = "auto" if isinstance(case, Robot | Bounced) else "done"
        reason = decision.refused.code if decision.refused else ""
        if any(isinstance(e, Review) for e in decision.effects):
            state = "parked"
        number = decision.number or (case.ticket.number if isinstance(case, Intrusion) else 0)
        mail = event.mail
        if verdict.kind == "conflict":
            mail = replace(mail, message_id="")  # never an anchor for replies: who used the id first is not known
        mails.finish(tx, event.inbound, state, reason=reason, ticket=number, mail=mail)


def _without_habits(tx: Tx, mail: Mail) -> tuple[Mail, Sequence[habits.Ending]]:
    """The mail as it is to be read, and what is still to be learned from it."""
    endings = habits.endings(mail)
    known = seen.known(tx, mail.sender.address, endings)
    return habits.without(mail, known), tuple(each for each in endings if each.fingerprint not in known)


def _told_of(whole: Mail, mail: Mail) -> tuple[Reason, ...]:
    """For the journal: where that which is always there begins."""
    lost = whole.new_text[len(mail.new_text) :].strip()
    return (because("text-habit", first=lost.splitlines()[0][:80]),) if lost else ()


def _variant(verdict: twins.Verdict, event: MailArrived) -> Decision:
    """The same mail on another road, changed on the way: it joins the ticket, and nobody is written to."""
    reason = because("variant", of=verdict.of, sender=event.mail.sender.address)
    return Decision(verdict.ticket, (Keep(verdict.ticket, "public"),), (reason,))


def operator_address(address: str) -> Address:
    return Address(address, "Operador / Operator")
