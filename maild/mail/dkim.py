"""Signing outgoing mail (DKIM, RFC 6376) where the relay does not. Home of dkimpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maild.errors import PermanentError

# What a reader goes by; From twice, so that nobody can put a second one in front (RFC 6376 §8.15).
_SIGNED = (b"from", b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"in-reply-to", b"references")


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one domain. `key` is read when the first letter is signed: PEM, RSA of 2048 bits."""

    domain: str
    selector: str
    key: Callable[[], str]

    def sign(self, raw: bytes) -> bytes:
        """The letter with its signature on top. Raises PermanentError where the key is none."""
        try:
            import dkim  # not everybody needs it: pip install "maild[dkim]"
        except ImportError as error:
            raise PermanentError('[smtp] dkim_selector pide dkimpy: pip install "maild[dkim]"') from error
        try:
            header = dkim.sign(
                raw,
                self.selector.encode("ascii"),
                self.domain.encode("ascii"),
                self.key().encode("ascii"),
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=[
                    name for name in _SIGNED if name == b"from" or b"\n" + name + b":" in b"\n" + raw.lower()
                ],
            )
        except (dkim.DKIMException, ValueError) as error:
            raise PermanentError(f"[smtp] dkim_key_file: no es una llave RSA en PEM ({error})") from error
        return bytes(header) + raw
