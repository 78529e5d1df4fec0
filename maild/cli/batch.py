"""Any number of mails found, and read side by side in processes that have little memory and little time."""

from __future__ import annotations

import os
import resource
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

_MEMORY = 1024 * 1024 * 1024  # of each parsing process
_WAITING = 64  # mails handed out before their answers are written
_POSTMARK = b"From "


@dataclass(frozen=True, slots=True)
class Job:
    """One mail to read: a file of its own, or a piece of an mbox."""

    path: str
    raw: bytes | None = None

    def octets(self) -> bytes:
        return Path(self.path).read_bytes() if self.raw is None else self.raw


# --- finding mails ----------------------------------------------------------------------------------------------


def jobs(paths: Iterable[str], unreadable: list[str]) -> Iterator[Job]:
    for path in paths:
        try:
            for file in _files(Path(path)):
                yield from _mails(file)
        except OSError:
            unreadable.append(path)


def _files(path: Path) -> Iterator[Path]:
    """A file itself; of a Maildir the mails, of another folder every file below it. Oldest name first."""
    if not path.is_dir():
        yield path
        return
    for folder, below, names in os.walk(path):
        below[:] = sorted(name for name in below if name != "tmp")
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def _mails(file: Path) -> Iterator[Job]:
    with file.open("rb") as stream:
        if stream.read(len(_POSTMARK)) != _POSTMARK:
            yield Job(str(file))
            return
        stream.seek(0)
        lines: list[bytes] = []
        blank = True
        for line in stream:
            if blank and line.startswith(_POSTMARK) and lines:
                yield Job(str(file), b"".join(lines))
                lines = []
            lines.append(line)
            blank = line in (b"\n", b"\r\n")
        yield Job(str(file), b"".join(lines))


# --- reading them -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """`read` understands one mail, in whatever process it is called; `lost` says what there is to say of a mail that killed
    its process twice. Both are functions of a module, for processes are told them by name."""

    read: Callable[[Job], T]
    lost: Callable[[Job], T]

    def answers(self, jobs: Iterator[Job]) -> Iterator[T]:
        """One answer for each mail, in order. One mail is read here; more share processes."""
        first = next(jobs, None)
        second = next(jobs, None)
        if first is None:
            return
        if second is None:
            yield self.read(first)
            return
        waiting: deque[tuple[Job, Future[T]]] = deque()
        pool = _pool()
        try:
            for job in _chain(first, second, jobs):
                try:
                    waiting.append((job, pool.submit(self.read, job)))
                except BrokenProcessPool:
                    while waiting:
                        yield self._result(*waiting.popleft())
                    pool = _pool()
                    waiting.append((job, pool.submit(self.read, job)))
                while (len(waiting) >= _WAITING and not waiting[0][1].done()) or len(waiting) > 4 * _WAITING:
                    yield self._result(*waiting.popleft())
            while waiting:
                yield self._result(*waiting.popleft())
        finally:
            pool.shutdown(cancel_futures=True)

    def _result(self, job: Job, answer: Future[T]) -> T:
        """What a process said; a mail whose process died is read once more, alone, and then only from outside."""
        try:
            return answer.result()
        except BrokenProcessPool:
            pass
        with _pool(1) as alone:
            try:
                return alone.submit(self.read, job).result()
            except BrokenProcessPool:
                return self.lost(job)


def _chain(first: Job, second: Job, others: Iterator[Job]) -> Iterator[Job]:
    yield first
    yield second
    yield from others


def _pool(workers: int | None = None) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers or os.cpu_count() or 1, initializer=_confine)


def _confine() -> None:
    """A process that reads strangers' mail has little memory and leaves Ctrl-C to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
