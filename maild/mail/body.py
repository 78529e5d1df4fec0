"""What a mail says and carries: the readable text from its best parts, and every other part as an attachment.

One walk down the tree. What is packed inside a part (an enclosed mail, a winmail.dat, a uuencoded file, what an opaque
signature wraps) is read on from there, within the same limits.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message

from maild.core.values import Attachment
from maild.errors import MailError
from maild.mail import standins, tnef
from maild.mail.charset import cut, decode, readable
from maild.mail.headers import split
from maild.mail.html import to_text
from maild.mail.leaf import MAILS, Leaf, nameless, of_part, safe_name
from maild.mail.structure import ParseLimits, prepared
from maild.mail.transfer import without_uu
from maild.mail.versions import Words, best

_DEEPEST_ENCLOSED = 5
_MOST_ENCLOSED = 60
Walk = Callable[[bytes], Message]
Carried = Callable[[Attachment, bytes], None]


@dataclass(slots=True)
class Body:
    """Everything below the headers. `own` is what stands at the beginning of `text`, before all that is enclosed."""

    own: str = ""
    text: str = ""
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    digests: list[tuple[str, str]] = field(default_factory=list)  # (type, sha256) of every leaf, in order
    defects: list[str] = field(default_factory=list)
    calendar_method: str = ""
    reports: dict[str, bytes] = field(default_factory=dict)  # parts of a delivery report by type


def read(message: Message, raw: bytes, walk: Walk, limits: ParseLimits, carried: Carried | None = None) -> Body:
    """Walk the tree once. `walk` makes a tree of a prepared mail; `carried` is given every attachment with its bytes."""
    body = Body()
    reading = _Reading(body, limits, walk, carried)
    if message.get_content_type() == "multipart/report":
        reading.is_report = True
    words = reading.words_of(message, raw)
    own = _together(words)
    behind = _together(reading.behind)
    if not own:
        own = next((text for kind in _SPARES if (text := _together(reading.spare.get(kind, [])))), "")
    if not own and not behind:
        own = _together(reading.spare.get(_ATTACHED, []))
    body.own, body.text = _bounded(own, behind, body, limits)
    body.html = cut(body.html, limits.html)
    if len(body.attachments) > limits.attachments:
        del body.attachments[limits.attachments :]
        body.defects.append("attachments-cut")
    return body


# Text that counts only where the mail has no other, the better before the worse.
_ATTACHED = "attached"
_SPARES = ("tnef", "invitation", "sealed")


def _together(words: list[Words]) -> str:
    texts = (readable(to_text(each.content)) if each.is_html else each.content for each in words)
    return "\n".join(text.strip("\n") for text in texts if text.strip())


def _bounded(own: str, behind: str, body: Body, limits: ParseLimits) -> tuple[str, str]:
    whole = "\n\n".join(filter(None, (own, behind)))
    kept = cut(whole, limits.text)
    if len(kept) < len(whole):
        body.defects.append("text-cut")
    return kept[: len(own)], kept


class _Reading:
    """One walk: what was found so far, and how deep inside enclosed mails it is."""

    def __init__(self, body: Body, limits: ParseLimits, walk: Walk, carried: Carried | None) -> None:
        self.body = body
        self.limits = limits
        self.is_report = False
        self.behind: list[Words] = []  # what stands behind the author's own words: enclosed mails, stubs
        self.spare: dict[str, list[Words]] = {}
        self._walk = walk
        self._carried = carried
        self._depth = 0
        self._number = 0
        self._enclosed = 0

    def words_of(self, message: Message, raw: bytes, *, is_version: bool = False) -> list[Words]:
        """The words of a part and of all below it; parts that are not text go to the attachments."""
        if not message.is_multipart():
            return self._words_of_leaf(of_part(message, raw), is_version)
        alternative = message.get_content_type() == "multipart/alternative"
        children = [part for part in message.get_payload() if isinstance(part, Message)]
        told = [self.words_of(part, raw, is_version=alternative) for part in children]
        if alternative:
            chosen, stub = best(told)
            self.behind += stub
            return chosen
        return [words for each in told for words in each]

    def _words_of_leaf(self, leaf: Leaf, is_version: bool) -> list[Words]:
        digest = hashlib.sha256(leaf.data).hexdigest()
        self._number += 1
        self._note(leaf.defect)
        if not self._depth:
            self.body.digests.append((leaf.content_type, _digest_of_any_road(leaf) if _has_lines(leaf) else digest))
            _remember(leaf, self.body)
        if is_version and leaf.content_type in _OTHER_VERSIONS and not leaf.filename:
            return []
        if (opened := self._opened(leaf, digest)) is not None:
            return opened
        is_text = leaf.content_type in _TEXTS or leaf.content_type.startswith("multipart/")
        if is_text and leaf.disposition != "attachment" and not leaf.filename:
            return self._text(leaf)
        if not (self.is_report and leaf.content_type in _TOLD_BY_REPORTS and not leaf.filename):
            self._attach(leaf, digest)
        if not is_text or self._number > 1:
            return []
        if leaf.disposition != "attachment":
            return self._text(leaf)  # a named part that is shown inline and comes first is the text, whatever its name
        if not leaf.filename or _NAMES_OF_TEXT.match(leaf.filename):
            self.spare.setdefault(_ATTACHED, []).extend(self._text(leaf))
        return []

    def _attach(self, leaf: Leaf, digest: str, title: str = "") -> None:
        if self._depth and any(each.sha256 == digest for each in self.body.attachments):
            return
        attachment = Attachment(
            filename=leaf.filename or nameless(leaf.content_type, self._number, title),
            content_type=leaf.content_type,
            size=len(leaf.data),
            sha256=digest,
            inline=leaf.disposition == "inline" or bool(leaf.content_id and leaf.disposition != "attachment"),
            content_id=leaf.content_id,
            named=bool(leaf.filename),
        )
        self.body.attachments.append(attachment)
        if self._carried and len(self.body.attachments) <= self.limits.attachments:
            self._carried(attachment, leaf.data)

    # --- text ---------------------------------------------------------------------------------------------------

    def _text(self, leaf: Leaf) -> list[Words]:
        is_html = leaf.content_type == "text/html"
        data = leaf.data
        if leaf.content_type == "text/plain":
            data, files = without_uu(data)
            for name, content in files:
                self._found(safe_name(decode(name)[0]), "application/octet-stream", content)
        data = data[: self.limits.html if is_html else 2 * self.limits.text]
        charset = leaf.params.get("charset") or (_charset_inside(data) if is_html else "")
        text, defect = decode(data, charset)
        text = readable(text)
        self._note(defect)
        if is_html:
            self.body.html += text if len(self.body.html) < self.limits.html else ""
            return [Words(text, True)]
        if leaf.content_type in _ENRICHED:
            text = standins.plain_of_enriched(text)
        elif leaf.params.get("format", "").lower() == "flowed":
            text = unflowed(text, leaf.params.get("delsp", "").lower() == "yes")
        text, sealed = standins.without_armour(text)
        self._note(sealed)
        return [Words(text)]

    def _note(self, defect: str) -> None:
        if defect:
            self.body.defects.append(defect)

    # --- what is packed inside a part ----------------------------------------------------------------------------

    def _opened(self, leaf: Leaf, digest: str) -> list[Words] | None:
        """The words inside a part that holds more than it shows; None where it is what it seems."""
        if leaf.content_type in MAILS:
            self._enclosed_mail(leaf, digest)
        elif leaf.content_type in _TNEF or (leaf.filename.lower() == "winmail.dat" and tnef.is_tnef(leaf.data)):
            self._unpack(leaf, digest)
        elif leaf.content_type in standins.SMIME or leaf.filename.lower().endswith(".p7m"):
            return self._sealed(leaf, digest)
        elif leaf.content_type == "text/calendar":
            self._attach(leaf, digest)
            text = standins.invitation(readable(decode(leaf.data, leaf.params.get("charset", ""))[0]))
            self.spare.setdefault("invitation", []).append(Words(text))
        elif leaf.content_type == "application/pgp-encrypted":
            self._attach(leaf, digest)
            self.body.defects.append("pgp-encrypted")
            self.spare.setdefault("sealed", []).append(Words(standins.ENCRYPTED_PGP))
        else:
            return None
        return []

    def _enclosed_mail(self, leaf: Leaf, digest: str) -> None:
        """A mail inside the mail: kept whole, its text behind the author's words, its files among the attachments."""
        headers = split(leaf.data)
        self._attach(leaf, digest, headers.first("subject"))
        if not self.is_report:
            self.behind += self._inside(leaf.data)

    def _inside(self, data: bytes) -> list[Words]:
        self._enclosed += 1
        if self._depth >= _DEEPEST_ENCLOSED or self._enclosed > _MOST_ENCLOSED:
            self.body.defects.append("enclosed-too-deep")
            return []
        try:
            message = self._walk(prepared(data, split(data), self.limits))
        except MailError as refusal:
            self.body.defects.append(f"enclosed-{refusal}")
            return []
        self._depth += 1
        words = self.words_of(message, data)
        self._depth -= 1
        return words

    def _unpack(self, leaf: Leaf, digest: str) -> None:
        """A winmail.dat: its files instead of itself, unless nothing in it can be read."""
        found = tnef.unpacked(leaf.data)
        for file in found.files:
            content_type = file.content_type or "application/octet-stream"
            self._found(safe_name(file.name), content_type, file.data, file.content_id)
        if not found.files:
            self._attach(leaf, digest)
        words = Words(readable(found.html), True) if found.html else Words(readable(found.text))
        self.spare.setdefault("tnef", []).append(words)

    def _found(self, name: str, content_type: str, data: bytes, content_id: str = "") -> None:
        leaf = Leaf(content_type, {}, "attachment", name, content_id, data)
        self._attach(leaf, hashlib.sha256(data).hexdigest())

    def _sealed(self, leaf: Leaf, digest: str) -> list[Words]:
        """S/MIME in one piece: what a signature wraps is read like any part, never verified; what is encrypted is named."""
        self._attach(leaf, digest)
        content = standins.signed_content(leaf.data)
        if content is not None:
            self.body.defects.append("smime-signed")
            return self._inside(content)
        self.body.defects.append("smime-encrypted")
        self.spare.setdefault("sealed", []).append(Words(standins.ENCRYPTED_SMIME))
        return []


_ENRICHED = frozenset(("text/enriched", "text/richtext"))
_TEXTS = frozenset(("text/plain", "text/html", *_ENRICHED))
# Versions of a text that only one vendor's program shows.
_OTHER_VERSIONS = frozenset(("text/x-amp-html", "text/watch-html", "text/rtf", *_ENRICHED))
_TNEF = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
# What programs call the body when they send it as a file.
_NAMES_OF_TEXT = re.compile(
    r"(?:att\d{3,6}|body|message|mensaje|mensagem|texto?|cuerpo|corpo|part[e_. -]?\d{0,3}|untitled[\w -]{0,20}|mail|correo)"
    r"\.(?:txt|te?xt|html?)\Z",
    re.IGNORECASE,
)
_META = re.compile(rb"<meta\b[^>]{0,300}?charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)


def _charset_inside(data: bytes) -> str:
    """What an HTML part says of its letters itself."""
    found = _META.search(data[:8192])
    return found[1].decode("ascii") if found else ""


def _has_lines(leaf: Leaf) -> bool:
    return leaf.content_type.startswith(("text/", "message/"))


def _digest_of_any_road(leaf: Leaf) -> str:
    """The same through a pipe, whose lines end in LF, as through IMAP: line ends and the last empty lines do not count."""
    return hashlib.sha256(leaf.data.replace(b"\r\n", b"\n").rstrip(b"\n")).hexdigest()


# What a delivery report says, and what it brings back of the letter (RFC 3462, 6533).
_REPORT_PARTS = frozenset(
    (
        "message/delivery-status",
        "message/global-delivery-status",
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global-headers",
    )
)


# What a report says to programs: read where it belongs, and no file that anybody would open.
_TOLD_BY_REPORTS = _REPORT_PARTS | {"message/disposition-notification", "message/feedback-report"}


def _remember(leaf: Leaf, body: Body) -> None:
    """Remember what tells robots from people."""
    if leaf.content_type == "text/calendar" and not body.calendar_method:
        body.calendar_method = (leaf.params.get("method") or "unknown").lower()
    if leaf.content_type in _REPORT_PARTS:
        body.reports.setdefault(leaf.content_type, leaf.data[:262144])


def unflowed(text: str, delsp: bool) -> str:
    """Lines that a mail program broke softly are joined again (RFC 3676)."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if open_depth == depth and content != "-- ":
            out[-1] += content
        else:
            out.append(">" * depth + (" " if depth else "") + content)
        soft = content.endswith(" ") and content != "-- "
        if soft and delsp:
            out[-1] = out[-1][:-1]
        open_depth = depth if soft else -1
    return "\n".join(out)
