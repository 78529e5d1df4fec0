"""Addresses that get no letters, absences that were told of, and letters that are held and let go."""

from __future__ import annotations

from datetime import date, timedelta

from maild.core.effects import Away
from maild.store import addresses, holds
from maild.store.addresses import Stopped
from maild.store.database import Database
from tests.store.rows import NASTY, NOW, letter, letter_row, minutes

ROSA = "rosa@entidad.example"


def test_an_address_is_stopped_once_and_keeps_its_first_reason(database: Database) -> None:
    with database.write() as tx:
        assert addresses.stop(tx, Stopped(ROSA, "no-such-user", "5.1.1", "550", 7, "inbound:1"), NOW)
        assert not addresses.stop(tx, Stopped(ROSA, "disabled", "5.2.1", "551", None, "inbound:2"), NOW)
        assert addresses.is_stopped(tx, ROSA) and not addresses.is_stopped(tx, "otra@entidad.example")
        (row,) = addresses.stopped(tx)
    assert (row["reason"], row["ticket"], row["at"]) == ("no-such-user", 7, NOW)
    with database.write() as tx:
        assert addresses.resume(tx, ROSA)
        assert not addresses.resume(tx, ROSA)
        assert addresses.stopped(tx) == []


def test_whatever_another_server_says_is_kept(database: Database) -> None:
    for number, said in enumerate(NASTY):
        with database.write() as tx:
            assert addresses.stop(tx, Stopped(f"a{number}{said[:400]}@x.test", said, said, said, None, said[:100]), NOW)


def test_the_newest_absence_counts_and_says_whether_it_was_proved(database: Database) -> None:
    with database.write() as tx:
        assert addresses.away_until(tx, ROSA) is None
        addresses.away(tx, Away(0, ROSA, date(2026, 3, 15), True), "inbound:1", NOW)
        addresses.away(tx, Away(0, ROSA, date(2026, 3, 10), False), "inbound:2", NOW)
        assert addresses.away_until(tx, ROSA) == date(2026, 3, 10)
        assert addresses.away_until(tx, ROSA, proved_only=True) is None


def test_letters_to_a_stopped_address_wait_and_go_again_while_they_are_worth_it(database: Database) -> None:
    waiting = letter(database, "1", recipient=ROSA)
    stale = letter(database, "2", recipient=ROSA, expires_at=NOW + minutes(5))
    other = letter(database, "3", recipient="otra@entidad.example")
    sent = letter(database, "4", recipient=ROSA, state="sent")
    with database.write() as tx:
        assert holds.hold_for(tx, ROSA, "devuelve") == 2
        assert holds.let_go_for(tx, ROSA, NOW + minutes(10)) == 1
    states = [
        (letter_row(database, each)["state"], letter_row(database, each)["held_by"])
        for each in (waiting, stale, other, sent)
    ]
    assert states == [("queued", ""), ("held", "stopped"), ("queued", ""), ("sent", "")]


def test_the_brake_lets_go_the_oldest_first_and_gives_them_their_life_again(database: Database) -> None:
    ids = [letter(database, str(n), state="held", held_by="brake", expires_at=NOW) for n in range(3)]
    mine = letter(database, "x", state="held", held_by="operator")
    with database.write() as tx:
        assert holds.let_go_braked(tx, NOW, 0, timedelta(days=3)) == 0
        assert holds.let_go_braked(tx, NOW, 2, timedelta(days=3)) == 2
        assert holds.braked(tx)
    assert [letter_row(database, each)["state"] for each in (*ids, mine)] == ["queued", "queued", "held", "held"]
    assert letter_row(database, ids[0])["expires_at"] == NOW + timedelta(days=3)


def test_counts_say_whether_so_many_were_written_since_then(database: Database) -> None:
    for number in range(3):
        letter(database, str(number), recipient=f"a{number}@afuera.test", ticket=None, created_at=NOW - minutes(number))
    letter(database, "s", recipient=ROSA, state="sent", ended_at=NOW, created_at=NOW)
    since = NOW - minutes(1.5)
    with database.write() as tx:
        assert holds.total_reaches(tx, 3, since) and not holds.total_reaches(tx, 4, since)
        assert holds.total_reaches(tx, 0, since)
        assert holds.domain_reaches(tx, 2, "afuera.test", since)
        assert not holds.domain_reaches(tx, 3, "afuera.test", since)
        assert not holds.domain_reaches(tx, 1, "%", since) and not holds.domain_reaches(tx, 1, "fuera.test", since)
        assert holds.left_since(tx, NOW - minutes(60)) == 1
        assert holds.left_since(tx, NOW) == 0


def test_a_letter_of_ours_is_found_by_its_id(database: Database) -> None:
    letter(database, "1", recipient=ROSA)
    with database.write() as tx:
        found = holds.ours(tx, ("otra@x.test", "m.1@entidad.example"))
        assert found and (found.recipient, found.ticket) == (ROSA, 0)
        assert holds.ours(tx, ()) is None and holds.ours(tx, ("nada",)) is None
