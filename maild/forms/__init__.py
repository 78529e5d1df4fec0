"""TOML files that people edit, read into typed forms, every mistake told at once; the home of pydantic and tomllib."""

from maild.forms.form import Field, Form, checked, fill, load
from maild.forms.kinds import (
    Count,
    Duration,
    FilePath,
    Flag,
    HiddenText,
    Line,
    MailAddress,
    MailDomain,
    PersonAddress,
    Rest,
    Size,
    TimeOfDay,
    Zone,
    duration,
    show_duration,
    show_size,
    size,
)
from maild.forms.toml import read_toml
from maild.forms.wording import nearest, offer

__all__ = [
    "Count",
    "Duration",
    "Field",
    "FilePath",
    "Flag",
    "Form",
    "HiddenText",
    "Line",
    "MailAddress",
    "MailDomain",
    "PersonAddress",
    "Rest",
    "Size",
    "TimeOfDay",
    "Zone",
    "checked",
    "duration",
    "fill",
    "load",
    "nearest",
    "offer",
    "read_toml",
    "show_duration",
    "show_size",
    "size",
]
