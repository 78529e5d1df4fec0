"""Every letter in a real browser: no sideways scrolling on any screen, buttons large enough for a finger, readable by day and night."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

from maild import rules, showcase
from maild.config.shipped import shipped
from maild.mail.compose import Composer
from maild.mail.gallery import Entry, gallery, side_by_side
from tests.mail.letter_samples import IDENTITY, TEMPLATES, composer, hostile, names, ordinary
from tests.mail.test_logo import LOGO

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
SWITCHES = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"),
    *("--disable-background-networking", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars"),
)
DARK = ("--force-dark-mode", "--blink-settings=preferredColorScheme=0")
WIDTHS = (320, 600, 1024)
LEAST_BUTTON = 44  # px, the smallest thing a finger hits without trying twice
LEAST_CONTRAST = 4.5  # WCAG 2.1 AA for running text

# Runs in the page around the letters: each stands in a frame of the wanted width.
MEASURE = """
const numbers = text => (text.match(/[0-9.]+/g) || []).map(Number);
const light = ([r, g, b]) => { const f = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
const ground = (view, node) => { for (; node; node = node.parentElement) {
  const c = numbers(view.getComputedStyle(node).backgroundColor); if (c.length === 3 || c[3] === 1) return c; }
  return [255, 255, 255]; };
const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
addEventListener('load', () => {
  const found = [...document.querySelectorAll('iframe')].map(frame => {
    const page = frame.contentDocument, view = frame.contentWindow, wide = page.documentElement.clientWidth;
    const shown = [...page.body.querySelectorAll('*')].filter(e => e.getClientRects().length);
    const texts = shown.filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
    return { name: frame.title, wide, scroll: page.documentElement.scrollWidth,
      right: Math.max(...shown.map(e => e.getBoundingClientRect().right)),
      left: Math.min(...shown.map(e => e.getBoundingClientRect().left)),
      buttons: [...page.querySelectorAll('a')].map(a => [a.getBoundingClientRect(), a.closest('th')])
        .map(([r, cell]) => [cell ? 0 : r.width, r.height, r.width]),
      contrast: Math.min(...texts.map(e => contrast(numbers(view.getComputedStyle(e).color), ground(view, e)))),
      ground: ground(view, page.body), lang: page.documentElement.lang, h1: page.querySelectorAll('h1').length,
      fetched: view.performance.getEntriesByType('resource').length };
  });
  document.getElementById('found').textContent = JSON.stringify(found);
});
"""


Measured = list[dict[str, Any]]
Measure = Callable[..., Measured]


@pytest.fixture(scope="module")
def measure(tmp_path_factory: pytest.TempPathFactory) -> Measure:
    """`measure(320)`: every letter on a screen of that width; each screen is opened once for all tests."""
    pages = every_page()
    return functools.cache(
        lambda width, *switches: measured(tmp_path_factory.mktemp("screen"), pages, width, *switches)
    )


def every_page() -> dict[str, str]:
    """The HTML of every letter, ordinary and hostile."""
    writer = composer()
    pages = {
        f"{name} {kind}": writer.render(make(name)).html
        for name in names()
        for kind, make in (("ordinary", ordinary), ("hostile", hostile))
    }
    with_logo = Composer((TEMPLATES,), replace(IDENTITY, logo=LOGO))
    pages["es/user/acuse logo"] = with_logo.render(ordinary("es/user/acuse")).html
    # Those of the institution with the most procedures, as its own people would get them.
    office = showcase.sample_office(rules.load(shipped("rules") / "minem"))
    for shown in showcase.everything(office, writer):
        for language, letter in shown.letters.items():
            name = f"{language}/{shown.audience}/{shown.template} {shown.place or 'by itself'}"
            pages[name] = writer.render(letter).html
    return pages


def browse(folder: Path, page: Path, *switches: str) -> str:
    """The page as the browser understood it; the profile is new and goes away with the test."""
    if not BROWSER:
        assert os.environ.get("CI") != "true", "nothing is skipped on CI: chromium is missing"
        pytest.skip("chromium is not installed (apt-get install chromium)")
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [BROWSER, *SWITCHES, *switches, profile, "--window-size=1200,900", "--dump-dom", page.as_uri()]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def measured(folder: Path, pages: dict[str, str], width: int, *switches: str) -> Measured:
    frames = "\n".join(
        f'<iframe title="{escape(name)}" width="{width}" height="900" style="border:0" srcdoc="{escape(html)}"></iframe>'
        for name, html in pages.items()
    )
    page = folder / "measure.html"
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><script>{MEASURE}</script><pre id="found"></pre>{frames}',
        encoding="utf-8",
    )
    dump = browse(folder, page, *switches)
    said = re.search(r'<pre id="found">(.*?)</pre>', dump, re.DOTALL)
    assert said is not None
    found: Measured = json.loads(unescape(said.group(1)))
    assert [letter["name"] for letter in found] == list(pages)
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_no_letter_is_wider_than_the_screen(measure: Measure, width: int) -> None:
    for letter in measure(width):
        assert letter["wide"] == width
        assert letter["scroll"] <= width, letter["name"]
        assert letter["left"] >= 0, letter["name"]
        assert letter["right"] <= width + 0.5, letter["name"]


def test_buttons_fit_a_finger_and_fill_a_phone(measure: Measure) -> None:
    for letter in measure(320):
        assert letter["buttons"] or not letter["name"].endswith(("ordinary", "hostile")), letter["name"]
        for alone, high, wide in letter["buttons"]:
            assert min(high, wide) >= LEAST_BUTTON, letter["name"]
            assert alone >= 250 or not alone, letter["name"]  # one in a row of a table has its cell


@pytest.mark.parametrize("switches", [(), DARK], ids=["day", "night"])
def test_words_stand_out_from_their_ground(measure: Measure, switches: tuple[str, ...]) -> None:
    for letter in measure(600, *switches):
        assert letter["contrast"] >= LEAST_CONTRAST, letter["name"]
        assert (max(letter["ground"]) < 80) is bool(switches), letter["name"]


def test_a_letter_says_its_language_has_one_heading_and_fetches_nothing(measure: Measure) -> None:
    for letter in measure(1024):
        assert letter["lang"] == letter["name"].partition("/")[0]
        assert letter["h1"] == 1
        assert letter["fetched"] == 0


def test_the_gallery_opens_with_every_letter_in_it(tmp_path: Path) -> None:
    writer, now = composer(), datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
    mails: list[tuple[datetime, bytes]] = []
    for name in ("es/user/acuse", "en/technician/asignacion"):
        letter = ordinary(name)
        raw = writer.to_bytes(letter, writer.render(letter), message_id=f"{len(mails)}@entidad.example", date=now)
        mails.append((now, raw))
    dump = browse(tmp_path, gallery(tmp_path / "cartas", mails))
    assert dump.count("<details") == 2
    assert "Recibimos su solicitud" in dump
    assert "A request was assigned to you" in dump


@pytest.mark.parametrize("switches", [(), DARK], ids=["day", "night"])
def test_the_gallery_for_those_who_approve_fits_every_screen(tmp_path: Path, switches: tuple[str, ...]) -> None:
    writer = composer()
    office = showcase.sample_office(rules.load(shipped("rules") / "osce"))
    shown = showcase.everything(office, writer)[:4]
    entries = [Entry(s.template, s.audience, s.place, mails) for s, mails in showcase.rendered(shown, writer)]
    page = side_by_side(tmp_path / "cartas", entries, "Cartas").read_text(encoding="utf-8")
    assert page.count("<section lang=") == 8
    for width in WIDTHS:
        folder = tmp_path / str(width)
        folder.mkdir()
        (found,) = measured(folder, {"gallery": page.replace("<details>", "<details open>")}, width, *switches)
        assert found["scroll"] <= width
        assert found["right"] <= width + 0.5
        assert found["contrast"] >= LEAST_CONTRAST
        assert all(high >= LEAST_BUTTON for _, high, _ in found["buttons"])
