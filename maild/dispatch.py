"""Letters go out: the outbox protocol of RELIABILITY §4.5. A letter is repeated only when it certainly did not leave, or once in doubt."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maild.desk import Desk
from maild.envelopes import LETTER_LIFE
from maild.errors import MaildError
from maild.failpoints import failpoint
from maild.mail.smtp import Outcome, Relay, RelaySettings, Stage, Verdict
from maild.store import holds, letters
from maild.store.clerk import Clerk
from maild.store.database import Tx
from maild.store.letters import Leased

log = logging.getLogger("maild.dispatch")

_CLAIM = 10
_WORKERS = 2
# Nobody answers at the relay: the letters wait this long together.
_CHANNEL_PAUSE = timedelta(seconds=30)
# The relay refuses us (login, sender): a person must look, and trying often may lock the account.
_REFUSED_PAUSE = timedelta(minutes=5)
_BEFORE_ENVELOPE = (Stage.CONNECT, Stage.EHLO, Stage.TLS, Stage.AUTH)


@dataclass(frozen=True, slots=True)
class Terms:
    """`sender` is the envelope's; at most `hourly` letters leave in an hour; `owner` names this process in leases."""

    sender: str
    owner: str
    hourly: int
    look_seconds: float = 5


class Dispatcher:
    """Takes due letters in small lots and hands them to the relay, a few connections side by side."""

    def __init__(
        self, clerk: Clerk, desk: Desk, relay: RelaySettings, terms: Terms, now: Callable[[], datetime]
    ) -> None:
        self._clerk, self._desk, self._terms, self._now = clerk, desk, terms, now
        self._relays = [Relay(relay) for _ in range(_WORKERS)]
        self._sent: deque[datetime] = deque()
        self._paused_until: datetime | None = None
        self._ending = False
        self.wake = asyncio.Event()

    def take_over(self, desk: Desk) -> None:
        """From now on decide by this desk: its rules have changed."""
        self._desk = desk

    async def recover(self, *, earlier_life: bool = False) -> None:
        """Letters in the hands of a node that died, or (`earlier_life`) of ourselves before: queued again, or in doubt.

        Never with `earlier_life` while we are sending: our own letters of now would look like those of then.
        """
        now, owner = self._now(), self._terms.owner if earlier_life else ""
        queued, doubtful = await self._clerk.do(lambda tx: self._take_back(tx, now, owner))
        failpoint("dispatch.recovered")
        if queued or doubtful:
            log.warning("letters-recovered", extra={"queued": queued, "in_doubt": doubtful})

    def _take_back(self, tx: Tx, now: datetime, owner: str) -> tuple[int, int]:
        found = letters.recover(tx, now, owner)
        for letter_id, why in letters.given_up(tx, now):
            self._desk.letter_lost(tx, letter_id, why)
        return found

    async def run(self) -> None:
        """Send what is due until `end` is called. Cancelled, it leaves a letter in doubt that was on its way."""
        while not self._ending:
            self.wake.clear()
            try:
                await self.flush()
            except MaildError as error:
                log.warning("dispatch-postponed", extra={"why": str(error)})
            try:
                async with asyncio.timeout(self._terms.look_seconds):  # wait_for may forget a cancellation
                    await self.wake.wait()
            except TimeoutError:
                continue

    def end(self) -> None:
        """Finish the letters that are on their way, take no others."""
        self._ending = True
        self.wake.set()

    async def flush(self) -> int:
        """Send everything that is due now; how many letters were tried."""
        now = self._now()
        for letter_id in await self._clerk.do(lambda tx: letters.expire(tx, now)):
            await self._clerk.do(lambda tx, lost=letter_id: self._desk.letter_lost(tx, lost, "vencida / expired"))  # type: ignore[misc]
        await self._ease()
        return sum(await asyncio.gather(*(self._work(relay) for relay in self._relays)))

    async def _ease(self) -> None:
        """Letters that the brake holds go out as the hour has room for them."""
        now, hourly = self._now(), self._terms.hourly

        def let_go(tx: Tx) -> int:
            if not holds.braked(tx):
                return 0
            room = hourly - holds.left_since(tx, now - timedelta(hours=1))
            return holds.let_go_braked(tx, now, room, LETTER_LIFE)

        freed = await self._clerk.do(let_go)
        if freed:
            log.info("brake-eased", extra={"letters": freed})

    async def _work(self, relay: Relay) -> int:
        tried = 0
        while not self._resting():
            now = self._now()
            lot = await self._clerk.do(lambda tx, now=now: letters.claim(tx, self._terms.owner, now, _CLAIM))  # type: ignore[misc]
            failpoint("dispatch.claimed")
            if not lot:
                break
            tried += len(lot)
            await self._send_lot(relay, lot)
        return tried

    def _resting(self) -> bool:
        if self._ending:
            return True
        now = self._now()
        while self._sent and self._sent[0] < now - timedelta(hours=1):
            self._sent.popleft()
        return len(self._sent) >= self._terms.hourly or (self._paused_until is not None and now < self._paused_until)

    async def _send_lot(self, relay: Relay, lot: Sequence[Leased]) -> None:
        for position, letter in enumerate(lot):
            if self._ending:
                await self._return(lot[position:], self._now(), "el programa terminó / the program ended")
                return
            verdict = await self._send(relay, letter)
            if verdict.outcome is Outcome.CHANNEL or (
                verdict.outcome is Outcome.DEFERRED and verdict.stage in _BEFORE_ENVELOPE
            ):
                await self._rest(verdict, lot[position:])
                return
            await self._record(letter, verdict)

    async def _send(self, relay: Relay, letter: Leased) -> Verdict:
        """One of the four places that catch everything: a letter that breaks our sender is in doubt, not lost."""

        async def before_data() -> None:
            failpoint("dispatch.before-data")
            await self._clerk.do(lambda tx: letters.data_issued(tx, letter.attempt))
            failpoint("dispatch.data-issued")

        try:
            verdict = await relay.deliver(self._terms.sender, letter.recipient, letter.raw, before_data)
        except Exception as error:
            log.exception("letter-not-sent", extra={"letter": letter.id})
            return Verdict(Outcome.AMBIGUOUS, Stage.DATA_ISSUED, None, f"{type(error).__name__}")
        failpoint("dispatch.answered")
        return verdict

    async def _rest(self, verdict: Verdict, untried: Sequence[Leased]) -> None:
        """No letter would pass now: all wait together, none loses a try."""
        now = self._now()
        until = now + (_REFUSED_PAUSE if verdict.outcome is Outcome.CHANNEL else _CHANNEL_PAUSE)
        self._paused_until = until
        log.error("relay-unavailable", extra={"stage": verdict.stage, "code": verdict.code, "why": verdict.text})
        await self._return(untried, until, verdict.text)

    async def _return(self, untried: Sequence[Leased], until: datetime, why: str) -> None:
        now = self._now()
        for letter in untried:
            await self._clerk.do(lambda tx, letter=letter: letters.given_back(tx, letter, now, until, why))  # type: ignore[misc]

    async def _record(self, letter: Leased, verdict: Verdict) -> None:
        now = self._now()
        jitter = random.random()  # noqa: S311 - spreads retries, keeps no secret
        state = await self._clerk.do(lambda tx: self._end(tx, letter, verdict, now, jitter))
        failpoint("dispatch.recorded")
        if state == "sent":
            self._sent.append(now)
        log.info("letter", extra={"letter": letter.id, "state": state, "code": verdict.code})

    def _end(self, tx: Tx, letter: Leased, verdict: Verdict, now: datetime, jitter: float) -> letters.State:
        """What became of a try. A letter that will not arrive and the word to the operator about it: both, or neither."""
        code, text = verdict.code, verdict.text
        state: letters.State = "failed"
        match verdict.outcome:
            case Outcome.SENT:
                letters.sent(tx, letter, now, code, text)
                state = "sent"
            case Outcome.DEFERRED:
                state = letters.deferred(tx, letter, now, code, text, jitter)
            case Outcome.AMBIGUOUS:
                state = letters.ambiguous(tx, letter, now, code, text)
            case _:
                letters.failed(tx, letter, now, code, text)
        if state in ("failed", "unknown"):
            self._desk.letter_lost(tx, letter.id, text)
        return state

    async def close(self) -> None:
        for relay in self._relays:
            await relay.close()
