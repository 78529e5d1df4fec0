"""What clocks.toml says of recurring clocks, as forms."""

from __future__ import annotations

from maild.core.occasions import DayOff
from maild.forms import Field, Form

Names = str | tuple[str, ...]


class OpeningForm(Form):
    type: str
    title: str
    requester: str
    facts: dict[str, str] = Field(default={})
    each: bool = False


class ExpectedForm(Form):
    mail: Names
    names: str = ""
    within: str = ""


class RecurringForm(Form):
    """The keys of a clock that only one which recurs may have."""

    name: str = ""
    every: str = ""
    day: int | str = 0
    month: int = Field(default=0, ge=0, le=12)
    day_off: DayOff = "same"
    recurring: bool = False
    together: bool = False
    opens: OpeningForm | None = None
    expects: ExpectedForm | None = None
    lists: dict[str, Names] = Field(default={})
