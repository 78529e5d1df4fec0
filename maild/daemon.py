"""The daemon: the house with its three loops alive. Each may die at any moment; what they share lies in rows."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from typing import Any

from maild.clock import Clock
from maild.config import Config
from maild.dispatch import Dispatcher
from maild.dispatch import Terms as DispatchTerms
from maild.errors import MaildError, TransientError
from maild.house import House, only_one, relay_settings, signature_check
from maild.intake import Door
from maild.intake import Terms as DoorTerms
from maild.mail.clamd import Clamd
from maild.mail.sandbox import Sandbox
from maild.reading import Reading, Scanner
from maild.reloading import Refused, Reloading
from maild.store import leases
from maild.store.clerk import Clerk

log = logging.getLogger("maild.daemon")

LOOPS = ("intake", "clock", "dispatch")
_RENEW_SECONDS = 10.0
# The whole daemon must come to rest within this, whatever a peer does.
_FAREWELL_SECONDS = 60.0


class Daemon:
    """Built inside the running loop; `only` names the loops that shall live."""

    def __init__(self, house: House, only: frozenset[str] = frozenset(LOOPS)) -> None:
        self._house, self._only = house, only
        config = house.config
        self._clerk = Clerk(house.database, most=2 * config.limits.batch)
        self._sandbox = Sandbox(
            workers=config.limits.parser_workers,
            wall_seconds=config.limits.parser_time.total_seconds(),
            memory_bytes=config.limits.parser_memory,
        )
        self._scanner = _scanner(config)
        self._reading = Reading(
            self._clerk,
            house.desk,
            house.raw,
            self._sandbox,
            config.limits.batch,
            self._scanner,
            signature_check(config),
        )
        self._doors = [self._door(number) for number in range(len(config.mailboxes))]
        self._first_looks = [asyncio.Event() for _ in self._doors]
        terms = DispatchTerms(
            config.desk.address,
            house.owner(),
            config.limits.letters_total_hour,
            config.schedule.dispatch.total_seconds(),
        )
        self._dispatcher = Dispatcher(self._clerk, house.desk, relay_settings(config), terms, house.now)
        self._clock = Clock(self._clerk, house.desk, house.now)
        self._reloading = Reloading(house)
        self._leads = True

    def _door(self, number: int) -> Door:
        house = self._house
        box, limits = house.config.mailboxes[number], house.config.limits
        name, settings = house.mailboxes()[number]
        poll = box.poll.total_seconds()
        terms = DoorTerms(name, limits.batch, limits.message_size, poll, box.ingest_since)
        return Door(settings, terms, self._clerk, house.raw, house.now, self._reading.news)

    # -- once -----------------------------------------------------------------------------------------------------

    async def once(self) -> None:
        """Read all waiting mail, fire what is due, send what is ready."""
        await self._dispatcher.recover(earlier_life=True)
        if "intake" in self._only:
            await self._sandbox.warm()
            for door in self._doors:
                await self._read_and_file(door)
            await self._reading.drain()
        if "clock" in self._only:
            await self._clock.sweep()
        if "dispatch" in self._only:
            await self._dispatcher.flush()

    async def _read_and_file(self, door: Door) -> None:
        """Receive and decide side by side until the mailbox is read, then file the last ones away."""
        reading = asyncio.create_task(self._read_while_news())
        try:
            await door.look()
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
        await self._reading.drain()
        await door.file_away()

    async def _read_while_news(self) -> None:
        """Decide mails as they are stored. Cancelled between mails, never inside one."""
        while True:
            await self._reading.news.wait()
            self._reading.news.clear()
            await asyncio.shield(self._reading.drain())

    # -- for ever -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self._renew()
        if "intake" in self._only:
            await self._sandbox.warm()
        await self._dispatcher.recover(earlier_life=True)
        await self._list_lost_tickets()
        tasks = {asyncio.create_task(self._guarded(name, work)): name for name, work in self._work()}
        self._clock.every(_RENEW_SECONDS, self._renew, "lease")
        self._clock.every(60, self._dispatcher.recover, "recover")
        self._clock.start()
        notify("READY=1\nSTATUS=en marcha / running")
        log.info("started", extra={"only": ",".join(sorted(self._only))})
        await stop.wait()
        notify("STOPPING=1")
        self._clock.stop()
        await self._come_to_rest(tasks)
        log.info("stopped")

    async def _come_to_rest(self, tasks: Mapping[asyncio.Task[None], str]) -> None:
        """Begin nothing more, finish the mails and letters in hand; what does not end in time is cut off."""
        self._dispatcher.end()
        for task, name in tasks.items():
            if name != "dispatch":
                task.cancel()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._reading.end(), _FAREWELL_SECONDS / 2)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_FAREWELL_SECONDS / 2)
            for task in late:
                task.cancel()

    def _work(self) -> list[tuple[str, Callable[[], Coroutine[Any, Any, None]]]]:
        work: list[tuple[str, Callable[[], Coroutine[Any, Any, None]]]] = []
        if "intake" in self._only:
            for door, first_look in zip(self._doors, self._first_looks, strict=True):
                work.append(("intake", lambda d=door, f=first_look: d.run(lambda: self._leads, f)))  # type: ignore[misc]
            work.append(("reading", self._read))
        if "clock" in self._only:
            work.append(("clock", self._tick))
        if "dispatch" in self._only:
            work.append(("dispatch", self._dispatcher.run))
        return work

    async def _guarded(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A loop that breaks is begun again: it has lost nothing, for everything it knew lies in rows."""
        while True:
            try:
                return await work()
            except MaildError as error:
                log.warning("loop-broken", extra={"loop": name, "why": str(error)})
            except Exception:
                log.exception("loop-broken", extra={"loop": name})
            await asyncio.sleep(1)

    async def _read(self) -> None:
        """Also without news we look: an earlier life may have left mails, and `maild ingest` stores some beside us."""
        seconds = self._house.config.schedule.sweep.total_seconds()
        while True:
            self._reading.news.clear()
            if await asyncio.shield(self._reading.drain()):
                self._dispatcher.wake.set()
                for door in self._doors:
                    door.wake()
            # Not wait_for: in Python 3.11 it forgets a cancellation that comes at the moment of the news.
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._reading.news.wait()

    async def _tick(self) -> None:
        """After a stop the mailbox is read first, then clocks run (RELIABILITY §4.6)."""
        if "intake" in self._only:
            await asyncio.gather(*(look.wait() for look in self._first_looks))
            await self._reading.drain()
        seconds = self._house.config.schedule.sweep.total_seconds()
        while True:
            await self._renew_rules()
            if await self._clock.sweep():
                self._dispatcher.wake.set()
            notify("WATCHDOG=1")
            await asyncio.sleep(seconds)

    async def _list_lost_tickets(self) -> None:
        """The rules may have changed while we slept: tickets on a step that is gone are told to the operator, as in _renew_rules."""
        version = self._reloading.version
        lost = await self._clerk.do(lambda tx: self._house.desk.new_rules(tx, version))
        if lost:
            log.warning("steps-gone", extra={"version": version, "lost": lost})

    async def _renew_rules(self) -> None:
        """Take changed rules over, or tell the operator why not."""
        found = await asyncio.to_thread(self._reloading.look)
        if isinstance(found, Refused):
            log.warning("rules-refused", extra={"problems": len(found.problems), "first": str(found.problems[0])})
            lines = tuple(str(problem) for problem in found.problems)
            await self._clerk.do(lambda tx: self._house.desk.refused_rules(tx, found.version, lines))
            self._dispatcher.wake.set()
        elif found is not None:
            for loop in (self._reading, self._clock, self._dispatcher):
                loop.take_over(found.desk)
            _set_apart()
            lost = await self._clerk.do(lambda tx: found.desk.new_rules(tx, found.version))
            log.info("rules-renewed", extra={"version": found.version, "lost": lost})
            self._dispatcher.wake.set()

    async def _renew(self) -> None:
        """Reading a mailbox is one node's work at a time; a pause of the leader ends its term."""
        house = self._house
        try:
            owner, now = house.owner(), house.now()
            self._leads = await self._clerk.do(lambda tx: leases.hold(tx, "intake", owner, now))
        except TransientError:
            self._leads = False

    async def close(self) -> None:
        for door in self._doors:
            await door.close()
        await self._dispatcher.close()
        await self._sandbox.close()
        if self._scanner:
            await self._scanner.sandbox.close()
        await self._clerk.close()


def _scanner(config: Config) -> Scanner | None:
    """Where [security] clamd names one. Its children take files out of mails and do nothing else."""
    security, limits = config.security, config.limits
    if not security.clamd:
        return None
    sandbox = Sandbox(
        workers=1,
        wall_seconds=limits.parser_time.total_seconds(),
        memory_bytes=limits.parser_memory,
        task="files",
    )
    return Scanner(Clamd(security.clamd, security.clamd_timeout.total_seconds()), sandbox)


async def serve(house: House, only: frozenset[str], *, once: bool) -> None:
    """Run the daemon to its end and leave nothing behind."""
    async with AsyncExitStack() as stack:
        daemon = Daemon(house, only)
        stack.push_async_callback(daemon.close)
        await (daemon.once() if once else daemon.run())


# New objects until young ones are looked through for cycles, and how often that is done before older ones are.
_LOOK_FOR_CYCLES = (50_000, 20, 20)


def _set_apart() -> None:
    """What lives as long as the program, a million objects of rules, is not looked through for cycles with every few hundred mails;
    what a mail leaves behind goes by itself."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def run(house: House, only: frozenset[str] = frozenset(LOOPS), *, once: bool = False) -> None:
    """Blocking: what `maild run` does. SQLite allows one daemon per folder, PostgreSQL one per configuration and machine."""
    owner = "" if house.database.is_sqlite else house.owner()
    gc.set_threshold(*_LOOK_FOR_CYCLES)
    _set_apart()
    try:
        with only_one(house.config.storage.folder, owner):
            asyncio.run(serve(house, only, once=once))
    finally:
        house.close()


def fixed(at: datetime) -> Callable[[], datetime]:
    """A clock that stands still: `maild run --at`."""
    return lambda: at


def notify(state: str) -> None:
    """Tell systemd, if it asked to be told (sd_notify(3)); nothing otherwise."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line, suppress(OSError):
        line.connect("\0" + address[1:] if address.startswith("@") else address)
        line.sendall(state.encode())
