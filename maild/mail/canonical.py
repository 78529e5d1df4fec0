"""The canonical hash: what makes a mail this mail, whatever its road was (RELIABILITY §4.2, version 1)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from maild.mail.headers import Headers

_FIELDS = ("from", "to", "cc", "date", "subject", "message-id", "in-reply-to")
_BLANKS = re.compile(rb"[ \t]+")


def canonical(headers: Headers, leaves: Iterable[tuple[str, str]]) -> str:
    """Seven fields as unfolded bytes and every leaf by type and content; nothing that a relay adds or changes."""
    whole = hashlib.sha256(b"maild canonical 1\n")
    for name in _FIELDS:
        for value in headers.raw(name):
            whole.update(name.encode() + b":" + _BLANKS.sub(b" ", value) + b"\n")
    for content_type, digest in leaves:
        whole.update(f"{content_type} {digest}\n".encode())
    return whole.hexdigest()
