"""A week in which nobody looked: every clock that ran out is acted on once, none before its time, none lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import update

from bench.clock import downtime, fill
from bench.year import START, Year
from maild.store import mails
from maild.store.database import Database
from maild.store.schema import inbound, timer
from maild.store.timers import MOST_ATTEMPTS
from maild.store.upgrade import upgrade


@pytest.fixture
def year(database_url: str) -> Iterator[Year]:
    with closing(Database(database_url)) as database:
        upgrade(database)
        yield Year(database, users=5)


def test_after_seven_days_of_downtime_no_timer_was_early_and_none_is_lost(year: Year) -> None:
    missed = 10_000 if year.database.is_sqlite else 1_000  # `python -m bench.clock` has as many on both
    fill(year, waiting=50, missed=missed, telling=20)
    assert downtime(year) == {"fired": missed, "early": 0, "twice": 0, "lost": 0}


def test_between_two_outages_only_what_was_due_has_run_out(year: Year) -> None:
    fill(year, waiting=10, missed=70)
    assert downtime(year, 3) == {"fired": 30, "early": 0, "twice": 0, "lost": 0}
    assert downtime(year, 3, 5, 5, 7) == {"fired": 70, "early": 0, "twice": 0, "lost": 0}


def test_one_timer_that_cannot_be_decided_holds_up_no_other_and_is_left_to_a_person_in_the_end(
    year: Year, caplog: pytest.LogCaptureFixture
) -> None:
    fill(year, waiting=0, missed=70)
    with year.database.write() as tx:
        tx.execute(update(timer).where(timer.c.ticket == 5).values(pauses="no pause at all"))
    result = downtime(year, *(7,) * (MOST_ATTEMPTS + 1))
    assert (result["fired"], result["early"]) == (69, 0)
    assert result["lost"] == 1
    assert [record.message for record in caplog.records].count("timer-failed") == MOST_ATTEMPTS


def test_silence_that_nobody_can_judge_holds_up_no_other_clock(year: Year) -> None:
    """A hundred tickets, each with a mail in quarantine that names it: their silence waits for a person, and only theirs."""
    fill(year, waiting=0, missed=110)
    with year.database.write() as tx:
        arrivals = [mails.Arrival(f"{n:064x}", 100, START) for n in range(1, 101)]
        for number, mail_id in enumerate(mails.put(tx, arrivals, START), 1):
            held = {"state": "parked", "ticket": number, "sender": "u1@entidad.test"}
            tx.execute(update(inbound).where(inbound.c.id == mail_id).values(held))
        tx.execute(update(timer).where(timer.c.ticket <= 100).values(on_silence=True))
    assert downtime(year) == {"fired": 10, "early": 0, "twice": 0, "lost": 100}
    with year.database.write() as tx:
        tx.execute(update(inbound).values(state="ignored"))
    assert downtime(year)["fired"] == 110
