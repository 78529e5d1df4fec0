"""When a letter leaves: some wait a little for others about the same ticket, and people have hours of rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from maild.core.values import Mail, Person

Hours = tuple[time, time]  # from, until; over midnight where `until` is the earlier


@dataclass(frozen=True, slots=True)
class Pace:
    """`patient` letters wait for `fold`; whatever is written meanwhile to the same reader about the same ticket takes them in.

    `quiet`: hours in which nobody is written to, unless he has just written himself. `spare`: letters that only pass on
    what somebody wrote, not sent to those who were on that mail already.
    """

    fold: timedelta = timedelta(0)
    patient: frozenset[str] = frozenset()
    quiet: Hours | None = None
    spare: frozenset[str] = frozenset()


def may_wait(pace: Pace, person: Person | None) -> bool:
    """Whether letters to this reader ever wait on purpose."""
    return bool(pace.fold or pace.quiet or (person and (person.fold or person.quiet)))


def leaves(pace: Pace, template: str, person: Person | None, zone: str, now: datetime, *, answered: bool) -> datetime:
    """The earliest moment at which a letter may go out. `zone`: the desk's; `answered`: it answers the reader's own mail."""
    if answered:
        return now
    fold = person.fold if person and person.fold is not None else pace.fold
    at = now + fold if template in pace.patient else now
    quiet = person.quiet if person and person.quiet else pace.quiet
    return _after(at, quiet, ZoneInfo(person.zone if person and person.zone else zone)) if quiet else at


def _after(at: datetime, quiet: Hours, zone: ZoneInfo) -> datetime:
    """`at`, or the end of the rest that it falls into, on the reader's own clock."""
    here = at.astimezone(zone)
    start, end = quiet
    clock = here.time()
    over_midnight = end <= start
    if not (clock >= start or clock < end if over_midnight else start <= clock < end):
        return at
    day = here.date() + timedelta(days=1) if over_midnight and clock >= start else here.date()
    return datetime.combine(day, end, zone).astimezone(UTC)


def is_spared(pace: Pace, template: str, mail: Mail | None, address: str) -> bool:
    """Whether the reader has the very mail that this letter would pass on."""
    if mail is None or template not in pace.spare:
        return False
    return any(address == each.address.lower() for each in (*mail.to, *mail.cc))
