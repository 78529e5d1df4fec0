"""Ten thousand damaged mails: each is understood or refused by name, none is lost and none raises anything else."""

from __future__ import annotations

import asyncio
from collections import Counter

from maild.errors import MailError
from maild.mail.parse import parse, partial
from maild.mail.sandbox import Sandbox
from tests.mail.damage import damaged
from tests.mail.test_parse import storable

MAILS = 10_000
IN_CHILDREN = 400


def test_ten_thousand_damaged_mails_are_each_accounted_for() -> None:
    outcomes: Counter[str] = Counter()
    for number, raw in enumerate(damaged(MAILS)):
        try:
            mail = parse(raw, html=number % 2 == 0)
            outcomes["understood"] += 1
        except MailError as refusal:
            mail = partial(raw, str(refusal))
            outcomes[str(refusal)] += 1
        storable(mail)
    assert outcomes.total() == MAILS
    assert outcomes["understood"] > 0.99 * MAILS, outcomes
    assert set(outcomes) <= {"understood", "mime-depth", "mime-parts", "mime-boundary", "mime-lines"}, outcomes


async def test_children_say_of_damaged_mails_what_the_parser_says() -> None:
    raws = list(damaged(IN_CHILDREN))

    async def outcome(pool: Sandbox, raw: bytes) -> object:
        try:
            return await pool.parse(raw)
        except MailError as refusal:
            return str(refusal)

    async with Sandbox() as pool:
        answers = await asyncio.gather(*(outcome(pool, raw) for raw in raws))
    for raw, answer in zip(raws, answers, strict=True):
        try:
            assert answer == parse(raw)
        except MailError as refusal:
            assert answer == str(refusal)
