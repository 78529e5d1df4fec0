"""A Mail as JSON and back, and the length-prefixed frames in which parser children receive and answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, TypeVar

from maild.core.classify import Answer, Spoke, Verdict
from maild.core.values import (
    Address,
    Attachment,
    Bounce,
    BounceRecipient,
    Cut,
    CutKind,
    Forwarded,
    Kind,
    Mail,
    Reason,
    Sender,
)

T = TypeVar("T")

LENGTH_BYTES = 4
# A Mail without its HTML: two texts of 512 KiB, each character at most doubled by JSON, and 200 addresses.
LARGEST_ANSWER = 8 * 1024 * 1024


def frame(payload: bytes, length: int | None = None) -> bytes:
    """A payload behind its length; `length` is that of the whole where this is only its beginning."""
    return (len(payload) if length is None else length).to_bytes(LENGTH_BYTES, "big") + payload


def to_json(mail: Mail, verdict: Verdict | None = None) -> bytes:
    """Every field of a Mail, in UTF-8, and the verdict about it."""
    fields = {
        "sender": [
            mail.sender.address,
            mail.sender.name,
            mail.sender.problem,
            mail.sender.claimed,
            mail.sender.answer_to,
        ],
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": mail.references,
        "conversation": mail.conversation,
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "to": _addresses(mail.to),
        "cc": _addresses(mail.cc),
        "reply_to": _addresses(mail.reply_to),
        "text": mail.text,
        "new_text": mail.new_text,
        "cuts": [[cut.kind.value, cut.start, cut.end] for cut in mail.cuts],
        "forwarded": _forwarded(mail.forwarded),
        "html": mail.html,
        "attachments": [
            [a.filename, a.content_type, a.size, a.sha256, a.inline, a.content_id, a.named] for a in mail.attachments
        ],
        "sheets": mail.sheets,
        "kind": mail.kind.value,
        "signs": [[reason.code, reason.facts] for reason in mail.signs],
        "bounce": _bounce(mail.bounce),
        "away_until": mail.away_until.isoformat() if mail.away_until else None,
        "language": mail.language,
        "canonical": mail.canonical,
        "instance": mail.instance,
        "hops": mail.hops,
        "authentication_results": mail.authentication_results,
        "results_depth": mail.results_depth,
        "received_by": mail.received_by,
        "defects": mail.defects,
        "verdict": _verdict(verdict) if verdict else None,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


_HASH = 64  # hex digits of a sha256


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Files as hash, length and bytes, one behind the other."""
    return b"".join(
        part
        for digest, data in files
        for part in (digest.encode("ascii"), len(data).to_bytes(LENGTH_BYTES, "big"), data)
    )


def unpacked(answer: bytes) -> dict[str, bytes]:
    """The files of an answer, by hash. What is not complete raises ValueError."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(answer):
        start = at + _HASH + LENGTH_BYTES
        end = start + int.from_bytes(answer[at + _HASH : start], "big")
        if start > len(answer) or end > len(answer):
            raise ValueError("a file was cut")
        found[answer[at : at + _HASH].decode("ascii")] = answer[start:end]
        at = end
    return found


def from_json(answer: bytes) -> tuple[Mail, Verdict | None]:
    """The Mail of an answer, with the verdict about it. A child is not trusted further than its form: what is not a Mail raises
    ValueError."""
    try:
        fields = json.loads(str(answer, "utf-8"))
        return _mail(fields), _judged(fields["verdict"]) if fields["verdict"] else None
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError(f"not a mail: {type(problem).__name__}") from problem


def _addresses(addresses: Iterable[Address]) -> list[list[str]]:
    return [[each.address, each.name] for each in addresses]


def _bounce(bounce: Bounce | None) -> list[Any] | None:
    if bounce is None:
        return None
    return [
        bounce.original_message_id,
        [[r.address, r.action, r.status, r.diagnostic, r.severity, r.reason] for r in bounce.recipients],
    ]


def _mail(fields: dict[str, Any]) -> Mail:
    return Mail(
        sender=Sender(*_texts(fields["sender"])),
        message_id=_text(fields["message_id"]),
        in_reply_to=_texts(fields["in_reply_to"]),
        references=_texts(fields["references"]),
        conversation=_text(fields["conversation"]),
        subject=_text(fields["subject"]),
        date=datetime.fromisoformat(fields["date"]) if fields["date"] else None,
        to=_many(fields["to"], lambda each: Address(*_texts(each))),
        cc=_many(fields["cc"], lambda each: Address(*_texts(each))),
        reply_to=_many(fields["reply_to"], lambda each: Address(*_texts(each))),
        text=_text(fields["text"]),
        new_text=_text(fields["new_text"]),
        cuts=_many(fields["cuts"], _cut),
        forwarded=_passed_on(fields["forwarded"]) if fields["forwarded"] else None,
        html=_text(fields["html"]),
        attachments=_many(fields["attachments"], _attachment),
        sheets=_texts(fields["sheets"]),
        kind=Kind(fields["kind"]),
        signs=_many(fields["signs"], _reason),
        bounce=_bounced(fields["bounce"]) if fields["bounce"] else None,
        away_until=date.fromisoformat(fields["away_until"]) if fields["away_until"] else None,
        language=_text(fields["language"]),
        canonical=_text(fields["canonical"]),
        instance=_text(fields["instance"]),
        hops=int(fields["hops"]),
        authentication_results=_texts(fields["authentication_results"]),
        results_depth=_many(fields["results_depth"], int),
        received_by=_texts(fields["received_by"]),
        defects=_texts(fields["defects"]),
    )


def _forwarded(original: Forwarded | None) -> list[Any] | None:
    if original is None:
        return None
    return [original.sender.address, original.sender.name, original.date, original.subject, original.at]


def _passed_on(fields: list[Any]) -> Forwarded:
    address, name, date, subject, at = fields
    return Forwarded(Address(_text(address), _text(name)), _text(date), _text(subject), int(at))


def _cut(row: list[Any]) -> Cut:
    kind, start, end = row
    return Cut(CutKind(kind), int(start), int(end))


def _bounced(fields: list[Any]) -> Bounce:
    original, recipients = fields
    return Bounce(_many(recipients, lambda each: BounceRecipient(*_texts(each))), _text(original))


def _attachment(row: list[Any]) -> Attachment:
    filename, content_type, size, sha256, inline, content_id, named = row
    texts = (_text(filename), _text(content_type), int(size), _text(sha256), bool(inline), _text(content_id))
    return Attachment(*texts, named=bool(named))


def _reason(row: list[Any]) -> Reason:
    code, facts = row
    return Reason(_text(code), tuple((_text(key), _text(value)) for key, value in facts))


def _verdict(verdict: Verdict) -> list[Any]:
    spoke = ([[s.answer, s.weight, s.place, s.sign, s.words] for s in a.spoke] for a in _answers(verdict))
    return [verdict.priority, *([a.value, a.ranked, each] for a, each in zip(_answers(verdict), spoke, strict=True))]


def _answers(verdict: Verdict) -> tuple[Answer, ...]:
    return verdict.service, verdict.nature, verdict.urgency, verdict.impact, verdict.outage


def _judged(fields: list[Any]) -> Verdict:
    priority, *answers = fields
    service, nature, urgency, impact, outage = (_answer(each) for each in answers)
    return Verdict(service, nature, urgency, impact, _text(priority), outage)


def _answer(row: list[Any]) -> Answer:
    value, ranked, spoke = row
    return Answer(_text(value), _many(ranked, lambda each: (_text(each[0]), float(each[1]))), _many(spoke, _spoke))


def _spoke(row: list[Any]) -> Spoke:
    answer, weight, place, sign, words = row
    if not (type(answer) is type(place) is type(sign) is type(words) is str and type(weight) in (int, float)):
        raise TypeError
    return Spoke(answer, weight, place, sign, words)


def _many(rows: list[Any], make: Callable[[Any], T]) -> tuple[T, ...]:
    return tuple(map(make, rows))


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(map(_text, values))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
