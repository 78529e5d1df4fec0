"""How the daemon gets in and how it stays out: encrypted lines, tokens, wrong passwords, one daemon to a folder, old schemas."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.system.desk import Desk, mail
from tests.system.servers import Servers

HELD = {"rehearsal": {"outbox": "hold"}}


@pytest.mark.parametrize(
    "line",
    [
        {"tls": "implicit", "port": "imaps"},
        {"tls": "starttls", "port": "imap"},
        {"tls": "implicit", "port": "imaps", "auth": "xoauth2", "token_file": "secrets/token"},
    ],
    ids=["implicit", "starttls", "xoauth2"],
)
def test_mail_comes_in_over_a_verified_line(
    dovecot: Servers, helpdesk: str, tmp_path: Path, line: dict[str, Any]
) -> None:
    desk = Desk(tmp_path / "desk", dovecot, tables=HELD)
    (desk.folder / "secrets" / "token").write_text(f"good-{helpdesk}\n")
    (desk.folder / "secrets" / "token").chmod(0o600)
    port = dovecot.imaps_port if line["port"] == "imaps" else dovecot.imap_port
    # "localhost" is the name in the certificate; without tls = "none" nothing may go in the clear.
    desk.mailbox = line | {"host": "localhost", "port": port, "ca_file": str(dovecot.ca_file)}
    desk.write()
    if "token_file" in line:
        text = desk.config.read_text()
        desk.config.write_text(text.replace('password = "secret"\n', "", 1))
    dovecot.append(helpdesk, mail("rosa"))
    desk.once()
    assert desk.states() == {"done": 1}
    assert dovecot.count(helpdesk, "Procesados") == 1


def test_letters_leave_over_a_verified_line_with_a_login(servers: Servers, helpdesk: str, tmp_path: Path) -> None:
    servers.wipe("rosa")
    submission = {"host": "localhost", "port": servers.submission_port, "tls": "starttls", "user": helpdesk,
                  "password": "secret", "ca_file": str(servers.ca_file)}  # fmt: skip
    desk = Desk(tmp_path / "desk", servers, smtp=submission)
    servers.append(helpdesk, mail("rosa"))
    desk.once()
    desk.letter(1, "acuse", "rosa")


def test_a_certificate_that_nobody_vouches_for_is_refused(dovecot: Servers, helpdesk: str, tmp_path: Path) -> None:
    line = {"tls": "implicit", "host": "localhost", "port": dovecot.imaps_port}
    desk = Desk(tmp_path / "desk", dovecot, mailbox=line, tables=HELD)
    dovecot.append(helpdesk, mail("rosa"))
    done = desk.maild("run", "--once", expect=None)
    assert done.returncode in (1, 75)
    assert b"MD" in done.stderr and b"Traceback" not in done.stderr
    assert dovecot.count(helpdesk) == 1


def test_a_wrong_password_is_said_once_and_not_tried_again_and_again(
    dovecot: Servers, helpdesk: str, tmp_path: Path
) -> None:
    desk = Desk(tmp_path / "desk", dovecot, mailbox={"password": "not the secret"}, tables=HELD)
    done = desk.maild("run", "--once", expect=1)
    assert b"MD" in done.stderr and b"not the secret" not in done.stderr and b"Traceback" not in done.stderr
    with desk.running():
        desk.until(lambda: b"mailbox-refused" in desk.log(), "the refusal")
        time.sleep(3)
        desk.maild("ingest", "-", stdin=mail("rosa"))
        desk.until(lambda: desk.states() == {"done": 1}, "mail of the other door")  # the rest of the house lives on
    assert desk.log().count(b"mailbox-refused") == 1
    assert b"not the secret" not in desk.log()


def test_a_mailbox_that_is_away_is_found_again(dovecot: Servers, helpdesk: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", dovecot, tables=HELD)
    desk.once()
    dovecot.stop("dovecot")
    try:
        desk.maild("run", "--once", expect=75)
        with desk.running():
            desk.until(lambda: b"mailbox-unavailable" in desk.log(), "the outage")
            dovecot.start("dovecot")
            dovecot.append(helpdesk, mail("rosa"))
            desk.until(lambda: desk.states() == {"done": 1}, "the mail", seconds=40)
    finally:
        dovecot.start("dovecot")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_second_daemon_on_the_same_folder_is_refused_and_the_first_lives_on(
    servers: Servers, helpdesk: str, tmp_path: Path, kind: str
) -> None:
    """Two with one name in leases would take letters from each other's hands and send them twice."""
    desk = Desk(tmp_path / "desk", servers, "sqlite:///" if kind == "sqlite" else servers.fresh_database(), tables=HELD)
    with desk.upgrade().running() as first:
        for words in (("run",), ("run", "--once")):
            assert "ya hay un maild" in desk.maild(*words, expect=1).stderr.decode()
        assert first.poll() is None
        servers.append(helpdesk, mail("rosa"))
        desk.until(lambda: desk.states() == {"done": 1}, "the mail")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_schema_of_another_version_is_refused_with_the_remedy(servers: Servers, tmp_path: Path, kind: str) -> None:
    desk = Desk(tmp_path / "desk", servers, "sqlite:///" if kind == "sqlite" else servers.fresh_database())
    if kind == "sqlite":
        (desk.folder / "storage").mkdir()
        with closing(sqlite3.connect(desk.folder / "storage" / "maild.db")) as database:
            database.execute("CREATE TABLE alembic_version (version_num TEXT)")
            database.execute("INSERT INTO alembic_version VALUES ('0000')")
            database.commit()
    done = desk.maild("run", "--once", expect=1)  # an empty server database is not ours to fill, either
    assert "maild db upgrade" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
