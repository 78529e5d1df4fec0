"""What became of a letter handed to a relay: the classification table of RELIABILITY §4.5."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maild.mail.trouble import one_line


class Outcome(StrEnum):
    """What the desk should do next with a letter."""

    SENT = "sent"  # the relay took it: acceptance, not delivery
    DEFERRED = "deferred"  # certainly not taken; try again later
    FAILED = "failed"  # certainly not taken, and never will be
    AMBIGUOUS = "ambiguous"  # nobody can tell
    CHANNEL = "channel"  # no letter would pass: pause everything, burn no attempts


class Stage(StrEnum):
    """How far the conversation got."""

    CONNECT = "connect"
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA_ISSUED = "data_issued"
    FINAL_REPLY = "final_reply"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one letter; `text` is one line for people, without controls."""

    outcome: Outcome
    stage: Stage
    code: int | None
    text: str


# These say something about us, not about the letter: log in first, log in otherwise (RFC 4954 §6).
_ABOUT_US = frozenset({530, 534, 535, 538})
# Exchange Online: this account may not send as this sender.
_SEND_AS_DENIED = ("5.2.252", "5.7.60")
# Stages where every letter would fare alike.
_OF_THE_CHANNEL = frozenset({Stage.TLS, Stage.AUTH})


def on_reply(stage: Stage, code: int, text: str) -> Verdict:
    """Judge a reply that is not the one we wanted, or the final one."""
    known = code if code > 0 else None  # the library says -1 where it could not read a code
    return Verdict(_judged(stage, code, text), stage, known, one_line(f"{known or ''} {text}"))


def _judged(stage: Stage, code: int, text: str) -> Outcome:
    family = code // 100
    if stage is Stage.FINAL_REPLY and family == 2:
        return Outcome.SENT
    if family == 4:
        return Outcome.DEFERRED
    if family == 5:
        if stage in _OF_THE_CHANNEL or code in _ABOUT_US or text.startswith(_SEND_AS_DENIED):
            return Outcome.CHANNEL
        if stage is Stage.MAIL and code != 552:
            return Outcome.CHANNEL  # our own sender address is refused; 552 is the size of this letter
        return Outcome.FAILED if stage in (Stage.MAIL, Stage.RCPT) or _after_data(stage) else Outcome.DEFERRED
    return on_silence(stage)


def on_silence(stage: Stage) -> Outcome:
    """Judge a conversation that broke off, or an answer that cannot be read."""
    return Outcome.AMBIGUOUS if _after_data(stage) else Outcome.DEFERRED


def _after_data(stage: Stage) -> bool:
    return stage in (Stage.DATA_ISSUED, Stage.FINAL_REPLY)
