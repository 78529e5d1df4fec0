"""How Outlook knows that letters belong together: Thread-Index ([MS-OXOMSG] 2.2.1.3). Others look at References."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

_HEADER = 22
_FIRST = datetime(1601, 1, 1, tzinfo=UTC)
_NO_CONVERSATION = bytes(_HEADER)


def thread_index(conversation: str, root: str, message_id: str, at: datetime) -> str:
    """The Thread-Index of a letter: the conversation (22 octets in hex; else one made from `root`) and one answer to it."""
    header = bytes.fromhex(conversation) if conversation else _NO_CONVERSATION
    if len(header) != _HEADER or header == _NO_CONVERSATION:
        header = b"\x01" + bytes(5) + hashlib.sha256(root.encode()).digest()[:16]
    passed = max(_ticks(at) - (int.from_bytes(header[:6], "big") << 16), 0)
    # 31 bits of the time that passed, in units of 2^18 or 2^23 ticks of 100 ns, and one octet to tell answers apart.
    coarse = passed >> 18 > 0x7FFFFFFF
    answer = ((passed >> 23) & 0x7FFFFFFF) | 1 << 31 if coarse else passed >> 18
    told_apart = hashlib.sha256(message_id.encode()).digest()[:1]
    return base64.b64encode(header + answer.to_bytes(4, "big") + told_apart).decode("ascii")


def _ticks(at: datetime) -> int:
    return (at - _FIRST) // timedelta(microseconds=1) * 10
