"""Procedures from their forms, every name in them checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from maild.core.moves import (
    ASSIGNS,
    END,
    NEEDS,
    SAID,
    Always,
    Child,
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
)
from maild.core.rulebook import RELATIONS
from maild.core.words import fold
from maild.forms import offer
from maild.rules import files
from maild.rules.naming import Names, guards, listed

_TRIGGERS = "#orden, clock:reloj, reply:requester, mail:regla, return, child, child:motivo, children o always"


def procedures(names: Names) -> dict[str, Procedure]:
    """Every procedure of the folder by its key."""
    return {form.key: _procedure(names, file, form) for file, form in names.sources.procedures.items()}


def _procedure(names: Names, file: str, form: files.ProcedureFile) -> Procedure:
    names.known(form.first, form.step, "el paso", file, "first")
    built = {number: _step(names, number, step, form, file) for number, step in form.step.items()}
    spellings = tuple(fold(word) for word in form.spellings)
    return Procedure(form.key, form.name, form.source, built, form.first, spellings)


def _step(names: Names, number: str, form: files.StepForm, procedure: files.ProcedureFile, file: str) -> Step:
    key = f"step.{number}"
    sources = names.sources
    steps = tuple(procedure.step)
    if form.calls:
        names.known(form.calls, (*_keys(names), *names.places()), "el procedimiento", file, f"{key}.calls")
    if form.kind in ("child", "multi") and form.child is None:
        names.wrong(file, key, f"un paso «{form.kind}» dice qué abre en [step.{number}.child]")
    if form.kind == "sub" and not form.calls:
        names.wrong(file, key, 'un paso «sub» dice a qué procedimiento llama: calls = "CLAVE"')
    return Step(
        number=number,
        name=form.name,
        kind=form.kind,
        role=names.known(form.role, sources.roles.role, "la función", file, f"{key}.role"),
        state=names.known(form.state, sources.states.state, "el estado", file, f"{key}.state"),
        clocks=names.clocks(form.clocks, file, f"{key}.clocks"),
        turn=names.letters(form.turn, file, f"{key}.turn"),
        moves=tuple(_move(names, m, procedure, file, f"{key}.move.{i}") for i, m in enumerate(form.move, 1)),
        calls=form.calls,
        child=_child(names, form.child, file, f"{key}.child") if form.child else None,
        join=tuple(names.known(s, steps, "el paso", file, f"{key}.join") for s in form.join),
        count=form.count,
        unwatched=form.unwatched,
        who=form.who,
        record=form.record,
        coverage=form.coverage,
        human=form.human,
        printed=form.printed,
    )


def _keys(names: Names) -> tuple[str, ...]:
    return tuple(form.key for form in names.sources.procedures.values())


def _child(names: Names, form: files.ChildForm, file: str, key: str) -> Child:
    sources = names.sources
    names.known(form.procedure, _keys(names), "el procedimiento", file, f"{key}.procedure")
    names.known(form.type, sources.institution.type, "el tipo", file, f"{key}.type")
    if form.at:
        steps = next((p.step for p in sources.procedures.values() if p.key == form.procedure), {})
        names.known(form.at, steps, "el paso", file, f"{key}.at")
    if not form.requester.startswith("{"):
        names.known(form.requester, (*RELATIONS, *sources.roles.role), "la función", file, f"{key}.requester")
    if form.assign:
        names.known(form.assign, (*ASSIGNS, *sources.roles.role), "la función", file, f"{key}.assign")
    return Child(
        procedure=form.procedure,
        type=form.type,
        title=form.title,
        at=form.at,
        each=form.each,
        requester=form.requester,
        assign=form.assign,
        facts=form.facts,
        start=names.clocks(form.start, file, f"{key}.start"),
        letters=names.letters(form.letters, file, f"{key}.letters"),
        **_days(names, form, file, key),
    )


def _days(names: Names, form: files.ChildForm, file: str, key: str) -> dict[str, Any]:
    """When each row is opened: all four keys belong together, `ahead` may be left out."""
    if not (form.day or form.clock or form.once or form.ahead):
        return {}
    missing = [name for name in ("day", "clock", "once") if not getattr(form, name)]
    if missing or form.each != "rows":
        need = ", ".join(missing) or 'each = "rows"'
        names.wrong(
            file,
            key,
            f"para abrir cada fila en su fecha falta {need}: day = columna de la fecha, clock = reloj, once = columna que la distingue",
        )
    for column in filter(None, (form.day, form.once)):
        names.known(column, form.facts, "la columna (ponga en facts las que se guardan)", file, f"{key}.facts")
    clock = names.clocks(form.clock, file, f"{key}.clock")[0] if form.clock else ""
    return {"day": form.day, "clock": clock, "ahead": names.span(form.ahead, file, f"{key}.ahead"), "once": form.once}


def _move(names: Names, form: files.MoveForm, procedure: files.ProcedureFile, file: str, key: str) -> Move:
    sources = names.sources
    if form.state:
        names.known(form.state, sources.states.state, "el estado", file, f"{key}.state")
    for whom in form.assign.split("|") if form.assign else ():
        names.person(whom, (*ASSIGNS, *sources.roles.role), "la función", file, f"{key}.assign")
    for value in form.tell.values():
        if value.startswith("{"):
            names.known(value, SAID, "lo dicho", file, f"{key}.tell")
    if form.says:
        names.known(form.says, names.facts(), "el dato", file, f"{key}.says")
    if form.everyone:
        names.known(form.everyone, sources.roles.role, "la función", file, f"{key}.everyone")
    if form.closing:
        names.known(form.closing, sources.states.closing, "el motivo de cierre", file, f"{key}.closing")
    for field in ("when", "unless", "below", "at_least"):
        for fact in getattr(form, field):
            names.known(fact, names.facts(), "el dato", file, f"{key}.{field}")
    return Move(
        on=tuple(_trigger(names, text, file, f"{key}.on") for text in listed(form.on)),
        to=tuple(_target(names, text, procedure, file, f"{key}.to") for text in listed(form.to)),
        result=form.result,
        by=names.roles(form.by, file, f"{key}.by"),
        when=guards(form.when),
        unless=guards(form.unless),
        below=_limits(names, form.below, file, f"{key}.below"),
        at_least=_limits(names, form.at_least, file, f"{key}.at_least"),
        tell=dict(form.tell),
        forget=listed(form.forget),
        letters=names.letters(form.letters, file, f"{key}.letters"),
        state=form.state,
        start=names.clocks(form.start, file, f"{key}.start"),
        stop=names.clocks(form.stop, file, f"{key}.stop"),
        requires=tuple(_need(names, need, file, f"{key}.requires") for need in listed(form.requires)),
        assign=form.assign,
        everyone=form.everyone,
        withdraw=tuple(
            names.known(s, procedure.step, "el paso", file, f"{key}.withdraw") for s in listed(form.withdraw)
        ),
        again=form.again,
        learn=form.learn,
        opens=form.opens,
        quiet=form.quiet,
        closing=form.closing,
        says=form.says,
        printed=form.printed,
    )


def _limits(names: Names, limits: Mapping[str, int | str], file: str, key: str) -> dict[str, str]:
    for limit in limits.values():
        if isinstance(limit, str):
            names.known(limit, names.sources.institution.parameters, "el parámetro", file, key)
    return {fact: str(limit) for fact, limit in limits.items()}


def _need(names: Names, need: str, file: str, key: str) -> str:
    kind, colon, rest = need.partition(":")
    if colon and kind == "document":
        names.known(rest, names.sources.documents.document, "el documento", file, key)
    elif colon and kind == "rows":
        names.known(rest, names.sources.documents.table, "la tabla", file, key)
    elif colon and kind == "criterion":
        for level in rest.split(","):
            names.known(level, names.sources.escalation.level, "el nivel", file, key)
    elif not (colon and kind == "fact" and rest) and need not in NEEDS:
        more = "fact:dato, fact:dato=valor, document:clave, criterion:nivel,nivel, rows:tabla"
        hint = offer(need, NEEDS) or f"; las que hay: {', '.join(NEEDS)}, {more}"
        names.wrong(file, key, f"«{need}» no es una de las exigencias{hint}")
    return need


def _target(names: Names, text: str, procedure: files.ProcedureFile, file: str, key: str) -> str:
    if text != END:
        known: Iterable[str] = names.places() if ":" in text else (*procedure.step, END)
        names.known(text, known, "el paso", file, key)
    return text


def _trigger(names: Names, text: str, file: str, key: str) -> Trigger:
    """What stands in `on`."""
    sources = names.sources
    if text.startswith("#"):
        verb, _, value = text[1:].partition(" ")
        return OnOrder(names.known(verb, sources.commands.verb, "la orden", file, key), fold(value))
    kind, _, name = text.partition(":")
    match kind:
        case "clock":
            return OnClock(names.known(name, sources.clocks.clock, "el reloj", file, key))
        case "reply":
            return OnReply(names.known(name, (*RELATIONS, *sources.roles.role), "la relación", file, key))
        case "mail":
            return OnMail(names.known(name, sources.mails.mail, "la regla de correo", file, key))
        case "child":
            return OnChild(name)
    plain: dict[str, Trigger] = {"return": OnReturn(), "children": OnChildren(), "always": Always()}
    if text not in plain:
        names.wrong(file, key, f"«{text}» no es un disparo; escriba {_TRIGGERS}")
    return plain.get(text, Always())
