"""The part of `maild check` that looks at a rules folder: names, the walk of every procedure, letters, people, drawings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from maild.cli.output import Output
from maild.errors import Problem, RulesError

if TYPE_CHECKING:
    from maild.config import Config
    from maild.core.rulebook import Role, Rulebook
    from maild.core.values import Directory, Person
    from maild.mail.compose import Composer

_LIMA = "America/Lima"


def problems(folder: Path, config: Config | None) -> list[Problem]:
    """Everything that is wrong in the rules, and roles of people that the rules do not know."""
    from maild import rules
    from maild.config.shipped import shipped
    from maild.forms import offer
    from maild.rules import cases, unwritten, walk

    try:
        book = rules.load(folder, zone=config.desk.zone.key if config else _LIMA, base=shipped("rules") / "base")
    except RulesError as error:
        return list(error.problems)
    people = config.directory.people if config else ()
    unknown = [
        Problem("people.toml", f"person.{p.key}.role", f"no conozco la función «{p.role}»{offer(p.role, book.roles)}")
        for p in people
        if p.role not in book.roles
    ]
    return [
        *unknown,
        *walk.problems(book, folder),
        *cases.problems(book, folder),
        *unwritten.problems(book, _composer(config)),
    ]


def _composer(config: Config | None) -> Composer:
    from maild.config.shipped import shipped
    from maild.mail.compose import Composer, DeskIdentity

    folders = config.template_folders if config else (shipped("templates"),)
    return Composer(folders, DeskIdentity("", "mesa@entidad.example", "", zone=_LIMA))


def tell(folder: Path, config: Config | None, drawings: Path | None, out: Output) -> None:
    """What is no mistake but should be known: values left open, roles that nobody has. And the drawings."""
    from maild import rules
    from maild.config.shipped import shipped
    from maild.rules.draw import mermaid

    try:
        book = rules.load(folder, zone=config.desk.zone.key if config else _LIMA, base=shipped("rules") / "base")
    except RulesError:
        return
    for notice in (*book.notices, *_open_values(book), *_unmanned(book, config), *_absent(config)):
        out.say(f"aviso / notice: {notice}", "yellow")
    if drawings:
        drawings.mkdir(parents=True, exist_ok=True)
        for procedure in book.procedures.values():
            (drawings / f"{procedure.key}.mmd").write_text(mermaid(book, procedure), encoding="utf-8")


def _open_values(book: Rulebook) -> Iterator[str]:
    """Clocks to which nobody has given a value: they never run."""
    for key, clock in book.clocks.items():
        if clock.span is None and clock.schedule is None and not clock.given_by:
            yield f"el reloj «{key}» no tiene valor y no corre: póngale {'every' if clock.recurring else 'after'} en clocks.toml"


def _unmanned(book: Rulebook, config: Config | None) -> Iterator[str]:
    """Roles that the procedures need and that nobody in the directory has."""
    if config is None:
        return
    from maild.rules.unwritten import letters_of

    directory = config.directory
    needed = {step.role for _, step in book.all_steps()}
    needed |= {to for letter in letters_of(book) for to in letter.to.split("|") if to in book.roles}
    for key in sorted(needed):
        role = book.roles[key]
        if role.kind in ("requester", "provider", "machine") or key in directory.mailboxes:
            continue
        people = directory.in_role(key)
        if not people:
            yield f"nadie tiene la función «{key}» ({role.label}); sus cartas irán a la mesa: ponga a alguien en people.toml"
        elif role.kind == "chief" or role.by_area:
            yield from _areas(book, directory, role, people)


def _areas(book: Rulebook, directory: Directory, role: Role, people: tuple[Person, ...]) -> Iterator[str]:
    """Areas for which nobody in this role answers, and people of whom nobody knows the area: told before a case needs them."""
    askers = [p for p in directory.people if book.roles.get(p.role) and book.roles[p.role].kind == "requester"]
    served = {area for p in people for area in (p.area, *p.chief_of)}
    for area in sorted({p.area for p in askers if p.area} - served):
        yield f'el área «{area}» no tiene «{role.key}» ({role.label}): ponga chief_of = ["{area}"] a quien corresponda en people.toml'
    lost = sorted(p.key for p in askers if not p.area)
    if lost:
        shown = ", ".join(lost[:8]) + ("…" if len(lost) > 8 else "")
        yield f"«{role.key}» ({role.label}) se busca por el área de quien pide, y no la tienen: {shown}; ponga area en people.toml"


def _absent(config: Config | None) -> Iterator[str]:
    """Absences in which nobody reads what is written to somebody."""
    for person in config.directory.people if config else ():
        first = person.absent_from or person.absent_until
        if person.absent_until and not person.deputy:
            yield f"«{person.key}» se ausenta hasta {person.absent_until} y nadie lo reemplaza: ponga deputy en people.toml"
        elif first and person.absent_until and first > person.absent_until:
            yield f"«{person.key}»: absent_from es después de absent_until, y la ausencia no vale ningún día"
