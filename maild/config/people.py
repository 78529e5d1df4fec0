"""people.toml: who is who, read into the directory of the core."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from maild.core.values import Directory, Echo, Person
from maild.errors import ConfigError, Problem
from maild.forms import Duration, Field, Form, Line, MailAddress, PersonAddress, Rest, Zone, load, offer


class PersonForm(Form):
    address: PersonAddress
    name: Line
    role: Line = Field(min_length=1)
    aliases: tuple[PersonAddress, ...] = ()
    unit: Line = ""
    area: Line = ""
    site: Line = ""
    level: Line = ""
    chief_of: tuple[Line, ...] = ()
    language: Literal["es", "en"] | None = None  # else the desk's
    absent_from: date | None = None
    absent_until: date | None = None
    deputy: Line = ""
    echo: Echo = "needed"
    undo_wait: Duration | None = Field(default=None, le=timedelta(minutes=30))  # none: that of [letters]
    zone: Zone | None = None  # else the desk's
    quiet: Rest | None = None
    fold: Duration | None = Field(default=None, le=timedelta(days=1))
    without: tuple[Line, ...] = ()


class SharedMailbox(Form):
    address: MailAddress


class PeopleForm(Form):
    person: dict[str, PersonForm] = Field(default={})
    mailbox: dict[str, SharedMailbox] = Field(default={})


def read_people(
    path: Path, *, domains: Iterable[str] = (), language: str = "es", desk: str = ""
) -> tuple[Directory | None, list[Problem]]:
    """The directory, or None and every problem. `desk` is the desk's own address, which is nobody's."""
    form, problems = load(PeopleForm, path)
    if form is None:
        return None, problems
    problems = [Problem(path.name, key, text) for key, text in (*_addresses(form, desk), *_deputies(form))]
    if problems:
        return None, problems
    people = tuple(_person(key, entry, language) for key, entry in form.person.items())
    shared = {role: entry.address for role, entry in form.mailbox.items()}
    return Directory(people, shared, tuple(domains)), []


def load_people(path: Path, *, domains: Iterable[str] = (), language: str = "es") -> Directory:
    """The directory of a people.toml that stands alone (a story, a rehearsal)."""
    directory, problems = read_people(path, domains=domains, language=language)
    if directory is None:
        raise ConfigError(problems)
    return directory


def _person(key: str, entry: PersonForm, language: str) -> Person:
    return Person(
        key=key,
        address=entry.address,
        name=entry.name,
        role=entry.role,
        aliases=entry.aliases,
        unit=entry.unit,
        area=entry.area,
        site=entry.site,
        level=entry.level,
        chief_of=entry.chief_of,
        language=entry.language or language,
        absent_from=entry.absent_from,
        absent_until=entry.absent_until,
        deputy=entry.deputy,
        echo=entry.echo,
        undo_wait=entry.undo_wait,
        zone=entry.zone.key if entry.zone else "",
        quiet=entry.quiet,
        fold=entry.fold,
        without=entry.without,
    )


def _addresses(form: PeopleForm, desk: str) -> Iterator[tuple[str, str]]:
    """An address names one person: what two share identifies neither."""
    owner = {desk: "la propia mesa ([desk] address)"} if desk else {}
    for key, entry in form.person.items():
        for address in (entry.address, *entry.aliases):
            place = f"person.{key}"
            if address in owner:
                yield place, f"{address} ya es de {owner[address]}; cada dirección es de una sola persona"
            owner.setdefault(address, f"[{place}]")
    for role, mailbox in form.mailbox.items():
        place = f"mailbox.{role}"
        if mailbox.address in owner:
            yield place, f"{mailbox.address} ya es de {owner[mailbox.address]}; un buzón común no es de nadie"
        owner.setdefault(mailbox.address, f"[{place}]")


def _deputies(form: PeopleForm) -> Iterator[tuple[str, str]]:
    for key, entry in form.person.items():
        if entry.deputy == key:
            yield f"person.{key}.deputy", "nadie se reemplaza a sí mismo"
        elif entry.deputy and entry.deputy not in form.person:
            hint = offer(entry.deputy, form.person)
            yield f"person.{key}.deputy", f"no hay nadie con la clave «{entry.deputy}»{hint}"
