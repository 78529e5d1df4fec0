"""Every letter against what Outlook 2016 and later (Word engine), Gmail and Apple Mail can show (mail_support.toml)."""

from __future__ import annotations

import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from maild.mail.compose import Composer
from tests.mail.letter_samples import composer, hostile, names, ordinary

SUPPORT = tomllib.loads(Path(__file__).with_name("mail_support.toml").read_text(encoding="utf-8"))
CLIENTS = ("outlook", "gmail", "apple")
_CELLS = ("td", "th")


class Checker(HTMLParser):
    """Collects what at least one of the programs cannot show."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.style = self.styles = ""
        self.hrefs: list[str] = []
        if len(html.encode()) > SUPPORT["limits"]["bytes"]:
            self.found.append("longer than Gmail shows")
        self.feed(html)
        self.close()
        if len(self.styles.encode()) > SUPPORT["limits"]["style_bytes"]:
            self.found.append("a style block that Gmail ignores")
        if re.search(r"url\(|@import|@font-face", self.styles):
            self.found.append("a style block that fetches something")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.style = tag if tag == "style" else ""
        if tag not in SUPPORT["elements"]:
            self.found.append(f"<{tag}>")
        given = {name: value or "" for name, value in attrs}
        self.found += [f"<{tag} {name}>" for name in given if name not in SUPPORT["attributes"] and tag != "img"]
        self._inline(tag, given.get("style", ""))
        if "href" in given:
            self.hrefs.append(given["href"])
        if tag == "table" and not {"border", "cellpadding", "cellspacing"} <= given.keys():
            self.found.append("a table whose spacing each program chooses")
        if tag == "td" and "background-color" in given.get("style", "") and "bgcolor" not in given:
            self.found.append("a coloured cell without bgcolor")

    def _inline(self, tag: str, style: str) -> None:
        for part in filter(None, (each.strip() for each in style.split(";"))):
            key, _, value = (each.strip() for each in part.partition(":"))
            support = SUPPORT["css"].get(key)
            if support is None or "bad" in support:
                self.found.append(f"{tag}: {key}")
            if key == "display" and value not in SUPPORT["values"]["display"]:
                self.found.append(f"{tag}: display:{value}")
            if any(re.search(rf"[0-9]{unit}\b", value) for unit in SUPPORT["values"]["forbidden_units"]):
                self.found.append(f"{tag}: {key}:{value}")
            # Words padding counts in cells, its margins everywhere but around tables.
            if key.startswith("padding") and tag not in (*_CELLS, "a", "body", "ul", "ol"):
                self.found.append(f"{tag}: padding, which Outlook does not keep")
            if key.startswith("margin") and tag == "table" and value != "0 10px 10px 0":
                self.found.append("table: margin, which Outlook does not keep")

    def handle_data(self, data: str) -> None:
        self.styles += data if self.style else ""

    def handle_endtag(self, tag: str) -> None:
        self.style = ""


@pytest.fixture(scope="module")
def writer() -> Composer:
    return composer()


@pytest.mark.parametrize("name", names())
def test_a_letter_uses_nothing_that_a_mail_program_cannot_show(writer: Composer, name: str) -> None:
    for letter in (ordinary(name), hostile(name)):
        page = Checker(writer.render(letter).html)
        assert page.found == []
        assert page.hrefs
        assert all(href.startswith("mailto:") and href.isascii() and "+" not in href for href in page.hrefs)


@pytest.mark.parametrize("name", names())
def test_outlook_gets_a_width_and_padding_in_its_own_way(writer: Composer, name: str) -> None:
    page = writer.render(ordinary(name)).html
    assert page.count("<!--[if mso]>") == page.count("<![endif]-->") == 2
    assert 'width="600"' in page.partition("<!--[if mso]>")[2].partition("<![endif]-->")[0]
    assert page.count("mso-padding-alt") == page.count("mailto:")


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<p style="display:flex">x</p>', "p: display:flex"),
        ('<svg></svg>', "<svg>"),
        ('<p style="position:absolute">x</p>', "p: position"),
        ('<p style="padding:3px">x</p>', "p: padding, which Outlook does not keep"),
        ('<p style="font-size:1.2rem">x</p>', "p: font-size:1.2rem"),
        ("<style>p{background:url(https://x.example/a.png)}</style>", "a style block that fetches something"),
        ('<table><tr><td style="background-color:#fff">x</td></tr></table>', "a coloured cell without bgcolor"),
        ("<p>" + "x" * 103_000 + "</p>", "longer than Gmail shows"),
    ],
)  # fmt: skip
def test_the_checker_finds_what_it_is_for(html: str, said: str) -> None:
    assert said in Checker(html).found
