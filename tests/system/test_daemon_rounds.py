"""The daemon round by round under a virtual clock: deadlines, a relay that refuses, limits, and mailboxes that change between rounds."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.system.desk import PEOPLE, Desk, mail, parsed, reply
from tests.system.servers import Servers
from tests.system.settings import DOMAIN

EVERYBODY = ("helpdesk", "mesa2", "lupe", "teo", "caro", "eva", "rosa", "operador")
MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 09:00 in Lima: the working day has begun
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HELD = {"rehearsal": {"outbox": "hold"}}


@pytest.fixture
def new_desk(servers: Servers, tmp_path: Path) -> Callable[..., Desk]:
    """Makes desks on emptied mailboxes."""
    servers.empty_queue()
    for user in EVERYBODY:
        servers.wipe(user)

    def make(name: str = "desk", **choices: object) -> Desk:
        return Desk(tmp_path / name, servers, **choices).upgrade()  # type: ignore[arg-type]

    return make


def resolved(desk: Desk, at: datetime) -> None:
    """Ticket 1 of rosa, taken and resolved by answering real letters; the conformity request is out at `at`."""
    desk.servers.append("helpdesk", mail("rosa"), received_at=at)
    desk.once(at)
    desk.servers.append("helpdesk", reply(desk.letter(1, "tarea", "lupe"), "lupe", "#asignar teo"), received_at=at)
    desk.once(at)
    done = reply(desk.letter(1, "asignacion", "teo"), "teo", "#resuelto\n\nYa imprime.")
    desk.servers.append("helpdesk", done, received_at=at)
    desk.once(at)
    assert desk.state(1) == "resuelto"


# Deadlines ------------------------------------------------------------------------------------------------------------


def test_a_ticket_that_nobody_looks_at_reminds_the_desk_then_its_head_and_then_nobody(
    new_desk: Callable[..., Desk],
) -> None:
    desk = new_desk()
    desk.servers.append("helpdesk", mail("rosa"), received_at=MONDAY)
    desk.once(MONDAY)
    desk.once(MONDAY + 3 * HOUR)
    assert not desk.letters(template="vencimiento")
    desk.once(MONDAY + 5 * HOUR)
    assert {to for _, to, _ in desk.letters(template="vencimiento")} == {f"lupe@{DOMAIN}"}
    desk.once(MONDAY + DAY + 5 * HOUR)
    assert len(desk.letters(template="vencimiento")) == 1
    desk.once(MONDAY + 3 * DAY)  # two working days on
    assert {to for _, to, _ in desk.letters(template="vencimiento")} == {f"lupe@{DOMAIN}", f"caro@{DOMAIN}"}
    desk.once(MONDAY + 14 * DAY)
    assert len(desk.letters(template="vencimiento")) == 2
    desk.letter(1, "vencimiento", "caro")


def test_a_level_that_takes_too_long_hands_the_ticket_up(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    desk.servers.append("helpdesk", mail("rosa"), received_at=MONDAY)
    desk.once(MONDAY)
    desk.servers.append("helpdesk", reply(desk.letter(1, "tarea", "lupe"), "lupe", "#tomar"), received_at=MONDAY)
    desk.once(MONDAY)
    assert desk.state(1) == "en_proceso"
    desk.once(MONDAY + 2 * DAY)
    assert desk.one("SELECT step FROM token WHERE ticket = 1") == "5"
    assert f"eva@{DOMAIN}" in {to for _, to, _ in desk.letters(template="escalamiento")}


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_silence_closes_a_ticket_once_the_mailbox_was_read_past_the_deadline(
    new_desk: Callable[..., Desk], servers: Servers, database: str
) -> None:
    desk = new_desk(database="sqlite:///" if database == "sqlite" else servers.fresh_database())
    resolved(desk, MONDAY)
    desk.once(MONDAY + 25 * HOUR)
    assert desk.letters(template="conformidad_recordatorio")
    desk.once(MONDAY + 48 * HOUR + timedelta(minutes=5))
    assert desk.state(1) == "resuelto"  # read up to less than the margin past the deadline
    late = MONDAY + 72 * HOUR
    desk.once(late, only="clock,dispatch")
    assert desk.state(1) == "resuelto"  # time has come, but nobody has read the mailbox since
    desk.once(late)
    assert desk.state(1) == "cerrado"
    assert desk.one("SELECT closing_reason FROM ticket WHERE number = 1") == "conformidad_tacita"
    desk.letter(1, "cierre", "rosa")


def test_an_objection_in_time_wins_although_the_daemon_was_down_when_it_came(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk()
    resolved(desk, MONDAY)
    objection = reply(desk.letter(1, "conformidad", "rosa"), "rosa", "No conforme, sigue igual.")
    desk.servers.append("helpdesk", objection, received_at=MONDAY + 47 * HOUR)
    desk.once(MONDAY + 5 * DAY, only="clock,dispatch")
    assert desk.state(1) == "resuelto"
    desk.once(MONDAY + 5 * DAY)
    assert desk.state(1) == "en_proceso"
    assert desk.letter(1, "reapertura", "teo")


# The relay ------------------------------------------------------------------------------------------------------------


def test_a_relay_that_is_down_costs_no_letter_and_no_try(new_desk: Callable[..., Desk], servers: Servers) -> None:
    desk = new_desk()
    servers.append("helpdesk", mail("rosa"), received_at=MONDAY)
    servers.stop("postfix")
    try:
        assert "relay-unavailable" in desk.once(MONDAY)
    finally:
        servers.start("postfix")
    assert desk.rows("SELECT DISTINCT state, attempts FROM outbox") == [("queued", 0)]
    desk.once(MONDAY + timedelta(minutes=10))
    assert desk.rows("SELECT DISTINCT state FROM outbox") == [("sent",)]
    desk.letter(1, "acuse", "rosa")


def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_told_to_the_operator(
    new_desk: Callable[..., Desk], servers: Servers
) -> None:
    never = "550@reject.test"
    person = f'[person.nunca]\naddress = "{never}"\nname = "Nunca"\nrole = "usuario"\n'
    desk = new_desk(people=PEOPLE + person)
    for sender in ("rosa", never):
        servers.append("helpdesk", mail(sender), received_at=MONDAY)
    with greylisted(servers, f"rosa@{DOMAIN}"):
        desk.once(MONDAY)
        assert desk.letters(to="rosa") == [("acuse", f"rosa@{DOMAIN}", "queued")]
        assert desk.letters(to=never) == [("acuse", never, "failed")]
        assert len(desk.letters(to="operador", template="carta_fallida")) == 1
        desk.once(MONDAY)
        assert desk.one("SELECT attempts FROM outbox WHERE recipient LIKE 'rosa%'") == 1  # not before its pause is over
        assert desk.letters(to="operador", template="carta_fallida")[0][2] == "sent"
    desk.once(MONDAY + 2 * HOUR)
    assert desk.rows("SELECT state, attempts FROM outbox WHERE recipient LIKE 'rosa%'") == [("sent", 2)]
    desk.letter(1, "acuse", "rosa")


@contextmanager
def greylisted(servers: Servers, address: str) -> Iterator[None]:
    """The relay answers 450 for this address."""
    table = servers.folder / "postfix" / "refused"
    rules = table.read_text()
    _read_anew(servers, table, f"/^{address}$/ 450 4.7.1 Not now\n{rules}")
    yield
    _read_anew(servers, table, rules)


def _read_anew(servers: Servers, table: Path, rules: str) -> None:
    table.write_text(rules)
    os.utime(table, (time.time() - 60,) * 2)  # Postfix would wait until a file is two seconds old
    master = int((servers.folder / "queue" / "pid" / "master.pid").read_text())
    os.kill(master, signal.SIGHUP)
    time.sleep(1)  # until the programs that read the old table have left


def test_a_rehearsal_writes_every_letter_and_sends_none(new_desk: Callable[..., Desk], servers: Servers) -> None:
    desk = new_desk(tables=HELD)
    servers.append("helpdesk", mail("rosa"))
    desk.once()
    assert {state for _, _, state in desk.letters()} == {"held"}
    assert servers.count("rosa") == 0 and servers.count("helpdesk", "Procesados") == 1


def test_more_letters_than_an_address_may_get_are_kept_for_the_operator(
    new_desk: Callable[..., Desk], servers: Servers
) -> None:
    desk = new_desk()
    servers.fill("helpdesk", [mail("rosa", f"Pedido {number}") for number in range(5)])
    desk.once()
    assert [state for _, _, state in desk.letters(to="rosa")] == ["sent"] * 3 + ["held"] * 2
    assert len(desk.tickets()) == 5  # intake is never refused
    held = desk.maild("outbox", "list", "--json").stdout.decode().count('"held"')
    assert held == 2


def test_two_desks_that_write_to_each_other_fall_silent(new_desk: Callable[..., Desk], servers: Servers) -> None:
    one, two = new_desk("one"), new_desk("two", user="mesa2")
    servers.append("helpdesk", mail("mesa2", "Hola, soy la otra mesa"))
    one.once()
    servers.wait_for("mesa2", 1)
    for _ in range(3):
        two.once()
        one.once()
    assert len(one.letters()) + len(two.letters()) <= 6
    assert set(one.letters()) == {("acuse", f"mesa2@{DOMAIN}", "sent"), ("tarea", f"lupe@{DOMAIN}", "sent")}
    assert two.states() == {"auto": 1} and not two.letters()
    assert not servers.count("helpdesk") and not servers.count("mesa2")


# The mailbox between two rounds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_new_uidvalidity_between_rounds_doubles_nothing(
    new_desk: Callable[..., Desk], servers: Servers, database: str
) -> None:
    desk = new_desk(database="sqlite:///" if database == "sqlite" else servers.fresh_database(), tables=HELD)
    servers.fill("helpdesk", [mail("rosa", f"Pedido {number}") for number in range(6)])
    # Everything is stored and nothing decided yet when the mailbox gets its new epoch.
    desk.maild("run", "--once", expect=-9, MAILD_TESTING="1", MAILD_FAILPOINTS="reading.taken=kill@2")
    servers.new_epoch("helpdesk")
    desk.once()
    assert [title for (title,) in desk.rows("SELECT title FROM ticket ORDER BY title")] == [
        f"Pedido {number}" for number in range(6)
    ]
    assert desk.states() == {"done": 6, "duplicate": 6}
    assert (servers.count("helpdesk"), servers.count("helpdesk", "Procesados")) == (0, 6)
    assert desk.one("SELECT count(*) FROM inbound WHERE disposition = 'pending'") == 0


def test_mails_that_people_took_away_after_they_were_stored_are_decided_all_the_same(
    new_desk: Callable[..., Desk], servers: Servers
) -> None:
    desk = new_desk(tables=HELD)
    raws = [mail("rosa", f"Pedido {number}") for number in range(4)]
    servers.fill("helpdesk", raws)
    desk.maild("run", "--once", expect=-9, MAILD_TESTING="1", MAILD_FAILPOINTS="reading.taken=kill@2")
    with servers.imap("helpdesk") as person:
        person.select("INBOX")
        person.store("1", "+FLAGS", r"(\Deleted)")
        person.expunge()
        person.copy("1", "Procesados")
        person.store("1", "+FLAGS", r"(\Seen)")
    desk.once()
    assert desk.states() == {"done": 4}
    assert servers.count("helpdesk") == 0
    kept = {str(parsed(raw)["Message-ID"]) for raw in servers.messages("helpdesk", "Procesados")}
    assert kept == {str(parsed(raw)["Message-ID"]) for raw in raws[1:]}


def test_a_daemon_stopped_in_the_middle_of_its_work_goes_on_where_it_was(
    new_desk: Callable[..., Desk], servers: Servers
) -> None:
    desk = new_desk(tables=HELD | {"limits": {"tickets_per_address_hour": 100}})
    servers.fill("helpdesk", [mail("rosa", f"Pedido {number}") for number in range(60)])
    with desk.running():
        desk.until(lambda: desk.one("SELECT count(*) FROM ticket") > 3, "the first tickets")
    decided = desk.one("SELECT count(*) FROM ticket")
    desk.once()
    assert desk.one("SELECT count(*) FROM ticket") == 60 >= decided
    assert desk.states() == {"done": 60}
    assert (servers.count("helpdesk"), servers.count("helpdesk", "Procesados")) == (0, 60)
