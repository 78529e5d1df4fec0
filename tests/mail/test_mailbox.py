"""The mailbox against a server that misbehaves: whatever it does, we stay whole and know what to call it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maild.errors import MaildError, PermanentError, TransientError
from maild.mail.mailbox import Listed, Mailbox, MailboxRefused, MailboxSettings, MailboxUnavailable
from maild.mail.tls import is_loopback
from tests.mail.scripted_imap import MAIL, MISBEHAVIOURS, OK, SIZE, UID, Script, ScriptedImap, Step, Then, body

FULL = b"IMAP4rev1 UIDPLUS MOVE IDLE"


def settings(server: ScriptedImap) -> MailboxSettings:
    return MailboxSettings(
        host="127.0.0.1",
        port=server.port,
        tls="none",
        ca_file=None,
        user="mesa",
        secret=lambda: "clave",
        connect_seconds=0.6,
        command_seconds=0.6,
    )


@contextmanager
def opened(server: ScriptedImap) -> Iterator[Mailbox]:
    mailbox = Mailbox(settings(server))
    try:
        mailbox.open()
        yield mailbox
    finally:
        mailbox.close()


@contextmanager
def visited(
    scripts: dict[str, Script] | None = None, capabilities: bytes = FULL
) -> Iterator[tuple[Mailbox, ScriptedImap]]:
    with ScriptedImap(scripts or {}, capabilities=capabilities) as server, opened(server) as mailbox:
        yield mailbox, server


def refused(act: Callable[[], object]) -> str:
    try:
        act()
    except (MailboxRefused, MailboxUnavailable) as trouble:
        return trouble.reason
    raise AssertionError("nothing was refused")


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_a_server_that(name: str) -> None:
    case = MISBEHAVIOURS[name]
    with replace(case.server, heard=[]) as server:
        mailbox = Mailbox(settings(server))
        try:
            mailbox.open()
            assert mailbox.fetch([UID]) == case.bodies
            happened = ""
        except (MailboxUnavailable, MailboxRefused) as trouble:
            happened = trouble.reason
        finally:
            mailbox.close()
        assert happened == case.reason
        if case.reason:
            assert "LOGOUT" not in server.verbs(), "nobody says good-bye on a line that broke"


def test_a_healthy_server_gives_its_mail_unmarked() -> None:
    with visited() as (mailbox, server):
        assert mailbox.uidvalidity == 42
        assert mailbox.uids() == [UID]
        assert mailbox.sizes([UID]) == [Listed(UID, SIZE, datetime(2026, 11, 21, 14, tzinfo=UTC))]
        assert mailbox.fetch([UID]) == {UID: MAIL}
    assert [command for command in server.heard if "BODY[" in command] == []
    assert server.verbs()[-1] == "LOGOUT"


@pytest.mark.parametrize(
    ("answer", "who", "words"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] no\r\n", PermanentError, "contraseña rechazados / user or password refused"),
        (Then.CLOSE, TransientError, "se cortó la conexión con el buzón / the connection to the mailbox was lost"),
    ],
)
def test_every_error_says_in_both_languages_what_happened_and_who_must_act(
    answer: Step, who: type[MaildError], words: str
) -> None:
    with ScriptedImap({"LOGIN": [answer]}) as server, pytest.raises(who, match=words):
        Mailbox(settings(server)).open()


def test_a_password_never_stands_in_an_error() -> None:
    with ScriptedImap({"LOGIN": [b"TAG BAD no\r\n"]}) as server, pytest.raises(MaildError) as caught:
        Mailbox(settings(server)).open()
    assert "clave" not in str(caught.value)


def test_a_refused_secret_is_asked_for_once_more_and_tried_again_only_if_it_changed() -> None:
    with ScriptedImap({"LOGIN": [b"TAG NO [AUTHENTICATIONFAILED] no\r\n"]}) as server:
        mailbox = Mailbox(settings(server))
        assert refused(mailbox.open) == "login"
        assert server.verbs().count("LOGIN") == 1
        secrets = iter(["viejo", "nuevo"])
        mailbox = Mailbox(replace(settings(server), secret=lambda: next(secrets)))
        assert refused(mailbox.open) == "login"
        assert server.verbs().count("LOGIN") == 3


@pytest.mark.parametrize("field", ["user", "folder", "done_folder", "review_folder", "secret"])
def test_a_line_break_in_a_setting_never_becomes_a_command(field: str) -> None:
    evil = 'x"\r\nA1 DELETE INBOX'
    with ScriptedImap() as server:
        given = {field: (lambda: evil) if field == "secret" else evil}
        mailbox = Mailbox(replace(settings(server), **given))  # type: ignore[arg-type]
        assert refused(mailbox.open) == "setting"
    assert "DELETE" not in " ".join(server.heard)


def test_without_tls_only_this_machine_is_spoken_to() -> None:
    mailbox = Mailbox(MailboxSettings("mail.mef.example", 143, "none", None, "mesa", lambda: "clave"))
    assert refused(mailbox.open) == "plain-text"
    assert [is_loopback(host) for host in ("127.0.0.2", "::1", "localhost")] == [True] * 3
    assert [is_loopback(host) for host in ("10.0.0.1", "localhost.mef.example", "")] == [False] * 3


def test_a_server_that_withdraws_starttls_gets_no_password() -> None:
    with ScriptedImap() as server:
        mailbox = Mailbox(replace(settings(server), tls="starttls"))
        assert refused(mailbox.open) == "no-starttls"
    assert "LOGIN" not in server.verbs()


def test_a_ca_file_that_cannot_be_read_is_a_setting_to_mend() -> None:
    with ScriptedImap() as server:
        mailbox = Mailbox(replace(settings(server), tls="implicit", ca_file="/nonexistent/ca.pem"))
        assert refused(mailbox.open) == "setting"


def test_a_plain_server_on_the_tls_port_gets_no_password() -> None:
    with ScriptedImap() as server:
        mailbox = Mailbox(replace(settings(server), tls="implicit"))
        assert refused(mailbox.open) in ("tls", "timeout")
    assert server.verbs().count("LOGIN") == 0


def test_a_read_only_folder_can_be_read_but_nothing_is_moved() -> None:
    with visited({"SELECT": [b"* 1 EXISTS\r\n* OK [UIDVALIDITY 42] ok\r\nTAG OK [READ-ONLY] done\r\n"]}) as (
        mailbox,
        _,
    ):
        assert mailbox.read_only
        assert mailbox.uidvalidity == 42
        assert mailbox.fetch([UID]) == {UID: MAIL}
        assert refused(lambda: mailbox.move([UID], "done")) == "read-only"


@pytest.mark.parametrize("epoch", [b"", b"* OK [UIDVALIDITY 0] ok\r\n"])
def test_a_folder_without_uidvalidity_can_be_read_but_nothing_is_moved(epoch: bytes) -> None:
    with visited({"SELECT": [b"* 1 EXISTS\r\n" + epoch + b"TAG OK [READ-WRITE] done\r\n"]}) as (mailbox, server):
        assert mailbox.uidvalidity == 0
        assert mailbox.fetch([UID]) == {UID: MAIL}
        assert refused(lambda: mailbox.move([UID], "done")) == "no-epoch"
    assert "MOVE" not in server.verbs()


def test_a_uidvalidity_that_changes_under_way_ends_the_session() -> None:
    with visited({"SEARCH": [b"* SEARCH 7\r\n* OK [UIDVALIDITY 43] renumbered\r\n" + OK]}) as (mailbox, _):
        assert refused(mailbox.uids) == "epoch"
        assert refused(mailbox.uids) == "gone", "a spent session answers nothing"


def test_a_folder_that_becomes_read_only_ends_the_session() -> None:
    with visited({"SEARCH": [b"* SEARCH 7\r\n* OK [READ-ONLY] backup\r\n" + OK]}) as (mailbox, _):
        assert refused(mailbox.uids) == "read-only"


def test_a_mail_longer_than_the_server_estimates_is_taken_when_the_server_has_nothing_behind_it() -> None:
    end = b"* 1 FETCH (UID 7 BODY[]<%d> {1}\r\n\n BODY[]<%d> {0}\r\n)\r\n" % (SIZE - 1, SIZE)
    with visited({"BODY": [body(MAIL, size=SIZE - 3) + OK], "PART": [end + OK]}) as (mailbox, _):
        assert mailbox.fetch([UID]) == {UID: MAIL}


def test_an_empty_mail_is_taken_when_the_server_says_so_twice() -> None:
    with visited({"BODY": [body(b"", size=0) + OK]}) as (mailbox, server):
        assert mailbox.fetch([UID]) == {UID: b""}
    assert server.verbs().count("BODY") == 2


def test_two_mails_with_one_sequence_number_are_not_mixed() -> None:
    other = b"Subject: otro\r\n\r\nxx\r\n"
    answer = body(MAIL) + b"* 1 EXPUNGE\r\n" + body(other, uid=8, size=len(other)) + b"* 1 FETCH (FLAGS (\\Seen))\r\n"
    sizes = b"* 1 FETCH (UID 7 RFC822.SIZE %d)\r\n* 2 FETCH (UID 8 RFC822.SIZE %d)\r\n" % (SIZE, len(other))
    with visited({"SIZES": [sizes + OK], "BODY": [answer + OK]}) as (mailbox, _):
        assert mailbox.fetch([7, 8]) == {7: MAIL, 8: other}


def test_a_mail_whose_date_cannot_be_read_is_listed_all_the_same() -> None:
    with visited({"SIZES": [b'* 1 FETCH (UID 7 RFC822.SIZE 57 INTERNALDATE "ayer")\r\n' + OK]}) as (mailbox, _):
        [listed] = mailbox.sizes([UID])
        assert listed.received_at.tzinfo is not None


def test_the_head_of_a_mail_that_is_too_big_can_be_read_alone() -> None:
    with visited({"PART": [b"* 1 FETCH (UID 7 BODY[]<0> {8}\r\nSubject:)\r\n" + OK]}) as (mailbox, server):
        assert mailbox.fetch_head(UID, 8) == b"Subject:"
    assert "UID FETCH 7 (UID BODY.PEEK[]<0.8>)" in server.heard


def test_long_lists_are_asked_for_in_parts() -> None:
    with visited({"SIZES": [OK]}) as (mailbox, server):
        mailbox.sizes(range(1, 1201))
    assert server.verbs().count("SIZES") == 3
    assert max(len(command) for command in server.heard) < 8192


def test_a_very_full_folder_is_searched_in_ranges() -> None:
    full = b"* 90000 EXISTS\r\n* OK [UIDVALIDITY 42] ok\r\n* OK [UIDNEXT 170000] ok\r\nTAG OK [READ-WRITE] done\r\n"
    with visited({"SELECT": [full]}) as (mailbox, server):
        assert mailbox.uids() == [UID]
    assert [line for line in server.heard if "SEARCH" in line] == [
        "UID SEARCH UID 1:80000",
        "UID SEARCH UID 80001:160000",
        "UID SEARCH UID 160001:240000",
    ]


def test_a_missing_folder_is_made_and_the_move_tried_once_more() -> None:
    with visited({"MOVE": [b"TAG NO [TRYCREATE] no such folder\r\n"], "LIST": [OK]}) as (mailbox, server):
        assert refused(lambda: mailbox.move([UID], "done")) == "refused"
    assert server.heard.count('CREATE "Procesados"') == 2, "once at the start, once when the move failed"
    assert server.heard.count('UID MOVE 7 "Procesados"') == 2


def test_a_full_folder_has_its_own_name() -> None:
    with visited({"MOVE": [b"TAG NO [OVERQUOTA] full\r\n"]}) as (mailbox, _):
        assert refused(lambda: mailbox.move([UID], "review")) == "overquota"


def test_without_move_the_mail_is_copied_marked_and_only_it_expunged() -> None:
    with visited(capabilities=b"IMAP4rev1 UIDPLUS") as (mailbox, server):
        assert mailbox.removes
        mailbox.move([UID], "done")
    done = [line for line in server.heard if line.startswith("UID ")]
    assert done[-3:] == ['UID COPY 7 "Procesados"', "UID STORE 7 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 7"]
    assert "EXPUNGE" not in server.heard


def test_without_uidplus_nothing_is_expunged_and_nothing_copied_twice() -> None:
    flags: dict[str, Script] = {"FLAGS": [b"* 1 FETCH (UID 7 FLAGS (\\Deleted))\r\n" + OK]}
    with visited(capabilities=b"IMAP4rev1") as (mailbox, server):
        assert not mailbox.removes
        mailbox.move([UID], "done")
    assert "COPY" in server.verbs() and "EXPUNGE" not in server.verbs()
    with visited(flags, capabilities=b"IMAP4rev1") as (mailbox, server):
        mailbox.move([UID], "done")
    assert "COPY" not in server.verbs() and "EXPUNGE" not in server.verbs()


def test_folder_names_follow_the_prefix_and_the_delimiter_of_the_server() -> None:
    space: dict[str, Script] = {"NAMESPACE": [b'* NAMESPACE (("INBOX." ".")) NIL NIL\r\n' + OK]}
    with ScriptedImap(space, capabilities=b"IMAP4rev1 NAMESPACE MOVE") as server:
        mailbox = Mailbox(replace(settings(server), done_folder="Mesa/Atención"))
        mailbox.open()
        mailbox.move([UID], "done")
        mailbox.close()
    assert 'UID MOVE 7 "INBOX.Mesa.Atenci&APM-n"' in server.heard


def test_a_folder_that_cannot_be_made_does_not_stop_the_reading(caplog: pytest.LogCaptureFixture) -> None:
    with visited({"LIST": [OK], "CREATE": [b"TAG NO [NOPERM] no\r\n"]}) as (mailbox, _):
        assert mailbox.fetch([UID]) == {UID: MAIL}
    assert "folder=Procesados not made" in caplog.text


def promptly(act: Callable[[], object]) -> object:
    """Act in another thread; an act that should end long before its own limit must not reach ours."""
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(act()), daemon=True)
    thread.start()
    thread.join(20)
    assert answers, "it still sleeps"
    return answers[0]


def test_news_during_idle_ends_the_wait() -> None:
    with visited() as (mailbox, server):
        threading.Timer(0.3, server.say, (b"* 2 EXISTS\r\n",)).start()
        assert promptly(lambda: mailbox.wait(60))
    assert server.verbs()[-3:] == ["IDLE", "DONE", "LOGOUT"]


def test_news_that_came_in_one_piece_with_the_answer_to_idle_is_not_slept_over() -> None:
    with visited({"IDLE": [b"+ idling\r\n* 2 EXISTS\r\n"]}) as (mailbox, _):
        assert promptly(lambda: mailbox.wait(60))


def test_a_connection_that_dies_without_a_word_late_in_idle_is_noticed_at_once() -> None:
    with visited() as (mailbox, server):
        threading.Timer(1.3, server.hang_up).start()  # in the second IDLE, after the short one
        assert promptly(lambda: refused(lambda: mailbox.wait(60))) == "gone"
    assert server.verbs().count("IDLE") == 2


def test_news_that_came_with_another_answer_is_not_slept_over() -> None:
    with visited({"MOVE": [b"* 1 EXPUNGE\r\n* 1 EXISTS\r\n" + OK]}) as (mailbox, server):
        assert mailbox.uids() == [UID]
        mailbox.move([UID], "done")
        assert mailbox.wait(30)
    assert "IDLE" not in server.verbs()


def test_flags_and_deletions_by_others_do_not_end_the_wait() -> None:
    chatter = b"+ idling\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* OK still here\r\n* 1 EXPUNGE\r\n"
    with visited({"IDLE": [chatter]}) as (mailbox, _):
        assert not mailbox.wait(0.3)


def test_a_wait_without_news_ends_in_time_and_idles_anew_before_the_limit() -> None:
    with ScriptedImap() as server:
        mailbox = Mailbox(replace(settings(server), idle_seconds=0.1))
        mailbox.open()
        assert not mailbox.wait(0.35)
        mailbox.close()
    assert server.verbs().count("IDLE") >= 2
    assert server.verbs().count("IDLE") == server.verbs().count("DONE")


@pytest.mark.parametrize("capabilities", [FULL, b"IMAP4rev1"])
def test_another_thread_can_end_the_wait(capabilities: bytes) -> None:
    with visited(capabilities=capabilities) as (mailbox, _):
        threading.Timer(0.1, mailbox.wake).start()
        assert mailbox.wait(60)
        assert not mailbox.wait(0.05), "a bell rings once"
        mailbox.wake()
        assert mailbox.wait(60), "a bell rung before the wait counts too"
    mailbox.wake()


@pytest.mark.parametrize("farewell", [(), (b"* BYE kicked out\r\n",)])
def test_a_connection_that_dies_while_idle_is_noticed_at_once(farewell: tuple[bytes, ...]) -> None:
    with visited({"IDLE": [b"+ idling\r\n", *farewell, Then.CLOSE]}) as (mailbox, server):
        assert refused(lambda: mailbox.wait(60)) == ("bye" if farewell else "gone")
    assert server.verbs().count("IDLE") == 1


def test_a_server_that_does_not_end_idle_is_left() -> None:
    with visited({"DONE": [Then.HANG]}) as (mailbox, _):
        assert refused(lambda: mailbox.wait(0.1)) == "timeout"


def test_after_an_error_the_mailbox_is_spent_but_can_be_closed_again_and_again() -> None:
    with visited({"SEARCH": [Then.CLOSE]}) as (mailbox, _):
        assert refused(mailbox.uids) == "gone"
        mailbox.close()
        mailbox.close()
        assert refused(mailbox.uids) == "gone"
        assert refused(lambda: mailbox.wait(60)) == "gone"


def test_nobody_listens() -> None:
    with ScriptedImap() as server:
        nowhere = settings(server)
    assert refused(Mailbox(nowhere).open) == "unreachable"
