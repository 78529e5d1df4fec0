"""Procedures as drawings: flow charts in Mermaid, which documentation pages, editors and browsers show as pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from maild.core.moves import (
    END,
    Always,
    Move,
    OnChild,
    OnChildren,
    OnClock,
    OnMail,
    OnOrder,
    OnReply,
    OnReturn,
    Procedure,
    Step,
    Trigger,
    place,
)
from maild.core.rulebook import Rulebook

_LONGEST = 70
# The shape of a step tells its kind: [task] {decision} ([start or close]) [[calls another]] [/waits/].
_SHAPES = {
    "start": ("([", "])"),
    "close": ("([", "])"),
    "decision": ("{", "}"),
    "wait": ("[/", "/]"),
    "sub": ("[[", "]]"),
    "child": ("[[", "]]"),
    "multi": ("[[", "]]"),
}


def mermaid(book: Rulebook, procedure: Procedure) -> str:
    """One procedure: every step with who does it, every way out with what triggers it. Dotted: not printed in the document."""
    lines = ["flowchart TD", f"  %% {procedure.key} · {_plain(procedure.name)}"]
    ends = False
    outside: dict[str, str] = {}
    for step in procedure.steps.values():
        lines.append(f"  {_id(step.number)}{_box(book, step)}")
    for step in procedure.steps.values():
        for move in step.moves:
            for line, other in _ways(procedure, step, move):
                lines.append(line)
                ends = ends or other == END
                if ":" in other:
                    outside[_id(other)] = other
        for called in filter(None, (step.calls, step.child.procedure if step.child else "")):
            outside[_id(called)] = called
            lines.append(f"  {_id(step.number)} -.-|{'llama a' if step.calls else 'abre'}| {_id(called)}")
    lines += [f"  {key}[[{_quoted(name)}]]" for key, name in outside.items()]
    if ends:
        lines.append("  fin((fin))")
    return "\n".join(lines) + "\n"


def _box(book: Rulebook, step: Step) -> str:
    opens, closes = _SHAPES.get(step.kind, ("[", "]"))
    role = book.roles.get(step.role)
    clocks = " ⏱ " + ", ".join(step.clocks) if step.clocks else ""
    label = (
        f"{step.number} · {_short(step.name)}<br/><i>{_plain(role.label if role else step.role)[:_LONGEST]}</i>{clocks}"
    )
    return f"{opens}{_quoted(label)}{closes}"


def _ways(procedure: Procedure, step: Step, move: Move) -> Iterator[tuple[str, str]]:
    """One line for each target of a move; where it stays, a line back to itself."""
    label = _label(move)
    arrow = "-.->" if move.printed else "-->"
    for target in move.to or (step.number,):
        if target == END:
            yield f"  {_id(step.number)} {arrow}|{_quoted(label)}| fin", END
            continue
        key, number = place(target, procedure.key)
        node = _id(number) if key == procedure.key else _id(target)
        yield f"  {_id(step.number)} {arrow}|{_quoted(label)}| {node}", "" if key == procedure.key else target


def _label(move: Move) -> str:
    said = " / ".join(filter(None, (_trigger(trigger) for trigger in move.on)))
    guards = [f"{k}={'|'.join(v)}" for k, v in move.when.items()]
    guards += [f"{k}≠{'|'.join(v)}" for k, v in move.unless.items()]
    guards += [f"{k}<{v}" for k, v in move.below.items()] + [f"{k}≥{v}" for k, v in move.at_least.items()]
    printed = f" (impreso: {move.printed})" if move.printed else ""
    return _short(" ".join(filter(None, (said, f"({', '.join(guards)})" if guards else "", printed))) or move.result)


def _trigger(trigger: Trigger) -> str:
    match trigger:
        case OnOrder(verb=verb, value=value):
            return f"#{verb} {value}".strip()
        case OnClock(clock=clock):
            return f"⏱ {clock}"
        case OnReply(relation=relation):
            return f"✉ {relation}"
        case OnMail(rule=rule):
            return f"✉ {rule}"
        case OnReturn():
            return "al volver"
        case OnChild(reason=reason):
            return f"al cerrarse {reason}".strip()
        case OnChildren():
            return "al cerrarse todas"
        case Always():
            return ""


def _id(name: str) -> str:
    return "p" + re.sub(r"\W", "_", name)


def _short(text: str) -> str:
    plain = _plain(text)
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1].rstrip() + "…"


def _plain(text: str) -> str:
    return re.sub(r"[\"<>`|{}\[\]]", "'", " ".join(text.split()))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "'") + '"'
