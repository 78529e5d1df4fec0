"""Mails, people, tickets and cases made up at random, of the kind that the base rules meet and of the kind they should not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from maild import rules
from maild.config.shipped import shipped
from maild.core.events import Bounced, Case, FirstMail, Flood, Intrusion, Ordered, Overdue, Recurring, Reply, Robot
from maild.core.office import Office
from maild.core.subject import mark
from maild.core.ticket import Ticket, Timer, Token
from maild.core.values import Address, Assurance, Author, Bounce, BounceRecipient, Directory, Kind, Mail, Person, Sender

BOOK = rules.load(shipped("rules") / "base")
DESK = "mesa@entidad.test"
NOW = datetime(2026, 11, 4, 15, 0, tzinfo=UTC)
PEOPLE = (
    Person("ana", "ana@entidad.test", "Ana Quispe", "usuario", aliases=("a.quispe@entidad.test",)),
    Person("beto", "beto@entidad.test", "Alberto Núñez", "usuario", language="en"),
    Person("rosa", "rosa@entidad.test", "Rosa Huamán", "mesa"),
    Person("luis", "luis@entidad.test", "Luis Rojas", "tecnico"),
    Person("elsa", "elsa@entidad.test", "Elsa Rojas", "especialista"),
    Person("carla", "carla@entidad.test", "Carla Ibáñez", "coordinador"),
    Person("prov", "soporte@prov.test", "Proveedor SAC", "proveedor"),
    Person("raro", "raro@entidad.test", "Función Desconocida", "cargo_que_no_existe"),
)
OFFICE = Office(
    BOOK, Directory(PEOPLE, {}, ("entidad.test",)), frozenset((DESK,)), Address("operador@entidad.test", "Operador")
)
OUTSIDERS = ("eve@externo.test", "nadie@entidad.test", DESK, "")
NUMBER = 7

addresses = st.sampled_from([address for person in PEOPLE for address in person.addresses] + list(OUTSIDERS))
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)


@st.composite
def orders(draw: st.DrawFn) -> str:
    verb = draw(st.sampled_from([*BOOK.verbs, *(s for v in BOOK.verbs.values() for s in v.spellings), "resuleto", "x"]))
    argument = draw(
        st.one_of(st.just(""), st.sampled_from(["luis", "Rojas", "alta", "incidencia", "clave=valor"]), words)
    )
    return f"{draw(st.sampled_from('#!'))}{verb} {argument}"


@st.composite
def subjects(draw: st.DrawFn) -> str:
    known = st.sampled_from([f"[{mark(BOOK.mark_key, NUMBER)}]", "[MESA-7-A]", "RE:", "RV:", "Sin red", "[EXTERNO]"])
    return " ".join(draw(st.lists(st.one_of(known, orders(), words), max_size=5)))


@st.composite
def texts(draw: st.DrawFn) -> str:
    answers = st.sampled_from([word for group in BOOK.answers.words.values() for word in group])
    ends = st.sampled_from(["", ".", ":", ", pero no", "?", " gracias"])
    said = st.builds(lambda word, end: word + end, answers, ends)
    return "\n".join(draw(st.lists(st.one_of(said, orders(), words, st.just("Buenos días:")), max_size=4)))


@st.composite
def mails(draw: st.DrawFn, address: str, kinds: tuple[Kind, ...]) -> Mail:
    return Mail(
        Sender(address, "Alguien", "" if address else "sin remitente"),
        message_id=draw(st.sampled_from(["", "uno@entidad.test"])),
        subject=draw(subjects()),
        text=(text := draw(texts())),
        new_text=text,
        kind=draw(st.sampled_from(kinds)),
    )


@st.composite
def authors(draw: st.DrawFn) -> Author:
    address = draw(addresses)
    person = OFFICE.directory.by_address(address)
    least = Assurance.A0 if person is None else draw(st.sampled_from(list(Assurance)[:4]))
    return Author(address, "Alguien", person, least, (), OFFICE.directory.is_own_domain(address))


def _address(text: str) -> Address:
    return Address(text, "Alguien")


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    """Consistent ones: tokens on known steps, clocks on tokens, nothing runs on a closed ticket."""
    closed = draw(st.booleans()) and draw(st.booleans())
    places = [(p.key, n) for p in BOOK.procedures.values() for n, s in p.steps.items() if s.kind != "close"]
    stands = [] if closed else draw(st.lists(st.sampled_from(places), min_size=1, max_size=3))
    tokens = tuple(Token(i, *place) for i, place in enumerate(stands, 1))
    clocks = [(c, t.id) for t in tokens for c in BOOK.clocks]
    running = draw(st.lists(st.sampled_from(clocks), unique=True, max_size=4)) if clocks else []
    due = NOW + timedelta(hours=draw(st.integers(-100, 100)))
    open_states = [s.key for s in BOOK.states.values() if s.kind != "closed"]
    people = [*(p.address for p in PEOPLE), "eve@externo.test", DESK]
    someone = st.sampled_from(people).map(_address)
    return Ticket(
        number=NUMBER,
        title=draw(st.sampled_from(["Sin red", "", "#resuelto Sin red"])),
        state="cerrado" if closed else draw(st.sampled_from(open_states)),
        requester=draw(someone),
        opened_at=NOW - timedelta(days=20),
        type=draw(st.sampled_from([*BOOK.types, ""])),
        creator=draw(st.one_of(st.none(), someone)),
        responsible=draw(st.one_of(st.none(), someone)),
        providers=tuple(draw(st.lists(someone, unique=True, max_size=2))),
        tokens=tokens,
        timers=tuple(Timer(c, t, due, BOOK.clocks[c].meaning == "silence") for c, t in running),
        facts=tuple(
            draw(st.dictionaries(st.sampled_from(["pregunta", "nivel"]), st.sampled_from(["abierta", "2"]))).items()
        ),
        closed_at=NOW - timedelta(days=draw(st.integers(0, 15))) if closed else None,
        closing_reason="resuelto" if closed else "",
    )


PERSONS = tuple(kind for kind in Kind if kind.from_person)
ROBOTS = tuple(kind for kind in Kind if not kind.from_person)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    author = draw(authors())
    return Reply(draw(mails(author.address, PERSONS)), author, NOW, draw(tickets()), NUMBER + 1)


@st.composite
def first_mails(draw: st.DrawFn) -> FirstMail:
    author = draw(authors())
    return FirstMail(draw(mails(author.address, PERSONS)), author, NOW, NUMBER)


@st.composite
def intrusions(draw: st.DrawFn) -> Intrusion:
    author = draw(authors())
    return Intrusion(draw(mails(author.address, PERSONS)), author, draw(tickets()))


@st.composite
def robots(draw: st.DrawFn) -> Robot:
    return Robot(draw(mails(draw(addresses), ROBOTS)), draw(st.one_of(st.none(), tickets())))


@st.composite
def bounces(draw: st.DrawFn) -> Bounced:
    address = draw(addresses.filter(bool))
    told = st.builds(
        BounceRecipient, st.sampled_from([address, "", "otro@externo.test"]), st.sampled_from(["failed", "delayed", ""]),
        st.sampled_from(["5.1.1", "4.2.2", ""]), words, st.sampled_from(["hard", "soft", ""]), st.just("no-such-user"),
    )  # fmt: skip
    report = st.builds(lambda each: Bounce(tuple(each)), st.lists(told, max_size=3))
    mail = replace(draw(mails(draw(addresses), (Kind.BOUNCE, Kind.DELAY))), bounce=draw(st.one_of(st.none(), report)))
    return Bounced(mail, draw(st.one_of(st.none(), tickets())), address, draw(st.booleans()))


@st.composite
def floods(draw: st.DrawFn) -> Flood:
    return Flood(draw(mails(draw(addresses), PERSONS)), draw(tickets()))


@st.composite
def overdues(draw: st.DrawFn) -> Overdue:
    ticket = draw(tickets())
    running = [(t.clock, t.token) for t in ticket.timers] or [("p_nivel", 1)]
    clock, token = draw(st.sampled_from(running))
    return Overdue(ticket, clock, token)


@st.composite
def ordered(draw: st.DrawFn) -> Ordered:
    said = " ".join(draw(st.lists(orders(), max_size=3)))
    return Ordered(draw(tickets()), draw(authors()), said, draw(words), NUMBER + 1)


cases: st.SearchStrategy[Case] = st.one_of(
    replies(), first_mails(), intrusions(), robots(), bounces(), floods(), overdues(), ordered()
)


def ticket_of(case: Case) -> Ticket | None:
    return None if isinstance(case, FirstMail | Recurring) else case.ticket
