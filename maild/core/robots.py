"""What sort of mail it is: a person's, or one of the many that no letter may answer (RFC 3834, RELIABILITY §4.9).

Every sign is a row with a weight; a kind needs ENOUGH weight. One strong sign is enough, a subject alone never is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from maild.core.subject import without_prefixes
from maild.core.values import Bounce, Kind, Reason, because
from maild.core.words import fold

ENOUGH = 10
HOPS = 30


@dataclass(frozen=True, slots=True)
class Facts:
    """What the parser saw of a mail, before anybody judged it. `fields` are (lower-case name, decoded value)."""

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


@dataclass(frozen=True, slots=True)
class Sign:
    """One row: for which kind, how much, where to look, and how to compare: present, is, isnt, begins, holds."""

    kind: Kind
    weight: int
    where: str
    how: str = "present"
    words: tuple[str, ...] = ()


_WEAK, _HALF, _STRONG = 4, 6, 10


def _any(*words: str) -> tuple[str, ...]:
    """The words of a row, written with bars between them."""
    return tuple(word for several in words for word in several.split("|"))


_MONITORS = _any("nagios|zabbix|icinga|grafana|alertmanager|monitor|centreon|prtg|alert")

SIGNS = (
    Sign(Kind.AUTOREPLY, _STRONG, "auto-submitted", "isnt", ("no", "")),
    Sign(Kind.AUTOREPLY, _STRONG, "x-autoreply", "isnt", ("no",)),
    Sign(Kind.AUTOREPLY, _STRONG, "x-autorespond"),
    Sign(Kind.AUTOREPLY, _STRONG, "x-auto-reply-from"),
    Sign(Kind.AUTOREPLY, _STRONG, "x-mail-autoreply"),
    Sign(Kind.AUTOREPLY, _STRONG, "precedence", "is", _any("auto_reply|auto-reply")),
    Sign(Kind.AUTOREPLY, _STRONG, "return-path", "is", ("<>",)),
    Sign(Kind.AUTOREPLY, _STRONG, "x-ms-exchange-generated-message-source"),
    Sign(Kind.AUTOREPLY, _STRONG, "x-loop"),
    # Outlook puts this into some people's ordinary mail: it needs a second sign.
    Sign(Kind.AUTOREPLY, _WEAK, "x-auto-response-suppress"),
    Sign(
        Kind.AUTOREPLY,
        _STRONG,
        "(local part)",
        "is",
        _any("no-reply|noreply|no_reply|do-not-reply|donotreply|no-responder|noresponder|nao-responda"),
    ),
    Sign(Kind.AUTOREPLY, _HALF, "(local part)", "begins", _any("no-reply|noreply|no_reply|donotreply|noresponder")),
    Sign(
        Kind.AUTOREPLY,
        _HALF,
        "(subject)",
        "begins",
        _any(
            "respuesta automatica|respuesta de ausencia|mensaje automatico|fuera de la oficina|fuera de oficina",
            "ausencia temporal|ausente|de vacaciones|automatic reply|auto:|autoreply|auto reply|auto-reply",
            "out of office|out of the office|vacation reply|resposta automatica|fora do escritorio",
        ),
    ),
    Sign(Kind.BOUNCE, _STRONG, "(report)", "is", ("delivery-status",)),
    Sign(Kind.BOUNCE, _STRONG, "x-failed-recipients"),
    Sign(Kind.BOUNCE, _STRONG, "(local part)", "is", _any("mailer-daemon|mailerdaemon")),
    Sign(Kind.BOUNCE, _HALF, "(local part)", "is", _any("postmaster|mail-daemon|bounce|bounces|mailadmin")),
    Sign(Kind.BOUNCE, _WEAK, "return-path", "is", ("<>",)),
    Sign(Kind.BOUNCE, _WEAK, "(content type)", "is", ("multipart/report",)),
    Sign(Kind.BOUNCE, _WEAK, "auto-submitted", "isnt", ("no", "")),
    Sign(
        Kind.BOUNCE,
        _HALF,
        "(subject)",
        "holds",
        _any(
            "undeliver|delivery status notification|delivery failure|delivery failed|delivery has failed|mail delivery",
            "returned mail|failure notice|returned to sender|could not be delivered|delivery delayed|warning: message",
            "no se puede entregar|no se pudo entregar|no entregado|no se ha podido entregar|correo devuelto",
            "buzon lleno|estado de entrega|entrega retrasada|nao entregue|falha na entrega|devolvido|non remis",
        ),
    ),
    Sign(Kind.AUTOREPLY, _STRONG, "(local part)", "is", _any("postmaster|bounce|bounces")),
    Sign(Kind.RECEIPT, _STRONG, "(report)", "is", ("disposition-notification",)),
    Sign(Kind.RECEIPT, _STRONG, "(content type)", "is", ("message/disposition-notification",)),
    Sign(Kind.CALENDAR, _STRONG, "(calendar)", "is", _any("request|reply|cancel|counter|refresh|declinecounter")),
    Sign(Kind.SPAM, _STRONG, "x-spam-flag", "begins", _any("yes|true")),
    Sign(Kind.SPAM, _STRONG, "x-spam-status", "begins", ("yes",)),
    Sign(Kind.SPAM, _STRONG, "x-spam", "is", ("yes",)),
    Sign(Kind.SPAM, _STRONG, "x-ms-exchange-organization-scl", "is", _any("5|6|7|8|9")),
    Sign(Kind.BULK, _STRONG, "list-id"),
    Sign(Kind.BULK, _STRONG, "list-unsubscribe"),
    Sign(Kind.BULK, _STRONG, "list-post"),
    Sign(Kind.BULK, _STRONG, "precedence", "is", _any("bulk|junk|list")),
    Sign(Kind.BULK, _STRONG, "feedback-id"),
    Sign(Kind.BULK, _STRONG, "x-mailing-list"),
    Sign(Kind.BULK, _STRONG, "(report)", "is", ("feedback-report",)),
    Sign(Kind.ALERT_PROBLEM, _HALF, "(local part)", "begins", _MONITORS),
    Sign(
        Kind.ALERT_PROBLEM,
        _HALF,
        "(subject)",
        "begins",
        _any("** problem|problem:|problem |[firing|problema:|[alerting]|down:"),
    ),
    Sign(Kind.ALERT_RECOVERY, _HALF, "(local part)", "begins", _MONITORS),
    Sign(
        Kind.ALERT_RECOVERY,
        _HALF,
        "(subject)",
        "begins",
        _any("** recovery|recovery:|resolved|[resolved|recuperado:|[ok]|up:|ok:"),
    ),
)

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

_DELAY_WORDS = ("delayed", "delay", "retrasad", "demora", "atrasad", "warning: message", "still being retried")


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
        value = _hit(sign, seen)
        if value is not None:
            weighed[sign.kind] = weighed.get(sign.kind, 0) + sign.weight
            reasons.setdefault(sign.kind, []).append(because("sign", where=sign.where, value=value[:100]))
    for kind in _ORDER:
        if weighed.get(kind, 0) >= ENOUGH:
            return _delayed(kind, facts), tuple(reasons[kind])
    return _persons(facts), ()


def _seen(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Every place a sign may look at, folded."""
    seen: dict[str, list[str]] = {}
    for name, value in facts.fields:
        # Parameters say nothing about the kind (RFC 3834 §5).
        word = value if name in ("return-path", "list-id", "feedback-id") else value.partition(";")[0]
        seen.setdefault(name, []).append(fold(word[:300]))
    seen["(subject)"] = [fold(without_prefixes(facts.subject)[:300])]
    seen["(local part)"] = [facts.sender.partition("@")[0]] if facts.sender else []
    seen["(report)"] = [facts.report_type] if facts.report_type else []
    seen["(content type)"] = [facts.content_type]
    seen["(calendar)"] = [facts.calendar_method] if facts.calendar_method else []
    return {place: tuple(values) for place, values in seen.items()}


def _hit(sign: Sign, seen: dict[str, tuple[str, ...]]) -> str | None:
    for value in seen.get(sign.where, ()):
        if (
            sign.how == "present"
            or (sign.how == "is" and value in sign.words)
            or (sign.how == "isnt" and value not in sign.words)
            or (sign.how == "begins" and value.startswith(sign.words))
            or (sign.how == "holds" and any(word in value for word in sign.words))
        ):
            return value
    return None


def _delayed(kind: Kind, facts: Facts) -> Kind:
    """A delivery report that only says "later" is silent information, not a failure."""
    if kind is not Kind.BOUNCE:
        return kind
    actions = tuple(_actions(facts.bounce))
    if actions:
        return Kind.DELAY if all(action == "delayed" for action in actions) else kind
    subject = fold(facts.subject)
    return Kind.DELAY if any(word in subject for word in _DELAY_WORDS) else kind


def _actions(bounce: Bounce | None) -> Iterator[str]:
    return (recipient.action for recipient in bounce.recipients if recipient.action) if bounce else iter(())


def _persons(facts: Facts) -> Kind:
    if facts.has_ids or without_prefixes(facts.subject) != facts.subject.strip():
        return Kind.REPLY
    said = facts.text.strip() or facts.subject.strip() or facts.attachments
    return Kind.REQUEST if said else Kind.EMPTY
