"""Digests and figures on a desk that works for a while: to whom, when, with numbers that somebody else counts, too."""

from __future__ import annotations

import email
import hashlib
import random
import re
from contextlib import closing
from datetime import timedelta
from email.policy import default
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import text, update

from bench.year import START, Year, agree, agree_letters, months
from maild.core.events import MailArrived
from maild.core.values import Kind, Mail, Sender
from maild.store import addresses, mails
from maild.store.database import Database
from maild.store.mails import Arrival
from maild.store.schema import inbound, outbox, ticket
from maild.store.upgrade import upgrade


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Any:
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


def test_the_indicator_of_an_institution_and_the_letters_that_tell_it_are_what_sql_counts(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        upgrade(database)
        year, chance = Year(database, users=20, profile="osce"), random.Random(5)
        year.scatter(300, chance)
        year.play(chance, START + timedelta(days=64))
        for period in ("2026-01", "2026-02", "2026-T1"):
            agree(year, period)
        quarter = year.report("2026-T1")
        counted = year.attention(quarter.since, quarter.until)
        assert (counted["reported"] or 0) > (counted["attended"] or 0) > 10
        assert counted["sum-gross"] != counted["sum-net"]
        assert agree_letters(year) == 2


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


def test_a_list_that_is_too_long_for_a_letter_says_how_many_there_are_more(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        upgrade(database)
        year = Year(database, users=5)
        about = {"title": "x", "requester": "u1@entidad.test", "opened_at": START, "responsible": "luis@entidad.test"}
        states = ["resuelto", *["en_proceso"] * 64]
        with database.write() as tx:
            tx.execute(ticket.insert(), [{"number": n, "state": s} | about for n, s in enumerate(states, 1)])
        year.play(random.Random(1), START + timedelta(days=2))
        body = letters(year, "resumen", "luis@entidad.test")[0].get_body(("plain",)).get_content()
    assert "hay 5 más" in body
    assert body.count("En proceso") == 59
    assert body.index("Resuelto") > body.rindex("En proceso")  # what is resolved comes last


def test_those_who_lead_get_the_week_and_the_month_with_workbooks(quarter: Year) -> None:
    weeks = letters(quarter, "resumen", "carla@entidad.test")
    assert len(weeks) >= 14
    names = [part.get_filename() for part in weeks[-1].iter_attachments()]
    assert [name.rpartition(".")[2] for name in names] == ["xlsx", "csv"]
    assert weeks[-1]["Precedence"] == "bulk"


def test_where_nothing_is_to_tell_no_letter_is_written(quarter: Year) -> None:
    assert letters(quarter, "resumen", "op@entidad.test") == []
    assert letters(quarter, "resumen", "elsa@entidad.test") == []


def test_the_operator_gets_a_list_of_what_waits_for_him_by_the_names_that_why_knows(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        upgrade(database)
        year = Year(database, users=5)
        year.will(START + timedelta(hours=8))
        year.play(random.Random(1), START + timedelta(hours=12))
        with database.write() as tx:
            arrivals = [Arrival("a" * 64, 100, year.now), Arrival("b" * 64, 100, year.now)]
            aside, _ = mails.put(tx, arrivals, year.now)
            held = {"state": "parked", "sender": "x@fuera.test", "subject": "secreto", "reason": "unreadable"}
            tx.execute(update(inbound).where(inbound.c.id == aside).values(held))
            for number, state, ended in ((1, "held", None), (2, "failed", year.now), (3, "failed", START)):
                values = {"state": state, "reason": "prueba", "ended_at": ended}
                tx.execute(update(outbox).where(outbox.c.id == number).values(values))
            addresses.stop(tx, addresses.Stopped("u1@entidad.test", "no-such-user", "5.1.1", "550", 1, "x"), year.now)
        year.play(random.Random(1), START + timedelta(days=1, hours=12))
        (letter,) = letters(year, "resumen", "op@entidad.test")
    body = letter.get_body(("plain",)).get_content()
    assert f"mail:{aside} x@fuera.test (motivo: unreadable" in body and "secreto" not in body
    assert "letter:1 " in body and "letter:2 " in body and "letter:3 " not in body
    assert "u1@entidad.test (motivo: no-such-user" in body


def test_the_same_period_says_the_same_after_another_quarter(quarter: Year) -> None:
    before = quarter.report("2026-02")
    quarter.play(random.Random(5), START + timedelta(days=150))
    assert quarter.report("2026-02") == before


# -- answering --------------------------------------------------------------------------------------------------------


def answered(year: Year, who: str, words: str, **fields: Any) -> Any:
    """What comes of somebody's answer to the desk."""
    year.now += timedelta(minutes=5)
    digest = hashlib.sha256(f"{who}{words}{year.now}".encode()).hexdigest()
    mail = Mail(
        Sender(who), message_id=f"{digest[-20:]}@entidad.test", text=words, new_text=words, kind=Kind.REPLY,
        canonical=digest, **fields,
    )  # fmt: skip
    with year.database.write() as tx:
        (row,) = mails.put(tx, [Arrival(digest, 100, year.now)], year.now)
        return year.desk.mail(tx, MailArrived(row, mail, year.now))


def numbers(letter: Any) -> list[int]:
    page = letter.get_body(("plain",)).get_content()
    return [int(found) for found in dict.fromkeys(re.findall(r"MESA-(\d+)-\w", page))]


def test_lines_in_answer_to_a_digest_are_orders_on_each_of_its_tickets(quarter: Year) -> None:
    letter = letters(quarter, "resumen", "luis@entidad.test")[-1]
    first, second = numbers(letter)[:2]
    assert f"«{first} tomar»" in letter.get_body(("plain",)).get_content()
    outcome = answered(
        quarter, "luis@entidad.test", f"{first} nota llamé y no contestó\n{second} nota espero el repuesto",
        subject=f"RE: {letter['Subject']}", in_reply_to=(letter["Message-ID"].strip("<>"),),
    )  # fmt: skip
    assert [part.number for part in outcome.decision.parts] == [first, second]
    assert not any(part.refused for part in outcome.decision.parts)


def test_the_same_lines_from_somebody_who_was_not_written_to_are_none(quarter: Year) -> None:
    letter = letters(quarter, "resumen", "luis@entidad.test")[-1]
    first = numbers(letter)[0]
    outcome = answered(
        quarter, "u1@entidad.test", f"{first} nota no soy yo", subject=f"RE: {letter['Subject']}",
        in_reply_to=(letter["Message-ID"].strip("<>"),),
    )  # fmt: skip
    assert outcome.decision.parts == ()
    assert outcome.decision.number != first


def test_a_touch_on_a_line_proves_its_reader_as_what_he_was_written_to(quarter: Year) -> None:
    letter = letters(quarter, "resumen", "luis@entidad.test")[-1]
    page = letter.get_body(("html",)).get_content()
    link = unquote(re.findall(r'mailto:mesa@entidad.test\?subject=([^"&]+)', page)[0])
    outcome = answered(quarter, "luis@entidad.test", "#nota espero el repuesto", subject=link)
    assert outcome.decision.refused is None
    assert ("order", "nota") in [(r.code, dict(r.facts).get("order")) for r in outcome.decision.reasons]


def test_a_missed_deadline_is_marked_in_the_digest_until_something_moves(quarter: Year) -> None:
    letter = letters(quarter, "resumen", "luis@entidad.test")[-1]
    late = re.findall(r"MESA-(\d+)-\w.*?(\d\d/\d\d \d\d:\d\d) !", letter.get_body(("plain",)).get_content())
    assert late
    with quarter.database.write() as tx:
        fired = set(tx.execute(text("SELECT ticket FROM timer WHERE outcome = 'fired' AND ran = 0")).scalars())
    assert {int(number) for number, _ in late} <= fired
