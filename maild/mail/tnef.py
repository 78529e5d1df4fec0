"""What a winmail.dat holds (MS-OXTNEF): the files under their names, and the text where the mail has no other.

Read once from front to back within the bytes that are there; what is cut off or contradicts itself ends the reading.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from maild.mail.charset import decode

_SIGNATURE = 0x223E9F78
_BODY, _CODE_PAGE = 0x800C, 0x9007
_MESSAGE_PROPS, _ATTACH_PROPS = 0x9003, 0x9005
_ATTACH_BEGIN, _ATTACH_TITLE, _ATTACH_DATA = 0x9002, 0x8010, 0x800F
# MAPI properties (MS-OXPROPS).
_PR_BODY, _PR_HTML = 0x1000, 0x1013
_PR_DATA, _PR_NAME, _PR_LONG_NAME, _PR_MIME_TYPE, _PR_CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712
_FIXED = {0x01: 0, 0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_COUNTED = {0x0D, 0x1E, 0x1F, 0x102}
_MULTIPLE = 0x1000
_MOST_FILES, _MOST_PROPERTIES = 50, 2000


@dataclass(slots=True)
class File:
    """A file that Outlook packed."""

    name: str = ""
    content_type: str = ""
    content_id: str = ""
    data: bytes = b""


@dataclass(slots=True)
class Unpacked:
    """Everything of use in one winmail.dat."""

    text: str = ""
    html: str = ""
    files: list[File] = field(default_factory=list)


def is_tnef(data: bytes) -> bool:
    return len(data) > 6 and int.from_bytes(data[:4], "little") == _SIGNATURE


def unpacked(data: bytes) -> Unpacked:
    """Whatever can be read; nothing at all where the bytes are no TNEF."""
    found = Unpacked()
    charset = "cp1252"
    if not is_tnef(data):
        return found
    for name, value in _attributes(data):
        if name == _CODE_PAGE and len(value) >= 4:
            charset = f"cp{int.from_bytes(value[:4], 'little')}"
        elif name == _BODY:
            found.text = _text(value, charset)
        elif name == _MESSAGE_PROPS:
            _message(found, value, charset)
        elif name == _ATTACH_BEGIN:
            if len(found.files) >= _MOST_FILES:
                break
            found.files.append(File())
        elif found.files:
            _attachment(found.files[-1], name, value, charset)
    found.files = [file for file in found.files if file.name or file.data]
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    while at + 9 <= len(data):
        _level, name, _kind, length = struct.unpack_from("<BHHI", data, at)
        at += 9
        if length > len(data) - at:
            return
        yield name, data[at : at + length]
        at += length + 2  # and a check sum


def _message(found: Unpacked, value: bytes, charset: str) -> None:
    for key, kind, content in _properties(value):
        if key == _PR_BODY:
            found.text = _string(content, kind, charset) or found.text
        elif key == _PR_HTML:
            found.html = _string(content, kind, charset)


def _attachment(file: File, name: int, value: bytes, charset: str) -> None:
    if name == _ATTACH_TITLE:
        file.name = file.name or _text(value, charset)
    elif name == _ATTACH_DATA:
        file.data = value
    elif name == _ATTACH_PROPS:
        told = {key: (content, kind) for key, kind, content in _properties(value)}
        if _PR_LONG_NAME in told or _PR_NAME in told:
            file.name = _string(*told.get(_PR_LONG_NAME, told.get(_PR_NAME, (b"", 0))), charset) or file.name
        if _PR_MIME_TYPE in told:
            file.content_type = _string(*told[_PR_MIME_TYPE], charset).lower()
        if _PR_CONTENT_ID in told:
            file.content_id = _string(*told[_PR_CONTENT_ID], charset)
        if _PR_DATA in told and not file.data:
            content, kind = told[_PR_DATA]
            file.data = content[16:] if kind == 0x0D else content  # an object: behind the id of its interface


def _properties(value: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Every property: its id, its type, its (first) value."""
    if len(value) < 4:
        return
    at = 4
    for _ in range(min(int.from_bytes(value[:4], "little"), _MOST_PROPERTIES)):
        if at + 4 > len(value):
            return
        kind, key = struct.unpack_from("<HH", value, at)
        at = _behind_name(value, at + 4) if key >= 0x8000 else at + 4
        several, kind = kind & _MULTIPLE, kind & ~_MULTIPLE
        counted = kind in _COUNTED
        if not counted and (kind not in _FIXED or (several and not _FIXED[kind])):
            return
        values = 1
        if (several or counted) and at + 4 <= len(value):
            values = int.from_bytes(value[at : at + 4], "little")
            at += 4
        first = b""
        for number in range(min(values, _MOST_PROPERTIES)):
            length = _FIXED.get(kind, 0)
            if counted:
                length = int.from_bytes(value[at : at + 4], "little")
                at += 4
            if length > len(value) - at:
                return
            first = first if number else value[at : at + length]
            at += length + (-length % 4)
        yield key, kind, first


def _behind_name(value: bytes, at: int) -> int:
    """Behind the name of a named property: a GUID, then a number or a string."""
    kind = int.from_bytes(value[at + 16 : at + 20], "little")
    if kind == 0:
        return at + 24
    length = int.from_bytes(value[at + 20 : at + 24], "little")
    return at + 24 + length + (-length % 4)


def _string(content: bytes, kind: int, charset: str) -> str:
    return _text(content, "utf-16-le" if kind == 0x1F else charset)


def _text(content: bytes, charset: str) -> str:
    return decode(content, charset)[0].partition("\0")[0]
