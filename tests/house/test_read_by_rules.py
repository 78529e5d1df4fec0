"""What a mail is about is said by the children that read it; the desk takes their word only for the words and rules of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maild import rules
from maild.config.shipped import shipped
from maild.core.classify import Verdict
from maild.core.values import Mail
from maild.desk import Desk
from maild.mail.sandbox import Sandbox
from maild.reading import Reading
from maild.store import mails, tickets
from maild.store.clerk import Clerk
from maild.store.mails import Arrival
from tests.house.desk import RealDesk
from tests.house.test_files import mail

PRINTER = mail("La impresora del segundo piso no imprime")


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[RealDesk]:
    with RealDesk.on(database_url, tmp_path) as desk:
        yield desk


class Changing(Sandbox):
    """Children during whose work the rules change."""

    changes: tuple[Reading, Desk] | None = None

    async def read(self, raw: bytes) -> tuple[Mail, Verdict | None]:
        found = await super().read(raw)
        if self.changes:
            reading, desk = self.changes
            reading.take_over(desk)
        return found


async def read(desk: RealDesk, raw: bytes, then: Desk | None = None) -> str:
    """The category of the ticket that this mail opens when the daemon reads it; `then`: the desk by which it is decided."""
    digests = desk.raw.put([raw])
    with desk.database.write() as tx:
        mails.put(tx, [Arrival(digests[0], len(raw), desk.now)], desk.now)
    clerk = Clerk(desk.database, most=8)
    async with Changing(workers=1) as children:
        reading = Reading(clerk, desk.desk, desk.raw, children, 10)
        children.changes = (reading, then) if then else None
        assert await reading.drain() == 1
    await clerk.close()
    with desk.database.write() as tx:
        ticket = tickets.load(tx, 1)
    assert ticket is not None
    return ticket.category


async def test_the_word_of_a_child_sorts_the_ticket_as_the_desk_itself_would(
    desk: RealDesk, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RealDesk.on("sqlite://", tmp_path_factory.mktemp("alone")) as alone:
        after = alone.put(PRINTER).after
    assert after is not None and after.category
    monkeypatch.setattr("maild.core.reader.classify", None)  # from here on the desk could not sort it itself
    assert await read(desk, PRINTER) == after.category


async def test_rules_that_change_while_a_mail_is_read_decide_it(desk: RealDesk) -> None:
    book = rules.load(shipped("rules") / "pnpais")
    other = replace(desk.desk, office=replace(desk.desk.office, book=book))
    assert await read(desk, PRINTER, then=other) == "EQUIPOS INFORMÁTICOS"
