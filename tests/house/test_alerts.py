"""Alerts of machines on a real desk, both databases: grouped, counted, closed by recovery; floods, forgeries, merges, repeats."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maild.core.events import MailArrived
from maild.core.subject import mark
from maild.core.ticket import Ticket
from maild.core.trust import Boundary
from maild.core.values import Address, Directory, Person
from maild.gather import Outcome
from maild.mail.parse import parse
from maild.store import alerts, tickets
from tests.house.desk import PEOPLE, RealDesk, codes, opened

FOLDER = Path(__file__).parents[1] / "data" / "machines"
MACHINES = (
    Person("zabbix", "zabbix@entidad.test", "Zabbix", "maquina"),
    Person("nagios", "nagios@entidad.test", "Nagios", "maquina"),
)
NAGIOS = """From: {sender}
To: mesa@entidad.test
Subject: ** {kind} Service Alert: {host}/{service} is {state} **
Date: Mon, 2 Nov 2026 10:31:02 -0500
Message-ID: <{id}@monitor.entidad.test>

***** Nagios *****

Notification Type: {kind}

Service: {service}
Host: {host}
State: {state}
"""


class Watched(RealDesk):
    """A desk that two machines write to; `say` is one mail of Nagios."""

    def __init__(self, *rest: object) -> None:
        super().__init__(*rest)  # type: ignore[arg-type]
        directory = Directory((*PEOPLE, *MACHINES), {}, ("entidad.test",))
        self.desk = replace(self.desk, office=replace(self.desk.office, directory=directory))
        self.said = 0

    def say(
        self,
        kind: str,
        host: str = "web01",
        service: str = "HTTP",
        state: str = "",
        sender: str = "nagios@entidad.test",
    ) -> Outcome:
        self.said += 1
        state = state or ("OK" if kind == "RECOVERY" else "CRITICAL")
        told = {"kind": kind, "host": host, "service": service, "state": state, "id": str(self.said)}
        return self.put(NAGIOS.format(sender=sender, **told).encode())

    def file(self, name: str) -> Outcome:
        return self.put((FOLDER / f"{name}.eml").read_bytes())

    def ticket(self, number: int) -> Ticket:
        with self.database.write() as tx:
            found = tickets.load(tx, number)
        assert found is not None
        return found

    def open_ones(self) -> list[int]:
        with self.database.write() as tx:
            return sorted(int(str(row["number"])) for row in tickets.listed(tx, only_open=True, limit=1000))


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Watched]:
    with Watched.on(database_url, tmp_path) as desk:
        yield desk


def to(desk: Watched, who: str) -> list[str]:
    return [row["template"] for row in desk.letters(f"{who}@entidad.test")]


def test_two_hundred_repeats_are_one_ticket_and_one_letter_to_the_desk(desk: Watched) -> None:
    first = desk.say("PROBLEM")
    assert opened(first)
    for _ in range(199):
        assert codes(desk.say("PROBLEM")) == ["alert", "joined"]
    ticket = desk.ticket(1)
    assert (desk.open_ones(), ticket.fact("repeticiones"), ticket.fact("host")) == ([1], "200", "web01")
    with desk.database.write() as tx:
        (point,) = alerts.of_ticket(tx, 1)
    assert (point.count, point.what) == (200, "problem")
    assert to(desk, "marta") == ["tarea"]
    assert desk.letters("nagios@entidad.test") == []


def test_a_recovery_closes_and_what_fails_again_soon_is_the_same_ticket(desk: Watched) -> None:
    desk.say("PROBLEM")
    desk.say("RECOVERY")
    ticket = desk.ticket(1)
    assert (ticket.state, ticket.closing_reason, ticket.tokens, ticket.timers) == ("cerrado", "recuperada", (), ())
    assert "reopened" in codes(desk.say("PROBLEM"))
    assert (desk.open_ones(), desk.ticket(1).fact("repeticiones")) == ([1], "2")
    desk.say("RECOVERY")
    desk.now += timedelta(hours=3)
    later = desk.say("PROBLEM")
    assert (opened(later), desk.ticket(2).related, desk.open_ones()) == (True, 1, [2])


def test_what_comes_and_goes_stays_open_after_three_recoveries(desk: Watched) -> None:
    for _ in range(8):
        desk.say("PROBLEM")
        last = desk.say("RECOVERY")
    assert (desk.open_ones(), "alert-flaps" in codes(last)) == ([1], True)
    assert len(to(desk, "marta")) == 4


def test_whoever_has_the_ticket_hears_that_it_closed_and_that_it_got_worse(desk: Watched) -> None:
    desk.say("PROBLEM", state="WARNING")
    desk.staff(1)
    before = len(to(desk, "luis"))
    assert "alert-worse" in codes(desk.say("PROBLEM", state="CRITICAL"))
    desk.say("PROBLEM", state="WARNING")
    assert "alert-worse" not in codes(desk.say("PROBLEM", state="CRITICAL"))
    desk.say("RECOVERY")
    assert to(desk, "luis")[before:] == ["alerta", "cierre"]


def test_an_acknowledgement_is_noted_and_a_recovery_of_nothing_opens_nothing(desk: Watched) -> None:
    desk.say("PROBLEM")
    assert codes(desk.say("ACKNOWLEDGEMENT", state="CRITICAL"))[-1] == "alert-notice"
    assert codes(desk.say("RECOVERY", host="otro"))[-1] == "alert-of-nothing"
    assert codes(desk.say("PROBLEM", host="tercero", state="OK"))[-1] == "alert-minor"
    assert desk.open_ones() == [1]


def test_a_flood_of_different_alerts_is_gentle_to_the_desk(desk: Watched) -> None:
    desk.now -= timedelta(hours=1)
    for n in range(200):
        desk.now -= timedelta(minutes=1) - timedelta(seconds=2)
        desk.say("PROBLEM", host=f"sw-{n:03}")
    numbers = desk.open_ones()
    assert len(numbers) == 11
    assert desk.ticket(numbers[-1]).title == "Avalancha de alertas"
    assert len(to(desk, "marta")) == 11
    for n in range(200):
        desk.now -= timedelta(minutes=1) - timedelta(seconds=2)
        desk.say("RECOVERY", host=f"sw-{n:03}")
    assert desk.open_ones() == []


def test_a_stranger_and_a_forger_close_nothing(desk: Watched) -> None:
    desk.say("PROBLEM")
    for sender in ("nagios@afuera.test", "nagios@entidad.test.afuera.test", "luis@entidad.test"):
        assert "alert" not in codes(desk.say("RECOVERY", sender=sender))
    desk.desk = replace(desk.desk, boundary=Boundary("authserv_id", ("mx.entidad.test",)))
    forged = NAGIOS.format(
        sender="nagios@entidad.test", kind="RECOVERY", host="web01", service="HTTP", state="OK", id="falso"
    )
    desk.put(b"Authentication-Results: mx.entidad.test; dmarc=fail header.from=entidad.test\n" + forged.encode())
    assert not desk.ticket(1).is_closed
    assert desk.letters("nagios@entidad.test") == []


def test_under_the_strict_policy_a_recovery_needs_a_border_that_vouches(desk: Watched) -> None:
    office = replace(desk.desk.office, mode="strict")
    desk.desk = replace(desk.desk, office=office, boundary=Boundary("authserv_id", ("mx.entidad.test",)))
    desk.say("PROBLEM")
    assert "alert-unproved" in codes(desk.say("RECOVERY"))
    desk.say("PROBLEM")
    genuine = NAGIOS.format(
        sender="nagios@entidad.test", kind="RECOVERY", host="web01", service="HTTP", state="OK", id="avalado"
    )
    desk.put(b"Authentication-Results: mx.entidad.test; dmarc=pass header.from=entidad.test\n" + genuine.encode())
    assert desk.ticket(1).is_closed


def test_a_persons_own_mail_about_an_alert_is_a_request(desk: Watched) -> None:
    raw = (
        "From: Rosa Huamán <rosa@entidad.test>\nTo: mesa@entidad.test\nMessage-ID: <p1@entidad.test>\n"
        "Subject: Problem: High CPU utilization\n\nMe llegó esto de Zabbix.\nHost: srv-db01\nSeverity: High\n"
    )
    outcome = desk.put(raw.encode())
    assert (opened(outcome), "alert" in codes(outcome)) == (True, False)
    assert to(desk, "rosa") == ["acuse"]


def test_the_same_mail_again_and_the_same_event_again_count_once(desk: Watched) -> None:
    desk.say("PROBLEM")
    raw = NAGIOS.format(
        sender="nagios@entidad.test", kind="PROBLEM", host="web01", service="HTTP", state="CRITICAL", id="x"
    ).encode()
    desk.put(raw)
    with desk.database.write() as tx:  # as after a crash between the commit and the filing away
        assert not desk.desk.mail(tx, MailArrived(desk.last, parse(raw), desk.now)).done
    desk.put(raw)
    assert desk.ticket(1).fact("repeticiones") == "2"


def test_repeats_of_a_merged_alert_go_where_it_went(desk: Watched) -> None:
    desk.say("PROBLEM", service="HTTP")
    desk.say("PROBLEM", service="HTTPS")
    with desk.database.write() as tx:
        merged = tickets.load(tx, 2)
        assert merged is not None
        facts = (*merged.facts, ("_duplicate_of", "1"))
        after = replace(merged, facts=facts, tokens=(), timers=(), closed_at=desk.now, closing_reason="duplicado")
        tickets.save(tx, merged, after, (), desk.now)
    desk.say("PROBLEM", service="HTTPS")
    desk.say("PROBLEM", service="HTTPS")
    assert (desk.open_ones(), desk.ticket(1).fact("repeticiones")) == ([1], "3")
    desk.say("RECOVERY", service="HTTP")
    assert not desk.ticket(1).is_closed
    desk.say("RECOVERY", service="HTTPS")
    assert desk.ticket(1).is_closed


def test_a_ticket_of_a_technicians_doing_is_not_reopened_by_the_machine(desk: Watched) -> None:
    desk.say("PROBLEM")
    with desk.database.write() as tx:
        ticket = tickets.load(tx, 1)
        assert ticket is not None
        after = replace(ticket, tokens=(), timers=(), closed_at=desk.now, closing_reason="resuelto")
        tickets.save(tx, ticket, replace(after, responsible=Address("luis@entidad.test")), (), desk.now)
    assert opened(desk.say("PROBLEM"))
    assert (desk.ticket(2).related, desk.open_ones()) == (1, [2])


def test_the_products_mails_open_and_close(desk: Watched) -> None:
    for problem, recovery in (
        ("zabbix-problem-en", "zabbix-resolved-en"),
        ("zabbix-problem-es", "zabbix-resuelto-es"),
        ("nagios-host-down", "nagios-host-up"),
    ):
        desk.file(problem)
        assert len(desk.open_ones()) == 1, problem
        desk.file(recovery)
        assert desk.open_ones() == [], recovery


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["PROBLEM", "PROBLEM", "RECOVERY", "ACKNOWLEDGEMENT", "again", "#cerrar", "wait"]),
        st.sampled_from(["web01", "web02"]),
        st.sampled_from(["HTTP", "CPU"]),
        st.sampled_from(["WARNING", "CRITICAL", ""]),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HAPPENINGS)
def test_in_any_order_there_is_at_most_one_open_ticket_for_a_host_and_service(
    happenings: list[tuple[str, str, str, str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, Watched.on("sqlite://", Path(folder)) as desk:
        for kind, host, service, state in happenings:
            if kind == "wait":
                desk.now += timedelta(hours=1)
            elif kind == "again":
                desk.said = max(desk.said - 1, 0)
                desk.say("PROBLEM", host, service, state)
            elif kind == "#cerrar":
                for number in desk.open_ones()[:1]:
                    subject = f"RE: [{mark('MESA', number)}] #anular porque no"
                    desk.put(f"From: marta@entidad.test\nTo: mesa@entidad.test\nSubject: {subject}\n\nNo.\n".encode())
            else:
                desk.say(kind, host, service, state if kind == "PROBLEM" else "")
            _at_most_one(desk)
        assert desk.letters("nagios@entidad.test") == []


def _at_most_one(desk: Watched) -> None:
    about: dict[tuple[str, str], list[int]] = {}
    with desk.database.write() as tx:
        for row in tickets.listed(tx, only_open=True, limit=100):
            for point in alerts.of_ticket(tx, int(str(row["number"]))):
                about.setdefault((point.host, point.service), []).append(point.ticket)
    assert [numbers for numbers in about.values() if len(numbers) > 1] == []
