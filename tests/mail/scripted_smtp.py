"""An SMTP server that misbehaves on request and keeps a ledger: every command, and every letter it took."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum


class Then(Enum):
    """What else a script may do than talk."""

    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"


Step = bytes | Then
Script = Sequence[Step]

# What each command gets unless a script says otherwise; BODY is the reply after the final dot.
HEALTHY: dict[str, Script] = {
    "EHLO": [b"250-scripted\r\n250-8BITMIME\r\n250-AUTH PLAIN LOGIN XOAUTH2\r\n250 SIZE 1000\r\n"],
    "AUTH": [b"235 2.7.0 in\r\n"],
    "DATA": [b"354 go on\r\n"],
    "BODY": [b"250 2.0.0 queued\r\n"],
    "QUIT": [b"221 bye\r\n", Then.CLOSE],
}


@dataclass
class ScriptedSmtp:
    """`async with ScriptedSmtp({"RCPT": [b"550 no\\r\\n"]}) as server:`"""

    scripts: Mapping[str, Script] = field(default_factory=dict)
    greeting: Script = (b"220 scripted ESMTP\r\n",)
    heard: list[str] = field(default_factory=list)
    wire: list[bytes] = field(default_factory=list)  # what stood between 354 and the final dot, as it came
    connections: int = 0

    async def __aenter__(self) -> ScriptedSmtp:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def verbs(self) -> list[str]:
        return [command.split(" ")[0].upper() for command in self.heard]

    def taken(self) -> list[bytes]:
        """The letters as a receiver reads them: dots undone (RFC 5321 §4.5.2)."""
        return [(b"\r\n" + wire).replace(b"\r\n..", b"\r\n.")[2:] for wire in self.wire]

    async def hang_up(self) -> None:
        """Close what is open, as a server does with those who idle."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._talk(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        going = await self._play(writer, self.greeting)
        while going and (line := await reader.readline()):
            self.heard.append(line.decode("utf-8", "replace").rstrip("\r\n"))
            verb = self.verbs()[-1]
            going = await self._play(writer, self._script(verb))
            if going and verb == "DATA" and self._script("DATA")[0] == HEALTHY["DATA"][0]:
                self.wire.append(await self._letter(reader, writer))
                going = await self._play(writer, self._script("BODY"))

    async def _letter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        if self.scripts.get("MIDDLE"):
            await reader.readline()
            await self._play(writer, self.scripts["MIDDLE"])
            raise ConnectionError
        lines: list[bytes] = []
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise ConnectionError
            lines.append(line)
        return b"".join(lines)

    def _script(self, verb: str) -> Script:
        return self.scripts.get(verb) or HEALTHY.get(verb) or [b"250 ok\r\n"]

    async def _play(self, writer: asyncio.StreamWriter, script: Script) -> bool:
        for step in script:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
                continue
            if step is Then.HANG:
                await asyncio.Event().wait()
            if step is Then.RESET:
                raw: socket.socket = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        return True
