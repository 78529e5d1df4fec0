"""Orders about no ticket: lists, searches, a ticket's sheet, and «I am away». The answer goes to the registered address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from maild.core import echo, policy, when
from maild.core.absence import away_until
from maild.core.effects import Away, Decision, Effect, Present, Send
from maild.core.events import Happened, Personal, Row
from maild.core.office import Office
from maild.core.rulebook import Verb
from maild.core.subject import mark
from maild.core.values import Address, Person, Reason, because
from maild.core.words import fold

LIST = "lista"
# Acts that need no ticket. `show` is one only where no ticket is named: then it tells of all of them.
ACTS = ("mine", "queue", "search", "away", "back", "sheet", "show")
SHOWN = 25
_MOST_STORY = 20
_UNTIL = re.compile(r"\b(?:hasta|until|till|al|to|ate)\b")
_FROM = re.compile(r"^\s*(?:desde|del|de|from|a partir de)\b(?:\s+el\b)?")
_DEPUTY = ("suplente", "delego en", "delegado", "reemplazo", "deputy", "delegate")


def personal(case: Personal, office: Office, now: datetime) -> Decision:
    """What is asked is answered, what is said of oneself is kept; both only to whom it belongs."""
    verb = office.book.verbs[case.order.verb]
    refusal = _refused(case, verb, office)
    effects: tuple[Effect, ...] = ()
    lines: tuple[Reason, ...] = ()
    if refusal is None and verb.act == "away":
        outcome = _away(case, office, now)
        if isinstance(outcome, Reason):
            refusal = outcome
        else:
            effects, lines = (outcome,), (_away_line(outcome, office),)
    elif refusal is None and verb.act == "back":
        until = case.author.person.absent_until if case.author.person else None
        effects, lines = (Present(0, _own(case), until),), (because("away-over"),)
    elif refusal is None:
        lines = _answer(case, office)
    number = case.ticket.number if case.ticket else 0
    letter = _letter(case, verb, office, lines, refusal)
    reason = refusal or because("asked", order=verb.key, by=case.author.address)
    return Decision(number, (*effects, *letter), (reason, *case.signs), refused=refusal)


def _own(case: Personal) -> str:
    """A person's own address, whichever of his he writes from."""
    return case.author.person.address if case.author.person else case.author.address


def _refused(case: Personal, verb: Verb, office: Office) -> Reason | None:
    author = case.author
    allowed = {author.role, *office.book.groups(author.role), "requester"}
    if not allowed & set(verb.by):
        return because("not-allowed", order=verb.key)
    unproved = office.unproved(verb, author)
    if unproved is not None:
        return policy.plainly(unproved)  # about no ticket: there is nothing to hold it on
    if verb.act == "search" and not case.order.text.strip():
        return because("needs-words", order=verb.key)
    return None


# -- away -------------------------------------------------------------------------------------------------------------


def _away(case: Personal, office: Office, now: datetime) -> Away | Reason:
    """«desde lunes hasta viernes suplente ana»: the first and the last day, and who stands in."""
    text = " ".join((*case.order.args, *(f"{key} {value}" for key, value in case.order.facts)))
    said, deputy = fold(text), ""
    for word in _DEPUTY:
        head, found, tail = said.partition(f"{word} ")
        if found:
            people = [p for p in office.find_person(tail.strip(" .,;")) if office.book.is_staff(p.role)]
            if len(people) != 1 or people[0].address == _own(case):
                code = "which-person" if len(people) > 1 else "unknown-person"
                names = ", ".join(p.key for p in people[:5])
                return because(code, order=case.order.verb, words=tail.strip(), people=names)
            said, deputy = head, people[0].key
            break
    since, until = _days(said, office, now)
    if until is None or until < max(since or until, office.day(now)):
        return because("needs-until", order=case.order.verb)
    return Away(0, _own(case), until, True, ordered=True, deputy=deputy or _standing_deputy(case), since=since)


def _days(said: str, office: Office, now: datetime) -> tuple[date | None, date | None]:
    """The first day, where one is told, and the last; None for a last day that nobody can be sure of."""
    today, calendar = office.day(now), office.book.calendar
    head, word, tail = said, "", said
    if found := _UNTIL.search(said):
        head, word, tail = said[: found.start()], found[0], said[found.end() :]
    last, _ = when.longest(tail.split(), now, calendar)
    until = last.day if last and last.at is None else away_until(f"hasta {tail}", today)
    begins = _FROM.sub("", head).split() if word else []
    if not begins:
        return None, until
    if begins[0].isdigit() and len(begins) == 1 and until:  # «del 3 al 14 de marzo»
        same = until.replace(day=min(int(begins[0]), until.day)) if 0 < int(begins[0]) <= until.day else None
        return same, until if same else None
    first, count = when.longest(begins, now, calendar)
    return (first.day, until) if first and count == len(begins) else (None, None)


def _standing_deputy(case: Personal) -> str:
    return case.author.person.deputy if case.author.person else ""


def _away_line(away: Away, office: Office) -> Reason:
    deputy: Person | None = office.directory.by_key(away.deputy)
    told = {"until": away.until.isoformat()} | ({"since": away.since.isoformat()} if away.since else {})
    return because("away-until", **told, **({"deputy": deputy.name} if deputy else {}))


# -- lists and sheets -------------------------------------------------------------------------------------------------


def _answer(case: Personal, office: Office) -> tuple[Reason, ...]:
    if case.ticket is not None:
        staff = office.book.is_staff(case.author.role)
        story = [each for each in case.story if staff or not each.internal]
        return tuple(_event(each) for each in story[-_MOST_STORY:])
    rows = tuple(_row(row, office) for row in case.rows[:SHOWN])
    more = case.total - len(rows)
    empty = because("list-empty") if not rows else None
    return (*((empty,) if empty else ()), *rows, *((because("list-more", count=more),) if more > 0 else ()))


def _row(row: Row, office: Office) -> Reason:
    state = office.book.states.get(row.state)
    told: dict[str, str] = {
        "mark": mark(office.book.mark_key, row.number),
        "state": state.label if state else row.state,
    }
    told |= {"title": row.title} if row.title and row.shown else {}
    told |= {"responsible": row.responsible} if row.responsible else {}
    told |= {"overdue" if row.overdue else "due": row.due.isoformat()} if row.due else {}
    return because("list-row", **told)


def _event(event: Happened) -> Reason:
    told = {"at": event.at.isoformat(), "by": event.by, "words": event.words}
    return because(event.code, **{key: value for key, value in told.items() if value})


def _letter(
    case: Personal, verb: Verb, office: Office, lines: Iterable[Reason], refusal: Reason | None
) -> tuple[Send, ...]:
    """The one letter that answers, unless he had too many this hour."""
    author, left = case.author, office.manners.echoes_hour - case.kin.echoes
    if left <= 0 or not author.address:
        return ()
    role = office.book.roles.get(author.role)
    audience = role.audience if role else "user"
    name = author.person.name if author.person else author.name
    to = Address(_own(case), name)
    language = author.language or office.language
    told = (*lines, *((because("echo-last", limit=office.manners.echoes_hour),) if left == 1 else ()))
    if refusal is not None:
        facts = (("reason_code", refusal.code), *refusal.facts)
        return (Send(0, echo.template_for(refusal), to, audience, language, facts, told),)
    if case.ticket is not None:
        return (Send(case.ticket.number, "estado", to, audience, language, (), told),)
    if verb.act in ("away", "back"):
        return (Send(0, echo.OK, to, audience, language, (), told),)
    facts = (("ticket_count", str(case.total)), ("reason_code", f"list-{verb.act}"), ("words", case.order.text))
    example = (
        (("orders", f"{case.rows[0].number} {order}"),)
        if case.rows and (order := take(office, case.author.role))
        else ()
    )
    return (Send(0, LIST, to, audience, language, (*facts, *example), told),)


def take(office: Office, role: str) -> str:
    """The order that an example shows to who may give orders on a list."""
    staff = office.book.is_staff(role)
    return next((v.key for v in office.book.verbs.values() if staff and v.act == "take"), "")
