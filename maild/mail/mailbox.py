"""The mailbox we read from. The only home of IMAPClient; blocking: one object is one connection, used by one thread.

Commands hold only settings and integers; what a sender wrote never gets into one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from imapclient import DELETED, IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError
from imapclient.response_parser import parse_fetch_response

from maild.mail.login import make_folder
from maild.mail.session import MailboxSettings, Session
from maild.mail.trouble import MailboxRefused, MailboxUnavailable, said
from maild.mail.wire import SMALL_LITERAL, Line, Wire

__all__ = ["Listed", "Mailbox", "MailboxRefused", "MailboxSettings", "MailboxUnavailable"]

# At DEBUG the library writes whole mails into the log.
logging.getLogger("imapclient").setLevel(logging.WARNING)

UIDS_IN_A_COMMAND = 500  # a command line stays below the 8,192 octets of RFC 7162 §4
UIDS_IN_A_SEARCH = 80_000  # an answer stays below the megabyte that imaplib takes as one line
SLOWEST_LINE = 50_000  # octets per second that a fetch may count on beyond the ordinary deadline


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail that lies in the mailbox: what the server says about it before it is fetched."""

    uid: int
    size: int
    received_at: datetime


class _Client(IMAPClient):  # type: ignore[misc]  # the library has no types
    """IMAPClient on a line that is already there."""

    def __init__(self, line: Line, settings: MailboxSettings) -> None:
        self._ready = Wire(line, settings.host, settings.port)
        seconds = settings.command_seconds
        super().__init__(settings.host, settings.port, ssl=False, timeout=SocketTimeout(seconds, seconds))
        self.normalise_times = False
        # At the library's level 5 imaplib builds the repr of every mail, twice, for a log that nobody reads.
        self._imap.debug = 0

    def _create_IMAP4(self) -> Wire:
        return self._ready


class Mailbox(Session):
    """One connection to one folder, and the mails in it."""

    def __init__(self, settings: MailboxSettings) -> None:
        super().__init__(settings)
        self._sizes: dict[int, int] = {}

    def connected(self, line: Line) -> Any:
        return _Client(line, self.settings)

    def uids(self) -> list[int]:
        """Every mail of the folder, whatever its flags, oldest first."""
        with self._step() as client:
            # A session sees the folder as of its last synchronisation; without this Dovecot's SEARCH misses what has
            # arrived since, and the watermark would vouch for mails that nobody has read.
            client.noop()
        self._news = False
        ranges = ["ALL"]
        if self._present > UIDS_IN_A_SEARCH and self._next_uid:
            starts = range(1, self._next_uid, UIDS_IN_A_SEARCH)
            ranges = [f"UID {start}:{start + UIDS_IN_A_SEARCH - 1}" for start in starts]
        found: set[int] = set()
        for criterion in ranges:
            with self._step() as client:
                found.update(client.search(criterion))
                self._present = len(found)
        return sorted(found)

    def sizes(self, uids: Sequence[int]) -> list[Listed]:
        """Size and time of receipt of these mails; those that are gone are absent."""
        listed = []
        for batch in _batches(uids):
            for uid, answer in self._fetched(batch, "RFC822.SIZE INTERNALDATE").items():
                size, received_at = answer.get(b"RFC822.SIZE"), answer.get(b"INTERNALDATE")
                if isinstance(size, int):
                    self._sizes[uid] = size
                    # A server without a readable date: the moment we saw the mail is the honest one.
                    seen = received_at if isinstance(received_at, datetime) else datetime.now(UTC)
                    listed.append(Listed(uid, size, seen.astimezone(UTC)))
        return sorted(listed, key=lambda mail: mail.uid)

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The bytes of these mails without marking them read. What is gone or does not fit its size is absent."""
        self.sizes([uid for uid in uids if uid not in self._sizes])
        bodies: dict[int, bytes] = {}
        for batch in _batches([uid for uid in uids if uid in self._sizes]):
            due = [self._sizes.pop(uid) for uid in batch]
            # Some servers only estimate RFC822.SIZE: leave room, the end is checked below.
            answers = self._fetched(batch, "RFC822.SIZE BODY.PEEK[]", sum(due), 2 * max(due) + SMALL_LITERAL)
            for uid, answer in answers.items():
                body, size = answer.get(b"BODY[]"), answer.get(b"RFC822.SIZE")
                if isinstance(body, bytes) and isinstance(size, int) and self._is_whole(uid, body, size):
                    bodies[uid] = body
        return bodies

    def _is_whole(self, uid: int, body: bytes, size: int) -> bool:
        """A body is whole if it is as long as announced, or if the server has nothing behind its last octet.

        Nothing at all (RELIABILITY IM-07) must be said twice.
        """
        if len(body) == size and body:
            return True
        if not body:
            again = self._fetched([uid], "BODY.PEEK[]").get(uid, {})
            return size == 0 and again.get(b"BODY[]") == b""
        return self._part(uid, len(body) - 1, 1) == body[-1:] and self._part(uid, len(body), 1) == b""

    def fetch_head(self, uid: int, octets: int) -> bytes:
        """The first octets of a mail that is too big to take; nothing if it is gone."""
        return (self._part(uid, 0, octets) or b"")[:octets]

    def _part(self, uid: int, start: int, octets: int) -> bytes | None:
        answer = self._fetched([uid], f"BODY.PEEK[]<{start}.{octets}>", octets, octets + SMALL_LITERAL)
        part = answer.get(uid, {}).get(b"BODY[]<%d>" % start)
        return part if isinstance(part, bytes) else None

    def _fetched(
        self, uids: Sequence[int], items: str, octets: int = 0, largest: int = SMALL_LITERAL
    ) -> dict[int, dict[bytes, Any]]:
        """Only answers that name a UID we asked for count; the library takes a missing UID for the sequence number."""
        with self._step(self.settings.command_seconds + octets / SLOWEST_LINE) as client:
            client._imap.largest_literal = largest
            status, data = client._imap.uid("FETCH", ",".join(map(str, uids)), f"(UID {items})")
            if status != "OK":
                raise IMAPClientError(f"fetch failed: {data!r}")
            client._imap.largest_literal = SMALL_LITERAL
            answers: dict[int, dict[bytes, Any]] = {uid: {} for uid in uids}
            for answer in _one_by_one(data):
                answers.get(answer.get(b"UID", 0), {}).update(answer)
        return {uid: answer for uid, answer in answers.items() if answer}

    def move(self, uids: Sequence[int], to: Literal["done", "review"]) -> None:
        """Take mails out of the folder. Those already gone are no error; see `removes` for servers that cannot."""
        if self.read_only:
            raise MailboxRefused("read-only")
        if not self.uidvalidity:
            raise MailboxRefused("no-epoch")
        for batch in _batches(uids):
            with self._step() as client:
                self._move(client, batch, self._folders[to])

    def _move(self, client: Any, uids: Sequence[int], folder: str) -> None:
        how = client.move if client.has_capability("MOVE") else self._copy_and_mark
        try:
            how(uids, folder)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            if "[TRYCREATE]" in said(error):
                make_folder(client, folder)
            elif "[EXPUNGEISSUED]" in said(error):
                client.noop()  # another client was faster; the server wants to tell us before it goes on
            else:
                raise
            how(uids, folder)

    def _copy_and_mark(self, uids: Sequence[int], folder: str) -> None:
        """Never a bare EXPUNGE: it would also remove what somebody else has marked."""
        client = self._client
        marked = client.get_flags(uids)
        fresh = [uid for uid in uids if DELETED not in marked.get(uid, (DELETED,))]
        if fresh:
            client.copy(fresh, folder)
            client.delete_messages(fresh, silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge(uids)


def _batches(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    numbers = [int(uid) for uid in uids]
    for start in range(0, len(numbers), UIDS_IN_A_COMMAND):
        yield numbers[start : start + UIDS_IN_A_COMMAND]


def _one_by_one(data: Sequence[Any]) -> Iterator[dict[bytes, Any]]:
    """Parse each answer alone: sequence numbers repeat when others expunge meanwhile, and must not mix two mails."""
    parts: list[Any] = []
    for part in data:
        parts.append(part)
        if isinstance(part, bytes):  # a literal comes as a pair; what is left of the answer follows it
            yield from parse_fetch_response(parts, normalise_times=False, uid_is_key=False).values()
            parts = []
