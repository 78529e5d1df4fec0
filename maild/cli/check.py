"""`maild check`: every mistake in every file that somebody edits, in one go, without connecting to anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maild.cli import rulecheck
from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.errors import ConfigError, Problem, UsageError

if TYPE_CHECKING:
    from maild.config import Config

_WRONG = 78
# What `maild init` writes for the operator to replace.
_PLACEHOLDER = "entidad.example"


@click.command()
@click.argument("profile", required=False)
@click.option(
    "--draw",
    "drawings",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="CARPETA",
    help="Dibuja ahí cada procedimiento como diagrama de flujo (Mermaid) / draws every procedure there.",
)
@json_option
@pass_call
def check(call: Call, profile: str | None, drawings: Path | None, as_json: bool) -> int:
    """Revisa config.toml, people.toml, los secretos, las reglas y las plantillas, y dice todo lo que está mal.

    Con PERFIL, revisa esas reglas aunque no haya configuración. / With PROFILE, checks those rules even without one.
    """
    out = Output(as_json)
    config, problems = _configured(call, bool(profile))
    if config or profile:
        folder = rules_folder(config, profile)
        problems += rulecheck.problems(folder, config)
        if drawings or not problems:
            rulecheck.tell(folder, config, drawings, out)
    if config:
        problems += _placeholders(config)
        problems += _secrets(config)
        problems += _letters(config)
    out.problems(sorted(set(problems)))
    if problems:
        count = len(set(problems))
        out.say(f"{count} {'problema' if count == 1 else 'problemas'} / problems", "red")
        return _WRONG
    out.tell("todo en orden / everything in order", "green")
    return 0


def _configured(call: Call, optional: bool) -> tuple[Config | None, list[Problem]]:
    try:
        return call.config(), []
    except ConfigError as error:
        absent = optional and not call.config_path and _nowhere(call)
        return None, [] if absent else list(error.problems)


def _nowhere(call: Call) -> bool:
    try:
        call.find()
    except ConfigError:
        return True
    return False


def _placeholders(config: Config) -> Iterator[Problem]:
    several = len(config.mailboxes) > 1
    boxes = [(f"mailbox.{i}.host" if several else "mailbox.host", b.host) for i, b in enumerate(config.mailboxes, 1)]
    values = [("desk.address", config.desk.address), ("desk.operator", config.desk.operator), *boxes]
    for key, value in (*values, ("smtp.host", config.smtp.host)):
        if value.endswith(_PLACEHOLDER):
            yield Problem(config.path.name, key, f"todavía dice «{value}», que es el ejemplo; escriba lo suyo")


def _secrets(config: Config) -> list[Problem]:
    from maild.config import secret_problems

    return secret_problems(config)


def _letters(config: Config) -> list[Problem]:
    """Every template printed once with everything a letter may hold; the logo."""
    from maild.mail.compose import Composer, DeskIdentity

    desk, found = config.desk, list[Problem]()
    if desk.logo:
        from maild.house import logo_of  # with the whole house behind it

        try:
            logo_of(config)
        except ConfigError as error:
            found += error.problems
    identity = DeskIdentity(desk.name, desk.address, desk.institution, desk.phone, zone=desk.zone.key)
    return [*found, *Composer(config.template_folders, identity).problems()]


def rules_folder(config: Config | None, profile: str | None) -> Path:
    """The rules that `check` looks at: the named profile's, else those of the configuration."""
    from maild.config.shipped import rules_called

    if profile:
        return rules_called(profile)
    if config is None:
        raise UsageError("sin configuración hay que decir qué perfil se revisa")
    return config.rules_folder
