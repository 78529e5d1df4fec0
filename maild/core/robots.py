"""What sort of mail it is: a person's, or one of the many that no letter may answer (RFC 3834, RELIABILITY §4.9).

Every sign is a row with a weight; a kind needs ENOUGH weight. One strong sign is enough, a subject alone never is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from maild.core.robot_signs import SIGNS, How, Sign
from maild.core.subject import without_prefixes
from maild.core.values import Bounce, Kind, Reason, because
from maild.core.words import fold

ENOUGH = 10
PLACES = frozenset(sign.where for sign in SIGNS)  # header fields among them: no other says anything about the kind
HOPS = 30


@dataclass(frozen=True, slots=True)
class Facts:
    """What the parser saw of a mail, before anybody judged it. `fields` are (lower-case name, decoded value).

    `opening` are the first lines of the text; `returned` is "report" or "letter" where a delivery report, or a whole
    letter as an attachment, comes with it.
    """

    fields: tuple[tuple[str, str], ...] = ()
    sender: str = ""
    subject: str = ""
    content_type: str = ""
    report_type: str = ""
    calendar_method: str = ""
    hops: int = 0
    instance: str = ""
    has_ids: bool = False
    text: str = ""
    attachments: int = 0
    bounce: Bounce | None = None
    opening: tuple[str, ...] = ()
    returned: str = ""


# Which kind wins when several have enough: the one that is most dangerous to answer, then the one that says most.
_ORDER = (
    Kind.BOUNCE,
    Kind.RECEIPT,
    Kind.CALENDAR,
    Kind.ALERT_PROBLEM,
    Kind.ALERT_RECOVERY,
    Kind.SPAM,
    Kind.AUTOREPLY,
    Kind.BULK,
)

_DELAY_SUBJECTS = ("delayed", "delay", "retrasad", "demora", "atrasad", "warning: message", "still being retried")
_DELAY_OPENINGS = (
    "has not yet been delivered",
    "has been delayed",
    "se ha retrasado",
    "todavia no se ha entregado",
    "sera reintentad",
    "ainda nao foi entregue",
    "this is a warning message only",
    "delayed 24 hours",
    "se seguira intentando",
)


def signs(facts: Facts) -> tuple[Kind, tuple[Reason, ...]]:
    """The kind of a mail and the signs that made it so."""
    if facts.instance:
        return Kind.LOOP, (because("own-header", instance=facts.instance),)
    if facts.hops > HOPS:
        return Kind.LOOP, (because("too-many-hops", hops=facts.hops),)
    weighed: dict[Kind, int] = {}
    reasons: dict[Kind, list[Reason]] = {}
    seen = _seen(facts)
    for sign in SIGNS:
        values = seen.get(sign.where)
        value = _hit(sign, values) if values else None
        if value is not None:
            weighed[sign.kind] = weighed.get(sign.kind, 0) + sign.weight
            reasons.setdefault(sign.kind, []).append(because("sign", where=sign.where, value=value[:100]))
    for kind in _ORDER:
        if weighed.get(kind, 0) >= ENOUGH:
            return _delayed(kind, facts), tuple(reasons[kind])
    return _persons(facts), ()


def _seen(facts: Facts) -> dict[str, list[str]]:
    """Every place a sign may look at, folded."""
    seen: dict[str, list[str]] = {}
    for name, value in facts.fields:
        # Parameters say nothing about the kind (RFC 3834 §5).
        word = value if name in ("return-path", "list-id", "feedback-id") else value.partition(";")[0]
        seen.setdefault(name, []).append(fold(word[:300]))
    bare = without_prefixes(facts.subject)
    by_hand = ":" in facts.subject.strip().removesuffix(bare)  # RE: or RV: somebody answered, or sent it on
    seen["(subject)"] = [] if by_hand else [fold(bare[:300])]
    seen["(subject as is)"] = [fold(facts.subject[:300])]
    seen["(opening)"] = [fold(line[:300]).replace("\u2019", "'") for line in facts.opening]
    seen["(returned)"] = [facts.returned] if facts.returned else []
    seen["(answers)"] = ["yes"] if facts.has_ids else []
    seen["(local part)"] = [facts.sender.partition("@")[0]] if facts.sender else []
    seen["(report)"] = [facts.report_type] if facts.report_type else []
    seen["(content type)"] = [facts.content_type]
    seen["(calendar)"] = [facts.calendar_method] if facts.calendar_method else []
    return seen


_COMPARED: Mapping[How, Callable[[str, tuple[str, ...]], bool]] = {
    "present": lambda value, words: True,  # noqa: ARG005 - whatever it says
    "is": lambda value, words: value in words,
    "isnt": lambda value, words: value not in words,
    "begins": str.startswith,
    "ends": str.endswith,
    "holds": lambda value, words: any(map(value.__contains__, words)),
}


def _hit(sign: Sign, values: list[str]) -> str | None:
    compared = _COMPARED[sign.how]
    for value in values:
        if compared(value, sign.words):
            return value
    return None


def _delayed(kind: Kind, facts: Facts) -> Kind:
    """A delivery report that only says "later" is silent information, not a failure."""
    if kind is not Kind.BOUNCE:
        return kind
    actions = tuple(_actions(facts.bounce))
    if actions:
        return Kind.DELAY if all(action == "delayed" for action in actions) else kind
    subject, opening = fold(facts.subject), " ".join(fold(line) for line in facts.opening)
    later = any(word in subject for word in _DELAY_SUBJECTS) or any(word in opening for word in _DELAY_OPENINGS)
    return Kind.DELAY if later else kind


def _actions(bounce: Bounce | None) -> Iterator[str]:
    return (recipient.action for recipient in bounce.recipients if recipient.action) if bounce else iter(())


def _persons(facts: Facts) -> Kind:
    if facts.has_ids or without_prefixes(facts.subject) != facts.subject.strip():
        return Kind.REPLY
    said = facts.text.strip() or facts.subject.strip() or facts.attachments
    return Kind.REQUEST if said else Kind.EMPTY
