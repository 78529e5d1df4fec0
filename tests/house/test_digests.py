"""Digests and figures on a desk that works for a while: to whom, when, with numbers that somebody else counts, too."""

from __future__ import annotations

import email
import random
from datetime import timedelta
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import text

from bench.year import START, Year, agree, months
from maild.store.database import Database


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from maild.store.upgrade import upgrade

    database = Database(f"sqlite:///{tmp_path_factory.mktemp('year') / 'year.sqlite'}")
    upgrade(database)
    year, chance = Year(database, users=20), random.Random(3)
    year.scatter(240, chance)
    year.play(chance, START + timedelta(days=100))
    yield year
    database.close()


def letters(year: Year, template: str, recipient: str) -> list[Any]:
    with year.database.write() as tx:
        rows = tx.execute(
            text("SELECT raw FROM outbox WHERE template = :t AND recipient = :r ORDER BY id"),
            {"t": template, "r": recipient},
        )
        return [email.message_from_bytes(raw, policy=default) for (raw,) in rows]


def test_the_totals_of_every_month_are_those_that_sql_counts(quarter: Year) -> None:
    for period in [*months(2026)][:3]:
        assert agree(quarter, period)["opened"] > 5
    with quarter.database.write() as tx:
        early = tx.execute(text("SELECT count(*) FROM timer WHERE outcome = 'fired' AND ended_at < due")).scalar_one()
    assert early == 0


def test_a_technician_gets_his_open_tickets_on_working_days_and_can_answer_each_line(quarter: Year) -> None:
    mine = letters(quarter, "resumen", "luis@entidad.test")
    assert mine
    body, page = mine[-1].get_body(("plain",)).get_content(), mine[-1].get_body(("html",)).get_content()
    assert "MIS PENDIENTES" in body
    assert "mailto:mesa@entidad.test?subject=RE%3A%20%5BMESA-" in page
    assert "<svg" not in page and "<img" not in page
    sent = {email.utils.parsedate_to_datetime(m["Date"]) for m in mine}
    assert {at.weekday() for at in sent} <= {0, 1, 2, 3, 4}
    assert {(at.hour, at.minute) for at in sent} == {(8, 0)}


def test_those_who_lead_get_the_week_and_the_month_with_workbooks(quarter: Year) -> None:
    weeks = letters(quarter, "resumen", "carla@entidad.test")
    assert len(weeks) >= 14
    names = [part.get_filename() for part in weeks[-1].iter_attachments()]
    assert [name.rpartition(".")[2] for name in names] == ["xlsx", "csv"]
    assert weeks[-1]["Precedence"] == "bulk"


def test_where_nothing_is_to_tell_no_letter_is_written(quarter: Year) -> None:
    assert letters(quarter, "resumen", "op@entidad.test") == []
    assert letters(quarter, "resumen", "elsa@entidad.test") == []


def test_the_same_period_says_the_same_after_another_quarter(quarter: Year) -> None:
    before = quarter.report("2026-02")
    quarter.play(random.Random(5), START + timedelta(days=150))
    assert quarter.report("2026-02") == before
