"""Letters in a sender's hands: whose they are while it lives, and what the operator hears when nobody knows."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from maild.config import load
from maild.dispatch import Dispatcher, Terms
from maild.house import House, real_now, relay_settings
from maild.store import letters
from maild.store.clerk import Clerk
from maild.store.schema import outbox

_CONFIG = """\
[desk]
address = "mesa@entidad.example"
operator = "operador@entidad.example"
[mailbox]
host = "127.0.0.1"
tls = "none"
user = "mesa"
password = "secret"
[smtp]
host = "127.0.0.1"
port = 9
tls = "none"
[security]
allow_inline_secrets = true
"""


class Sending:
    """A dispatcher without a relay, and a letter that it has taken in hand."""

    def __init__(self, folder: Path) -> None:
        (folder / "config.toml").write_text(_CONFIG)
        (folder / "people.toml").touch()
        key = folder / "secrets" / "token-key"
        key.parent.mkdir(mode=0o700)
        key.write_text(f"a {secrets.token_hex(32)}\n")
        key.chmod(0o600)
        self.house = House.open(load(folder / "config.toml"))
        self.clerk = Clerk(self.house.database)
        relay = relay_settings(self.house.config)
        terms = Terms("mesa@entidad.example", "us", 1000)
        self.dispatcher = Dispatcher(self.clerk, self.house.desk, relay, terms, real_now)

    def taken(self, *, doubts: int = 0, past_data: bool = False) -> None:
        now = real_now()
        row = {
            "cause": "inbound:1#0",
            "message_id": "m1@entidad.example",
            "template": "acuse",
            "recipient": "rosa@entidad.example",
            "raw": b"Subject: hola\r\n\r\n",
            "state": "queued",
            "ambiguous": doubts,
            "created_at": now,
            "not_before": now,
            "expires_at": now + timedelta(days=3),
        }
        with self.house.database.write() as tx:
            tx.execute(outbox.insert(), row)
            (leased,) = letters.claim(tx, "us", now, 10)
            if past_data:
                letters.data_issued(tx, leased.attempt)

    def rows(self) -> list[dict[str, Any]]:
        with self.house.database.engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(outbox).order_by(outbox.c.id)).mappings()]


@pytest.fixture
async def sending(tmp_path: Path) -> AsyncIterator[Sending]:
    sending = Sending(tmp_path)
    yield sending
    await sending.dispatcher.close()
    await sending.clerk.close()
    sending.house.close()


async def test_a_letter_being_sent_now_is_not_taken_back_by_the_daemon_that_sends_it(sending: Sending) -> None:
    sending.taken(past_data=True)
    await sending.dispatcher.recover()
    assert [row["state"] for row in sending.rows()] == ["leased"]


async def test_a_daemon_that_starts_again_takes_back_what_its_earlier_life_had_in_hand(sending: Sending) -> None:
    sending.taken()
    await sending.dispatcher.recover(earlier_life=True)
    assert [row["state"] for row in sending.rows()] == ["queued"]


async def test_a_letter_doubtful_for_the_second_time_is_told_to_the_operator_once(sending: Sending) -> None:
    sending.taken(doubts=1, past_data=True)
    await sending.dispatcher.recover(earlier_life=True)
    await sending.dispatcher.recover(earlier_life=True)
    found = [(row["state"], row["template"], row["recipient"]) for row in sending.rows()]
    assert found == [
        ("unknown", "acuse", "rosa@entidad.example"),
        ("queued", "carta_fallida", "operador@entidad.example"),
    ]


async def test_letters_of_the_brake_are_queued_as_the_hour_has_room_and_no_others(sending: Sending) -> None:
    now = real_now()
    with sending.house.database.write() as tx:
        for number, holder in enumerate(("brake", "address", "operator", "stopped", "brake")):
            row = {
                "cause": f"inbound:{number}#0",
                "message_id": f"m{number}@entidad.example",
                "template": "acuse",
                "recipient": f"persona{number}@entidad.example",
                "raw": b"Subject: hola\r\n\r\n",
                "state": "held",
                "held_by": holder,
                "created_at": now - timedelta(days=5),
                "not_before": now,
                "expires_at": now - timedelta(days=2),
            }
            letters.insert(tx, [row])
    await sending.dispatcher.flush()
    assert [row["state"] for row in sending.rows()] == ["queued", "held", "held", "held", "queued"]
    assert all(row["expires_at"] > now for row in sending.rows() if row["state"] == "queued")
