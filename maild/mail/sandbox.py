"""Parsing in disposable children, several at once, while the loop goes on: what kills its parser kills nothing else."""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
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
        self._rules = b""
        self._free: asyncio.Queue[int] = asyncio.Queue()
        for seat in range(workers):
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
            return await self._answered(seat, raw)
        finally:
            self._free.put_nowait(seat)

    async def warm(self) -> None:
        """Start every child now: they make themselves ready while the first mails are fetched."""
        for seat in [await self._free.get() for _ in self._children]:
            try:
                await self._child(seat)
            finally:
                self._free.put_nowait(seat)

    async def _child(self, seat: int) -> _Child:
        child = self._children[seat]
        if child is None or not child.alive or child.served >= self._recycle_after or child.rules is not self._rules:
            self._children[seat] = None
            if child:
                await child.end()
            child = self._children[seat] = await _Child.started(self._limits, self._rules)
        return child

    async def _answered(self, seat: int, raw: bytes) -> bytes:
        child = await self._child(seat)
        async with self._lost_unless_answered(seat, child):
            try:
                async with asyncio.timeout(self._wall_seconds):
                    answer = await child.ask(raw)
            except TimeoutError:
                raise MailError("wall-limit") from None
            except (OSError, EOFError):
                raise MailError("child-died") from None
        return answer

    @asynccontextmanager
    async def _lost_unless_answered(self, seat: int, child: _Child) -> AsyncIterator[None]:
        """A child that did not answer to the end (or whose asker went away) is in no known state."""
        try:
            yield
        except BaseException:
            self._children[seat] = None
            await child.end()
            raise


def _accepted(answer: bytes) -> bytes:
    if answer.startswith(b'{"refused"'):
        raise MailError(str(json.loads(answer)["refused"]))
    return answer


def _mail(answer: bytes) -> tuple[Mail, Verdict | None]:
    try:
        return from_json(_accepted(answer))
    except ValueError:
        raise MailError("bad-answer") from None


class _Child:
    """One running parser."""

    def __init__(self, process: asyncio.subprocess.Process, rules: bytes) -> None:
        assert process.stdin and process.stdout
        self._process = process
        self.rules = rules
        self._stdin, self._stdout = process.stdin, process.stdout
        self.served = 0

    @classmethod
    async def started(cls, limits: tuple[str, str, str], rules: bytes) -> _Child:
        # Nothing of our environment: no secret, no failpoint. -B: it may not write files, compiled ones included.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-B", "-P", "-s", "-m", "maild.mail.child", *limits,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8"}, cwd="/", start_new_session=True,
        )  # fmt: skip
        child = cls(process, rules)
        child._stdin.write(frame(rules))  # a child that dies over them does not answer its first mail
        return child

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, raw: bytes) -> bytes:
        """Send a mail, wait for what it says. OSError or EOFError when it died over it."""
        self.served += 1
        self._stdin.write(frame(raw[:_SLICE], len(raw)))
        view = memoryview(raw)
        for start in range(_SLICE, len(raw), _SLICE):  # in slices: the transport copies what it is given
            await self._stdin.drain()
            self._stdin.write(view[start : start + _SLICE])
        await self._stdin.drain()
        length = int.from_bytes(await self._stdout.readexactly(LENGTH_BYTES), "big")
        if length > LARGEST_ANSWER + len(raw):  # files are no larger than the mail that brought them
            raise EOFError
        return await self._stdout.readexactly(length)

    async def end(self) -> None:
        """Kill it and see it gone; it holds nothing that could be lost."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._stdin.close()
        await self._process.wait()
        with suppress(OSError):
            await self._stdin.wait_closed()
