"""The words of attached tables (CSV), for orders that need a list. What they say is data, never orders."""

from __future__ import annotations

from maild.core.values import Attachment
from maild.mail.body import Carried
from maild.mail.charset import decode, readable

_TYPES = frozenset(("text/csv", "text/tab-separated-values", "application/csv", "text/comma-separated-values"))
_NAMES = (".csv", ".tsv")
_LONGEST = 200_000
_MOST = 3


class Sheets:
    """Looks at every attachment on its way: the text of the first few tables, each cut at its longest."""

    def __init__(self, carried: Carried | None) -> None:
        self._carried = carried
        self.texts: list[str] = []

    def __call__(self, attachment: Attachment, data: bytes) -> None:
        named = attachment.filename.lower().endswith(_NAMES)
        if (named or attachment.content_type in _TYPES) and len(self.texts) < _MOST:
            self.texts.append(readable(decode(data[:_LONGEST])[0]))
        if self._carried:
            self._carried(attachment, data)
