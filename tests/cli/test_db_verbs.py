"""`maild db`: upgraded, copied while in use, put back with its letters held, and verified to the last mail."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from maild.house import only_one
from maild.store.schema import VERSION
from tests.cli.desk import Desk


@pytest.fixture
def ticket(desk: Desk) -> Desk:
    desk.mail("rosa@entidad.example", "Sin red", "No hay red")
    return desk


def sql(desk: Desk, *statements: str) -> None:
    with closing(sqlite3.connect(desk.folder / "storage" / "maild.db", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_an_upgrade_makes_the_database_and_then_has_nothing_to_do(desk: Desk) -> None:
    code, out, _ = desk.maild("db", "upgrade", "--json")
    assert (code, json.loads(out)) == (0, {"from": "", "to": VERSION})
    assert json.loads(desk.maild("db", "upgrade", "--json")[1]) == {"from": VERSION, "to": VERSION}
    assert desk.maild("db", "verify")[0] == 0


def test_a_database_of_a_newer_program_is_refused_in_words(ticket: Desk) -> None:
    sql(ticket, "UPDATE alembic_version SET version_num = '9001'")
    for verb in (["db", "upgrade"], ["ticket", "list"]):
        code, _, err = ticket.maild(*verb)
        assert code == 1
        assert "9001" in err
    code, out, _ = ticket.maild("db", "verify", "--json")
    assert (code, json.loads(out)["check"]) == (1, "schema")


def test_a_backup_taken_while_others_write_is_whole_and_nobody_elses_to_read(ticket: Desk, tmp_path: Path) -> None:
    house = ticket.open()
    with house.database.write() as tx:
        tx.exec_driver_sql("INSERT INTO counter VALUES ('half', 1)")
        assert ticket.maild("db", "backup", str(tmp_path / "b.db"))[0] == 0
    house.close()
    with closing(sqlite3.connect(tmp_path / "b.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM ticket").fetchone() == (1,)
        assert copy.execute("SELECT count(*) FROM counter WHERE name = 'half'").fetchone() == (0,)
    assert (tmp_path / "b.db").stat().st_mode & 0o077 == 0
    code, _, err = ticket.maild("db", "backup", str(tmp_path / "b.db"))
    assert code == 2
    assert "no se sobrescribió" in err


def test_a_restored_database_holds_every_letter_that_was_to_be_sent(ticket: Desk, tmp_path: Path) -> None:
    ticket.maild("outbox", "release", "1", "2")
    sql(ticket, "UPDATE outbox SET state = 'sent' WHERE id = 2")
    ticket.maild("db", "backup", str(tmp_path / "b.db"))
    ticket.mail("rosa@entidad.example", "Otra cosa")
    code, out, err = ticket.maild("db", "restore", str(tmp_path / "b.db"), "--json")
    assert code == 0
    assert json.loads(out)["held"] == 1
    assert "1 cartas retenidas" in err
    listed = [json.loads(line) for line in ticket.maild("outbox", "list", "--json")[1].splitlines()]
    assert [(row["id"], row["state"]) for row in listed] == [(1, "held")]
    assert "restaurada" in listed[0]["reason"]
    assert ticket.maild("ticket", "show", "2")[0] == 1
    with closing(sqlite3.connect(json.loads(out)["former"])) as former:
        assert former.execute("SELECT count(*) FROM ticket").fetchone() == (2,)
    assert ticket.maild("db", "verify")[0] == 0


def test_a_backup_replaces_a_database_that_cannot_be_read_any_more(ticket: Desk, tmp_path: Path) -> None:
    ticket.maild("db", "backup", str(tmp_path / "b.db"))
    file = ticket.folder / "storage" / "maild.db"
    for leftover in ("-wal", "-shm"):
        file.with_name(file.name + leftover).unlink(missing_ok=True)
    file.write_bytes(b"roto" * 5000)
    code, _, err = ticket.maild("ticket", "list")
    assert code == 75
    assert "not a database" in err
    assert ticket.maild("db", "restore", str(tmp_path / "b.db"))[0] == 0
    assert ticket.maild("ticket", "show", "1")[0] == 0
    assert file.with_name("maild.db.before-restore").read_bytes() == b"roto" * 5000


def test_nothing_is_restored_from_a_file_that_is_no_backup(ticket: Desk, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hola" * 3000)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE guest (name TEXT)")
    codes = [ticket.maild("db", "restore", str(tmp_path / name))[0] for name in ("text", "other.db", "absent")]
    assert codes == [75, 1, 2]
    assert ticket.maild("ticket", "show", "1")[0] == 0
    assert not list((ticket.folder / "storage").glob("*.before-restore"))


def test_nothing_is_restored_under_a_running_daemon(ticket: Desk, tmp_path: Path) -> None:
    ticket.maild("db", "backup", str(tmp_path / "b.db"))
    with only_one(ticket.folder / "storage"):
        code, _, err = ticket.maild("db", "restore", str(tmp_path / "b.db"))
    assert code == 1
    assert "deténgalo primero" in err


def test_for_postgresql_the_operator_is_told_what_to_use(desk: Desk, tmp_path: Path) -> None:
    with desk.config.open("a") as file:
        file.write('\n[database]\nurl = "postgresql://localhost/maild"\n')
    for verb, tool in (("backup", "pg_dump"), ("restore", "pg_restore")):
        code, out, err = desk.maild("db", verb, str(tmp_path / "b.db"))
        assert (code, out) == (1, "")
        assert tool in err


# Verify ---------------------------------------------------------------------------------------------------------------


def raw_file(desk: Desk) -> Path:
    return next(path for path in (desk.folder / "storage" / "raw").rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("harm", "check", "where"),
    [
        (lambda desk: raw_file(desk).write_bytes(b"x"), "raw", "mail 1"),
        (lambda desk: raw_file(desk).unlink(), "raw", "mail 1"),
        (lambda desk: sql(desk, "DELETE FROM journal"), "journal", "ticket 1"),
        (lambda desk: sql(desk, "UPDATE counter SET value = 1"), "counter", "ticket 1"),
        (lambda desk: sql(desk, "UPDATE outbox SET state = 'leased' WHERE id = 2"), "lease", "letter 2"),
        (lambda desk: sql(desk, "UPDATE timer SET attempts = 5"), "timer", "timer 1"),
        (lambda desk: sql(desk, "DROP INDEX uq_timer_running"), "schema", VERSION),
        (lambda desk: sql(desk, "UPDATE fact SET ticket = 77"), "references", "fact 1"),
    ],
)
def test_what_does_not_hold_is_found_and_named(
    ticket: Desk, harm: Callable[[Desk], None], check: str, where: str
) -> None:
    assert ticket.maild("db", "verify")[0] == 0
    harm(ticket)
    code, out, err = ticket.maild("db", "verify", "--json")
    assert code == 1
    assert (check, where) in [(row["check"], row["where"]) for row in map(json.loads, out.splitlines())]
    assert "fallas" in err
    assert where in ticket.maild("db", "verify")[1]


def test_a_torn_page_of_the_database_is_found(ticket: Desk) -> None:
    sql(ticket, "PRAGMA wal_checkpoint(TRUNCATE)")
    file = ticket.folder / "storage" / "maild.db"
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_inbound_sha256'").fetchone()
    content = bytearray(file.read_bytes())
    content[(page - 1) * 4096 + 8 : page * 4096] = b"\xa5" * 4088
    file.write_bytes(content)
    code, out, _ = ticket.maild("db", "verify", "--json")
    assert code == 1
    assert "integrity" in [json.loads(line)["check"] for line in out.splitlines()]
