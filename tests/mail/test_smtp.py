"""Handing letters to a relay that misbehaves: what became of each one is known, or known to be unknown."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from maild.errors import PermanentError
from maild.mail.smtp import Outcome, Relay, RelaySettings, Stage, Verdict
from maild.mail.tls import Tls
from tests.mail.scripted_smtp import Script, ScriptedSmtp, Then

MESA = "mesa@mef.example"
ROSA = "rosa@mef.example"
LETTER = b"Message-ID: <m1@mef.example>\r\nSubject: [MEF-1-A] recibido\r\n\r\nHola.\r\n"


async def nothing() -> None:
    """A caller that has nothing to write down."""


def settings(server: ScriptedSmtp) -> RelaySettings:
    return RelaySettings(
        host="127.0.0.1",
        port=server.port,
        tls="none",
        ca_file=None,
        user=None,
        secret=lambda: "clave",
        connect_seconds=0.5,
        step_seconds=0.5,
        final_seconds=0.5,
    )


@asynccontextmanager
async def relayed(
    scripts: dict[str, Script] | None = None,
    change: Callable[[RelaySettings], RelaySettings] = lambda same: same,
    greeting: Script = (b"220 scripted ESMTP\r\n",),
) -> AsyncIterator[tuple[Relay, ScriptedSmtp]]:
    async with ScriptedSmtp(scripts or {}, greeting) as server:
        relay = Relay(change(settings(server)))
        try:
            yield relay, server
        finally:
            await relay.close()


def with_password(same: RelaySettings) -> RelaySettings:
    return replace(same, user="mesa")


def with_token(same: RelaySettings) -> RelaySettings:
    return replace(same, user="mesa", auth="xoauth2")


# RELIABILITY §4.5, row by row: what happens, where it ends, what we call it.
REFUSALS: dict[str, tuple[dict[str, Script], Stage, Outcome, int | None]] = {
    "refuses EHLO": ({"EHLO": [b"550 no\r\n"]}, Stage.EHLO, Outcome.DEFERRED, 550),
    "hangs at EHLO": ({"EHLO": [Then.HANG]}, Stage.EHLO, Outcome.DEFERRED, None),
    "is busy at MAIL": ({"MAIL": [b"421 4.3.2 busy\r\n"]}, Stage.MAIL, Outcome.DEFERRED, 421),
    "defers the sender": ({"MAIL": [b"451 4.3.0 later\r\n"]}, Stage.MAIL, Outcome.DEFERRED, 451),
    "wants us to log in first": ({"MAIL": [b"530 5.7.0 log in\r\n"]}, Stage.MAIL, Outcome.CHANNEL, 530),
    "refuses our sender": ({"MAIL": [b"553 5.7.1 not yours\r\n"]}, Stage.MAIL, Outcome.CHANNEL, 553),
    "finds the letter too big": ({"MAIL": [b"552 5.3.4 too big\r\n"]}, Stage.MAIL, Outcome.FAILED, 552),
    "defers the recipient": ({"RCPT": [b"450 4.2.0 greylisted\r\n"]}, Stage.RCPT, Outcome.DEFERRED, 450),
    "refuses the recipient": ({"RCPT": [b"550 5.1.1 nobody\r\n"]}, Stage.RCPT, Outcome.FAILED, 550),
    "hangs up at RCPT": ({"RCPT": [Then.CLOSE]}, Stage.RCPT, Outcome.DEFERRED, None),
    "talks nonsense at RCPT": ({"RCPT": [b"what?\r\n"]}, Stage.RCPT, Outcome.DEFERRED, None),
    "defers at DATA": ({"DATA": [b"451 later\r\n"]}, Stage.DATA_ISSUED, Outcome.DEFERRED, 451),
    "refuses DATA": ({"DATA": [b"554 no\r\n"]}, Stage.DATA_ISSUED, Outcome.FAILED, 554),
    "hangs up at DATA": ({"DATA": [Then.CLOSE]}, Stage.DATA_ISSUED, Outcome.AMBIGUOUS, None),
    "answers DATA with a yes that is none": ({"DATA": [b"250 ok\r\n"]}, Stage.DATA_ISSUED, Outcome.AMBIGUOUS, 250),
    "resets in the middle of the body": ({"MIDDLE": [Then.RESET]}, Stage.DATA_ISSUED, Outcome.AMBIGUOUS, None),
    "resets after the final dot": ({"BODY": [Then.RESET]}, Stage.DATA_ISSUED, Outcome.AMBIGUOUS, None),
    "hangs up after the final dot": ({"BODY": [Then.CLOSE]}, Stage.DATA_ISSUED, Outcome.AMBIGUOUS, None),
    "never answers the final dot": ({"BODY": [Then.HANG]}, Stage.DATA_ISSUED, Outcome.AMBIGUOUS, None),
    "talks nonsense after the final dot": ({"BODY": [b"hola\r\n"]}, Stage.DATA_ISSUED, Outcome.AMBIGUOUS, None),
    "answers with a code that means nothing": ({"BODY": [b"354 go on\r\n"]}, Stage.FINAL_REPLY, Outcome.AMBIGUOUS, 354),
    "defers the letter": ({"BODY": [b"451 4.7.1 later\r\n"]}, Stage.FINAL_REPLY, Outcome.DEFERRED, 451),
    "refuses the letter": ({"BODY": [b"554 5.7.1 spam\r\n"]}, Stage.FINAL_REPLY, Outcome.FAILED, 554),
    "denies to send as us": (
        {"BODY": [b"554 5.2.252 SendAsDenied; not allowed\r\n"]},
        Stage.FINAL_REPLY,
        Outcome.CHANNEL,
        554,
    ),
    "takes the letter with another yes": ({"BODY": [b"251 ok\r\n"]}, Stage.FINAL_REPLY, Outcome.SENT, 251),
    "takes the letter and hangs up at QUIT": ({"QUIT": [Then.CLOSE]}, Stage.FINAL_REPLY, Outcome.SENT, 250),
    "takes the letter and hangs up at once": (
        {"BODY": [b"250 ok\r\n", Then.CLOSE]},
        Stage.FINAL_REPLY,
        Outcome.SENT,
        250,
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_relay_that(name: str) -> None:
    scripts, stage, outcome, code = REFUSALS[name]
    async with relayed(scripts) as (relay, server):
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.stage, verdict.outcome, verdict.code) == (stage, outcome, code)
    assert verdict.text.isprintable()
    assert verdict.text
    assert server.verbs().count("MAIL") <= 1


@pytest.mark.parametrize(
    ("greeting", "code"),
    [([b"421 too many\r\n"], 421), ([b"554 no service\r\n"], 554), ([Then.CLOSE], None), ([Then.HANG], None)],
)
async def test_a_relay_that_does_not_want_to_talk_defers(greeting: Script, code: int | None) -> None:
    async with relayed(greeting=greeting) as (relay, _):
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.outcome, verdict.stage, verdict.code) == (Outcome.DEFERRED, Stage.CONNECT, code)


async def test_a_relay_that_is_not_there_defers() -> None:
    async with ScriptedSmtp() as server:
        nowhere = settings(server)
    relay = Relay(nowhere)
    verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.outcome, verdict.stage) == (Outcome.DEFERRED, Stage.CONNECT)
    await relay.close()


async def test_a_letter_goes_out_byte_for_byte_and_the_connection_is_used_again() -> None:
    async with relayed() as (relay, server):
        for _ in range(3):
            verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
            assert verdict == Verdict(Outcome.SENT, Stage.FINAL_REPLY, 250, "250 2.0.0 queued")
    assert server.wire == [LETTER] * 3
    assert server.connections == 1
    assert server.verbs() == ["EHLO", *["MAIL", "RCPT", "DATA"] * 3, "QUIT"]


async def test_the_null_sender_is_empty_on_the_wire() -> None:
    async with relayed() as (relay, server):
        assert (await relay.deliver("", ROSA, LETTER, nothing)).outcome is Outcome.SENT
    assert f"MAIL FROM:<> SIZE={len(LETTER)}" in server.heard


async def test_the_caller_writes_down_its_intent_after_rcpt_and_before_data() -> None:
    async with relayed() as (relay, server):
        seen: list[list[str]] = []

        async def intent() -> None:
            seen.append(server.verbs())

        await relay.deliver(MESA, ROSA, LETTER, intent)
    assert seen == [["EHLO", "MAIL", "RCPT"]]


async def test_a_refused_recipient_is_never_written_down_as_data_and_the_next_letter_passes() -> None:
    async with ScriptedSmtp({"RCPT": [b"550 5.1.1 nobody\r\n"]}) as server:
        relay = Relay(settings(server))
        calls: list[str] = []

        async def intent() -> None:
            calls.append("intent")

        assert (await relay.deliver(MESA, ROSA, LETTER, intent)).outcome is Outcome.FAILED
        server.scripts = {}
        assert (await relay.deliver(MESA, ROSA, LETTER, intent)).outcome is Outcome.SENT
        await relay.close()
    assert calls == ["intent"]
    assert server.connections == 1
    assert server.verbs() == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]


async def test_what_the_caller_raises_comes_through_and_no_data_is_sent() -> None:
    async def broken() -> None:
        raise OSError("disk full")

    async with relayed() as (relay, server):
        with pytest.raises(OSError, match="disk full"):
            await relay.deliver(MESA, ROSA, LETTER, broken)
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT
    assert server.verbs().count("DATA") == 1
    assert server.connections == 2


async def test_a_connection_that_died_while_idle_is_replaced_within_the_delivery() -> None:
    async with relayed() as (relay, server):
        await relay.deliver(MESA, ROSA, LETTER, nothing)
        await server.hang_up()
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT
    assert server.connections == 2
    assert server.wire == [LETTER, LETTER]


async def test_a_421_on_a_kept_connection_is_not_held_against_the_letter() -> None:
    async with ScriptedSmtp() as server:
        relay = Relay(settings(server))
        await relay.deliver(MESA, ROSA, LETTER, nothing)
        server.scripts = {"MAIL": [b"421 4.4.2 you idled too long\r\n", Then.CLOSE]}
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
        assert (verdict.outcome, verdict.code) == (Outcome.DEFERRED, 421), "said twice, it counts"
        server.scripts = {}
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT
        await relay.close()
    assert server.connections == 3


async def test_an_ambiguous_letter_is_not_repeated_here() -> None:
    async with relayed() as (relay, server):
        await relay.deliver(MESA, ROSA, LETTER, nothing)
        server.scripts = {"BODY": [Then.CLOSE]}
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.AMBIGUOUS
    assert server.verbs().count("DATA") == 2


async def test_an_idle_connection_is_closed_with_quit() -> None:
    async with relayed(change=lambda same: replace(same, idle_close_seconds=0.05)) as (relay, server):
        await relay.deliver(MESA, ROSA, LETTER, nothing)
        while "QUIT" not in server.verbs():
            await asyncio.sleep(0.01)
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT
    assert server.connections == 2


@pytest.mark.parametrize("where", ["EHLO", "RCPT", "DATA", "BODY"])
async def test_a_cancelled_delivery_closes_the_connection_and_the_next_one_starts_anew(where: str) -> None:
    async with ScriptedSmtp({where: [Then.HANG]}) as server:
        relay = Relay(replace(settings(server), step_seconds=60, final_seconds=60))
        task = asyncio.create_task(relay.deliver(MESA, ROSA, LETTER, nothing))
        while (where if where != "BODY" else "DATA") not in server.verbs():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.scripts = {}
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT
        await relay.close()
    assert server.connections == 2


@pytest.mark.parametrize(
    "address",
    [
        "rosa@mef.example> SIZE=1",
        "rosa@mef.example\r\nRCPT TO:<otro@mef.example>",
        "rosa@mef.example\n",
        "rosa\u200dñ@mef.example",
        "rosa",
        "",
        "rosa@mef.example,otro@mef.example",
        "<rosa@mef.example>",
        '"rosa ruiz"@mef.example',
        "rosa@mef.example\0",
    ],
)
async def test_an_address_that_cannot_stand_on_a_command_line_is_refused_before_anything_is_sent(address: str) -> None:
    async with relayed() as (relay, server):
        verdict = await relay.deliver(MESA, address, LETTER, nothing)
        assert (verdict.outcome, verdict.stage) == (Outcome.FAILED, Stage.RCPT)
        assert verdict.text.isprintable()
        if address:
            assert (await relay.deliver(address, ROSA, LETTER, nothing)).outcome is Outcome.FAILED
    assert server.heard == []


# Every known way to end a letter early and smuggle a second one behind it.
SMUGGLERS = [
    b"a\n.\nMAIL FROM:<x@evil.example>\n",
    b"a\r.\rMAIL FROM:<x@evil.example>\r",
    b"a\n.\r\nMAIL FROM:<x@evil.example>\r\n",
    b"a\r\n.\nMAIL FROM:<x@evil.example>\r\n",
    b"a\r\n.\r\nMAIL FROM:<x@evil.example>\r\n",
    b"a\r\n.\rMAIL FROM:<x@evil.example>\r\n",
    b"a\r.\r\nMAIL FROM:<x@evil.example>\r\n",
    b".\r\nMAIL FROM:<x@evil.example>\r\n",
    b"a\r\n\r\n.",
    b"a\r\r\n.\r\r\nMAIL FROM:<x@evil.example>",
    b"",
    b".",
    b"..\r\n...\r\n",
]


@pytest.mark.parametrize("raw", SMUGGLERS)
async def test_whatever_stands_in_a_letter_it_is_one_letter_on_the_wire(raw: bytes) -> None:
    async with relayed() as (relay, server):
        assert (await relay.deliver(MESA, ROSA, raw, nothing)).outcome is Outcome.SENT
    assert server.verbs() == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    [wire] = server.wire
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n"), "no bare line end leaves the house"
    assert b"\r\n.\r\n" not in b"\r\n" + wire
    [read] = server.taken()
    words = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")
    assert read.removesuffix(b"\r\n").split(b"\r\n") == words


@given(st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b".", b"a", b"\r\n.\r\n"]), max_size=12))
@hypothesis_settings(max_examples=40, deadline=None)
def test_no_mixture_of_dots_and_line_ends_makes_a_second_letter(parts: list[bytes]) -> None:
    async def told() -> ScriptedSmtp:
        async with relayed() as (relay, server):
            assert (await relay.deliver(MESA, ROSA, b"".join(parts), nothing)).outcome is Outcome.SENT
        return server

    server = asyncio.run(told())
    assert server.verbs() == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


async def test_a_letter_over_the_announced_size_is_not_even_offered() -> None:
    async with relayed() as (relay, server):
        verdict = await relay.deliver(MESA, ROSA, LETTER + b"x" * 1000, nothing)
    assert (verdict.outcome, verdict.stage) == (Outcome.FAILED, Stage.MAIL)
    assert server.verbs() == ["EHLO"]


async def test_eight_bit_letters_are_announced_and_refused_where_the_relay_cannot() -> None:
    raw = LETTER + "Atención\r\n".encode()
    async with relayed() as (relay, server):
        assert (await relay.deliver(MESA, ROSA, raw, nothing)).outcome is Outcome.SENT
    assert server.heard[1].endswith("BODY=8BITMIME")
    assert server.wire == [raw]
    async with relayed({"EHLO": [b"250 old\r\n"]}) as (relay, server):
        assert (await relay.deliver(MESA, ROSA, raw, nothing)).outcome is Outcome.FAILED
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT


async def test_an_address_outside_ascii_goes_where_smtputf8_is_offered_and_nowhere_else() -> None:
    joel = "joël@ämbito.test"
    raw = LETTER.replace(b"Subject:", f"To: {joel}\r\nSubject:".encode())
    with_it = b"250-scripted\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
    async with relayed({"EHLO": [with_it]}) as (relay, server):
        assert (await relay.deliver(MESA, joel, raw, nothing)).outcome is Outcome.SENT
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT
    assert server.heard[1].endswith(" BODY=8BITMIME SMTPUTF8")
    assert f"RCPT TO:<{joel}>" in server.heard and server.wire[0] == raw
    assert "SMTPUTF8" not in server.heard[server.verbs().index("MAIL", 3)]
    async with relayed() as (relay, server):
        verdict = await relay.deliver(MESA, joel, raw, nothing)
        assert (verdict.outcome, verdict.stage) == (Outcome.FAILED, Stage.MAIL)
        assert "SMTPUTF8" in verdict.text
    assert "DATA" not in server.verbs() and "MAIL" not in server.verbs()


@pytest.mark.parametrize(
    "recipient", ["jefe@еntidad.test", "a\u00adé@b.test", "é@b.test>", "é @b.test", "é\r\nDATA@b.test"]
)
async def test_an_address_that_looks_like_another_is_never_put_on_a_line(recipient: str) -> None:
    async with relayed({"EHLO": [b"250-scripted\r\n250 SMTPUTF8\r\n"]}) as (relay, server):
        assert (await relay.deliver(MESA, recipient, LETTER, nothing)).outcome is Outcome.FAILED
    assert server.verbs() == []


async def test_starttls_that_was_stripped_pauses_the_channel_and_gives_no_password_away() -> None:
    async with relayed(change=lambda same: replace(same, tls="starttls", user="mesa")) as (relay, server):
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.outcome, verdict.stage) == (Outcome.CHANNEL, Stage.TLS)
    assert server.verbs() == ["EHLO"]


@pytest.mark.parametrize(
    ("reply", "outcome"), [(b"454 not now\r\n", Outcome.DEFERRED), (b"502 not here\r\n", Outcome.CHANNEL)]
)
async def test_starttls_that_is_refused(reply: bytes, outcome: Outcome) -> None:
    scripts: dict[str, Script] = {"EHLO": [b"250-x\r\n250 STARTTLS\r\n"], "STARTTLS": [reply]}
    async with relayed(scripts, lambda same: replace(same, tls="starttls")) as (relay, _):
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.outcome, verdict.stage) == (outcome, Stage.TLS)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_tls_handshake_that_fails_defers(tls: Tls) -> None:
    scripts: dict[str, Script] = {
        "EHLO": [b"250-x\r\n250 STARTTLS\r\n"],
        "STARTTLS": [b"220 go\r\n", b"this is no TLS\r\n"],
    }
    async with relayed(scripts, lambda same: replace(same, tls=tls)) as (relay, server):
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert verdict.outcome is Outcome.DEFERRED
    assert "MAIL" not in server.verbs()


async def test_without_tls_only_this_machine_is_spoken_to() -> None:
    relay = Relay(RelaySettings("mail.mef.example", 25, "none", None, None, lambda: "clave"))
    verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.outcome, verdict.stage) == (Outcome.CHANNEL, Stage.CONNECT)
    await relay.close()


async def test_a_ca_file_that_cannot_be_read_pauses_the_channel() -> None:
    async with relayed(change=lambda same: replace(same, tls="implicit", ca_file="/nonexistent/ca.pem")) as (relay, _):
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.CHANNEL


@pytest.mark.parametrize("code", [530, 534, 535, 538, 550, 504])
async def test_a_refused_password_pauses_the_channel_after_one_try(code: int) -> None:
    async with relayed({"AUTH": [b"%d 5.7.8 no\r\n" % code]}, with_password) as (relay, server):
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.outcome, verdict.stage, verdict.code) == (Outcome.CHANNEL, Stage.AUTH, code)
    assert server.verbs().count("AUTH") == 1
    assert "clave" not in verdict.text


async def test_a_relay_that_cannot_look_at_the_password_now_defers() -> None:
    async with relayed({"AUTH": [b"454 4.7.0 later\r\n"]}, with_password) as (relay, _):
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.DEFERRED


async def test_plain_is_preferred_login_is_spoken_and_nothing_else() -> None:
    only_login: dict[str, Script] = {"EHLO": [b"250-x\r\n250 AUTH CRAM-MD5 LOGIN\r\n"], "AUTH": [b"334 VXNlcg==\r\n"]}
    only_login[base64.b64encode(b"clave").decode().upper()] = [b"235 in\r\n"]
    async with relayed(only_login, with_password) as (relay, server):
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT
    async with relayed({}, with_password) as (relay, server):
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.SENT
    assert server.heard[1].startswith("AUTH PLAIN ")
    async with relayed({"EHLO": [b"250-x\r\n250 AUTH CRAM-MD5\r\n"]}, with_password) as (relay, server):
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.CHANNEL
    assert server.verbs() == ["EHLO"]


async def test_a_token_that_was_refreshed_meanwhile_is_tried_once_more() -> None:
    tokens = iter(["viejo", "nuevo"])
    refused: dict[str, Script] = {"AUTH": [b"535 5.7.8 expired\r\n"]}
    async with relayed(refused, lambda same: replace(with_token(same), secret=lambda: next(tokens))) as (relay, server):
        assert (await relay.deliver(MESA, ROSA, LETTER, nothing)).outcome is Outcome.CHANNEL
    sent = [base64.b64decode(command.split(" ")[2]) for command in server.heard if command.startswith("AUTH XOAUTH2")]
    assert sent == [b"user=mesa\1auth=Bearer viejo\1\1", b"user=mesa\1auth=Bearer nuevo\1\1"]


async def test_a_secret_that_cannot_be_had_pauses_the_channel() -> None:
    def locked() -> str:
        raise PermanentError("no se puede leer / cannot read")

    async with relayed({}, lambda same: replace(same, user="mesa", secret=locked)) as (relay, server):
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert (verdict.outcome, verdict.stage) == (Outcome.CHANNEL, Stage.AUTH)
    assert "AUTH" not in server.verbs()


async def test_the_words_of_a_relay_become_one_short_line_without_controls() -> None:
    noise = b"550-\x1b[31mrojo\x07\r\n550-" + "ñ".encode("latin-1") + b"\r\n550 " + b"x" * 2000 + b"\r\n"
    async with relayed({"RCPT": [noise]}) as (relay, _):
        verdict = await relay.deliver(MESA, ROSA, LETTER, nothing)
    assert verdict.text.isprintable()
    assert len(verdict.text) <= 500
    verdict.text.encode("utf-8")
