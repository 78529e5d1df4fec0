"""The institution's own indicators: each by its printed definition, counted from the log of events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from maild.core.catalogue import Indicator
from maild.core.figures import Life, counted, hours, mean
from maild.core.past import LEAST_ANSWERS, Past, Row, Section, label, service
from maild.core.survey import SCORE


def indicator(past: Past, each: Indicator) -> Section:
    """One indicator as the institution defines it. `computed` names how it is counted; without it there are no numbers."""
    count = _COMPUTED.get(each.computed)
    columns, rows = count(past, each) if count else ((), ())
    return Section(f"indicator.{each.key}", columns, tuple(rows), each.name, each.formula)


Counted = tuple[tuple[str, ...], Iterable[Row]]


def _mean_resolution(past: Past, each: Indicator) -> Counted:
    """The time of those reported in the period and resolved by its end, over all that were reported in it."""
    reported = past.opened(each.type)
    spans = [span for n in reported if (span := past.period.gross(n)) is not None]
    nets = [span for n in reported if (span := past.period.net(n)) is not None]
    total, waited = hours(sum(spans, timedelta())), hours(sum(nets, timedelta()))
    rows = (
        [(total, waited, len(reported), round(total / len(reported), 2), round(waited / len(reported), 2))]
        if reported
        else []
    )
    return ("sum-gross", "sum-net", "count", "mean-gross", "mean-net"), rows


def _by_service(past: Past, each: Indicator) -> Counted:
    return ("what", "count"), counted(past.opened(each.type), lambda n: service(past.book, n))


def _by_level(past: Past, each: Indicator) -> Counted:
    """By type, level reached and outcome."""
    book = past.book

    def of(n: Life) -> str:
        level = n.fact(book.fact_for("level")) or "0"
        outcome = label(book.closings, n.last("closed")) if n.closed else "…"
        return f"{label(book.types, n.last('type'))} · {level} · {outcome}"

    return ("what", "count"), counted(past.opened(each.type), of)


def _time_in_state(past: Past, _: Indicator) -> Counted:
    """Hours that the tickets of the period spent in each state, by the institution's own name for it, and their mean."""
    states, period = past.book.states, past.period
    spent: dict[str, timedelta] = {}
    seen: dict[str, set[int]] = {}
    for n in past.lives.values():
        for state, start, end in n.spells("state", period.until):
            a, b = max(start, period.since), min(end, period.until)
            if b > a:
                label = states[state].label if state in states else state
                spent[label] = spent.get(label, timedelta()) + (b - a)
                seen.setdefault(label, set()).add(n.number)
    rows = [(s, hours(t), len(seen[s]), round(hours(t) / len(seen[s]), 2)) for s, t in sorted(spent.items())]
    return ("state", "hours", "count", "mean"), rows


def _reopened(past: Past, _: Indicator) -> Counted:
    """Tickets whose work began again after it was resolved, over those resolved in the period."""
    kinds, period = past.period.kinds, past.period
    resolved, back = set(), 0
    for n in past.lives.values():
        was = ""
        for at, state in n.every("state"):
            kind = kinds.get(state, "")
            if period.holds(at):
                resolved |= {n.number} if kind == "resolved" else set()
                back += was in ("resolved", "closed") and kind not in ("resolved", "closed")
            was = kind
    rows = [(back, len(resolved), round(back / len(resolved), 3))] if resolved else []
    return ("reopened", "resolved", "share"), rows


def _survey(past: Past, _: Indicator) -> Counted:
    scores = [int(v) for _, v in past.told(SCORE) if v.isdigit()]
    if len(scores) < LEAST_ANSWERS:
        return ("answers", "score"), [(len(scores), None)] if scores else []
    return ("answers", "score"), [(len(scores), mean(scores))]


def _by_criterion(past: Past, _: Indicator) -> Counted:
    key = past.book.fact_for("criterion")
    told = [v for _, v in past.told(key)]
    texts = past.book.criteria
    rows = sorted(
        ((c, texts[c].text if c in texts else "", told.count(c)) for c in set(told)), key=lambda r: (-r[2], r[0])
    )
    return ("criterion", "text", "count"), rows


def _units(past: Past) -> dict[str, list[tuple[Life, datetime, datetime]]]:
    """Which role had which ticket from when until when, by the steps its tokens came to rest on."""
    found: dict[str, list[tuple[Life, datetime, datetime]]] = {}
    for n in past.lives.values():
        for place, start, end in n.spells("step", past.period.until):
            procedure, _, number = place.partition(":")
            step = past.book.step(procedure, number)
            if step is not None:
                found.setdefault(step.role, []).append((n, start, end))
    return found


def _role(past: Past, key: str) -> str:
    role = past.book.roles.get(key)
    return role.label if role else key


def _unit_time(past: Past, _: Indicator) -> Counted:
    """How long each function had the tickets on its steps within the period, and how many tickets those were."""
    period, rows = past.period, []
    for key, spells in sorted(_units(past).items()):
        inside = [(n.number, min(b, period.until) - max(a, period.since)) for n, a, b in spells]
        kept = [(n, span) for n, span in inside if span > timedelta()]
        tickets = {n for n, _ in kept}
        if kept:
            total = hours(sum((span for _, span in kept), timedelta()))
            rows.append((_role(past, key), total, len(tickets), round(total / len(tickets), 2)))
    return ("unit", "hours", "count", "mean"), rows


def _estimates(past: Past, _none: Indicator) -> Counted:
    """Each estimate whose work on the step was over in the period: what was promised, and how long it really took."""
    rows: list[Row] = []
    for n in past.lives.values():
        for at, told in n.every("started"):
            clock, _, span = told.partition("=")
            known = past.book.clocks.get(clock)
            here = next(((p, b) for p, a, b in n.spells("step", past.period.until) if a <= at < b), None)
            if known and known.given_by == "order" and here and past.period.holds(here[1]):
                procedure, _, number = here[0].partition(":")
                step = past.book.step(procedure, number)
                rows.append((n.number, _role(past, step.role if step else ""), span, hours(here[1] - at)))
    return ("ticket", "unit", "estimate", "hours"), rows


def _raised(past: Past, each: Indicator) -> Counted:
    """How many of the period's tickets went to whoever decides, and what became of them."""
    mine = past.opened(each.type)
    roles = {k for k, r in past.book.roles.items() if r.kind in ("approver", "chief")}
    places = {f"{p.key}:{s.number}" for p, s in past.book.all_steps() if s.role in roles}
    up = [n for n in mine if any(place in places for _, place in n.every("step"))]
    rows = [(len(up), len(mine), round(len(up) / len(mine), 3))] if mine else []
    return ("raised", "count", "share"), rows


def _learned(past: Past, _: Indicator) -> Counted:
    return ("entry",), [(value,) for _, value in past.happened("learned")]


def _by_area(past: Past, each: Indicator) -> Counted:
    return ("ticket", "requester"), [(n.number, next(n.every("opened"))[1]) for n in past.opened(each.type)]


_COMPUTED: Mapping[str, Callable[[Past, Indicator], Counted]] = {
    "mean_resolution": _mean_resolution,
    "by_service": _by_service,
    "by_level": _by_level,
    "time_in_state": _time_in_state,
    "reopened": _reopened,
    "survey": _survey,
    "by_criterion": _by_criterion,
    "unit_time": _unit_time,
    "estimates": _estimates,
    "raised": _raised,
    "learned": _learned,
    "by_area": _by_area,
}
COMPUTED = tuple(_COMPUTED)
