"""Each mail is taken once, is told from its copies, and holds back silence until it is decided."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest

from maild.core.values import Address, Kind, Mail, Sender
from maild.store import leases, mails
from maild.store.database import Database, instance_value
from maild.store.mails import Arrival
from tests.store.rows import NASTY, NOW, arrived, mail_row, minutes, new_epoch, new_ticket, set_mail

A, B, C = "a" * 64, "b" * 64, "c" * 64


def silence(database: Database, number: int = 0) -> datetime | None:
    with database.write() as tx:
        return mails.silence_upto(tx, number)


# Taking responsibility ------------------------------------------------------------------------------------------------


def test_a_mail_shown_again_in_its_epoch_keeps_its_row(database: Database) -> None:
    epoch = new_epoch(database)
    first = arrived(database, A, epoch=epoch, uid=7)
    assert arrived(database, A, epoch=epoch, uid=7) == first
    assert arrived(database, B, epoch=epoch, uid=7) == first
    assert mail_row(database, first)["sha256"] == A
    with database.write() as tx:
        assert mails.known_uids(tx, epoch) == {7}


def test_the_same_bytes_under_another_uid_or_in_another_epoch_are_duplicates_of_the_first(database: Database) -> None:
    epoch = new_epoch(database)
    first = arrived(database, A, epoch=epoch, uid=7)
    copies = [
        arrived(database, A, epoch=epoch, uid=8),
        arrived(database, A, epoch=new_epoch(database, 2), uid=7),
        arrived(database, A),
    ]
    assert mail_row(database, first)["state"] == "stored"
    for copy in copies:
        row = mail_row(database, copy)
        assert (row["state"], row["duplicate_of"], row["reason"]) == ("duplicate", first, "same-bytes")
    assert [mail_row(database, copy)["disposition"] for copy in copies] == ["pending", "pending", "none"]


def test_the_same_bytes_twice_in_one_batch_are_one_mail(database: Database) -> None:
    epoch = new_epoch(database)
    with database.write() as tx:
        ids = mails.put(tx, [Arrival(A, 1, NOW, epoch, uid) for uid in (1, 2)], NOW)
    assert [mail_row(database, i)["state"] for i in ids] == ["stored", "duplicate"]


def test_of_two_doors_that_bring_the_same_bytes_at_once_one_is_first(database: Database) -> None:
    epoch = new_epoch(database)
    for round_number in range(12):
        digest = f"{round_number:064}"
        start = threading.Barrier(2)
        ids: list[int] = []

        def bring(uid: int, digest: str = digest, start: threading.Barrier = start, ids: list[int] = ids) -> None:
            start.wait()
            ids.append(arrived(database, digest, epoch=epoch, uid=uid))

        doors = [threading.Thread(target=bring, args=(2 * round_number + i + 1,)) for i in range(2)]
        for door in doors:
            door.start()
        for door in doors:
            door.join()
        rows = sorted((mail_row(database, i) for i in ids), key=lambda row: str(row["state"]))
        assert [row["state"] for row in rows] == ["duplicate", "stored"]
        assert rows[0]["duplicate_of"] == rows[1]["id"]


def test_of_two_doors_that_show_the_same_uid_at_once_both_get_its_row(database: Database) -> None:
    epoch = new_epoch(database)
    start = threading.Barrier(2)
    ids: list[int] = []

    def bring(digest: str) -> None:
        start.wait()
        ids.append(arrived(database, digest, epoch=epoch, uid=1))

    doors = [threading.Thread(target=bring, args=(digest,)) for digest in (A, B)]
    for door in doors:
        door.start()
    for door in doors:
        door.join()
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_two_nodes_may_meet_at_the_first_row_of_anything(database: Database) -> None:
    start = threading.Barrier(2)
    found: list[tuple[int, str]] = []
    held: list[bool] = []

    def come(owner: str) -> None:
        start.wait()
        with database.write() as tx:
            found.append((mails.open_epoch(tx, "m", "INBOX", 1, NOW), instance_value(tx, "instance", owner)))
        start.wait()
        with database.write() as tx:
            held.append(leases.hold(tx, "intake", owner, NOW))

    nodes = [threading.Thread(target=come, args=(owner,)) for owner in ("uno", "dos")]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join()
    assert len(found) == 2
    assert found[0] == found[1]
    assert sorted(held) == [False, True]


def test_words_that_no_database_takes_do_not_stop_a_mail(database: Database) -> None:
    for number, nasty in enumerate(NASTY):
        mail_id = arrived(database, f"{number:064}")
        mail = Mail(
            Sender(f"x{number}@a.example", nasty),
            message_id=f"{nasty[:3000]}{number}",
            subject=nasty,
            canonical=nasty + str(number),
            to=(Address("y@b.example", nasty),),
            kind=Kind.REQUEST,
        )
        with database.write() as tx:
            mails.finish(tx, mail_id, "done", reason=nasty, mail=mail)
        with database.write() as tx:
            assert [t.id for t in mails.twins(tx, mail, mail_id + 1)] == [mail_id]


# In hand --------------------------------------------------------------------------------------------------------------


def test_mails_are_taken_oldest_first_and_counted_before_they_are_tried(database: Database) -> None:
    ids = [arrived(database, digest) for digest in (A, B, C)]
    with database.write() as tx:
        assert [m.id for m in mails.take(tx, 2, [])] == ids[:2]
        assert [m.id for m in mails.take(tx, 2, ids[:2])] == ids[2:]
    assert [mail_row(database, i)["attempts"] for i in ids] == [1, 1, 1]


def test_a_mail_in_hand_when_the_program_died_is_taken_alone(database: Database) -> None:
    ids = [arrived(database, digest) for digest in (A, B, C)]
    set_mail(database, ids[1], attempts=1)
    with database.write() as tx:
        assert [m.id for m in mails.take(tx, 9, [])] == ids[:1]
        assert [m.id for m in mails.take(tx, 9, ids[:1])] == ids[1:2]
        assert [m.id for m in mails.take(tx, 9, ids[:2])] == ids[2:]


def test_a_try_that_was_not_the_mails_fault_does_not_count(database: Database) -> None:
    mail_id = arrived(database, A)
    with database.write() as tx:
        mails.take(tx, 1, [])
        mails.give_back(tx, mail_id)
        assert mails.take(tx, 1, [])[0].attempts == 0


# Filing ---------------------------------------------------------------------------------------------------------------


def test_only_decided_mails_of_this_epoch_are_filed_away(database: Database) -> None:
    epoch = new_epoch(database)
    done = arrived(database, A, epoch=epoch, uid=1)
    arrived(database, B, epoch=epoch, uid=2)
    parked = arrived(database, C, epoch=epoch, uid=3)
    with database.write() as tx:
        mails.finish(tx, done, "done")
        mails.finish(tx, parked, "parked")
        assert mails.to_file(tx, epoch, 9) == [(done, 1, "done"), (parked, 3, "parked")]
        mails.filed(tx, [done], "moved")
        assert mails.to_file(tx, epoch, 9) == [(parked, 3, "parked")]


def test_a_new_uidvalidity_voids_the_moves_that_were_owed(database: Database) -> None:
    old = new_epoch(database, 1)
    other = new_epoch(database, 1, account="otra")
    mine, theirs = arrived(database, A, epoch=old, uid=1), arrived(database, B, epoch=other, uid=1)
    new = new_epoch(database, 2)
    with database.write() as tx:
        assert mails.drop_stale_dispositions(tx, "mailbox", new) == 1
    assert mail_row(database, mine)["disposition"] == "gone"
    assert mail_row(database, theirs)["disposition"] == "pending"


# Silence --------------------------------------------------------------------------------------------------------------


def test_without_a_mailbox_silence_has_no_bound(database: Database) -> None:
    assert silence(database) is None


def test_a_mailbox_never_read_to_its_end_bounds_silence_before_everything(database: Database) -> None:
    epoch = new_epoch(database)
    assert silence(database) == datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    with database.write() as tx:
        mails.drained(tx, epoch, NOW)
    assert silence(database) == NOW


def test_the_oldest_watermark_of_the_open_mailboxes_counts(database: Database) -> None:
    first, second = new_epoch(database), new_epoch(database, account="otra")
    with database.write() as tx:
        mails.drained(tx, first, NOW)
        mails.drained(tx, second, NOW - minutes(5))
    assert silence(database) == NOW - minutes(5)


def test_a_watermark_never_goes_back_and_an_epoch_that_is_over_has_none(database: Database) -> None:
    old = new_epoch(database, 1)
    with database.write() as tx:
        mails.drained(tx, old, NOW)
        mails.drained(tx, old, NOW - minutes(5))
    assert silence(database) == NOW
    new = new_epoch(database, 2)
    with database.write() as tx:
        mails.drained(tx, new, NOW + minutes(5))
    assert silence(database) == NOW + minutes(5)


@pytest.mark.parametrize("state", ["done", "auto", "duplicate", "ignored", "stored", "parked"])
@pytest.mark.parametrize("sender", ["", "rosa@entidad.example"])
@pytest.mark.parametrize("of_ticket", [0, 1, 2])
def test_a_mail_holds_silence_back_while_it_may_be_the_answer(
    database: Database, state: str, sender: str, of_ticket: int
) -> None:
    for number in (1, 2):
        new_ticket(database, number)
    epoch = new_epoch(database)
    mail_id = arrived(database, A, epoch=epoch, uid=1, at=NOW - minutes(30))
    set_mail(database, mail_id, state=state, sender=sender, ticket=of_ticket or None)
    with database.write() as tx:
        mails.drained(tx, epoch, NOW)
    anybodys = state == "stored" or (state == "parked" and not sender)
    mine = anybodys or (state == "parked" and of_ticket == 1)
    assert silence(database) == (NOW - minutes(30) if anybodys else NOW)
    assert silence(database, 1) == (NOW - minutes(30) if mine else NOW)


# Quarantine -----------------------------------------------------------------------------------------------------------


def test_a_parked_mail_is_released_or_dropped_once(database: Database) -> None:
    again, away, done = (arrived(database, digest) for digest in (A, B, C))
    with database.write() as tx:
        mails.finish(tx, again, "parked", reason="unreadable")
        mails.finish(tx, away, "parked", reason="stranger")
        mails.finish(tx, done, "done")
        assert [p.id for p in mails.parked(tx)] == [again, away]
        assert [p.reason for p in mails.parked(tx, away)] == ["stranger"]
        assert mails.parked(tx, done) == []
        assert mails.release(tx, again, "stored")
        assert not mails.release(tx, again, "stored")
        assert mails.release(tx, away, "ignored")
        assert not mails.release(tx, done, "stored")
        assert mails.parked(tx) == []
        assert mails.still_waiting(tx, again)
        assert not mails.still_waiting(tx, away)
