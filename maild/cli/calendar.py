"""`maild calendar`: working hours and holidays as the rules have them, from an iCalendar file, and deadlines counted anew."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.cli.shown import mark, moment, opened, visible
from maild.errors import UsageError

if TYPE_CHECKING:
    from maild.core.worktime import Calendar

_DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MOST_BYTES = 5_000_000
# So far a repeated feast is written out.
_MOST_YEARS = timedelta(days=366 * 5)
_LONGEST = 60


@click.group()
def calendar() -> None:
    """Horario laboral y feriados. / Working hours and holidays."""


@calendar.command()
@click.option("--year", type=click.IntRange(2015, 2045), help="De qué año / of which year.")
@json_option
@pass_call
def show(call: Call, year: int | None, as_json: bool) -> int:
    """Los calendarios que valen: horario, feriados, días con horario propio. / The calendars as they stand."""
    out = Output(as_json)
    with opened(call) as house:
        book = house.desk.office.book
        wanted = year or house.now().astimezone(book.calendar.zone).year
        for each in (book.calendar, *book.calendars.values()):
            places = [name for names in (book.sites, book.units) for name, key in names.items() if key == each.key]
            _shown(out, each, wanted, places)
    return 0


def _shown(out: Output, each: Calendar, year: int, places: list[str]) -> None:
    from maild.rules.calendars import hours_text

    week = {day: hours_text(hours) for day, hours in zip(_DAYS, each.week, strict=True) if hours}
    holidays = {day.isoformat(): each.names.get(day, "") for day in sorted(each.holidays) if day.year == year}
    special = {day.isoformat(): hours_text(hours) for day, hours in sorted(each.special.items()) if day.year == year}
    out.line(
        {"calendar": each.key, "zone": each.zone.key, "places": places}
        | {"week": week, "holidays": holidays, "special": special}
    )
    out.tell(f"{each.key or 'institución / institution'} ({each.zone.key}) {', '.join(places)}".rstrip(), "cyan")
    out.table(("Día / day", "Horario / hours"), ((day, ", ".join(hours)) for day, hours in week.items()))
    out.table(("Feriado / holiday", ""), holidays.items())
    if special:
        out.table(("Horario propio / own hours", ""), ((day, ", ".join(h) or "—") for day, h in special.items()))


@calendar.command()
@click.option("--apply", "really", is_flag=True, help="Escríbalo; sin esto solo se muestra / write it; else a dry run.")
@json_option
@pass_call
def recalculate(call: Call, really: bool, as_json: bool) -> int:
    """Cuenta de nuevo los plazos que corren, con el calendario de hoy. / Counts running deadlines anew."""
    from maild.core import pausing
    from maild.store import tickets, timers

    out, changes = Output(as_json), 0
    with opened(call) as house:
        run = secrets.token_hex(6)
        with house.database.write() as tx:
            numbers = timers.tickets_of_spans(tx)
        for number in out.progress(numbers, len(numbers), "plazos / deadlines"):
            with house.database.write() as tx:  # one ticket at a time: the daemon writes between two
                stood = tickets.load(tx, number)
                was = {(t.clock, t.token): t.due for t in stood.timers} if stood else {}
                if really:
                    found = house.desk.retime(tx, number, "shell", f"calendar:{run}:{number}")
                else:
                    found = pausing.recounted(stood, house.desk.office.book) if stood else ()
            for each in (adjust.timer for adjust in found):
                changes += 1
                before = was[each.clock, each.token]
                named = mark(house, number)
                out.line({"ticket": number, "mark": named, "clock": each.clock, "was": before, "due": each.due})
                late = "  ¡vencido / overdue!" if each.due <= house.now() else ""
                out.tell(f"{named} {each.clock}: {moment(house, before)} → {moment(house, each.due)}{late}")
    said = "cambiados / changed" if really else "cambiarían; --apply los cambia / would change; --apply does it"
    out.say(f"{changes} plazos {said}")
    return 0


@calendar.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def import_(file: Path, as_json: bool) -> int:
    """Días no laborables de un archivo iCalendar (.ics), como líneas para calendar.toml. / Holidays from iCalendar."""
    out = Output(as_json)
    found = dict(sorted(_all_day(file)))
    if not found:
        out.say(f"{file}: no trae días enteros / no all-day events", "red")
        return 1
    out.tell("[holiday]")
    for day, name in found.items():
        out.line({"day": day.isoformat(), "name": name})
        out.tell(f'"{day.isoformat()}" = "{name}"')
    return 0


def _all_day(file: Path) -> Iterator[tuple[date, str]]:
    """The all-day events of a calendar (RFC 5545), each day of each; a repeated one for five years."""
    import icalendar

    data = file.read_bytes()
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{file}: es demasiado grande ({len(data)} bytes) / too large")
    try:
        events = [e for c in icalendar.Calendar.from_ical(data, multiple=True) for e in c.walk("VEVENT")]
    except (ValueError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: no es un calendario iCalendar (.ics) / not a calendar") from error
    for event in events:
        start = getattr(event.get("dtstart"), "dt", None)
        if isinstance(start, date) and not isinstance(start, datetime):
            until = getattr(event.get("dtend"), "dt", start + timedelta(days=1))
            length = max((until - start).days, 1) if type(until) is date else 1
            name = visible(" ".join(str(event.get("summary", "")).split())).replace("\\", "").replace('"', "'")
            for first in _repeated(event, start):
                yield from ((first + timedelta(days=n), name) for n in range(min(length, _LONGEST)))


def _repeated(event: Any, start: date) -> list[date]:
    rule = event.get("rrule")
    if rule is None or isinstance(rule, list):
        return [start]
    from dateutil.rrule import rrulestr  # icalendar brings it

    first = datetime(start.year, start.month, start.day, tzinfo=UTC)
    text = rule.to_ical().decode()
    found = rrulestr(text, dtstart=first, ignoretz=False) if "UNTIL" not in text else _until(text, first)
    return [at.date() for at in found.between(first, first + _MOST_YEARS, inc=True)][: 366 * 5]


def _until(text: str, first: datetime) -> Any:
    """UNTIL of an all-day event is a bare date, which dateutil would compare with a zoned start."""
    from dateutil.rrule import rrulestr

    parts = [f"{p}T235959Z" if p.startswith("UNTIL=") and "T" not in p[6:] else p for p in text.split(";")]
    return rrulestr(";".join(parts), dtstart=first)
