"""How a private copy of each server is configured and started. Nothing under /etc or /var is read or written.

Every daemon stays in the foreground as a child of ours, and the kernel signals it when we die (`setpriv --pdeathsig`).
That signal belongs to the thread that starts it, so servers are started from the main thread only.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs

import psycopg

from tests.system import settings

ROOT = os.geteuid() == 0
PATIENCE = 30.0  # seconds until a daemon that does not answer counts as broken
_SEARCH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class ServerError(RuntimeError):
    """A daemon did not start, or what a test waited for did not come."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the private servers live: one short folder (a socket's path has 108 bytes) and their ports."""

    folder: Path
    durable: bool  # fsync as in production; without it tests are faster and a kill still loses nothing
    imap: int
    imaps: int
    lmtp: int
    smtp: int
    submission: int
    oauth: int
    postgres: int

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"


class Daemon(Protocol):
    def missing(self) -> list[str]: ...
    def prepare(self) -> None: ...
    def launch(self) -> None: ...
    def wait(self) -> None: ...
    def stop(self) -> None: ...


def program(name: str) -> str | None:
    return shutil.which(name, path=_SEARCH)


def spawn(place: Place, name: str, command: list[str], *, last_signal: str = "TERM", user: str = "") -> Child:
    """Start `command` so that it ends with us. Its output goes to a file: an inherited stdout would hang a CI job."""
    guard = ["setpriv", "--pdeathsig", last_signal]
    if user:
        person = pwd.getpwnam(user)
        guard += ["--reuid", user, "--regid", str(person.pw_gid), "--init-groups"]
    with (place.folder / f"{name}.out").open("ab") as out:
        process = subprocess.Popen(
            [*guard, *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            env={"PATH": _SEARCH, "LANG": "C.UTF-8", "HOME": str(place.folder)},
            start_new_session=True,
        )
    return Child(name, process, place.folder)


@dataclass(slots=True)
class Child:
    """A process of ours, with the folder where its last words are."""

    name: str
    process: subprocess.Popen[bytes]
    folder: Path

    def finish(self) -> None:
        if self.process.wait(PATIENCE):
            raise ServerError(f"{self.name} failed\n{self.last_words()}")

    def wait_for(self, *ports: int) -> None:
        deadline = time.monotonic() + PATIENCE
        for port in ports:
            while not _answers(port):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise ServerError(f"{self.name} does not listen on {port}\n{self.last_words()}")
                time.sleep(0.02)

    def end(self, how: signal.Signals) -> None:
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def last_words(self) -> str:
        logs = sorted(self.folder.glob(f"{self.name}*.out")) + sorted(self.folder.glob(f"{self.name}*.log"))
        return "\n".join(log.read_text(errors="replace")[-3000:] for log in logs)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(slots=True)
class Dovecot:
    place: Place
    child: Child | None = field(default=None, init=False)

    def missing(self) -> list[str]:
        wanted = {"dovecot-imapd": program("dovecot"), "dovecot-lmtpd": _existing("/usr/lib/dovecot/lmtp")}
        return [package for package, found in wanted.items() if not found]

    def prepare(self) -> None:
        for name in ("run", "state", "mail"):
            (self.place.folder / name).mkdir(exist_ok=True)
        if ROOT:
            os.chown(self.place.folder / "mail", settings.MAIL_UID, settings.MAIL_UID)
        (self.place.folder / "oauth2.conf").write_text(settings.dovecot_oauth(self.place.oauth))
        (self.place.folder / "dovecot.conf").write_text(settings.dovecot(self.place, as_root=ROOT))

    def launch(self) -> None:
        command = [program("dovecot") or "", "-F", "-c", str(self.place.folder / "dovecot.conf")]
        self.child = spawn(self.place, "dovecot", command)

    def wait(self) -> None:
        assert self.child is not None
        self.child.wait_for(self.place.imap, self.place.imaps, self.place.lmtp)

    def stop(self) -> None:
        if self.child:
            self.child.end(signal.SIGTERM)


@dataclass(slots=True)
class Postfix:
    place: Place
    check: Child | None = field(default=None, init=False)
    child: Child | None = field(default=None, init=False)

    def missing(self) -> list[str]:
        if not program("postfix"):
            return ["postfix"]
        return [] if ROOT else ["root (Postfix starts as nobody else)"]

    def prepare(self) -> None:
        config = self.place.folder / "postfix"
        for name in ("postfix", "queue", "postfix-data"):
            (self.place.folder / name).mkdir(exist_ok=True)
        os.chown(self.place.folder / "postfix-data", pwd.getpwnam("postfix").pw_uid, -1)
        (config / "main.cf").write_text(settings.postfix_main(self.place))
        (config / "master.cf").write_text(settings.postfix_master(self.place))
        (config / "refused").write_text(settings.REFUSED)
        past = time.time() - 60
        for file in config.iterdir():  # each Postfix program waits until its files are two seconds old
            os.utime(file, (past, past))
        # `postfix start` sleeps two seconds; `check` makes the queue folders, then master itself runs.
        self.check = spawn(self.place, "postfix-check", [program("postfix") or "", "-c", str(config), "check"])

    def launch(self) -> None:
        assert self.check is not None
        self.check.finish()
        config = str(self.place.folder / "postfix")
        found = subprocess.run(
            [program("postconf") or "", "-c", config, "-hx", "daemon_directory"], capture_output=True, check=True
        )
        self.child = spawn(self.place, "postfix", [f"{found.stdout.decode().strip()}/master", "-c", config, "-d"])

    def wait(self) -> None:
        assert self.child is not None
        self.child.wait_for(self.place.smtp, self.place.submission)

    def stop(self) -> None:
        if self.child:
            self.child.end(signal.SIGTERM)


@dataclass(slots=True)
class PostgreSQL:
    place: Place
    initdb: Child | None = field(default=None, init=False)
    child: Child | None = field(default=None, init=False)

    def missing(self) -> list[str]:
        return [] if self._bin() else ["postgresql"]

    def prepare(self) -> None:
        data, sockets = self.place.folder / "pg", self.place.folder / "pgs"
        if data.exists():
            return
        for folder in (data, sockets):
            folder.mkdir(mode=0o700)
            if ROOT:
                shutil.chown(folder, "postgres", "postgres")
        options = ["-U", "maild", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        command = [f"{self._bin()}/initdb", "-D", str(data), *options]
        self.initdb = spawn(self.place, "postgres-initdb", command, user=self._user())

    def launch(self) -> None:
        if self.initdb:
            self.initdb.finish()
        folder = self.place.folder
        command = [f"{self._bin()}/postgres", "-D", str(folder / "pg"), "-p", str(self.place.postgres)]
        command += ["-h", "127.0.0.1", "-k", str(folder / "pgs"), "-N", "200"]
        command += [] if self.place.durable else ["-F"]  # no fsync: a kill loses nothing, only a power cut would
        # INT is PostgreSQL's "fast": TERM would wait for its clients, QUIT would need a recovery.
        self.child = spawn(self.place, "postgres", command, last_signal="INT", user=self._user())

    def wait(self) -> None:
        assert self.child is not None
        self.child.wait_for(self.place.postgres)
        # The port opens a moment before anybody is let in.
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(f"postgresql://maild@127.0.0.1:{self.place.postgres}/postgres").close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        if self.child:
            self.child.end(signal.SIGINT)

    @staticmethod
    def _bin() -> Path | None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
        return found[-1].parent if found else None

    @staticmethod
    def _user() -> str:
        return "postgres" if ROOT else ""


class OAuth:
    """Token introspection after RFC 7662: `good-<user>` is an active token of that user, any other is not."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.server: ThreadingHTTPServer | None = None

    def missing(self) -> list[str]:
        return []

    def prepare(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", self.place.oauth), _Introspection)

    def launch(self) -> None:
        assert self.server is not None
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def wait(self) -> None:
        pass

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()


class _Introspection(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        token = form.get("token", [""])[0]
        answer = settings.introspection(token).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


def _existing(path: str) -> Path | None:
    return Path(path) if Path(path).exists() else None
