"""Parsing in disposable children, several at once, while the loop goes on: what kills its parser kills nothing else."""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
from contextlib import suppress
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
        self._free: asyncio.Queue[int] = asyncio.Queue()
        for seat in list(range(workers)) * _AHEAD:
            self._free.put_nowait(seat)

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
        seat = await self._free.get()
        try:
            while True:
                child = await self._child(seat)
                with suppress(_LostBefore):
                    return await child.ask(raw, self._wall_seconds)
        finally:
            self._free.put_nowait(seat)

    async def warm(self) -> None:
        """Start every child now: they make themselves ready while the first mails are fetched."""
        for seat in range(len(self._children)):
            await self._child(seat)

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
