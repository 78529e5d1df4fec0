"""A year of one institution under a virtual clock: mails, orders, clocks that run out, digests; then every figure is recounted.

    python -m bench.year --tickets 20000 [--profile osce|base] [--database sqlite|postgresql] [--seed 7]

The recount is plain SQL over tickets, timers and letters, written without the program's own counting and without its log of
events.
"""

from __future__ import annotations

import argparse
import email
import heapq
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.policy import default
from typing import Any

from sqlalchemy import text

from bench import databases
from maild import reporting, rules
from maild.config.shipped import shipped
from maild.core import periods, seal
from maild.core.events import MailArrived, MomentCame, OperatorActed, TimerFired
from maild.core.office import Office
from maild.core.past import Report
from maild.core.values import Address, Directory, Kind, Mail, Person, Sender
from maild.desk import Desk
from maild.mail.compose import Composer, DeskIdentity
from maild.store import agenda, mails, timers
from maild.store.database import Database, Tx
from maild.store.mails import Arrival

START = datetime(2026, 1, 1, 5, 0, tzinfo=UTC)  # midnight in Lima
TITLES = ("No imprime", "Sin internet", "Olvidé mi clave", "Pantalla azul", "Instalar programa", "Correo lleno")
_LOT = 200


@dataclass(frozen=True)
class Turn:
    """What somebody (a key of the people; none: whoever asked) does next, so many hours later on average, if he does it."""

    who: str
    order: str
    hours: float
    share: float = 1.0


@dataclass(frozen=True)
class Institution:
    """Who works there, and how a ticket goes: one of these ways, as often as its weight says."""

    staff: dict[str, str]
    ways: tuple[tuple[float, tuple[Turn, ...]], ...]


BASE = Institution(
    {"marta": "mesa", "luis": "tecnico", "elsa": "especialista", "carla": "coordinador"},
    ((1, (Turn("luis", "#tomar", 3), Turn("luis", "#resuelto Hecho", 12, 0.97), Turn("", "#conforme", 20, 0.7))),),
)
_OSCE_BEGINS = (Turn("marta", "#asignar luis", 1), Turn("luis", "#tomar #modo remoto", 3))
_OSCE_ENDS = (Turn("luis", "#devolucion no", 300),)
OSCE = Institution(
    {"marta": "mesa", "luis": "tecnico", "carla": "jefe_uast", "otto": "jefe_oti", "prov": "proveedor"},
    (
        (
            0.9,
            (
                *_OSCE_BEGINS,
                Turn("luis", "#resuelto #hardware no", 12, 0.97),
                Turn("", "#conforme", 20, 0.7),
                *_OSCE_ENDS,
            ),
        ),
        (
            0.1,
            (
                *_OSCE_BEGINS,
                Turn("luis", "#noresuelto #proveedor prov", 6),
                Turn("prov", "#fin", 30),
                Turn("luis", "#hardware no", 8),
                *_OSCE_ENDS,
            ),
        ),
    ),
)
INSTITUTIONS = {"base": BASE, "osce": OSCE}


def people(staff: dict[str, str], users: int) -> tuple[Person, ...]:
    working = (Person(key, f"{key}@entidad.test", key.title(), role) for key, role in staff.items())
    return (*working, *(Person(f"u{n}", f"u{n}@entidad.test", f"Persona {n}", "usuario") for n in range(users)))


@dataclass
class Year:
    """One desk, its clock, and what is going to happen to it."""

    database: Database
    users: int = 300
    profile: str = "base"
    now: datetime = START
    fired: int = 0
    plan: list[tuple[datetime, int, tuple[Turn, ...], int]] = field(default_factory=list)
    _serial: int = 0
    _planned: datetime = START - timedelta(days=2)

    def __post_init__(self) -> None:
        self.institution = INSTITUTIONS[self.profile]
        directory = Directory(people(self.institution.staff, self.users), {}, ("entidad.test",))
        book = rules.load(shipped("rules") / self.profile, zone="America/Lima")
        identity = DeskIdentity("Mesa de Ayuda", "mesa@entidad.test", "Entidad", instance="ensayo")
        self.office = Office(book, directory, frozenset(("mesa@entidad.test",)), Address("op@entidad.test", "Operador"))
        self.ring = seal.KeyRing({"1": b"k" * 32}, "1")
        self.desk = Desk(
            self.office, self.ring, Composer((shipped("templates"),), identity), "entidad.test", lambda: self.now
        )

    def will(self, at: datetime, turns: tuple[Turn, ...] = (), number: int = 0) -> None:
        """A mail of somebody, or the first of the turns that a ticket is still to go through."""
        self._serial += 1
        heapq.heappush(self.plan, (at, self._serial, turns, number))

    def scatter(self, tickets: int, chance: random.Random) -> None:
        """Mails all over the year, more of them in working hours."""
        for _ in range(tickets):
            day = chance.randrange(365)
            hour = chance.choice((8, 9, 9, 10, 10, 11, 12, 14, 15, 15, 16, 17, 20))
            self.will(START + timedelta(days=day, hours=hour, minutes=chance.randrange(60)))

    def play(self, chance: random.Random, until: datetime) -> None:
        """Everything that is planned, and between two things every clock that runs out; many of them in one transaction."""
        while self.plan and self.plan[0][0] < until:
            with self.database.write() as tx:
                for _ in range(_LOT):
                    if not self.plan or self.plan[0][0] >= until:
                        break
                    at, _, turns, number = heapq.heappop(self.plan)
                    self.pass_time(tx, at)
                    self.now = at
                    if not number:
                        ways = self.institution.ways
                        number = self._mail(tx, chance)
                        turns = chance.choices([way for _, way in ways], [weight for weight, _ in ways])[0]
                    else:
                        if chance.random() < turns[0].share:
                            self._order(tx, turns[0], number)
                        turns = turns[1:]
                    if turns:
                        self.will(
                            self.now + timedelta(hours=turns[0].hours * (1 + chance.expovariate(1)) / 2), turns, number
                        )
        with self.database.write() as tx:
            self.pass_time(tx, until)
        self.now = until

    def pass_time(self, tx: Tx, until: datetime) -> None:
        """Let clocks run out at their own time, as a daemon would that looks every minute."""
        if until - self._planned > timedelta(days=1):
            self._planned = until
            self.desk.plan(tx)
        while True:
            moments = [MomentCame(clock, at) for clock, at in agenda.due(tx, until)]
            due = timers.due(tx, until, None, 20)
            first = min([*(m.at for m in moments), *(d.due for d in due)], default=None)
            if first is None:
                return
            self.now = max(self.now, first)
            for event in [m for m in moments if m.at <= self.now]:
                self.desk.moment(tx, event)
            for timer in [d for d in due if d.due <= self.now]:
                fired = self.desk.time(tx, TimerFired(timer.id, timer.ticket, timer.clock, timer.token))
                self.fired += fired.done

    def _mail(self, tx: Tx, chance: random.Random) -> int:
        self._serial += 1
        who = f"u{chance.randrange(self.users)}@entidad.test"
        title = f"{chance.choice(TITLES)} {self._serial}"
        (row,) = mails.put(tx, [Arrival(f"{self._serial:064x}", 100, self.now)], self.now)
        mail = Mail(
            Sender(who), message_id=f"m{self._serial}@entidad.test", subject=title, text=title, new_text=title,
            kind=Kind.REQUEST, canonical=f"{self._serial:064x}",
        )  # fmt: skip
        return self.desk.mail(tx, MailArrived(row, mail, self.now)).decision.number

    def _order(self, tx: Tx, turn: Turn, number: int) -> None:
        person = self.office.directory.by_key(turn.who)
        if person is None:
            row = tx.execute(text("SELECT requester FROM ticket WHERE number = :n"), {"n": number}).scalar_one()
            person = self.office.directory.by_address(row)
        assert person is not None
        self._serial += 1
        self.desk.operator(tx, OperatorActed(number, turn.order, "", person), f"order:{self._serial}")

    def report(self, period: str) -> Report:
        days = periods.read(period)
        assert days is not None
        with self.database.write() as tx:
            return reporting.of_period(tx, self.office, days)

    # -- counted again, by SQL that knows nothing of events -----------------------------------------------------------

    def recount(self, since: datetime, until: datetime) -> dict[str, int]:
        """The totals of a period from the tickets themselves."""
        queries = {
            "opened": "SELECT count(*) FROM ticket WHERE opened_at >= :a AND opened_at < :b",
            "closed": "SELECT count(*) FROM ticket WHERE closed_at >= :a AND closed_at < :b",
            "open": "SELECT count(*) FROM ticket WHERE opened_at < :b AND (closed_at IS NULL OR closed_at >= :b)",
            "ran-out": "SELECT count(*) FROM timer WHERE outcome = 'fired' AND ran = 0 AND NOT on_silence"
            " AND clock NOT IN ('p_usuario', 'p_conformidad', 'fecha_programada') AND ended_at >= :a AND ended_at < :b",
        }
        return {key: int(self._rows(query, since, until)[0][0]) for key, query in queries.items()}

    def attention(self, since: datetime, until: datetime) -> dict[str, float | int | None]:
        """OSCE's indicator from rows of tickets and timers: an incident is attended when the clock of its conformity, or of the
        window after its provider, first starts; it waits from its first clock of a provider to that window."""
        first = (
            "(SELECT min(started_at) FROM timer m WHERE m.ticket = t.number AND m.started_at < :b AND clock IN ({}))"
        )
        done, asked, came = (
            first.format(c) for c in ("'p_conformidad', 'v24_tercero'", "'p_proveedor'", "'v24_tercero'")
        )
        rows = self._rows(
            f"SELECT opened_at, {done}, {asked}, {came} FROM ticket t WHERE type = 'incidencia' AND opened_at >= :a"
            " AND opened_at < :b AND NOT (closed_at IS NOT NULL AND closed_at < :b AND closing_reason = 'duplicado')",
            since, until,
        )  # fmt: skip
        times = [tuple(map(_instant, row)) for row in rows]
        gross = sum((d - o).total_seconds() for o, d, _, _ in times if o and d) / 3600
        waited = sum((c - a).total_seconds() for _, d, a, c in times if d and a and c) / 3600
        attended = sum(d is not None for _, d, _, _ in times)
        return {
            "reported": len(times),
            "attended": attended,
            "unattended": len(times) - attended,
            "sum-gross": round(gross, 2),
            "sum-net": round(gross - waited, 2),
            "mean-gross": round(gross / attended, 2) if attended else None,
            "mean-net": round((gross - waited) / attended, 2) if attended else None,
            "mean-of-all": round(gross / len(times), 2),
        }

    def digests(self, template: str, reader: str) -> list[tuple[datetime, str]]:
        """When each letter of this template was sent to him, and its text."""
        rows = self._rows(
            f"SELECT raw FROM outbox WHERE template = '{template}' AND recipient = '{reader}@entidad.test' ORDER BY id"
        )
        letters = [email.message_from_bytes(raw, policy=default) for (raw,) in rows]
        return [(m["Date"].datetime, body.get_content()) for m in letters if (body := m.get_body(("plain",)))]

    def _rows(self, query: str, since: datetime = START, until: datetime = START) -> list[Any]:
        plain = self.database.is_sqlite
        asked = {
            k: v.replace(tzinfo=None).isoformat(" ") + ".000000" if plain else v
            for k, v in (("a", since), ("b", until))
            if f":{k}" in query
        }
        with self.database.look() as tx:
            return list(tx.execute(text(query), asked))


def _instant(cell: Any) -> datetime | None:
    """A time as either database gives it where nobody told it that it is one."""
    return datetime.fromisoformat(cell).replace(tzinfo=UTC) if isinstance(cell, str) else cell


def months(year: int) -> Iterator[str]:
    return (f"{year}-{month:02}" for month in range(1, 13))


def agree(year: Year, period: str) -> dict[str, int]:
    """The totals of a period, and OSCE's indicator, which the recount must confirm."""
    report = year.report(period)
    told = {str(row[0]): row[1] for section in report.sections if section.key == "summary" for row in section.rows}
    counted = year.recount(report.since, report.until)
    assert {key: told.get(key, 0) for key in counted} == counted, (period, told, counted)
    for section in report.sections:
        if section.key == "indicator.atencion_oportuna":
            indicator = year.attention(report.since, report.until)
            found = dict(zip(section.columns, section.rows[0], strict=True))
            assert all(_near(found[key], value) for key, value in indicator.items()), (period, found, indicator)
    return counted


def _near(one: Any, other: Any) -> bool:
    """The same but for the last digit of what was rounded."""
    return one == other or (isinstance(one, float) and isinstance(other, float) and abs(one - other) < 0.015)


def agree_letters(year: Year) -> int:
    """Every monthly letter of OSCE's indicator says what SQL counts of that month; how many letters that were."""
    letters = year.digests("indicadores", "carla")[1:]  # the first one tells of a month before the desk began
    for period, (_, body) in zip(months(2026), letters, strict=False):
        report = year.report(period)
        counted = year.attention(report.since, report.until) | year.recount(report.since, report.until)
        wanted = {"Reportadas": "reported", "Atendidas al cierre del periodo": "attended", "Registradas": "opened"}
        for label, key in wanted.items():
            said = re.search(rf"^ +{label}: (\d+)", body, re.MULTILINE)
            assert said and int(said[1]) == counted[key], (period, label, body)
    return len(letters)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tickets", type=int, default=20_000)
    arguments.add_argument("--profile", choices=list(INSTITUTIONS), default="osce")
    databases.asked(arguments)
    arguments.add_argument("--seed", type=int, default=7)
    asked = arguments.parse_args()
    with databases.empty(asked.database) as database:
        year, chance = Year(database, profile=asked.profile), random.Random(asked.seed)
        year.scatter(asked.tickets, chance)
        begun = time.perf_counter()
        for days in (*range(30, 366, 30), 372):  # as fast at the end of the year as at its beginning
            year.play(chance, START + timedelta(days=days))
            print(f"day {days}: {time.perf_counter() - begun:.0f} s", flush=True)
        print(f"a year, {asked.tickets} tickets, {year.fired} clocks run out")
        for period in (*months(2026), "2026"):
            begun = time.perf_counter()
            counted = agree(year, period)
            print(f"{period}: {counted}  {time.perf_counter() - begun:.2f} s")
        print(f"{agree_letters(year)} letters of indicators say the same" if asked.profile == "osce" else "")
        with database.write() as tx:
            sent = tx.execute(text("SELECT template, count(*) FROM outbox GROUP BY template ORDER BY 1")).all()
        print({str(template): int(n) for template, n in sent})


if __name__ == "__main__":
    main()
