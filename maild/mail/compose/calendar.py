"""A day and hour of a letter as something a calendar takes in (RFC 5545). Home of icalendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CALENDAR_TYPE = 'text/calendar; charset="utf-8"; method=PUBLISH'
_LASTS = timedelta(hours=1)
_WARNS = timedelta(hours=-1)


@dataclass(frozen=True, slots=True)
class Appointment:
    """What happens when. `takes_time`: people are wanted then; else it is only a deadline."""

    key: str
    title: str
    about: str
    at: datetime
    takes_time: bool


def as_ics(what: Appointment, desk_name: str, desk: str, written: datetime) -> bytes:
    """One event, published: it needs no answer. The same matter has the same UID, so a later letter moves the entry."""
    from icalendar import Alarm, Calendar, Event, vCalAddress  # slow to import; few letters carry a date

    event = Event()
    event.add("uid", what.key)
    event.add("sequence", int(written.timestamp()) // 60)
    event.add("dtstamp", written.astimezone(UTC))
    event.add("dtstart", what.at.astimezone(UTC))
    event.add("dtend", (what.at + (_LASTS if what.takes_time else timedelta(minutes=15))).astimezone(UTC))
    event.add("summary", what.title)
    event.add("description", what.about)
    event.add("transp", "OPAQUE" if what.takes_time else "TRANSPARENT")
    organizer = vCalAddress(f"mailto:{desk}")
    organizer.params["CN"] = desk_name
    event["organizer"] = organizer
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", what.title)
    alarm.add("trigger", _WARNS)
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//maild//help desk//ES")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
