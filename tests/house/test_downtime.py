"""A week in which nobody looked: every clock that ran out is acted on once, none before its time, none lost."""

from __future__ import annotations

from pathlib import Path

from bench.clock import downtime, fill
from bench.year import Year
from maild.store.database import Database
from maild.store.upgrade import upgrade


def test_after_seven_days_of_downtime_no_timer_was_early_and_none_is_lost(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'clock.sqlite'}")
    upgrade(database)
    year = Year(database, users=5)
    fill(year, waiting=50, missed=200)
    assert downtime(year) == {"fired": 200, "early": 0, "lost": 0}
    database.close()
