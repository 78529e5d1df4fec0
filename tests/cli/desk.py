"""A small institution in a folder, and mails for it, for the tests of what an operator types."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maild.cli.main import main
from maild.config import load
from maild.core.events import MailArrived
from maild.core.values import Kind, Mail, Sender, because
from maild.house import House
from maild.store import mails
from maild.store.mails import Arrival

PEOPLE = """
[person.rosa]
address = "rosa@entidad.example"
name = "Rosa Quispe"
role = "usuario"

[person.luis]
address = "luis@entidad.example"
name = "Luis Paredes"
role = "tecnico"

[person.maria]
address = "maria@entidad.example"
name = "María Torres"
role = "mesa"
"""


@dataclass
class Desk:
    """What a shell would do, and what its screen then shows."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    sent: int = field(default=0)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def maild(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of one command."""
        self.capsys.readouterr()
        code = main(["--config", str(self.config), *arguments])
        told = self.capsys.readouterr()
        return code, told.out, told.err

    def open(self) -> House:
        return House.open(load(self.config))

    def mail(
        self, sender: str, subject: str, text: str = "", *, message_id: str = "", park: str = "", in_reply_to: str = ""
    ) -> int:
        """A mail arrives and is decided; its number."""
        self.sent += 1
        message_id = message_id or f"m{self.sent}@entidad.example"
        raw = f"From: {sender}\r\nSubject: {subject}\r\n\r\n{text or self.sent}".encode("utf-8", "replace")
        house = self.open()
        try:
            (name,) = house.raw.put([raw])
            with house.database.write() as tx:
                (mail_id,) = mails.put(tx, [Arrival(name, len(raw), self._at())], house.now())
                if park:
                    house.desk.park(tx, mail_id, because(park), self._understood(sender, subject, text, message_id))
        finally:
            house.close()
        if not park:
            self.decide(mail_id, sender, subject, text, message_id=message_id, in_reply_to=in_reply_to)
        return mail_id

    def decide(
        self, mail_id: int, sender: str, subject: str, text: str = "", *, message_id: str = "", in_reply_to: str = ""
    ) -> None:
        """The desk decides a stored mail, read as this."""
        house = self.open()
        try:
            with house.database.write() as tx:
                mail = replace(
                    self._understood(sender, subject, text, message_id),
                    in_reply_to=(in_reply_to,) if in_reply_to else (),
                )
                house.desk.mail(tx, MailArrived(mail_id, mail, self._at()))
        finally:
            house.close()

    def _at(self) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=30 - self.sent)

    def _understood(self, sender: str, subject: str, text: str, message_id: str) -> Mail:
        return Mail(
            Sender(sender),
            message_id=message_id,
            subject=subject,
            text=text,
            new_text=text,
            kind=Kind.REQUEST,
            canonical=f"{self.sent:064}",
        )
