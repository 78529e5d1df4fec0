"""Every letter as it reads today, in both languages, with ordinary and with hostile words.

To change them on purpose, run this module with MAILD_UPDATE_GOLDENS=1 in the environment and read the difference.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from maild.core.letters import LANGUAGES, Letter
from maild.mail.compose import Composer
from tests.mail.letter_samples import composer, hostile, names, ordinary

GOLDENS = Path(__file__).parents[1] / "data" / "letters"
UPDATE = bool(os.environ.get("MAILD_UPDATE_GOLDENS"))
MAKERS: dict[str, Callable[[str], Letter]] = {"ordinary": ordinary, "hostile": hostile}
TAGS = {"h1", "h2", "p", "ul", "li", "table", "tr", "td", "th", "strong", "blockquote", "div", "br", "a", "span"}


@pytest.fixture(scope="module")
def writer() -> Composer:
    return composer()


class Reader(HTMLParser):
    """What a person sees of HTML, and every tag and address in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.seen: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "background", "action")]
        self.seen.append(" ")

    def handle_data(self, data: str) -> None:
        self.seen.append(data)

    def words(self) -> list[str]:
        return re.findall(r"\w+", "".join(self.seen).replace("\u00a0", " "))


def body(html: str) -> str:
    """The part of the page between the frame's marks."""
    return html.partition("<!--letter-->\n")[2].partition("\n<!--/letter-->")[0]


def compared(path: Path, found: str) -> None:
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found, encoding="utf-8", newline="\n")
    assert path.exists(), f"no golden file {path.name}; see the head of this module"
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", names())
def test_a_letter_reads_as_agreed(writer: Composer, name: str, kind: str) -> None:
    rendered = writer.render(MAKERS[kind](name))
    assert rendered.problem is None
    text = f"{rendered.subject}\n\n{rendered.text}"
    compared(GOLDENS / f"{name}.{kind}.txt", text)
    compared(GOLDENS / f"{name}.{kind}.html", body(rendered.html) + "\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_around_a_letter_looks_as_agreed(writer: Composer, language: str) -> None:
    compared(GOLDENS / f"page.{language}.html", writer.render(ordinary(f"{language}/user/conformidad")).html)


def test_no_golden_is_left_of_a_letter_that_is_gone() -> None:
    known = {f"{name}.{kind}{suffix}" for name in names() for kind in MAKERS for suffix in (".txt", ".html")}
    known |= {f"page.{language}.html" for language in LANGUAGES}
    assert {path.relative_to(GOLDENS).as_posix() for path in GOLDENS.rglob("*.*")} == known


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", names())
def test_text_and_html_say_the_same_in_the_same_order(writer: Composer, name: str, kind: str) -> None:
    letter = MAKERS[kind](name)
    rendered = writer.render(Letter(letter.template, letter.audience, letter.language, letter.to, letter.facts))
    text = rendered.text.partition("\n\n")[2].rpartition("\n-- \n")[0]
    assert Reader(body(rendered.html)).words() == re.findall(r"\w+", text)


@pytest.mark.parametrize("name", names())
def test_buttons_are_named_in_text_and_html(writer: Composer, name: str) -> None:
    letter = ordinary(name)
    rendered = writer.render(letter)
    seen = " ".join(Reader(body(rendered.html)).words())
    for button in letter.buttons:
        assert f"{button.order} — {button.label}" in rendered.text
        assert " ".join(re.findall(r"\w+", button.label)) in seen
        assert " ".join(re.findall(r"\w+", button.order)) in seen


@pytest.mark.parametrize("name", names())
def test_hostile_words_bring_no_tag_no_attribute_and_no_address(writer: Composer, name: str) -> None:
    page = writer.render(hostile(name)).html
    tame = Reader(writer.render(ordinary(name)).html)
    read = Reader(page)
    assert read.tags <= tame.tags | {"div"}  # a paragraph break inside a quotation
    assert Reader(body(page)).tags <= TAGS
    assert read.attributes <= tame.attributes
    assert all(address.startswith("mailto:mesa@entidad.example?subject=") for address in read.addresses)
    assert "49" not in page.partition("<!--letter-->")[2]  # {{ 7*7 }} stays as it was written


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", names())
def test_nothing_is_left_to_fill_in(writer: Composer, name: str, kind: str) -> None:
    rendered = writer.render(MAKERS[kind](name))
    assert not re.search("[\ue000-\ue003]", writer.render(ordinary(name)).text + writer.render(ordinary(name)).html)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", rendered.text)
    assert "**" not in writer.render(ordinary(name)).text
    assert "\n\n\n" not in rendered.text
