"""Raw bytes in, a Mail out: the only home of mail-parser, which walks the MIME tree inside limits set before it starts.

Whatever decides (who wrote, where it belongs, what kind it is) is read by our own code from the raw header block.
"""

from __future__ import annotations

import email
import hashlib
import logging
from dataclasses import dataclass, replace
from email.message import Message
from email.parser import BytesFeedParser

import mailparser
from mailparser.exceptions import MailParserError

from maild.core import newtext
from maild.core.absence import away_until
from maild.core.bounces import Evidence, bounce
from maild.core.language import language
from maild.core.robots import PLACES, Facts, signs
from maild.core.values import Attachment, Bounce, Kind, Mail, Sender
from maild.mail import addresses, body, dates
from maild.mail.canonical import canonical
from maild.mail.charset import cut, decode, readable
from maild.mail.headers import (
    INSTANCE_HEADER,
    SUBJECT_SHOWN,
    Headers,
    conversation,
    decoded,
    ids,
    message_id,
    parameters,
    split,
    traces,
)
from maild.mail.sheets import Sheets
from maild.mail.structure import ParseLimits, prepared

# It warns about every calendar and picture; what matters stands in Mail.defects.
logging.getLogger("mailparser").setLevel(logging.CRITICAL)

_LIMITS = ParseLimits()
# What mail-parser and the standard library have been seen to raise on damaged mail, besides their own errors.
_PARSER_ERRORS = (MailParserError, ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError)


@dataclass(frozen=True, slots=True)
class _Read:
    """What the library made of the mail."""

    message: Message
    senders: tuple[str, ...]
    defects: tuple[str, ...]


def parse(
    raw: bytes, *, html: bool = False, limits: ParseLimits = _LIMITS, carried: body.Carried | None = None
) -> Mail:
    """Understand a mail. Raises MailError only where the limits forbid to read on; no bytes make it fail otherwise.

    `carried` is called with every attachment that the Mail lists and its bytes, while they are at hand.
    """
    headers = split(raw)
    read = _walked(prepared(raw, headers, limits))
    sheets = Sheets(carried)
    found = body.read(read.message, raw, _plain_walk, limits, sheets)
    mail = _from_headers(headers, _agreed(addresses.sender(headers), read.senders))
    written = newtext.read(
        # What stands in an enclosed mail is not this author's: neither his words nor his orders (S-43).
        found.own,
        subject=mail.subject,
        sender=f"{mail.sender.name} {mail.sender.address}",
        reply=bool(mail.in_reply_to or mail.references),
    )
    facts = _facts(headers, mail, found, written.text)
    kind, reasons = signs(facts)
    report = None
    if kind in (Kind.BOUNCE, Kind.DELAY):
        report = _bounce(headers, found, mail)
        kind, reasons = signs(replace(facts, bounce=report))  # its actions tell a failure from a delay
    return replace(
        mail,
        text=found.text,
        new_text=written.text,
        cuts=written.cuts,
        forwarded=written.forwarded,
        html=found.html if html else "",
        attachments=tuple(found.attachments),
        sheets=tuple(sheets.texts),
        kind=kind,
        signs=reasons,
        bounce=report,
        away_until=away_until(written.text, mail.date.date() if mail.date else None)
        if kind is Kind.AUTOREPLY
        else None,
        language=language(written.text),
        canonical=canonical(headers, found.digests),
        defects=tuple(dict.fromkeys((*mail.defects, *read.defects, *found.defects))),
    )


def partial(raw: bytes, why: str, limits: ParseLimits = _LIMITS) -> Mail:
    """What can be said of a mail that may not be read further: its headers and its body as it came."""
    headers = split(raw)
    mail = _from_headers(headers, addresses.sender(headers))
    kind, reasons = signs(_facts(headers, mail, body.Body(), "?"))
    text = cut(readable(decode(raw[headers.body_at : headers.body_at + limits.text])[0]), limits.text)
    digest = hashlib.sha256(raw).hexdigest()
    return replace(
        mail, text=text, new_text=text, kind=kind, signs=reasons, canonical=digest, defects=(*mail.defects, why)
    )


def attachment_bytes(raw: bytes, *, limits: ParseLimits = _LIMITS) -> list[tuple[Attachment, bytes]]:
    """Every attachment that `parse` lists, with its bytes."""
    found: list[tuple[Attachment, bytes]] = []
    parse(raw, limits=limits, carried=lambda attachment, data: found.append((attachment, data)))
    return found


def _walked(safe: bytes) -> _Read:
    """mail-parser's walk; where it stumbles over a damaged mail, the standard library's, which it builds upon."""
    try:
        parsed = mailparser.parse_from_bytes(safe)
    except _PARSER_ERRORS as problem:
        return _Read(_plain_walk(safe), (), (f"mail-parser:{type(problem).__name__}",))
    defects = tuple(sorted(str(each) for each in parsed.defects_categories))
    senders = tuple(str(address).lower() for _, address in parsed.from_)
    return _Read(parsed.message, senders, defects)


def _plain_walk(safe: bytes) -> Message:
    try:
        return email.message_from_bytes(safe)
    except _PARSER_ERRORS:
        parser = BytesFeedParser()  # the tree cannot be read: one part with everything in it
        parser.feed(b"\r\n" + safe)
        return parser.close()


def _agreed(sender: Sender, seen_by_library: tuple[str, ...]) -> Sender:
    """Two readers who see two senders make him nobody (S-16), and so do two who see other people writing together."""
    if sender.answer_to and sender.answer_to not in seen_by_library:
        return replace(sender, answer_to="")
    if sender.address and any(address != sender.address for address in seen_by_library):
        return Sender("", sender.name, "readers-disagree", sender.address)
    return sender


def _from_headers(headers: Headers, sender: Sender) -> Mail:
    """Everything else that the header block alone says."""
    date = next((moment for value in headers.all("date") if (moment := dates.read(value))), None)
    defects = list(headers.defects)
    if date is None:
        defects.append("date-unreadable" if headers.raw("date") else "no-date")
    results, depths, servers = traces(headers)
    defects += [f"repeated-{name}" for name in ("subject", "date", "message-id") if len(headers.raw(name)) > 1]
    return Mail(
        sender=sender,
        message_id=message_id(headers),
        in_reply_to=ids(headers, "in-reply-to"),
        references=ids(headers, "references"),
        conversation=conversation(headers),
        subject=headers.subject()[:SUBJECT_SHOWN].rstrip(),
        date=date,
        to=addresses.mailboxes(headers, "to"),
        cc=addresses.mailboxes(headers, "cc"),
        reply_to=addresses.mailboxes(headers, "reply-to"),
        instance=headers.first(INSTANCE_HEADER.lower())[:200],
        hops=len(headers.raw("received")),
        authentication_results=results,
        results_depth=depths,
        received_by=servers,
        defects=tuple(defects),
    )


def _facts(headers: Headers, mail: Mail, found: body.Body, new_text: str) -> Facts:
    content_type, params = parameters(next(iter(headers.raw("content-type")), b""))
    return Facts(
        fields=tuple((name, decoded(value, headers.charset)) for name, value in headers.fields if name in PLACES),
        sender=mail.sender.mailbox,
        subject=mail.subject,
        content_type=content_type,
        report_type=params.get("report-type", "").lower(),
        hops=mail.hops,
        instance=mail.instance,
        has_ids=bool(mail.in_reply_to or mail.references),
        text=new_text,
        calendar_method=found.calendar_method,
        attachments=len(found.attachments),
        opening=_opening(found.text),
        returned=_returned(found),
    )


def _opening(text: str) -> tuple[str, ...]:
    """The first three lines that say anything."""
    lines = (line.strip() for line in text[:2000].split("\n"))
    return tuple(line for line in lines if line)[:3]


def _returned(found: body.Body) -> str:
    if any(each.endswith("delivery-status") for each in found.reports):
        return "report"
    return "letter" if found.reports else ""


def _bounce(headers: Headers, found: body.Body, mail: Mail) -> Bounce | None:
    """What the mail says about a letter that failed, if it says so anywhere."""
    reports = {each: readable(decode(data)[0]) for each, data in found.reports.items()}
    report = reports.get("message/delivery-status") or reports.get("message/global-delivery-status") or ""
    original = next((text for each, text in reports.items() if not each.endswith("delivery-status")), "")
    return bounce(
        Evidence(
            report=report,
            original=original[:65536],
            text=found.text,
            failed=headers.first("x-failed-recipients"),
            subject=mail.subject,
            addressees=tuple(each.address for each in mail.to),
            answered=next(iter((*mail.in_reply_to, *mail.references)), ""),
        )
    )
