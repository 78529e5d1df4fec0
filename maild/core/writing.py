"""From "a letter is owed" to the letter: which facts of the ticket its reader may see, and what the reader can do now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from maild.core import deadlines, files, orders, seal
from maild.core import said as saying
from maild.core.effects import Send
from maild.core.letters import Button, Fact, Letter
from maild.core.moves import Move, OnOrder, Step
from maild.core.office import Office
from maild.core.rulebook import Verb
from maild.core.subject import mark
from maild.core.ticket import Ticket
from maild.core.values import Address, Author, Mail, Reason

# A reason worded for the reader of a refusal; its facts travel beside the code.
_REASON = "reason_code"
# What a typed order must bring, worded beside it (reasons.toml, typed-…); the first of these that it asks for.
_TYPED = ("text", "attachment", "person", "provider", "date", "span", "rows", "criterion", "entry", "ticket")


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the letters of one decision have in common. `mail` is the one they answer, if any; `request` the requester's
    first words, for those who work on the ticket; `files` what became of the files of the mail; `others` who else is
    written to about the same ticket now; `conversation` the one that Outlook began, if any."""

    office: Office
    ring: seal.KeyRing
    today: date
    mail: Mail | None = None
    request: str = ""
    files: Sequence[files.Judged] = ()
    others: Sequence[Address] = ()
    conversation: str = ""


def letter(send: Send, ticket: Ticket | None, occasion: Occasion) -> Letter:
    """The letter as its reader shall get it; `ticket` as it stands after the decision, None for a letter about none."""
    answers = occasion.mail is not None and occasion.mail.sender.mailbox == send.to.address
    message_id = occasion.mail.message_id if occasion.mail and answers else ""
    person = occasion.office.directory.by_address(send.to.address)
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
        conversation=occasion.conversation or (occasion.mail.conversation if answers and occasion.mail else ""),
        zone=person.zone if person else "",
    )


def _facts(send: Send, ticket: Ticket | None, occasion: Occasion) -> dict[str, Fact]:
    given = dict(send.facts)
    facts: dict[str, Fact] = {"reader_name": send.to.name}
    if send.audience == "user" and _names_others(given.get("text", ""), send.to.address):
        del given["text"]
    if _REASON in given:
        code = given.pop(_REASON)
        names = ("text", "sender_name", "problem_lines", "history")
        told = ((k, _label(k, v, occasion.office)) for k, v in given.items() if k not in names)
        facts["reason_text"] = Reason(code, tuple(told))
        given = {k: v for k, v in given.items() if k in names}
    if ticket is not None:
        facts |= _about(ticket, occasion.office)
        facts |= _times(send, ticket, occasion.office)
        facts["task"] = "; ".join(_turns(send, ticket, occasion.office))
        if send.audience in ("technician", "manager"):
            facts["request"] = occasion.request
            facts["also_to"] = tuple(dict.fromkeys(other.name or other.address for other in occasion.others))
        survey = occasion.office.book.survey
        facts["best_score"] = survey.best if send.template == survey.template else None
        facts["orders"] = _orders(send, ticket, occasion.office)
        facts["attachments"] = files.names(occasion.files)
        if occasion.mail and occasion.mail.sender.mailbox == send.to.address:
            facts["files_refused"] = files.told(occasion.files)
    ended = given.pop("due_at", "")  # the deadline that this letter is about, where another one runs already
    if ended and send.audience != "user":
        facts["due_at"] = datetime.fromisoformat(ended)
    lines = {name: tuple(given.pop(name).split("\n")) for name in ("history", "problem_lines") if name in given}
    return facts | lines | given


def _names_others(text: str, reader: str) -> bool:
    """A list of people and their machines is for the desk; each of them is told only what concerns him."""
    cells = (cell.strip().lower() for row in saying.rows(text) for cell in row.values())
    return any("@" in cell and " " not in cell and cell != reader for cell in cells)


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
        "closing_label": book.closings.get(ticket.closing_reason, "") if ticket.is_closed else "",
    }


def _times(send: Send, ticket: Ticket, office: Office) -> dict[str, Fact]:
    """Deadlines the reader should know: the work's for those who work, the silence's for those who are asked; and the
    day that people agreed on, for all of them."""
    silence = min((t.due for t in ticket.timers if t.on_silence), default=None)
    work = min((t.due for t in ticket.timers if not t.on_silence and t.due < deadlines.NEVER), default=None)
    agreed = deadlines.moment(ticket.fact(office.book.fact_for("date")) or "", office.book)
    times: dict[str, datetime | None] = {"closes_at": silence, "appointment_at": agreed}
    if send.audience != "user":
        times["due_at"] = work
    return {key: value for key, value in times.items() if value is not None}


def _standing(send: Send, ticket: Ticket, office: Office) -> frozenset[str]:
    return office.standing(Author(send.to.address, person=office.directory.by_address(send.to.address)), ticket)


def _steps(ticket: Ticket, office: Office) -> list[Step]:
    found = (office.book.step(token.procedure, token.step) for token in ticket.tokens)
    return [step for step in found if step]


def _turns(send: Send, ticket: Ticket, office: Office) -> list[str]:
    """The names of the steps at which it is the reader's turn, in the words of the institution's document."""
    standing = _standing(send, ticket, office)
    return list(dict.fromkeys(step.name for step in _steps(ticket, office) if step.role in standing and step.name))


def _may(send: Send, ticket: Ticket, office: Office) -> dict[str, list[Move]]:
    """The verbs that the reader may use on the ticket as it stands, with the moves that each would make."""
    standing = _standing(send, ticket, office)
    found: dict[str, list[Move]] = {}
    for step in _steps(ticket, office):
        for move in step.moves:
            if standing & set(move.by or (step.role,)):
                for trigger in move.on:
                    if isinstance(trigger, OnOrder) and trigger.verb in office.book.verbs:
                        found.setdefault(trigger.verb, []).append(move)
    return found


def _orders(send: Send, ticket: Ticket, office: Office) -> tuple[str | Reason, ...]:
    """What the reader may type and has no button for: the order, the answers it knows, what it must bring."""
    if send.audience == "user":
        return ()
    may = _may(send, ticket, office)
    return tuple(
        _typed(office.book.verbs[key], moves) for key, moves in may.items() if not office.book.verbs[key].button
    )


def _typed(verb: Verb, moves: Sequence[Move]) -> str | Reason:
    values = (t.value for move in moves for t in move.on if isinstance(t, OnOrder) and t.verb == verb.key and t.value)
    order = " ".join(filter(None, ("#" + verb.key, " | ".join(dict.fromkeys(values)))))
    wanted = {*verb.needs, *(need for move in moves for need in move.requires)}
    need = next((need for need in _TYPED if need in wanted), "")
    return Reason(f"typed-{need}", (("order", order),)) if need else order


def _buttons(send: Send, ticket: Ticket, occasion: Occasion) -> tuple[Button, ...]:
    office = occasion.office
    named = mark(office.book.mark_key, ticket.number)
    if send.template == office.book.survey.template:
        return tuple(_score(named, score) for score in range(1, office.book.survey.best + 1))
    code = seal.code(occasion.ring, ticket.number, send.to.address, occasion.today)
    verbs = (office.book.verbs[key] for key in _may(send, ticket, office))
    return tuple(
        Button(verb.key, label, f"RE: [{named}] #{verb.key} {code}", typed=_plain(label, verb, send, office))
        for verb in verbs
        if verb.button and (label := verb.button.get(send.language, verb.key))
    )


def _plain(label: str, verb: Verb, send: Send, office: Office) -> str:
    """What a user types instead of touching a button: its own words, where the desk understands them as this answer."""
    answers = office.book.answers
    said = orders.answer(label, answers)[0] if send.audience == "user" else ""
    return label if said and answers.verbs.get(said) == verb.key else ""


def _score(named: str, score: int) -> Button:
    """The answer to a survey is a number in the text, as people type it; it orders nothing and needs no code."""
    return Button(f"score-{score}", str(score), f"RE: [{named}] {score}", str(score), even=True)
