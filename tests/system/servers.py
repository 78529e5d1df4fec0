"""Private Dovecot, Postfix, PostgreSQL and a token endpoint, and what a test does to them from outside.

They start in parallel on free loopback ports in one short folder, and end with us even when we are killed: the kernel
signals them, and whoever starts next sweeps what a dead owner left. Speaks through the standard library only, never
through maild: what a test sees must not depend on what it tests.
"""

from __future__ import annotations

import contextlib
import fcntl
import imaplib
import itertools
import os
import random
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import psycopg

from tests.system.daemons import Daemon, Dovecot, OAuth, Place, Postfix, PostgreSQL, ServerError, program
from tests.system.settings import DOMAIN, PASSWORD

ALL = ("oauth", "dovecot", "postfix", "postgres")
_PREFIX = "md-"
_OWNER = "owner.lock"


class MissingError(ServerError):
    """A program that this machine does not have."""


class Servers:
    """The private servers of one test run. Made cheaply; `start` starts what is named and not yet running."""

    def __init__(self, *, durable: bool = False) -> None:
        sweep()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir="/tmp"))
        folder.chmod(0o755)  # the daemons leave root behind and must still find their files
        self._lock = (folder / _OWNER).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.place = Place(folder, durable, *_free_ports(7))
        self._daemons: dict[str, Daemon] = {
            "oauth": OAuth(self.place),
            "dovecot": Dovecot(self.place),
            "postfix": Postfix(self.place),
            "postgres": PostgreSQL(self.place),
        }
        self._running: list[str] = []
        self._databases = itertools.count(1)

    # What a configuration needs ------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        return self.place.folder

    @property
    def imap_port(self) -> int:
        return self.place.imap

    @property
    def imaps_port(self) -> int:
        return self.place.imaps

    @property
    def lmtp_port(self) -> int:
        return self.place.lmtp

    @property
    def smtp_port(self) -> int:
        return self.place.smtp

    @property
    def submission_port(self) -> int:
        return self.place.submission

    @property
    def oauth_port(self) -> int:
        return self.place.oauth

    @property
    def pg_dsn(self) -> str:
        return self._dsn("postgres")

    @property
    def ca_file(self) -> Path:
        return self.place.certificate

    # Life ----------------------------------------------------------------------------------------------------

    def start(self, *names: str) -> Servers:
        """Start the named servers (all, if none is named) beside each other; those already running stay."""
        wanted = [name for name in names or ALL if name not in self._running]
        absent = [package for name in wanted for package in self._daemons[name].missing()]
        if absent or not program("openssl"):
            raise MissingError("missing: " + ", ".join(absent or ["openssl"]))
        if not self.ca_file.exists():
            _certificate(self.folder)
        for name in wanted:
            self._daemons[name].prepare()
        for name in wanted:
            self._running.append(name)
            self._daemons[name].launch()
        for name in wanted:
            self._daemons[name].wait()
        return self

    def stop(self, *names: str) -> None:
        """Stop the named servers (all, if none is named); their data stays and `start` brings them back."""
        for name in names or tuple(reversed(self._running)):
            if name in self._running:
                self._daemons[name].stop()
                self._running.remove(name)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    # Mail ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def imap(self, user: str) -> Iterator[imaplib.IMAP4]:
        """A logged-in session of `user`."""
        session = imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=30)
        try:
            session.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session.login(user, PASSWORD)
            yield session
        finally:
            try:
                session.logout()
            except (OSError, imaplib.IMAP4.error):  # the server ended it first; our half is still open
                session.shutdown()

    def append(self, user: str, raw: bytes, folder: str = "INBOX", received_at: datetime | None = None) -> None:
        """Put a mail into a folder, byte for byte, as another IMAP client would."""
        self.fill(user, [raw], folder, received_at)

    def fill(self, user: str, raws: Iterable[bytes], folder: str = "INBOX", received_at: datetime | None = None) -> int:
        """Put many mails into a folder, 20 in each command; answers how many."""
        date = b" " + imaplib.Time2Internaldate(received_at).encode() if received_at else b""
        total = 0
        waiting = iter(raws)
        with self.imap(user) as session:
            if folder != "INBOX":
                session.create(_quoted(folder))
            while batch := list(itertools.islice(waiting, 20)):
                # imaplib's own append rewrites line ends; a test wants the bytes that it wrote.
                command = [b"fill APPEND " + _quoted(folder).encode()]
                for raw in batch:
                    command += [date, b" {%d+}\r\n" % len(raw), raw]
                session.send(b"".join([*command, b"\r\n"]))
                while not (line := session.readline()).startswith(b"fill "):
                    if not line:
                        raise ServerError("Dovecot hung up during APPEND")
                if not line.startswith(b"fill OK"):
                    raise ServerError(line.decode(errors="replace"))
                total += len(batch)
        return total

    def lmtp(self, user: str, raw: bytes, sender: str = f"somebody@{DOMAIN}") -> None:
        """Deliver a mail as an MTA does: straight to Dovecot, which adds Return-Path and Received."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as session:
            session.sendmail(sender, [_address(user)], raw)

    def smtp(self, user: str, raw: bytes, sender: str = f"somebody@{DOMAIN}") -> None:
        """Send a mail the whole way: Postfix, LMTP, Dovecot."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as session:
            session.sendmail(sender, [_address(user)], raw)

    def messages(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """All mails of a folder, in the order of their UIDs; none if the folder does not exist."""
        with self.imap(user) as session:
            if session.select(_quoted(folder), readonly=True)[0] != "OK":
                return []
            _, found = session.uid("FETCH", "1:*", "(BODY.PEEK[])")
        return [part[1] for part in found if isinstance(part, tuple)]

    def count(self, user: str, folder: str = "INBOX") -> int:
        with self.imap(user) as session:
            kind, answer = session.select(_quoted(folder), readonly=True)
        return int(answer[0] or b"0") if kind == "OK" else 0

    def wait_for(self, user: str, number: int, folder: str = "INBOX", seconds: float = 30) -> list[bytes]:
        """The mails of a folder once there are `number` of them."""
        deadline = time.monotonic() + seconds
        while self.count(user, folder) < number:
            if time.monotonic() > deadline:
                raise ServerError(f"{user} has {self.count(user, folder)} of {number} mails in {folder}")
            time.sleep(0.05)
        return self.messages(user, folder)

    def wipe(self, user: str) -> None:
        """Leave `user` with an empty INBOX and no other folder."""
        with self.imap(user) as session:
            for line in session.list()[1]:
                name = line.decode().rpartition(' "/" ')[2] if isinstance(line, bytes) else "INBOX"
                if name != "INBOX":
                    session.delete(name)
            session.select("INBOX")
            session.uid("STORE", "1:*", "+FLAGS.SILENT", r"(\Deleted)")
            session.expunge()

    def new_epoch(self, user: str, folder: str = "INBOX") -> None:
        """Make Dovecot forget every UID of a folder: new UIDVALIDITY, same mails."""
        maildir = self.folder / "mail" / user / "Maildir"
        if folder != "INBOX":
            maildir /= f".{folder.replace('/', '.')}"
        for forgotten in [*maildir.glob("dovecot-uidlist*"), *maildir.glob("dovecot.index*")]:
            forgotten.unlink(missing_ok=True)

    def kick(self, user: str) -> None:
        """End every session of `user`, as an administrator would."""
        self._run("doveadm", "-c", str(self.folder / "dovecot.conf"), "kick", user)

    def empty_queue(self) -> None:
        """Drop what Postfix still wants to deliver, so that one test's letters do not reach the next."""
        if "postfix" in self._running:
            self._run("postsuper", "-c", str(self.folder / "postfix"), "-d", "ALL")

    # PostgreSQL ----------------------------------------------------------------------------------------------

    def fresh_database(self) -> str:
        name = f"test{next(self._databases)}"
        with psycopg.connect(self.pg_dsn, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self._dsn(name)

    def postgres_terminate(self) -> None:
        """Cut every client's connection, as a failing network or an administrator would."""
        with psycopg.connect(self.pg_dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    def _dsn(self, database: str) -> str:
        return f"postgresql://maild@127.0.0.1:{self.place.postgres}/{database}"

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run([program(name) or name, *arguments], capture_output=True)
        # doveadm says 68 when it found nobody to kick: that is no failure
        if done.returncode not in (0, 68):
            raise ServerError(f"{name}: {done.stderr.decode(errors='replace')}")


def sweep() -> None:
    """End and remove what the servers of a dead owner left; a living owner holds the lock of its folder."""
    for folder in Path("/tmp").glob(f"{_PREFIX}*"):
        try:
            lock = (folder / _OWNER).open("r+")
        except OSError:
            continue
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            for process in _processes_in(folder):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)


def _processes_in(folder: Path) -> Iterator[int]:
    """Masters whose command line names the folder; their children end with them."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_text(errors="replace").split("\0")
            is_ours = any(Path(word).is_relative_to(folder) for word in words[1:])
            if is_ours and Path(words[0]).name in ("dovecot", "master", "postgres", "initdb"):
                yield int(entry.parent.name)


def _free_ports(number: int) -> list[int]:
    """Ports below those that the kernel gives to outgoing connections, tried and found free."""
    found: list[int] = []
    for port in random.sample(range(20000, 32000), 1000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == number:
            return found
    raise ServerError("no free ports between 20000 and 32000")


def _certificate(folder: Path) -> None:
    """A self-signed certificate for localhost; a client that trusts it verifies names in earnest."""
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _address(user: str) -> str:
    return user if "@" in user else f"{user}@{DOMAIN}"
