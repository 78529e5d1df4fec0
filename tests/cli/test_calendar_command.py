"""`maild calendar`: hours as they stand, feasts from a file, deadlines counted anew after a change; and `why` counts aloud."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import update

from maild.store.schema import timer
from tests.cli.desk import Desk

ICS = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//prueba//ES\r
BEGIN:VEVENT\r
UID:1@prueba.test\r
DTSTART;VALUE=DATE:20260727\r
DTEND;VALUE=DATE:20260729\r
SUMMARY:Día no laborable "puente"\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2@prueba.test\r
DTSTART;VALUE=DATE:20260115\r
RRULE:FREQ=YEARLY;UNTIL=20280201\r
SUMMARY:Aniversario\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:3@prueba.test\r
DTSTART:20260303T150000Z\r
SUMMARY:Una reunión\r
END:VEVENT\r
END:VCALENDAR\r
"""


def own_rules(desk: Desk, calendar: str) -> None:
    """The institution has rules of its own, with this calendar."""
    import shutil

    from maild.config.shipped import shipped

    folder = desk.folder / "reglas"
    if not folder.is_dir():
        shutil.copytree(shipped("rules") / "base", folder)
        text = desk.config.read_text()
        profile = next(line for line in text.splitlines() if line.startswith("profile"))
        desk.config.write_text(text.replace(profile, 'rules = "reglas"'))
    (folder / "calendar.toml").write_text(calendar)


OFFICE = "\n".join(f'{d} = ["09:00-13:00"]' for d in ("monday", "tuesday", "wednesday", "thursday", "friday"))


def test_whole_days_of_an_ics_file_become_lines_of_calendar_toml(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "feriados.ics").write_text(ICS)
    code, out, _ = desk.maild("calendar", "import", str(tmp_path / "feriados.ics"))
    assert code == 0
    assert out.splitlines() == [
        "[holiday]",
        '"2026-01-15" = "Aniversario"',
        '"2026-07-27" = "Día no laborable \'puente\'"',
        '"2026-07-28" = "Día no laborable \'puente\'"',
        '"2027-01-15" = "Aniversario"',
        '"2028-01-15" = "Aniversario"',
    ]


def test_what_is_no_calendar_is_refused(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "nada.ics").write_text("hola")
    code, _, err = desk.maild("calendar", "import", str(tmp_path / "nada.ics"))
    assert code in (1, 2)
    assert "nada.ics" in err


def test_national_holidays_and_hours_of_a_site_are_shown(desk: Desk) -> None:
    own_rules(
        desk,
        f'country = "PE"\n{OFFICE}\n[hours]\n"2026-12-24" = []\n[calendar.cusco]\nsites = ["Cusco"]\nsaturday = ["09:00-24:00"]\n',
    )
    code, out, err = desk.maild("calendar", "show", "--year", "2026", "--json")
    assert code == 0, err
    own, cusco = (json.loads(line) for line in out.splitlines())
    assert own["holidays"]["2026-07-28"] == "Día de la Independencia"
    assert own["week"]["lunes"] == ["09:00-13:00"]
    assert own["special"] == {"2026-12-24": []}
    assert (cusco["places"], cusco["week"], "2026-07-28" in cusco["holidays"]) == (
        ["cusco"],
        {"sábado": ["09:00-24:00"]},
        True,
    )


def test_after_a_change_of_the_calendar_deadlines_are_shown_first_and_then_counted_anew(desk: Desk) -> None:
    own_rules(desk, OFFICE)
    desk.mail("rosa@entidad.example", "No imprime")
    code, out, _ = desk.maild("calendar", "recalculate", "--json")
    assert (code, out) == (0, "")
    own_rules(desk, OFFICE.replace("09:00-13:00", "09:00-09:30"))
    code, dry, _ = desk.maild("calendar", "recalculate", "--json")
    (change,) = (json.loads(line) for line in dry.splitlines())
    assert (change["clock"], change["was"] < change["due"]) == ("p_atencion", True)
    assert desk.maild("calendar", "recalculate", "--json")[1] == dry  # a dry run changes nothing
    assert desk.maild("calendar", "recalculate", "--apply", "--json")[1] == dry
    assert desk.maild("calendar", "recalculate", "--json")[1] == ""
    code, out, _ = desk.maild("why", "1", "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    counted = [line["counts"] for line in lines if "counts" in line]
    assert (len(counted), counted[-1]["sum"], counted[-1]["until"]) in [
        (8, "4:00", change["due"]),
        (9, "4:00", change["due"]),
    ]  # eight half hours, or nine when it came in the middle of one
    assert any(line.get("decided", {}).get("cause", "").startswith("calendar:") for line in lines)


LUNCH = "\n".join(
    f'{d} = ["08:30-13:00", "14:00-17:30"]' for d in ("monday", "tuesday", "wednesday", "thursday", "friday")
)


def story_of(desk: Desk) -> tuple[list[str], list[str], list[str]]:
    """What `maild why` counts, as «from until sum» in Lima; the days off; the pauses with their reasons."""
    lines = [json.loads(line) for line in desk.maild("why", "timer:1", "--json")[1].splitlines()]

    def local(text: str) -> str:
        return f"{datetime.fromisoformat(text).astimezone(ZoneInfo('America/Lima')):%d %H:%M}"

    counted = [c for line in lines if (c := line.get("counts"))]
    paused = [p for line in lines if (p := line.get("pause"))]
    return (
        [f"{local(c['from'])}-{local(c['until'])[3:]} {c['sum']}" for c in counted],
        [f"{o['day']} {o['name']}" for line in lines if (o := line.get("off"))],
        [f"{local(p['from'])}-{local(p['until'])} {p['why']}" for p in paused],
    )


def test_why_counts_every_stretch_of_a_deadline_around_lunch_holidays_and_pauses(desk: Desk) -> None:
    """Twelve working hours from the Wednesday before Easter, 10:00; every line was counted on paper."""
    own_rules(desk, f'country = "PE"\n{LUNCH}')
    desk.mail("rosa@entidad.example", "No imprime")
    pauses = (
        "2026-04-01T15:00:00-05:00/2026-04-01T16:00:00-05:00/espera_usuario"
        ";2026-04-06T09:00:00-05:00/2026-04-06T11:00:00-05:00/absent"
    )
    house = desk.open()
    with house.database.write() as tx:
        started = datetime(2026, 4, 1, 15, tzinfo=UTC)
        due = datetime(2026, 4, 7, 14, tzinfo=UTC)
        changed = {"span": "12wh", "started_at": started, "due": due, "pauses": pauses}
        tx.execute(update(timer).where(timer.c.id == 1).values(changed))
    house.close()
    counted, off, paused = story_of(desk)
    assert counted == [
        "01 10:00-13:00 3:00", "01 14:00-15:00 4:00", "01 16:00-17:30 5:30",
        "06 08:30-09:00 6:00", "06 11:00-13:00 8:00", "06 14:00-17:30 11:30", "07 08:30-09:00 12:00",
    ]  # fmt: skip
    assert off == ["2026-04-02 Jueves Santo", "2026-04-03 Viernes Santo"]
    assert paused == ["01 15:00-01 16:00 espera_usuario", "06 09:00-06 11:00 absent"]
    assert desk.maild("calendar", "recalculate", "--json")[1] == ""

    # A decree makes Tuesday free: the last half hour falls on Wednesday, as soon as the deadlines are counted anew.
    own_rules(desk, f'country = "PE"\n{LUNCH}\n[holiday]\n"2026-04-07" = "Decreto de urgencia"')
    assert desk.maild("calendar", "recalculate", "--apply")[0] == 0
    counted, off, _ = story_of(desk)
    assert (counted[-2:], off[-1]) == (
        ["06 14:00-17:30 11:30", "08 08:30-09:00 12:00"],
        "2026-04-07 Decreto de urgencia",
    )
    page = desk.maild("why", "1")[1]
    assert "2026-04-08 08:30 – 09:00  0:30  = 12:00" in page
    assert "vence / due: 2026-04-08 09:00" in page
    assert "no se trabaja / day off: 2026-04-07  Decreto de urgencia" in page
    assert "no cuenta / paused: 2026-04-01 15:00 – 2026-04-01 16:00" in page
