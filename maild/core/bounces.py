"""Delivery reports read into values: which letter failed for whom (RFC 3464)."""

from __future__ import annotations

import re

from maild.core.values import Bounce, BounceRecipient

_MOST_RECIPIENTS = 200
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]{0,20}:[ \t]{0,20}(.*)")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]]{1,64}@[^\s<>,;:\"'()\[\]]{1,253}")
_ID = re.compile(r"^message-id:\s{0,20}<?([^<>\s]{1,996})>?", re.IGNORECASE | re.MULTILINE)


def bounce(report: str, original: str = "", failed: str = "") -> Bounce | None:
    """From the delivery-status part, the headers of the letter that came back, and an X-Failed-Recipients field."""
    recipients = tuple(_recipient(block) for block in _blocks(report)) if report else ()
    known = tuple(each for each in recipients if each)[:_MOST_RECIPIENTS]
    if not known and failed:
        known = tuple(BounceRecipient(a.lower(), "failed", "") for a in _ADDRESS.findall(failed)[:_MOST_RECIPIENTS])
    found = _ID.search(original)
    if not known and not report:
        return None
    return Bounce(known, found[1] if found else "")


def _blocks(report: str) -> list[dict[str, str]]:
    """Groups of fields between blank lines, continuation lines joined; only groups about a recipient."""
    blocks: list[dict[str, str]] = [{}]
    last = ""
    for line in report.split("\n"):
        if not line.strip():
            if blocks[-1]:
                blocks.append({})
            last = ""
        elif line[0] in " \t" and last:
            blocks[-1][last] = f"{blocks[-1][last]} {line.strip()}"[:2000]
        elif found := _FIELD.match(line[:2000]):
            last = found[1].lower()
            if last in ("final-recipient", "original-recipient") and last in blocks[-1]:
                blocks.append({})  # a reporter that forgot the blank line between two recipients
            blocks[-1].setdefault(last, found[2].strip())
        if len(blocks) > _MOST_RECIPIENTS + 1:
            break
    return [block for block in blocks if "final-recipient" in block or "original-recipient" in block]


def _recipient(block: dict[str, str]) -> BounceRecipient | None:
    """The final recipient, or the original one where the final is no address (RFC 3464 §2.3)."""
    address = ""
    for name in ("final-recipient", "original-recipient"):
        written = block.get(name, "").rpartition(";")[2].strip().strip("<>")
        if not address and "@" in written:
            address = written.lower()[:320]
    status = _STATUS.search(block.get("status", ""))
    diagnostic = block.get("diagnostic-code", "").partition(";")
    action = block.get("action", "").split("(")[0].strip().lower()[:20]
    if not address and not action and not status:
        return None
    return BounceRecipient(
        address, action, status[1] if status else "", (diagnostic[2] or diagnostic[0]).strip()[:1000]
    )
