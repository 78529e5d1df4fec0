"""A Mail as JSON and back, and the length-prefixed frames in which parser children receive and answer."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from maild.core.classify import Verdict
from maild.core.values import Mail

LENGTH_BYTES = 4
# A Mail without its HTML: two texts of 512 KiB, each character at most doubled by JSON, and 200 addresses.
LARGEST_ANSWER = 8 * 1024 * 1024


def frame(payload: bytes, length: int | None = None) -> bytes:
    """A payload behind its length; `length` is that of the whole where this is only its beginning."""
    return (len(payload) if length is None else length).to_bytes(LENGTH_BYTES, "big") + payload


def to_json(mail: Mail, verdict: Verdict | None = None) -> bytes:
    """Every field of a Mail, in UTF-8, and the verdict about it."""
    return _ENCODER.encode((mail, verdict))


_HASH = 64  # hex digits of a sha256


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Files as hash, length and bytes, one behind the other."""
    return b"".join(
        part
        for digest, data in files
        for part in (digest.encode("ascii"), len(data).to_bytes(LENGTH_BYTES, "big"), data)
    )


def unpacked(answer: bytes) -> dict[str, bytes]:
    """The files of an answer, by hash. What is not complete raises ValueError."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(answer):
        start = at + _HASH + LENGTH_BYTES
        end = start + int.from_bytes(answer[at + _HASH : start], "big")
        if start > len(answer) or end > len(answer):
            raise ValueError("a file was cut")
        found[answer[at : at + _HASH].decode("ascii")] = answer[start:end]
        at = end
    return found


def from_json(answer: bytes) -> tuple[Mail, Verdict | None]:
    """The Mail of an answer, with the verdict about it. A child is not trusted further than its form: what is not a Mail raises
    ValueError."""
    try:
        return _DECODER.decode(answer)
    except (msgspec.MsgspecError, RecursionError) as problem:
        raise ValueError(f"not a mail: {type(problem).__name__}") from problem


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(tuple[Mail, Verdict | None])
