"""The other side of the desk's letters: accepts all of them and knows when."""

from __future__ import annotations

import threading
import time
from email.parser import BytesHeaderParser

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

PATIENCE = 60.0  # seconds until an acknowledgement that does not come ends the run


class Relay:
    """An SMTP server that accepts everything and remembers when each letter was accepted, and what it answered."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._server = Controller(self, hostname="127.0.0.1", port=port)
        self._accepted: dict[str, float] = {}
        self._news = threading.Condition()

    def __enter__(self) -> Relay:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        now = time.perf_counter()
        content = envelope.original_content or b""
        answered = BytesHeaderParser().parsebytes(content)["In-Reply-To"] or ""
        with self._news:
            self._accepted.setdefault(answered.strip(), now)
            self._news.notify_all()
        return "250 taken"

    def answer_to(self, message_id: str) -> float:
        with self._news:
            if not self._news.wait_for(lambda: message_id in self._accepted, PATIENCE):
                raise SystemExit(f"no acknowledgement of {message_id} within {PATIENCE:.0f} s")
            return self._accepted[message_id]
