"""A desk to talk to: people, tickets that stand somewhere, and what is heard of a mail that one of them writes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

from maild import rules
from maild.config.shipped import shipped
from maild.core.carrying import given
from maild.core.decide import decide
from maild.core.events import Reply
from maild.core.office import Office
from maild.core.orders import Order
from maild.core.rulebook import Rulebook
from maild.core.strict import Strict
from maild.core.subject import mark
from maild.core.ticket import Ticket, Token
from maild.core.values import Address, Assurance, Author, Directory, Mail, Person
from maild.core.words import fold

NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
DESK = "mesa@entidad.test"
TITLE = "La impresora del piso 2 no imprime desde ayer"
NUMBER = 123


def _people(**roles: str) -> tuple[Person, ...]:
    names = {
        "rosa": "Rosa Huamán Díaz",
        "luis": "Luis Rojas Paredes",
        "ana": "Ana Torres Vega",
        "jperez": "Juan Pérez Soto",
        "quispe1": "Mario Quispe Ayala",
        "quispe2": "Elena Quispe Mamani",
        "marta": "Marta Salas Ortiz",
        "elsa": "Elsa Campos Ruiz",
        "coord": "Carla Ordóñez Silva",
        "prov": "Redes Andinas SAC",
        "jefe": "Jorge Torres Lima",
        "nivel2": "Norma Castro Luna",
        "sup": "Susana Paz Flores",
    }
    addresses = {"prov": "soporte@andinas.test"}
    deputies = {"ana": "jperez"}
    return tuple(
        Person(key, addresses.get(key, f"{key}@entidad.test"), names[key], role, deputy=deputies.get(key, ""))
        for key, role in roles.items()
    )


_AGENTS = dict.fromkeys(("luis", "ana", "jperez", "quispe1", "quispe2"), "tecnico")


@dataclass(frozen=True, slots=True)
class Stand:
    """A ticket that stands at a step, in an institution with these people."""

    profile: str
    step: str
    people: tuple[Person, ...]
    responsible: str = ""
    providers: tuple[str, ...] = ()


_BASE = _people(rosa="usuario", **_AGENTS, marta="mesa", elsa="especialista", coord="coordinador", prov="proveedor")
STANDS = {
    "queue": Stand("base", "BASE-ATE:2", _BASE),
    "work": Stand("base", "BASE-ATE:4", _BASE, "luis"),
    "resolved": Stand("base", "BASE-ATE:6", _BASE, "luis"),
    "provider": Stand(
        "osce", "OSC-ATE:8", _people(rosa="usuario", luis="tecnico", prov="proveedor"), "luis", ("prov",)
    ),
    "procede": Stand("proinversion", "PRO-TI04:6", _people(rosa="usuario", jefe="jefe_ti", nivel2="nivel2"), "nivel2"),
    "garantia": Stand(
        "proinversion", "PRO-TI04:5", _people(rosa="usuario", nivel2="nivel2", prov="proveedor"), "nivel2"
    ),
    "revisar": Stand("agetic", "AGE-PR01:9", _people(rosa="usuario", sup="supervisor", marta="mesa"), "marta"),
}


@cache
def book(profile: str, key: str = "") -> Rulebook:
    found = rules.load(shipped("rules") / profile)
    return replace(found, mark_key=key) if key else found


def office(stand: Stand, key: str = "") -> Office:
    return Office(
        book(stand.profile, key),
        Directory(stand.people, {}, ("entidad.test",)),
        frozenset((DESK,)),
        Address("operador@entidad.test"),
    )


def ticket(stand: Stand, title: str = TITLE) -> Ticket:
    procedure, _, step = stand.step.partition(":")
    people = {p.key: Address(p.address, p.name) for p in stand.people}
    at = book(stand.profile).step(procedure, step)
    assert at is not None
    return Ticket(
        number=NUMBER,
        title=title,
        state=at.state or "en_proceso",
        requester=people["rosa"],
        opened_at=NOW,
        type=book(stand.profile).default_type,
        responsible=people.get(stand.responsible),
        providers=tuple(people[key] for key in stand.providers),
        tokens=(Token(1, procedure, step),),
    )


def marked(stand: Stand, key: str = "") -> str:
    return mark(book(stand.profile, key).mark_key, NUMBER)


def author(stand: Stand, who: str, assurance: Assurance = Assurance.A3) -> Author:
    person = next(p for p in stand.people if p.key == who)
    return Author(person.address, person.name, person, assurance, own_domain=True)


def heard(mail: Mail, stand: Stand, who: str, title: str = TITLE, key: str = "") -> list[str]:
    """The orders of the mail, each as its verb with what follows it; `!code` where they are refused."""
    at, by = office(stand, key), author(stand, who)
    of = ticket(stand, title)
    found, _ = given(mail, of, Strict(at, of, by, at.standing(by, of, NOW.date()), NOW))
    if not found:
        return []
    decision = decide(Reply(mail, by, NOW, of, NUMBER + 1), at, NOW)
    if decision.refused is not None:
        return ["!" + decision.refused.code]
    return [said(order) for order in found]


def said(order: Order) -> str:
    facts = (f"{key}={value}" for key, value in order.facts)
    return plain(" ".join((order.verb or f"?{order.guess}", *order.args, *facts)))


def plain(words: str) -> str:
    """For comparing: what was typed, without accents, case and the marks between words."""
    return " ".join(re.sub(r"[.,;:!¿?]+(?=\s|$)|(?<=\s)¿", " ", fold(words)).split())
