"""The desk: the only place that decides *and* writes. One event, one decision, its rows and its letters in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from maild import brakes, reporting, returning
from maild.absences import knowing_who_is_away
from maild.brakes import Limits
from maild.core import bounces, expected, files, guessed, pausing, seal, subject, twins
from maild.core.bounced import refused
from maild.core.decide import decide
from maild.core.effects import Adjust, Decision, Keep, Resume, Review, Send
from maild.core.events import (
    Bounced,
    Case,
    Intrusion,
    Kin,
    MailArrived,
    MomentCame,
    OperatorActed,
    Ordered,
    Overdue,
    Robot,
    TimerFired,
)
from maild.core.office import Office
from maild.core.pacing import Pace
from maild.core.past import Report
from maild.core.ticket import Ticket
from maild.core.trust import Boundary
from maild.core.values import Address, Author, Mail, Reason, because
from maild.envelopes import Envelopes
from maild.failpoints import failpoint
from maild.gather import Judgement, Outcome, gather, told_of, without_habits
from maild.kin import kin_of, known, known_to
from maild.mail.compose import Composer
from maild.recall import recalled
from maild.rows import keep_beside, save
from maild.store import addresses, attachments, corrections, eventlog, letters, mails, records, tickets, timers
from maild.store import habits as seen
from maild.store.database import Tx
from maild.weighing import Terms

# Without a border that we know, no Authentication-Results are believed.
_NOBODY = Boundary()
_DEFAULTS = Limits()
_NO_PACE = Pace()
_FILE_RULES = files.FileRules()
_MOST_LINES = 100


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
    plus_address: bool = False
    pace: Pace = _NO_PACE
    margin: timedelta = timedelta(minutes=10)

    # -- events -------------------------------------------------------------------------------------------------------

    @knowing_who_is_away
    def mail(self, tx: Tx, event: MailArrived) -> Outcome:
        """A stored mail was understood: it gets its last state here, whatever it says."""
        cause = f"inbound:{event.inbound}"
        verdict = twins.judge(event.mail, mails.twins(tx, event.mail, event.inbound))
        if verdict.kind == "duplicate":
            return self._duplicate(tx, event, verdict, cause)
        judged = self.judge(tx, event, verdict)
        event = replace(event, mail=judged.mail)
        decision, gathered = judged.decision, judged.gathered
        aside = any(isinstance(e, Review) for e in decision.effects)
        if aside:
            cause = _set_aside(event.inbound)
        before = known_to(gathered.case, gathered.ticket)
        outcome = self._write(tx, cause, event.mail.sender.address, before, decision, event, judged=judged.files)
        if outcome.done:
            self._finish(tx, event, gathered.case, decision, verdict)
            self._learn(tx, event, outcome.after)
            for back in (e for e in decision.effects if isinstance(e, Resume)):
                self._heard_of(tx, back.address, back.address, cause)
            if not aside:  # it is decided again when it is released
                seen.count(tx, event.mail.sender.address, judged.fresh)
        failpoint("desk.mail-written")
        return outcome

    def judge(self, tx: Tx, event: MailArrived, verdict: twins.Verdict) -> Judgement:
        """What this mail is and what shall be done about it. Writes nothing."""
        mail, fresh = without_habits(tx, event.mail)
        cut = told_of(event.mail, mail)
        # A verdict about words that are not to be read is none.
        event = replace(event, mail=mail, verdict=None if cut else event.verdict)
        terms = Terms(self.office, self.ring, self.boundary, self.limits.tickets_hour)
        gathered = gather(tx, event, verdict, terms, self.now())
        small = {a.sha256 for a in mail.attachments if files.may_be_logo(a, self.file_rules)}
        logos = attachments.logos(tx, mail.sender.address, small, event.inbound, self.file_rules.logo_mails)
        judged = files.judge(mail.attachments, self.file_rules, logos, event.scans)
        if verdict.kind == "variant":
            return Judgement(mail, gathered, twins.variant(verdict, mail), judged)
        decision = decide(gathered.case, self.office, self.now())
        if not isinstance(gathered.case, Robot):
            decision = files.with_files(decision, judged, mail, gathered.author, self.office)
        if mail.kind.from_person and mail.sender.address and addresses.is_stopped(tx, mail.sender.address):
            wrote = because("letters-resume", address=mail.sender.address)
            effects = (Resume(decision.number, mail.sender.address), *decision.effects)
            decision = replace(decision, effects=effects, reasons=(*decision.reasons, wrote))
        if gathered.guesses:
            decision = guessed.noted(decision, mail.sender.mailbox, gathered.guesses, self.office)
        if isinstance(gathered.case, Robot):
            fresh = ()
        came = expected.arrived(mail, gathered.author, self.office.book, event.received_at)
        decision = replace(decision, effects=(*decision.effects, *came), reasons=(*decision.reasons, *cut))
        return Judgement(mail, gathered, decision, judged, fresh)

    @knowing_who_is_away
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
        kin = self._kin(tx, ticket)
        decision = decide(Overdue(ticket, event.clock, event.token, kin), self.office, self.now())
        clock = self.office.book.clocks.get(event.clock)
        hush = clock is None or not clock.urgent
        outcome = self._write(tx, cause, "clock", known(ticket, kin), decision, None, in_hours=hush)
        failpoint("desk.timer-written")
        return outcome

    @knowing_who_is_away
    def operator(self, tx: Tx, event: OperatorActed, cause: str) -> Outcome:
        """Orders from the shell, in somebody's name."""
        ticket = tickets.load(tx, event.number)
        if ticket is None:
            return Outcome(Decision(0, refused=because("no-ticket", order=event.orders)), cause=cause, done=False)
        author = Author(event.person.address, event.person.name, event.person)
        kin = recalled(tx, self._kin(tx, ticket, event.orders), author, self.office, self.now(), ticket.number)
        case = Ordered(ticket, author, event.orders, event.text, tickets.next_number(tx), kin)
        decision = decide(case, self.office, self.now())
        return self._write(tx, cause, event.person.address, known(ticket, kin), decision, None, event.text)

    def park(self, tx: Tx, mail_id: int, reason: Reason, mail: Mail | None = None) -> None:
        """A mail that could not be understood: kept whole, set aside, the operator told once; the next one goes on."""
        if not mails.still_waiting(tx, mail_id):
            return
        decision = Decision(0, (Review(reason),), (reason,), refused=reason)
        sender = mail.sender.address if mail else ""
        self._write(tx, _set_aside(mail_id), sender, {}, decision, None)
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
        refusal = refused(ticket, bounces.refusal(str(row["recipient"]), why), self.office, self.now())
        stops = refusal if row["state"] == "failed" and not addresses.is_stopped(tx, str(row["recipient"])) else ()
        decision = Decision(number, (*sends, *stops), (because("letter-lost", letter=letter_id, why=why),))
        self._write(tx, f"letter:{letter_id}:{row['attempts']}", "dispatch", known(ticket), decision, None)

    def resume(self, tx: Tx, address: str, actor: str) -> bool:
        """The operator says that an address is good again: letters go there, the held ones too. False: it was."""
        if not addresses.is_stopped(tx, address):
            return False
        decision = Decision(0, (Resume(0, address),), (because("letters-resume", address=address),))
        cause = f"address:{secrets.token_hex(6)}"
        done = self._write(tx, cause, actor, {}, decision, None).done
        self._heard_of(tx, address, actor, cause)
        return done

    def retime(self, tx: Tx, number: int, actor: str, cause: str) -> tuple[Adjust, ...]:
        """Count the running clocks of a ticket anew on today's calendars; what changed is written and answered."""
        ticket = tickets.load(tx, number)
        changed = pausing.recounted(ticket, self.office.book) if ticket else ()
        if changed:
            decision = Decision(number, changed, (because("calendar-changed", count=len(changed)),))
            self._write(tx, cause, actor, known(ticket), decision, None)
        return changed

    def _heard_of(self, tx: Tx, address: str, actor: str, cause: str) -> None:
        """Clocks that stood still because no letter reached this address go on."""
        for number in tickets.open_of(tx, address):
            ticket = tickets.load(tx, number)
            effects = pausing.heard_of(ticket, address, self.office, self.now()) if ticket else ()
            if effects:
                decision = Decision(number, effects, (because("clocks-go-on", address=address),))
                self._write(tx, f"{cause}:heard:{number}", actor, known(ticket), decision, None)

    def plan(self, tx: Tx) -> None:
        """Every recurring clock has a row that says when it comes next."""
        returning.plan(tx, self.office.book, self.now())

    # -- rules --------------------------------------------------------------------------------------------------------

    def refused_rules(self, tx: Tx, version: str, problems: tuple[str, ...]) -> None:
        """Changed rules are wrong: the operator is told once, and yesterday's stay."""
        self._tell_operator(tx, f"rules:{version}", because("rules-refused"), problems)

    def new_rules(self, tx: Tx, version: str) -> int:
        """How many tickets stand on a step that these new rules no longer have: listed, and left where they are."""
        lost = [
            f"[{subject.mark(self.office.book.mark_key, number)}] {procedure}:{step}"
            for number, procedure, step in tickets.places(tx)
            if self.office.book.step(procedure, step) is None
        ]
        if lost:
            self._tell_operator(
                tx, f"rules:{version}", because("steps-gone", count=len(lost)), tuple(lost[:_MOST_LINES])
            )
        return len(lost)

    def _tell_operator(self, tx: Tx, cause: str, reason: Reason, lines: tuple[str, ...]) -> None:
        facts = (("reason_code", reason.code), *reason.facts, ("problem_lines", "\n".join(lines)))
        send = Send(0, "aviso", self.office.operator, "operator", self.office.language, facts)
        self._write(tx, cause, "rules", {}, Decision(0, (send,), (reason,)), None)

    # -- time ---------------------------------------------------------------------------------------------------------

    @knowing_who_is_away
    def moment(self, tx: Tx, event: MomentCame) -> Outcome:
        """The time of a recurring clock came. Times missed while nobody looked come once, not each."""
        struck = returning.strike(tx, event, self.office, self.now(), self.margin)
        if struck is None:
            return Outcome(Decision(0), done=False)
        (cause, case), clock = struck, self.office.book.clocks[event.clock]
        decision = decide(case, self.office, self.now())
        before = {ticket.number: ticket for ticket in (*case.tickets, *case.kin.parents)}
        reports: dict[str, Report] = {}
        if clock.report:
            decision, reports = reporting.told(tx, self.office, self.ring, clock, decision, case.times[-1], self.now())
        elif listed := returning.lists(tx, case, self.office):
            reports = {e.to.address: listed for e in decision.effects if isinstance(e, Send)}
        return self._write(tx, cause, "clock", before, decision, None, reports=reports, in_hours=not clock.urgent)

    def _kin(self, tx: Tx, ticket: Ticket, words: str = "") -> Kin:
        return kin_of(tx, ticket, words, self.office, self.now())

    # -- writing ------------------------------------------------------------------------------------------------------

    def _write(
        self,
        tx: Tx,
        cause: str,
        actor: str,
        before: Mapping[int, Ticket],
        decision: Decision,
        event: MailArrived | None,
        text: str = "",
        judged: Sequence[files.Judged] = (),
        reports: Mapping[str, Report] | None = None,
        in_hours: bool = False,
    ) -> Outcome:
        """The decision in rows: journal, ticket, words, letters. A cause that was decided before changes nothing."""
        now = self.now()
        if not records.enter(tx, cause, actor, decision, now):
            return Outcome(decision, cause=cause, done=False)
        for part in decision.parts:
            records.enter(tx, f"{cause}:{part.number}", actor, part, now)
        changes = save(tx, before, decision, now)
        after = {number: stands for number, (_, stands) in changes.items()}
        eventlog.append(tx, decision.effects, self.office.directory, now)
        failpoint("desk.ticket-written")
        brakes.settle(tx, decision, cause, now)
        corrections.keep(tx, decision, before.get(decision.number), actor, now)
        for keep in (e for e in decision.effects if isinstance(e, Keep)):
            words = event.mail.new_text or event.mail.text if event else text
            inbound = event.inbound if event else None
            words = seal.scrubbed(keep.words or words)
            records.keep(tx, keep.number, inbound, keep.author or actor, keep.visibility, words, now)
            if event:
                attachments.keep(tx, event.inbound, keep.number, actor, judged)
        keep_beside(tx, decision, cause, changes.values(), event.mail if event else None, now)
        self._envelopes(in_hours).write(tx, cause, decision, after, event.mail if event else None, judged, reports)
        failpoint("desk.letters-written")
        return Outcome(decision, before.get(decision.number), after.get(decision.number), cause)

    def _envelopes(self, in_hours: bool) -> Envelopes:
        me = (self.office, self.ring, self.composer, self.domain, self.limits, self.now(), self.pace)
        return Envelopes(*me, rehearsal=self.hold, plus_address=self.plus_address, in_hours=in_hours)

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


def operator_address(address: str) -> Address:
    return Address(address, "Operador / Operator")


def _set_aside(mail_id: int) -> str:
    """The cause of setting a mail aside is not that of deciding it: a released mail is decided after all."""
    return f"inbound:{mail_id}:aside:{secrets.token_hex(4)}"
