"""The list that goes out once a month: the lines of every form that the tickets of a recurring clock hold, each of them once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from maild.core.clocks import Clock
from maild.core.effects import Issue
from maild.core.events import Recurring
from maild.core.office import Office
from maild.core.past import Report, Row, Section
from maild.core.subject import mark
from maild.core.ticket import Ticket

_TICKET = ("ticket", "title", "requester", "area")


def consolidated(case: Recurring, issued: Iterable[Issue], clock: Clock, office: Office) -> Report:
    """One table for each kind of form, and one for the tickets without any."""
    until = case.times[-1]
    forms = tuple(issued)
    sections = [_forms(case, forms, key, facts, office) for key, facts in clock.lists.items()]
    bare = [t for t in case.tickets if not any(form.number == t.number for form in forms)]
    rows = tuple(_ticket(ticket, office) for ticket in bare)
    sections.append(Section("without-form", _TICKET, rows))
    return Report(case.since or until - timedelta(days=31), until, tuple(s for s in sections if s.rows))


def _ticket(ticket: Ticket, office: Office) -> Row:
    person = office.directory.by_address(ticket.requester.address)
    asks = ticket.requester.name or ticket.requester.address
    return mark(office.book.mark_key, ticket.number), ticket.title, asks, person.area if person else ""


def _forms(case: Recurring, forms: tuple[Issue, ...], key: str, facts: tuple[str, ...], office: Office) -> Section:
    document = office.book.documents[key]
    rows: list[Row] = []
    for ticket in case.tickets:
        told = tuple(ticket.fact(fact) or "" for fact in facts)
        for form in (f for f in forms if f.number == ticket.number and f.document == key):
            for line in form.lines or ("",):
                rows.append((form.serial, *_ticket(ticket, office), *told, *_cells(line, len(document.columns))))
    moved = ("move", *document.columns) if document.columns else ()
    return Section(key, ("serial", *_TICKET, *facts, *moved), tuple(rows), name=document.label)


def _cells(line: str, columns: int) -> Iterator[str]:
    """«retira: CPU; HP; 740899500111; lenta»: what becomes of it, then its columns; what is too much stays in the last."""
    if not columns:
        return
    word, colon, rest = line.partition(":")
    yield word.strip() if colon else ""
    cells = [cell.strip() for cell in (rest if colon else line).split(";", columns - 1)]
    yield from (*cells, *("" for _ in range(columns - len(cells))))
