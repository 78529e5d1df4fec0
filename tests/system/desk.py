"""A desk for tests on real servers: writes a configuration folder, runs `maild` as an operator does, and looks at what became of it.

What is looked at is what promises speak of: mailboxes, and rows of the database by plain SQL. Nothing of maild is imported.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg.rows import tuple_row

from tests.system.servers import Servers
from tests.system.settings import DOMAIN, PASSWORD

T = TypeVar("T")
HOME = Path(__file__).parents[2]
PATIENCE = 30.0
MARK = "MESA"

PEOPLE = f"""\
[person.lupe]
address = "lupe@{DOMAIN}"
name = "Lupe Mesa"
role = "mesa"
[person.teo]
address = "teo@{DOMAIN}"
name = "Teo Técnico"
role = "tecnico"
[person.eva]
address = "eva@{DOMAIN}"
name = "Eva Especialista"
role = "especialista"
[person.caro]
address = "caro@{DOMAIN}"
name = "Caro Coordinadora"
role = "coordinador"
[person.rosa]
address = "rosa@{DOMAIN}"
name = "Rosa Usuaria"
role = "usuario"
[person.raul]
address = "raul@{DOMAIN}"
name = "Raúl Usuario"
role = "usuario"
"""


@dataclass(slots=True)
class Desk:
    """One configuration folder. `tables` are TOML tables that replace or join the usual ones, by name."""

    folder: Path
    servers: Servers
    database: str = "sqlite:///maild.db"
    user: str = "helpdesk"
    mailbox: dict[str, Any] = field(default_factory=dict)
    smtp: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: str = PEOPLE
    has_mailbox: bool = True

    def __post_init__(self) -> None:
        if self.database.startswith("sqlite"):
            self.database = "sqlite:///maild.db"  # in the storage folder, as usual
        self.folder.mkdir(parents=True, exist_ok=True)
        key = self.folder / "secrets" / "token-key"
        key.parent.mkdir(mode=0o700, exist_ok=True)
        if not key.exists():
            key.write_text(f"a {secrets.token_hex(32)}\n")
            key.chmod(0o600)
        self.write()

    @property
    def address(self) -> str:
        return f"{self.user}@{DOMAIN}"

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def write(self) -> None:
        """Write the files again, after a field was changed."""
        tables: dict[str, dict[str, Any]] = {
            "desk": {"address": self.address, "operator": f"operador@{DOMAIN}", "domains": [DOMAIN]},
            "mailbox": {"host": "127.0.0.1", "port": self.servers.imap_port, "tls": "none", "user": self.user,
                        "password": PASSWORD, "poll": "5s", **self.mailbox},
            "smtp": {"host": "127.0.0.1", "port": self.servers.smtp_port, "tls": "none", **self.smtp},
            "database": {"url": self.database},
            "security": {"allow_inline_secrets": True},
            "schedule": {"sweep": "1s", "dispatch": "1s"},
            "letters": {"undo_wait": "0s"},  # who waits for a letter here does not wait for an undo
            "log": {"level": "info", "addresses": "show"},
        }  # fmt: skip
        if not self.has_mailbox:
            del tables["mailbox"]
        for name, values in self.tables.items():
            tables[name] = tables.get(name, {}) | values
        text = "".join(
            f"[{name}]\n" + "".join(_line(*pair) for pair in values.items()) for name, values in tables.items()
        )
        self.config.write_text(text)
        (self.folder / "people.toml").write_text(self.people)

    def upgrade(self) -> Desk:
        """Make the tables of an empty database, as `maild db upgrade` does. SQLite needs no such step."""
        if not self.database.startswith("sqlite"):
            code = (
                "import sys\nfrom maild.store.database import Database\nfrom maild.store.upgrade import upgrade\n"
                "upgrade(Database(sys.argv[1]))"
            )
            command = [sys.executable, "-c", code, self.database]
            subprocess.run(command, check=True, capture_output=True, env=self._environment({}))
        return self

    # Running -------------------------------------------------------------------------------------------------

    def maild(
        self, *words: str, stdin: bytes = b"", expect: int | None = 0, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one command to its end; `expect` is its exit code (None: any)."""
        command = [sys.executable, "-m", "maild", "--config", str(self.config), *words]
        done = subprocess.run(
            command, input=stdin, capture_output=True, timeout=180, env=self._environment(environment), check=False
        )
        if expect is not None and done.returncode != expect:
            raise AssertionError(
                f"maild {' '.join(words)} ended with {done.returncode}\n{done.stderr.decode()[-4000:]}"
            )
        return done

    def once(self, at: datetime | None = None, only: str = "", expect: int | None = 0) -> str:
        """One round; what it wrote to its log."""
        words = ["run", "--once", *(["--at", at.isoformat()] if at else []), *(["--only", only] if only else [])]
        return self.maild(*words, expect=expect).stderr.decode()

    @contextlib.contextmanager
    def running(self, *words: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """The daemon beside the test. It must end by SIGTERM, cleanly and soon."""
        (self.folder / "daemon.log").touch()
        begun = len(self.log())
        with (self.folder / "daemon.log").open("ab") as log:
            daemon = subprocess.Popen(
                [sys.executable, "-m", "maild", "--config", str(self.config), "run", *words],
                stdout=log, stderr=log, env=self._environment(environment),
            )  # fmt: skip
        try:
            self.until(lambda: b"started" in self.log()[begun:] or daemon.poll() is not None, "the daemon's start")
            assert daemon.poll() is None, self.log().decode()[-4000:]
            yield daemon
            assert daemon.poll() is None, self.log().decode()[-4000:]
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(PATIENCE) == 0, self.log().decode()[-4000:]
        finally:
            if daemon.poll() is None:
                daemon.kill()
                daemon.wait()

    def log(self) -> bytes:
        return (self.folder / "daemon.log").read_bytes()

    @staticmethod
    def _environment(more: dict[str, str]) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("MAILD_")}
        return {**inherited, "PYTHONPATH": str(HOME), **more}

    def until(self, ready: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
        """What `ready` answers as soon as it is true."""
        deadline = time.monotonic() + seconds
        while not (answer := ready()):
            if time.monotonic() > deadline:
                log = (self.folder / "daemon.log").read_text()[-3000:] if (self.folder / "daemon.log").exists() else ""
                raise AssertionError(f"waited in vain for {what}\n{log}")
            time.sleep(0.05)
        return answer

    # Looking -------------------------------------------------------------------------------------------------

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Plain SQL with `?` for values, on either database."""
        if self.database.startswith("postgresql"):
            with psycopg.connect(self.database, row_factory=tuple_row) as connection:
                return list(connection.execute(query.replace("%", "%%").replace("?", "%s").encode(), values).fetchall())
        name = self.database.removeprefix("sqlite:///")
        path = Path(name) if name.startswith("/") else self.folder / "storage" / name
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
            return list(connection.execute(query, values))

    def one(self, query: str, *values: Any) -> Any:
        """The first column of the only row."""
        (row,) = self.rows(query, *values)
        return row[0]

    def states(self) -> dict[str, int]:
        """How many mails stand in each state."""
        return {state: int(n) for state, n in self.rows("SELECT state, count(*) FROM inbound GROUP BY state")}

    def tickets(self) -> list[tuple[int, str, str]]:
        """Number, state and requester of every ticket."""
        return [(int(n), s, r) for n, s, r in self.rows("SELECT number, state, requester FROM ticket ORDER BY number")]

    def state(self, number: int) -> str:
        return str(self.one("SELECT state FROM ticket WHERE number = ?", number))

    def letters(self, to: str = "", template: str = "") -> list[tuple[str, str, str]]:
        """Template, recipient and state of letters in the outbox, in the order in which they were written."""
        rows = self.rows("SELECT template, recipient, state FROM outbox ORDER BY id")
        return [row for row in rows if to in row[1] and template in row[0]]

    def decided(self, raw: bytes) -> tuple[str, str, int]:
        """State, reason and ticket of this mail, once it has got its last state."""
        name = str(parsed(raw)["Message-ID"]).strip("<> ")
        query = "SELECT state, reason, ticket FROM inbound WHERE message_id = ? AND state <> 'stored' ORDER BY id DESC"
        state, reason, ticket = self.until(lambda: self.rows(query, name), f"the decision about {name}")[0]
        return str(state), str(reason), int(ticket or 0)

    def letter(self, number: int, template: str, to: str) -> EmailMessage:
        """The newest such letter, as its reader got it through the relay."""
        query = "SELECT message_id FROM outbox WHERE ticket = ? AND template = ? AND recipient = ? ORDER BY id DESC"
        wanted = f"{to}@{DOMAIN}" if "@" not in to else to
        (name,) = self.until(lambda: self.rows(query, number, template, wanted), f"{template} to {to}")[0]
        got = self.until(lambda: [m for m in self.inbox(to) if name in str(m["Message-ID"])], f"{template} at {to}")
        return got[0]

    def inbox(self, user: str) -> list[EmailMessage]:
        """The letters a person has got, oldest first."""
        return [parsed(raw) for raw in self.servers.messages(user)]

    def received(self, user: str, number: int) -> list[EmailMessage]:
        return [parsed(raw) for raw in self.servers.wait_for(user, number)]


def _line(key: str, value: Any) -> str:
    if isinstance(value, bool):
        shown = str(value).lower()
    elif isinstance(value, list):
        shown = "[" + ", ".join(f'"{each}"' for each in value) + "]"
    else:
        shown = str(value) if isinstance(value, int) else f'"{value}"'
    return f"{key} = {shown}\n"


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def words_of(letter: EmailMessage) -> str:
    """The plain text of a letter."""
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def mail(
    sender: str, subject: str = "La impresora no imprime", text: str = "No sale ninguna hoja.", *,
    to: str = f"helpdesk@{DOMAIN}", message_id: str = "", **headers: str,
) -> bytes:  # fmt: skip
    """A mail as a person's program writes it; headers with `_` for `-`."""
    message = EmailMessage()
    message["From"] = sender if "@" in sender else f"{sender}@{DOMAIN}"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = message_id or f"<{secrets.token_hex(8)}@{DOMAIN}>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes(policy=email.policy.SMTP)


def reply(to: EmailMessage, sender: str, text: str, *, order: str = "", **headers: str) -> bytes:
    """What a mail program makes of "reply": our id in both fields, our subject, our text below."""
    quoted = "\n".join(f"> {line}" for line in words_of(to).splitlines())
    subject = f"Re: {to['Subject']}" + (f" {order}" if order else "")
    fields = {
        "In_Reply_To": str(to["Message-ID"]),
        "References": f"{to['References'] or ''} {to['Message-ID']}".strip(),
    }
    body = f"{text}\n\nEl vie, 20 nov 2026, Mesa de Ayuda escribió:\n{quoted}\n"
    return mail(sender, subject, body, to=str(to["From"].addresses[0].addr_spec), **fields | headers)
