"""Stored mails are understood in disposable children and handed to the desk; each gets its last state there.

It knows nothing of mailboxes: what it needs lies in rows, whichever door they came through.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from maild.core import sorting
from maild.core.events import MailArrived
from maild.core.files import Scan
from maild.core.rulebook import Rulebook
from maild.core.values import Mail, Reason, Signature, because
from maild.desk import Desk
from maild.errors import MailError, TransientError
from maild.failpoints import failpoint
from maild.mail.clamd import Clamd
from maild.mail.parse import partial
from maild.mail.sandbox import Sandbox
from maild.store import mails
from maild.store.clerk import Clerk
from maild.store.mails import Stored
from maild.store.raw import RawStore

log = logging.getLogger("maild.reading")

# A mail that was in hand this often when the program died is set aside.
_MOST_ATTEMPTS = 5
# So many mails lie in memory on their way to a parser; each may be as large as a mail can be.
_MOST_OPEN = 6

# A mail as understood and the rulebook by which that was, or why it must be set aside.
_Understood = tuple[MailArrived, Rulebook] | Reason
_Begun = tuple[Stored, asyncio.Task[_Understood]]


@dataclass(frozen=True, slots=True)
class Scanner:
    """Who looks for viruses, and the children that take the files out of a mail for it."""

    clamd: Clamd
    sandbox: Sandbox

    async def scan(self, raw: bytes, mail: Mail) -> dict[str, Scan]:
        """A verdict for each file of the mail, by hash. What cannot be checked says so; the mail goes on."""
        hashes = [each.sha256 for each in mail.attachments]
        try:
            found = await self.clamd.scan(await self.sandbox.files(raw)) if hashes else {}
        except MailError as error:
            log.warning("files-unchecked", extra={"why": str(error)})
            found = {}
        return {digest: found.get(digest, Scan("unchecked", "no-bytes")) for digest in hashes}


class SignatureCheck(Protocol):
    """Who verifies signatures of whole mails. DKIM (mail/dkim.py) is one; S/MIME would be another: it plugs in here, and what
    it returns is weighed in core/trust.py. It must never fail on a mail, and must know its own limits of time."""

    def check(self, raw: bytes, mail: Mail, received_at: datetime) -> tuple[Signature, ...]: ...


class Reading:
    """Stored mails are understood in disposable children and handed to the desk, in the order in which they came.

    The next batch is being parsed while this one is being decided and the one before it made durable.
    """

    def __init__(
        self,
        clerk: Clerk,
        desk: Desk,
        raw: RawStore,
        sandbox: Sandbox,
        batch: int,
        scanner: Scanner | None = None,
        signatures: SignatureCheck | None = None,
    ) -> None:
        self._clerk, self._raw, self._sandbox, self._batch = clerk, raw, sandbox, batch
        self._scanner, self._signatures = scanner, signatures
        self._in_hand: set[int] = set()
        self._one_at_a_time = asyncio.Lock()
        self._open = asyncio.Semaphore(_MOST_OPEN)
        self._ending = False
        self.news = asyncio.Event()
        self.take_over(desk)

    def take_over(self, desk: Desk) -> None:
        """From now on read and decide by this desk: its rules have changed."""
        self._desk = desk
        self._sandbox.read_by(sorting.reader(desk.office.book))

    async def drain(self) -> int:
        """Understand everything that waits; how many mails that were. Returns only when nothing is in hand."""
        count = 0
        deciding: list[asyncio.Task[None]] = []
        ahead: list[_Begun] = []
        async with self._one_at_a_time:
            try:
                ahead = await self._begin()
                while behind := ahead:
                    ahead = [] if self._ending else await self._begin()
                    earlier, deciding = deciding, await self._decide(behind)
                    await _finished(earlier)
                    count += len(behind)
                await _finished(deciding)
            except BaseException:
                for row, parsing in ahead:  # begun and not decided: the next drain takes them again
                    parsing.cancel()
                    self._in_hand.discard(row.id)
                await asyncio.gather(*deciding, return_exceptions=True)
                raise
        return count

    async def end(self) -> None:
        """Begin nothing more; return when what was begun is decided."""
        self._ending = True
        async with self._one_at_a_time:
            return

    async def _begin(self) -> list[_Begun]:
        taken = await self._clerk.do(lambda tx: mails.take(tx, self._batch, self._in_hand))
        failpoint("reading.taken")
        self._in_hand.update(row.id for row in taken)
        return [(row, asyncio.create_task(self._understand(row))) for row in taken]

    async def _understand(self, row: Stored) -> _Understood:
        """The mail, or why it must be set aside."""
        if row.attempts >= _MOST_ATTEMPTS:
            return because("kills-the-program", attempts=row.attempts)
        if row.reason:
            return because(row.reason, size=row.size)
        try:
            async with self._open:
                raw = self._raw.fresh(row.sha256)
                if raw is None:
                    raw = await asyncio.to_thread(self._raw.get, row.sha256)
                book = self._desk.office.book
                mail, verdict = await self._sandbox.read(raw)
                scans = await self._scanner.scan(raw, mail) if self._scanner else {}
                signatures = await self._signed(raw, mail, row)
                return MailArrived(row.id, mail, row.received_at, scans, signatures, verdict), book
        except MailError as error:
            return because("unreadable", why=error)

    async def _signed(self, raw: bytes, mail: Mail, row: Stored) -> tuple[Signature, ...]:
        """Asked only about persons: nobody else's proof matters."""
        if self._signatures is None or not self._desk.office.directory.by_address(mail.sender.address):
            return ()
        return await asyncio.to_thread(self._signatures.check, raw, mail, row.received_at)

    async def _decide(self, batch: Sequence[_Begun]) -> list[asyncio.Task[None]]:
        """Hand a batch to the desk in order: the answer to a letter is decided after what the letter answered."""
        deciding = []
        for row, parsing in batch:
            if not parsing.done():
                await asyncio.wait((parsing,))
            deciding.append(asyncio.create_task(self._settle(row, parsing)))
        return deciding

    async def _settle(self, row: Stored, parsing: asyncio.Task[_Understood]) -> None:
        """One of the four places that catch everything: this mail is set aside, the next one goes on."""
        try:
            understood = await parsing
            failpoint("reading.parsed")
            if isinstance(understood, Reason):
                await self._park(row, understood)
            else:
                (event, book), desk = understood, self._desk
                if book is not desk.office.book:  # the rules changed meanwhile
                    event = replace(event, verdict=None)
                await self._clerk.do(lambda tx: desk.mail(tx, event))
                log.info("mail-decided", extra={"mail": row.id})
        except TransientError:
            await self._clerk.do(lambda tx: mails.give_back(tx, row.id))
            raise
        except Exception as error:
            log.exception("mail-not-decided", extra={"mail": row.id})
            await self._park(row, because("fault", what=type(error).__name__))
        finally:
            self._in_hand.discard(row.id)

    async def _park(self, row: Stored, reason: Reason) -> None:
        log.warning("mail-parked", extra={"mail": row.id, "reason": reason.code})
        mail = None
        with suppress(MailError):  # a file that is gone tells no sender
            mail = partial(await asyncio.to_thread(self._raw.get, row.sha256), reason.code)
        await self._clerk.do(lambda tx: self._desk.park(tx, row.id, reason, mail))


async def _finished(deciding: Sequence[asyncio.Task[None]]) -> None:
    """Wait for all of them; the first failure is everybody's."""
    for result in await asyncio.gather(*deciding, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
