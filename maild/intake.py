"""Mail comes in from a mailbox: received into the store, and filed away on the server once it is decided.

Receiving takes responsibility for a mail, reading.py gives it its last state, filing away moves it (RELIABILITY §4.2).
The three meet only in rows: each may die anywhere and be done again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from maild.errors import MaildError, PermanentError, TransientError
from maild.failpoints import failpoint
from maild.mail.mailbox import Listed, Mailbox, MailboxSettings, MailboxUnavailable
from maild.store import mails
from maild.store.clerk import Clerk
from maild.store.database import Tx
from maild.store.mails import Arrival
from maild.store.raw import RawStore

log = logging.getLogger("maild.intake")
T = TypeVar("T")

# What is kept of a mail that is too large to fetch: its headers and the beginning.
_HEAD_OCTETS = 256 * 1024
_LONGEST_PAUSE = 300.0
_REFUSED_PAUSE = 900.0
_MOVED_AT_ONCE = 200
_LISTED_AT_ONCE = 500
# Two batches may lie in memory at a time: one being fetched, one being made durable.
_MOST_OCTETS = 32 * 1024 * 1024


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 5, 10, 20 … at most 300, with jitter."""
    return float(min(_LONGEST_PAUSE, 5 * 2 ** min(failures, 10)) * (0.5 + random.random() / 2))  # noqa: S311 - jitter


@dataclass(frozen=True, slots=True)
class Terms:
    """What a mailbox is read under: batch size in mails, largest mail in octets, seconds between looks."""

    account: str
    batch: int = 20
    largest: int = 25 * 1024 * 1024
    poll_seconds: float = 60
    since: date | None = None


class Door:
    """One mailbox. Its connection lives in one thread; whatever goes wrong there ends in a new connection, later."""

    def __init__(
        self,
        settings: MailboxSettings,
        terms: Terms,
        clerk: Clerk,
        raw: RawStore,
        now: Callable[[], datetime],
        news: asyncio.Event,
    ) -> None:
        self._settings, self._terms, self._clerk, self._raw, self._now = settings, terms, clerk, raw, now
        self._news = news
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"imap-{terms.account}")
        self._mailbox: Mailbox | None = None
        self._epoch = 0
        self._known: set[int] = set()
        self._careful = False
        self._failures: dict[int, int] = {}

    async def run(self, may_work: Callable[[], bool], first_look: asyncio.Event) -> None:
        """Look, wait for news, look again, for ever. Cancel it to stop."""
        failures = 0
        while True:
            pause = 0.0
            try:
                if may_work():
                    await self.look()
                    failures = 0
                first_look.set()
                await self._wait(may_work())
            except TransientError as error:
                pause = pause_after(failures)
                failures += 1
                log.warning("mailbox-unavailable", extra={"account": self._terms.account, "why": str(error)})
            except PermanentError as error:
                pause = _REFUSED_PAUSE
                log.error("mailbox-refused", extra={"account": self._terms.account, "why": str(error)})
            if pause:
                first_look.set()
                await self._disconnect()
                await asyncio.sleep(pause)

    async def look(self) -> None:
        """One round: store what is new, file away what is decided, and say how far the mailbox has been read."""
        mailbox = await self._connected()
        started = self._now()
        uids = await self._imap(mailbox.uids)
        failpoint("intake.searched")
        fresh = [uid for uid in uids if uid not in self._known]
        complete = await self._receive(mailbox, fresh)
        await self.file_away(uids)
        if complete:
            await self._clerk.do(lambda tx: mails.drained(tx, self._epoch, started))
            failpoint("intake.drained")

    # -- receiving ----------------------------------------------------------------------------------------------------

    async def _receive(self, mailbox: Mailbox, fresh: Sequence[int]) -> bool:
        """Store these mails, the next batch being fetched while this one is made durable. False: some were not there."""
        complete = True
        storing: asyncio.Task[None] | None = None
        try:
            async for batch in self._batches(mailbox, fresh):
                arrived = await self._fetch(mailbox, batch)
                complete &= len(arrived) == len(batch)
                if storing:
                    await storing
                storing = asyncio.create_task(self._store(arrived))
            if storing:
                await storing
        except BaseException:
            if storing:
                await asyncio.gather(storing, return_exceptions=True)  # what was fetched is not fetched again
            raise
        self._careful = False
        return complete

    async def _batches(self, mailbox: Mailbox, fresh: Sequence[int]) -> AsyncIterator[list[Listed]]:
        """Mails to fetch and store together: not too many, and not more octets than may lie in memory at once."""
        most = 1 if self._careful else self._terms.batch
        for start in range(0, len(fresh), _LISTED_AT_ONCE):
            batch: list[Listed] = []
            octets = 0
            for item in await self._imap(mailbox.sizes, fresh[start : start + _LISTED_AT_ONCE]):
                size = min(item.size, self._terms.largest)
                if batch and (len(batch) >= most or octets + size > _MOST_OCTETS):
                    yield batch
                    batch, octets = [], 0
                batch.append(item)
                octets += size
            if batch:
                yield batch

    async def _fetch(self, mailbox: Mailbox, batch: Sequence[Listed]) -> list[tuple[Listed, bytes, str]]:
        """The bytes of these mails and why one must be set aside unread; a mail that is no longer there is left out."""
        small = [item.uid for item in batch if item.size <= self._terms.largest]
        try:
            bodies = await self._imap(mailbox.fetch, small) if small else {}
        except MailboxUnavailable as error:
            bodies = self._unfetchable(error, small)
        failpoint("intake.fetched")
        found: list[tuple[Listed, bytes, str]] = []
        for item in batch:
            reason = "unfetchable" if self._failures.get(item.uid, 0) >= 3 else ""
            if item.size > self._terms.largest:
                body, reason = await self._imap(mailbox.fetch_head, item.uid, _HEAD_OCTETS) or None, "too-large"
            else:
                body = bodies.get(item.uid)
            if body is not None:
                found.append((item, body, reason))
        return found

    def _unfetchable(self, error: MailboxUnavailable, uids: Sequence[int]) -> dict[int, bytes]:
        """An answer that cannot be read spoils its batch: fetch singly next time, and set the culprit aside at last."""
        if error.reason not in ("line-limit", "protocol"):
            raise error
        self._careful = True
        if len(uids) > 1:
            raise error
        self._failures[uids[0]] = self._failures.get(uids[0], 0) + 1
        if self._failures[uids[0]] < 3:
            raise error
        return {uids[0]: f"(no se pudo leer del servidor / cannot be fetched: {self._epoch}/{uids[0]})".encode()}

    async def _store(self, arrived: Sequence[tuple[Listed, bytes, str]]) -> None:
        """TX1: from its commit on we answer for these mails."""
        digests = await asyncio.to_thread(self._raw.put, [raw for _, raw, _ in arrived])
        failpoint("intake.raw-written")
        arrivals = [
            self._arrival(item, digest, reason) for (item, _, reason), digest in zip(arrived, digests, strict=True)
        ]
        now = self._now()
        await self._clerk.do(lambda tx: mails.put(tx, arrivals, now))
        failpoint("intake.stored")
        self._known.update(arrival.uid for arrival in arrivals)
        if arrivals:
            self._news.set()

    def _arrival(self, item: Listed, digest: str, reason: str) -> Arrival:
        since = self._terms.since
        old = since is not None and item.received_at.date() < since
        state: mails.State = "ignored" if old else "stored"
        return Arrival(digest, item.size, item.received_at, self._epoch, item.uid, state, reason)

    # -- filing away --------------------------------------------------------------------------------------------------

    async def file_away(self, present: Sequence[int] | None = None) -> None:
        """Move decided mails to their folders; those that are no longer here were moved by an earlier life."""
        mailbox = self._mailbox
        if mailbox is None or mailbox.read_only:
            return
        here = None if present is None or not mailbox.removes else set(present)
        while rows := await self._clerk.do(lambda tx: mails.to_file(tx, self._epoch, _MOVED_AT_ONCE)):
            gone = [i for i, uid, _ in rows if here is not None and uid not in here]
            if gone:
                await self._clerk.do(lambda tx, gone=gone: mails.filed(tx, gone, "gone"))  # type: ignore[misc]
            for folder in ("done", "review"):
                chosen = [(i, uid) for i, uid, state in rows if (state == "parked") == (folder == "review")]
                chosen = [(i, uid) for i, uid in chosen if i not in gone]
                if chosen:
                    failpoint("intake.before-move")
                    await self._imap(mailbox.move, [uid for _, uid in chosen], folder)
                    failpoint("intake.moved")
                    ids = [i for i, _ in chosen]
                    await self._clerk.do(lambda tx, ids=ids: mails.filed(tx, ids, "moved"))  # type: ignore[misc]
            failpoint("intake.filed")

    # -- the connection -----------------------------------------------------------------------------------------------

    async def _connected(self) -> Mailbox:
        if self._mailbox is not None:
            return self._mailbox
        mailbox = Mailbox(self._settings)
        uidvalidity = await self._imap(mailbox.open)
        now, account = self._now(), self._terms.account
        folder = self._settings.folder

        def enter(tx: Tx) -> tuple[int, set[int]]:
            epoch = mails.open_epoch(tx, account, folder, uidvalidity, now)
            stale = mails.drop_stale_dispositions(tx, account, epoch)
            if stale:
                log.warning("epoch-changed", extra={"account": account, "epoch": epoch, "dropped": stale})
            return epoch, mails.known_uids(tx, epoch)

        self._epoch, self._known = await self._clerk.do(enter)
        self._mailbox = mailbox
        failpoint("intake.connected")
        return mailbox

    async def _imap(self, call: Callable[..., T], *arguments: object) -> T:
        """Run a blocking call in the mailbox's own thread. A failed connection is thrown away."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)
        except MaildError:
            await self._disconnect()
            raise

    async def _wait(self, connected: bool) -> None:
        if self._mailbox is None or not connected:
            await asyncio.sleep(min(self._terms.poll_seconds, 5))
            return
        await self._imap(self._mailbox.wait, self._terms.poll_seconds)

    def wake(self) -> None:
        """Something was decided: come back from waiting and file it away."""
        if self._mailbox is not None:
            self._mailbox.wake()

    async def _disconnect(self) -> None:
        mailbox, self._mailbox = self._mailbox, None
        if mailbox is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, mailbox.close)

    async def close(self) -> None:
        self.wake()
        await self._disconnect()
        self._thread.shutdown(wait=False)
