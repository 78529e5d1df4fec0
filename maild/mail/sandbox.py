"""Parsing in disposable children, several at once, while the loop goes on: what kills its parser kills nothing else."""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import maild
from maild.core.classify import Verdict
from maild.core.reader import Reader
from maild.core.values import Mail
from maild.errors import MailError
from maild.mail.frames import LARGEST_ANSWER, LENGTH_BYTES, frame, from_json, unpacked

_SLICE = 256 * 1024
# So many mails lie before a child at a time: it goes on to the next one without waiting for us.
_AHEAD = 6
# What the first child has before it until the next one helps: octets, and seconds that it has been over one mail.
_ENOUGH, _LONG = 64 * 1024, 1.0
_ROOT = Path(maild.__file__).resolve().parent.parent


class Sandbox:
    """A pool of parser children; whatever blows a limit is a MailError with a stable reason, and the next mail goes on.

    Reasons: `wall-limit`, `child-died` (memory, CPU or a crash), `bad-answer`, or what the child says: `mime-depth`,
    `mime-parts`, `mime-boundary`, `mime-lines`, `memory`, `parser:<class>`.
    """

    def __init__(
        self,
        workers: int = 2,
        wall_seconds: float = 20,
        cpu_seconds: int = 10,
        memory_bytes: int = 512 * 1024 * 1024,
        recycle_after: int = 5000,
        task: Literal["parse", "files"] = "parse",
    ) -> None:
        self._wall_seconds = wall_seconds
        self._recycle_after = recycle_after
        self._limits = (str(cpu_seconds), str(memory_bytes), task)
        self._children: list[_Child | None] = [None] * workers
        self._starting = [asyncio.Lock() for _ in range(workers)]
        self._rules = b""
        self._loads = [_Load() for _ in range(workers)]
        self._room = asyncio.Semaphore(workers * _AHEAD)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End every child, whatever it is doing."""
        for seat, child in enumerate(self._children):
            self._children[seat] = None
            if child:
                await child.end()

    def read_by(self, reader: Reader | None) -> None:
        """From now on the children also say what each mail is about, by these rules; those that read by others end."""
        self._rules = pickle.dumps(reader) if reader else b""

    async def parse(self, raw: bytes) -> Mail:
        """The Mail as a child understands it, or MailError."""
        return (await self.read(raw))[0]

    async def read(self, raw: bytes) -> tuple[Mail, Verdict | None]:
        """The Mail, and what it is about by the rules that the child was given; or MailError."""
        return _mail(await self._seated(raw))

    async def files(self, raw: bytes) -> dict[str, bytes]:
        """The bytes of the attachments by their hash, from a pool whose task that is, or MailError."""
        answer = await self._seated(raw)
        try:
            return unpacked(_accepted(answer))
        except ValueError:
            raise MailError("bad-answer") from None

    async def _seated(self, raw: bytes) -> bytes:
        async with self._room:
            seat = self._seat()
            with self._loads[seat].carries(len(raw)):
                while True:
                    child = await self._child(seat)
                    with suppress(_LostBefore):
                        return await child.ask(raw, self._wall_seconds)

    def _seat(self) -> int:
        """The first one that has not enough to do: one child and the desk are as much as two processors bear, another one helps
        where mails are large or one of them takes long."""
        free = [seat for seat, load in enumerate(self._loads) if load.mails < _AHEAD]
        return next((seat for seat in free if not self._loads[seat].is_enough), min(free, key=self._octets))

    def _octets(self, seat: int) -> int:
        return self._loads[seat].octets

    async def warm(self) -> None:
        """Start the first child now: it makes itself ready while the first mails are fetched."""
        await self._child(0)

    async def _child(self, seat: int) -> _Child:
        async with self._starting[seat]:
            child = self._children[seat]
            if (
                child is None
                or not child.alive
                or child.served >= self._recycle_after
                or child.rules is not self._rules
            ):
                self._children[seat] = None
                if child:
                    await child.retire()
                child = self._children[seat] = await _Child.started(self._limits, self._rules)
            return child


@dataclass(slots=True)
class _Load:
    """What lies before a child, and since when it has been over the mail in hand."""

    mails: int = 0
    octets: int = 0
    since: float = 0.0

    @property
    def is_enough(self) -> bool:
        return self.mails > 0 and (self.octets >= _ENOUGH or time.monotonic() - self.since > _LONG)

    @contextmanager
    def carries(self, octets: int) -> Iterator[None]:
        if not self.mails:
            self.since = time.monotonic()
        self.mails, self.octets = self.mails + 1, self.octets + octets
        try:
            yield
        finally:
            self.mails, self.octets, self.since = self.mails - 1, self.octets - octets, time.monotonic()


def _accepted(answer: bytes) -> bytes:
    if answer.startswith(b'{"refused"'):
        raise MailError(str(json.loads(answer)["refused"]))
    return answer


def _mail(answer: bytes) -> tuple[Mail, Verdict | None]:
    try:
        return from_json(_accepted(answer))
    except ValueError:
        raise MailError("bad-answer") from None


class _LostBefore(Exception):
    """The child was lost over a mail that was asked about earlier: this one has not been looked at."""


class _Child:
    """One running parser. It answers in the order in which it is asked; small mails wait before it in its pipe."""

    def __init__(self, process: asyncio.subprocess.Process, rules: bytes) -> None:
        assert process.stdin and process.stdout
        self._process = process
        self.rules = rules
        self._stdin, self._stdout = process.stdin, process.stdout
        self.served = 0
        self._turn = asyncio.Lock()  # fair: whoever asks first is answered first
        self._unsent = 0
        self._lost = False

    @classmethod
    async def started(cls, limits: tuple[str, str, str], rules: bytes) -> _Child:
        # Nothing of our environment: no secret, no failpoint. -B: it may not write files, compiled ones included.
        # A process group of its own keeps the terminal's signals away; in a session of its own its niceness would mean nothing
        # beside us where the kernel shares processors between sessions first (autogroup).
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-B", "-P", "-s", "-m", "maild.mail.child", *limits,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8"}, cwd="/", process_group=0,
        )  # fmt: skip
        child = cls(process, rules)
        child._stdin.write(frame(rules))  # a child that dies over them does not answer its first mail
        return child

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and not self._lost

    async def ask(self, raw: bytes, seconds: float) -> bytes:
        """What it says of a mail, which it may think over for so long. MailError when it is lost over this mail.

        A child that did not answer to the end (or whose asker went away) is in no known state.
        """
        self.served += 1
        ahead = len(raw) <= _SLICE and not self._unsent
        if ahead:
            self._stdin.write(frame(raw))
        self._unsent += not ahead
        try:
            async with self._turn:
                if self._lost:
                    raise _LostBefore
                async with asyncio.timeout(seconds):
                    if not ahead:
                        await self._send(raw)
                    return await self._answer(len(raw))
        except _LostBefore:
            raise
        except BaseException as error:
            before, self._lost = self._lost, True
            await self.end()
            if isinstance(error, OSError | EOFError | TimeoutError):
                over_this = MailError("wall-limit" if isinstance(error, TimeoutError) else "child-died")
                raise _LostBefore if before else over_this from None
            raise

    async def _send(self, raw: bytes) -> None:
        """In slices: the transport copies what it is given."""
        self._stdin.write(frame(raw[:_SLICE], len(raw)))
        view = memoryview(raw)
        for start in range(_SLICE, len(raw), _SLICE):
            await self._stdin.drain()
            self._stdin.write(view[start : start + _SLICE])
        self._unsent -= 1
        await self._stdin.drain()

    async def _answer(self, size: int) -> bytes:
        """OSError or EOFError when it died over it."""
        length = int.from_bytes(await self._stdout.readexactly(LENGTH_BYTES), "big")
        if length > LARGEST_ANSWER + size:  # files are no larger than the mail that brought them
            raise EOFError
        return await self._stdout.readexactly(length)

    async def retire(self) -> None:
        """End it when it has answered what it was asked."""
        async with self._turn:
            await self.end()

    async def end(self) -> None:
        """Kill it and see it gone; it holds nothing that could be lost."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._stdin.close()
        await self._process.wait()
        with suppress(OSError):
            await self._stdin.wait_closed()
