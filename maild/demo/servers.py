"""The mailbox and the post office of the demo: pymap holds the desk's mails in memory, aiosmtpd takes the letters."""

from __future__ import annotations

import asyncio
import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

from aiosmtpd.smtp import SMTP, Envelope, Session

# Its own process: what it prints and how it ends is nobody else's business.
_PYMAP = "from pymap.main import main; main()"
_PATIENCE = 20.0
_LATER = "451 4.3.2 mailbox busy, try again later"


class MailboxServer:
    """An IMAP server with one mailbox, on a free loopback port, from `with` until its end."""

    def __init__(self, user: str, password: str) -> None:
        self._user, self._password = user, password
        self.port = _free_port()

    def __enter__(self) -> MailboxServer:
        place = ("--no-tls", "--host", "127.0.0.1", "--port", str(self.port))
        account = ("dict", "--demo-user", self._user, "--demo-password", self._password)
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-c", _PYMAP, *place, *account],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._post = self._login()
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        return self

    def _login(self) -> imaplib.IMAP4:
        give_up = time.monotonic() + _PATIENCE
        while True:
            try:
                session = imaplib.IMAP4("127.0.0.1", self.port, timeout=_PATIENCE)
                break
            except OSError as error:
                if time.monotonic() > give_up or self._process.poll() is not None:
                    raise SystemExit(f"el servidor IMAP de la demo no arranca / does not start: {error}") from error
                time.sleep(0.05)
        session.login(self._user, self._password)
        return session

    def deliver(self, raw: bytes, received_at: datetime) -> None:
        """Put a mail into the mailbox, as the institution's mail server does. Blocking."""
        self._post.append("INBOX", "", imaplib.Time2Internaldate(received_at), raw)

    def count(self, folder: str) -> int:
        kind, answer = self._post.status(folder, "(MESSAGES)")
        return int((answer[0] or b"").rpartition(b"MESSAGES ")[2].split(b")")[0]) if kind == "OK" else 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._post.shutdown()
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class PostOffice:
    """An SMTP server that hands every letter to `arrived`; while `busy` is above zero it says "later" and counts down."""

    def __init__(self, arrived: Callable[[str, bytes], None], refused: Callable[[str], None]) -> None:
        self._arrived, self._refused = arrived, refused
        self.busy = 0
        self._server: asyncio.Server | None = None

    async def open(self) -> int:
        """The port on which it listens."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, loop=loop, hostname="correo.demo.example"), "127.0.0.1", 0
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.busy:
            self.busy -= 1
            self._refused(str(envelope.rcpt_tos[0]))
            return _LATER
        for recipient in envelope.rcpt_tos:
            self._arrived(str(recipient), bytes(envelope.original_content or b""))
        return "250 2.0.0 taken"

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
