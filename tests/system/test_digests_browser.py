"""Digests of a real quarter in a real browser: for a screen and for a telephone, by day and by night, with images and without."""

from __future__ import annotations

import email
import random
from collections.abc import Iterator
from datetime import timedelta
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import text

from bench.year import START, Year
from maild.store.database import Database
from maild.store.upgrade import upgrade
from tests.system.test_letters_browser import DARK, LEAST_BUTTON, LEAST_CONTRAST, WIDTHS, measured

NO_IMAGES = ("--blink-settings=imagesEnabled=false",)
READERS = {"luis@entidad.test": "MIS PENDIENTES", "carla@entidad.test": "RESUMEN"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The longest digest of each reader, as its HTML."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('quarter') / 'quarter.sqlite'}")
    upgrade(database)
    year, chance = Year(database, users=20), random.Random(3)
    year.scatter(300, chance)
    year.play(chance, START + timedelta(days=95))
    found = {}
    with database.write() as tx:
        for reader, title in READERS.items():
            asked = (
                "SELECT raw FROM outbox WHERE template = 'resumen' AND recipient = :r ORDER BY length(raw) DESC LIMIT 1"
            )
            raw = tx.execute(text(asked), {"r": reader}).scalar_one()
            letter = email.message_from_bytes(bytes(raw), policy=default)
            plain, page = letter.get_body(("plain",)), letter.get_body(("html",))
            assert plain is not None
            assert page is not None
            assert title in plain.get_content()
            found[f"es/{reader}"] = page.get_content()
    yield found
    database.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("switches", [(), DARK, NO_IMAGES], ids=["day", "night", "no images"])
def test_a_digest_fits_the_screen_and_can_be_read(
    pages: dict[str, str], tmp_path: Path, width: int, switches: tuple[str, ...]
) -> None:
    for letter in measured(tmp_path, pages, width, *switches):
        assert letter["scroll"] <= width, letter["name"]
        assert letter["right"] <= width + 0.5, letter["name"]
        assert letter["contrast"] >= LEAST_CONTRAST, letter["name"]
        assert (letter["lang"], letter["h1"], letter["fetched"]) == ("es", 1, 0)


def test_nothing_of_a_digest_is_an_image(pages: dict[str, str], tmp_path: Path) -> None:
    assert measured(tmp_path, pages, 600) == measured(tmp_path, pages, 600, *NO_IMAGES)
    for page in pages.values():
        assert not any(sign in page for sign in ("<img", "<svg", "<canvas", "url("))
        assert "bgcolor=" in page


def test_the_number_of_a_ticket_is_large_enough_for_a_finger(pages: dict[str, str], tmp_path: Path) -> None:
    mine = next(letter for letter in measured(tmp_path, pages, 320) if "luis" in letter["name"])
    assert mine["buttons"]
    assert all(high >= LEAST_BUTTON for _, high, *_ in mine["buttons"])
