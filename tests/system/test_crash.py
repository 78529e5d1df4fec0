"""The daemon is killed at random and loses nothing: the short run of what bench/crash.py does for longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import Starter
from tests.system.crash import Crash
from tests.system.ledger import Balance

KILLS = 20


@pytest.mark.parametrize("fold", ["0s", "25m"])
def test_a_daemon_killed_twenty_times_answers_every_mail_once_on_either_database(
    start_servers: Starter, tmp_path: Path, fold: str
) -> None:
    servers = start_servers("oauth", "dovecot", "postfix", "postgres")
    urls = {"sqlite": "sqlite", "postgresql": servers.fresh_database()}
    crashes = []
    for seed, (database, url) in enumerate(urls.items()):
        folder = tmp_path / database
        folder.mkdir()
        crashes.append(Crash(servers, folder, url, seed, fold))
    # Most of a life is a start: two stories beside each other take little longer than one.
    with ThreadPoolExecutor() as pool:
        balances = list(pool.map(_story, crashes))
    for crash, balance in zip(crashes, balances, strict=True):
        assert balance.problems == ()
        assert crash.kills == KILLS
        assert balance.tickets > 0
        assert balance.timers > 0
    assert any(balance.folded for balance in balances) == (fold != "0s")


def _story(crash: Crash) -> Balance:
    try:
        crash.storm(KILLS)
        crash.settle()
        return crash.books.balance(crash.sender)
    finally:
        crash.books.close()
