"""The relay on a real Postfix: accepted means it arrives, refused means it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from maild.mail.smtp import Outcome, Relay, RelaySettings, Stage
from tests.system.servers import Servers

MESA = "helpdesk@example.test"
ROSA = "user4@example.test"
LETTER = b"Message-ID: <m1@example.test>\r\nFrom: helpdesk@example.test\r\nSubject: recibido\r\n\r\nHola.\r\n.punto\r\n"


@pytest.fixture
def postfix(start_servers: Callable[..., Servers]) -> Servers:
    servers = start_servers("oauth", "dovecot", "postfix")
    servers.empty_queue()
    servers.wipe("user4")
    return servers


async def nothing() -> None:
    """A caller that has nothing to write down."""


def loopback(servers: Servers) -> RelaySettings:
    return RelaySettings("127.0.0.1", servers.smtp_port, "none", None, None, lambda: "secret", step_seconds=20)


def submission(servers: Servers) -> RelaySettings:
    return RelaySettings(
        "localhost",
        servers.submission_port,
        "starttls",
        str(servers.ca_file),
        "helpdesk",
        lambda: "secret",
        step_seconds=20,
    )


@asynccontextmanager
async def relayed(how: RelaySettings) -> AsyncIterator[Relay]:
    relay = Relay(how)
    try:
        yield relay
    finally:
        await relay.close()


async def test_letters_that_were_accepted_arrive_with_their_bytes(postfix: Servers) -> None:
    async with relayed(loopback(postfix)) as relay:
        for number in range(3):
            verdict = await relay.deliver(MESA, ROSA, LETTER + b"%d\r\n" % number, nothing)
            assert (verdict.outcome, verdict.stage, verdict.code) == (Outcome.SENT, Stage.FINAL_REPLY, 250)
    arrived = postfix.wait_for("user4", 3)
    bodies = sorted(raw.partition(b"\r\n\r\n")[2] for raw in arrived)
    assert bodies == [LETTER.partition(b"\r\n\r\n")[2] + b"%d\r\n" % number for number in range(3)]


async def test_a_letter_to_an_address_outside_ascii_is_taken_with_its_header(postfix: Servers) -> None:
    joel = "joël@discard.test"
    raw = LETTER.replace(b"Subject:", f"To: {joel}\r\nSubject:".encode())
    async with relayed(loopback(postfix)) as relay:
        assert (await relay.deliver(MESA, joel, raw, nothing)).outcome is Outcome.SENT
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT
    postfix.wait_for("user4", 1)


async def test_three_letters_share_one_connection(postfix: Servers) -> None:
    log = postfix.folder / "postfix.log"
    before = log.read_text().count("connect from") if log.exists() else 0
    async with relayed(loopback(postfix)) as relay:
        for _ in range(3):
            await relay.deliver(MESA, "x@discard.test", LETTER, nothing)
    lines = [line for line in log.read_text().splitlines() if "/smtpd[" in line and " connect from" in line]
    assert len(lines) <= before + 1


async def test_refusals_are_told_apart_and_the_next_letter_passes_on_the_same_connection(postfix: Servers) -> None:
    async with relayed(loopback(postfix)) as relay:
        outcomes = []
        for recipient in ("no@reject.test", "550-nadie@reject.test", "450-luego@defer.test", "452@defer.test", ROSA):
            verdict = await relay.deliver(MESA, recipient, LETTER, nothing)
            outcomes.append((verdict.outcome, verdict.stage, verdict.code))
    assert outcomes == [
        (Outcome.FAILED, Stage.RCPT, 550),
        (Outcome.FAILED, Stage.RCPT, 550),
        (Outcome.DEFERRED, Stage.RCPT, 450),
        (Outcome.DEFERRED, Stage.RCPT, 452),
        (Outcome.SENT, Stage.FINAL_REPLY, 250),
    ]
    postfix.wait_for("user4", 1)


async def test_submission_takes_the_password_after_starttls(postfix: Servers) -> None:
    async with relayed(submission(postfix)) as relay:
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT
    postfix.wait_for("user4", 1)


async def test_submission_takes_a_token_and_refuses_a_bad_one(postfix: Servers) -> None:
    token = replace(submission(postfix), auth="xoauth2", secret=lambda: "good-helpdesk")
    async with relayed(token) as relay:
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT
    async with relayed(replace(token, secret=lambda: "bad")) as relay:
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.outcome, verdict.stage, verdict.code) == (Outcome.CHANNEL, Stage.AUTH, 535)


async def test_a_wrong_password_pauses_the_channel(postfix: Servers) -> None:
    async with relayed(replace(submission(postfix), secret=lambda: "contraseña")) as relay:
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.outcome, verdict.stage, verdict.code) == (Outcome.CHANNEL, Stage.AUTH, 535)
    assert "contraseña" not in verdict.text


@pytest.mark.parametrize("change", [{"ca_file": None}, {"host": "127.1"}])
async def test_a_certificate_that_does_not_prove_the_name_gets_neither_password_nor_letter(
    postfix: Servers, change: dict[str, str | None]
) -> None:
    async with relayed(replace(submission(postfix), **change)) as relay:  # type: ignore[arg-type]
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.outcome, verdict.stage) == (Outcome.DEFERRED, Stage.TLS)
    assert "certificate" in verdict.text
    assert postfix.count("user4") == 0


async def test_submission_without_login_takes_nothing(postfix: Servers) -> None:
    async with relayed(replace(submission(postfix), user=None)) as relay:
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.outcome, verdict.stage, verdict.code) == (Outcome.FAILED, Stage.RCPT, 554)


async def test_a_letter_over_the_size_limit_is_refused_before_it_travels(postfix: Servers) -> None:
    async with relayed(loopback(postfix)) as relay:
        verdict = await relay.deliver(MESA, ROSA, LETTER + b"x" * 53_000_000, nothing)
    assert (verdict.outcome, verdict.stage) == (Outcome.FAILED, Stage.MAIL)


async def test_a_letter_of_five_megabytes_arrives_whole(postfix: Servers) -> None:
    lines = b"".join(b"." + b"%07d" % number + b"x" * 64 + b"\r\n" for number in range(70_000))
    async with relayed(loopback(postfix)) as relay:
        assert (await relay.deliver(MESA, ROSA, LETTER + lines, nothing)).outcome is Outcome.SENT
    [arrived] = postfix.wait_for("user4", 1)
    assert arrived.endswith(lines)
