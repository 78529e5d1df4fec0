"""outages.toml as a form: what fails for many people at once, and how many reports of it are one failure."""

from __future__ import annotations

from datetime import timedelta

from maild.forms import Count, Duration, Field, Form
from maild.rules.meaning import SignsForm


class OutagesForm(Form):
    threshold: Count = 0
    within: Duration = timedelta(minutes=30)
    lasts: Duration = timedelta(hours=8)
    title: str = "{what}"


class OutageForm(SignsForm):
    name: str
    without: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


class OutagesFile(Form):
    outages: OutagesForm = OutagesForm()
    outage: dict[str, OutageForm] = Field(default={})
