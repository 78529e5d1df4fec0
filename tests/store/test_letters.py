"""The outbox protocol: a letter is claimed before anything is connected, sent once, repeated once in doubt, then a person's."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
from sqlalchemy.exc import IntegrityError

from maild.core.pending import Undo
from maild.store import letters, undone
from maild.store.database import Database
from maild.store.letters import LEASE, REPEAT_AFTER, Leased
from tests.store.rows import NASTY, NOW, letter, letter_row, minutes


def claimed(database: Database, now: datetime = NOW, limit: int = 10, owner: str = "yo") -> list[Leased]:
    with database.write() as tx:
        return letters.claim(tx, owner, now, limit)


def stands(database: Database, letter_id: int, *columns: str) -> tuple[Any, ...]:
    row = letter_row(database, letter_id)
    return tuple(row[column] for column in columns)


# Claiming -------------------------------------------------------------------------------------------------------------


def test_a_claim_writes_its_attempt_and_lease_before_anything_is_connected(database: Database) -> None:
    letter_id = letter(database)
    (leased,) = claimed(database)
    assert (leased.id, leased.attempts, leased.ambiguous) == (letter_id, 1, 0)
    assert leased.raw == b"Subject: hola\r\n\r\nhola\r\n"
    assert stands(database, letter_id, "state", "owner", "leased_until") == ("leased", "yo", NOW + LEASE)
    (attempt,) = letter_row(database, letter_id)["tries"]
    assert (attempt["id"], attempt["stage"], attempt["outcome"]) == (leased.attempt, "connect", None)
    assert claimed(database) == []


def test_letters_are_claimed_when_due_oldest_first_and_no_more_than_asked_for(database: Database) -> None:
    late = letter(database, "1", not_before=NOW + minutes(1))
    new = letter(database, "2", not_before=NOW - minutes(1))
    old = letter(database, "3", not_before=NOW - minutes(9))
    for name, state in enumerate(("sent", "failed", "held", "unknown", "dropped")):
        letter(database, f"x{name}", state=state)
    assert [leased.id for leased in claimed(database, limit=1)] == [old]
    assert [leased.id for leased in claimed(database)] == [new]
    assert [leased.id for leased in claimed(database, NOW + minutes(1))] == [late]


def test_several_senders_never_claim_the_same_letter(database: Database) -> None:
    ids = {letter(database, str(number)) for number in range(24)}
    taken: list[int] = []

    def send(owner: str) -> None:
        while lot := claimed(database, limit=3, owner=owner):
            taken.extend(leased.id for leased in lot)

    senders = [threading.Thread(target=send, args=(f"s{number}",)) for number in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(taken) == sorted(ids)


def test_one_cause_writes_a_letter_once(database: Database) -> None:
    letter(database, "1")
    with pytest.raises(IntegrityError):
        letter(database, "1", message_id="otra@entidad.example")
    with pytest.raises(IntegrityError):
        letter(database, "2", message_id="m.1@entidad.example")


# Results --------------------------------------------------------------------------------------------------------------


def test_an_accepted_letter_is_sent_for_good(database: Database) -> None:
    letter_id = letter(database)
    (leased,) = claimed(database)
    with database.write() as tx:
        letters.data_issued(tx, leased.attempt)
        letters.sent(tx, leased, NOW, 250, "2.0.0 Ok")
    assert stands(database, letter_id, "state", "owner", "leased_until", "ended_at") == ("sent", None, None, NOW)
    (attempt,) = letter_row(database, letter_id)["tries"]
    assert (attempt["stage"], attempt["outcome"], attempt["code"]) == ("data_issued", "sent", 250)
    assert claimed(database, NOW + timedelta(days=9)) == []


def test_a_refused_letter_fails_with_the_words_of_the_server(database: Database) -> None:
    letter_id = letter(database)
    (leased,) = claimed(database)
    with database.write() as tx:
        letters.failed(tx, leased, NOW, 550, "5.1.1 no such user")
    assert stands(database, letter_id, "state", "reason", "ended_at") == ("failed", "5.1.1 no such user", NOW)


def test_a_deferred_letter_waits_longer_each_time_until_it_has_outlived_its_use(database: Database) -> None:
    letter_id = letter(database, expires_at=NOW + timedelta(hours=20))
    now, waits = NOW, []
    for _ in range(40):
        (leased,) = claimed(database, now)
        with database.write() as tx:
            state = letters.deferred(tx, leased, now, 451, "4.7.1 greylisted", jitter=0.5)
        if state == "failed":
            break
        (due,) = stands(database, letter_id, "not_before")
        assert claimed(database, due - minutes(0.01)) == []
        waits.append((due - now) / minutes(1))
        now = due
    assert waits == [1, 5, 15, 60, 240, 240, 240, 240]
    assert stands(database, letter_id, "state", "reason") == ("failed", "vencida / expired: 4.7.1 greylisted")


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 45), (0.5, 60), (0.999999, 75)])
def test_the_wait_is_spread_so_that_letters_do_not_come_back_together(
    database: Database, jitter: float, seconds: int
) -> None:
    letter_id = letter(database)
    (leased,) = claimed(database)
    with database.write() as tx:
        assert letters.deferred(tx, leased, NOW, None, "", jitter) == "queued"
    assert round((stands(database, letter_id, "not_before")[0] - NOW).total_seconds()) == seconds


def test_a_letter_given_back_loses_no_try(database: Database) -> None:
    letter_id = letter(database)
    (leased,) = claimed(database)
    with database.write() as tx:
        letters.given_back(tx, leased, NOW, NOW + minutes(2), "el servidor no responde")
    assert stands(database, letter_id, "state", "attempts", "not_before") == ("queued", 0, NOW + minutes(2))


def test_a_doubtful_letter_is_repeated_once_with_the_same_bytes_and_then_a_person_decides(database: Database) -> None:
    letter_id = letter(database)
    (first,) = claimed(database)
    with database.write() as tx:
        assert letters.ambiguous(tx, first, NOW, None, "cortado") == "ambiguous"
    assert claimed(database, NOW + REPEAT_AFTER - minutes(1)) == []
    (second,) = claimed(database, NOW + REPEAT_AFTER)
    assert (second.raw, second.recipient) == (first.raw, first.recipient)
    with database.write() as tx:
        assert letters.ambiguous(tx, second, NOW, None, "cortado") == "unknown"
    assert claimed(database, NOW + timedelta(days=9)) == []
    assert stands(database, letter_id, "state", "ambiguous", "ended_at") == ("unknown", 2, NOW)


def test_words_of_a_server_that_no_database_takes_are_cleaned(database: Database) -> None:
    for number, nasty in enumerate(NASTY):
        letter_id = letter(database, str(number))
        (leased,) = claimed(database)
        with database.write() as tx:
            letters.failed(tx, leased, NOW, -1, nasty)
        assert "\0" not in stands(database, letter_id, "reason")[0]


# After a death --------------------------------------------------------------------------------------------------------


def recovered(database: Database, now: datetime, owner: str = "") -> tuple[int, int]:
    with database.write() as tx:
        return letters.recover(tx, now, owner)


def test_a_letter_whose_sender_died_before_data_is_simply_sent_again(database: Database) -> None:
    letter_id = letter(database)
    claimed(database)
    assert recovered(database, NOW + LEASE) == (0, 0)
    assert recovered(database, NOW + LEASE + minutes(1)) == (1, 0)
    assert stands(database, letter_id, "state", "attempts", "ambiguous", "owner") == ("queued", 0, 0, None)
    assert letter_row(database, letter_id)["tries"][0]["outcome"] == "lost"
    assert recovered(database, NOW + LEASE + minutes(1)) == (0, 0)


def test_a_letter_whose_sender_died_after_data_is_in_doubt_once_and_then_unknown(database: Database) -> None:
    letter_id, now = letter(database), NOW
    for state in ("ambiguous", "unknown"):
        (leased,) = claimed(database, now)
        with database.write() as tx:
            letters.data_issued(tx, leased.attempt)
        assert recovered(database, now, owner="yo") == (0, 1)
        assert stands(database, letter_id, "state") == (state,)
        now += REPEAT_AFTER


def test_a_restarted_sender_takes_back_its_own_leases_at_once_and_nobody_elses(database: Database) -> None:
    mine = letter(database, "1")
    claimed(database, owner="yo")
    theirs = letter(database, "2")
    claimed(database, owner="otro")
    assert recovered(database, NOW, owner="yo") == (1, 0)
    assert stands(database, mine, "state") == ("queued",)
    assert stands(database, theirs, "state", "owner") == ("leased", "otro")


def test_only_the_last_try_says_whether_a_letter_is_in_doubt(database: Database) -> None:
    letter(database)
    (first,) = claimed(database)
    with database.write() as tx:
        letters.data_issued(tx, first.attempt)
        letters.deferred(tx, first, NOW, 451, "", 0.5)
    claimed(database, NOW + minutes(9))
    assert recovered(database, NOW + minutes(9), owner="yo") == (1, 0)


# Operators ------------------------------------------------------------------------------------------------------------

_STATES = ("queued", "leased", "sent", "failed", "ambiguous", "unknown", "held", "dropped")


@pytest.mark.parametrize(
    ("act", "allowed", "becomes"),
    [
        ("retry", {"queued", "failed", "ambiguous", "unknown", "held"}, "queued"),
        ("hold", {"queued", "ambiguous"}, "held"),
        ("release", {"held"}, "queued"),
        ("drop", {"queued", "failed", "ambiguous", "unknown", "held"}, "dropped"),
    ],
)
def test_an_operator_moves_only_letters_that_nobody_is_sending_or_has_sent(
    database: Database, act: Literal["retry", "hold", "release", "drop"], allowed: set[str], becomes: str
) -> None:
    ids = {state: letter(database, state, state=state) for state in _STATES}
    with database.write() as tx:
        assert letters.act(tx, list(ids.values()), act, NOW) == len(allowed)
    for state, letter_id in ids.items():
        assert stands(database, letter_id, "state") == (becomes if state in allowed else state,)


def test_a_failed_letter_that_is_retried_has_its_time_again(database: Database) -> None:
    letter_id = letter(database, state="failed", expires_at=NOW - minutes(1), ended_at=NOW)
    with database.write() as tx:
        letters.act(tx, [letter_id], "retry", NOW)
    assert [leased.id for leased in claimed(database)] == [letter_id]
    assert stands(database, letter_id, "ended_at") == (None,)


def test_letters_to_an_address_are_counted_by_time_and_template(database: Database) -> None:
    letter(database, "1", created_at=NOW - minutes(50))
    letter(database, "2", created_at=NOW - minutes(10), template="cierre")
    letter(database, "3", created_at=NOW - minutes(10), recipient="otra@entidad.example")
    with database.write() as tx:
        assert letters.as_many_as(tx, 2, "rosa@entidad.example", NOW - minutes(60))
        assert not letters.as_many_as(tx, 3, "rosa@entidad.example", NOW - minutes(60))
        assert not letters.as_many_as(tx, 2, "rosa@entidad.example", NOW - minutes(20))
        newest = letters.written(tx, "rosa@entidad.example", NOW - minutes(60), 10)
        assert [template for _, template, _ in newest] == ["cierre", "acuse"]
        assert len(letters.written(tx, "rosa@entidad.example", NOW - minutes(60), 1)) == 1


def test_the_letters_of_a_cause_are_not_those_of_one_that_begins_alike(database: Database) -> None:
    letter(database, "1")
    letter(database, "12")
    with database.write() as tx:
        assert [row["message_id"] for row in letters.written_for(tx, "inbound:1")] == ["m.1@entidad.example"]


# Cancelling -----------------------------------------------------------------------------------------------------------


def test_only_a_letter_that_is_still_here_is_cancelled_and_then_nobody_claims_it(database: Database) -> None:
    """An order that is undone takes back what waits; what a sender holds, or may have sent, has left."""
    names = ("queued", "held", "leased", "sent", "ambiguous", "unknown", "failed", "dropped")
    ids = {state: letter(database, state, state=state) for state in names}
    with database.write() as tx:
        undone.use(tx, Undo(1, 0, tuple(ids.values())), NOW)
    after = {name: stands(database, letter_id, "state")[0] for name, letter_id in ids.items()}
    assert after == {name: "cancelled" if name in ("queued", "held") else name for name in names}
    assert stands(database, ids["queued"], "raw")[0] == b"Subject: hola\r\n\r\nhola\r\n"
    assert ids["queued"] not in [leased.id for leased in claimed(database)]
    for what in ("retry", "release", "drop", "hold"):
        with database.write() as tx:
            assert letters.act(tx, [ids["queued"]], what, NOW) == 0
