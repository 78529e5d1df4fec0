"""The institution's logo: inside the letter, named in it, and nothing of the letter lost where it is not shown."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from maild.mail.compose import Composer, read_logo
from maild.mail.parse import parse
from tests.mail.letter_samples import IDENTITY, TEMPLATES, ordinary
from tests.mail.test_compose import MESSAGE_ID, NOW


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x0b\x5c\xad" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


LOGO = read_logo(png(480, 64))
WRITER = Composer((TEMPLATES,), replace(IDENTITY, logo=LOGO, institution="Entidad «A&B»"))


@pytest.mark.parametrize("name", ["es/user/acuse", "es/user/mantenimiento_programa"])
def test_the_page_shows_the_picture_that_goes_along(name: str) -> None:
    letter = ordinary(name)
    raw = WRITER.to_bytes(letter, WRITER.render(letter), message_id=MESSAGE_ID, date=NOW)
    mail = message_from_bytes(raw, policy=default)
    assert mail.defects == []
    page = mail.get_body(("html",))
    assert page is not None
    html = str(page.get_content())
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert [part["Content-ID"] for part in pictures] == [f"<{LOGO.content_id}>"]
    assert f'src="cid:{LOGO.content_id}" width="240" height="32" alt="Entidad «A&amp;B»"' in html
    assert pictures[0].get_content() == LOGO.png
    assert pictures[0].get_content_disposition() == "inline"
    kinds = [part.get_content_type() for part in mail.walk()]
    ends = ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    events = ["text/calendar"] if name.endswith("programa") else []
    assert kinds == (["multipart/mixed"] if events else []) + ends + events
    assert parse(raw).new_text == parse(plainly(name)).new_text


def plainly(name: str) -> bytes:
    writer = Composer((TEMPLATES,), replace(IDENTITY, institution="Entidad «A&B»"))
    letter = ordinary(name)
    return writer.to_bytes(letter, writer.render(letter), message_id=MESSAGE_ID, date=NOW)


@pytest.mark.parametrize(("size", "shown"), [((480, 64), (240, 32)), ((100, 100), (48, 48)), ((40, 20), (40, 20))])
def test_a_picture_is_made_small_and_never_larger(size: tuple[int, int], shown: tuple[int, int]) -> None:
    logo = read_logo(png(*size))
    assert (logo.width, logo.height) == shown


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"GIF89a" + b"\0" * 100, "PNG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (png(0, 0), "sin tamaño"),
        (png(10, 10) + b"\0" * 70_000, "64 KiB"),
        ((Path(__file__).parent / "test_logo.py").read_bytes(), "PNG"),
    ],
)
def test_what_cannot_be_shown_is_told(octets: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_logo(octets)
