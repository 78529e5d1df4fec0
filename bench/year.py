"""A year of one institution under a virtual clock: mails, orders, clocks that run out, digests; then every figure is recounted.

    python -m bench.year --tickets 20000 [--database sqlite|postgresql] [--seed 7]

The recount is plain SQL over tickets and journal-independent columns, written without the program's own counting.
"""

from __future__ import annotations

import argparse
import heapq
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

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


def people(users: int) -> tuple[Person, ...]:
    staff = (
        Person("marta", "marta@entidad.test", "Marta Salas", "mesa"),
        Person("luis", "luis@entidad.test", "Luis Rojas", "tecnico"),
        Person("elsa", "elsa@entidad.test", "Elsa Vargas", "especialista"),
        Person("carla", "carla@entidad.test", "Carla Ibáñez", "coordinador"),
    )
    return (*staff, *(Person(f"u{n}", f"u{n}@entidad.test", f"Persona {n}", "usuario") for n in range(users)))


@dataclass
class Year:
    """One desk, its clock, and what is going to happen to it."""

    database: Database
    users: int = 300
    now: datetime = START
    fired: int = 0
    plan: list[tuple[datetime, int, str, int]] = field(default_factory=list)
    _serial: int = 0

    def __post_init__(self) -> None:
        directory = Directory(people(self.users), {}, ("entidad.test",))
        book = rules.load(shipped("rules") / "base", zone="America/Lima")
        identity = DeskIdentity("Mesa de Ayuda", "mesa@entidad.test", "Entidad", instance="ensayo")
        self.office = Office(book, directory, frozenset(("mesa@entidad.test",)), Address("op@entidad.test", "Operador"))
        self.ring = seal.KeyRing({"1": b"k" * 32}, "1")
        self.desk = Desk(
            self.office, self.ring, Composer((shipped("templates"),), identity), "entidad.test", lambda: self.now
        )

    def will(self, at: datetime, what: str, number: int = 0) -> None:
        self._serial += 1
        heapq.heappush(self.plan, (at, self._serial, what, number))

    def scatter(self, tickets: int, chance: random.Random) -> None:
        """Mails all over the year, more of them in working hours."""
        for _ in range(tickets):
            day = chance.randrange(365)
            hour = chance.choice((8, 9, 9, 10, 10, 11, 12, 14, 15, 15, 16, 17, 20))
            self.will(START + timedelta(days=day, hours=hour, minutes=chance.randrange(60)), "mail")

    def play(self, chance: random.Random, until: datetime) -> None:
        """Everything that is planned, and between two things every clock that runs out; many of them in one transaction."""
        while self.plan and self.plan[0][0] < until:
            with self.database.write() as tx:
                for _ in range(_LOT):
                    if not self.plan or self.plan[0][0] >= until:
                        break
                    at, _, what, number = heapq.heappop(self.plan)
                    self.pass_time(tx, at)
                    self.now = at
                    if what == "mail":
                        self._mail(tx, chance)
                    else:
                        self._order(tx, what, number)
        with self.database.write() as tx:
            self.pass_time(tx, until)
        self.now = until

    def pass_time(self, tx: Tx, until: datetime) -> None:
        """Let clocks run out at their own time, as a daemon would that looks every minute."""
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

    def _mail(self, tx: Tx, chance: random.Random) -> None:
        self._serial += 1
        who = f"u{chance.randrange(self.users)}@entidad.test"
        title = f"{chance.choice(TITLES)} {self._serial}"
        (row,) = mails.put(tx, [Arrival(f"{self._serial:064x}", 100, self.now)], self.now)
        mail = Mail(
            Sender(who), message_id=f"m{self._serial}@entidad.test", subject=title, text=title, new_text=title,
            kind=Kind.REQUEST, canonical=f"{self._serial:064x}",
        )  # fmt: skip
        number = self.desk.mail(tx, MailArrived(row, mail, self.now)).decision.number
        at = self.now + timedelta(minutes=chance.expovariate(1 / 180))
        self.will(at, "#tomar", number)
        if chance.random() < 0.97:
            at += timedelta(hours=chance.expovariate(1 / 12))
            self.will(at, "#resuelto Hecho", number)
            if chance.random() < 0.7:
                self.will(at + timedelta(hours=chance.expovariate(1 / 20)), "#conforme", number)

    def _order(self, tx: Tx, order: str, number: int) -> None:
        who = "luis" if order != "#conforme" else ""
        person = self.office.directory.by_key(who) if who else None
        if person is None:
            row = tx.execute(text("SELECT requester FROM ticket WHERE number = :n"), {"n": number}).scalar_one()
            person = self.office.directory.by_address(row)
        assert person is not None
        self._serial += 1
        self.desk.operator(tx, OperatorActed(number, order, "", person), f"order:{self._serial}")

    def report(self, period: str) -> Report:
        days = periods.read(period)
        assert days is not None
        with self.database.write() as tx:
            return reporting.of_period(tx, self.office, days)

    def recount(self, since: datetime, until: datetime) -> dict[str, int]:
        """The same totals from the tickets themselves, by SQL that knows nothing of events."""
        queries = {
            "opened": "SELECT count(*) FROM ticket WHERE opened_at >= :a AND opened_at < :b",
            "closed": "SELECT count(*) FROM ticket WHERE closed_at >= :a AND closed_at < :b",
            "open": "SELECT count(*) FROM ticket WHERE opened_at < :b AND (closed_at IS NULL OR closed_at >= :b)",
            # Clocks that wait for the requester are no deadlines of the desk.
            "ran-out": "SELECT count(*) FROM timer WHERE outcome = 'fired' AND ran = 0 AND NOT on_silence"
            " AND clock NOT IN ('p_usuario', 'p_conformidad') AND ended_at >= :a AND ended_at < :b",
        }
        plain = self.database.is_sqlite
        asked = {
            k: v.replace(tzinfo=None).isoformat(" ") + ".000000" if plain else v
            for k, v in (("a", since), ("b", until))
        }
        with self.database.write() as tx:
            return {key: int(tx.execute(text(query), asked).scalar_one()) for key, query in queries.items()}


def months(year: int) -> Iterator[str]:
    return (f"{year}-{month:02}" for month in range(1, 13))


def agree(year: Year, period: str) -> dict[str, int]:
    """The totals of a period, which the recount must confirm."""
    report = year.report(period)
    told = {str(row[0]): row[1] for section in report.sections if section.key == "summary" for row in section.rows}
    counted = year.recount(report.since, report.until)
    assert {key: told.get(key, 0) for key in counted} == counted, (period, told, counted)
    return counted


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tickets", type=int, default=20_000)
    databases.asked(arguments)
    arguments.add_argument("--seed", type=int, default=7)
    asked = arguments.parse_args()
    with databases.empty(asked.database) as database:
        year, chance = Year(database), random.Random(asked.seed)
        year.scatter(asked.tickets, chance)
        begun = time.perf_counter()
        for days in (*range(30, 366, 30), 366):  # as fast at the end of the year as at its beginning
            year.play(chance, START + timedelta(days=days))
            print(f"day {days}: {time.perf_counter() - begun:.0f} s", flush=True)
        print(f"a year, {asked.tickets} tickets, {year.fired} clocks run out")
        for period in (*months(2026), "2026"):
            begun = time.perf_counter()
            counted = agree(year, period)
            print(f"{period}: {counted}  {time.perf_counter() - begun:.2f} s")
        with database.write() as tx:
            sent = tx.execute(text("SELECT template, count(*) FROM outbox GROUP BY template ORDER BY 1")).all()
        print({str(template): int(n) for template, n in sent})


if __name__ == "__main__":
    main()
