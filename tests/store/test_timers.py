"""Timers are due by their rows, those on silence only as far as the mailbox has been read."""

from __future__ import annotations

from maild.core.ticket import Timer
from maild.store import timers
from maild.store.database import Database
from tests.store.rows import NOW, minutes, new_ticket


def test_due_timers_come_longest_overdue_first_and_silence_waits_for_the_watermark(database: Database) -> None:
    loud, quiet, later = (
        Timer("recordar", 1, NOW - minutes(1)),
        Timer("conformidad", 1, NOW - minutes(5), on_silence=True),
        Timer("escalar", 1, NOW + minutes(1)),
    )
    new_ticket(database, 1, timers=(loud, quiet, later))
    with database.write() as tx:
        assert [d.clock for d in timers.due(tx, NOW, None, 9)] == ["conformidad", "recordar"]
        assert [d.clock for d in timers.due(tx, NOW, NOW - minutes(5), 9)] == ["conformidad", "recordar"]
        assert [d.clock for d in timers.due(tx, NOW, NOW - minutes(6), 9)] == ["recordar"]
        assert [d.clock for d in timers.due(tx, NOW, None, 1)] == ["conformidad"]
        assert timers.next_due(tx) == NOW - minutes(5)


def test_a_timer_that_failed_too_often_is_left_to_a_person(database: Database) -> None:
    new_ticket(database, 1, timers=(Timer("escalar", 1, NOW),))
    with database.write() as tx:
        (due,) = timers.due(tx, NOW, None, 9)
        for _ in range(timers.MOST_ATTEMPTS):
            assert timers.due(tx, NOW, None, 9) == [due]
            timers.count_attempt(tx, due.id)
        assert timers.due(tx, NOW, None, 9) == []
        assert timers.next_due(tx) is None
        assert timers.still_running(tx, due.id) == due
