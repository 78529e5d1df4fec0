"""The clerk: jobs share a transaction, none spoils another, and an answer means that it is written."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from maild.errors import TransientError
from maild.store.clerk import Clerk, Job
from maild.store.database import Database
from maild.store.standing import counter


@pytest.fixture
async def clerk(database: Database) -> AsyncIterator[Clerk]:
    clerk = Clerk(database)
    yield clerk
    await clerk.close()


def keep(tx: Connection, name: str) -> str:
    tx.execute(counter.insert().values(name=name, value=1))
    return name


def keeping(name: str) -> Job[str]:
    return lambda tx: keep(tx, name)


def kept(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return {str(name) for (name,) in connection.execute(select(counter.c.name))}


def commits(database: Database) -> list[int]:
    seen: list[int] = []
    event.listen(database.engine, "commit", lambda connection: seen.append(1))
    return seen


# Tasks that nobody awaits must be kept, or they may be collected while they run.
_held: list[asyncio.Future[None]] = []


@contextmanager
def busy(clerk: Clerk) -> Iterator[None]:
    """The clerk is held up: what is asked for inside waits together until the end of the block."""
    begun, go = threading.Event(), threading.Event()

    def wait(tx: Connection) -> None:
        begun.set()
        go.wait(20)

    holding = asyncio.ensure_future(clerk.do(wait))
    _held.append(holding)
    yield
    go.set()


async def test_jobs_that_wait_share_one_transaction(database: Database, clerk: Clerk) -> None:
    with busy(clerk):
        await asyncio.sleep(0.1)
        seen = commits(database)
        jobs = [asyncio.create_task(clerk.do(keeping(f"j{n}"))) for n in range(30)]
        await asyncio.sleep(0.1)
    assert await asyncio.gather(*jobs) == [f"j{n}" for n in range(30)]
    assert len(seen) == 2  # the one that held the clerk up, and all the others
    assert kept(database) == {f"j{n}" for n in range(30)}


async def test_a_transaction_takes_no_more_jobs_than_agreed(database: Database) -> None:
    clerk = Clerk(database, most=10)
    with busy(clerk):
        await asyncio.sleep(0.1)
        seen = commits(database)
        jobs = [asyncio.create_task(clerk.do(keeping(f"j{n}"))) for n in range(30)]
        await asyncio.sleep(0.1)
    await asyncio.gather(*jobs)
    await clerk.close()
    assert len(seen) == 4


async def test_a_job_that_fails_is_undone_alone(database: Database, clerk: Clerk) -> None:
    def fail(tx: Connection, error: Exception) -> None:
        keep(tx, f"lost {error}")
        raise error

    def refuse(tx: Connection) -> None:
        keep(tx, "twice")
        keep(tx, "twice")

    with busy(clerk):
        await asyncio.sleep(0.1)
        asked = (
            clerk.do(keeping("before")),
            clerk.do(lambda tx: fail(tx, ZeroDivisionError("x"))),
            clerk.do(keeping("between")),
            clerk.do(refuse),
            clerk.do(lambda tx: tx.execute(text("SELECT nonsense FROM nowhere"))),
            clerk.do(keeping("after")),
        )
        jobs = [asyncio.ensure_future(job) for job in asked]
        await asyncio.sleep(0.1)
    answers = await asyncio.gather(*jobs, return_exceptions=True)
    assert [answers[i] for i in (0, 2, 5)] == ["before", "between", "after"]
    assert isinstance(answers[1], ZeroDivisionError)
    assert isinstance(answers[3], IntegrityError)
    assert isinstance(answers[4], TransientError | ProgrammingError)
    assert kept(database) == {"before", "between", "after"}


async def test_an_answer_means_that_it_is_written(database: Database, clerk: Clerk) -> None:
    for number in range(5):
        assert await clerk.do(keeping(f"j{number}")) in kept(database)


async def test_a_commit_that_fails_reaches_everybody_and_nothing_has_happened(database: Database, clerk: Clerk) -> None:
    with database.write() as tx:
        promise = "CREATE TABLE promise (name TEXT REFERENCES counter (name) DEFERRABLE INITIALLY DEFERRED)"
        tx.execute(text(promise))
    with busy(clerk):
        await asyncio.sleep(0.1)
        jobs = [
            asyncio.create_task(clerk.do(keeping("honest"))),
            asyncio.create_task(
                clerk.do(lambda tx: tx.execute(text("INSERT INTO promise VALUES ('nobody')")).rowcount)
            ),
            asyncio.create_task(clerk.do(keeping("late"))),
        ]
        await asyncio.sleep(0.1)
    answers = await asyncio.gather(*jobs, return_exceptions=True)
    assert [type(answer) for answer in answers] == [IntegrityError] * 3
    assert kept(database) == set()
    assert await clerk.do(keeping("next")) == "next"


async def test_whoever_stops_waiting_disturbs_nobody(database: Database, clerk: Clerk) -> None:
    with busy(clerk):
        await asyncio.sleep(0.1)
        gone = asyncio.create_task(clerk.do(keeping("gone")))
        stays = asyncio.create_task(clerk.do(keeping("stays")))
        await asyncio.sleep(0.1)
        gone.cancel()
    assert await stays == "stays"
    assert "stays" in kept(database)


async def test_what_was_asked_for_before_closing_is_done_and_later_jobs_are_refused(database: Database) -> None:
    clerk = Clerk(database)
    with busy(clerk):
        await asyncio.sleep(0.1)
        job = asyncio.create_task(clerk.do(keeping("asked")))
        await asyncio.sleep(0)
        closing = asyncio.create_task(clerk.close())
        await asyncio.sleep(0.1)
    assert await job == "asked"
    await closing
    with pytest.raises(TransientError, match="ending"):
        await clerk.do(keeping("late"))
