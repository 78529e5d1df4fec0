"""Paragraphs are counted per sender and per domain, and no more than is needed to know them; on both databases."""

from __future__ import annotations

from sqlalchemy import func, select

from maild.core.habits import Ending
from maild.store import habits
from maild.store.database import Database
from maild.store.schema import habit
from tests.store.rows import NASTY

BANNER, SIGNATURE = Ending("b" * 32, shaped=False), Ending("s" * 32, shaped=True)


def test_three_mails_of_a_sender_make_a_signature_his(database: Database) -> None:
    with database.write() as tx:
        for seen in range(4):
            found = habits.known(tx, "rosa@entidad.test", (BANNER, SIGNATURE))
            assert found == ({SIGNATURE.fingerprint} if seen >= 3 else frozenset())
            habits.count(tx, "rosa@entidad.test", (BANNER, SIGNATURE))
        assert habits.known(tx, "beto@entidad.test", (BANNER, SIGNATURE)) == frozenset()


def test_three_people_make_a_paragraph_that_of_their_domain_and_of_no_other(database: Database) -> None:
    with database.write() as tx:
        for name in ("rosa", "beto", "ana"):
            assert habits.known(tx, "luis@entidad.test", (BANNER,)) == frozenset()
            habits.count(tx, f"{name}@entidad.test", (BANNER,))
        assert habits.known(tx, "luis@entidad.test", (SIGNATURE, BANNER)) == {BANNER.fingerprint}
        assert habits.known(tx, "luis@sub.entidad.test", (BANNER,)) == frozenset()


def test_nothing_to_count_is_no_row_and_any_sender_can_be_written(database: Database) -> None:
    with database.write() as tx:
        habits.count(tx, "rosa@entidad.test", ())
        assert habits.known(tx, "rosa@entidad.test", ()) == frozenset()
        assert tx.execute(select(func.count()).select_from(habit)).scalar_one() == 0
        for said in NASTY:
            habits.count(tx, f"a@{said}", (BANNER,))
            habits.known(tx, f"a@{said}", (BANNER,))
