"""How well the sender of a mail is proved, with what the store knows of him and of the ticket. Asks the store; only reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from maild.core import seal, thread
from maild.core.events import MailArrived
from maild.core.office import Office
from maild.core.policy import Who
from maild.core.trust import Boundary, Traces, weigh
from maild.core.values import Assurance, Author, Reason, because
from maild.store import letters, tickets
from maild.store.database import Tx

_DAY = timedelta(days=1)
# Programs read the headers of such a mail differently: who checked one reading proved nothing of the other.
_GARBLED = "header-garbage"
_MOST_LETTERS = 100
# For how long after a ticket was closed its letters still prove who answers them.
_AFTER_CLOSING = timedelta(days=10)
_CLASS: Mapping[Who, seal.Class] = {
    "user": seal.USER,
    "provider": seal.PROVIDER,
    "staff": seal.STAFF,
    "machine": seal.STAFF,
}


@dataclass(frozen=True, slots=True)
class Terms:
    """The desk as it looks at mail: its policies, the keys of its letters, the border it believes, and how many tickets
    one address opens in an hour."""

    office: Office
    ring: seal.KeyRing
    boundary: Boundary
    tickets_hour: int


def weighed(
    tx: Tx,
    event: MailArrived,
    conflict: bool,
    author: Author,
    placed: thread.Placement,
    terms: Terms,
    now: datetime,
) -> Author:
    """The author with how well he is proved. What a letter proves counts only while it would still be written to him so.

    `conflict`: another mail had this Message-ID first.
    """
    mail, person, office = event.mail, author.person, terms.office
    others = person.addresses if person else ()
    answers, why = _counts(tx, author, placed, office, now)
    assurance, evidence = weigh(
        tuple(dict.fromkeys((author.address, *others))) if author.address else (),
        known=person is not None,
        answers_own_letter=answers,
        traces=Traces(mail.authentication_results, mail.results_depth, mail.received_by, event.signatures),
        boundary=terms.boundary,
    )
    if (
        conflict or _GARBLED in mail.defects
    ):  # whose mail had this id first nobody knows: it proves nothing of the other one
        assurance, answers = min(assurance, Assurance.A1), False
    told = bool(assurance is Assurance.A0 and person and _told_lately(tx, person.address, now))
    return replace(author, assurance=assurance, evidence=(*evidence, *why), both=answers, told=told)


def _counts(
    tx: Tx, author: Author, placed: thread.Placement, office: Office, now: datetime
) -> tuple[bool, tuple[Reason, ...]]:
    """Whether the letter that he answers proves him now: he is what he was when it was written, the ticket is still his or
    anybody's of his role, and it has not been closed for long (RELIABILITY §4.8.4, S-08)."""
    token = placed.token
    if token is None:
        return False, ()
    if token.kind != seal.CONFIRM and token.kind != _CLASS[office.speaks_as(author.person)]:
        return False, (because("letter-of-another-role"),)
    ticket = tickets.load(tx, token.ticket)
    if ticket is None:
        return token.ticket == 0, ()
    if ticket.closed_at is not None and now - ticket.closed_at > _AFTER_CLOSING:
        return False, (because("letter-too-old"),)
    if token.kind == seal.STAFF and not office.has_or_shares(author, ticket, office.day(now)):
        return False, (because("letter-of-another-time"),)
    return True, ()


def _told_lately(tx: Tx, address: str, now: datetime) -> bool:
    return any(
        template == "no_autorizado" for _, template, _ in letters.written(tx, address, now - _DAY, _MOST_LETTERS)
    )
