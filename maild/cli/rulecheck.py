"""The part of `maild check` that looks at a rules folder: names, the walk of every procedure, letters, people, drawings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from maild.cli.output import Output
from maild.errors import Problem, RulesError

if TYPE_CHECKING:
    from maild.config import Config
    from maild.core.moves import LetterTo
    from maild.core.rulebook import Rulebook

_LIMA = "America/Lima"
# With whose words people of a relation are written to, when they have no role that says so.
_AUDIENCES = {"requester": "user", "responsible": "technician", "provider": "provider", "providers": "provider"}


def problems(folder: Path, config: Config | None) -> list[Problem]:
    """Everything that is wrong in the rules, and roles of people that the rules do not know."""
    from maild import rules
    from maild.config.shipped import shipped
    from maild.forms import offer
    from maild.rules import cases, walk

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
    return [*unknown, *walk.problems(book, folder), *cases.problems(book, folder), *_unwritten(book, config)]


def tell(folder: Path, config: Config | None, drawings: Path | None, out: Output) -> None:
    """What is no mistake but should be known: values left open, roles that nobody has. And the drawings."""
    from maild import rules
    from maild.config.shipped import shipped
    from maild.rules.draw import mermaid

    try:
        book = rules.load(folder, zone=config.desk.zone.key if config else _LIMA, base=shipped("rules") / "base")
    except RulesError:
        return
    for notice in (*book.notices, *_open_values(book), *_unmanned(book, config)):
        out.say(f"aviso / notice: {notice}", "yellow")
    if drawings:
        drawings.mkdir(parents=True, exist_ok=True)
        for procedure in book.procedures.values():
            (drawings / f"{procedure.key}.mmd").write_text(mermaid(book, procedure), encoding="utf-8")


def _letters(book: Rulebook) -> Iterator[LetterTo]:
    for _, step in book.all_steps():
        yield from step.turn
        yield from step.child.letters if step.child else ()
        for move in step.moves:
            yield from move.letters
    owned = (owner.letters for group in (book.clocks, book.mails, book.verbs) for owner in group.values())
    for letters in (*owned, book.reopening.letters):
        yield from letters
    for letters in book.letters.values():
        yield from letters


def _unwritten(book: Rulebook, config: Config | None) -> Iterator[Problem]:
    """Letters that the rules send and nobody has written."""
    from maild.config.shipped import shipped
    from maild.core.letters import LANGUAGES
    from maild.mail.compose import Composer, DeskIdentity

    folders = config.template_folders if config else (shipped("templates"),)
    composer = Composer(folders, DeskIdentity("", "mesa@entidad.example", "", zone=_LIMA))
    wanted = set()
    for letter in _letters(book):
        for to in letter.to.split("|"):
            role = book.roles.get(to)
            audience = role.audience if role else _AUDIENCES.get(to, "user" if to in ("list", "creator") else "")
            if audience and not (role and role.kind == "machine"):
                wanted.add((letter.template, audience))
    for template, audience in sorted(wanted):
        for language in LANGUAGES:
            if not composer.has(template, audience, language):
                yield Problem(
                    f"templates/{language}/{audience}/{template}.md.j2",
                    "",
                    "las reglas envían esta carta y no está escrita",
                )


def _open_values(book: Rulebook) -> Iterator[str]:
    """Clocks to which nobody has given a value: they never run."""
    for key, clock in book.clocks.items():
        if clock.span is None and clock.schedule is None and not clock.given_by:
            yield f"el reloj «{key}» no tiene valor y no corre: póngale {'every' if clock.recurring else 'after'} en clocks.toml"


def _unmanned(book: Rulebook, config: Config | None) -> Iterator[str]:
    """Roles that the procedures need and that nobody in the directory has."""
    if config is None:
        return
    directory = config.directory
    needed = {step.role for _, step in book.all_steps()}
    needed |= {to for letter in _letters(book) for to in letter.to.split("|") if to in book.roles}
    for key in sorted(needed):
        role = book.roles[key]
        if role.kind in ("requester", "provider", "machine") or key in directory.mailboxes or directory.in_role(key):
            continue
        yield f"nadie tiene la función «{key}» ({role.label}); sus cartas irán a la mesa: ponga a alguien en people.toml"
