"""machines.toml as values of the core, every name and every pattern in it checked."""

from __future__ import annotations

from collections.abc import Iterator

from maild.core.alerts import Branch, Machines, Pattern, Shape, What, pattern
from maild.core.words import fold
from maild.rules.machine_file import AlertsForm, BranchForm, ShapeForm
from maild.rules.naming import Names

FILE = "machines.toml"
_HOLES = ("host", "service", "group", "severity")


def machines(names: Names) -> Machines:
    file = names.sources.machines
    form = file.alerts
    _alerts(names, form)
    shapes = [_shape(names, key, each) for key, each in file.shape.items()]
    return Machines(
        opens=form.opens,
        requester=form.requester,
        recovery=form.recovery,
        closing=form.closing,
        again=form.again,
        flaps=form.flaps,
        storm=form.storm,
        storm_within=form.storm_within,
        storm_title=form.storm_title,
        minor=form.minor,
        worse=names.letters(form.worse, FILE, "alerts.worse"),
        recovered=names.letters(form.recovered, FILE, "alerts.recovered"),
        facts={k: v for k, v in form.facts.model_dump().items() if v},
        priorities={str(key): priority for key, priority in form.priorities.items()},
        states={
            "problem": _folded(file.states.problem),
            "recovery": _folded(file.states.recovery),
            "notice": _folded(file.states.notice),
        },
        severities={key: _folded(words) for key, words in file.severities.items()},
        # What is known by its lines alone is asked last, wherever it stands in the file.
        shapes=tuple(sorted(shapes, key=lambda shape: not shape.subjects)),
        branches=tuple(_branch(names, key, each) for key, each in file.branch.items()),
    )


def _alerts(names: Names, form: AlertsForm) -> None:
    sources = names.sources
    if form.opens:
        names.known(form.opens, sources.institution.type, "el tipo", FILE, "alerts.opens")
    if form.requester:
        names.known(form.requester, sources.roles.role, "la función", FILE, "alerts.requester")
    if form.recovery == "close":
        names.known(form.closing, sources.states.closing, "el motivo de cierre", FILE, "alerts.closing")
    for severity, priority in form.priorities.items():
        names.known(priority, sources.priorities.priority, "la prioridad", FILE, f"alerts.priorities.{severity}")


def _folded(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded for word in words if (folded := fold(word))))


def _shape(names: Names, key: str, form: ShapeForm) -> Shape:
    at = f"shape.{key}"
    lists: tuple[tuple[str, What | None], ...] = (
        ("notice", "notice"), ("recovery", "recovery"), ("problem", "problem"), ("either", None),
    )  # fmt: skip
    subjects = tuple(
        (each, what) for where, what in lists for each in _patterns(names, getattr(form, where), f"{at}.{where}", what)
    )
    read = {field: _folded(labels) for field, labels in form.read.model_dump().items() if labels}
    if not subjects and not {"host", "service"} & read.keys():
        names.wrong(
            FILE,
            at,
            "no dice cómo escribe: falta un asunto (problem, recovery, notice, either) o [read] host o service",
        )
    if not subjects and "state" not in read:
        names.wrong(FILE, f"{at}.read", "sin asunto, solo una etiqueta dice cómo está: falta state")
    return Shape(key, form.label, form.kind, subjects, _folded(form.says), read, fold(form.lone))


def _patterns(names: Names, texts: tuple[str, ...], at: str, what: What | None) -> Iterator[Pattern]:
    for text in texts:
        try:
            found = pattern(text)
        except ValueError as error:
            names.wrong(FILE, at, f"«{text}»: {error}")
            continue
        if what is None and "state" not in found.holes:
            names.wrong(FILE, at, f"«{text}»: en either el asunto dice cómo está: escriba el hueco {{state}}")
        yield found


def _branch(names: Names, key: str, form: BranchForm) -> Branch:
    at = f"branch.{key}"
    sources = names.sources
    if form.opens:
        names.known(form.opens, sources.institution.type, "el tipo", FILE, f"{at}.opens")
    if form.requester:
        names.known(form.requester, sources.roles.role, "la función", FILE, f"{at}.requester")
    if not (form.kind or form.hosts or form.words):
        names.wrong(FILE, at, "no dice cuáles: escriba kind, hosts o words")
    for fact, value in form.tell.items():
        if value.startswith("{"):
            names.known(value.strip("{}"), _HOLES, "el hueco", FILE, f"{at}.tell.{fact}")
    return Branch(key, form.kind, _folded(form.hosts), _folded(form.words), dict(form.tell), form.opens, form.requester)
