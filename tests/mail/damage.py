"""Real mails, damaged in eleven ways: the same ones on every machine that has the same mails."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from tests.mail.samples import every

LARGEST = 60_000  # damage is the same in a small mail, and ten thousand large ones take an hour

_NASTY = (
    b"From: a@b.test, c@d.test",
    b"Content-Type: multipart/mixed; boundary=",
    b"Content-Transfer-Encoding: base64",
    b"Content-Type: message/rfc822",
    b"Subject: =?utf-8?b?////?=",
    b"Content-Type: text/plain; charset=\xff\x00",
    b"\x00",
    b"Date: 99 XXX 0000 99:99:99 +9999",
    b"References: <<<>>>",
    b"To: :;:;,,<>",
    b"Content-Disposition: attachment; filename*=''",
    b"Content-Type: text/html; charset=utf-7",
    b"Message-ID: <",
    b"begin 644 x",
    b"Content-Type: multipart/digest; boundary=x",
)


def _bits(dice: random.Random, raw: bytes, _: bytes) -> bytes:
    damaged = bytearray(raw)
    for _n in range(dice.randint(1, 40)):
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
    return bytes(damaged)


def _shortened(dice: random.Random, raw: bytes, _: bytes) -> bytes:
    return raw[: dice.randrange(len(raw))]


def _beheaded(dice: random.Random, raw: bytes, _: bytes) -> bytes:
    return raw[dice.randrange(len(raw)) :]


def _lines_lost(dice: random.Random, raw: bytes, _: bytes) -> bytes:
    lines = raw.split(b"\n")
    return b"\n".join(line for line in lines if dice.random() > 0.1)


def _lines_doubled(dice: random.Random, raw: bytes, _: bytes) -> bytes:
    lines = raw.split(b"\n")
    return b"\n".join(each for line in lines for each in [line] * (1 + (dice.random() < 0.1)))


def _lines_shuffled(dice: random.Random, raw: bytes, _: bytes) -> bytes:
    lines = raw.split(b"\n")
    dice.shuffle(lines)
    return b"\n".join(lines)


def _injected(dice: random.Random, raw: bytes, _: bytes) -> bytes:
    lines = raw.split(b"\n")
    for _n in range(dice.randint(1, 4)):
        lines.insert(dice.randrange(min(len(lines), 30) + 1), dice.choice(_NASTY))
    return b"\n".join(lines)


def _spliced(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    return raw[: dice.randrange(len(raw))] + other[dice.randrange(len(other)) :]


def _noise(dice: random.Random, raw: bytes, _: bytes) -> bytes:
    at = dice.randrange(len(raw))
    return raw[:at] + dice.randbytes(dice.randint(1, 400)) + raw[at:]


def _pure_noise(dice: random.Random, _: bytes, __: bytes) -> bytes:
    return dice.randbytes(dice.randint(0, 2000))


def _other_line_ends(dice: random.Random, raw: bytes, _: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", dice.choice((b"\r", b"\n\n", b"\r\r\n", b"\n ")))


DAMAGES: tuple[Callable[[random.Random, bytes, bytes], bytes], ...] = (
    _bits,
    _shortened,
    _beheaded,
    _lines_lost,
    _lines_doubled,
    _lines_shuffled,
    _injected,
    _spliced,
    _noise,
    _pure_noise,
    _other_line_ends,
)


def damaged(count: int) -> Iterator[bytes]:
    dice = random.Random(20261121)
    whole = [raw for path in every() if 0 < len(raw := path.read_bytes()) <= LARGEST]
    for number in range(count):
        yield DAMAGES[number % len(DAMAGES)](dice, whole[number % len(whole)], dice.choice(whole))
