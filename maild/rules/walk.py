"""What the walk of a whole rulebook finds, in the words of the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from maild.core.explore import Exploration, never_gone
from maild.core.moves import Move, OnChild, OnChildren, OnClock, OnOrder, OnReturn, Procedure, Step, place
from maild.core.rulebook import Rulebook
from maild.errors import Problem
from maild.forms import read_toml

_WORDS = {
    "no-way-to-the-end": "desde aquí ningún camino lleva a cerrar la solicitud",
    "multiplies": "aquí las ramas se multiplican: una vuelve antes de donde se abrieron; retire las otras con withdraw",
    "endless": "desde aquí el procedimiento da vueltas sin detenerse en ningún paso",
}
_WORKING = ("sub", "child", "multi")


def problems(book: Rulebook, folder: Path) -> list[Problem]:
    """Walk everything. Each problem names the file and the key where it is to be mended."""
    exploration = Exploration(book)
    exploration.run()
    files = _files(folder)
    found = [*_walked(exploration, files), *_steps(book, exploration, files), *_verbs(book, folder), *numbers(book)]
    return sorted(set(found), key=lambda problem: (problem.file, problem.key, problem.text))


def _files(folder: Path) -> dict[str, str]:
    """The file of each procedure."""
    found = {}
    for path in sorted((folder / "procedures").glob("*.toml")):
        data, _ = read_toml(path)
        if data:
            found[str(data.get("key"))] = f"procedures/{path.name}"
    return found


def _walked(exploration: Exploration, files: Mapping[str, str]) -> Iterator[Problem]:
    for finding in exploration.findings:
        text = _WORDS[finding.code]
        yield Problem(files.get(finding.procedure, "procedures"), f"step.{finding.step}", text)
    if not exploration.whole:
        return  # what was not seen proves nothing
    reached = {(p, s) for p, s, _ in exploration.edges} | exploration.places
    for procedure, step in exploration.book.all_steps():
        if (procedure.key, step.number) not in reached and step.moves:
            yield Problem(
                files.get(procedure.key, ""), f"step.{step.number}", "ninguna solicitud llega nunca a este paso"
            )
    for key, number, move in never_gone(exploration):
        if (key, number) in reached:
            at = _position(exploration.book, key, number, move)
            yield Problem(files.get(key, ""), f"step.{number}.move.{at}", "nadie puede ir nunca por esta salida")


def _position(book: Rulebook, procedure: str, number: str, move: Move) -> int:
    step = book.step(procedure, number)
    return next((n for n, each in enumerate(step.moves if step else (), 1) if each is move), 0)


# -- each step by itself ----------------------------------------------------------------------------------------------


def _steps(book: Rulebook, exploration: Exploration, files: Mapping[str, str]) -> Iterator[Problem]:
    for procedure, step in book.all_steps():
        file, key = files.get(procedure.key, "procedures"), f"step.{step.number}"
        for text in (
            *_watch(step, rests=(procedure.key, step.number) in exploration.places),
            *_clocks(book, step),
            *_join(procedure, step),
            *_coming_back(step),
        ):
            yield Problem(file, key, text)
        for position, move in enumerate(step.moves, 1):
            for text in _guards(book, move):
                yield Problem(file, f"{key}.move.{position}", text)


def _watch(step: Step, *, rests: bool) -> Iterator[str]:
    """A ticket that rests where no clock runs can be forgotten: then the rules must say that they mean it."""
    if rests and not step.clocks and not step.unwatched and step.kind not in _WORKING:
        yield "aquí una solicitud puede quedar quieta y ningún reloj la vigila; ponga clocks, o unwatched = true"
    if step.clocks and step.unwatched:
        yield "dice unwatched = true y tiene relojes; sobra una de las dos cosas"


def _clocks(book: Rulebook, step: Step) -> Iterator[str]:
    listened = {t.clock for move in step.moves for t in move.on if isinstance(t, OnClock)}
    started = {clock for move in step.moves for clock in move.start}
    for key in step.clocks:
        clock = book.clocks[key]
        if key not in listened and not clock.letters:
            yield f"el reloj «{key}» vence aquí y no pasa nada: ninguna salida lo escucha y no escribe a nadie"
    arriving = {
        clock
        for _, other in book.all_steps()
        for move in other.moves
        if any(place(target, "")[1] == step.number for target in move.to)
        for clock in move.start
    }
    for key in listened - {*step.clocks, *started, *arriving}:
        clock = book.clocks[key]
        if not clock.recurring and clock.scope == "step":
            yield f"una salida escucha el reloj «{key}», que aquí nunca corre"


def _join(procedure: Procedure, step: Step) -> Iterator[str]:
    for source in step.join:
        other = procedure.steps[source]
        if not any(place(t, procedure.key) == (procedure.key, step.number) for m in other.moves for t in m.to):
            yield f"espera a quien venga del paso «{source}», y de allí nadie viene"


def _coming_back(step: Step) -> Iterator[str]:
    triggers = [trigger for move in step.moves for trigger in move.on]
    if step.calls and OnReturn() not in triggers:
        yield 'llama a otro procedimiento y no dice qué pasa cuando vuelve: on = "return"'
    if step.child and not any(isinstance(t, OnChild | OnChildren) for t in triggers):
        yield 'abre otra solicitud y no dice qué pasa cuando se cierra: on = "child" o "children"'


def _guards(book: Rulebook, move: Move) -> Iterator[str]:
    for guard in (move.when, move.unless):
        for fact, values in guard.items():
            known = book.types if fact == "type" else book.facts.get(fact, ())
            for value in values:
                if known and value != "*" and value not in known:
                    yield f"«{fact}» nunca vale «{value}»; los valores que hay: {', '.join(known)}"


# -- lists ------------------------------------------------------------------------------------------------------------


def numbers(book: Rulebook) -> Iterator[Problem]:
    """Rows of a numbered catalogue: none is missing between two others, none stands twice."""
    rows = [(int(service.number), key) for key, service in book.services.items() if service.number.isdigit()]
    before, last = 0, ""
    for number, key in sorted(rows):
        if number == before:
            yield Problem("catalogue.toml", f"service.{key}.number", f"el número {number} ya es de «{last}»")
        elif number > before + 1:
            gap = f"{before + 1}" if number == before + 2 else f"{before + 1} a {number - 1}"
            yield Problem("catalogue.toml", f"service.{key}.number", f"antes de esta fila falta el número {gap}")
        before, last = number, key


# -- orders -----------------------------------------------------------------------------------------------------------


def _verbs(book: Rulebook, folder: Path) -> Iterator[Problem]:
    """Orders that this folder itself declares and that no step waits for."""
    own, _ = read_toml(folder / "commands.toml") if (folder / "commands.toml").is_file() else (None, [])
    declared: Iterable[str] = (own or {}).get("verb", {})
    awaited = {t.verb for _, step in book.all_steps() for m in step.moves for t in m.on if isinstance(t, OnOrder)}
    for key in declared if folder.name != "base" else ():
        if key not in awaited and not book.verbs[key].by:
            yield Problem("commands.toml", f"verb.{key}", "ningún paso espera esta orden y nadie puede darla")
