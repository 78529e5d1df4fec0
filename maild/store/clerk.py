"""The clerk: the one thread that writes. Waiting jobs share a transaction and its fsync, each in a savepoint of its own.

A job is a function of the connection. What it raises is rolled back alone and handed to whoever asked for it; what the
database refuses at COMMIT is handed to everybody in the batch, and nothing of the batch has happened.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from maild.errors import TransientError
from maild.failpoints import failpoint
from maild.store.database import Database
from maild.store.prepared import say

T = TypeVar("T")
Job = Callable[[Connection], T]


@dataclass(slots=True)
class _Wanted:
    job: Job[Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Clerk:
    """Runs jobs in the order in which they were asked for. `most` bounds how many share one transaction."""

    def __init__(self, database: Database, most: int = 40) -> None:
        self._database = database
        self._most = most
        self._closed = False
        self._queue: queue.SimpleQueue[_Wanted | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="clerk", daemon=True)
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def do(self, job: Job[T]) -> T:
        """What the job returns, after the commit that makes it last."""
        if self._closed:
            raise TransientError("el programa está terminando / the program is ending")
        wanted = _Wanted(job, self._loop.create_future())
        self._queue.put(wanted)
        result: T = await wanted.future
        return result

    async def close(self) -> None:
        """Finish what was asked for and stop."""
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while True:
            batch = self._next_batch()
            if jobs := [wanted for wanted in batch if wanted is not None]:
                self._carry_out(jobs)
            if batch[-1] is None:
                return

    def _next_batch(self) -> list[_Wanted | None]:
        batch: list[_Wanted | None] = [self._queue.get()]
        while batch[-1] is not None and len(batch) < self._most:
            try:
                batch.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return batch

    def _carry_out(self, batch: list[_Wanted]) -> None:
        try:
            with self._database.write() as connection:
                for wanted in batch:
                    _attempt(wanted, connection)
                failpoint("clerk.before-commit")
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits for this batch, swallowed by nobody
            for wanted in batch:
                wanted.error = wanted.error or error
        failpoint("clerk.after-commit")
        self._loop.call_soon_threadsafe(_answer, batch)


def _attempt(wanted: _Wanted, connection: Connection) -> None:
    # Said to the driver itself: SQLAlchemy's own nested transactions cost more than most jobs.
    say(connection, "SAVEPOINT job")
    try:
        wanted.result = wanted.job(connection)
    except OperationalError as error:
        wanted.error = TransientError(f"base de datos / database: {error.orig}")
        if connection.invalidated:
            raise
        say(connection, "ROLLBACK TO SAVEPOINT job")
    except Exception as error:  # noqa: BLE001 - handed to whoever asked for this job
        wanted.error = error
        say(connection, "ROLLBACK TO SAVEPOINT job")
    else:
        say(connection, "RELEASE SAVEPOINT job")


def _answer(batch: list[_Wanted]) -> None:
    for wanted in batch:
        if wanted.future.cancelled():
            continue
        if wanted.error is not None:
            wanted.future.set_exception(wanted.error)
        else:
            wanted.future.set_result(wanted.result)
