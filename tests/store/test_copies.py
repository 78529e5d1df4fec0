"""Where the copies of a mail are filed on the server: with the mail they are copies of."""

from __future__ import annotations

from maild.store import mails
from maild.store.database import Database
from tests.store.rows import arrived, new_epoch, set_mail

A = "a" * 64


def filed(database: Database, epoch: int) -> list[tuple[int, int, str]]:
    with database.write() as tx:
        return mails.to_file(tx, epoch, 10)


def test_a_mail_set_aside_that_shows_up_in_a_new_epoch_is_still_filed_for_review(database: Database) -> None:
    """Its first row lost its order to move with the old epoch; the new row must not pass for an ordinary copy."""
    first = arrived(database, A, epoch=new_epoch(database, 1), uid=7)
    set_mail(database, first, state="parked", disposition="gone")
    now = new_epoch(database, 2)
    again = arrived(database, A, epoch=now, uid=1)
    assert filed(database, now) == [(again, 1, "parked")]


def test_a_copy_waits_in_the_mailbox_until_its_first_one_is_decided(database: Database) -> None:
    epoch = new_epoch(database)
    first = arrived(database, A, epoch=epoch, uid=7)
    copy = arrived(database, A, epoch=epoch, uid=8)
    assert filed(database, epoch) == []
    set_mail(database, first, state="done")
    assert filed(database, epoch) == [(first, 7, "done"), (copy, 8, "done")]
