"""The crash proof at length: so many kills of a real daemon on real servers, and the ledger at the end.

It prints what happened and every sentence of the ledger that was not true; then the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.system.crash import Crash, points
from tests.system.ledger import Balance
from tests.system.servers import Servers


def proof(kills: int, database: str, seed: int) -> bool:
    """One storm of kills, its table; whether the ledger is clean."""
    servers = Servers()
    try:
        servers.start("oauth", "dovecot", "postfix", *(["postgres"] if database == "postgresql" else []))
        with tempfile.TemporaryDirectory(dir=servers.folder) as name:
            crash = Crash(servers, Path(name), servers.fresh_database() if database == "postgresql" else "sqlite", seed)
            start = time.monotonic()
            try:
                crash.storm(kills)
                crash.settle()
                balance = crash.books.balance(crash.sender)
            finally:
                crash.books.close()
            _print(crash, balance, database, seed, time.monotonic() - start)
            return not balance.problems
    finally:
        servers.close()


def _print(crash: Crash, balance: Balance, database: str, seed: int, seconds: float) -> None:
    states = ", ".join(f"{number} {state}" for state, number in sorted(balance.states.items()))
    rows = {
        "database": f"{database}, seed {seed}, {seconds:.0f} s",
        "kills": f"{crash.kills} in {crash.lives} lives",
        "mails delivered": f"{balance.mails} ({len(crash.sender.mails)} different)",
        "inbound rows": f"{sum(balance.states.values())}: {states}",
        "epochs": 1 + crash.epochs,
        "tickets": balance.tickets,
        "timers fired": balance.timers,
        "letters": f"{balance.letters}, {balance.doubled} of them twice",
        "kills past DATA": f"{balance.doubts}, {balance.unknown} letters left to a person",
        "problems": len(balance.problems),
    }
    for name, value in rows.items():
        print(f"  {name:16} {value}")
    names = [*points(), "outside"]
    width = max(map(len, names))
    for name in names:
        print(f"    {name:{width}} {crash.hits[name]:4}")
    for problem in balance.problems:
        print(f"  ! {problem}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options.add_argument("--seed", type=int, default=0, help="0: another one each time")
    asked = options.parse_args()
    sys.exit(0 if proof(asked.kills, asked.database, asked.seed or random.randrange(1, 10**6)) else 1)


if __name__ == "__main__":
    main()
