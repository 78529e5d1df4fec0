"""DKIM (RFC 6376, 8301): signing our letters where the relay does not, and our own check of mails where the border stamps
nothing. The home of dkimpy and dnspython.

Signatures of others are looked at by our own rules first: one that leaves room for another mail (l=, fields not signed,
fields that stand twice) or for another day is not even verified, whatever a verifier would say of it (RELIABILITY S-15).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import dkim
import dns.exception
import dns.resolver

from maild.core.values import Mail, Signature
from maild.errors import PermanentError
from maild.mail.headers import Headers, split

# The text of a TXT record, or None where there is none. Called with the name, without its last dot.
Lookup = Callable[[str], bytes | None]

_SIGNED = ("from", "subject", "to", "date", "message-id")
# What a reader of ours goes by; From twice, so that nobody can put a second one in front (RFC 6376 §8.15).
_WE_SIGN = (b"from", b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"in-reply-to", b"references")
_ALGORITHMS = ("rsa-sha256", "ed25519-sha256")  # RFC 8301: sha1 proves nothing
_OLDEST = timedelta(days=7)
_AHEAD = timedelta(minutes=15)
_SHORTEST_KEY = 1024
_LARGEST = 5 * 1024 * 1024
_MOST = 3
_LONGEST_RECORD = 4096
_TAG = re.compile(r"[a-z][a-z0-9_]{0,20}")
_TESTING = re.compile(rb"(?:^|;)\s*t\s*=[^;]*\by\b", re.IGNORECASE)
# What dkimpy has been seen to raise on hostile signatures and keys, besides its own errors.
_ERRORS = (dkim.DKIMException, ValueError, KeyError, IndexError, TypeError, AssertionError)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one domain. `key` is read for each letter: PEM, RSA of 2048 bits."""

    domain: str
    selector: str
    key: Callable[[], str]

    def sign(self, raw: bytes) -> bytes:
        """The letter with its signature on top. Raises PermanentError where the key is none."""
        named = b"\n" + raw.partition(b"\r\n\r\n")[0].lower()
        fields = [name for name in _WE_SIGN if b"\n" + name + b":" in named]
        try:
            header = dkim.sign(
                raw,
                self.selector.encode("ascii"),
                self.domain.encode("ascii"),
                self.key().encode("ascii"),
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=fields,
            )
        except (dkim.DKIMException, ValueError) as error:
            raise PermanentError(f"[smtp] dkim_key_file: no es una llave RSA en PEM ({error})") from error
        return bytes(header) + raw


@dataclass(frozen=True, slots=True)
class Resolver:
    """Asks these servers for TXT records; nobody else is ever asked. A question that takes too long has no answer."""

    servers: tuple[str, ...]
    seconds: float = 5.0
    port: int = 53

    def __call__(self, name: str) -> bytes | None:
        asked = dns.resolver.Resolver(configure=False)
        asked.nameservers = list(self.servers)
        asked.port = self.port
        asked.lifetime = asked.timeout = self.seconds
        try:
            answer = asked.resolve(name, "TXT", search=False)
        except (dns.exception.DNSException, OSError, ValueError):
            return None
        records = [b"".join(record.strings) for record in answer][:2]
        return records[0][:_LONGEST_RECORD] if len(records) == 1 else None  # RFC 6376 §3.6.2.2: several are none


@dataclass(frozen=True, slots=True)
class Checker:
    """Which signatures of a mail vouch for the address in its From."""

    lookup: Lookup

    def check(self, raw: bytes, mail: Mail, received_at: datetime) -> tuple[Signature, ...]:
        """The signatures that hold. It never fails: what cannot be verified is no evidence, and the mail goes on."""
        domain = mail.sender.address.rpartition("@")[2]
        if not domain or len(raw) > _LARGEST:
            return ()
        found = _signatures(split(raw))
        usable = [at for at, tags in found if _usable(tags, domain) and _in_time(tags, mail.date, received_at)][:_MOST]
        held = any(self._verified(raw, at) for at in usable)
        return (Signature(domain),) if held else ()

    def _verified(self, raw: bytes, at: int) -> bool:
        try:
            reader = dkim.DKIM(raw, minkey=_SHORTEST_KEY)
            # Both readers must see the same fields, or one of them verifies what the other one never read.
            if sum(name.strip().lower() == b"from" for name, _ in reader.headers) != 1:
                return False
            return bool(reader.verify(at, dnsfunc=self._key))
        except _ERRORS:
            return False

    def _key(self, name: bytes, timeout: float = 0) -> bytes | None:  # noqa: ARG002  # the resolver has its own
        record = self.lookup(name.decode("ascii", "replace").rstrip("."))
        return None if record is None or _TESTING.search(record) else record


def _signatures(headers: Headers) -> Iterator[tuple[int, dict[str, str]]]:
    """Every signature by its position, its tags read; none at all where a signed field stands twice."""
    if headers.defects or any(len(headers.raw(name)) > 1 for name in _SIGNED):
        return
    for at, value in enumerate(headers.raw("dkim-signature")[:20]):
        if tags := _tags(value):
            yield at, tags


def _tags(value: bytes) -> dict[str, str]:
    """tag=value; … (RFC 6376 §3.2). A tag that stands twice, or something else: no signature."""
    tags: dict[str, str] = {}
    for part in value[:8192].decode("ascii", "replace").rstrip(" ;\t").split(";"):
        name, equals, content = part.partition("=")
        if not equals or not _TAG.fullmatch(name.strip()) or name.strip() in tags:
            return {}
        tags[name.strip()] = content.strip()
    return tags


def _usable(tags: dict[str, str], domain: str) -> bool:
    named = {name.strip().lower() for name in tags.get("h", "").split(":")}
    return (
        tags.get("v") == "1"
        and tags.get("a", "").lower() in _ALGORITHMS
        and tags.get("d", "").lower() == domain
        and "l" not in tags
        and named >= set(_SIGNED)
    )


def _in_time(tags: dict[str, str], date: datetime | None, received_at: datetime) -> bool:
    """Signed lately, and not run out. One that does not say when is as old as the Date, which it signs."""
    signed, ends = (_moment(tags[name], received_at) if name in tags else None for name in ("t", "x"))
    if ("t" in tags and signed is None) or ("x" in tags and ends is None):
        return False
    signed = signed or date
    if signed is None or not -_AHEAD <= received_at - signed <= _OLDEST:
        return False
    return ends is None or ends > received_at


def _moment(seconds: str, like: datetime) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), like.tzinfo) if re.fullmatch(r"\d{1,11}", seconds) else None
