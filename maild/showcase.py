"""Every letter of an institution with realistic data, made by the code that writes the real ones; and those of a real ticket."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from maild.core import seal, writing
from maild.core.effects import Send
from maild.core.letters import LANGUAGES, Letter
from maild.core.moves import END, LetterTo, Step
from maild.core.office import Office, Recipient
from maild.core.office import Scene as Standing
from maild.core.rulebook import Rulebook
from maild.core.subject import mark
from maild.core.ticket import Ticket, Timer, Token
from maild.core.values import Address, Directory, Person
from maild.errors import Problem
from maild.mail.compose import Composer
from maild.mail.compose.samples import DIGESTS, REPORT, sample
from maild.mail.compose.scenes import OFFERING, REQUEST, SCENES, TITLE, Scene, told
from maild.mail.compose.templates import SUFFIX

_OPENED = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
_DUE = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
_NAMES = (
    *("Ana Torres Vega", "Luis Rojas Huamán", "Carmen Díaz Soto", "Jorge Salas Pinto", "Elena Ramos León"),
    *("Víctor Cruz Mejía", "Sonia Vargas Luna", "Hugo Flores Ríos", "Marta Quiroz Peña", "Raúl Medina Cano"),
)
_PROVIDER = Address("servicio@proveedor.example", "Víctor Cruz Mejía")
_REQUESTER = Person("solicitante", "rosa.quispe@entidad.example", "Rosa Quispe Mamani", "")


@dataclass(frozen=True, slots=True)
class Shown:
    """One letter to one audience: where in the procedures it is written, and how it reads in each language."""

    template: str
    audience: str
    place: str
    letters: Mapping[str, Letter]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a letter is written: the step at which the ticket rests then (None: it is closed), and whose turn it is."""

    letter: LetterTo
    step: Step | None
    procedure: str
    role: str
    words: str


def sample_office(book: Rulebook, domain: str = "entidad.example") -> Office:
    """The institution's rules with one invented person in each role."""
    roles = [role for role in book.roles.values() if role.kind != "machine"]
    people = tuple(
        replace(_REQUESTER, key=role.key, role=role.key)
        if role.kind == "requester"
        else Person(role.key, f"persona{at}@{_domain(role.kind, domain)}", _NAMES[at % len(_NAMES)], role.key)
        for at, role in enumerate(roles)
    )
    addresses = frozenset({f"mesa@{domain}"})
    return Office(book, Directory(people, {}, (domain,)), addresses, Address(f"operador@{domain}", "Operador"))


def _domain(kind: str, domain: str) -> str:
    return "proveedor.example" if kind == "provider" else domain


def everything(office: Office, composer: Composer) -> list[Shown]:
    """Each letter that the institution's rules send, to each audience, once; then those that maild itself writes."""
    ring = seal.KeyRing({"1": secrets.token_bytes(32)}, "1")  # the buttons of a preview order nothing
    found: dict[tuple[str, str], Shown] = {}
    for place in _places(office.book):
        ticket = _ticket(office, place)
        for one in office.recipients(place.letter.to, _standing(ticket, place, office)):
            key = (place.letter.template, one[1])
            if key not in found:
                found[key] = Shown(*key, place.words, _in_both(place.letter.template, one, ticket, office, ring))
    for name in composer.names():
        shown = _by_itself(name, office)
        found.setdefault((shown.template, shown.audience), shown)
    return sorted(found.values(), key=lambda shown: (shown.place == "", shown.template, shown.audience))


def of_ticket(office: Office, ticket: Ticket, request: str) -> list[Shown]:
    """Every letter of the rules as it would read now for this ticket and the people it really concerns."""
    ring = seal.KeyRing({"1": secrets.token_bytes(32)}, "1")
    found: dict[tuple[str, str, str], Shown] = {}
    for place in _places(office.book):
        for one in office.recipients(place.letter.to, _standing(ticket, place, office)):
            key = (place.letter.template, one[1], one[0].address)
            if key not in found:
                letters = _in_both(key[0], one, ticket, office, ring, request)
                found[key] = Shown(*key[:2], one[0].name or one[0].address, letters)
    return [found[key] for key in sorted(found)]


# -- where letters are written ------------------------------------------------------------------------------------


def _places(book: Rulebook) -> Iterator[_Place]:
    first = next(book.all_steps())[1]
    for procedure, step in book.all_steps():
        words = f"{procedure.key} · {step.number}"
        for letter in step.turn:
            yield _Place(letter, step, procedure.key, step.role, words)
        for move in step.moves:
            to = move.to[0] if move.to else step.number
            goal = step if to == step.number else _step(book, procedure.key, to)
            for letter in move.letters:
                yield _Place(letter, goal, procedure.key, goal.role if goal else step.role, words)
        for clock in step.clocks:
            for letter in book.clocks[clock].letters if clock in book.clocks else ():
                yield _Place(letter, step, procedure.key, step.role, f"{words} · {clock}")
    others = (
        *((verb.letters, f"#{verb.key}") for verb in book.verbs.values()),
        *((clock.letters, clock.key) for clock in book.clocks.values()),
        *((rule.letters, rule.key) for rule in book.mails.values()),
        *((letters, occasion) for occasion, letters in book.letters.items()),
        (book.reopening.letters, "reopening"),
    )
    for letters, words in others:
        for letter in letters:
            yield _Place(letter, first, next(book.all_steps())[0].key, first.role, words)
    if book.survey.template:
        yield _Place(LetterTo(book.survey.template, "requester"), None, "", "", "survey")


def _step(book: Rulebook, procedure: str, to: str) -> Step | None:
    if to == END:
        return None
    other, colon, number = to.rpartition(":")
    return book.step(other if colon else procedure, number)


def _ticket(office: Office, place: _Place) -> Ticket:
    """The sample ticket as it stands where this letter is written."""
    book, step = office.book, place.step
    people = office.directory.people
    requester = next((p for p in people if p.address == _REQUESTER.address), _REQUESTER)
    agent = next((p for p in people if book.roles[p.role].kind == "agent"), requester)
    providers = tuple(Address(p.address, p.name) for p in people if book.roles[p.role].kind == "provider")
    timers = [Timer(k, 1, _DUE, book.clocks[k].meaning == "silence") for k in step.clocks] if step else []
    closed = step is None or step.kind == "close"
    return Ticket(
        number=123,
        title=TITLE.es,
        state=step.state if step else next(s.key for s in book.states.values() if s.kind == "closed"),
        requester=Address(requester.address, requester.name),
        opened_at=_OPENED,
        type=book.default_type,
        priority=next(iter(book.priorities), ""),
        creator=Address(agent.address, agent.name),
        responsible=Address(agent.address, agent.name),
        providers=providers[:1],
        tokens=() if closed or step is None else (Token(1, place.procedure, step.number),),
        timers=() if closed else tuple(timers),
        facts=((book.fact_for("date"), "2026-11-26T09:00"),) if place.letter.template.startswith("mantenim") else (),
        closed_at=_DUE if closed else None,
        closing_reason=book.closing("") if closed else "",
    )


def _standing(ticket: Ticket, place: _Place, office: Office) -> Standing:
    named = office.directory.by_address(ticket.responsible.address) if ticket.responsible else None
    return Standing(ticket, sender=ticket.requester, named=named, role=place.role, caller=ticket.creator,
                    listed=("todos@entidad.example",))  # fmt: skip


# -- the letters ----------------------------------------------------------------------------------------------------


def _in_both(
    template: str, one: Recipient, ticket: Ticket, office: Office, ring: seal.KeyRing, request: str | None = None
) -> dict[str, Letter]:
    scene = SCENES.get(template, Scene(by=""))
    letters = {}
    for language in LANGUAGES:
        to, audience, _ = one
        about = ticket if request is not None else replace(ticket, title=TITLE.words(language))
        send = Send(ticket.number, template, to, audience, language, _facts(scene, language, ticket, office))
        asked = REQUEST.words(language) if request is None else request
        report = REPORT if template in DIGESTS else None
        occasion = writing.Occasion(office, ring, _OPENED.date(), request=asked, report=report)
        letters[language] = writing.letter(send, None if report else about, occasion)
    return letters


def _facts(scene: Scene, language: str, ticket: Ticket, office: Office) -> tuple[tuple[str, str], ...]:
    words = scene.words(language)
    if not words:
        return ()
    writer = next((p.name for p in office.directory.people if office.book.roles[p.role].kind == scene.by), "")
    named = {"requester": ticket.requester.name, "external": "ventas@proveedor-ajeno.example"}
    return (("text", words), ("sender_name", named.get(scene.by, writer)))


def _by_itself(name: str, office: Office) -> Shown:
    """A letter that no rule names: maild writes it of its own accord, or the institution has no use for it."""
    _, audience, file = name.split("/")
    template = file.removesuffix(SUFFIX)
    letters = {}
    for language in LANGUAGES:
        letter = sample(f"{language}/{audience}/{file}")
        if letter is not None:
            facts = {**told(template, language), "mark": mark(office.book.mark_key, 123)}
            if audience in ("user", "provider", "operator"):
                facts["orders"] = ()
            if audience == "operator":  # most of what he is told is about no request
                facts = {key: fact for key, fact in facts.items() if key not in ("mark", "title", "text")}
            to = _PROVIDER if audience == "provider" else letter.to
            facts["reader_name"] = to.name
            buttons = letter.buttons if template in OFFERING and audience != "provider" else ()
            letters[language] = replace(letter, to=to, facts=facts, buttons=buttons)
    return Shown(template, audience, "", letters)


def problems(shown: Sequence[Shown], composer: Composer) -> list[Problem]:
    """What is wrong with the templates of these letters: a plainer letter took their place."""
    tried = (composer.render(letter).problem for each in shown for letter in each.letters.values())
    return sorted({problem for problem in tried if problem})


def rendered(shown: Sequence[Shown], composer: Composer) -> list[tuple[Shown, Mapping[str, bytes]]]:
    """Each letter as the bytes that would travel, by language."""
    return [
        (
            each,
            {
                language: composer.to_bytes(letter, composer.render(letter), message_id=f"muestra{at}.{language}@x.example", date=_OPENED)
                for language, letter in each.letters.items()
            },
        )
        for at, each in enumerate(shown)
    ]  # fmt: skip
