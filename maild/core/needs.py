"""What an order must bring before it counts, and what is told when it does not."""

from __future__ import annotations

from maild.core import deadlines, tables
from maild.core import said as saying
from maild.core.children import ROWS
from maild.core.draft import Draft
from maild.core.effects import Tell
from maild.core.procedure import Walk
from maild.core.values import Reason, because
from maild.core.words import fold

# Tables that only a spreadsheet program can read.
_WORKBOOKS = (".xlsx", ".xls", ".ods")
# The fact under which a document stands once it was handed in.
DOCUMENT = "doc."


def missing(needs: tuple[str, ...], order: str, walk: Walk, draft: Draft) -> Reason | None:
    """The first thing that is not there."""
    for need in needs:
        kind, _, name = need.partition(":")
        if kind == "fact":
            key, _, value = name.partition("=")
            told = walk.ticket.fact(key) or ""
            if not told or (value and fold(told) != value):
                return because("needs-fact", order=order, fact=name)
        elif kind == "document":
            if not walk.ticket.fact(DOCUMENT + name):
                return because("needs-document", order=order, document=name)
        elif kind == "criterion":
            known = _criteria(walk, name)
            if (walk.ticket.fact(walk.office.book.fact_for("criterion")) or "") not in known:
                return because("needs-criterion", order=order, known=", ".join(known))
        elif kind == "rows" and name:
            refusal = _rows(name, order, walk, draft)
            if refusal is not None:
                return refusal
        elif not _there(need, walk, draft):
            return because(f"needs-{need}", order=order, **({"sheet": sheet} if (sheet := _workbook(draft)) else {}))
    return None


def _workbook(draft: Draft) -> str:
    """A file of the mail that nobody here can read, where a list may have been meant."""
    return next((f.filename for f in draft.said.attachments if f.filename.lower().endswith(_WORKBOOKS)), "")


def _rows(name: str, order: str, walk: Walk, draft: Draft) -> Reason | None:
    """The list must be a table of this kind, without a mistake; then it is kept as the engine reads it again."""
    table = walk.office.book.tables[name]
    found = tables.read((draft.said.text, *draft.said.sheets), table, walk.office)
    draft.wrong = found.problems
    if found.problems:
        return because("bad-rows", order=order, count=len(found.problems))
    if not found.text:
        columns = ";".join(column.key for column in table.columns)
        return because("needs-table", order=order, columns=columns, sheet=_workbook(draft))
    draft.do(Tell(walk.ticket.number, ROWS, found.text))
    return None


def _there(need: str, walk: Walk, draft: Draft) -> bool:
    said, book, ticket = draft.said, walk.office.book, walk.ticket
    match need:
        case "text":
            return bool(said.words.strip())
        case "attachment":
            return bool(said.attachments)
        case "person":
            return said.named is not None
        case "provider":
            return bool(ticket.providers)
        case "rows":
            return bool(saying.rows(ticket.fact(ROWS) or ""))
        case "date":
            return deadlines.moment(ticket.fact(book.fact_for("date")) or "", book) is not None
        case "span":
            return said.span is not None
        case "entry":
            return any(fold(arg) in entries(draft) for arg in said.args[1:])
        case _:
            return any(other.number != ticket.number for other in draft.kin.named)


def _criteria(walk: Walk, levels: str) -> tuple[str, ...]:
    """The criteria of the escalation matrix; of these levels only, where some are named."""
    wanted = {level.strip() for level in levels.split(",")} - {""}
    return tuple(key for key, each in walk.office.book.criteria.items() if not wanted or each.level in wanted)


def entries(draft: Draft) -> frozenset[str]:
    """The keys of the knowledge base, folded: the institution's own list and what was added since."""
    told = draft.office.book.settings.get("knowledge_base.entries", "")
    return frozenset(fold(key.strip()) for key in (*told.split(","), *draft.kin.entries) if key.strip())
