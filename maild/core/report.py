"""What a period was like, as tables: numbers that anybody can recount from the log of events, each with its definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from statistics import median

from maild.core.figures import Life, counted, hours, percentile
from maild.core.indicators import indicator
from maild.core.past import Cell, Past, Report, Section, label, service

_AGES = ((1, "< 1"), (3, "1–3"), (7, "3–7"), (30, "7–30"))
_MOST_ROWS = 50
# An item is remarkable where it comes at least so often, and so many times as often as in the period before.
_REMARKABLE, _TIMES = 5, 2
_OF_SURVEYS = ("asked", "answer-rate", "answers", "score")


def report(past: Past) -> Report:
    """Everything there is to tell of a period: the common tables, then the institution's own indicators."""
    sections = [
        _summary(past),
        _counts("types", past.opened(), lambda n: label(past.book.types, n.last("type"))),
        _states(past),
        _ages(past),
        _counts("services", past.opened(), lambda n: service(past.book, n)),
        _counts("closings", past.closed(), lambda n: label(past.book.closings, n.last("closed"))),
        _clocks(past),
        _remarkable(past),
    ]
    sections += [indicator(past, each) for each in past.book.indicators.values()]
    return Report(past.period.since, past.period.until, tuple(s for s in sections if s.rows))


def _summary(past: Past) -> Section:
    now, then = _totals(past), _totals(past.before) if past.before else {}
    surveyed = bool(past.book.survey.template)
    told = ((k, v) for k, v in now.items() if surveyed or k not in _OF_SURVEYS)
    rows = tuple((key, value, then.get(key)) for key, value in told)
    return Section("summary", ("what", "value", "before"), rows if any(v for v in now.values()) else ())


def _totals(past: Past) -> dict[str, Cell]:
    attended = past.attended()
    seen = [n for n in past.opened() if not past.set_aside(n)]
    looks = [hours(at - n.opened) for n in seen if (at := past.period.first_look(n))]
    gross = [hours(span) for n in attended if (span := past.period.gross(n)) is not None]
    net = [hours(span) for n in attended if (span := past.period.net(n)) is not None]
    survey = past.survey()
    return {
        "opened": len(past.opened()),
        "closed": len(past.closed()),
        "reopened": len(past.happened("reopened")),
        "open": len(past.open_at_end()),
        "to-confirm": sum(past.period.kinds.get(n.last("state")) == "resolved" for n in past.open_at_end()),
        "ran-out": len(_overdue(past)),
        "first-look-median": round(median(looks), 2) if looks else None,
        "first-look-p90": percentile(looks, 0.9),
        "gross-median": round(median(gross), 2) if gross else None,
        "gross-p90": percentile(gross, 0.9),
        "net-median": round(median(net), 2) if net else None,
        "net-p90": percentile(net, 0.9),
        "asked": survey.asked,
        "answer-rate": survey.rate,
        "answers": len(survey.scores),
        "score": survey.score,
    }


def _overdue(past: Past) -> list[str]:
    """Deadlines of work that were missed."""
    deadlines = past.book.deadlines()
    return [c for _, c in past.happened("fired") if c in deadlines]


def _counts(key: str, lives: Sequence[Life], what: Callable[[Life], str]) -> Section:
    """How many of each; nothing where nothing is known of any."""
    rows = counted(lives, what)
    return Section(key, ("what", "count"), tuple(rows[:_MOST_ROWS]) if [k for k, _ in rows] != ["—"] else ())


def _states(past: Past) -> Section:
    states = past.book.states
    named = counted(past.open_at_end(), lambda n: states[s].label if (s := n.last("state")) in states else s)
    return Section("states", ("what", "count"), tuple(named))


def _ages(past: Past) -> Section:
    def age(life: Life) -> str:
        days = (past.period.until - life.opened) / timedelta(days=1)
        return next((label for most, label in _AGES if days < most), "> 30")

    found = dict(counted(past.open_at_end(), age))
    order = [label for _, label in _AGES] + ["> 30"]
    return Section("ages", ("days", "count"), tuple((label, found[label]) for label in order if label in found))


def _clocks(past: Past) -> Section:
    found = _overdue(past)
    rows = sorted(((c, found.count(c)) for c in set(found)), key=lambda pair: (-pair[1], pair[0]))
    return Section("clocks", ("clock", "count"), tuple(rows))


def _remarkable(past: Past) -> Section:
    """What came much more often than in the period before."""
    if past.before is None:
        return Section("remarkable", ("what", "count", "before"), ())
    then = dict(counted(past.before.opened(), lambda n: service(past.book, n)))
    now = counted(past.opened(), lambda n: service(past.book, n))
    rows = tuple(
        (k, n, then.get(k, 0)) for k, n in now if n >= _REMARKABLE and n >= _TIMES * max(then.get(k, 0), 1) and k != "—"
    )
    return Section("remarkable", ("what", "count", "before"), rows)
