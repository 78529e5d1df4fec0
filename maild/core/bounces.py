"""Bounces read into values: which letter failed, for whom, with which code, for which reason.

First the report that RFC 3464 asks for; where a system writes none, its own words (bounce_words.py) are read, and as the
last resort the headers of the letter that came back. Pure, and linear in what it reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from maild.core.bounce_words import REASONS, Row
from maild.core.failures import ADDRESS, Failure, failures, own_words, unlikely
from maild.core.mailboxes import is_international, spelt
from maild.core.values import Bounce, BounceRecipient
from maild.core.words import fold

_MOST_RECIPIENTS = 200
_MOST_WORDS = 65536
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]{0,20}:[ \t]{0,20}(.*)")
_ENHANCED = r"(?<![\d.])([45]\.[0-7]\.\d{1,3})(?!\.?\d)"
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_IN_WORDS = re.compile(_ENHANCED)
# "550 5.1.1", "550-5.1.1", "550 #5.1.1", "(#5.1.1)": the code of a reply, not a number that looks like one.
_IN_REPLY = re.compile(r"(?:(?<!\d)[45]\d\d[ -]{1,3}\(?#?|#)" + _ENHANCED)
_REPLY_CODE = re.compile(r"(?<![\d.@-])([45][0-5]\d)(?=[ \t:;,.\])-]|$)", re.MULTILINE)
_ID = re.compile(r"^(?:original-)?message-id:\s{0,20}<?([^<>\s]{1,996})>?", re.IGNORECASE | re.MULTILINE)
_TO = re.compile(r"^to:([^\n]{0,2000}(?:\n[ \t][^\n]{0,2000}){0,20})", re.IGNORECASE | re.MULTILINE)
# A report that says only "it failed": what the other server answered tells more.
_VAGUE = ("", "5.0.0", "4.0.0", "5.5.0", "4.4.7", "5.3.0", "5.0.1")
_NOT_FAILED = ("delivered", "relayed", "expanded")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a mail brings: its report part, the returned headers, its words, X-Failed-Recipients, its own addressees."""

    report: str = ""
    original: str = ""
    text: str = ""
    failed: str = ""
    subject: str = ""
    addressees: tuple[str, ...] = ()
    answered: str = ""


def bounce(seen: Evidence) -> Bounce | None:
    """What the evidence says; None where it names no failure at all. Whether the mail *is* a bounce, signs decide."""
    words, returned = own_words(seen.text[:_MOST_WORDS])
    report = seen.report
    if "final-recipient" not in report.lower() and "final-recipient:" in seen.text[:_MOST_WORDS].lower():
        report = seen.text[:_MOST_WORDS]
    elif not report and "final-recipient:" in seen.original.lower():
        report = seen.original  # a gateway wrapped the whole report once more
    original = seen.original or returned
    recipients = _reported(report)
    if not any(each.address for each in recipients):
        recipients = _told(seen, words, original, recipients)
    if not recipients and not seen.report:
        return None
    whole = words if len(recipients) == 1 else ""
    judged = tuple(_judged(each, whole, seen.subject) for each in recipients[:_MOST_RECIPIENTS])
    return Bounce(judged, _original_id(seen, original, report))


def _original_id(seen: Evidence, original: str, report: str) -> str:
    for text in (original, report):
        if found := _ID.search(text):
            return found[1]
    return seen.answered


# -- the report ---------------------------------------------------------------------------------------------------


def _reported(report: str) -> tuple[BounceRecipient, ...]:
    known = (_recipient(block) for block in _blocks(report)) if report else ()
    unique: dict[str, BounceRecipient] = {}
    for position, each in enumerate(known):
        if each:
            unique.setdefault(each.address or str(position), each)
    return tuple(unique.values())


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
    """Whom we wrote to is the original recipient; the final one is where it ended up (RFC 3464 §2.3)."""
    address = ""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        written = block.get(name, "").partition(";")
        found = ADDRESS.search((written[2] or written[0]).strip())
        if (
            not address
            and written[0].strip().lower() == "utf-8"
            and is_international(given := spelt(written[2].strip()))
        ):
            address = given  # RFC 6533 §3
        elif not address and found and not unlikely(found[0]):
            address = found[0].lower()[:320].rstrip(".")
    status = _STATUS.search(block.get("status", ""))
    diagnostic = block.get("diagnostic-code", "").partition(";")
    action = block.get("action", "").split("(")[0].strip().lower()[:20]
    if not address and not action and not status:
        return None
    said = (diagnostic[2] or diagnostic[0]).strip()[:1000]
    return BounceRecipient(address, action, status[1] if status else "", said)


# -- its own words ------------------------------------------------------------------------------------------------


def _told(
    seen: Evidence, words: str, original: str, reported: tuple[BounceRecipient, ...]
) -> tuple[BounceRecipient, ...]:
    """Who failed according to the header field, the words, or at last the letter that came back."""
    found = failures(words, seen.addressees)
    by_address = {each.address: each for each in found}
    named = [a.lower() for a in ADDRESS.findall(seen.failed)[:_MOST_RECIPIENTS] if not unlikely(a)]
    if named and (not found or by_address.keys() & set(named)):  # a field that names none of them is about relays
        found = tuple(by_address.get(address, Failure(address, "")) for address in dict.fromkeys(named))
    if not found:
        found = tuple(Failure(address, "") for address in _addressees(original))
    if not found:
        found = tuple(Failure(a.lower(), "") for a in ADDRESS.findall(seen.subject)[:1])
    told = next(iter(reported), BounceRecipient("", "", ""))
    # A report without an address still says what happened.
    return tuple(
        BounceRecipient(each.address, told.action, told.status, (each.said or told.diagnostic)[:1000]) for each in found
    )


def _addressees(original: str) -> tuple[str, ...]:
    found = _TO.search(original)
    return tuple(dict.fromkeys(a.lower() for a in ADDRESS.findall(found[1]) if not unlikely(a))) if found else ()


# -- what it means ------------------------------------------------------------------------------------------------


def refusal(address: str, said: str) -> BounceRecipient:
    """What a server that refused a letter while it was handed over said about the address."""
    return _judged(BounceRecipient(address, "failed", "", said[:1000]), "", "")


def _judged(each: BounceRecipient, words: str, subject: str) -> BounceRecipient:
    """Its code from the report, the diagnostic or the SMTP reply; hard or soft; the reason."""
    if each.action in _NOT_FAILED:
        return each
    said = f"{each.diagnostic}\n{words}" if words else each.diagnostic
    status = _status(each.status, each.diagnostic, words)
    row = _row(each.diagnostic, status) if each.diagnostic else None
    if row is None or row.reason == "refused":
        row = _row(f"{said}\n{subject}", status) or row
    if not status:
        reply = _REPLY_CODE.search(said)
        status = f"{reply[1][0]}.0.0" if reply and row is None else row.code if row else ""
        if reply and status and status[0] != reply[1][0]:
            status = reply[1][0] + status[1:]
    # A code that says nothing about the address is no ground to stop writing to it.
    severity = row.severity if row else "hard" if status.startswith("5.1.") else "soft"
    if each.action == "delayed" or (status.startswith("4") and row is not None and row.reason != "no-such-host"):
        severity = "soft"
    return replace(each, status=status, severity=severity, reason=row.reason if row else "")


def _status(reported: str, diagnostic: str, words: str) -> str:
    """A report's code unless it is a vague one and the answer of the other server is more exact."""
    if reported not in _VAGUE:
        return reported
    for text in (diagnostic, words):
        codes = [*_IN_REPLY.findall(text), *_IN_WORDS.findall(text)]
        exact = next((code for code in codes if code not in _VAGUE), "")
        if exact or (codes and not reported):
            return exact or codes[0]
    return reported


def _row(said: str, status: str) -> Row | None:
    folded = fold(said[:8000].replace("\u2019", "'"))
    by_code = next((row for row in REASONS if status in row.codes), None)
    by_words = next((row for row in REASONS if any(word in folded for word in row.words)), None)
    return by_words if by_words and (by_code is None or by_words.reason != "refused") else by_code or by_words
