"""machines.toml as a form: how the programs of an institution write, and what is done about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from maild.core.alerts import ShapeKind
from maild.forms import Duration, Field, Flag, Form
from maild.rules.files import Letters

Severity = Literal["info", "warning", "high", "critical"]


class AlertFactsForm(Form):
    host: str = ""
    service: str = ""
    severity: str = ""
    group: str = ""
    count: str = ""


class AlertsForm(Form):
    opens: str = ""
    requester: str = ""
    recovery: Literal["close", "note"] = "close"
    closing: str = ""
    again: Duration = timedelta(hours=2)
    flaps: int = Field(default=3, ge=0)
    storm: int = Field(default=10, ge=1)
    storm_within: Duration = timedelta(minutes=15)
    storm_title: str = ""
    minor: Flag = False
    worse: Letters = Field(default={})
    recovered: Letters = Field(default={})
    facts: AlertFactsForm = AlertFactsForm()
    priorities: dict[Severity, str] = Field(default={})


class StatesForm(Form):
    problem: tuple[str, ...] = ()
    recovery: tuple[str, ...] = ()
    notice: tuple[str, ...] = ()


class ReadForm(Form):
    host: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    state: tuple[str, ...] = ()


class ShapeForm(Form):
    label: str
    kind: ShapeKind = "monitor"
    says: tuple[str, ...] = ()
    problem: tuple[str, ...] = ()
    recovery: tuple[str, ...] = ()
    notice: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    read: ReadForm = ReadForm()
    lone: str = ""


class BranchForm(Form):
    kind: Literal["", "monitor", "backup"] = ""
    hosts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    tell: dict[str, str] = Field(default={})
    opens: str = ""
    requester: str = ""


class MachinesFile(Form):
    alerts: AlertsForm = AlertsForm()
    states: StatesForm = StatesForm()
    severities: dict[Severity, tuple[str, ...]] = Field(default={})
    shape: dict[str, ShapeForm] = Field(default={})
    branch: dict[str, BranchForm] = Field(default={})
