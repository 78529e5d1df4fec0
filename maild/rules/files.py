"""The files of a rules folder as forms: what may be written in them, and nothing else."""

from __future__ import annotations

from typing import Literal

from maild.core.rulebook import Act, ClockMeaning, RoleKind, StateKind, StepKind
from maild.forms import Field, Form

Names = str | tuple[str, ...]
Letters = dict[str, Names]  # template → whom, in the order in which they are sent


class InstitutionForm(Form):
    key: str = Field(pattern=r"^[a-z0-9_-]+$")
    name: str
    mark: str = Field(pattern=r"^[A-Z][A-Z0-9]{1,9}$")
    default_type: str


class TypeForm(Form):
    label: str
    procedure: str


class PriorityForm(Form):
    label: str


class ReopeningForm(Form):
    mode: Literal["reopen", "new"]
    within: str = ""
    step: str = ""
    letters: Letters = Field(default={})


class RoleForm(Form):
    label: str
    kind: RoleKind
    audience: Literal["user", "technician", "provider", "manager", "operator"]


class InstitutionFile(Form):
    institution: InstitutionForm
    type: dict[str, TypeForm]
    priority: dict[str, PriorityForm] = Field(default={})
    role: dict[str, RoleForm] = Field(default={})
    reopening: ReopeningForm
    letters: dict[str, Letters] = Field(default={})
    conformity: dict[str, str] = Field(default={})


class StateForm(Form):
    label: str
    kind: StateKind


class StatesFile(Form):
    state: dict[str, StateForm]


class ClockForm(Form):
    after: str
    meaning: ClockMeaning = "work"
    only_if: dict[str, str] = Field(default={})
    origin: Literal["document", "proposal"] = "proposal"


class ClocksFile(Form):
    clock: dict[str, ClockForm]


class VerbForm(Form):
    act: Act
    spellings: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    needs: tuple[Literal["text"], ...] = ()
    proof: Literal["A1", "A2", "A3", "A4"] = "A2"
    button: dict[str, str] = Field(default={})
    closing: str = ""


class CommandsFile(Form):
    verb: dict[str, VerbForm]


class AnswerForm(Form):
    words: tuple[str, ...]
    verb: str = ""


class WordsFile(Form):
    answer: dict[str, AnswerForm]


class CalendarFile(Form):
    monday: tuple[str, ...] = ()
    tuesday: tuple[str, ...] = ()
    wednesday: tuple[str, ...] = ()
    thursday: tuple[str, ...] = ()
    friday: tuple[str, ...] = ()
    saturday: tuple[str, ...] = ()
    sunday: tuple[str, ...] = ()
    holiday: dict[str, str] = Field(default={})


class MoveForm(Form):
    on: Names
    to: Names = ()
    result: str = ""
    by: Names = ()
    when: dict[str, str] = Field(default={})
    unless: dict[str, str] = Field(default={})
    tell: dict[str, str] = Field(default={})
    letters: Letters = Field(default={})
    state: str = ""
    start: Names = ()
    stop: Names = ()
    requires: tuple[Literal["text"], ...] = ()
    again: bool = False
    closing: str = ""


class StepForm(Form):
    name: str
    kind: StepKind
    role: str
    state: str
    clocks: tuple[str, ...] = ()
    turn: Letters = Field(default={})
    move: tuple[MoveForm, ...] = ()
    printed: str = ""


class ProcedureFile(Form):
    key: str = Field(pattern=r"^[A-Z0-9-]+$")
    name: str
    source: str = ""
    first: str
    step: dict[str, StepForm]
