"""`maild init DIR`: a configuration folder that only waits for the names of one's own servers."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

from maild.cli.output import Output, json_option
from maild.errors import UsageError

# There systemd makes the state folder, elsewhere.
_SYSTEM = Path("/etc/maild")

_CONFIG = """\
# La configuración de maild: lo que hay que cambiar primero. Todas las claves, con su explicación, están en
# maild's configuration: what must be changed first. Every key, with its explanation, is in
#   {example}
# Después / afterwards: maild --config {config} check

[desk]
name = "Mesa de Ayuda"
institution = ""
address = "mesa@entidad.example"          # la dirección a la que la gente escribe / the address people write to
operator = "operador@entidad.example"     # a quién se avisa de averías / who is told of trouble
zone = "America/Lima"
profile = "{profile}"

[mailbox]
host = "imap.entidad.example"
user = "mesa@entidad.example"
password_file = "secrets/mailbox-password"  # escríbalo con chmod 600 / write it with chmod 600

[smtp]
host = "smtp.entidad.example"
user = "mesa@entidad.example"
password_file = "secrets/mailbox-password"

[storage]
folder = "{storage}"

[security]
key_file = "secrets/token-key"            # respáldela aparte / back it up apart

[rehearsal]
outbox = "hold"   # las cartas esperan; cuando se fíe, "send" / letters wait; "send" once you trust it
"""

_PEOPLE = """\
# Quién es quién. Una tabla por persona; el nombre tras «person.» es su clave corta.
# Who is who. One table per person; the name after "person." is a short key.
# Claves / keys: address, name, role, aliases, unit, area, site, level, chief_of, language, absent_from, absent_until,
# deputy, echo, undo_wait
# Los papeles (role) son los del perfil / roles are those of the profile: {rules}
#
# [person.luis]
# address = "luis@entidad.example"
# name = "Luis Rojas"
# role = "tecnico"
#
# Un buzón común de un papel / a shared mailbox of a role:
# [mailbox.mesa]
# address = "soporte@entidad.example"
"""

_RULES = """\
# Reglas propias / your own rules

Mientras esta carpeta no tenga reglas, valen las del perfil `{profile}`, que vienen con el programa.
Until this folder holds rules, those of the profile `{profile}` apply, which come with the program.

Para cambiarlas / to change them:

    cp -r {rules} {own}

y en config.toml, bajo / and in config.toml, under `[desk]`:

    rules = "rules/{profile}"

Para una institución nueva, según docs/rules.md / for a new institution, as docs/rules.md says:

    cp -r {new} {own}/mi-entidad

Cada cambio se prueba con / test each change with `maild check`.
"""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--profile", default="base", show_default=True, help="Reglas con que se empieza / rules to start from.")
@json_option
def init(folder: Path, profile: str, as_json: bool) -> None:
    """Escribe en CARPETA config.toml, people.toml, rules/ y una clave nueva. Nunca sobrescribe.

    Writes config.toml, people.toml, rules/ and a fresh key into the folder. Never overwrites.
    """
    folder = folder.absolute()
    out = Output(as_json)
    files = _files(folder, _known(profile))
    there = [path for path in files if path.exists()]
    if there:
        raise UsageError(f"ya existe {there[0]}; no se sobrescribió nada / it exists already; nothing was overwritten")
    for path, (text, mode) in files.items():
        _write(path, text, mode)
        out.line({"written": str(path)})
        out.tell(f"  {path}")
    if folder != _SYSTEM:
        (folder / "storage").mkdir(mode=0o700, exist_ok=True)
    out.tell(f"Edite config.toml y ejecute: maild --config {folder / 'config.toml'} check", "green")


def _known(profile: str) -> str:
    from maild.config.shipped import shipped
    from maild.forms.wording import offer

    profiles = sorted(path.name for path in shipped("rules").glob("[!_]*") if path.is_dir())
    if profile not in profiles:
        hint = offer(profile, profiles) or f"; los que hay: {', '.join(profiles)}"
        raise UsageError(f"no conozco el perfil «{profile}»{hint}")
    return profile


def _files(folder: Path, profile: str) -> dict[Path, tuple[str, int]]:
    from maild.config.shipped import shipped

    rules = shipped("rules") / profile
    storage = "/var/lib/maild" if folder == _SYSTEM else "storage"
    config = folder / "config.toml"
    text = _CONFIG.format(example=shipped("config.example.toml"), config=config, profile=profile, storage=storage)
    readme = _RULES.format(profile=profile, rules=rules, new=rules.parent / "_new", own=folder / "rules")
    key = f"# La primera firma, todas comprueban / the first one signs, all verify\na {secrets.token_hex(32)}\n"
    return {
        config: (text, 0o644),
        folder / "people.toml": (_PEOPLE.format(rules=rules), 0o640),
        folder / "rules" / "README.md": (readme, 0o644),
        folder / "secrets" / "token-key": (key, 0o600),
    }


def _write(path: Path, text: str, mode: int) -> None:
    """Created with its mode from the first byte on; an existing file is an error, whoever made it meanwhile."""
    secret = mode == 0o600
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if secret else 0o755)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
