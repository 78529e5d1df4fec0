"""policy.toml as a form: who may do what on which proof."""

from __future__ import annotations

from maild.core.policy import Answer, Weight
from maild.forms import Field, Form


class RowsForm(Form):
    user: tuple[Answer, ...]
    provider: tuple[Answer, ...]
    staff: tuple[Answer, ...]
    machine: tuple[Answer, ...] | None = None  # none: what it says is not done


class PolicyFile(Form):
    default: dict[Weight, RowsForm]
    strict: dict[Weight, RowsForm]
    bulk: int = Field(default=5, ge=1)
    hours: int = Field(default=24, ge=1, le=48)
    questions_hour: int = Field(default=3, ge=1)
    oldest_days: int = Field(default=7, ge=1)
    guesses_hour: int = Field(default=20, ge=1)
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
