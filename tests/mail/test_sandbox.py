"""Parser children: what kills one kills nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from email.message import EmailMessage
from pathlib import Path

import pytest

from maild import rules
from maild.config.shipped import shipped
from maild.core import sorting
from maild.core.values import Mail
from maild.errors import MailError
from maild.mail import child, sandbox
from maild.mail.frames import packed, unpacked
from maild.mail.parse import parse
from maild.mail.sandbox import Sandbox
from tests.mail.bombs import BOMBS
from tests.mail.samples import copied, spanish

GOOD = spanish("gmail_reply.eml")


async def test_a_child_understands_what_the_parser_understands() -> None:
    async with Sandbox() as pool:
        for path in copied()[::6]:
            raw = path.read_bytes()
            assert await pool.parse(raw) == parse(raw)


async def test_children_say_what_a_mail_is_about_by_the_rules_they_were_given_last() -> None:
    base, pnpais = (sorting.reader(rules.load(shipped("rules") / name)) for name in ("base", "pnpais"))
    assert base and pnpais
    mail = parse(GOOD)
    async with Sandbox(workers=1) as pool:
        assert await pool.read(GOOD) == (mail, None)
        for reader in (base, pnpais, base):  # the last one has read before it is handed over
            pool.read_by(reader)
            assert await pool.read(GOOD) == (mail, reader.verdict(mail).brief())
        robot = await pool.read(spanish("postfix_bounce.eml"))
        assert robot[1] is None
        pool.read_by(None)
        assert await pool.read(GOOD) == (mail, None)
    assert base.verdict(mail).service.spoke and base.verdict(mail) != pnpais.verdict(mail)


async def test_many_mails_share_a_few_children_and_each_gets_its_own_answer() -> None:
    raws = [GOOD.replace(b"BASE-12-N", b"BASE-%d" % n) for n in range(60)]
    async with Sandbox(workers=2) as pool:
        mails = await asyncio.gather(*(pool.parse(raw) for raw in raws))
    assert [mail.subject for mail in mails] == [
        f"Re: [BASE-{n}] No imprime la impresora del segundo piso" for n in range(60)
    ]


async def test_the_loop_goes_on_while_children_work() -> None:
    beats = 0

    async def heart() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    async with Sandbox(workers=1) as pool:
        beating = asyncio.create_task(heart())
        await pool.parse(GOOD)
        beating.cancel()
    assert beats > 10


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_read_or_refused_and_the_next_mail_is_parsed(name: str) -> None:
    async with Sandbox(workers=1) as pool:
        try:
            outcome: Mail | str = await pool.parse(BOMBS[name]())
        except MailError as refusal:
            outcome = str(refusal)
        assert isinstance(outcome, Mail) or outcome in ("mime-depth", "mime-parts", "mime-boundary", "mime-lines"), (
            outcome
        )
        assert (await pool.parse(GOOD)).kind == "reply"


async def test_a_mail_that_needs_more_memory_than_there_is_is_refused() -> None:
    async with Sandbox(workers=1, memory_bytes=128 * 1024 * 1024) as pool:
        with pytest.raises(MailError, match=r"memory|child-died"):
            await pool.parse(BOMBS["25 MB of base64"]() + b"QUJD" * 25_000_000)
        assert (await pool.parse(GOOD)).sender.address == "maria.pena@correo.test"


async def test_a_child_that_takes_too_long_is_replaced() -> None:
    async with Sandbox(workers=1, wall_seconds=0.001) as pool:
        with pytest.raises(MailError, match="wall-limit"):
            await pool.parse(GOOD * 2000)
        pool._wall_seconds = 20
        assert (await pool.parse(GOOD)).kind == "reply"


async def test_a_killed_child_costs_its_mail_and_no_other() -> None:
    async with Sandbox(workers=1) as pool:
        await pool.parse(GOOD)
        running = pool._children[0]
        assert running
        os.kill(running._process.pid, signal.SIGSTOP)
        asking = asyncio.create_task(pool.parse(GOOD))
        await asyncio.sleep(0.05)
        os.kill(running._process.pid, signal.SIGKILL)
        with pytest.raises(MailError, match="child-died"):
            await asking
        assert (await pool.parse(GOOD)).kind == "reply"


async def test_mails_that_wait_before_a_child_outlive_it() -> None:
    """The one it had in hand is refused, the others (a large one among them) are read by the next child, each as itself."""
    raws = [GOOD.replace(b"BASE-12-N", b"BASE-%d" % n) for n in range(8)]
    raws[3] += b"x" * 700_000
    async with Sandbox(workers=1) as pool:
        await pool.parse(GOOD)
        running = pool._children[0]
        assert running
        os.kill(running._process.pid, signal.SIGSTOP)
        asking = [asyncio.create_task(pool.parse(raw)) for raw in raws]
        await asyncio.sleep(0.05)
        os.kill(running._process.pid, signal.SIGKILL)
        first, *others = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(first, MailError) and str(first) == "child-died"
    assert others == [parse(raw) for raw in raws[1:]]


async def test_a_second_child_helps_with_large_mails_and_with_slow_ones_only() -> None:
    async with Sandbox(workers=2) as pool:
        await pool.warm()
        await pool.parse(GOOD)
        await asyncio.gather(*(pool.parse(GOOD) for _ in range(6)))
        first, second = pool._children
        assert first and second is None, "small mails are one child's work"
        large = GOOD + b"x" * 200_000
        await asyncio.gather(pool.parse(large), pool.parse(large))
        assert pool._children[1], "large ones are shared"
        os.kill(first._process.pid, signal.SIGSTOP)
        waiting = asyncio.create_task(pool.parse(GOOD))
        await asyncio.sleep(1.2)
        assert await pool.parse(GOOD) == parse(GOOD), "who is long over a mail gets no other"
        os.kill(first._process.pid, signal.SIGCONT)
        assert await waiting == parse(GOOD)


async def test_small_and_large_mails_in_any_order_get_their_own_answers() -> None:
    raws = [GOOD.replace(b"BASE-12-N", b"BASE-%d" % n) + b"x" * (n % 3 == 1) * 600_000 for n in range(20)]
    async with Sandbox(workers=1) as pool:
        assert await asyncio.gather(*(pool.parse(raw) for raw in raws)) == [parse(raw) for raw in raws]


async def test_an_asker_who_goes_away_costs_nobody_else_his_answer() -> None:
    raws = [GOOD.replace(b"BASE-12-N", b"BASE-%d" % n) for n in range(3)]
    async with Sandbox(workers=1) as pool:
        await pool.parse(GOOD)
        asking = [asyncio.create_task(pool.parse(raw)) for raw in raws]
        await asyncio.sleep(0)
        asking[1].cancel()
        first, gone, last = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(gone, asyncio.CancelledError)
    assert (first, last) == (parse(raws[0]), parse(raws[2]))


async def test_a_child_killed_while_it_waits_is_replaced_unnoticed() -> None:
    async with Sandbox(workers=1) as pool:
        await pool.parse(GOOD)
        running = pool._children[0]
        assert running
        os.kill(running._process.pid, signal.SIGKILL)
        await running._process.wait()
        assert (await pool.parse(GOOD)).kind == "reply"


async def test_an_asker_who_goes_away_does_not_leave_his_answer_to_the_next() -> None:
    async with Sandbox(workers=1) as pool:
        await pool.parse(GOOD)
        asking = asyncio.create_task(pool.parse(GOOD * 300))
        await asyncio.sleep(0.001)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await pool.parse(GOOD) == parse(GOOD)


async def test_a_child_is_retired_after_its_share_of_mails() -> None:
    async with Sandbox(workers=1, recycle_after=3) as pool:
        seen = set()
        for _ in range(7):
            await pool.parse(GOOD)
            running = pool._children[0]
            assert running
            seen.add(running._process.pid)
    assert len(seen) == 3


async def test_a_child_is_confined_and_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILD_SECRET", "clave")
    async with Sandbox(workers=1, memory_bytes=400 * 1024 * 1024) as pool:
        await pool.parse(GOOD)
        running = pool._children[0]
        assert running
        process = Path(f"/proc/{running._process.pid}")
        limits = {
            line[:26].strip(): line[26:].split()[:2] for line in (process / "limits").read_text().splitlines()[1:]
        }
        environment = (process / "environ").read_bytes()
    assert limits["Max address space"] == [str(400 * 1024 * 1024)] * 2
    assert limits["Max file size"] == ["0", "0"] and limits["Max core file size"] == ["0", "0"]
    assert limits["Max open files"] == ["32", "32"] and limits["Max cpu time"][0] != "unlimited"
    assert b"clave" not in environment and b"HOME" not in environment


async def test_children_end_with_the_pool() -> None:
    pool = Sandbox(workers=2)
    await asyncio.gather(pool.parse(GOOD), pool.parse(GOOD))
    pids = [each._process.pid for each in pool._children if each]
    await pool.close()
    assert pids and not any(Path(f"/proc/{pid}").exists() for pid in pids)


async def test_a_child_ends_when_its_parent_is_gone() -> None:
    running = await sandbox._Child.started(("10", str(512 * 1024 * 1024), "parse"), b"")
    await running.ask(GOOD, 20)
    running._stdin.close()
    await asyncio.wait_for(running._process.wait(), 20)
    assert running._process.returncode == 0


def test_what_the_parser_did_not_expect_is_a_refusal_by_its_class_only() -> None:
    def broken(_: bytes) -> bytes:
        raise KeyError("asunto secreto")

    assert child._answer(GOOD, broken) == b'{"refused": "parser:KeyError"}'


async def test_the_files_of_a_mail_come_out_byte_by_byte() -> None:
    message = EmailMessage()
    message["From"] = "rosa@entidad.test"
    message.set_content("Adjunto.")
    one, two = bytes(range(256)) * 5000, b"dos"
    message.add_attachment(one, maintype="application", subtype="pdf", filename="../a.pdf")
    message.add_attachment(two, maintype="image", subtype="png", filename="b.png")
    raw = message.as_bytes()
    async with Sandbox(workers=1, task="files") as pool:
        assert await pool.files(raw) == {hashlib.sha256(data).hexdigest(): data for data in (one, two)}
        assert await pool.files(GOOD) == {}


def test_an_answer_that_was_cut_is_no_answer() -> None:
    whole = packed([("a" * 64, b"uno"), ("b" * 64, b"")])
    assert unpacked(whole) == {"a" * 64: b"uno", "b" * 64: b""}
    for end in range(1, len(whole)):
        if end != 64 + 4 + 3:  # there the first file is complete
            with pytest.raises(ValueError, match="cut"):
                unpacked(whole[:end])
