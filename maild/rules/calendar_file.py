"""calendar.toml as a form: the hours of the institution, and those of sites and units that differ."""

from __future__ import annotations

from maild.forms import Field, Form


class HoursForm(Form):
    """`country`: whose national holidays count (PE, BO: ISO 3166); `hours`: days with hours of their own, or with none."""

    country: str = ""
    zone: str = ""
    works: tuple[str, ...] = ()
    holiday: dict[str, str] = Field(default={})
    hours: dict[str, tuple[str, ...]] = Field(default={})
    monday: tuple[str, ...] = ()
    tuesday: tuple[str, ...] = ()
    wednesday: tuple[str, ...] = ()
    thursday: tuple[str, ...] = ()
    friday: tuple[str, ...] = ()
    saturday: tuple[str, ...] = ()
    sunday: tuple[str, ...] = ()


class PlaceHoursForm(HoursForm):
    """The hours of some sites or units; what it leaves out stands as in the institution's calendar."""

    sites: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


class CalendarFile(HoursForm):
    calendar: dict[str, PlaceHoursForm] = Field(default={})
