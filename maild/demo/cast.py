"""Who plays: an invented institution and its people, written as the configuration folder that an operator would edit."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

DOMAIN = "valleclaro.example"
DESK = f"mesa@{DOMAIN}"
OPERATOR = f"operador@{DOMAIN}"
INSTITUTION = "Biblioteca Central de Valle Claro"
PASSWORD = "solo-en-la-demo"  # noqa: S105 - the embedded server on loopback, gone with the demo


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who writes. `role` empty: nobody of the directory."""

    key: str
    name: str
    role: str = ""
    unit: str = ""
    language: str = "es"
    domain: str = DOMAIN

    @property
    def address(self) -> str:
        return f"{self.key}@{self.domain}"


ROSA = Actor("rosa", "Rosa Quispe", "usuario", "Contabilidad")
PEDRO = Actor("pedro", "Pedro Huamán", "usuario", "Almacén")
GRACE = Actor("grace", "Grace Miller", "usuario", "Investigación", language="en")
ELENA = Actor("elena", "Elena Vargas", "usuario", "Dirección")
ANA = Actor("ana", "Ana Torres", "mesa", "Mesa de Ayuda")
LUIS = Actor("luis", "Luis Rojas", "tecnico", "Soporte")
MARTA = Actor("marta", "Marta Salas", "tecnico", "Soporte")
IVAN = Actor("ivan", "Iván Soto", "especialista", "Infraestructura")
CARMEN = Actor("carmen", "Carmen Díaz", "coordinador", "Coordinación")
SHOP = Actor("ventas", "Ofertas de Tóner", domain="tienda.example")
STRANGER = Actor("curioso", "Un curioso", domain="fuera.example")

STAFF = (ROSA, PEDRO, GRACE, ELENA, ANA, LUIS, MARTA, IVAN, CARMEN)

_CONFIG = """\
[desk]
name = "Mesa de Ayuda"
institution = "{institution}"
phone = "(01) 555-0100"
address = "{desk}"
operator = "{operator}"
zone = "America/Lima"
profile = "base"
[mailbox]
host = "127.0.0.1"
port = {imap}
tls = "none"
user = "{desk}"
password_file = "secrets/mailbox-password"
poll = "1s"
[smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
[schedule]
sweep = "1s"
dispatch = "1s"
[log]
level = "error"
"""


def furnish(folder: Path, imap: int, smtp: int) -> Path:
    """The desk's configuration: `maild init` writes it, we edit it as an operator does, `maild check` agrees."""
    _maild("init", str(folder))
    config = folder / "config.toml"
    text = _CONFIG.format(institution=INSTITUTION, desk=DESK, operator=OPERATOR, imap=imap, smtp=smtp)
    config.write_text(text, encoding="utf-8")
    (folder / "people.toml").write_text("\n".join(_person(actor) for actor in STAFF), encoding="utf-8")
    password = folder / "secrets" / "mailbox-password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD, encoding="utf-8")
    _maild("--config", str(config), "check")
    return config


def _person(actor: Actor) -> str:
    facts = {"address": actor.address, "name": actor.name, "role": actor.role, "unit": actor.unit}
    lines = [f'{key} = "{value}"' for key, value in (facts | {"language": actor.language}).items()]
    return "\n".join([f"[person.{actor.key}]", *lines, ""])


def _maild(*words: str) -> None:
    command = [sys.executable, "-m", "maild", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise SystemExit(f"maild {' '.join(words)}: {done.stdout}{done.stderr}")
