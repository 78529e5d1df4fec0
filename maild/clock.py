"""Time passes: APScheduler says "look now", and rows say what is due. The only home of APScheduler, which remembers nothing here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from maild.core.events import MomentCame, TimerFired
from maild.desk import Desk
from maild.errors import TransientError
from maild.failpoints import failpoint
from maild.store import agenda, mails, timers
from maild.store.clerk import Clerk
from maild.store.database import Tx
from maild.store.timers import Due

log = logging.getLogger("maild.clock")
logging.getLogger("apscheduler").setLevel(logging.ERROR)

_LOT = 50


class Clock:
    """Fires every timer that is due, each in a savepoint of its own: one that fails undoes nothing of the others."""

    def __init__(self, clerk: Clerk, desk: Desk, now: Callable[[], datetime]) -> None:
        self._clerk, self._desk, self._now = clerk, desk, now
        # A look that came late is still a look; two at a time are one too many (RELIABILITY §4.6).
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

    def take_over(self, desk: Desk) -> None:
        """From now on decide by this desk: its rules have changed."""
        self._desk = desk

    def every(self, seconds: float, look: Callable[[], Awaitable[object]], name: str) -> None:
        """Look again and again."""
        self._scheduler.add_job(look, "interval", seconds=seconds, id=name)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def sweep(self) -> int:
        """Fire what is due; how many timers fired. Those on silence wait until the mailbox has been read past them."""
        fired = await self._moments()
        while done := await self._pass():
            fired += done
        return fired

    async def _pass(self) -> int:
        """Every timer that is due once, in lots: one that cannot fire yet holds up none of those behind it."""
        fired, last = 0, None
        while due := await self._clerk.do(lambda tx, after=last: self._due(tx, self._now(), after)):  # type: ignore[misc]
            failpoint("clock.looked")
            # All of a lot are asked for at once: each has a savepoint of its own, and they share a commit (decision 0003).
            fired += sum(await asyncio.gather(*(self._fire(timer) for timer in due)))
            last = due[-1]
        return fired

    async def _moments(self) -> int:
        """Let the recurring clocks strike whose time has come; how many did."""
        await self._clerk.do(self._desk.plan)
        struck = await self._clerk.do(lambda tx: agenda.due(tx, self._now()))
        return sum([await self._strike(MomentCame(clock, at)) for clock, at in struck])

    async def _strike(self, event: MomentCame) -> bool:
        """One of the four places that catch everything: a clock that fails strikes again at the next look."""
        try:
            outcome = await self._clerk.do(lambda tx: self._desk.moment(tx, event))
        except Exception:
            log.exception("moment-failed", extra={"clock": event.clock})
            return False
        return outcome.done

    def _due(self, tx: Tx, now: datetime, after: Due | None) -> list[Due]:
        upto = mails.silence_upto(tx)
        past = None if upto is None else upto - self._desk.margin
        return timers.due(tx, now, past, _LOT, after)

    async def _fire(self, timer: Due) -> bool:
        """One of the four places that catch everything: a timer that fails is tried again at the next looks, then left to a person."""
        event = TimerFired(timer.id, timer.ticket, timer.clock, timer.token)
        failpoint("clock.before-fire")
        try:
            outcome = await self._clerk.do(lambda tx: self._desk.time(tx, event))
        except TransientError as error:  # the database, not the timer: the next look tries again
            log.warning("timer-waits", extra={"timer": timer.id, "ticket": timer.ticket, "problem": str(error)})
            return False
        except Exception:
            log.exception("timer-failed", extra={"timer": timer.id, "ticket": timer.ticket, "clock": timer.clock})
            await self._clerk.do(lambda tx: timers.count_attempt(tx, timer.id))
            return False
        failpoint("clock.fired")
        if outcome.done:
            late = self._now() - timer.due
            log.info("timer-fired", extra={"timer": timer.id, "clock": timer.clock, "late": _seconds(late)})
        return outcome.done


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
