"""Recurring work on a real desk: once in each period, whatever happens between; one letter for what was missed; who may silence
an alarm; what the letters and their files say."""

from __future__ import annotations

import email
import io
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from maild import rules
from maild.config.shipped import shipped
from maild.core.clocks import Clock, Expected, Opening
from maild.core.events import MomentCame
from maild.core.expected import arrived
from maild.core.moves import LetterTo
from maild.core.occasions import Schedule
from maild.core.trust import Boundary
from maild.core.values import Assurance, Author, Mail, Person, Sender
from maild.core.worktime import Calendar
from maild.simulate import play, read
from maild.store import agenda
from maild.store.schema import ticket
from tests.house.desk import RealDesk

_BOUNDARY = Boundary("authserv_id", ("frontera.test",))
STORIES = Path(__file__).parents[1] / "data" / "stories"
WEEK = (*((((time(8), time(17)),),) * 5), (), ())
OPENS = Opening("incidencia", "Revisión {day}", "mesa")


def clock(key: str, schedule: Schedule, **more: Any) -> Clock:
    return Clock(key, None, schedule=schedule, recurring=True, **more)


def ruled(desk: RealDesk, calendar: Calendar, *clocks: Clock) -> None:
    """From now on the desk has these recurring clocks and this calendar."""
    office = desk.desk.office
    book = replace(office.book, clocks={c.key: c for c in clocks}, calendar=calendar)
    desk.desk = replace(desk.desk, office=replace(office, book=book))


def look(desk: RealDesk) -> int:
    """What the clock's loop does at one look; how many clocks struck."""
    with desk.database.write() as tx:
        desk.desk.plan(tx)
        due = agenda.due(tx, desk.now)
    struck = 0
    for key, at in due:
        with desk.database.write() as tx:
            struck += desk.desk.moment(tx, MomentCame(key, at)).done
    return struck


def titles(desk: RealDesk) -> list[str]:
    with desk.database.write() as tx:
        return list(tx.execute(select(ticket.c.title).order_by(ticket.c.number)).scalars())


def success(at: datetime, *, proved: bool) -> bytes:
    """The report of a backup as our border stamps it."""
    verdict = "pass" if proved else "fail"
    return (
        f"Received: by frontera.test; {format_datetime(at)}\r\n"
        f"Authentication-Results: frontera.test; dmarc={verdict} header.from=entidad.test\r\n"
        f"From: copias@entidad.test\r\nSubject: Backup job SQL SUCCESS\r\nDate: {format_datetime(at)}\r\n"
        f"Message-ID: <{at.timestamp():.0f}@entidad.test>\r\n\r\nJob SQL: SUCCESS\r\n"
    ).encode()


OFFICE = Calendar(ZoneInfo("America/Lima"), WEEK)
GAPS = st.sampled_from([1, 60, 1440, 4000, 10_000, 45_000])


HOLIDAYS = st.frozensets(st.dates(date(2026, 10, 1), date(2027, 6, 1)), max_size=5)
LOOKS = st.tuples(GAPS, st.sampled_from([1, 15, 29, 30, 31, -1]), HOLIDAYS, st.booleans())


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.lists(LOOKS, min_size=3, max_size=10))
def test_whatever_comes_between_each_month_and_each_day_has_its_ticket_once(
    tmp_path_factory: pytest.TempPathFactory, looks: list[tuple[int, int, frozenset[date], bool]]
) -> None:
    """Downtime, restarts (two looks at the same time), rules and holidays that change, and two nodes that look at once."""
    with RealDesk.on("sqlite://", tmp_path_factory.mktemp("desk")) as desk:
        desk.now = first = datetime(2026, 10, 29, 5, 3, tzinfo=UTC)
        begun: date | None = None
        for gap, day, holidays, twice in looks:
            each = replace(OPENS, title="Día {day}", each=True)
            monthly = Schedule(time(9), 1, day, day_off="next" if day == -1 else "same")
            calendar = replace(OFFICE, holidays=holidays)
            month = replace(OPENS, each=True)
            ruled(desk, calendar, clock("mes", monthly, opens=month), clock("dia", Schedule(time(7)), opens=each))
            with desk.database.write() as tx:
                desk.desk.plan(tx)
                begun = begun or agenda.planned(tx)["mes"].period
            desk.now += timedelta(minutes=gap)
            with desk.database.write() as tx:
                desk.desk.plan(tx)
                due = agenda.due(tx, desk.now)
            look(desk)
            for key, at in due if twice else ():
                with desk.database.write() as tx:
                    assert not desk.desk.moment(tx, MomentCame(key, at)).done
        daily = [title for title in titles(desk) if title.startswith("Día")]
        spans = (desk.now.astimezone(OFFICE.zone), first.astimezone(OFFICE.zone))
        last, begin = ((m - timedelta(hours=7)).date() for m in spans)
        assert daily == [f"Día {begin + timedelta(days=n + 1):%d/%m/%Y}" for n in range((last - begin).days)]
        with desk.database.write() as tx:
            ahead = agenda.planned(tx)["mes"].period
        assert begun is not None and ahead is not None
        months = (ahead.year - begun.year) * 12 + ahead.month - begun.month
        assert sum(title.startswith("Revisión") for title in titles(desk)) == months


def test_days_of_downtime_are_told_in_one_letter_to_each(tmp_path: Path) -> None:
    with RealDesk.on(f"sqlite:///{tmp_path / 'd.sqlite'}", tmp_path) as desk:
        desk.now = datetime(2026, 11, 2, 10, tzinfo=UTC)
        daily = clock("dia", Schedule(time(7)), letters=(LetterTo("tarea", "@desk"),))
        ruled(desk, OFFICE, daily, clock("abre", Schedule(time(7)), opens=replace(OPENS, each=True)))
        assert look(desk) == 0
        desk.now += timedelta(days=20)
        assert look(desk) == 2
        (alone, opened) = sorted(
            (row for row in desk.letters("marta@entidad.test") if row["template"] == "tarea"),
            key=lambda row: str(row["cause"]),
            reverse=True,
        )
        assert opened["template"] == "tarea"
        body = _body(bytes(opened["raw"]))
        assert "20 veces, del lunes 2 de noviembre" in body
        assert "20 veces" in _body(bytes(alone["raw"]))
        assert len(titles(desk)) == 20
        assert look(desk) == 0


def test_a_mail_that_comes_in_time_silences_its_day_and_no_other(tmp_path: Path) -> None:
    with RealDesk.on(f"sqlite:///{tmp_path / 'd.sqlite'}", tmp_path) as desk:
        desk.now = datetime(2026, 11, 2, 20, tzinfo=UTC)
        expects = Expected(("log_ok",), within=None)
        waits = clock(
            "copia", Schedule(time(7)), expects=expects, letters=(LetterTo("falta_evento", "@desk"),), name="La copia"
        )
        ruled(desk, OFFICE, waits)
        office = desk.desk.office
        minem = rules.load(shipped("rules") / "minem")
        machine = Person("bak", "copias@entidad.test", "Copias", "maquina")
        book = replace(
            office.book,
            mails={"log_ok": minem.mails["log_ok"]},
            roles={**office.book.roles, "maquina": minem.roles["maquina"]},
        )
        people = replace(office.directory, people=(*office.directory.people, machine))
        desk.desk = replace(desk.desk, office=replace(office, book=book, directory=people), boundary=_BOUNDARY)
        look(desk)
        for days, proved in ((0, True), (1, False)):
            raw = success(desk.now, proved=proved)
            desk.put(raw)
            desk.now = datetime(2026, 11, 3 + days, 15, tzinfo=UTC)
            assert look(desk) == 1
        told = [row for row in desk.letters("marta@entidad.test") if row["template"] == "falta_evento"]
        assert len(told) == 1, "the second one was not proved"
        assert "miércoles 4 de noviembre de 2026, 07:00" in _body(bytes(told[0]["raw"]))
        assert "martes 3" not in _body(bytes(told[0]["raw"]))


def test_nobody_who_is_not_proved_or_not_meant_silences_an_alarm() -> None:
    minem = rules.load(shipped("rules") / "minem")
    machine = Person("bak", "copias@entidad.test", "Copias", "maquina")
    mail = Mail(
        Sender(machine.address), subject="Backup job SQL SUCCESS", text="Job SQL: SUCCESS", new_text="Job SQL: SUCCESS"
    )
    at = datetime(2026, 11, 3, tzinfo=UTC)

    def silenced(mail: Mail, person: Person, assurance: Assurance) -> list[str]:
        author = Author(person.address, person.name, person, assurance)
        return [each.clock for each in arrived(mail, author, minem, at)]

    assert silenced(mail, machine, Assurance.A1) == ["cron_respaldo"]
    assert silenced(mail, machine, Assurance.A0) == []
    assert silenced(mail, replace(machine, role="usuario"), Assurance.A3) == []
    assert silenced(replace(mail, subject="Boletín"), machine, Assurance.A1) == []


# -- what people read -------------------------------------------------------------------------------------------------


@cache
def letters(story: str) -> tuple[tuple[int, str, str, bytes], ...]:
    path = STORIES / f"{story}.json"
    return tuple((n, e.template, e.person, e.raw) for n, r in enumerate(play(read(path), path.name)) for e in r.letters)


def letter(story: str, step: int, template: str, person: str) -> EmailMessage:
    raws = [raw for n, t, p, raw in letters(story) if (n, t, p) == (step, template, person)]
    assert len(raws) == 1
    message = email.message_from_bytes(raws[0], policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_bad_rows_are_answered_line_by_line() -> None:
    body = _body(letter("osce/OSC-G", 2, "comando_error", "rosa").as_bytes())
    assert "tiene 4 errores y no se tomó ninguna fila" in body
    for line in (
        "Línea 2, columna fecha: «31/11/2026» no es una fecha",
        "Línea 3, columna usuario: no conozco a «Nadie Conocido»",
        "Línea 4, columna equipo: «742208970001» ya está en la línea 2",
        "Línea 4, columna fecha: está vacía",
    ):
        assert line in body
    assert "cronograma.xlsx" in _body(letter("osce/OSC-G", 1, "comando_error", "rosa").as_bytes())


def test_whoever_serves_several_machines_gets_one_letter_for_the_days_that_were_missed() -> None:
    body = _body(letter("osce/OSC-G", 7, "mantenimiento_programa", "rosa").as_bytes())
    assert "[OSCE-3-A] Mantenimiento 742208970002" in body and "[OSCE-4-G] Mantenimiento 742208970003" in body
    assert body.count("Correspondía") == 2


def test_the_days_on_which_the_report_was_missing_are_told_once_and_the_one_on_which_it_came_is_not() -> None:
    body = _body(letter("minem/MINEM-06-respaldo", 8, "falta_evento", "red").as_bytes())
    assert [day for day in (4, 5, 6, 7, 8, 9) if f" {day} de noviembre" in body] == [4, 5, 7, 8, 9]


def test_the_monthly_list_names_every_line_of_the_forms_once_and_its_files_hold_no_formula() -> None:
    first = letter("osce/OSC-H", 4, "patrimonio_mensual", "patr")
    second = letter("osce/OSC-H", 10, "patrimonio_mensual", "patr")
    assert _body(first.as_bytes()).count("740899500111") == 1 and "SIN FORMATO" in _body(first.as_bytes())
    assert "740899500222" not in _body(second.as_bytes())
    files = {part.get_filename(): part.get_payload(decode=True) for part in second.iter_attachments()}
    sheet = next(data for name, data in files.items() if str(name).endswith(".csv"))
    assert isinstance(sheet, bytes)
    cells = [cell.strip('"') for line in sheet.decode("utf-8-sig").splitlines() for cell in line.split(",")]
    assert [cell for cell in cells if cell.startswith(("=", "@", "+", "-"))] == []
    assert any(cell.startswith("'=cmd") for cell in cells)
    workbook = next(data for name, data in files.items() if str(name).endswith(".xlsx"))
    assert isinstance(workbook, bytes)
    rows = [cell for row in openpyxl.load_workbook(io.BytesIO(workbook)).active.iter_rows() for cell in row]
    assert {cell.data_type for cell in rows if cell.value is not None} <= {"s", "n"}


def _body(raw: bytes) -> str:
    message = email.message_from_bytes(raw, policy=default)
    part = message.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())
