"""The private servers do what the tests on them rely on."""

from __future__ import annotations

import imaplib
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.system.servers import Servers, sweep

MAIL = b"From: rosa@example.test\r\nSubject: sin internet\r\nMessage-ID: <a@example.test>\r\n\r\nno funciona\r\n"


def test_what_is_appended_is_read_back_byte_for_byte_with_its_receipt_time(dovecot: Servers, helpdesk: str) -> None:
    odd = b"Subject: \xff\xfe raw\r\n\r\nbare \r return, caf\xe9\r\n"
    received = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    dovecot.append(helpdesk, odd, received_at=received)
    assert dovecot.messages(helpdesk) == [odd]
    with dovecot.imap(helpdesk) as session:
        session.select("INBOX", readonly=True)
        answer = session.fetch("1", "(INTERNALDATE)")[1][0]
    assert isinstance(answer, bytes)
    assert b"01-Mar-2026 08:30:00 +0000" in answer


def test_mail_travels_by_smtp_and_by_lmtp_to_whoever_a_story_invents(servers: Servers) -> None:
    servers.smtp("rosa.quispe@example.test", MAIL)
    servers.lmtp("rosa.quispe", MAIL)
    arrived = servers.wait_for("rosa.quispe", 2)
    assert all(b"Subject: sin internet\r\n" in mail and mail.endswith(b"no funciona\r\n") for mail in arrived)
    servers.wipe("rosa.quispe")
    assert servers.count("rosa.quispe") == 0


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ("luis@defer.test", 450),
        ("452-full@defer.test", 452),
        ("luis@reject.test", 550),
        ("554@reject.test", 554),
        ("luis@nowhere.test", 550),
        ("luis@example.test", 250),
        ("luis@discard.test", 250),
    ],
)
def test_postfix_refuses_a_recipient_with_the_code_that_its_address_asks_for(
    servers: Servers, recipient: str, code: int
) -> None:
    with smtplib.SMTP("127.0.0.1", servers.smtp_port) as session:
        session.ehlo()
        session.mail("desk@example.test")
        assert session.rcpt(recipient)[0] == code


def test_submission_wants_tls_and_a_password(servers: Servers) -> None:
    trust = ssl.create_default_context(cafile=servers.ca_file)
    with smtplib.SMTP("localhost", servers.submission_port) as session:
        session.starttls(context=trust)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            session.login("helpdesk", "wrong")
        session.login("helpdesk", "secret")
        session.sendmail("helpdesk@example.test", ["void@discard.test"], MAIL)
    with smtplib.SMTP("localhost", servers.submission_port) as session:
        session.starttls(context=trust)
        assert session.docmd("MAIL FROM:<a@example.test>")[0] == 250
        assert session.rcpt("void@discard.test")[0] == 554


def test_imaps_has_a_certificate_that_a_client_can_verify(dovecot: Servers) -> None:
    trust = ssl.create_default_context(cafile=dovecot.ca_file)
    with imaplib.IMAP4_SSL("localhost", dovecot.imaps_port, ssl_context=trust) as session:
        assert session.login("user1", "secret")[0] == "OK"
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL("localhost", dovecot.imaps_port, ssl_context=ssl.create_default_context())


@pytest.mark.parametrize(("token", "welcome"), [("good-user2", True), ("stale-user2", False)])
def test_xoauth2_takes_a_good_token_and_refuses_another(dovecot: Servers, token: str, welcome: bool) -> None:
    secret = f"user=user2\x01auth=Bearer {token}\x01\x01".encode()
    session = imaplib.IMAP4("127.0.0.1", dovecot.imap_port)
    try:
        if welcome:
            assert session.authenticate("XOAUTH2", lambda challenge: None if challenge else secret)[0] == "OK"
        else:
            with pytest.raises(imaplib.IMAP4.error):
                session.authenticate("XOAUTH2", lambda challenge: b"" if challenge else secret)
    finally:
        session.shutdown()


def test_a_wrong_password_is_refused_at_once(dovecot: Servers) -> None:
    session = imaplib.IMAP4("127.0.0.1", dovecot.imap_port)
    with pytest.raises(imaplib.IMAP4.error):
        session.login("user1", "wrong")
    session.shutdown()


def _epoch(dovecot: Servers, user: str) -> int:
    with dovecot.imap(user) as session:
        answer = session.status("INBOX", "(UIDVALIDITY)")[1][0]
    assert answer is not None
    return int(answer.split()[-1].rstrip(b")"))


def test_a_new_epoch_keeps_the_mails_and_forgets_their_uids(dovecot: Servers, helpdesk: str) -> None:
    dovecot.append(helpdesk, MAIL)
    epochs = [_epoch(dovecot, helpdesk)]
    for _ in range(2):
        dovecot.new_epoch(helpdesk)
        epochs.append(_epoch(dovecot, helpdesk))
    assert len(set(epochs)) == 3
    assert dovecot.messages(helpdesk) == [MAIL]


def test_wiping_removes_folders_too(dovecot: Servers, helpdesk: str) -> None:
    dovecot.append(helpdesk, MAIL, "Procesados/2026")
    dovecot.append(helpdesk, MAIL)
    assert dovecot.count(helpdesk, "Procesados/2026") == 1
    dovecot.wipe(helpdesk)
    assert dovecot.messages(helpdesk, "Procesados/2026") == []
    with dovecot.imap(helpdesk) as session:
        assert len(session.list()[1]) == 1


def test_a_kicked_session_is_over(dovecot: Servers) -> None:
    with dovecot.imap("user3") as session:
        dovecot.kick("user3")
        with pytest.raises(imaplib.IMAP4.abort):
            session.noop()


def test_each_database_is_new_and_its_connections_can_be_cut(servers: Servers) -> None:
    first, second = servers.fresh_database(), servers.fresh_database()
    assert first != second
    with psycopg.connect(second) as connection:
        connection.execute("SELECT 1")
        servers.postgres_terminate()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_a_stopped_server_comes_back_on_its_port_with_its_mail(dovecot: Servers, helpdesk: str) -> None:
    dovecot.append(helpdesk, MAIL)
    dovecot.stop("dovecot")
    with pytest.raises(ConnectionRefusedError):
        dovecot.count(helpdesk)
    dovecot.start("dovecot")
    assert dovecot.messages(helpdesk) == [MAIL]


def test_servers_end_when_their_owner_is_killed_and_the_next_one_sweeps(servers: Servers) -> None:
    root = Path(__file__).parents[2]
    program = (
        f"import sys, time; sys.path.insert(0, {str(root)!r})\n"
        "from tests.system.servers import Servers\n"
        "rig = Servers().start('dovecot', 'postgres')\n"
        "print(rig.folder, rig.imap_port, rig.place.postgres, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder, *ports = owner.stdout.readline().split()
        owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(_is_open(int(port)) for port in ports):
        assert time.monotonic() < deadline, "the kernel's signal did not reach a server"
        time.sleep(0.05)
    assert Path(folder).exists()
    sweep()
    assert not Path(folder).exists()
    assert servers.folder.exists(), "a living owner keeps its folder"


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
