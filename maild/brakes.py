"""The brakes on what the desk writes: caps per ticket, address, outside domain and in all. They hold letters, never drop them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from maild.core.effects import Away, Decision, Present, Resume, Send, Suppress
from maild.core.office import Office
from maild.core.pending import Guessed
from maild.store import addresses, holds, letters
from maild.store.database import Tx
from maild.store.holds import Holder

log = logging.getLogger("maild.desk")

_BURST, _HOUR, _DAY = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many letters may be written. More are kept, held and shown to the operator, never dropped.

    `ticket_*` count letters about one ticket to one address (the burst: in 10
    minutes); `domain_hour` those to one domain outside; `total_hour` all.
    """

    acks_hour: int = 3
    acks_day: int = 10
    address_hour: int = 20
    address_day: int = 100
    staff_day: int = 2000
    tickets_hour: int = 30
    ticket_burst: int = 10
    ticket_hour: int = 25
    ticket_day: int = 100
    domain_hour: int = 30
    total_hour: int = 2000


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a letter waits: who holds it and in words; `by` empty: it does not wait."""

    by: Holder = ""
    why: str = ""


_GO = Hold()
_WHY: dict[Holder, str] = {
    "rehearsal": "ensayo / rehearsal",
    "stopped": "la dirección devuelve las cartas / the address bounces",
    "brake": "límite de cartas por hora / limit of letters per hour",
    "address": "límite por dirección / limit per address",
    "ticket": "límite por solicitud / limit per ticket",
    "domain": "límite por dominio ajeno / limit per outside domain",
}


def held(by: Holder) -> Hold:
    return Hold(by, _WHY[by])


def judge(tx: Tx, send: Send, office: Office, limits: Limits, now: datetime, *, is_ack: bool) -> Hold:
    """Whether this letter goes out. The operator's own are under one cap only: he must hear of all the others."""
    address = send.to.address
    if send.to == office.operator:
        return held("address") if letters.as_many_as(tx, limits.staff_day, address, now - _DAY) else _GO
    if addresses.is_stopped(tx, address):
        return held("stopped")
    if holds.total_reaches(tx, limits.total_hour, now - _HOUR):
        return held("brake")
    person = office.directory.by_address(address)
    if person and office.book.is_staff(person.role):
        return held("address") if letters.as_many_as(tx, limits.staff_day, address, now - _DAY) else _GO
    if over := _over(tx, send, limits, now, is_ack=is_ack):
        return held(over)
    if person is None and not office.directory.is_own_domain(address):
        domain = address.rpartition("@")[2]
        return held("domain") if holds.domain_reaches(tx, limits.domain_hour, domain, now - _HOUR) else _GO
    return _GO


# Holders whose doing the operator hears of; a bouncing address is told of by its bounce, a rehearsal he ordered himself.
_ALARMING: tuple[Holder, ...] = ("brake", "address", "ticket", "domain")


def alarms(tx: Tx, rows: Sequence[dict[str, Any]], office: Office, now: datetime) -> dict[str, Send]:
    """The letters to the operator about caps that these new letters ran into, by their cause, which is never written twice.

    The brake on all letters is told of when it takes hold, at most once an hour; every other cap once a day and address.
    """
    told: dict[str, Send] = {}
    for row in rows:
        by, address = row["held_by"], row["recipient"]
        if by not in _ALARMING or address == office.operator.address or (by == "brake" and holds.braked(tx)):
            continue
        total = by == "brake"
        cause = f"brake:{now:%Y-%m-%dT%H}" if total else f"brake:{by}:{address}:{now:%Y-%m-%d}"
        if cause not in told and not holds.is_written(tx, cause):
            facts = (("requester_address", "" if total else address), ("problem_lines", row["reason"]))
            told[cause] = Send(0, "freno", office.operator, "operator", office.language, facts)
    return told


def settle(tx: Tx, decision: Decision, cause: str, now: datetime) -> None:
    """What the decision says about addresses in rows, before its letters are judged by them."""
    for effect in decision.effects:
        match effect:
            case Suppress(number, address, reason, status, diagnostic):
                what = addresses.Stopped(address, reason, status, diagnostic, number or None, cause)
                if addresses.stop(tx, what, now):
                    waiting = holds.hold_for(tx, address, _WHY["stopped"])
                    log.warning("address-stopped", extra={"address": address, "held": waiting})
            case Resume(_, address):
                if addresses.resume(tx, address):
                    log.info("address-resumed", extra={"address": address, "freed": holds.let_go_for(tx, address, now)})
            case Guessed(_, address):
                addresses.guessed(tx, address, now)
            case Away():
                addresses.away(tx, effect, cause, now)
            case Present(_, address, until):
                addresses.present(tx, address, until or now.date(), cause, now)
            case _:
                pass


def _over(tx: Tx, send: Send, limits: Limits, now: datetime, *, is_ack: bool) -> Holder:
    """Which cap of one address, or of one ticket and address, this letter would pass."""
    today = letters.written(tx, send.to.address, now - _DAY, limits.address_day)
    acks = [at for at, template, _ in today if template == send.template] if is_ack else []
    if (
        len(today) >= limits.address_day
        or _since(now - _HOUR, (at for at, _, _ in today)) >= limits.address_hour
        or (is_ack and (len(acks) >= limits.acks_day or _since(now - _HOUR, acks) >= limits.acks_hour))
    ):
        return "address"
    about = [at for at, _, ticket in today if send.number and ticket == send.number]
    tiers = ((limits.ticket_burst, _BURST), (limits.ticket_hour, _HOUR), (limits.ticket_day, _DAY))
    return "ticket" if send.number and any(_since(now - span, about) >= most for most, span in tiers) else ""


def _since(start: datetime, times: Iterable[datetime]) -> int:
    return sum(at > start for at in times)
