"""A month's report over 200,000 tickets: how long it takes to count it from the log of events.

python -m bench.digest [--tickets 200000] [--database sqlite|postgresql]
"""

from __future__ import annotations

import argparse
import time
from datetime import timedelta

from bench import databases
from bench.year import START, Year
from maild.store.standing import event


def fill(year: Year, tickets: int) -> None:
    """A year's tickets, ten lines of their lives each; one in fifty stays open."""
    span = timedelta(days=365) / tickets
    with year.database.write() as tx:
        for lot in range(0, tickets, 5000):
            rows = []
            for n in range(lot, min(lot + 5000, tickets)):
                at = START + n * span
                life = [(0, "opened", "u1@entidad.test"), (0, "type", "incidencia"), (0, "state", "en_cola")]
                life += [(1, "step", "BASE:2"), (3, "assigned", "luis@entidad.test"), (3, "state", "en_proceso")]
                life += [(20, "state", "resuelto"), (20, "told", "solucion=x")]
                life += [(30, "state", "cerrado"), (30, "closed", "resuelto")] if n % 50 else []
                rows += [{"at": at + timedelta(hours=h), "ticket": n + 1, "kind": k, "value": v} for h, k, v in life]
            tx.execute(event.insert(), rows)


def main() -> None:
    arguments = argparse.ArgumentParser()
    databases.asked(arguments)
    arguments.add_argument("--tickets", type=int, default=200_000)
    asked = arguments.parse_args()
    with databases.empty(asked.database) as database:
        year = Year(database, users=5)
        fill(year, asked.tickets)
        for period in ("2026-03", "2026-12"):
            begun = time.perf_counter()
            report = year.report(period)
            opened = next(row[1] for section in report.sections for row in section.rows if row[0] == "opened")
            print(f"{period}: {opened} opened, report in {time.perf_counter() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()
