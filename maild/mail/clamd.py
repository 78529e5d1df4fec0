"""A client of clamd, ClamAV's daemon: bytes go over a socket of this machine, a verdict comes back (clamd(8), INSTREAM).

Each file has its own connection: zINSTREAM, chunks with a 4-octet length each, a zero length, one answer that ends in NUL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from maild.core.files import Scan

_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4096


@dataclass(frozen=True, slots=True)
class Clamd:
    """`address` is the path of a UNIX socket, or host:port on this machine; `seconds` is how long one file may take."""

    address: str
    seconds: float = 30

    async def scan(self, files: Mapping[str, bytes]) -> dict[str, Scan]:
        """A verdict for each file, by the names given. It never fails: what could not be checked is `unchecked`."""
        verdicts: dict[str, Scan] = {}
        for name, data in files.items():
            verdicts[name] = await self._one(data)
            if verdicts[name].what == _NOBODY:  # nobody listens: no use in asking again for every file
                return {each: verdicts.get(each, Scan("unchecked", _NOBODY)) for each in files}
        return verdicts

    async def _one(self, data: bytes) -> Scan:
        try:
            async with asyncio.timeout(self.seconds):
                return _verdict(await self._asked(data))
        except TimeoutError:
            return Scan("unchecked", "timeout")
        except (ConnectionRefusedError, FileNotFoundError, PermissionError):
            return Scan("unchecked", _NOBODY)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            return Scan("unchecked", type(error).__name__)

    async def _asked(self, data: bytes) -> str:
        reader, writer = await self._connected()
        try:
            # clamd answers before the end where a file is too long for it, and closes: then its answer counts.
            with suppress(ConnectionError):
                await _sent(writer, data)
            answer = await reader.readuntil(b"\0")
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        return answer.rstrip(b"\0").decode("utf-8", "replace").strip()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.address.startswith("/"):
            return await asyncio.open_unix_connection(self.address, limit=_LONGEST_ANSWER)
        host, _, port = self.address.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port), limit=_LONGEST_ANSWER)


_NOBODY = "no-scanner"


async def _sent(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(b"zINSTREAM\0")
    view = memoryview(data)
    for start in range(0, len(data), _CHUNK):
        chunk = view[start : start + _CHUNK]
        writer.write(len(chunk).to_bytes(4, "big"))
        writer.write(chunk)
        await writer.drain()
    writer.write(bytes(4))
    await writer.drain()


def _verdict(answer: str) -> Scan:
    """`stream: OK`, `stream: Eicar-Test-Signature FOUND`, `INSTREAM size limit exceeded. ERROR`."""
    said = answer.removeprefix("stream:").strip()
    if said == "OK":
        return Scan("clean")
    if said.endswith(" FOUND"):
        return Scan("infected", said.removesuffix(" FOUND")[:200])
    return Scan("unchecked", said[:200] or "no-answer")
