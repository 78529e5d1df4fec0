"""The stage: a clock that runs as fast as the story allows, a mailbox, a post office, and the daemon at work between them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

from maild import config as configuration
from maild.core.subject import mark
from maild.core.values import Reason
from maild.demo import mails
from maild.demo.cast import DESK, OPERATOR, STAFF, Actor
from maild.demo.ledger import Decided, Ledger
from maild.demo.mails import Letter
from maild.demo.screen import Screen
from maild.demo.servers import MailboxServer, PostOffice
from maild.house import House
from maild.mail.compose.phrases import Phrases

ZONE = ZoneInfo("America/Lima")
# While something happens a second of ours is twenty of theirs; while nothing does, the clock leaps.
_SPEED = 20.0
_LOOK_SECONDS = 0.02
_PATIENCE = 60.0
_LEISURE_SECONDS = 25.0


class FastClock:
    """The `now` of the house. Never goes back."""

    def __init__(self, start: datetime) -> None:
        self._at, self._since = start, time.monotonic()

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=(time.monotonic() - self._since) * _SPEED)

    def leap(self, to: datetime) -> None:
        self._at, self._since = max(to, self()), time.monotonic()


@dataclass(slots=True)
class Stage:
    """Opened by `play`; the story calls it, act by act."""

    screen: Screen
    clock: FastClock
    mailbox: MailboxServer
    pause: float = 0.0
    letters: list[Letter] = field(default_factory=list)
    delivered: int = 0
    house: House = field(init=False)
    ledger: Ledger = field(init=False)
    post: PostOffice = field(init=False)
    _phrases: Phrases = field(init=False)
    _began: float = field(default_factory=time.monotonic)

    async def open(self) -> int:
        """The post office first: its port stands in the configuration."""
        self.post = PostOffice(self._arrived, self._put_off)
        return await self.post.open()

    def settle_in(self, config: Path) -> House:
        loaded = configuration.load(config)
        self.house = House.open(loaded, self.clock)
        self.ledger = Ledger(loaded.storage.folder / "maild.db")
        self._phrases = Phrases(loaded.template_folders)
        return self.house

    async def close(self) -> None:
        """Once the daemon has ended."""
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.house.close()
        await self.post.close()

    # -- time -----------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.clock().astimezone(ZONE)

    async def act(self, at: datetime, spanish: str, english: str) -> None:
        """The next scene begins at this time, or when the one before it has ended."""
        await self.until(at)
        self.screen.act(self.now, spanish, english)
        await self._breathe()

    async def until(self, at: datetime) -> None:
        """Let the time pass. What happens by itself on the way happens at its own moment."""
        while (event := self.ledger.next_event()) is not None and event < at:
            if event > self.clock():
                self.clock.leap(event)
                self.screen.act(self.now, "Nadie escribe; el reloj sí avanza", "nobody writes; time passes")
            await self.rest()
        self.clock.leap(at)

    async def rest(self) -> None:
        """Wait until the daemon has done everything there is to do."""
        give_up = time.monotonic() + _PATIENCE
        while left := self.ledger.busy_with(self.delivered, self.clock()):
            if time.monotonic() > give_up:
                raise RuntimeError(f"the desk does not come to rest: {left}")
            await asyncio.sleep(_LOOK_SECONDS)
        self._tell()
        await self._breathe()

    async def _breathe(self) -> None:
        """Time to read along, as long as the whole stays short."""
        if time.monotonic() - self._began < _LEISURE_SECONDS:
            await asyncio.sleep(self.pause)

    # -- what actors do -------------------------------------------------------------------------------------------

    async def writes(self, author: Actor, subject: str, text: str, **headers: str) -> bytes:
        return await self._deliver(author, mails.new(author, subject, text, self.now, **headers), text)

    async def answers(self, author: Actor, ticket: int, text: str, **headers: str) -> bytes:
        letter = self.last_letter(author.address, ticket)
        return await self._deliver(author, mails.reply(author, letter, text, self.now, **headers), text)

    async def touches(self, author: Actor, ticket: int, order: str, text: str = "") -> bytes:
        letter = self.last_letter(author.address, ticket)
        return await self._deliver(author, mails.touch(author, letter, order, text, self.now), text)

    async def again(self, author: Actor, raw: bytes) -> None:
        """The very same mail, by another road."""
        await self._deliver(author, b"Received: from otro.example by correo.example; again\r\n" + raw)

    async def damaged(self, author: Actor) -> None:
        await self._deliver(author, mails.damaged(author, self.now))

    def mark(self, number: int) -> str:
        return mark(self.house.desk.office.book.mark_key, number)

    def last_letter(self, address: str, ticket: int) -> Letter:
        return next(x for x in reversed(self.letters) if x.to == address and x.ticket == ticket)

    async def _deliver(self, author: Actor, raw: bytes, words: str = "") -> bytes:
        subject = BytesHeaderParser(policy=default).parsebytes(raw)["Subject"]
        self.screen.mail(author.name, str(subject), " ".join(words.split()))
        await asyncio.to_thread(self.mailbox.deliver, raw, self.now)
        self.delivered += 1
        await self.rest()
        return raw

    # -- what the desk does ---------------------------------------------------------------------------------------

    def _arrived(self, recipient: str, raw: bytes) -> None:
        letter = Letter(self.now, recipient, raw)
        self.letters.append(letter)
        self._tell()
        self.screen.letter(letter.at, name_of(recipient), f"{letter.heading} · {letter.mail['Subject']}")

    def _put_off(self, recipient: str) -> None:
        self._tell()
        self.screen.decision(f"el servidor de salida dice «más tarde» · the relay says later ({recipient})", "yellow")

    def _tell(self) -> None:
        for decided in self.ledger.news():
            self._tell_one(decided)

    def _tell_one(self, decided: Decided) -> None:
        named = f"{self.mark(decided.ticket)}  " if decided.ticket else ""
        if why := decided.why_nothing:
            self.screen.decision(named + self.worded(why), "red" if decided.refused else "yellow")
            return
        if decided.cause.startswith("timer:"):
            self.screen.decision(f"{named}{self.worded(decided.reasons[0])}", "yellow")
        changes = [text for name, facts in decided.effects if (text := self._change(decided.ticket, name, facts))]
        if changes:
            self.screen.decision(f"{named}{' · '.join(changes)}")

    def worded(self, reason: Reason) -> str:
        return self._phrases.sentence(reason, "es")

    def _change(self, number: int, name: str, facts: dict[str, object]) -> str:
        match name:
            case "Open":
                return "solicitud nueva"
            case "SetState":
                state = self.house.desk.office.book.states.get(str(facts["state"]))
                return f"→ {state.label if state else facts['state']}"
            case "Assign":
                return f"a cargo de {self.ledger.responsible(number)}"
            case "Close":
                return str(facts["reason"]).replace("_", " ").replace("tacita", "tácita")
            case "Reopen":
                return "se abre de nuevo"
        return ""


def name_of(address: str) -> str:
    """How the people of the story call whoever has this address."""
    names = {actor.address: actor.name for actor in STAFF} | {DESK: "Mesa de Ayuda", OPERATOR: "Operador"}
    return names.get(address, address)
