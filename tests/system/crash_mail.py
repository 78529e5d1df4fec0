"""The mail of the crash proof: what people, robots and servers send, each with a number that no road changes."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser

from tests.system.servers import Servers
from tests.system.settings import DOMAIN

NUMBER = re.compile(rb"^X-Crash: (\d+)\r?$", re.MULTILINE)
MARK = re.compile(r"\[MESA-(\d+)-[A-Z]\]")
_USERS = 6
# Of 20 mails. Copies go by IMAP (the same bytes) or through the server once more (another road, other Received).
_MIX = ("request",) * 7 + ("answer",) * 3 + ("order",) * 3 + ("copy",) * 2 + ("road", "road", "robot", "refused")
_ONCE = ("poison", "large", "bounce")

# The last state of a mail of each kind.
STATE = {"request": "done", "refused": "done", "answer": "done", "order": "done"}
STATE |= {"robot": "auto", "bounce": "auto", "poison": "parked", "large": "parked"}


@dataclass(slots=True)
class Mail:
    """A mail that was delivered, how often, and what it belongs to."""

    number: int
    kind: str
    author: str
    raw: bytes
    message_id: str
    ticket: int = 0  # an answer's
    copies: int = 1


@dataclass(slots=True)
class Sender:
    """Delivers the mails of a plan one by one; answers wait until there is a letter to answer."""

    servers: Servers
    desk: str
    tag: str
    dice: random.Random
    mails: dict[int, Mail] = field(default_factory=dict)
    delivered: int = 0
    _plan: list[str] = field(default_factory=list)
    _answered: set[str] = field(default_factory=set)

    @property
    def left(self) -> int:
        return len(self._plan)

    def prepare(self, number: int) -> None:
        """So many mails, of every kind."""
        self._plan = [*_ONCE, *(_MIX * (number // len(_MIX) + 1))][: max(number, len(_MIX) + len(_ONCE))]
        self.dice.shuffle(self._plan)

    def deliver(self) -> None:
        """The next mail of the plan that can be sent now; a first request if none can."""
        order = sorted(range(len(self._plan)), key=lambda i: (self._plan[i] in ("answer", "order"), i))
        if self.mails and self.dice.random() < 0.5:
            order.reverse()
        for position in order:
            if self._send(self._plan[position]):
                del self._plan[position]
                return
        if self._plan:
            self._plan[self._plan.index(self._plan[-1])] = "request"

    def _send(self, kind: str) -> bool:
        if kind in ("copy", "road"):
            return self._again(kind)
        if kind in ("answer", "order"):
            return self._answer(kind)
        author = f"{self.tag}u{self.dice.randrange(_USERS)}@{DOMAIN}"
        if kind == "refused":
            author = f"554-{self.tag}@reject.test"
        if kind == "bounce":
            author = f"MAILER-DAEMON@{DOMAIN}"
        self._out(kind, author, *_BODIES[kind])
        return True

    def _again(self, kind: str) -> bool:
        """The same mail once more."""
        eligible = [mail for mail in self.mails.values() if kind == "copy" or STATE[mail.kind] == "done"]
        if not eligible:
            return False
        mail = self.dice.choice(eligible)
        mail.copies += 1
        self.delivered += 1
        if kind == "copy":
            self.servers.append(self.desk, mail.raw)
        else:
            self.servers.lmtp(self.desk, mail.raw, sender=mail.author)
        return True

    def _answer(self, kind: str) -> bool:
        """A user's words, or the desk's work, in reply to a letter that really arrived."""
        reader = f"{self.tag}mesa" if kind == "order" else f"{self.tag}u{self.dice.randrange(_USERS)}"
        letters = [BytesHeaderParser().parsebytes(raw) for raw in self.servers.messages(reader)]
        fresh = [letter for letter in letters if letter["Message-ID"] not in self._answered]
        if not fresh:
            return False
        letter = self.dice.choice(fresh)
        self._answered.add(str(letter["Message-ID"]))
        subject = str(make_header(decode_header(str(letter["Subject"])))).replace("\r\n", "")
        mark = MARK.search(subject)
        if not mark:
            return False
        reply = f"In-Reply-To: {letter['Message-ID']}\r\nReferences: {letter['Message-ID']}\r\n"
        words = "#tomar\r\n#resuelto Cambiamos el cable.\r\n"
        if kind == "answer":
            words = self.dice.choice(("conforme\r\n", "Sigo esperando.\r\n", "Falta decir que pasa desde ayer.\r\n"))
        self._out(kind, f"{reader}@{DOMAIN}", f"Re: {mark[0]} solicitud", reply, words, int(mark[1]))
        return True

    def _out(self, kind: str, author: str, subject: str, extra: str, body: str, ticket: int = 0) -> None:
        number = len(self.mails) + 1
        message_id = f"<{self.tag}.{number}@clients.test>"
        head = (
            f"X-Crash: {number}\r\nFrom: {author}\r\nTo: {self.desk}@{DOMAIN}\r\nSubject: {subject} {number}\r\n"
            f"Date: Mon, 02 Nov 2026 09:00:00 -0500\r\nMessage-ID: {message_id}\r\nMIME-Version: 1.0\r\n{extra}\r\n"
        )
        raw = (head + body).encode()
        self.mails[number] = Mail(number, kind, author, raw, message_id.strip("<>"), ticket)
        self.delivered += 1
        # Of a mail that cannot be parsed only the same bytes are a copy: it must not get a Received line on its way.
        if STATE[kind] == "parked" or self.dice.random() < 0.5:
            self.servers.append(self.desk, raw)
        elif kind == "bounce":
            self.servers.lmtp(self.desk, raw, sender=author)
        else:
            self.servers.smtp(self.desk, raw, sender=author)


_TEXT = "Content-Type: text/plain; charset=utf-8\r\n"
_REPORT = (
    "--b\r\nContent-Type: text/plain\r\n\r\nNo se pudo entregar.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    f"Reporting-MTA: dns; mail.{DOMAIN}\r\n\r\nFinal-Recipient: rfc822; nadie@{DOMAIN}\r\nAction: failed\r\n"
    "Status: 5.1.1\r\n--b--\r\n"
)
# A tree of 40 levels: beyond what is read, so it is set aside whole.
_DEEP = "".join(f"--l{n}\r\nContent-Type: multipart/mixed; boundary=l{n + 1}\r\n\r\n" for n in range(40))
_BODIES = {
    "request": ("No imprime", _TEXT, "La impresora no responde.\r\n"),
    "refused": ("Sin correo", _TEXT, "No llega nada a este buzón.\r\n"),
    "robot": ("Respuesta automática", "Auto-Submitted: auto-replied\r\n" + _TEXT, "Estoy de vacaciones.\r\n"),
    "bounce": ("Undelivered", 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n', _REPORT),
    "poison": ("Veneno", "Content-Type: multipart/mixed; boundary=l0\r\n", _DEEP),
    "large": ("Muy grande", _TEXT, ("x" * 70 + "\r\n") * 16000),
}
