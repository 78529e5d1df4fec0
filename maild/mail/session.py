"""One session with an IMAP server: in, asleep, out; every step with a deadline, every error with a name.

After any error the object is spent: close it and make another.
"""

from __future__ import annotations

import imaplib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from maild.mail.idle import Bell
from maild.mail.login import Auth, guard, log_in, make_folder, names_on_server
from maild.mail.tls import Tls, is_loopback, verifying_context
from maild.mail.trouble import EXPECTED, MailboxRefused, MailboxUnavailable, mailbox_trouble, said
from maild.mail.wire import Line

FIRST_IDLE_SECONDS = 1.0  # news glued to the "+ idling" line shows only when that IDLE ends
FAREWELL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Where the mailbox is, how one gets in and how long each step may take."""

    host: str
    port: int
    tls: Tls
    ca_file: str | None
    user: str
    secret: Callable[[], str]
    auth: Auth = "password"
    folder: str = "INBOX"
    done_folder: str = "Procesados"
    review_folder: str = "Revisar"
    connect_seconds: float = 15
    command_seconds: float = 60
    idle_seconds: float = 540


class Session(ABC):
    """One connection to one folder.

    `uidvalidity` is 0 where the server gives none and `read_only` says that nothing can be moved; mails can still be
    fetched. `removes` is False where moved mails stay in sight (neither MOVE nor UIDPLUS): absence proves nothing.
    """

    def __init__(self, settings: MailboxSettings) -> None:
        self.settings = settings
        self.uidvalidity = 0
        self.read_only = False
        self.removes = True
        self._line: Line | None = None
        self._client: Any = None
        self._folders: dict[str, str] = {}
        self._present = 0
        self._next_uid = 0
        self._news = False
        self._sound = False
        self._bell = Bell()

    def open(self) -> int:
        """Connect, log in, make the missing folders, select ours. Answer its UIDVALIDITY."""
        settings = self.settings
        names = (settings.folder, settings.done_folder, settings.review_folder)
        try:
            for setting in (settings.host, settings.user, *names):
                guard(setting)
            if settings.tls == "none" and not is_loopback(settings.host):
                raise MailboxRefused("plain-text", settings.host)
            self._connect()
            with self._step(2 * settings.command_seconds) as client:
                log_in(client, settings.user, settings.secret, settings.auth)
                self.removes = client.has_capability("MOVE") or client.has_capability("UIDPLUS")
                done, review = names_on_server(client, (settings.done_folder, settings.review_folder))
                self._folders = {"done": done, "review": review}
                for name in (done, review):
                    make_folder(client, name)
            self._select()
        finally:
            if not self._sound:
                self.close()
        return self.uidvalidity

    def _connect(self) -> None:
        settings = self.settings
        try:
            context = None if settings.tls == "none" else verifying_context(settings.ca_file)
        except (OSError, ValueError) as error:
            raise MailboxRefused("setting", f"ca_file {settings.ca_file}") from error
        try:
            line = self._line = Line(settings.host, settings.port, settings.connect_seconds)
        except (OSError, ValueError) as error:
            raise mailbox_trouble(error, opening=True) from error
        with self._guarded(settings.connect_seconds, opening=True):
            if context and settings.tls == "implicit":
                line.wrap(context, settings.host)
            self._client = self.connected(line)
            if context and settings.tls == "starttls":
                if not self._client.has_capability("STARTTLS"):
                    raise MailboxRefused("no-starttls")
                self._client.starttls(context)

    @abstractmethod
    def connected(self, line: Line) -> Any:
        """The library's client on this line, its greeting read."""

    def _select(self) -> None:
        folder = self.settings.folder
        with self._step() as client:
            try:
                answer = client.select_folder(folder)
            except imaplib.IMAP4.readonly:
                self.read_only = True
                answer = client.select_folder(folder, readonly=True)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                trouble = mailbox_trouble(error)
                raise MailboxRefused("folder", said(error)) if trouble.reason == "refused" else trouble from error
            epoch = answer.get(b"UIDVALIDITY", 0)
            self.uidvalidity = epoch if 0 < epoch < 1 << 63 else 0
            self._present = answer.get(b"EXISTS", 0)
            self._next_uid = answer.get(b"UIDNEXT", 0)
        self._sound = True

    def wait(self, seconds: float) -> bool:
        """Sleep until there is something to look at (True) or the time is over (False)."""
        end = time.monotonic() + seconds
        slice_seconds = min(FIRST_IDLE_SECONDS, self.settings.idle_seconds)
        while not (self._news or self._bell.rung):
            if self._client is None:
                raise MailboxUnavailable("gone")
            left = end - time.monotonic()
            if left <= 0:
                return False
            if self._client.has_capability("IDLE"):
                self._idle(min(left, slice_seconds))
                slice_seconds = self.settings.idle_seconds
            else:
                self._bell.sleep(left)
        self._bell.still()
        return True

    def _idle(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        with self._step() as client:
            client.idle()
        while not self._news and (left := end - time.monotonic()) > 0:
            if not self._bell.sleep(left, client.socket()):
                break
            with self._step():
                heard = client.idle_check(timeout=0)
                self._hear(heard)
            if not heard:
                break  # the library says "nothing" for ever on a dead line; DONE finds out
        with self._step():
            client.idle_done()

    def _hear(self, heard: Sequence[tuple[Any, ...]]) -> None:
        for what, word, *_ in heard:
            if what == b"BYE":
                raise imaplib.IMAP4.abort(str(word))
            if what == b"OK" and b"[UIDVALIDITY" in word:
                raise MailboxUnavailable("epoch")
            self._news |= word == b"EXISTS"
            self._present -= word == b"EXPUNGE"

    def wake(self) -> None:
        """End the wait that goes on, or the next one. For other threads; the only call that is."""
        self._bell.ring()

    def close(self) -> None:
        """Leave; politely if the line is sound. Never raises."""
        client, line, sound = self._client, self._line, self._sound
        self._client, self._line, self._sound = None, None, False
        if client is not None and line is not None:
            with suppress(*EXPECTED), line.within(FAREWELL_SECONDS):
                if sound:
                    client.logout()
            with suppress(*EXPECTED):
                client.shutdown()
        if line is not None:
            line.close()
        self._bell.close()

    @contextmanager
    def _step(self, seconds: float = 0) -> Iterator[Any]:
        client = self._client
        if client is None:
            raise MailboxUnavailable("gone")
        with self._guarded(seconds or self.settings.command_seconds):
            yield client
            self._note(client)

    @contextmanager
    def _guarded(self, seconds: float, opening: bool = False) -> Iterator[None]:
        """Give the block a deadline and whatever it raises a name; an error ends the connection."""
        line = self._line
        assert line is not None
        try:
            with line.within(seconds):
                yield
        except (MailboxRefused, MailboxUnavailable) as trouble:
            self._spend(line)
            raise MailboxUnavailable("timeout") if line.overdue else trouble from trouble.__cause__
        except EXPECTED as error:
            self._spend(line)
            raise MailboxUnavailable("timeout") if line.overdue else mailbox_trouble(error, opening) from error

    def _spend(self, line: Line) -> None:
        """Nobody may go on here: the next command would read what the last one left."""
        self._sound = False
        line.cut()

    def _note(self, client: Any) -> None:
        """Remember what the server told us unasked: it will not say it again when we IDLE."""
        heard = client._imap.untagged_responses
        if "BYE" in heard:
            raise imaplib.IMAP4.abort(said(imaplib.IMAP4.error(heard["BYE"][-1])))
        if self._sound:
            if heard.get("UIDVALIDITY", [b""])[-1] not in (b"", b"%d" % self.uidvalidity):
                raise MailboxUnavailable("epoch")
            if "READ-ONLY" in heard and not self.read_only:
                raise MailboxUnavailable("read-only")
            self._present -= len(heard.get("EXPUNGE", ()))
            if int(heard.get("EXISTS", [b"0"])[-1]) > self._present:
                self._news = True
            heard.clear()  # imaplib would keep every line of a session that lasts for days
