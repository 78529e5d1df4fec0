"""From "a letter is owed" to the letter: which facts of the ticket its reader may see, and what the reader can do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from maild.core import echo, files, helping, seal
from maild.core.effects import Send
from maild.core.letters import Button, Fact, Letter
from maild.core.moves import Move, OnOrder
from maild.core.office import Office
from maild.core.past import Report
from maild.core.rulebook import Verb
from maild.core.subject import mark
from maild.core.ticket import Ticket
from maild.core.values import Author, Mail, Person, Reason
from maild.core.worktime import NEVER

_QUESTION = {"es": ("Sí, confirmo", "No fui yo"), "en": ("Yes, I confirm", "It was not me")}
# What the numbers of a survey from 1 to 5 mean.
_SCALE = {
    "es": ("Muy mal", "Mal", "Regular", "Bien", "Muy bien"),
    "en": ("Very bad", "Bad", "Fair", "Good", "Very good"),
}
# A reason worded for the reader of a refusal; its facts travel beside the code.
_REASON = "reason_code"
_HELP = "ayuda"


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
    answers = occasion.mail is not None and occasion.mail.sender.mailbox == send.to.address
    message_id = occasion.mail.message_id if occasion.mail and answers else ""
    began = ticket.first_message_id if ticket else ""
    code = _code(send, occasion) if ticket else ""
    return Letter(
        template=send.template,
        audience=send.audience,
        language=send.language,
        to=send.to,
        facts={key: _scrubbed(fact) for key, fact in _facts(send, ticket, occasion).items()},
        buttons=_buttons(send, ticket, occasion, code) if ticket else (),
        # An id of ours in somebody's mail is a token of somebody: it goes to nobody else.
        answers="" if seal.looks_ours(message_id) else message_id,
        references=(began,) if began and not seal.looks_ours(began) else (),
        code=code,
        generated=not answers,
        bulk=occasion.report is not None,
        report=occasion.report,
    )


def _facts(send: Send, ticket: Ticket | None, occasion: Occasion) -> dict[str, Fact]:
    given = {key: value for key, value in send.facts if key not in (echo.RETRY, echo.RETRY_TEXT)}
    facts: dict[str, Fact] = {"lines": send.lines}
    if _REASON in given:
        code = given.pop(_REASON)
        names = ("text", "sender_name", "problem_lines", "history", "ticket_count", "orders")
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
        if occasion.mail and occasion.mail.sender.mailbox == send.to.address:
            facts["files_refused"] = files.told(occasion.files)
    ended = given.pop("due_at", "")  # the deadline that this letter is about, where another one runs already
    if ended and send.audience != "user":
        facts["due_at"] = datetime.fromisoformat(ended)
    if count := given.pop("ticket_count", ""):
        facts["ticket_count"] = int(count)
    if until := given.pop(echo.UNDO, ""):
        facts[echo.UNDO] = datetime.fromisoformat(until)
    lines = {
        name: tuple(given.pop(name).split("\n"))
        for name in ("history", "problem_lines", "understood", "orders")
        if given.get(name)
    }
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
    work = min((t.due for t in ticket.timers if not (t.on_silence or t.ran) and t.due < NEVER), default=None)
    times: dict[str, datetime | None] = {"closes_at": silence}
    if send.audience != "user":
        times["due_at"] = work
    return {key: value for key, value in times.items() if value is not None}


def _possible(send: Send, ticket: Ticket, office: Office) -> tuple[helping.Possible, ...]:
    person = office.directory.by_address(send.to.address)
    return helping.possible(office, ticket, office.standing(Author(send.to.address, person=person), ticket))


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
    if send.template == _HELP:
        return tuple(each.told(send.language) for each in _possible(send, ticket, office))
    if send.audience == "user":
        return ()
    return tuple("#" + verb for verb in _may(send, ticket, office))


def _code(send: Send, occasion: Occasion) -> str:
    """The code that proves the reader of this letter, or that he answers its question."""
    if send.held:
        return seal.confirm_code(occasion.ring, send.number, send.to.address, send.held)
    kind = reader_class(send, occasion.office)
    return seal.code(occasion.ring, send.number, send.to.address, occasion.today, kind)


def reader_class(send: Send, office: Office) -> seal.Class:
    """As what the reader of this letter speaks when he answers it."""
    if send.held:
        return seal.CONFIRM
    return class_of(office.directory.by_address(send.to.address), office)


def class_of(person: Person | None, office: Office) -> seal.Class:
    """As what somebody speaks when he answers a letter written to him."""
    classes: dict[str, seal.Class] = {"staff": seal.STAFF, "provider": seal.PROVIDER}
    return classes.get(office.speaks_as(person), seal.USER)


def _scrubbed(fact: Fact) -> Fact:
    """What people wrote, without the tokens of whoever wrote or quoted it (S-22)."""
    match fact:
        case str():
            return seal.scrubbed(fact)
        case Reason():
            return Reason(fact.code, tuple((key, seal.scrubbed(value)) for key, value in fact.facts))
        case tuple():
            return tuple(_one(each) for each in fact)
        case _:
            return fact


def _one(each: str | Reason) -> str | Reason:
    scrubbed = _scrubbed(each)
    return scrubbed if isinstance(scrubbed, str | Reason) else each


def _buttons(send: Send, ticket: Ticket, occasion: Occasion, code: str) -> tuple[Button, ...]:
    office = occasion.office
    named = mark(office.book.mark_key, ticket.number)
    if send.held:
        asked = ("confirmar", "noconfirmar")
        labels = _QUESTION.get(send.language, _QUESTION["es"])
        return tuple(Button(k, label, f"RE: [{named}] #{k} {code}") for k, label in zip(asked, labels, strict=True))
    if send.template == _HELP:  # whoever asks what he may do gets a button for each move, not only for the usual ones
        moves = (each for each in _possible(send, ticket, office) if each.moves)
        return tuple(
            Button(each.words, each.label(send.language), f"RE: [{named}] {each.words} {code}") for each in moves
        )
    if send.template == office.book.survey.template:
        return tuple(
            Button(f"score-{n}", label, f"RE: [{named}] {n} {code}", main=False)
            for n, label in enumerate(_scale(office.book.survey.best, send.language), 1)
        )
    told = dict(send.facts)
    verbs = [verb for verb in _may(send, ticket, office).values() if verb.button]
    if echo.UNDO in told:
        verbs = [*(verb for verb in office.book.verbs.values() if verb.act == "undo"), *verbs]
    again = told[echo.RETRY].split("\n") if told.get(echo.RETRY) else ()
    body = seal.scrubbed(told.get(echo.RETRY_TEXT, ""))
    return (
        *(Button("retry", orders, f"RE: [{named}] {orders} {code}", body) for orders in again),
        *(
            Button(verb.key, verb.button.get(send.language, verb.key), f"RE: [{named}] #{verb.key} {code}")
            for verb in verbs
        ),
    )


def _scale(best: int, language: str) -> tuple[str, ...]:
    words = _SCALE.get(language, _SCALE["es"])
    return tuple(f"{n} · {words[n - 1]}" if best == len(words) else str(n) for n in range(1, best + 1))
