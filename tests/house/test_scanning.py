"""Mails on their way through reading with a virus scanner beside it: a real socket, real children, a real database."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from maild.mail.clamd import Clamd
from maild.mail.sandbox import Sandbox
from maild.reading import Reading, Scanner
from maild.store import mails
from maild.store.clerk import Clerk
from maild.store.mails import Arrival
from tests.house.desk import OPERATOR, RealDesk
from tests.house.test_files import PDF, mail
from tests.mail.test_clamd import VIRUS, Peer, listening


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[RealDesk]:
    with RealDesk.on(database_url, tmp_path) as desk:
        yield desk


async def read(desk: RealDesk, raws: list[bytes], clamd: str) -> int:
    """Store these mails and let Reading understand them as the daemon does."""
    digests = desk.raw.put(raws)
    with desk.database.write() as tx:
        arrivals = [Arrival(d, len(raw), desk.now) for d, raw in zip(digests, raws, strict=True)]
        mails.put(tx, arrivals, desk.now)
    clerk = Clerk(desk.database, most=8)
    async with Sandbox() as parsing, Sandbox(workers=1, task="files") as files:
        reading = Reading(clerk, desk.desk, desk.raw, parsing, 10, Scanner(Clamd(clamd, 5), files))
        count = await reading.drain()
    await clerk.close()
    return count


async def test_a_virus_is_found_in_the_file_that_holds_it_and_every_mail_opens_its_ticket(
    desk: RealDesk, tmp_path: Path
) -> None:
    bad = PDF + VIRUS
    raws = [mail("Limpio", ("a.pdf", PDF)), mail("Mixto", ("a.pdf", PDF), ("b.pdf", bad)), mail("Sin archivos")]
    peer = Peer()
    async with listening(peer, tmp_path / "clamd.ctl") as address:
        assert await read(desk, raws, address) == 3
    assert [(f["filename"], f["fate"], f["scan"]) for n in (1, 2, 3) for f in desk.files(n)] == [
        ("a.pdf", "file", "clean"),
        ("a.pdf", "file", "clean"),
        ("b.pdf", "infected", "infected"),
    ]
    assert sorted(hashlib.sha256(data).hexdigest() for data in peer.seen) == sorted(
        hashlib.sha256(data).hexdigest() for data in (PDF, PDF, bad)
    )
    assert [row["template"] for row in desk.letters(OPERATOR)] == ["aviso"]


async def test_a_scanner_that_is_down_blocks_no_mail(desk: RealDesk, tmp_path: Path) -> None:
    async with asyncio.timeout(20):
        assert await read(desk, [mail("Uno", ("a.pdf", PDF))], str(tmp_path / "nobody.ctl")) == 1
    assert [(f["fate"], f["scan"]) for f in desk.files(1)] == [("file", "unchecked")]
