"""How tickets begin: a first mail, an order of the desk, a part split off, a mail that a rule understood, a recurring clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import reduce

from maild.core import policy, sorting, subject
from maild.core.acts import carry_out, tell_facts
from maild.core.clocks import Opening
from maild.core.draft import Draft
from maild.core.effects import Keep, RemoveToken, SetField, Tell
from maild.core.forwarded import forwarded_words
from maild.core.mailboxes import spelt
from maild.core.office import AREAS
from maild.core.orders import Order
from maild.core.procedure import Walk
from maild.core.rulebook import Rulebook, Verb
from maild.core.ticket import Ticket, Token
from maild.core.values import Address, Author, Mail, Reason, because
from maild.core.words import fold

OPENING_ACTS = ("register", "begin")
_MAIL = "mail"


def first_words(text: str) -> str:
    return " ".join(text.split()[:8])[: subject.TITLE_LENGTH] or "(sin asunto)"


def type_of(book: Rulebook, procedure: str) -> str:
    """The type of ticket that this procedure attends, or the ordinary one."""
    return next((key for key, opens in book.opening.items() if opens == procedure), book.default_type)


def new_ticket(
    book: Rulebook, number: int, kind: str, title: str, requester: Address, now: datetime, procedure: str = ""
) -> Ticket:
    attended = book.procedures[procedure or book.opening[kind]]
    return Ticket(
        number=number,
        title=title[: subject.TITLE_LENGTH],
        state=attended.steps[attended.first].state,
        requester=requester,
        opened_at=now,
        type=kind,
        channel=_MAIL,
    )


def classified(
    book: Rulebook, number: int, title: str, found: sorting.Sorted, requester: Address, now: datetime
) -> Ticket:
    """A new ticket as the rules sorted it; people may change all of it."""
    service = found.service
    ticket = new_ticket(book, number, found.type, title, requester, now)
    return replace(
        ticket,
        priority=found.priority,
        category=service.category if service else "",
        subcategory=service.name if service else "",
        service=service.key if service else "",
    )


def begin(draft: Draft, ticket: Ticket, procedure: str = "") -> Walk:
    """Open the ticket and put its token on the first step."""
    book = draft.office.book
    attended = book.procedures[procedure or book.opening[ticket.type]]
    walk = draft.open(ticket)
    walk.enter(attended.key, attended.first)
    return walk


def find_procedure(book: Rulebook, word: str) -> str:
    """The procedure that an order names: by its key, by another spelling, or ''."""
    wanted = fold(word)
    return next((p.key for p in book.procedures.values() if wanted in (fold(p.key), *p.spellings)), "")


# -- orders that open -------------------------------------------------------------------------------------------------


def open_by_order(
    draft: Draft, given: tuple[Order, ...], author: Author, mail: Mail, address: Address
) -> tuple[int, Reason | None]:
    """#registrar and #iniciar in a mail about no ticket: the ticket's number, or why there is none."""
    book, order = draft.office.book, given[0]
    verb = book.verbs[order.verb]
    refusal = _may(draft, verb, author)
    if refusal is not None:
        return 0, refusal
    procedure, words = "", order.args
    if verb.act == "begin":
        procedure, words = find_procedure(book, order.value), order.args[1:]
        if not procedure:
            return 0, _no_procedure(book, order)
    number = draft.free_number()
    said = forwarded_words(mail) if mail.forwarded else mail.new_text
    title = " ".join((_pair(book, order, "title"), *words)).strip(' "“”') or first_words(said)
    kind = type_of(book, procedure) if procedure else book.default_type
    requester = _requester(draft, order, address)
    if isinstance(requester, Reason):
        return 0, requester
    ticket = replace(
        new_ticket(book, number, kind, title, requester, draft.now, procedure),
        creator=address,
        channel=_pair(book, order, "channel") or _MAIL,
        first_message_id=mail.message_id,
    )
    draft.opener = address if verb.confirmed else None
    begin(draft, ticket, procedure)
    draft.do(Keep(number, "public", said if mail.forwarded else "", requester.address if mail.forwarded else ""))
    refusal = tell_facts(draft, number, order)
    if area := _pair(book, order, "area"):
        draft.do(Tell(number, AREAS, area))
    draft.because("opened", number=number)
    for later in given[1:]:
        refusal = refusal or carry_out(draft, number, later, author, mail.new_text)
    return number, refusal


def _may(draft: Draft, verb: Verb, author: Author) -> Reason | None:
    if not may_open(draft, verb, author):
        return because("not-allowed", order=verb.key)
    refusal = draft.office.unproved(verb, author)
    return policy.plainly(refusal) if refusal else None  # without a ticket nothing can be held


def may_open(draft: Draft, verb: Verb, author: Author) -> bool:
    standing = {author.role, *draft.office.book.groups(author.role)}
    return bool(standing & set(verb.by))


def _no_procedure(book: Rulebook, order: Order) -> Reason:
    known = ", ".join(p.spellings[0].upper() if p.spellings else p.key for p in book.procedures.values())
    return because("unknown-value", order=order.verb, words=order.args[0] if order.args else "", known=known)


def _pair(book: Rulebook, order: Order, meaning: str) -> str:
    return next((value for key, value in order.facts if book.pairs.get(key) == meaning), "")


def _requester(draft: Draft, order: Order, sender: Address) -> Address | Reason:
    """Whom the order names as the one who asks: somebody of the directory, an address, a telephone number or a mere name."""
    words = _pair(draft.office.book, order, "requester")
    if not words:
        return sender
    found = draft.office.find_person(words)
    if len(found) == 1:
        return Address(found[0].address, found[0].name)
    if found:
        return because("which-person", order=order.verb, words=words, people=", ".join(p.key for p in found[:5]))
    return Address(spelt(words) if "@" in words else "", words)


def begin_on(draft: Draft, number: int, order: Order) -> Reason | None:
    """#iniciar on a ticket that there is: it leaves where it stood and begins the other procedure."""
    book, walk = draft.office.book, draft.walks[number]
    procedure = find_procedure(book, order.value)
    if not procedure:
        return _no_procedure(book, order)
    first = book.procedures[procedure].first
    tokens = walk.ticket.tokens
    for token in tokens[1:]:
        draft.do(RemoveToken(number, token.id))
    draft.do(SetField(number, "type", type_of(book, procedure)))
    if tokens:
        walk.place(Token(tokens[0].id, procedure, first))
    else:
        walk.enter(procedure, first)
    return None


def split(draft: Draft, number: int, order: Order, address: Address) -> int:
    """#dividir: a second problem of the same person becomes a ticket of its own. Its number."""
    old = draft.walks[number].ticket
    book, free = draft.office.book, draft.free_number()
    title = " ".join(order.args) or old.title
    ticket = replace(
        new_ticket(book, free, old.type or book.default_type, title, old.requester, draft.now),
        creator=address,
        channel=old.channel,
        language=old.language,
        related=old.number,
        first_message_id=old.first_message_id,
    )
    draft.opener = address
    begin(draft, ticket)
    draft.do(Keep(free, "public"))
    draft.because("split", number=free, of=number)
    return free


# -- clocks and machines ----------------------------------------------------------------------------------------------


def open_at_time(draft: Draft, opening: Opening, at: datetime) -> int:
    """The ticket of a recurring clock for its time `at`: asked for by whoever has the role (the first, where several have it)."""
    people = draft.office.directory.in_role(opening.requester)
    requester = Address(people[0].address, people[0].name) if people else Address("")
    day = draft.office.day(at)
    words = {"{day}": f"{day:%d/%m/%Y}", "{month}": f"{day:%m/%Y}", "{year}": f"{day:%Y}"}

    def filled(text: str) -> str:
        return reduce(lambda said, word: said.replace(word, words[word]), words, text)

    ticket = new_ticket(
        draft.office.book, draft.free_number(), opening.type, filled(opening.title), requester, draft.now
    )
    begin(draft, replace(ticket, facts=tuple((key, filled(value)) for key, value in opening.facts.items())))
    return ticket.number
