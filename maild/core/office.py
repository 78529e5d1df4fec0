"""The desk as the core sees it: its rules, its people, its policies; and who stands where towards a ticket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from maild.core import merging
from maild.core.mailboxes import spelt
from maild.core.moves import Move, OnOrder, OnReply, Step
from maild.core.policy import Mode, Policy, Who
from maild.core.rulebook import Rulebook, Verb
from maild.core.ticket import Ticket
from maild.core.values import Address, Author, Directory, Person, Reason
from maild.core.worktime import Calendar

Recipient = tuple[Address, str, str]  # whom, audience, language
# Whoever these would be, nobody else is written to in their place.
_NOBODY_ELSE = ("requester", "creator", "sender", "providers", "provider", "named", "caller", "list")
# Those who are written to because the ticket is their work: in their absence their deputy is.
_WORK = ("responsible", "named", "caller")
_NOTHING = Policy()
# The fact in which the engine keeps the areas that a list of people and machines concerns.
AREAS = "_areas"


@dataclass(frozen=True, slots=True)
class Scene:
    """What decides who a letter goes to. `role`: whose turn it is; `caller`: who waits for this ticket; `named`: whom the
    order names; `today`: the day that absences are judged by."""

    ticket: Ticket
    sender: Address | None = None
    named: Person | None = None
    role: str = ""
    caller: Address | None = None
    listed: tuple[str, ...] = ()
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """How the desk answers orders: at most so many answers an hour to one person, so long an order can be taken back, and
    so long its letters to people outside the desk wait for that (a person may have another wait)."""

    echoes_hour: int = 20
    undo_for: timedelta = timedelta(minutes=30)
    undo_wait: timedelta = timedelta(0)


_MANNERS = Manners()


@dataclass(frozen=True, slots=True)
class Office:
    """`strangers`: what a mail from outside the directory and the own domains does. `addresses` are the desk's own."""

    book: Rulebook
    directory: Directory
    addresses: frozenset[str]
    operator: Address
    strangers: Literal["create", "review", "refuse"] = "review"
    language: str = "es"
    mode: Mode = "default"
    manners: Manners = _MANNERS

    @property
    def policy(self) -> Policy:
        """What is done on which proof."""
        return self.book.policies.get(self.mode, _NOTHING)

    def speaks_as(self, person: Person | None) -> Who:
        """As what somebody is written to, and therefore speaks."""
        role = self.book.roles.get(person.role) if person else None
        if role is None or role.kind == "requester":
            return "user"
        return role.kind if role.kind in ("provider", "machine") else "staff"

    def unproved(self, verb: Verb, author: Author) -> Reason | None:
        """Why this order of this author is not done for want of proof, or None."""
        return self.policy.unproved(verb.key, verb.weight, self.speaks_as(author.person), author)

    def day(self, now: datetime) -> date:
        """The day at the desk."""
        return now.astimezone(self.book.calendar.zone).date()

    # -- who stands where ---------------------------------------------------------------------------------------------

    def standing(self, author: Author, ticket: Ticket, today: date | None = None) -> frozenset[str]:
        """The role keys, groups and relations with which this author stands towards the ticket."""
        mine = set(author.person.addresses if author.person else (author.address,)) - {""}
        persons = ((author.person,) if author.person else ()) + self.stood_in_for(author, today)
        mine |= {address for person in persons for address in person.addresses}
        stands = {person.role for person in persons if person.role and self._counts(person, ticket)}
        if ticket.requester.address in mine:
            stands |= {"requester", *self.book.requester_roles()}
        if ticket.responsible and ticket.responsible.address in mine:
            stands.add("responsible")
        if ticket.creator and ticket.creator.address in mine:
            stands.add("creator")
        if any(p.address in mine for p in ticket.providers):
            stands |= {"providers", *self.book.provider_roles()}
        if any(a.address in mine for a in merging.others(ticket)):
            stands.add("participant")
        stands |= {f"fact:{key}" for key, value in ticket.facts if value.lower() in mine}
        return frozenset(stands.union(*(self.book.groups(role) for role in stands)))

    def _counts(self, person: Person, ticket: Ticket) -> bool:
        """Whether his role counts on this ticket: a provider's only where he was called in, a chief's only for his area."""
        known = self.book.roles.get(person.role)
        if known is None or known.kind in ("provider", "requester"):
            return False
        return known.kind != "chief" or person in self._chiefs(person.role, ticket)

    def stood_in_for(self, author: Author, today: date | None) -> tuple[Person, ...]:
        """Those who are away and whose deputy is the author (or would be, the deputy they named being away too)."""
        if author.person is None:
            return ()
        others = (p for p in self.directory.away(today) if p.key != author.person.key)
        return tuple(p for p in others if self.present(p, today).key == author.person.key)

    def hours(self, ticket: Ticket, role: str, *, asked: bool = False) -> Calendar:
        """The calendar on which a clock of this ticket counts: of whoever is asked, else of who works on it or of his unit."""
        address = ticket.requester if asked else ticket.responsible
        person = self.directory.by_address(address.address) if address else None
        known = self.book.roles.get(role)
        return self.book.hours(
            person.site if person else "", (person.unit if person else "") or (known.unit if known else "")
        )

    def takes_part(self, author: Author, ticket: Ticket, today: date | None = None) -> bool:
        """Whether he may write into the ticket: he is on it, serves the desk, or has something to say at its steps."""
        standing = self.standing(author, ticket, today)
        relations = {"requester", "participant", "responsible", "creator", "providers"}
        if relations & standing or any(s.startswith("fact:") for s in standing) or self.book.is_staff(author.role):
            return True
        return any(standing & set(move.by or (step.role,)) for step, move in self.open_moves(ticket))

    def has_or_shares(self, author: Author, ticket: Ticket, today: date | None = None) -> bool:
        """Whether a letter about the ticket would still go to him: an agent's goes to the one agent of his role who has it."""
        person = author.person
        role = self.book.roles.get(person.role) if person else None
        if person is None or role is None or role.kind != "agent":
            return True
        if person.address in {a.address for a in (ticket.responsible, ticket.creator, ticket.requester) if a}:
            return True
        concerned = self.concerned(person.role, ticket)
        return person in concerned or any(away in concerned for away in self.stood_in_for(author, today))

    def open_moves(self, ticket: Ticket) -> Iterable[tuple[Step, Move]]:
        """The moves of people at the steps where the ticket stands."""
        for token in ticket.tokens:
            step = self.book.step(token.procedure, token.step)
            for move in step.moves if step and token.live else ():
                if any(isinstance(trigger, OnOrder | OnReply) for trigger in move.on):
                    yield step, move  # type: ignore[misc]  # a move comes from a step that there is

    def awaited(self, ticket: Ticket, standing: frozenset[str]) -> Iterable[OnOrder]:
        """The orders for which some step of the ticket waits from somebody of this standing."""
        for step, move in self.open_moves(ticket):
            if standing & set(move.by or (step.role,)):
                yield from (trigger for trigger in move.on if isinstance(trigger, OnOrder))

    # -- whom a letter goes to ----------------------------------------------------------------------------------------

    def recipients(self, to: str, scene: Scene) -> tuple[Recipient, ...]:
        """Who receives a letter to this relation or role (`a|b`: the first that is somebody), each with his audience.

        Nobody has the ticket, or nobody has the role: then the desk must know, and if there is no desk, the operator.
        The desk never writes to itself, whatever mailbox a ticket or a role names.
        """
        choices = to.split("|")
        for choice in choices:
            if found := self._away(self._named(choice, scene)):
                return found
        if all(c in _NOBODY_ELSE or c.startswith("fact:") for c in choices):
            return ()
        return self.desk(scene) or ((self.operator, "technician", self.language),)

    def desk(self, scene: Scene | None = None) -> tuple[Recipient, ...]:
        """The people (or the mailbox) of the desk's role; nobody where nobody has it."""
        keys = (key for key, role in self.book.roles.items() if role.kind == "desk")
        return next((people for key in keys if (people := self._away(self._in_role(key, scene)))), ())

    def _away(self, people: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
        return tuple(one for one in people if one[0].address and one[0].address.lower() not in self.addresses)

    def _named(self, to: str, scene: Scene) -> tuple[Recipient, ...]:
        if to == "turn":
            return self._in_role(scene.role, scene)
        if to in self.book.roles:
            return self._in_role(to, scene)
        if to == "operator":
            return ((self.operator, "operator", self.language),)
        if to.startswith("@"):
            return tuple(
                one for role in self.book.roles if to in self.book.groups(role) for one in self._in_role(role, scene)
            )
        related = (self._deputy_of(address, scene) if to in _WORK else address for address in self._related(to, scene))
        return tuple(self.addressed(address, scene.ticket) for address in related if self._reads(address))

    def _deputy_of(self, address: Address, scene: Scene) -> Address:
        """Who reads what is written to somebody about his work: he himself, or who stands in for him."""
        person = self.directory.by_address(address.address)
        present = self.present(person, scene.today) if person else None
        return address if present is None or present is person else Address(present.address, present.name)

    def _reads(self, address: Address) -> bool:
        """Programs are not written to."""
        person = self.directory.by_address(address.address)
        role = self.book.roles.get(person.role) if person else None
        return role is None or role.kind != "machine"

    def _in_role(self, to: str, scene: Scene | None) -> tuple[Recipient, ...]:
        role = self.book.roles.get(to)
        audience = role.audience if role else "technician"
        mailbox = self.directory.mailboxes.get(to)
        if mailbox:
            return ((Address(mailbox, role.label if role else to), audience, self.language),)
        if scene is None:
            people: Iterable[Person] = self.directory.in_role(to)
        else:
            people = (self.present(p, scene.today) for p in self.concerned(to, scene.ticket))
        once = {p.key: p for p in people}  # a deputy may stand in for several
        return tuple((Address(p.address, p.name), audience, p.language) for p in once.values())

    def concerned(self, to: str, ticket: Ticket) -> tuple[Person, ...]:
        """The people of a role whom the ticket concerns: its chief, those of its areas, whoever has it, or all of them."""
        role = self.book.roles.get(to)
        everybody = self.directory.in_role(to)
        if role is None:
            return everybody
        if role.kind == "chief":
            return self._chiefs(to, ticket)
        if role.by_area:
            areas = self._areas(ticket)
            return tuple(p for p in everybody if p.area in areas) or everybody
        holder = self.directory.by_address(ticket.responsible.address) if ticket.responsible else None
        if role.kind == "agent" and holder in everybody:
            return (holder,) if holder else ()
        if role.kind == "provider" and ticket.providers:
            called = tuple(p for p in everybody if any(a.address in p.addresses for a in ticket.providers))
            return called or everybody
        return everybody

    def _areas(self, ticket: Ticket) -> frozenset[str]:
        told = ticket.fact(AREAS)
        if told:
            return frozenset(told.split("\n"))
        person = self.directory.by_address(ticket.requester.address)
        return frozenset({person.area} if person and person.area else ())

    def _chiefs(self, to: str, ticket: Ticket) -> tuple[Person, ...]:
        everybody = self.directory.in_role(to)
        areas = self._areas(ticket)
        own = tuple(p for p in everybody if ticket.requester.address in p.addresses)
        found = tuple(p for p in everybody if areas & {p.area, *p.chief_of})
        return own or found or (everybody if len(everybody) == 1 and not areas else ())

    def present(self, person: Person, today: date | None) -> Person:
        """The person, or the deputy of one who is away. Where all of them are away, the person himself."""
        stands, seen = person, {person.key}
        while stands.is_away(today):
            deputy = self.directory.by_key(stands.deputy)
            if deputy is None or deputy.key in seen:
                return person
            stands = deputy
            seen.add(deputy.key)
        return stands

    def _related(self, to: str, scene: Scene) -> tuple[Address, ...]:
        ticket = scene.ticket
        one: Address | None = None
        match to:
            case "requester":
                return (ticket.requester, *merging.others(ticket))
            case "responsible":
                one = ticket.responsible
            case "creator":
                one = ticket.creator
            case "providers":
                return ticket.providers
            case "provider":
                return ticket.providers[-1:]
            case "named":
                one = Address(scene.named.address, scene.named.name) if scene.named else None
            case "caller":
                one = scene.caller or ticket.requester
            case "list":
                return tuple(Address(address) for address in scene.listed)
            case "sender":
                one = scene.sender
            case _:
                return self._told(to.partition(":")[2], ticket)
        return (one,) if one else ()

    def _told(self, fact: str, ticket: Ticket) -> tuple[Address, ...]:
        """The addresses (or people of the directory) that a fact names."""
        found = []
        for word in (ticket.fact(fact) or "").replace(",", " ").replace(";", " ").split():
            person = self.directory.by_key(word.lower()) or self.directory.by_address(word)
            if person:
                found.append(Address(person.address, person.name))
            elif "@" in word:
                found.append(Address(spelt(word)))
        return tuple(found)

    def addressed(self, address: Address, ticket: Ticket) -> Recipient:
        """This address with the audience of its role; somebody without one is a user, in the language he wrote in."""
        person = self.directory.by_address(address.address)
        role = self.book.roles.get(person.role) if person else None
        if person and role:
            return Address(person.address, person.name), role.audience, person.language
        provider = any(p.address == address.address for p in ticket.providers)
        return address, "provider" if provider else "user", ticket.language

    def find_person(self, words: str) -> tuple[Person, ...]:
        """The people whom an order may mean: by key, address, or words of the name (all of them)."""
        person = self.directory.by_key(words.lower()) or self.directory.by_address(words)
        return (person,) if person else self.directory.named(words)
