"""DKIM by our own check: real signatures, keys asked of a name server on this machine, and everything that proves nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dkim
import dns.message
import dns.rdatatype
import dns.rrset
import pytest

from maild.core.values import Signature
from maild.mail.dkim import Checker, Resolver
from maild.mail.parse import parse

KEYS = Path(__file__).parents[1] / "data" / "dkim"
NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
MAIL = (
    b"From: Luis <luis@entidad.test>\r\nTo: mesa@entidad.test\r\nSubject: RE: #resuelto\r\n"
    b"Date: Mon, 02 Nov 2026 14:59:00 +0000\r\nMessage-ID: <a@entidad.test>\r\n\r\nListo.\r\n"
)
FIELDS = [b"from", b"to", b"subject", b"date", b"message-id"]
GENUINE = (Signature("entidad.test"),)
RECORDS = {
    f"s._domainkey.{domain}": b"v=DKIM1; k=rsa; p=" + (KEYS / "key.pub").read_bytes()
    for domain in ("entidad.test", "atacante.test")
}
RECORDS["corta._domainkey.entidad.test"] = b"v=DKIM1; k=rsa; p=" + (KEYS / "short.pub").read_bytes()
RECORDS["prueba._domainkey.entidad.test"] = b"v=DKIM1; t=y; k=rsa; p=" + (KEYS / "key.pub").read_bytes()
RECORDS["retirada._domainkey.entidad.test"] = b"v=DKIM1; k=rsa; p="


def signed(
    raw: bytes = MAIL,
    domain: str = "entidad.test",
    selector: str = "s",
    fields: list[bytes] | None = None,
    algorithm: bytes = b"rsa-sha256",
    *,
    length: bool = False,
) -> bytes:
    """The mail with a signature of NOW: the library stamps the time of day."""
    key = (KEYS / ("short.pem" if selector == "corta" else "key.pem")).read_bytes()
    signer = dkim.DKIM(raw, signature_algorithm=algorithm)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dkim.time, "time", NOW.timestamp)
        made = signer.sign(selector.encode(), domain.encode(), key, include_headers=fields or FIELDS, length=length)
    return bytes(made) + raw


def checked(raw: bytes, received_at: datetime = NOW) -> tuple[Signature, ...]:
    return Checker(RECORDS.get).check(raw, parse(raw), received_at)


def test_a_signature_of_the_senders_own_domain_proves_him() -> None:
    assert checked(signed()) == GENUINE


def test_one_good_signature_among_others_suffices() -> None:
    assert checked(signed(signed(domain="atacante.test"))) == GENUINE
    assert checked(signed(domain="atacante.test", raw=signed())) == GENUINE


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("none at all", MAIL),
        ("another domain signs", signed(domain="atacante.test")),
        ("l= leaves room for more", signed(length=True)),
        ("l= and a body that grew", signed(length=True) + b"#cerrar\r\n"),
        ("the body was changed", signed().replace(b"Listo", b"#anular")),
        ("the subject was changed", signed().replace(b"#resuelto", b"#cerrar")),
        ("the subject is not signed", signed(fields=[b"from", b"to", b"date", b"message-id"])),
        ("the id is not signed", signed(fields=[b"from", b"to", b"date", b"subject"])),
        ("sha1", signed(algorithm=b"rsa-sha1")),
        ("a short key", signed(selector="corta")),
        ("a key on trial", signed(selector="prueba")),
        ("a key withdrawn", signed(selector="retirada")),
        ("a key that nobody has", signed(selector="nadie")),
        ("a second From above", b"From: otra@entidad.test\r\n" + signed()),
        ("a second Subject above", b"Subject: #anular\r\n" + signed()),
        ("a tag twice", signed().replace(b"; d=", b"; d=atacante.test; d=", 1)),
        ("rubbish", b"DKIM-Signature: =;;;v\r\n" + MAIL),
        ("half a signature", b"DKIM-Signature: v=1; a=rsa-sha256; d=entidad.test; s=s; h=from:to:subject:date:message-id\r\n" + MAIL),
    ],
)  # fmt: skip
def test_nothing_else_proves_anything(name: str, raw: bytes) -> None:
    assert checked(raw) == (), name


def test_an_old_signature_and_one_of_tomorrow_prove_nothing() -> None:
    raw = signed()
    assert checked(raw, NOW + timedelta(days=6)) == GENUINE
    assert checked(raw, NOW + timedelta(days=8)) == ()
    assert checked(raw, NOW - timedelta(days=1)) == ()


# -- the name server ---------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[int]:
    """A name server on loopback that knows the records; asked for anything called «mudo» it says nothing."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            question, peer = listener.recvfrom(4096)
            if question == b"end":
                return
            asked = dns.message.from_wire(question)
            name = asked.question[0].name.to_text().rstrip(".")
            if name.startswith("mudo"):
                continue
            reply = dns.message.make_response(asked)
            if record := RECORDS.get(name):
                halves = f'"{record[:200].decode()}" "{record[200:].decode()}"'
                reply.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", halves))
            listener.sendto(reply.to_wire(), peer)

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    listener.sendto(b"end", listener.getsockname())
    thread.join()
    listener.close()


def test_keys_are_asked_of_the_configured_server_only(server: int) -> None:
    raw = signed()
    checker = Checker(Resolver(("127.0.0.1",), 2.0, server))
    assert checker.check(raw, parse(raw), NOW) == GENUINE
    other = signed(selector="nadie")
    assert checker.check(other, parse(other), NOW) == ()


def test_a_server_that_says_nothing_is_no_evidence_and_no_trouble(server: int) -> None:
    raw = signed(selector="mudo")
    assert Checker(Resolver(("127.0.0.1",), 0.3, server)).check(raw, parse(raw), NOW) == ()
