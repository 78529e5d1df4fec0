"""The files of a rules folder as forms: what may be written in them, and nothing else."""

from __future__ import annotations

from typing import Literal

from maild.core.clocks import ClockMeaning, Origin
from maild.core.moves import StepKind
from maild.core.rulebook import Act, Proof, RoleKind, StateKind
from maild.core.takes import Means, Takes
from maild.forms import Field, Form
from maild.rules import recurring_form, table_form
from maild.rules.calendar_file import CalendarFile as CalendarFile
from maild.rules.calendar_file import HoursForm as HoursForm
from maild.rules.child_form import ChildForm as ChildForm
from maild.rules.recurring_form import ExpectedForm as ExpectedForm
from maild.rules.recurring_form import OpeningForm as OpeningForm
from maild.rules.table_form import ColumnForm as ColumnForm
from maild.rules.table_form import TableForm as TableForm

Names = str | tuple[str, ...]
Letters = dict[str, Names]  # template → whom, in the order in which they are sent
Guards = dict[str, Names]


class InstitutionForm(Form):
    key: str = Field(pattern=r"^[a-z0-9_-]+$")
    name: str
    mark: str = Field(pattern=r"^[A-Z][A-Z0-9]{1,9}$")
    default_type: str
    document: str = ""
    mailbox: str = ""
    phone: str = ""
    zone: str = ""
    tool: str = ""
    once: tuple[str, ...] = ()
    once_per_text: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


class TypeForm(Form):
    label: str
    procedure: str
    definition: str = ""
    nature: Literal["", "fault", "request"] = ""


class ChannelForm(Form):
    label: str


class ReopeningForm(Form):
    mode: Literal["reopen", "new"]
    within: str = ""
    step: str = ""
    letters: Letters = Field(default={})


class SurveyForm(Form):
    template: str = ""
    best: int = Field(default=5, ge=1, le=10)
    clock: str = ""
    most: int = Field(default=0, ge=0)
    days: int = Field(default=30, ge=1, le=366)


class KnowledgeForm(Form):
    entries: tuple[str, ...] = ()


class InstitutionFile(Form):
    institution: InstitutionForm
    type: dict[str, TypeForm]
    channel: dict[str, ChannelForm] = Field(default={})
    reopening: ReopeningForm
    survey: SurveyForm = SurveyForm()
    letters: dict[str, Letters] = Field(default={})
    conformity: dict[str, str] = Field(default={})
    parameters: dict[str, int | str] = Field(default={})
    knowledge_base: KnowledgeForm = KnowledgeForm()


class RoleForm(Form):
    label: str
    kind: RoleKind
    audience: Literal["user", "technician", "provider", "manager", "operator"]
    unit: str = ""
    by_area: bool = False


class RolesFile(Form):
    role: dict[str, RoleForm] = Field(default={})


class PriorityForm(Form):
    label: str
    definition: str = ""
    share: str = ""
    urgent: bool = False


class PrioritiesFile(Form):
    """`matrix`: urgency → impact → priority. Without it none is proposed."""

    priority: dict[str, PriorityForm] = Field(default={})
    matrix: dict[str, dict[str, str]] = Field(default={})


class LevelForm(Form):
    label: str
    role: str = ""
    definition: str = ""


class CriterionForm(Form):
    level: str
    text: str


class EscalationFile(Form):
    level: dict[str, LevelForm] = Field(default={})
    criterion: dict[str, CriterionForm] = Field(default={})


class DocumentForm(Form):
    label: str
    form: bool = False
    heading: str = ""
    fields: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    note: str = ""
    numbering: Literal["", "year"] = ""
    files: tuple[str, ...] = ()


class ListForm(Form):
    items: tuple[str, ...]


class DocumentsFile(table_form.TablesForm):
    document: dict[str, DocumentForm] = Field(default={})
    checklist: dict[str, ListForm] = Field(default={})


class IndicatorForm(Form):
    name: str
    formula: str = ""
    computed: str = ""
    type: str = ""
    facts: Names = ()
    state: str = ""
    clocks: Names = ()
    closing: str = ""
    target: str = ""


class IndicatorsFile(Form):
    indicator: dict[str, IndicatorForm] = Field(default={})


class StateForm(Form):
    label: str
    kind: StateKind


class ClosingForm(Form):
    label: str


class StatesFile(Form):
    state: dict[str, StateForm]
    closing: dict[str, ClosingForm]


class ClockForm(recurring_form.RecurringForm):
    after: str = ""
    at: str = ""
    given_by: str = ""
    before: str = ""
    meaning: ClockMeaning = "work"
    scope: Literal["step", "ticket", "after"] = "step"
    only_if: dict[str, str] = Field(default={})
    again: bool = False
    letters: Letters = Field(default={})
    origin: Origin = "proposal"
    printed: str = ""
    pauses: Names = ()
    of: Literal["worker", "requester"] = "worker"
    urgent: bool = False
    report: Names = ()
    climbs: Names = ()
    times: int = Field(default=0, ge=0)


class LadderForm(Form):
    after: str = ""
    template: str = ""
    superiors: Names = ()


class ClocksFile(Form):
    clock: dict[str, ClockForm]
    ladder: LadderForm = LadderForm()


class VerbForm(Form):
    act: Act
    spellings: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    proof: Proof = "A2"
    button: dict[str, str] = Field(default={})
    closing: str = ""
    quiet: bool = False
    confirmed: bool = False
    conformity: Literal["", "given", "refused"] = ""
    spaced: bool = False
    letters: Letters = Field(default={})
    stems: tuple[str, ...] = ()
    takes: tuple[Takes, ...] | None = None
    phrases: dict[str, str] = Field(default={})
    signed: tuple[str, ...] = ()
    awaited: bool = False
    careful: bool = False
    alone: str = ""
    instead: str = ""
    about: dict[str, str] = Field(default={})
    card: dict[str, str] = Field(default={})


class FactForm(Form):
    """`means`: what the value is to the engine; `values`: the only ones there are."""

    label: str = ""
    values: tuple[str, ...] = ()
    means: Means = ""


class CommandsFile(Form):
    verb: dict[str, VerbForm]
    fact: dict[str, FactForm] = Field(default={})


class MailRuleForm(Form):
    sender: Names = ()
    subject: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    read: dict[str, str] = Field(default={})
    tell: dict[str, str] = Field(default={})
    finds: str = ""
    joins: tuple[str, ...] = ()
    opens: str = ""
    requester: str = ""
    letters: Letters = Field(default={})


class MailsFile(Form):
    mail: dict[str, MailRuleForm] = Field(default={})


class MoveForm(Form):
    on: Names
    to: Names = ()
    result: str = ""
    by: Names = ()
    when: Guards = Field(default={})
    unless: Guards = Field(default={})
    below: dict[str, int | str] = Field(default={})
    at_least: dict[str, int | str] = Field(default={})
    tell: dict[str, str] = Field(default={})
    forget: Names = ()
    letters: Letters = Field(default={})
    state: str = ""
    start: Names = ()
    stop: Names = ()
    requires: Names = ()
    assign: str = ""
    everyone: str = ""
    withdraw: Names = ()
    again: bool = False
    learn: bool = False
    opens: bool = False
    quiet: bool = False
    closing: str = ""
    says: str = ""
    printed: str = ""


class StepForm(Form):
    name: str
    kind: StepKind
    role: str
    state: str
    clocks: tuple[str, ...] = ()
    turn: Letters = Field(default={})
    move: tuple[MoveForm, ...] = ()
    calls: str = ""
    child: ChildForm | None = None
    join: tuple[str, ...] = ()
    count: str = ""
    unwatched: bool = False
    who: str = ""
    record: str = ""
    coverage: Literal["", "A", "B", "C"] = ""
    human: str = ""
    printed: str = ""


class ProcedureFile(Form):
    key: str = Field(pattern=r"^[A-Z0-9-]+$")
    name: str
    source: str = ""
    spellings: tuple[str, ...] = ()
    first: str
    step: dict[str, StepForm]


class CaseForm(Form):
    """An example that the folder itself must satisfy: a mail, and what it must become."""

    subject: str
    text: str = ""
    role: str = ""
    type: str = ""
    procedure: str = ""
    service: str = ""
    category: str = ""
    subcategory: str = ""
    priority: str = ""


class CasesFile(Form):
    case: dict[str, CaseForm] = Field(default={})
