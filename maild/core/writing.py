"""From "a letter is owed" to the letter: which facts of the ticket its reader may see, and what the reader can do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from maild.core import files, seal
from maild.core.effects import Send
from maild.core.letters import Button, Fact, Letter
from maild.core.moves import Move, OnOrder
from maild.core.office import Office
from maild.core.past import Report
from maild.core.rulebook import Verb
from maild.core.subject import mark
from maild.core.ticket import Ticket
from maild.core.values import Author, Mail, Reason
from maild.core.worktime import NEVER

# A reason worded for the reader of a refusal; its facts travel beside the code.
_REASON = "reason_code"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the letters of one decision have in common. `mail` is the one they answer, if any; `request` the requester's
    first words, for those who work on the ticket; `files` what became of the files of the mail;
    `report` what a digest tells its reader."""

    office: Office
    ring: seal.KeyRing
    today: date
    mail: Mail | None = None
    request: str = ""
    files: Sequence[files.Judged] = ()
    report: Report | None = None


def letter(send: Send, ticket: Ticket | None, occasion: Occasion) -> Letter:
    """The letter as its reader shall get it; `ticket` as it stands after the decision, None for a letter about none."""
    answers = occasion.mail is not None and occasion.mail.sender.address == send.to.address
    message_id = occasion.mail.message_id if occasion.mail and answers else ""
    return Letter(
        template=send.template,
        audience=send.audience,
        language=send.language,
        to=send.to,
        facts=_facts(send, ticket, occasion),
        buttons=_buttons(send, ticket, occasion) if ticket else (),
        answers=message_id,
        references=(ticket.first_message_id,) if ticket and ticket.first_message_id else (),
        generated=not answers,
        bulk=occasion.report is not None,
        report=occasion.report,
    )


def _facts(send: Send, ticket: Ticket | None, occasion: Occasion) -> dict[str, Fact]:
    given = dict(send.facts)
    facts: dict[str, Fact] = {}
    if _REASON in given:
        code = given.pop(_REASON)
        names = ("text", "sender_name", "problem_lines", "history")
        told = ((k, _label(k, v, occasion.office)) for k, v in given.items() if k not in names)
        facts["reason_text"] = Reason(code, tuple(told))
        given = {k: v for k, v in given.items() if k in names}
    if ticket is not None:
        facts |= _about(ticket, occasion.office)
        facts |= _times(send, ticket)
        if send.audience in ("technician", "manager"):
            facts["request"] = occasion.request
        facts["orders"] = _orders(send, ticket, occasion.office)
        facts["attachments"] = files.names(occasion.files)
        if occasion.mail and occasion.mail.sender.address == send.to.address:
            facts["files_refused"] = files.told(occasion.files)
    ended = given.pop("due_at", "")  # the deadline that this letter is about, where another one runs already
    if ended and send.audience != "user":
        facts["due_at"] = datetime.fromisoformat(ended)
    lines = {name: tuple(given.pop(name).split("\n")) for name in ("history", "problem_lines") if name in given}
    return facts | lines | given


def _label(fact: str, value: str, office: Office) -> str:
    """States are told by the name that people know, never by their key."""
    state = office.book.states.get(value) if fact == "state" else None
    return state.label if state else value


def _about(ticket: Ticket, office: Office) -> dict[str, Fact]:
    book = office.book
    known = office.directory.by_address(ticket.requester.address) is not None
    state = book.states.get(ticket.state)
    return {
        "mark": mark(book.mark_key, ticket.number),
        "number": ticket.number,
        # What a stranger wrote is never sent on in our name, not even its subject (RELIABILITY S-03).
        "title": ticket.title if known or office.directory.is_own_domain(ticket.requester.address) else "",
        "state_label": state.label if state else ticket.state,
        "type_label": book.types.get(ticket.type, ticket.type),
        "priority_label": book.priorities.get(ticket.priority, ticket.priority),
        "category": ticket.category,
        "subcategory": ticket.subcategory,
        "service": ticket.service,
        "requester_name": ticket.requester.name,
        "requester_address": ticket.requester.address,
        "responsible_name": ticket.responsible.name if ticket.responsible else "",
        "opened_at": ticket.opened_at,
    }


def _times(send: Send, ticket: Ticket) -> dict[str, Fact]:
    """Deadlines the reader should know: the work's for those who work, the silence's for those who are asked."""
    silence = min((t.due for t in ticket.timers if t.on_silence and t.due < NEVER), default=None)
    work = min((t.due for t in ticket.timers if not t.on_silence and t.due < NEVER), default=None)
    times: dict[str, datetime | None] = {"closes_at": silence}
    if send.audience != "user":
        times["due_at"] = work
    return {key: value for key, value in times.items() if value is not None}


def _may(send: Send, ticket: Ticket, office: Office) -> Mapping[str, Verb]:
    """The verbs that the reader may use on the ticket as it stands."""
    person = office.directory.by_address(send.to.address)
    standing = office.standing(Author(send.to.address, person=person), ticket)
    found: dict[str, Verb] = {}
    for token in ticket.tokens:
        step = office.book.step(token.procedure, token.step)
        for move in step.moves if step else ():
            if standing & set(move.by or (step.role if step else "",)):
                found |= {verb: office.book.verbs[verb] for verb in _verbs(move) if verb in office.book.verbs}
    return found


def _verbs(move: Move) -> tuple[str, ...]:
    return tuple(trigger.verb for trigger in move.on if isinstance(trigger, OnOrder))


def _orders(send: Send, ticket: Ticket, office: Office) -> tuple[str, ...]:
    if send.audience == "user":
        return ()
    return tuple("#" + verb for verb in _may(send, ticket, office))


def _buttons(send: Send, ticket: Ticket, occasion: Occasion) -> tuple[Button, ...]:
    office = occasion.office
    named = mark(office.book.mark_key, ticket.number)
    code = seal.code(occasion.ring, ticket.number, send.to.address, occasion.today)
    return tuple(
        Button(verb.key, verb.button.get(send.language, verb.key), f"RE: [{named}] #{verb.key} {code}")
        for verb in _may(send, ticket, office).values()
        if verb.button
    )
