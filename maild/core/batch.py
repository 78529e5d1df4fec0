"""The answer to a list of tickets: «12 cerrar», «15 asignar ana», one line for each. Each ticket all or nothing, one answer for all."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from maild.core import echo, orders, policy
from maild.core.carrying import carried_out
from maild.core.draft import Draft
from maild.core.effects import Decision, Keep, Send
from maild.core.events import Batch
from maild.core.office import Office
from maild.core.orders import Order
from maild.core.said import Said
from maild.core.strict import lexicon
from maild.core.subject import mark
from maild.core.values import Address, Author, Reason, because
from maild.core.words import fold

TEMPLATE = "lote"
MOST_LINES = 20
_LONGEST_LINE = 300
# «12 cerrar», «#15: asignar ana», «[MESA-12-N] tomar», «- 12 - #tomar #prioridad alta»
_LINE = re.compile(r"[\s>*•#\[(-]{0,6}(?:[A-Za-z][A-Za-z0-9]{1,9}-)?(\d{1,8})(?:-[A-Za-z])?[\])]?[\s:.)-]{1,4}(\S.*)")
_GREETING = re.compile(r"(?:estimad\w*|buen(?:[oa]s?)? (?:dias?|tardes?|noches?)|hola|dear|hi)\b")


def lines(new_text: str) -> tuple[tuple[int, str], ...]:
    """The ticket number and the orders of each line at the top of the text; it ends at the first other line.

    >>> lines("Hola:\\n12 cerrar\\n15 asignar ana\\nGracias, Luis")
    ((12, '#cerrar'), (15, '#asignar ana'))
    """
    found: list[tuple[int, str]] = []
    for line in (raw.strip()[:_LONGEST_LINE] for raw in new_text.splitlines()[:60]):
        match = _LINE.fullmatch(line)
        if match:
            rest = match[2] if match[2][0] in "#!/" else f"#{match[2]}"
            found.append((int(match[1]), "#" + rest[1:].lstrip()))
        elif line and (found or not _GREETING.match(fold(line))):
            break
    return tuple(found[:MOST_LINES])


def batch(case: Batch, office: Office, now: datetime) -> Decision:
    """Every ticket by itself, as if each line had come alone; then one answer."""
    many = _too_many(case, office)
    if many is not None:
        return Decision(0, _answer(case, office, (many,), many), (many, *case.signs), refused=many)
    known = {ticket.number: (ticket, kin) for ticket, kin in case.tickets}
    parts: list[Decision] = []
    told: list[Reason] = []
    free, refused = case.number, None
    for number in dict.fromkeys(number for number, _ in case.lines):
        given = " ".join(text for n, text in case.lines if n == number)
        named = mark(office.book.mark_key, number)
        if number not in known:
            told += [because("batch-refused", ticket=named, orders=given), because("batch-no-ticket")]
            refused = refused or because("batch-no-ticket")
            continue
        ticket, kin = known[number]
        draft = Draft(office, now, _address(case.author), kin=replace(kin, number=free), mute=True)
        draft.said = Said(case.author, text="")
        draft.walk(ticket)
        found = orders.read(given, "", "", lexicon(office.book), office.book.mark_key)
        part = _carried(draft, number, found, case.author)
        parts.append(part)
        free = draft.free_number()
        if part.refused:
            told += [because("batch-refused", ticket=named, orders=given), part.refused]
            refused = refused or part.refused
        else:
            told += [because("batch-done", ticket=named, orders=given)]
            told += echo.changes(ticket, draft.walks[number].ticket, office.book)
    effects = tuple(effect for part in parts for effect in part.effects)
    reasons = (because("batch", count=len(parts)), *case.signs)
    answer = _answer(case, office, tuple(told), refused)
    return Decision(0, (*effects, *answer), reasons, refused=refused, parts=tuple(parts))


def _too_many(case: Batch, office: Office) -> Reason | None:
    """Orders on more tickets than that weigh as one that cannot be undone; about no one ticket, they cannot be held either."""
    if len({number for number, _ in case.lines}) <= office.policy.bulk:
        return None
    every = ", ".join(dict.fromkeys(text.split()[0] for _, text in case.lines))
    refusal = office.policy.unproved(every, "final", office.speaks_as(case.author.person), case.author)
    return policy.plainly(refusal) if refusal else None


def _carried(draft: Draft, number: int, found: tuple[Order, ...], author: Author) -> Decision:
    if not found:
        return Decision(number, (), (because("no-orders"),), refused=because("no-orders"))
    decision = carried_out(draft, number, found, author, "", internal=True, written=True)
    if decision.refused:
        return decision
    # What he wrote is orders about other tickets, too: the journal holds those on this one.
    return replace(decision, effects=tuple(e for e in decision.effects if not isinstance(e, Keep)))


def _answer(case: Batch, office: Office, told: tuple[Reason, ...], refused: Reason | None) -> tuple[Send, ...]:
    author = case.author
    if author.person is None or case.kin.echoes >= office.manners.echoes_hour:
        return ()
    if author.person.echo in ("problems", "digest") and refused is None:
        return ()
    role = office.book.roles.get(author.role)
    audience = role.audience if role else "technician"
    return (Send(0, TEMPLATE, _address(author), audience, author.language, (), told),)


def _address(author: Author) -> Address:
    return Address(author.address, author.person.name if author.person else author.name)
