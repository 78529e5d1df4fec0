"""The institution's own indicators: each by its printed definition, counted from the log of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from itertools import pairwise

from maild.core import worktime
from maild.core.catalogue import Indicator
from maild.core.figures import Life, counted, hours
from maild.core.past import Cell, Past, Row, Section, label, service
from maild.core.subject import mark
from maild.core.turns import Estimated, estimated, turns
from maild.core.worktime import Span


def indicator(past: Past, each: Indicator) -> Section:
    """One indicator as the institution defines it. `computed` names how it is counted; without it there are no numbers."""
    count = _COMPUTED.get(each.computed)
    columns, rows = count(past, each) if count else ((), ())
    return Section(f"indicator.{each.key}", columns, tuple(rows), each.name, each.formula)


Counted = tuple[tuple[str, ...], Iterable[Row]]


def _mean_resolution(past: Past, each: Indicator) -> Counted:
    """The time of those reported in the period and attended by its end, over their number; beside it over all reported."""
    period = past.period
    reported = [n for n in past.opened(each.type) if not past.set_aside(n)]
    attended = [n for n in reported if period.resolved(n)]
    gross = sum((period.gross(n) or timedelta() for n in attended), timedelta())
    net = sum((period.net(n) or timedelta() for n in attended), timedelta())
    columns = ["reported", "attended", "unattended", "sum-gross", "sum-net", "mean-gross", "mean-net", "mean-of-all"]
    row: list[Cell] = [len(reported), len(attended), len(reported) - len(attended), hours(gross), hours(net)]
    row += [_mean(gross, len(attended)), _mean(net, len(attended)), _mean(gross, len(reported))]
    if each.target is not None:
        in_time = [_is_in_time(past, each.target, n) for n in attended]
        columns.append("in-time")
        row.append(round(sum(in_time) / len(in_time), 3) if in_time else None)
    return tuple(columns), [tuple(row)] if reported else []


def _mean(total: timedelta, count: int) -> float | None:
    return round(total / timedelta(hours=1) / count, 2) if count else None


def _is_in_time(past: Past, target: Span, life: Life) -> bool:
    done = past.period.resolved(life)
    return done is not None and done <= worktime.end(life.opened, target, past.book.calendar)


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


def _sent_back(past: Past, each: Indicator) -> Counted:
    """Of the cases that left this state in the period, those that went from it back to work."""
    kinds, left, back = past.period.kinds, set(), set()
    for n in past.lives.values():
        for (_, was), (at, state) in pairwise(n.every("state")):
            if was == each.state != state and past.period.holds(at):
                left.add(n.number)
                if kinds.get(state) not in ("resolved", "closed"):
                    back.add(n.number)
    rows = [(len(left), len(back), round(len(back) / len(left), 3))] if left else []
    return ("reviewed", "sent-back", "share"), rows


def _survey(past: Past, _: Indicator) -> Counted:
    found = past.survey()
    row = (found.asked, found.answered, found.rate, len(found.scores), found.score)
    return ("asked", "answered", "rate", "answers", "score"), [row] if found.asked or found.scores else []


def _by_criterion(past: Past, _: Indicator) -> Counted:
    key = past.book.fact_for("criterion")
    told = [v for _, v in past.told(key)]
    texts = past.book.criteria
    rows = sorted(
        ((c, texts[c].text if c in texts else "", told.count(c)) for c in set(told)), key=lambda r: (-r[2], r[0])
    )
    return ("criterion", "text", "count"), rows


def _role(past: Past, key: str) -> str:
    role = past.book.roles.get(key)
    return role.label if role else key


def _unit_time(past: Past, _: Indicator) -> Counted:
    """How long each function had the tickets on its steps within the period, and how many tickets those were."""
    period = past.period
    spent: dict[str, timedelta] = {}
    seen: dict[str, set[int]] = {}
    for n in past.lives.values():
        for key, start, end in turns(past, n):
            inside = min(end, period.until) - max(start, period.since)
            if inside > timedelta():
                spent[key] = spent.get(key, timedelta()) + inside
                seen.setdefault(key, set()).add(n.number)
    rows = [(_role(past, k), hours(t), len(seen[k]), _mean(t, len(seen[k]))) for k, t in sorted(spent.items())]
    return ("unit", "hours", "count", "mean"), rows


def _estimates(past: Past, _: Indicator) -> Counted:
    """For each unit what it promised and what it took, in all, and the one over the other."""
    found: dict[str, list[Estimated]] = {}
    for each in estimated(past):
        found.setdefault(each.role, []).append(each)
    rows = []
    for key, his in sorted(found.items()):
        promised = sum((e.promised for e in his), timedelta())
        took = sum((e.took for e in his), timedelta())
        share = round(took / promised, 2) if promised else None
        late = sum(e.took > e.promised for e in his)
        rows.append((_role(past, key), len(his), hours(promised), hours(took), share, late, sum(e.again for e in his)))
    return ("unit", "count", "promised", "took", "ratio", "late", "again"), rows


def _estimate_list(past: Past, _: Indicator) -> Counted:
    return ("ticket", "unit", "estimate", "promised", "took"), [
        (_mark(past, e.number), _role(past, e.role), str(e.span), hours(e.promised), hours(e.took))
        for e in estimated(past)
    ]


def _mark(past: Past, number: int) -> str:
    return mark(past.book.mark_key, number)


def _raised(past: Past, each: Indicator) -> Counted:
    """How many of the period's tickets went to whoever decides, and how many of these were refused (`closing`)."""
    mine = past.opened(each.type)
    roles = {k for k, r in past.book.roles.items() if r.kind in ("approver", "chief")}
    places = {f"{p.key}:{s.number}" for p, s in past.book.all_steps() if s.role in roles}
    up = [n for n in mine if any(place in places for _, place in n.every("step"))]
    refused = sum(bool(each.closing) and n.last("closed") == each.closing for n in up)
    rows = [(len(up), refused, len(mine), round(len(up) / len(mine), 3))] if mine else []
    return ("raised", "refused", "reported", "share"), rows


def _learned(past: Past, _: Indicator) -> Counted:
    return ("entry",), [(value,) for _, value in past.happened("learned")]


def _by_area(past: Past, each: Indicator) -> Counted:
    """Every ticket of the period under the area of who asked, as it was then."""
    told = past.book.fact_for("area")
    found = [(n.fact(told) or n.last("area") or "—", n) for n in past.opened(each.type)]
    found.sort(key=lambda pair: (pair[0], pair[1].number))
    return ("area", "ticket", "title"), [(area, _mark(past, n.number), n.last("title")) for area, n in found]


def _by_facts(past: Past, each: Indicator) -> Counted:
    """The tickets of the period by what was last said of these facts."""
    return ("what", "count"), counted(
        past.opened(each.type), lambda n: " · ".join(n.fact(fact) or "—" for fact in each.facts)
    )


def _done(past: Past, each: Indicator) -> Counted:
    """For each value of a fact how many of the period's tickets there are, and how many were closed by its end."""
    rows = []
    having = [n for n in past.opened(each.type) if n.fact(each.facts[0])]
    for value, count in counted(having, lambda n: n.fact(each.facts[0])):
        closed = sum(n.closed is not None for n in having if n.fact(each.facts[0]) == value)
        rows.append((value, closed, count, round(closed / count, 3)))
    return ("what", "done", "count", "share"), rows


def _outcomes(past: Past, each: Indicator) -> Counted:
    """For each value of the first fact (a backup's job) how often each value of the second one was told (how it went), and
    how often a clock ran out without any."""
    by, what = each.facts[:2]
    values = past.book.facts.get(what, ()) or tuple(sorted({v for _, v in past.told(what)}))
    found: dict[str, Counter[str]] = {}
    for n, value in past.told(what):
        found.setdefault(n.fact(by) or "—", Counter())[value] += 1
    for n, clock in past.happened("fired"):
        if clock in each.clocks:
            found.setdefault(n.fact(by) or "—", Counter())[""] += 1
    rows: list[Row] = [(job, *(counts[v] for v in values), counts[""]) for job, counts in sorted(found.items())]
    return ("what", *values, "missing"), rows


def _rounds(past: Past, each: Indicator) -> Counted:
    """How many tickets went how often through a step that counts its rounds in this fact."""
    most: dict[int, int] = {}
    for n, value in past.told(each.facts[0]):
        most[n.number] = max(most.get(n.number, 0), int(value) if value.isdigit() else 0)
    total = sum(most.values())
    rows = [(len(most), total, round(total / len(most), 2), max(most.values()))] if most else []
    return ("count", "rounds", "mean-rounds", "most"), rows


def _windows(past: Past, each: Indicator) -> Counted:
    """The windows (clocks in which one may object) that opened in the period: all, objected to, passed in silence, still open
    at its end."""
    rows = []
    for key in each.clocks:
        found: Counter[str] = Counter()
        for n in past.lives.values():
            for at, (when, kind, value) in enumerate(n.events):
                if kind == "started" and value.partition("=")[0] == key and past.period.holds(when):
                    found[_ending(n, at, key)] += 1
        if total := found.total():
            name = past.book.clocks[key].name or key
            rows.append((name, total, found["objected"], found["passed"], found["running"]))
    return ("window", "count", "objected", "passed", "running"), rows


def _ending(life: Life, begun: int, clock: str) -> str:
    """How the window that opened with this line ended: by running out, or by whatever moved the ticket on before."""
    for _, kind, value in life.events[begun + 1 :]:
        if kind == "fired" and value == clock:
            return "passed"
        if kind in ("step", "closed") or (kind == "started" and value.partition("=")[0] == clock):
            return "objected"
    return "running"


def _unreturned(past: Past, each: Indicator) -> Counted:
    """Forms made out (the first fact) whose signed copy (the second) was not there at the end of the period."""
    made, returned = each.facts[:2]
    rows = []
    for n in past.open_at_end():
        at = next((at for at, v in reversed([*n.every("told")]) if v.startswith(f"{made}=") and v != f"{made}="), None)
        if at and not any(v.startswith(f"{returned}=") for when, v in n.every("told") if when >= at):
            rows.append((_mark(past, n.number), n.fact(made), (past.period.until - at).days))
    return ("ticket", "serial", "days"), rows


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
    "estimate_list": _estimate_list,
    "sent_back": _sent_back,
    "raised": _raised,
    "learned": _learned,
    "by_area": _by_area,
    "by_facts": _by_facts,
    "done": _done,
    "outcomes": _outcomes,
    "rounds": _rounds,
    "windows": _windows,
    "unreturned": _unreturned,
}
COMPUTED = tuple(_COMPUTED)
# How many facts each of these is told to count by.
FACTS = {"by_facts": 1, "done": 1, "rounds": 1, "outcomes": 2, "unreturned": 2}
