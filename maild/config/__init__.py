"""config.toml and people.toml as typed values, with all problems of both told together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maild.config.people import load_people, read_people
from maild.config.reach import complete_url
from maild.config.secret import Secret
from maild.config.shipped import shipped
from maild.config.tables import (
    Database,
    Desk,
    Letters,
    Limits,
    Log,
    Mailbox,
    Metrics,
    Orders,
    Privacy,
    Rehearsal,
    Schedule,
    Security,
    Smtp,
    Storage,
)
from maild.core.seal import KeyRing
from maild.core.values import Directory
from maild.errors import ConfigError, PermanentError, Problem
from maild.forms import Field, Form, fill, read_toml

__all__ = ["Config", "ConfigForm", "Secret", "find", "key_ring", "load", "load_people", "secret_problems", "shipped"]

_KEY_LINE = re.compile(r"([0-9a-z]{1,8}) ([0-9a-f]{64})")


class ConfigForm(Form):
    """The whole of config.toml. Tables that are absent stand at their defaults."""

    desk: Desk
    mailbox: tuple[Mailbox, ...] = ()
    smtp: Smtp
    database: Database = Field(default=Database())
    storage: Storage = Field(default={}, validate_default=True)
    security: Security = Field(default={}, validate_default=True)
    letters: Letters = Field(default=Letters())
    schedule: Schedule = Field(default=Schedule())
    orders: Orders = Field(default=Orders())
    limits: Limits = Field(default=Limits())
    privacy: Privacy = Field(default=Privacy())
    log: Log = Field(default=Log())
    metrics: Metrics = Field(default=Metrics())
    rehearsal: Rehearsal = Field(default=Rehearsal())


@dataclass(frozen=True, slots=True)
class Config:
    """What the operator decided. Paths are absolute; secrets are callables; nothing here shows one."""

    path: Path
    desk: Desk
    mailboxes: tuple[Mailbox, ...]
    smtp: Smtp
    database: Database
    storage: Storage
    security: Security
    letters: Letters
    schedule: Schedule
    orders: Orders
    limits: Limits
    log: Log
    metrics: Metrics
    rehearsal: Rehearsal
    directory: Directory

    @property
    def rules_folder(self) -> Path:
        return self.desk.rules or shipped("rules") / self.desk.profile

    @property
    def template_folders(self) -> tuple[Path, ...]:
        """The institution's own letters first, then those that come with the program."""
        return (*((self.desk.templates,) if self.desk.templates else ()), shipped("templates"))

    @property
    def raw_folder(self) -> Path:
        """Where the mails lie whole, under the hash of their content."""
        return self.storage.folder / "raw"

    @property
    def domain(self) -> str:
        """The domain that our Message-IDs and our greeting to servers carry."""
        return self.desk.address.rpartition("@")[2]

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an SQLite database, in the storage folder unless its path is absolute; None for a server."""
        name = self.database.url.removeprefix("sqlite:///")
        return self.storage.folder / name if name != self.database.url else None

    def database_url(self) -> str:
        """The URL with which the store opens the database; it may hold the password: neither keep nor log it."""
        if self.sqlite_file:
            return f"sqlite:///{self.sqlite_file}"
        secret = self.database.secret
        return complete_url(self.database.url, secret() if secret.is_given else "")


def find(path: Path | str | None = None) -> Path:
    """The configuration that counts: the given one, else $MAILD_CONFIG, else ./config.toml, else /etc/maild's."""
    for given in (path, os.environ.get("MAILD_CONFIG")):
        if given:
            if Path(given).is_file():
                return Path(given).absolute()
            raise ConfigError([Problem(str(given), "", "no existe; `maild init CARPETA` escribe una configuración")])
    places = (Path("config.toml"), Path("/etc/maild/config.toml"))
    for place in places:
        if place.is_file():
            return place.absolute()
    looked = "no hay configuración aquí ni en /etc/maild; escriba una con `maild init CARPETA` o señálela con --config"
    raise ConfigError([Problem("config.toml", "", looked)])


def load(path: Path) -> Config:
    """Read config.toml and the people.toml it names, or raise ConfigError with every problem of both."""
    path = path.absolute()
    data, problems = read_toml(path)
    form: ConfigForm | None = None
    if data is not None:
        form, problems = fill(ConfigForm, _one_or_many(data), path.name, folder=path.parent)
    if form is not None:
        problems = list(_across(form, path.name))
    directory, about_people = read_people(_people_file(path, data), **_house(form))
    if form is None or directory is None or problems:
        raise ConfigError([*problems, *about_people])
    tables = {name: getattr(form, name) for name in type(form).model_fields if name not in ("mailbox", "privacy")}
    return Config(path=path, mailboxes=form.mailbox, directory=directory, **tables)


def secret_problems(config: Config) -> list[Problem]:
    """Secrets that cannot be read right now. Apart from `load`, so that looking at tickets needs no password."""
    several = len(config.mailboxes) > 1
    found = [(f"mailbox.{box.name}" if several else "mailbox", box.secret) for box in config.mailboxes]
    if config.smtp.user:
        found.append(("smtp", config.smtp.secret))
    if config.smtp.dkim_selector:
        found.append(("smtp.dkim_key_file", config.smtp.dkim_key))
    if config.database.secret.is_given:
        found.append(("database", config.database.secret))
    problems = [Problem(config.path.name, key, text) for key, secret in found if (text := secret.problem())]
    try:
        key_ring(config)
    except PermanentError as error:
        problems.append(Problem(config.path.name, "security.key_file", str(error)))
    return problems


def key_ring(config: Config) -> KeyRing:
    """The keys that sign our letters: one `id hex` per line, the first signs, all verify."""
    secret = Secret("token-key", config.security.key_file)
    lines = [line.strip() for line in secret().splitlines()]
    found = [_KEY_LINE.fullmatch(line) for line in lines if line and not line.startswith("#")]
    keys = {match[1]: bytes.fromhex(match[2]) for match in found if match}
    if not keys or len(keys) < len(found):
        raise PermanentError(
            f"{config.security.key_file}: cada línea es un nombre corto y 64 cifras hexadecimales; no la edite"
        )
    return KeyRing(keys, next(iter(keys)))


def _one_or_many(data: dict[str, Any]) -> dict[str, Any]:
    """[mailbox] is the usual; [[mailbox]] is for several."""
    box = data.get("mailbox")
    return {**data, "mailbox": [box]} if isinstance(box, dict) else data


def _people_file(path: Path, data: dict[str, Any] | None) -> Path:
    """Found even when config.toml is wrong elsewhere, so that its problems are told in the same breath."""
    desk = (data or {}).get("desk")
    name = desk.get("people") if isinstance(desk, dict) else None
    return path.parent / (name if isinstance(name, str) and name else "people.toml")


def _house(form: ConfigForm | None) -> dict[str, Any]:
    if form is None:
        return {}
    own = form.desk.domains or (form.desk.address.rpartition("@")[2],)
    return {"domains": own, "language": form.desk.language, "desk": form.desk.address}


def _across(form: ConfigForm, file: str) -> Iterator[Problem]:
    """What no single table can see."""
    if form.desk.operator == form.desk.address:
        yield Problem(file, "desk.operator", "es la dirección de la propia mesa: los avisos volverían como correos")
    names = [box.name for box in form.mailbox]
    if len(set(names)) < len(names):
        yield Problem(file, "mailbox", "con varios buzones, dé a cada uno un name distinto; los guarda el historial")
    if form.security.allow_inline_secrets:
        return
    tables: Sequence[tuple[str, Any]] = (*(("mailbox", b) for b in form.mailbox), ("smtp", form.smtp))
    for key, table in (*tables, ("database", form.database)):
        if table.password:
            yield Problem(
                file, key, "las contraseñas no se escriben aquí; guárdela en un archivo 0600 y use password_file"
            )
