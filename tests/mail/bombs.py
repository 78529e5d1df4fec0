"""Mails made to stop a parser, built when a test asks for them (RELIABILITY S-35, S-36 and kin)."""

from __future__ import annotations

from collections.abc import Callable

_FROM = b"From: ana@entidad.test\r\nSubject: bomba\r\n"


def nested(depth: int) -> bytes:
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return _FROM + opening + b"Content-Type: text/plain\r\n\r\nhola\r\n"


def enclosed(depth: int) -> bytes:
    return _FROM + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: fondo\r\n\r\nhola"


def parts(count: int) -> bytes:
    return _FROM + b"Content-Type: multipart/mixed; boundary=B\r\n\r\n" + b"--B\r\n\r\nx\r\n" * count + b"--B--\r\n"


def nested_enclosed(depth: int) -> bytes:
    piece = b"Content-Type: multipart/digest; boundary=b%d\r\n\r\n--b%d\r\n\r\n"
    return _FROM + b"".join(piece % (n, n) for n in range(depth)) + b"Subject: x\r\n\r\nhola"


def reports(count: int) -> bytes:
    body = (
        b"--B\r\nContent-Type: message/delivery-status\r\n\r\n" + b"Final-Recipient: rfc822; a@b.test\r\n\r\n" * count
    )
    return _FROM + b"Content-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n" + body + b"--B--"


def field(name: bytes, value: bytes) -> bytes:
    return name + b": " + value + b"\r\n" + (b"" if name == b"From" else _FROM) + b"\r\nhola"


def html(source: bytes) -> bytes:
    return _FROM + b"Content-Type: text/html\r\n\r\n" + source


BOMBS: dict[str, Callable[[], bytes]] = {
    "900 nested multiparts": lambda: nested(900),
    "2,000 nested multiparts": lambda: nested(2000),
    "3,000 enclosed mails": lambda: enclosed(3000),
    "500 nested digests": lambda: nested_enclosed(500),
    "20,000 parts": lambda: parts(20_000),
    "100,000 parts": lambda: parts(100_000),
    "50,000 reports": lambda: reports(50_000),
    "5,000 addresses": lambda: field(b"To", b", ".join(b"u%d@x.test" % n for n in range(5000))),
    "20,000 references": lambda: field(b"References", b" ".join(b"<%d@x.test>" % n for n in range(20_000))),
    "20,001 quotes in From": lambda: field(b"From", b'"' * 20_001),
    "20,000 brackets in From": lambda: field(b"From", b"(" * 20_000),
    "escaped quotes in To": lambda: field(b"To", b'"\\' * 300_000),
    "half a Message-ID": lambda: field(b"Message-ID", b"<"),
    "line ends inside an encoded From": lambda: field(b"From", b"=?utf-8?q?a=0d=0aBcc:x?= <ana@entidad.test>"),
    "1 MB of encoded words": lambda: field(b"Subject", b"=?utf-8?q?=C3=B1?= " * 60_000),
    "encoded words without end": lambda: field(b"Subject", b"=?utf-8?q?" * 100_000),
    "200 KB of semicolons": lambda: field(b"Content-Type", b"text/plain" + b";" * 200_000),
    "semicolons in a part": lambda: (
        _FROM
        + b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Disposition: attachment"
        + b";a=b" * 100_000
        + b"\r\n\r\nx\r\n--B--"
    ),
    "100,000 fields": lambda: b"".join(b"X-%d: a\r\n" % n for n in range(100_000)) + _FROM + b"\r\nhola",
    "a boundary of 10 KB": lambda: field(b"Content-Type", b'multipart/mixed; boundary="' + b"b" * 10_000 + b'"'),
    "80,000 nested divs": lambda: html(b"<div>" * 80_000),
    "comments without end": lambda: html(b"<!--" * 80_000),
    "open brackets": lambda: html(b"<" * 500_000),
    "60,000 blanks": lambda: _FROM + b"\r\nOn " + b" " * 60_000 + b"\r\n" + b"El 1 " * 50_000,
    "4 million blank lines": lambda: _FROM + b"\r\n" + b"\n" * 4_000_000,
    "NULs": lambda: b"\0" * 1_000_000,
    "25 MB of base64": lambda: (
        _FROM
        + b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + (b"QUJD" * 19 + b"\r\n") * 450_000
    ),
}
