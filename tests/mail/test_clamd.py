"""The client of clamd against a peer that speaks its protocol over real sockets, and against peers that do not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from maild.core.files import Scan
from maild.mail.clamd import Clamd

# Not the test file itself, which real scanners would set aside together with this repository.
VIRUS = b"EICAR-" + b"LIKE-VIRUS"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Peer:
    """What clamd does with INSTREAM: chunks until an empty one, at most `longest` octets, one answer, close."""

    def __init__(self, longest: int = 1 << 20) -> None:
        self.longest = longest
        self.seen: list[bytes] = []
        self.chunks: list[int] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"zINSTREAM\0"
        data = bytearray()
        answer = b"INSTREAM size limit exceeded. ERROR\0"
        while len(data) <= self.longest:
            length = int.from_bytes(await reader.readexactly(4), "big")
            if not length:
                found = VIRUS in data
                answer = b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if found else b"stream: OK\0"
                break
            self.chunks.append(length)
            data += await reader.readexactly(length)
        self.seen.append(bytes(data))
        writer.write(answer)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening(handler: Handler, path: Path) -> AsyncIterator[str]:
    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_unix_server(served, path)
    async with server:
        yield str(path)


async def test_files_are_checked_over_a_unix_socket(tmp_path: Path) -> None:
    peer = Peer()
    big = bytes(200_000)
    async with listening(peer, tmp_path / "clamd.ctl") as address:
        found = await Clamd(address).scan({"a": b"hola", "b": b"xx" + VIRUS, "c": b"", "d": big})
    assert found == {
        "a": Scan("clean"),
        "b": Scan("infected", "Win.Test.EICAR_HDB-1"),
        "c": Scan("clean"),
        "d": Scan("clean"),
    }
    assert peer.seen == [b"hola", b"xx" + VIRUS, b"", big]
    assert max(peer.chunks) <= 64 * 1024


async def test_files_are_checked_over_tcp_of_this_machine() -> None:
    peer = Peer()
    server = await asyncio.start_server(peer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await Clamd(f"127.0.0.1:{port}").scan({"a": VIRUS}) == {"a": Scan("infected", "Win.Test.EICAR_HDB-1")}


async def test_a_file_that_is_too_long_for_the_scanner_is_unchecked(tmp_path: Path) -> None:
    async with listening(Peer(longest=1000), tmp_path / "clamd.ctl") as address:
        found = await Clamd(address).scan({"a": bytes(5_000_000), "b": b"corto"})
    assert found["a"].verdict == "unchecked"
    assert found["b"] == Scan("clean")


async def test_where_nobody_listens_everything_is_unchecked_at_once(tmp_path: Path) -> None:
    files = {str(number): b"x" for number in range(100)}
    started = time.monotonic()
    found = await Clamd(str(tmp_path / "nobody.ctl")).scan(files)
    assert set(found) == set(files)
    assert {scan.verdict for scan in found.values()} == {"unchecked"}
    assert time.monotonic() - started < 2
    assert (await Clamd("127.0.0.1:1").scan({"a": b"x"}))["a"].verdict == "unchecked"


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)


async def _babbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"x" * 1_000_000)
    await writer.drain()


async def _errs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"UNKNOWN COMMAND\0")
    await writer.drain()


@pytest.mark.parametrize("handler", [_silent, _hangs_up, _babbles, _errs])
async def test_a_peer_that_misbehaves_blocks_nothing(handler: Handler, tmp_path: Path) -> None:
    async with listening(handler, tmp_path / "clamd.ctl") as address:
        started = time.monotonic()
        found = await Clamd(address, seconds=0.5).scan({"a": b"hola"})
    assert found["a"].verdict == "unchecked"
    assert time.monotonic() - started < 3
