"""The clock under load: a look at 100,000 waiting timers, and 10,000 that fell due during seven days of downtime.

python -m bench.clock [--database sqlite|postgresql] [--waiting 100000] [--missed 10000]
"""

from __future__ import annotations

import argparse
import asyncio
import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text, update

from bench import databases
from bench.year import START, Year
from maild.clock import Clock
from maild.store import mails
from maild.store.clerk import Clerk
from maild.store.schema import ticket, timer


def fill(year: Year, waiting: int, missed: int, *, telling: int = 1) -> None:
    """Tickets with a clock each: `missed` fall due within seven days, the others long after. One in `telling` writes letters."""
    rows: list[dict[str, Any]] = []
    for n in range(waiting + missed):
        after = timedelta(days=7) * (n + 1) / missed if n < missed else timedelta(days=30, minutes=n)
        rows.append(
            {
                "ticket": n + 1,
                "clock": "p_nivel" if n % telling == 0 else "p_encuesta",
                "token": 0,
                "due": START + after,
                "on_silence": False,
                "started_at": START,
            }
        )
    with year.database.write() as tx:
        about = {"title": "x", "state": "en_proceso", "requester": "u1@entidad.test", "opened_at": START}
        tx.execute(ticket.insert(), [{"number": row["ticket"]} | about for row in rows])
        tx.execute(timer.insert(), rows)


def look(year: Year, now: datetime) -> float:
    """The slowest of five whole looks of the clock in which nothing fires, in seconds."""
    year.now = now

    async def sweeps() -> list[float]:
        clerk = Clerk(year.database)
        clock = Clock(clerk, year.desk, lambda: year.now)
        await clock.sweep()  # the first one also plans what recurs
        taken = []
        for _ in range(5):
            begun = time.perf_counter()
            assert await clock.sweep() == 0
            taken.append(time.perf_counter() - begun)
        await clerk.close()
        return taken

    return max(asyncio.run(sweeps()))


def unread(year: Year, waiting: int) -> float:
    """The same where as many clocks have run out on silence, and the mailbox has not been read past any of them."""
    with year.database.write() as tx:
        mails.drained(tx, mails.open_epoch(tx, "bench", "INBOX", 1, START), START)
        later = {"due": START + timedelta(hours=1), "on_silence": True}
        tx.execute(update(timer).where(timer.c.ticket > waiting).values(later))
    return look(year, START + timedelta(hours=2))


def downtime(year: Year, *days: int) -> dict[str, int]:
    """Sweep before, then after so many days in which nobody looked (seven); how many clocks fired, early, twice or never."""

    async def sweep() -> None:
        clerk = Clerk(year.database)
        clock = Clock(clerk, year.desk, lambda: year.now)
        for day in (0, *(days or (7,))):
            year.now = START + timedelta(days=day)
            fired = await clock.sweep()
            assert day or not fired
        await clerk.close()

    asyncio.run(sweep())
    queries = {
        "fired": "SELECT count(*) FROM timer WHERE outcome = 'fired' AND ran = 0",
        "early": "SELECT count(*) FROM timer WHERE outcome = 'fired' AND ended_at < due",
        "twice": "SELECT count(*) - count(DISTINCT ticket) FROM timer WHERE outcome = 'fired' AND ran = 0",
        "lost": "SELECT count(*) FROM timer WHERE ended_at IS NULL AND due <= :now",
    }
    with year.database.write() as tx:
        now = year.now.replace(tzinfo=None).isoformat(" ") + ".000000" if year.database.is_sqlite else year.now
        return {
            k: int(tx.execute(text(q), {"now": now} if ":now" in q else {}).scalar_one()) for k, q in queries.items()
        }


def main() -> None:
    arguments = argparse.ArgumentParser()
    databases.asked(arguments)
    arguments.add_argument("--waiting", type=int, default=100_000)
    arguments.add_argument("--missed", type=int, default=10_000)
    asked = arguments.parse_args()
    with databases.empty(asked.database) as database:
        year = Year(database, users=5)
        fill(year, asked.waiting, asked.missed)
        print(f"a look at {asked.waiting} waiting timers: {look(year, START) * 1000:.1f} ms", flush=True)
        begun = time.perf_counter()
        print(downtime(year), f"{time.perf_counter() - begun:.0f} s", flush=True)
        silent = unread(year, asked.missed)
        print(f"a look at {asked.waiting} that wait for the mailbox to be read: {silent * 1000:.0f} ms", flush=True)


if __name__ == "__main__":
    main()
