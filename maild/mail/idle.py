"""Waiting for mail: asleep on the connection, and awake at once when another thread rings."""

from __future__ import annotations

import select
import socket
import threading
from typing import Any


class Bell:
    """What another thread rings to end a wait, also one that has not begun yet."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._lock = threading.Lock()
        self._far, self._near = socket.socketpair()

    def ring(self) -> None:
        with self._lock:
            if not self._rung.is_set() and self._far.fileno() >= 0:
                self._far.send(b"!")
                self._rung.set()

    @property
    def rung(self) -> bool:
        return self._rung.is_set()

    def still(self) -> None:
        """Make it ready for the next wait."""
        with self._lock:
            if self._rung.is_set() and self._near.fileno() >= 0:
                self._near.recv(1)
                self._rung.clear()

    def close(self) -> None:
        with self._lock:
            self._far.close()
            self._near.close()

    def sleep(self, seconds: float, beside: Any = None) -> bool:
        """Sleep until the bell rings, `beside` can be read or the time is over. Answer whether it can be read."""
        if beside is not None and getattr(beside, "pending", int)():
            return True  # TLS has it decrypted already: the descriptor below stays silent
        poller = select.poll()
        poller.register(self._near, select.POLLIN)
        if beside is not None:
            poller.register(beside, select.POLLIN)
        ready = poller.poll(max(0.0, seconds) * 1000)
        return any(descriptor != self._near.fileno() for descriptor, _ in ready)
