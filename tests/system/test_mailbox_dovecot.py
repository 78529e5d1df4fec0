"""The mailbox on a real Dovecot: what the scripted server cannot know."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from maild.mail.mailbox import Mailbox, MailboxRefused, MailboxSettings, MailboxUnavailable
from tests.system.servers import Servers

USER = "user3"
MAIL = b"From: rosa@example.test\r\nSubject: sin red\r\n\r\nNo tengo red.\r\n"


@pytest.fixture
def dovecot(start_servers: Callable[..., Servers]) -> Servers:
    servers = start_servers("oauth", "dovecot")
    servers.wipe(USER)
    return servers


def settings(servers: Servers) -> MailboxSettings:
    return MailboxSettings(
        host="localhost",
        port=servers.imaps_port,
        tls="implicit",
        ca_file=str(servers.ca_file),
        user=USER,
        secret=lambda: "secret",
        command_seconds=10,
    )


@contextmanager
def opened(how: MailboxSettings) -> Iterator[Mailbox]:
    mailbox = Mailbox(how)
    try:
        mailbox.open()
        yield mailbox
    finally:
        mailbox.close()


def refused(act: Callable[[], object]) -> str:
    try:
        act()
    except (MailboxRefused, MailboxUnavailable) as trouble:
        return trouble.reason
    raise AssertionError("nothing was refused")


def test_implicit_tls_starttls_and_loopback_lead_to_the_same_mail(dovecot: Servers) -> None:
    dovecot.append(USER, MAIL)
    implicit = settings(dovecot)
    starttls = replace(implicit, tls="starttls", port=dovecot.imap_port)
    plain = replace(implicit, tls="none", port=dovecot.imap_port, ca_file=None)
    by_address = replace(implicit, host="127.0.0.1")
    for how in (implicit, starttls, plain, by_address):
        with opened(how) as mailbox:
            [uid] = mailbox.uids()
            assert mailbox.fetch([uid]) == {uid: MAIL}


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(dovecot: Servers, tls: str) -> None:
    port = dovecot.imaps_port if tls == "implicit" else dovecot.imap_port
    how = replace(settings(dovecot), tls=tls, port=port, ca_file=None)  # type: ignore[arg-type]
    assert refused(Mailbox(how).open) == "certificate"


def test_a_certificate_for_another_name_is_refused(dovecot: Servers) -> None:
    another_name = replace(settings(dovecot), host="127.1")  # leads to 127.0.0.1, but is not what the certificate says
    assert refused(Mailbox(another_name).open) == "certificate"


def test_a_token_opens_the_mailbox_and_a_bad_one_does_not(dovecot: Servers) -> None:
    dovecot.append(USER, MAIL)
    with opened(replace(settings(dovecot), auth="xoauth2", secret=lambda: f"good-{USER}")) as mailbox:
        assert len(mailbox.uids()) == 1
    assert refused(Mailbox(replace(settings(dovecot), auth="xoauth2", secret=lambda: "bad")).open) == "login"


def test_an_expired_token_is_replaced_by_the_one_its_source_has_now(dovecot: Servers) -> None:
    tokens = iter(["expired", f"good-{USER}"])
    with opened(replace(settings(dovecot), auth="xoauth2", secret=lambda: next(tokens))) as mailbox:
        assert mailbox.uids() == []


def test_a_wrong_password_is_for_a_person_to_mend(dovecot: Servers) -> None:
    assert refused(Mailbox(replace(settings(dovecot), secret=lambda: "contraseña")).open) == "login"


def test_looking_does_not_mark_and_moving_takes_away(dovecot: Servers) -> None:
    for _ in range(3):
        dovecot.append(USER, MAIL)
    with opened(settings(dovecot)) as mailbox:
        first, second, third = mailbox.uids()
        mailbox.fetch([first, second, third])
        with dovecot.imap(USER) as other:
            other.select("INBOX", readonly=True)
            assert other.search(None, "UNSEEN")[1] == [b"1 2 3"]
        mailbox.move([first, second], "done")
        mailbox.move([third], "review")
        assert mailbox.uids() == []
        mailbox.move([first], "done")  # once more is no error
    assert dovecot.messages(USER, "Procesados") == [MAIL, MAIL]
    assert dovecot.messages(USER, "Revisar") == [MAIL]


def test_accented_and_nested_folders_are_made_and_used(dovecot: Servers) -> None:
    dovecot.append(USER, MAIL)
    with opened(replace(settings(dovecot), done_folder="Mesa/Atención ñ")) as mailbox:
        mailbox.move(mailbox.uids(), "done")
    with opened(replace(settings(dovecot), folder="Mesa/Atención ñ")) as mailbox:
        assert len(mailbox.uids()) == 1


def test_a_folder_deleted_under_way_is_made_again(dovecot: Servers) -> None:
    dovecot.append(USER, MAIL)
    with opened(settings(dovecot)) as mailbox:
        with dovecot.imap(USER) as other:
            other.delete("Procesados")
        mailbox.move(mailbox.uids(), "done")
        assert mailbox.uids() == []
    assert dovecot.messages(USER, "Procesados") == [MAIL]


def test_what_another_client_expunged_after_our_search_is_absent(dovecot: Servers) -> None:
    for number in range(3):
        dovecot.append(USER, MAIL + b"%d\r\n" % number)
    with opened(settings(dovecot)) as mailbox:
        uids = mailbox.uids()
        mailbox.sizes(uids)
        with dovecot.imap(USER) as other:
            other.select("INBOX")
            other.store("2", "+FLAGS", r"(\Deleted)")
            other.expunge()
        assert mailbox.fetch(uids) == {uids[0]: MAIL + b"0\r\n", uids[2]: MAIL + b"2\r\n"}
        assert mailbox.uids() == [uids[0], uids[2]]
        assert mailbox.fetch_head(uids[1], 10) == b""


def test_two_daemons_that_move_the_same_mail_do_not_double_it(dovecot: Servers) -> None:
    for _ in range(2):
        dovecot.append(USER, MAIL)
    with opened(settings(dovecot)) as one, opened(settings(dovecot)) as other:
        uids = one.uids()
        assert other.uids() == uids
        one.move(uids[:1], "done")
        other.move(uids, "done")
    assert dovecot.count(USER, "Procesados") == 2
    assert dovecot.count(USER) == 0


def test_a_mail_that_came_before_the_search_is_in_it(dovecot: Servers) -> None:
    with opened(settings(dovecot)) as mailbox:
        for number in range(1, 6):
            dovecot.append(USER, MAIL)
            assert len(mailbox.uids()) == number


def test_a_renumbered_mailbox_ends_the_session_and_has_a_new_epoch(dovecot: Servers) -> None:
    dovecot.append(USER, MAIL)
    with opened(settings(dovecot)) as mailbox:
        before = mailbox.uidvalidity
        dovecot.new_epoch(USER)
        dovecot.append(USER, MAIL)
        with pytest.raises(MailboxUnavailable):
            for _ in range(3):
                mailbox.fetch(mailbox.uids())
    with opened(settings(dovecot)) as mailbox:
        assert mailbox.uidvalidity not in (0, before)
        assert len(mailbox.uids()) == 2


@pytest.mark.parametrize("tls", ["implicit", "none"])
def test_a_mail_that_arrives_wakes_the_sleeper(dovecot: Servers, tls: str) -> None:
    port = dovecot.imaps_port if tls == "implicit" else dovecot.imap_port
    with opened(replace(settings(dovecot), tls=tls, port=port)) as mailbox:  # type: ignore[arg-type]
        for _ in range(2):
            mailbox.move(mailbox.uids(), "done")
            threading.Timer(0.2, dovecot.lmtp, (USER, MAIL)).start()
            assert mailbox.wait(30)
            assert len(mailbox.uids()) == 1


def test_the_sleeper_wakes_when_called_and_sleeps_again(dovecot: Servers) -> None:
    with opened(settings(dovecot)) as mailbox:
        threading.Timer(0.2, mailbox.wake).start()
        assert mailbox.wait(30)
        assert not mailbox.wait(1.3), "nothing arrived, past the first short IDLE too"


def test_a_session_that_is_kicked_out_while_asleep_ends_at_once(dovecot: Servers) -> None:
    with opened(settings(dovecot)) as mailbox:
        mailbox.uids()
        threading.Timer(0.3, dovecot.kick, (USER,)).start()
        assert refused(lambda: mailbox.wait(30)) in ("bye", "gone")


def test_bytes_come_back_as_they_were_put(dovecot: Servers) -> None:
    every_byte = bytes(octet for octet in range(1, 256) if octet not in b"\r\n")
    odd = [
        MAIL + every_byte + b"\r\n",
        MAIL + b"x" * 1_500_000 + b"\r\n",  # one line longer than imaplib takes, but inside a literal
        b"\r\n",
        b"Subject: ni cuerpo ni fin",
        MAIL + b") {3}\r\nA1 OK FETCH done\r\n* 1 FETCH (UID 1 BODY[] NIL)\r\n",
    ]
    for raw in odd:
        dovecot.append(USER, raw)
    with opened(settings(dovecot)) as mailbox:
        fetched = mailbox.fetch(mailbox.uids())
    assert [fetched[uid] for uid in sorted(fetched)] == odd


def test_a_mail_with_nul_bytes_arrives_in_its_full_length(dovecot: Servers) -> None:
    raw = MAIL + b"a\0b\0\0c\r\n"
    dovecot.append(USER, raw)
    with opened(settings(dovecot)) as mailbox:
        [body] = mailbox.fetch(mailbox.uids()).values()
    assert body == raw.replace(b"\0", b"\x80"), "Dovecot itself keeps a NUL as 0x80"


def test_only_the_head_of_a_mail_that_is_too_big_is_read(dovecot: Servers) -> None:
    dovecot.append(USER, MAIL + b"x" * 3_000_000)
    with opened(settings(dovecot)) as mailbox:
        [listed] = mailbox.sizes(mailbox.uids())
        assert listed.size == len(MAIL) + 3_000_000
        assert mailbox.fetch_head(listed.uid, 2_500_000) == (MAIL + b"x" * 3_000_000)[:2_500_000]
