"""An IMAP server of one mail that misbehaves on request, and a table of the misbehaviours worth surviving."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

MAIL = b"Subject: hola\r\nFrom: rosa@mef.example\r\n\r\nNo tengo red.\r\n"
SIZE = len(MAIL)
UID = 7


class Then(Enum):
    """What else a script may do than talk."""

    CLOSE = "close"
    HANG = "hang"


@dataclass(frozen=True)
class Drip:
    """One octet at a time."""

    octets: bytes
    seconds: float


Step = bytes | Then | Drip
Script = Sequence[Step]


def body(octets: bytes, uid: int = UID, size: int | None = None) -> bytes:
    """A whole and proper answer to UID FETCH BODY.PEEK[]."""
    announced = SIZE if size is None else size
    return b"* 1 FETCH (UID %d RFC822.SIZE %d BODY[] {%d}\r\n%s)\r\n" % (uid, announced, len(octets), octets)


OK = b"TAG OK done\r\n"
# What each command gets unless a script says otherwise. FETCH is told apart by what it asks for.
HEALTHY: dict[str, Script] = {
    "CAPABILITY": [b"* CAPABILITY CAPS\r\n" + OK],
    "LOGIN": [OK],
    "LOGOUT": [b"* BYE see you\r\n" + OK, Then.CLOSE],
    "LIST": [b'* LIST (\\HasNoChildren) "/" FOLDER\r\n' + OK],
    "SELECT": [b"* 1 EXISTS\r\n* OK [UIDVALIDITY 42] ok\r\n* OK [UIDNEXT 8] ok\r\nTAG OK [READ-WRITE] done\r\n"],
    "EXAMINE": [b"* 1 EXISTS\r\n* OK [UIDVALIDITY 42] ok\r\nTAG OK [READ-ONLY] done\r\n"],
    "SEARCH": [b"* SEARCH %d\r\n" % UID + OK],
    "SIZES": [b'* 1 FETCH (UID %d RFC822.SIZE %d INTERNALDATE "21-Nov-2026 09:00:00 -0500")\r\n' % (UID, SIZE) + OK],
    "BODY": [body(MAIL) + OK],
    "FLAGS": [b"* 1 FETCH (UID %d FLAGS ())\r\n" % UID + OK],
    "IDLE": [b"+ idling\r\n"],
    "DONE": [OK],
}


@dataclass
class ScriptedImap:
    """`with ScriptedImap({"BODY": […]}) as server:`; what clients sent stands in `heard`, one line each."""

    scripts: Mapping[str, Script] = field(default_factory=dict)
    greeting: Script = (b"* OK ready\r\n",)
    capabilities: bytes = b"IMAP4rev1 UIDPLUS MOVE IDLE"
    heard: list[str] = field(default_factory=list)

    def __enter__(self) -> ScriptedImap:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._over = threading.Event()
        self._idle_tag = ""
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for connection in (self._listener, *self._sockets):
            connection.close()

    def say(self, octets: bytes) -> None:
        """Say something unasked to everybody connected."""
        for connection in self._sockets:
            connection.sendall(octets)

    def hang_up(self) -> None:
        """Close every connection without a word."""
        for connection in self._sockets:
            connection.shutdown(socket.SHUT_RDWR)

    def verbs(self) -> list[str]:
        """The commands heard, without their arguments."""
        return [_verb(line) for line in self.heard]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection.makefile("rb") as lines:
            going = self._play(connection, self.greeting, "", "")
            while going and (line := lines.readline()):
                tag, _, command = line.decode("latin-1").rstrip("\r\n").partition(" ")
                if tag == "DONE":
                    tag, command = self._idle_tag, "DONE"
                self.heard.append(command)
                verb = _verb(command)
                if verb == "IDLE":
                    self._idle_tag = tag
                going = self._play(connection, self._script(verb), tag, command)

    def _script(self, verb: str) -> Script:
        return self.scripts.get(verb) or HEALTHY.get(verb) or [OK]

    def _play(self, connection: socket.socket, script: Script, tag: str, command: str) -> bool:
        for step in script:
            if isinstance(step, bytes):
                connection.sendall(self._filled(step, tag, command))
            elif isinstance(step, Drip):
                for octet in self._filled(step.octets, tag, command):
                    if self._over.is_set():
                        return False
                    connection.sendall(bytes([octet]))
                    time.sleep(step.seconds)
            elif step is Then.HANG:
                self._over.wait()
                return False
            else:
                connection.shutdown(socket.SHUT_RDWR)
                return False
        return True

    def _filled(self, words: bytes, tag: str, command: str) -> bytes:
        words = words.replace(b"TAG", tag.encode()).replace(b"CAPS", self.capabilities)
        return words.replace(b"FOLDER", command.rpartition(" ")[2].encode("latin-1"))


def _verb(command: str) -> str:
    words = command.upper().removeprefix("UID ").split(" ")
    if words[0] != "FETCH":
        return words[0]
    items = " ".join(words[2:])
    if "INTERNALDATE" in items:
        return "SIZES"
    if re.search(r"BODY\.PEEK\[\]<", items):
        return "PART"
    return "BODY" if "BODY.PEEK[]" in items else "FLAGS"


@dataclass(frozen=True)
class Case:
    """One misbehaviour and what the mailbox must make of it: a reason, or the bodies it takes."""

    server: ScriptedImap
    reason: str = ""
    bodies: Mapping[int, bytes] = field(default_factory=dict)


def _at_fetch(*script: Step, reason: str = "", bodies: Mapping[int, bytes] | None = None) -> Case:
    return Case(ScriptedImap({"BODY": list(script)}), reason, bodies or {})


# RELIABILITY §5.2, row by row.
MISBEHAVIOURS: dict[str, Case] = {
    "says good-bye at the greeting": Case(
        ScriptedImap(greeting=[b"* BYE too many connections\r\n", Then.CLOSE]), "bye"
    ),
    "says nothing at all": Case(ScriptedImap(greeting=[Then.HANG]), "timeout"),
    "is no IMAP server": Case(ScriptedImap(greeting=[b"220 mail.example ESMTP\r\n"]), "protocol"),
    "says NO to a fetch": _at_fetch(b"TAG NO not now\r\n", reason="refused"),
    "says BAD to a fetch": _at_fetch(b"TAG BAD what\r\n", reason="protocol"),
    "says OK and sends nothing": _at_fetch(OK),
    "answers for another mail": _at_fetch(body(MAIL, uid=99) + OK),
    "stops in the middle of a mail": _at_fetch(body(MAIL)[:60], Then.HANG, reason="timeout"),
    "hangs up in the middle of a mail": _at_fetch(body(MAIL)[:60], Then.CLOSE, reason="gone"),
    "sends more than it announced": _at_fetch(body(MAIL).replace(b"{%d}" % SIZE, b"{20}") + OK, reason="protocol"),
    "forgets the closing parenthesis": _at_fetch(body(MAIL)[:-3] + b"\r\n" + OK, reason="protocol"),
    "has no body any more (NIL)": _at_fetch(b"* 1 FETCH (UID 7 RFC822.SIZE 57 BODY[] NIL)\r\n" + OK),
    "sends an empty body": _at_fetch(body(b"") + OK),
    "names no UID": _at_fetch(body(MAIL).replace(b"UID 7 ", b"") + OK),
    "names no UID where the sequence number looks like one": _at_fetch(
        body(MAIL).replace(b"* 1 FETCH (UID 7 ", b"* 7 FETCH (") + OK
    ),
    "sends a NUL inside the mail": _at_fetch(
        body(MAIL.replace(b"red", b"r\0d")) + OK, bodies={UID: MAIL.replace(b"red", b"r\0d")}
    ),
    "sends garbage": _at_fetch(b"%% what is this\r\n" + OK, reason="protocol"),
    "says good-bye in the middle of a fetch": _at_fetch(b"* BYE shutting down\r\n", Then.CLOSE, reason="bye"),
    "sends a line of more than a megabyte": _at_fetch(
        b"* 1 FETCH (UID 7 X " + b"a" * 1_000_100 + b")\r\n" + OK, reason="line-limit"
    ),
    "announces eight gigabytes": _at_fetch(
        b"* 1 FETCH (UID 7 RFC822.SIZE 57 BODY[] {8589934592}\r\n", Then.HANG, reason="protocol"
    ),
    "sends one octet at a time": _at_fetch(Drip(body(MAIL) + OK, 0.2), reason="timeout"),
    "says OK without a word": _at_fetch(body(MAIL) + b"TAG OK\r\n", reason="protocol"),
    "nests parentheses without end": _at_fetch(b"* 1 FETCH " + b"(" * 50_000 + b"\r\n" + OK, reason="protocol"),
    "cuts the mail and its count": _at_fetch(body(MAIL[:30]) + OK),
    "knows no folder of ours": Case(ScriptedImap({"SELECT": [b"TAG NO [NONEXISTENT] no such folder\r\n"]}), "folder"),
    "is too busy to open the folder": Case(ScriptedImap({"SELECT": [b"TAG NO [INUSE] locked\r\n"]}), "busy"),
    "refuses the password": Case(ScriptedImap({"LOGIN": [b"TAG NO [AUTHENTICATIONFAILED] no\r\n"]}), "login"),
    "is too busy to look at the password": Case(ScriptedImap({"LOGIN": [b"TAG NO [UNAVAILABLE] later\r\n"]}), "busy"),
    "hangs up while we log in": Case(ScriptedImap({"LOGIN": [Then.CLOSE]}), "gone"),
    "drips its greeting": Case(ScriptedImap(greeting=[Drip(b"* OK " + b"x" * 20 + b"\r\n", 0.2)]), "timeout"),
    "lets us in unasked": Case(ScriptedImap(greeting=[b"* PREAUTH welcome\r\n"]), "login-method"),
    "forbids to log in here": Case(ScriptedImap(capabilities=b"IMAP4rev1 LOGINDISABLED"), "login-method"),
}
