"""The answer to who gave orders: what was done (old → new), what was not and why, and the corrected orders ready to send."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from maild.core import merging, posting
from maild.core.effects import Send
from maild.core.orders import Order
from maild.core.pending import Undoable
from maild.core.rulebook import Rulebook, Verb
from maild.core.ticket import Ticket
from maild.core.values import Echo, Reason, because
from maild.core.words import without_accents

if TYPE_CHECKING:
    from maild.core.draft import Draft

OK, ERROR, FORBIDDEN = "comando_ok", "comando_error", "no_autorizado"
# Letters that count as answers to orders.
COUNTED = (OK, ERROR, FORBIDDEN, "ayuda", "estado", "lista", "lote")
# Facts that writing turns into buttons.
RETRY, RETRY_TEXT, UNDO = "retry", "retry_text", "undo_until"
# When the letters leave that wait for the undo.
LEAVES = "leaves_at"
# Readers to whom nothing can be unsaid: their letters wait for the undo of the order that caused them.
OUTSIDE = ("user", "provider")
_FORBIDDEN = ("not-allowed", "not-proved")
# Acts that only ask: their own letter is the answer.
ASKING = ("show", "sheet", "mine", "queue", "search")
_MOST_RETRIES = 3
_FIELDS = ("title", "category", "subcategory", "service")


def is_wanted(verbs: Sequence[Verb], echo: Echo, *, wrote: bool) -> bool:
    """Whether orders that were carried out are answered. `wrote`: they caused letters, which tell that something was done."""
    if any(verb.confirmed for verb in verbs):
        return True
    if echo == "always":
        return any(verb.act not in ASKING for verb in verbs)
    return echo == "needed" and not wrote and not all(verb.quiet for verb in verbs)


def say(draft: Draft, number: int, template: str, facts: Mapping[str, str], lines: Iterable[Reason]) -> None:
    """Answer the sender, as long as he has not had too many answers this hour; the last of them says that it is."""
    if draft.mute:
        return
    left, told = draft.office.manners.echoes_hour - draft.kin.echoes, tuple(lines)
    if left <= 0:
        draft.because("echo-limit", limit=draft.office.manners.echoes_hour)
        return
    if left == 1:
        told = (*told, because("echo-last", limit=draft.office.manners.echoes_hour))
    for to, audience, language in posting.whom(draft.walks[number], "sender"):
        draft.do(Send(number, template, to, audience, language, tuple(facts.items()), told))


def done(draft: Draft, number: int, found: Sequence[Order], before: Ticket | None) -> None:
    """What was done, old → new, and until when it can be taken back. `before`: how the ticket stood that the mail spoke of."""
    draft.told = {}
    ticket = draft.walks[number].ticket
    facts = {"history": "\n".join(written(order) for order in found)}
    if corrected := [f"{order.word} → #{order.verb}" for order in found if order.corrected]:
        facts["understood"] = "\n".join(corrected)
    if undoable := [e for e in draft.effects if isinstance(e, Undoable)]:
        facts[UNDO] = undoable[-1].until.isoformat()
        wait = undoable[-1].wait
        if wait and any(isinstance(e, Send) and e.audience in OUTSIDE for e in draft.effects):
            facts[LEAVES] = (draft.now + wait).isoformat()
    stood = before if before is not None and before.number == number else None
    say(draft, number, OK, facts, changes(stood, ticket, draft.office.book))


def template_for(refusal: Reason) -> str:
    return FORBIDDEN if refusal.code in _FORBIDDEN else ERROR


# -- what changed -----------------------------------------------------------------------------------------------------


def changes(before: Ticket | None, after: Ticket, book: Rulebook) -> tuple[Reason, ...]:
    """What became different, one line each, by the names that people know."""
    if before is None:
        return (because("change-opened", title=after.title),)
    lines = [
        _change("state", _state(before, book), _state(after, book)),
        _change("responsible", _name(before), _name(after)),
        _change("type", _label(book.types, before.type), _label(book.types, after.type)),
        _change("priority", _label(book.priorities, before.priority), _label(book.priorities, after.priority)),
        *(_change(name, getattr(before, name), getattr(after, name)) for name in _FIELDS),
        _change("due", _due(before), _due(after)),
        *_facts(before, after),
        *_copies(before, after),
        *(because("change-provider", new=p.name or p.address) for p in after.providers if p not in before.providers),
        *(because("change-no-provider", old=p.name or p.address) for p in before.providers if p not in after.providers),
    ]
    return tuple(line for line in lines if line is not None)


def _copies(before: Ticket, after: Ticket) -> Iterable[Reason]:
    """Who hears of the ticket from now on, and who no longer does."""
    had, have = ({a.address: a.name or a.address for a in merging.others(t)} for t in (before, after))
    yield from (because("change-copied", new=name) for address, name in have.items() if address not in had)
    yield from (because("change-not-copied", old=name) for address, name in had.items() if address not in have)


def _change(what: str, old: str, new: str) -> Reason | None:
    if old == new:
        return None
    return because(f"change-{what}", **{k: v for k, v in (("new", new), ("old", old)) if v})


def _state(ticket: Ticket, book: Rulebook) -> str:
    state = book.states.get(ticket.state)
    return state.label if state else ticket.state


def _name(ticket: Ticket) -> str:
    return (ticket.responsible.name or ticket.responsible.address) if ticket.responsible else ""


def _label(known: Mapping[str, str], key: str) -> str:
    return known.get(key, key)


def _due(ticket: Ticket) -> str:
    """The next deadline of the work; a letter shows it in the desk's own time."""
    due: datetime | None = min(
        (t.due for t in ticket.timers if not (t.on_silence or t.ran) and t.due.year < _NEVER), default=None
    )
    return due.isoformat() if due else ""


_NEVER = 9000


def _facts(before: Ticket, after: Ticket) -> Iterable[Reason | None]:
    old, new = dict(before.facts), dict(after.facts)
    for key in dict.fromkeys((*old, *new)):
        if not key.startswith("_") and old.get(key) != new.get(key):
            had, has = old.get(key, ""), new.get(key, "")
            yield because("change-fact", fact=key, **{k: v for k, v in (("new", has), ("old", had)) if v})


# -- what to send instead ---------------------------------------------------------------------------------------------


def retries(found: Sequence[Order], wrong: Order | None, refusal: Reason) -> tuple[str, ...]:
    """The same orders put right, each as one would type it; none where nobody can know what was meant."""
    if wrong is None or wrong not in found:
        return ()
    at, facts = found.index(wrong), dict(refusal.facts)
    if wrong.guess:
        instead = [written(wrong, word=choice) for choice in wrong.choices]
    elif refusal.code == "which-person":
        instead = [f"#{wrong.word} {key}" for key in facts.get("people", "").split(", ") if key]
    else:
        instead = [""]  # what is left without it
    lines = (" ".join(_with(found, at, each)) for each in instead[:_MOST_RETRIES])
    return tuple(line for line in lines if line)


def _with(found: Sequence[Order], at: int, instead: str) -> list[str]:
    texts = [instead if position == at else written(order) for position, order in enumerate(found)]
    return [text for text in texts if text]


def written(order: Order, word: str = "") -> str:
    """The order as one would type it, in ASCII.

    >>> written(Order("Asignár", "asignar", ("Juan Pérez",), (("criterio", "2"),)))
    '#asignar "Juan Perez" criterio=2'
    >>> written(Order("nota", "nota", ("va", "mañana"), free=0))
    '#nota: va manana'
    """
    free = len(order.args) if order.free < 0 else order.free
    args = [f'"{arg}"' if " " in arg else arg for arg in order.args[:free]]
    head = " ".join((f"#{word or order.verb or order.word}", *args))
    colon = ":" if order.args[free:] else ""
    pairs = (f"{key}={value}" for key, value in order.facts)
    return without_accents(" ".join((head + colon, *order.args[free:], *pairs)))
