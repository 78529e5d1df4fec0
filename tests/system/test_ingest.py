"""The pipe door: what it takes, that it keeps it, and that whoever hands over a mail may trust its exit code."""

from __future__ import annotations

import json
import mailbox
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maild.pipe import Letterbox, in_path
from tests.system.desk import Desk, mail
from tests.system.servers import Servers
from tests.system.settings import DOMAIN

HELD = {"rehearsal": {"outbox": "hold"}}


@pytest.fixture(scope="module")
def fresh(start_servers: Callable[..., Servers], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The storage folder of a desk that has been started once: making it takes longer than most of these tests."""
    desk = Desk(tmp_path_factory.mktemp("fresh"), start_servers("oauth", "dovecot"), has_mailbox=False, tables=HELD)
    desk.once()
    return desk.folder / "storage"


@pytest.fixture
def desk(tmp_path: Path, dovecot: Servers, fresh: Path) -> Desk:
    """A desk that no mailbox brings mail to, its database made."""
    made = Desk(tmp_path / "desk", dovecot, has_mailbox=False, tables=HELD)
    shutil.copytree(fresh, made.folder / "storage")
    return made


def test_each_kind_of_file_is_stored_and_one_round_without_a_mailbox_answers_all(
    tmp_path: Path, dovecot: Servers, database_url: str
) -> None:
    desk = Desk(tmp_path / "desk", dovecot, database=database_url, has_mailbox=False, tables=HELD).upgrade()
    desk.once()
    (tmp_path / "one.eml").write_bytes(mail("rosa", "Uno"))
    box = tmp_path / "two.mbox"
    box.write_bytes(
        b"From rosa@example.test Fri Nov 20 08:00:00 2026\n" + mail("rosa", "Dos").replace(b"\r\n", b"\n") + b"\n"
        b"From raul@example.test Fri Nov 20 09:30:00 2026\n" + mail("raul", "Tres").replace(b"\r\n", b"\n") + b"\n"
    )
    folder = mailbox.Maildir(tmp_path / "Maildir")
    folder.add(mail("rosa", "Cuatro"))
    told = desk.maild("ingest", "--json", str(tmp_path / "one.eml"), str(box), str(tmp_path / "Maildir"))
    desk.maild("ingest", "-", stdin=mail("raul", "Cinco"))
    desk.maild("ingest", stdin=b"From raul Fri Nov 20 10:00:00 2026\n" + mail("raul", "Seis"))
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert len(lines) == 4 and all(
        (desk.folder / "storage" / "raw" / e["sha256"][:2] / e["sha256"]).exists() for e in lines
    )
    assert desk.states() == {"stored": 6}
    desk.once()
    assert desk.states() == {"done": 6}
    titles = [row[0] for row in desk.rows("SELECT title FROM ticket ORDER BY number")]
    assert titles == ["Uno", "Dos", "Tres", "Cuatro", "Cinco", "Seis"]
    assert len(desk.letters(template="acuse")) == 6


def test_a_path_that_cannot_be_read_costs_only_itself_and_is_named(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "good.eml").write_bytes(mail("rosa"))
    done = desk.maild("ingest", str(tmp_path / "absent.eml"), str(tmp_path / "good.eml"), expect=2)
    assert b"absent.eml" in done.stderr
    assert desk.states() == {"stored": 1}


def test_a_pipe_with_nothing_in_it_stores_nothing_and_says_so(desk: Desk) -> None:
    desk.maild("ingest", "-", expect=1)
    assert desk.states() == {}


def test_a_mail_larger_than_allowed_is_kept_whole_and_shown_to_the_operator(desk: Desk) -> None:
    desk.tables["limits"] = {"message_size": "1MiB"}
    desk.write()
    large = mail("rosa", text="x" * 70 + "\n") + b"y" * (1 << 20)
    desk.maild("ingest", "-", stdin=large)
    desk.once()
    state, reason, digest = desk.rows("SELECT state, reason, sha256 FROM inbound")[0]
    assert (state, reason) == ("parked", "too-large")
    assert (desk.folder / "storage" / "raw" / digest[:2] / digest).read_bytes() == large
    assert [to for _, to, _ in desk.letters()] == [f"operador@{DOMAIN}"]


def test_repeating_an_import_opens_no_second_ticket(desk: Desk, tmp_path: Path) -> None:
    raw = mail("rosa")
    (tmp_path / "one.eml").write_bytes(raw)
    desk.maild("ingest", str(tmp_path / "one.eml"))
    desk.once()
    desk.maild("ingest", str(tmp_path / "one.eml"))
    desk.maild("ingest", "-", stdin=raw.replace(b"\r\n", b"\n"))
    desk.once()
    assert desk.states() == {"done": 1, "duplicate": 2}
    assert len(desk.tickets()) == 1


def test_the_same_mail_through_the_mailbox_and_the_pipe_is_one_ticket(
    tmp_path: Path, servers: Servers, helpdesk: str, database_url: str
) -> None:
    desk = Desk(tmp_path / "desk", servers, database=database_url, tables=HELD).upgrade()
    raw, other = mail("rosa"), mail("raul")
    servers.lmtp(helpdesk, raw)  # which adds Return-Path, Delivered-To and Received
    desk.once()
    desk.maild("ingest", "-", stdin=raw.replace(b"\r\n", b"\n"))
    desk.maild("ingest", "-", stdin=other.replace(b"\r\n", b"\n"))
    servers.lmtp(helpdesk, other)
    desk.once()
    assert desk.states() == {"done": 2, "duplicate": 2}
    assert len(desk.letters(template="acuse")) == 2
    assert servers.count(helpdesk) == 0 and servers.count(helpdesk, "Procesados") == 2


def test_a_running_daemon_notices_what_another_process_stored(desk: Desk) -> None:
    with desk.running():
        for number in range(3):
            desk.maild("ingest", "-", stdin=mail("rosa", f"Pedido {number}"))
            desk.until(lambda n=number: desk.states() == {"done": n + 1}, "the mail to be decided")  # type: ignore[misc]
    assert len(desk.tickets()) == 3


# An MTA keeps the mail when it hears 75 -----------------------------------------------------------------------------


def test_a_desk_without_a_database_yet_says_try_again(tmp_path: Path, dovecot: Servers) -> None:
    desk = Desk(tmp_path / "desk", dovecot)
    desk.maild("ingest", "-", stdin=mail("rosa"), expect=75)
    assert not (desk.folder / "storage").exists()


def test_a_locked_database_says_try_again_and_the_mail_may_come_again(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.folder / "storage" / "maild.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        assert b"locked" in desk.maild("ingest", "-", stdin=mail("rosa"), expect=75).stderr
    desk.maild("ingest", "-", stdin=mail("rosa"))
    assert desk.states() == {"stored": 1}


def test_a_schema_of_another_version_says_try_again_with_the_remedy(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.folder / "storage" / "maild.db")) as other:
        other.execute("UPDATE alembic_version SET version_num = '0000'")
        other.commit()
    assert b"maild db upgrade" in desk.maild("ingest", "-", stdin=mail("rosa"), expect=75).stderr


def test_a_disk_that_takes_nothing_says_try_again(desk: Desk) -> None:
    (desk.folder / "storage" / "raw").write_text("a file where the folder should be")
    desk.maild("ingest", "-", stdin=mail("rosa"), expect=75)
    assert desk.states() == {}


def test_killed_at_any_step_it_has_not_said_done_and_the_second_try_is_one_mail(desk: Desk) -> None:
    places = ("pipe.raw-written", "pipe.stored", "raw.before-folder-sync")
    for place in places:
        raw = mail("rosa", place)
        killed = desk.maild("ingest", "-", stdin=raw, expect=None, MAILD_TESTING="1", MAILD_FAILPOINTS=f"{place}=kill")
        assert killed.returncode == -9
        desk.maild("ingest", "-", stdin=raw)
    desk.once()
    assert [title for (title,) in desk.rows("SELECT title FROM ticket ORDER BY number")] == list(places)


def test_it_needs_neither_the_mailboxs_password_nor_the_heavy_libraries(desk: Desk) -> None:
    desk.has_mailbox = True
    desk.mailbox = {"password": "", "password_file": "secrets/absent"}
    desk.write()
    desk.config.write_text(desk.config.read_text().replace('password = ""\n', ""))
    code = (
        "import sys\nfrom maild.cli.main import main\ncode = main(sys.argv[1:])\n"
        "heavy = {'imapclient', 'aiosmtplib', 'jinja2', 'apscheduler', 'rich', 'mailparser', 'markdown_it', 'alembic'}\n"
        "print(sorted(heavy & set(sys.modules)))\nsys.exit(code)"
    )
    command = [sys.executable, "-c", code, "--config", str(desk.config), "ingest", "-"]
    done = subprocess.run(command, input=mail("rosa"), capture_output=True, check=True)
    assert done.stdout == b"[]\n"
    assert desk.states() == {"stored": 1}


# What a file says ----------------------------------------------------------------------------------------------------


def found(path: Path) -> list[Letterbox]:
    return list(in_path(path))


def test_an_mbox_is_cut_at_postmarks_only_and_gives_the_mails_back_as_they_were(tmp_path: Path) -> None:
    first = b"Subject: one\n\nFrom here on it fails.\n\nFrom now on, too.\n"
    second = b"Subject: two\n\nFrom x Fri Nov 20 08:00:00 2026\n"
    box = tmp_path / "box"
    stamp = b"From somebody@example.test Fri Nov 20 08:00:00 2026\n"
    box.write_bytes(stamp + first + b"\n" + stamp + second.replace(b"\nFrom x", b"\n>From x") + b"\n")
    assert [each.raw for each in found(box)] == [first, second]
    when = datetime(2026, 11, 20, 8, 0, 0).astimezone()
    assert [each.received_at for each in found(box)] == [when, when]


def test_a_mail_that_begins_with_a_postmark_of_no_known_form_is_still_one_mail(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(b"From nobody\nSubject: x\n\nhola\n")
    assert [(each.raw, each.received_at) for each in found(tmp_path / "box")] == [(b"Subject: x\n\nhola\n", None)]


def test_a_mail_of_a_maildir_came_when_its_file_did_and_what_is_still_being_written_is_left(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "2.b").write_bytes(b"Subject: second\n\n")
    (tmp_path / "cur" / "1.a:2,S").write_bytes(b"Subject: first\n\n")
    (tmp_path / "tmp" / "0.c").write_bytes(b"Subject: half")
    day = datetime(2026, 11, 1, tzinfo=UTC)
    for path in (tmp_path / "cur" / "1.a:2,S", tmp_path / "new" / "2.b"):
        os.utime(path, (day.timestamp(), day.timestamp()))
    assert [(each.raw, each.received_at) for each in found(tmp_path)] == [
        (b"Subject: first\n\n", day),
        (b"Subject: second\n\n", day),
    ]


def test_receipt_times_are_the_operators_the_files_or_now_but_never_of_the_future(desk: Desk, tmp_path: Path) -> None:
    def stored(name: str, when: Callable[[], datetime] | None = None, *words: str) -> datetime:
        path = tmp_path / name
        for folder in ("cur", "new", "tmp"):
            (path / folder).mkdir(parents=True)
        (path / "new" / "1.x").write_bytes(mail("rosa", name))
        if when:
            os.utime(path / "new" / "1.x", (when().timestamp(),) * 2)
        before = datetime.now(UTC)
        desk.maild("ingest", *words, str(path))
        came = desk.rows("SELECT received_at FROM inbound ORDER BY id DESC")[0][0]
        moment = datetime.fromisoformat(came) if isinstance(came, str) else came
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment if moment < before else datetime.max.replace(tzinfo=UTC)

    past, future = datetime(2026, 11, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=3)
    assert stored("past", lambda: past) == past
    assert stored("future", lambda: future) == datetime.max.replace(tzinfo=UTC)
    assert desk.one("SELECT count(*) FROM inbound WHERE received_at > ?", future - timedelta(days=1)) == 0
    assert stored("told", None, "--received-at", "2026-10-05T08:00:00-05:00") == datetime(2026, 10, 5, 13, tzinfo=UTC)
    desk.maild("ingest", "--received-at", "ayer", str(tmp_path / "told"), expect=2)
