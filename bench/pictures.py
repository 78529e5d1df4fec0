"""The picture of a digest in the docs, taken anew: a quarter is played, and its letters are opened in a real browser.

python -m bench.pictures [--browser chromium]
"""

from __future__ import annotations

import argparse
import email
import random
import shutil
import subprocess
import tempfile
from datetime import timedelta
from email.policy import default
from html import escape
from pathlib import Path

from sqlalchemy import text

from bench.year import START, Year
from maild.store.database import Database
from maild.store.upgrade import upgrade

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
SWITCHES = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--blink-settings=imagesEnabled=false")
# Whose digest, and how wide the screen: one on a desk, one on a telephone. Images are off.
SCREENS = (("carla@entidad.test", 640), ("luis@entidad.test", 360))
HIGH = 1240


def pages(folder: Path) -> dict[str, str]:
    """The longest digest of each reader."""
    database = Database(f"sqlite:///{folder / 'quarter.sqlite'}")
    upgrade(database)
    year, chance = Year(database, users=20, profile="osce"), random.Random(3)
    year.scatter(600, chance)
    year.play(chance, START + timedelta(days=95))
    found = {}
    asked = text(
        "SELECT raw FROM outbox WHERE template = 'resumen' AND recipient = :r ORDER BY length(raw) DESC LIMIT 1"
    )
    with database.write() as tx:
        for reader, _ in SCREENS:
            letter = email.message_from_bytes(bytes(tx.execute(asked, {"r": reader}).scalar_one()), policy=default)
            page = letter.get_body(("html",))
            assert page is not None
            found[reader] = page.get_content()
    database.close()
    return found


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--browser", default=shutil.which("chromium") or "chromium")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        written = pages(Path(folder))
        frames = "".join(
            f'<iframe width="{wide}" height="{HIGH}" style="border:0" srcdoc="{escape(written[who])}"></iframe>'
            for who, wide in SCREENS
        )
        page = Path(folder) / "page.html"
        page.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body style="margin:0;white-space:nowrap">{frames}')
        size = f"--window-size={sum(wide for _, wide in SCREENS)},{HIGH}"
        shot = f"--screenshot={PICTURES / 'digest.png'}"
        profile = f"--user-data-dir={folder}/profile"
        subprocess.run([asked.browser, *SWITCHES, profile, size, shot, page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
