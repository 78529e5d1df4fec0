"""The desk as the core sees it: its rules, its people, its policies; and who stands where towards a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from maild.core.rulebook import Rulebook
from maild.core.ticket import Ticket
from maild.core.values import Address, Author, Directory, Person

Recipient = tuple[Address, str, str]  # whom, audience, language


@dataclass(frozen=True, slots=True)
class Office:
    """`strangers`: what a mail from outside the directory and the own domains does. `addresses` are the desk's own."""

    book: Rulebook
    directory: Directory
    addresses: frozenset[str]
    operator: Address
    strangers: Literal["create", "review", "refuse"] = "review"
    language: str = "es"

    def standing(self, author: Author, ticket: Ticket) -> frozenset[str]:
        """The role keys and relations with which this author stands towards the ticket."""
        stands = {author.role} if author.role else set()
        mine = set(author.person.addresses if author.person else (author.address,))
        if ticket.requester.address in mine:
            stands |= {"requester", *self.book.requester_roles()}
        if ticket.responsible and ticket.responsible.address in mine:
            stands.add("responsible")
        if ticket.creator and ticket.creator.address in mine:
            stands.add("creator")
        if any(p.address in mine for p in ticket.providers):
            stands |= {"providers", *self.book.provider_roles()}
        elif author.role in self.book.provider_roles():
            stands.discard(author.role)  # a provider counts only where he was called in
        return frozenset(stands)

    def takes_part(self, author: Author, participants: frozenset[str]) -> bool:
        """Whether he may write into a ticket of these participants: he is one of them, or serves the desk."""
        mine = set(author.person.addresses if author.person else (author.address,))
        return bool(participants & mine) or self.book.is_staff(author.role)

    def recipients(self, to: str, ticket: Ticket, sender: Address | None) -> tuple[Recipient, ...]:
        """Who receives a letter to this relation or role, each with the audience whose words he is written in.

        Nobody has the ticket, or nobody has the role: then the desk must know, and if there is no desk, the operator.
        The desk never writes to itself, whatever mailbox a ticket or a role names.
        """
        found = self._away(self._named(to, ticket, sender))
        if found or to in ("requester", "creator", "sender", "providers"):
            return found
        return self.desk() or ((self.operator, "technician", self.language),)

    def desk(self) -> tuple[Recipient, ...]:
        """The people (or the mailbox) of the desk's role; nobody where nobody has it."""
        keys = (key for key, role in self.book.roles.items() if role.kind == "desk")
        return next((people for key in keys if (people := self._away(self._in_role(key)))), ())

    def _away(self, people: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
        return tuple(one for one in people if one[0].address and one[0].address.lower() not in self.addresses)

    def _named(self, to: str, ticket: Ticket, sender: Address | None) -> tuple[Recipient, ...]:
        if to in ("responsible", "requester", "creator", "providers", "sender"):
            return tuple(self.addressed(address, ticket) for address in self._related(to, ticket, sender))
        return self._in_role(to)

    def _in_role(self, to: str) -> tuple[Recipient, ...]:
        role = self.book.roles.get(to)
        audience = role.audience if role else "technician"
        mailbox = self.directory.mailboxes.get(to)
        if mailbox:
            return ((Address(mailbox, role.label if role else to), audience, self.language),)
        return tuple((Address(p.address, p.name), audience, p.language) for p in self.directory.in_role(to))

    def _related(self, to: str, ticket: Ticket, sender: Address | None) -> tuple[Address, ...]:
        match to:
            case "requester":
                return (ticket.requester,)
            case "responsible":
                return (ticket.responsible,) if ticket.responsible else ()
            case "creator":
                return (ticket.creator,) if ticket.creator else ()
            case "providers":
                return ticket.providers
            case _:
                return (sender,) if sender else ()

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
