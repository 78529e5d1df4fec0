"""One IMAP connection with a hard end to every step: whoever feeds us a byte per second is cut off all the same."""

from __future__ import annotations

import imaplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# An answer that is no mail has no business announcing a longer literal.
SMALL_LITERAL = 1_000_000  # octets


class Line:
    """The TCP connection below everything: it can be cut from another thread while somebody reads from it."""

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self.socket = socket.create_connection((host, port), seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A second handle on the same connection: it stays ours when TLS swallows the first. Shutting down the TLS
        # object itself would make the reader go on in plain text.
        self._handle = self.socket.dup()
        self.overdue = False

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the line if the block takes longer, however busily the other side talks."""
        watchdog = threading.Timer(seconds, self._expire)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()

    def _expire(self) -> None:
        self.overdue = True
        self.cut()

    def cut(self) -> None:
        """End the connection in both directions; whoever reads sees its end."""
        with suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        self._handle.close()
        self.socket.close()

    def wrap(self, context: ssl.SSLContext, host: str) -> None:
        self.socket = context.wrap_socket(self.socket, server_hostname=host)


class Wire(imaplib.IMAP4):
    """imaplib on a line that is already there, with a limit on what a server may announce."""

    def __init__(self, line: Line, host: str, port: int) -> None:
        self._line = line
        self.largest_literal = SMALL_LITERAL
        super().__init__(host, port)

    def _create_socket(self, timeout: float | None) -> socket.socket:  # noqa: ARG002 - imaplib's signature
        return self._line.socket

    def read(self, size: int) -> bytes:
        # imaplib reserves the memory that the server announces before a byte of it has come.
        if size > self.largest_literal:
            raise self.abort(f"unexpected literal of {size} octets")
        return super().read(size)
