"""From "a letter is owed" to the letter: which facts of the ticket its reader may see, and what the reader can do now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from maild.core import answers, deadlines, echo, files, findings, helping, seal
from maild.core import said as saying
from maild.core.effects import Send
from maild.core.letters import Button, Fact, Letter
from maild.core.moves import Move, OnOrder, Step
from maild.core.office import Office
from maild.core.past import Report
from maild.core.rulebook import Verb
from maild.core.subject import mark
from maild.core.ticket import Ticket
from maild.core.values import Address, Author, Mail, Person, Reason
from maild.core.worktime import NEVER

_QUESTION = {"es": ("Sí, confirmo", "No fui yo"), "en": ("Yes, I confirm", "It was not me")}
# A reason worded for the reader of a refusal; its facts travel beside the code.
_REASON = "reason_code"
_HELP = "ayuda"
# Whoever speaks as neither of these is a user.
_CLASSES: Mapping[str, seal.Class] = {"staff": seal.STAFF, "provider": seal.PROVIDER}
# What a typed order must bring, worded beside it (reasons.toml, typed-…); the first of these that it asks for.
_TYPED = ("text", "attachment", "person", "provider", "date", "span", "rows", "criterion", "entry", "ticket")


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the letters of one decision have in common. `mail` is the one they answer, if any; `request` the requester's
    first words, for those who work on the ticket; `files` what became of the files of the mail; `others` who else is
    written to about the same ticket now; `conversation` the one that Outlook began, if any; `report` what a digest tells."""

    office: Office
    ring: seal.KeyRing
    today: date
    mail: Mail | None = None
    request: str = ""
    files: Sequence[files.Judged] = ()
    others: Sequence[Address] = ()
    conversation: str = ""
    report: Report | None = None


def letter(send: Send, ticket: Ticket | None, occasion: Occasion) -> Letter:
    """The letter as its reader shall get it; `ticket` as it stands after the decision, None for a letter about none."""
    answers = occasion.mail is not None and occasion.mail.sender.mailbox == send.to.address
    message_id = occasion.mail.message_id if occasion.mail and answers else ""
    person = occasion.office.directory.by_address(send.to.address)
    began = ticket.first_message_id if ticket else ""
    code = _code(send, occasion) if ticket else ""
    stands = _stands(send, ticket, occasion.office) if ticket else _NOWHERE
    return Letter(
        template=send.template,
        audience=send.audience,
        language=send.language,
        to=send.to,
        facts={key: _scrubbed(fact) for key, fact in _facts(send, ticket, occasion, stands).items()},
        buttons=_buttons(send, ticket, occasion, code, stands) if ticket else (),
        # An id of ours in somebody's mail is a token of somebody: it goes to nobody else.
        answers="" if seal.looks_ours(message_id) else message_id,
        references=(began,) if began and not seal.looks_ours(began) else (),
        code=code,
        generated=not answers,
        conversation=occasion.conversation or (occasion.mail.conversation if answers and occasion.mail else ""),
        zone=person.zone if person else "",
        report=occasion.report,
    )


def _facts(send: Send, ticket: Ticket | None, occasion: Occasion, stands: _Stands) -> dict[str, Fact]:
    given = {key: value for key, value in send.facts if key not in (echo.RETRY, echo.RETRY_TEXT)}
    facts: dict[str, Fact] = {"reader_name": send.to.name, "lines": send.lines}
    if send.audience == "user" and _names_others(given.get("text", ""), send.to.address):
        del given["text"]
    if _REASON in given:
        code = given.pop(_REASON)
        names = ("text", "sender_name", "problem_lines", "history", "ticket_count", "orders")
        told = ((k, _label(k, v, occasion.office)) for k, v in given.items() if k not in names)
        facts["reason_text"] = Reason(code, tuple(told))
        given = {k: v for k, v in given.items() if k in names}
    if ticket is not None:
        facts |= _about(ticket, occasion.office)
        facts |= _times(send, ticket, occasion.office)
        facts["task"] = "; ".join(_turns(ticket, occasion.office, stands))
        if send.audience in ("technician", "manager"):
            facts["request"] = findings.masked(occasion.request)
            facts["also_to"] = tuple(dict.fromkeys(other.name or other.address for other in occasion.others))
        survey = occasion.office.book.survey
        facts["best_score"] = survey.best if send.template == survey.template else None
        facts["orders"] = _orders(send, ticket, occasion.office, stands)
        facts["attachments"] = files.names(occasion.files)
        if occasion.mail and occasion.mail.sender.mailbox == send.to.address:
            facts["files_refused"] = files.told(occasion.files)
            facts |= _about_what_he_wrote(ticket, occasion.mail, occasion.office)
    ended = given.pop("due_at", "")  # the deadline that this letter is about, where another one runs already
    if ended and send.audience != "user":
        facts["due_at"] = datetime.fromisoformat(ended)
    if count := given.pop("ticket_count", ""):
        facts["ticket_count"] = int(count)
    for name in (echo.UNDO, echo.LEAVES):
        if moment := given.pop(name, ""):
            facts[name] = datetime.fromisoformat(moment)
    if "text" in given:
        given["text"] = findings.masked(given["text"])
    lines = {
        name: tuple(given.pop(name).split("\n"))
        for name in ("history", "problem_lines", "understood", "orders")
        if given.get(name)
    }
    return facts | lines | given


def _names_others(text: str, reader: str) -> bool:
    """A list of people and their machines is for the desk; each of them is told only what concerns him."""
    cells = (cell.strip().lower() for row in saying.rows(text) for cell in row.values())
    return any("@" in cell and " " not in cell and cell != reader for cell in cells)


def _about_what_he_wrote(ticket: Ticket, mail: Mail, office: Office) -> dict[str, Fact]:
    """Advice to somebody who wrote a secret; what would help, asked for once: in the letter that opens the ticket."""
    words = mail.subject, mail.new_text
    service = office.book.services.get(ticket.service)
    opens = ticket.first_message_id == mail.message_id
    asks = findings.lacking(service.asks, *words, files=bool(mail.attachments)) if service and opens else ()
    return {"advice": findings.advice(*words), "asks": asks}


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
        "title": findings.masked(ticket.title)
        if known or office.directory.is_own_domain(ticket.requester.address)
        else "",
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
    silence = min((t.due for t in ticket.timers if t.on_silence and t.due < NEVER), default=None)
    work = min((t.due for t in ticket.timers if not (t.on_silence or t.ran) and t.due < NEVER), default=None)
    agreed = deadlines.moment(ticket.fact(office.book.fact_for("date")) or "", office.book)
    times: dict[str, datetime | None] = {"closes_at": silence, "appointment_at": agreed}
    if send.audience != "user":
        times["due_at"] = work
    return {key: value for key, value in times.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Stands:
    """Where the reader of a letter stands towards its ticket: his relations to it, and the verbs he may use on it as it is,
    with the moves that each would make."""

    relations: frozenset[str]
    may: Mapping[str, Sequence[Move]]


_NOWHERE = _Stands(frozenset(), {})


def _stands(send: Send, ticket: Ticket, office: Office) -> _Stands:
    author = Author(send.to.address, person=office.directory.by_address(send.to.address))
    relations = office.standing(author, ticket)
    may: dict[str, list[Move]] = {}
    for step, move in office.open_moves(ticket):
        if relations & set(move.by or (step.role,)):
            for trigger in move.on:
                if isinstance(trigger, OnOrder) and trigger.verb in office.book.verbs:
                    may.setdefault(trigger.verb, []).append(move)
    return _Stands(relations, may)


def _steps(ticket: Ticket, office: Office) -> list[Step]:
    found = (office.book.step(token.procedure, token.step) for token in ticket.tokens)
    return [step for step in found if step]


def _turns(ticket: Ticket, office: Office, stands: _Stands) -> list[str]:
    """The names of the steps at which it is the reader's turn, in the words of the institution's document."""
    steps = (step for step in _steps(ticket, office) if step.role in stands.relations)
    return list(dict.fromkeys(step.name for step in steps if step.name))


def _orders(send: Send, ticket: Ticket, office: Office, stands: _Stands) -> tuple[str | Reason, ...]:
    """What the reader may type and has no button for: the order, the answers it knows, what it must bring. Who works here
    and asks what he may do reads all of it, with what each order does; a user what the request waits for from him."""
    if send.template == _HELP:
        known = helping.possible(office, ticket, stands.relations)
        if send.audience == "user":
            known = tuple(each for each in known if each.moves and not each.verb.button)
        return tuple(each.told(send.language) for each in known)
    if send.audience == "user":
        return ()
    verbs = ((office.book.verbs[key], moves) for key, moves in stands.may.items())
    return tuple(_typed(verb, moves, send.language) for verb, moves in verbs if not verb.button)


def _typed(verb: Verb, moves: Sequence[Move], language: str) -> str | Reason:
    values = (t.value for move in moves for t in move.on if isinstance(t, OnOrder) and t.verb == verb.key and t.value)
    order = " ".join(filter(None, ("#" + verb.key, " | ".join(dict.fromkeys(values)))))
    wanted = {*verb.needs, *(need for move in moves for need in move.requires)}
    need = next((need for need in _TYPED if need in wanted), "")
    if need:
        return Reason(f"typed-{need}", (("order", order),))
    about = verb.about.get(language, "")
    return f"{order}: {about}" if about else order


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
    return _CLASSES.get(office.speaks_as(person), seal.USER)


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


def _buttons(send: Send, ticket: Ticket, occasion: Occasion, code: str, stands: _Stands) -> tuple[Button, ...]:
    office = occasion.office
    named = mark(office.book.mark_key, ticket.number)
    may = stands.may
    if send.held:
        asked = ("confirmar", "noconfirmar")
        labels = _QUESTION.get(send.language, _QUESTION["es"])
        return tuple(Button(k, label, f"RE: [{named}] #{k} {code}") for k, label in zip(asked, labels, strict=True))
    if send.template == office.book.survey.template:
        return tuple(_score(named, score) for score in range(1, office.book.survey.best + 1))
    if send.template == _HELP:  # whoever asks what he may do gets a button for each move, not only for the usual ones
        moves = (each for each in helping.possible(office, ticket, stands.relations) if each.moves)
        return tuple(
            Button(
                each.words,
                each.label(send.language),
                f"RE: [{named}] {each.words} {code}",
                typed=_plain(each.label(send.language), each.verb, send, may, office),
            )
            for each in moves
        )
    told = dict(send.facts)
    verbs = [office.book.verbs[key] for key in may if office.book.verbs[key].button]
    if echo.UNDO in told:
        verbs = [*(verb for verb in office.book.verbs.values() if verb.act == "undo"), *verbs]
    again = told[echo.RETRY].split("\n") if told.get(echo.RETRY) else ()
    body = seal.scrubbed(told.get(echo.RETRY_TEXT, ""))
    retries = (Button("retry", orders, f"RE: [{named}] {orders} {code}", body) for orders in again)
    return (*retries, *(_button(verb, send, f"RE: [{named}] #{verb.key} {code}", may, office) for verb in verbs))


def _button(verb: Verb, send: Send, subject: str, may: Collection[str], office: Office) -> Button:
    label = verb.button.get(send.language, verb.key)
    return Button(verb.key, label, subject, typed=_plain(label, verb, send, may, office))


def _plain(label: str, verb: Verb, send: Send, may: Collection[str], office: Office) -> str:
    """What a user types instead of touching a button: its own words, where the desk understands them as this answer."""
    known = office.book.answers
    said = answers.answer(label, known, open_for=may)[0] if send.audience == "user" else ""
    return label if said and known.verbs.get(said) == verb.key else ""


def _score(named: str, score: int) -> Button:
    """The answer to a survey is a number in the text, as people type it; it orders nothing and needs no code."""
    return Button(f"score-{score}", str(score), f"RE: [{named}] {score}", str(score), even=True)
