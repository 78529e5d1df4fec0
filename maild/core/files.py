"""What becomes of the files of a mail: kept, told apart as the logo of a signature, or refused. The mail itself never is.

Names and types are read, contents never: no archive is opened here or anywhere else in maild.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from maild.core.effects import Decision, Effect, Send
from maild.core.office import Office
from maild.core.values import Address, Attachment, Author, Mail, Reason, because

# `file`: of the ticket; `logo`: of a signature; `refused`: by a limit or its type; `infected`: says clamd.
Fate = Literal["file", "logo", "refused", "infected"]
_MOST_TOLD = 20
_INVISIBLE = re.compile(r"[^\w.\-]+")


@dataclass(frozen=True, slots=True)
class FileRules:
    """Limits of an institution. Sizes in octets; `forbidden` holds name endings without dot and content types; a small picture
    inside the text that came with `logo_mails` mails of a sender or domain, on two tickets or more, is a logo."""

    most: int = 50
    largest: int = 25 * 1024 * 1024
    forbidden: frozenset[str] = frozenset()
    logo_size: int = 64 * 1024
    logo_mails: int = 3


@dataclass(frozen=True, slots=True)
class Scan:
    """What the virus scanner said of the bytes with this hash: `clean`, `infected` with the name it gives, or `unchecked`."""

    verdict: Literal["clean", "infected", "unchecked"]
    what: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """One file of a mail, what becomes of it and, where it is not simply kept, why. `scan` is '' where no scanner runs."""

    attachment: Attachment
    fate: Fate
    why: Reason | None = None
    scan: str = ""
    signature: str = field(default="", compare=False)


def may_be_logo(attachment: Attachment, rules: FileRules) -> bool:
    """A small picture that belongs to the text: whether it really is a logo, only its repetition tells."""
    placed = attachment.inline or bool(attachment.content_id)
    return placed and attachment.content_type.startswith("image/") and attachment.size <= rules.logo_size


def judge(
    attachments: Sequence[Attachment],
    rules: FileRules,
    logos: Collection[str] = (),
    scans: Mapping[str, Scan] | None = None,
) -> tuple[Judged, ...]:
    """What becomes of each file, in their order. `logos` are hashes known as such, `scans` what the scanner said by hash."""
    judged = []
    kept = 0
    for each in attachments:
        scan = (scans or {}).get(each.sha256)
        fate, why = _fate(each, rules, logos, scan, kept)
        kept += fate == "file"
        judged.append(Judged(each, fate, why, scan.verdict if scan else "", scan.what if scan else ""))
    return tuple(judged)


def _fate(
    each: Attachment, rules: FileRules, logos: Collection[str], scan: Scan | None, kept: int
) -> tuple[Fate, Reason | None]:
    if scan and scan.verdict == "infected":
        return "infected", because("file-infected", name=each.filename, what=scan.what)
    if forbidden := _forbidden(each, rules.forbidden):
        return "refused", because("file-type", name=each.filename, type=forbidden)
    if each.sha256 in logos and may_be_logo(each, rules):
        return "logo", because("file-logo", name=each.filename)
    if each.size > rules.largest:
        limit = f"{rules.largest / 1024**2:.3g}"
        return "refused", because("file-size", name=each.filename, size=f"{each.size / 1024**2:.3g}", limit=limit)
    if kept >= rules.most:
        return "refused", because("file-count", name=each.filename, limit=rules.most)
    return "file", because("file-unchecked", name=each.filename) if scan and scan.verdict == "unchecked" else None


def _forbidden(each: Attachment, forbidden: frozenset[str]) -> str:
    """The rule that forbids it. What Windows would run counts: «factura.pdf.exe. » ends in exe."""
    ending = _INVISIBLE.sub("", each.filename).rstrip(".").lower().rpartition(".")[2]
    return next((rule for rule in (ending, each.content_type.lower()) if rule in forbidden), "")


def names(files: Sequence[Judged]) -> tuple[str, ...]:
    """The files of the ticket, as letters name them."""
    return tuple(f.attachment.filename for f in files if f.fate == "file")[:_MOST_TOLD]


def told(files: Sequence[Judged]) -> tuple[Reason, ...]:
    """What the sender must know: which of his files the desk did not take, and why."""
    return tuple(f.why for f in files if f.why and f.fate in ("refused", "infected"))[:_MOST_TOLD]


def with_files(decision: Decision, files: Sequence[Judged], mail: Mail, author: Author, office: Office) -> Decision:
    """The decision with what its files call for: reasons, a notice to the sender unless a letter carries one, the operator told."""
    why = tuple(f.why for f in files if f.why)
    if not why or not decision.number:
        return decision
    more: list[Effect] = []
    answered = any(
        isinstance(e, Send) and e.to.address == author.address and e.template == "acuse" for e in decision.effects
    )
    known = (author.person is not None or author.own_domain) and office.speaks_as(author.person) != "machine"
    if told(files) and known and mail.answerable and not answered:
        to = Address(author.address, author.name)
        more.append(Send(decision.number, "adjuntos", to, "user", author.language or office.language))
    infected = [f.why for f in files if f.fate == "infected" and f.why]
    if infected:
        facts = ((("reason_code", infected[0].code)), *infected[0].facts)
        more.append(Send(decision.number, "aviso", office.operator, "operator", office.language, facts))
    return replace(decision, effects=(*decision.effects, *more), reasons=(*decision.reasons, *why[:_MOST_TOLD]))
