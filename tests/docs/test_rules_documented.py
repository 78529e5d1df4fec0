"""docs/rules.md names every key that a rules folder may hold, in its block, and none that is refused; and every word the engine knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from maild.core.indicators import COMPUTED
from maild.core.moves import ASSIGNS, GUARDS, NEEDS, SAID, StepKind
from maild.core.rulebook import GROUPS, RELATIONS, Act, RoleKind, StateKind
from maild.forms import Form
from maild.rules import files, machine_file, meaning, outage_file, wordfiles

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
BLOCKS: dict[str, type[Form]] = {
    "institution.toml `[institution]`": files.InstitutionForm,
    "institution.toml `[type.X]`": files.TypeForm,
    "institution.toml `[channel.X]`": files.ChannelForm,
    "institution.toml `[reopening]`": files.ReopeningForm,
    "institution.toml `[survey]`": files.SurveyForm,
    "institution.toml `[knowledge_base]`": files.KnowledgeForm,
    "roles.toml `[role.X]`": files.RoleForm,
    "states.toml `[state.X]`": files.StateForm,
    "states.toml `[closing.X]`": files.ClosingForm,
    "clocks.toml `[clock.X]`": files.ClockForm,
    "clocks.toml `[ladder]`": files.LadderForm,
    "clocks.toml `opens`": files.OpeningForm,
    "clocks.toml `expects`": files.ExpectedForm,
    "commands.toml `[verb.X]`": files.VerbForm,
    "commands.toml `[fact.X]`": files.FactForm,
    "words.toml `[answer.X]`": wordfiles.AnswerForm,
    "macros.toml `[macro.X]`": wordfiles.MacroForm,
    "calendar.toml": files.CalendarFile,
    "mails.toml `[mail.X]`": files.MailRuleForm,
    "machines.toml `[alerts]`": machine_file.AlertsForm,
    "machines.toml `[alerts.facts]`": machine_file.AlertFactsForm,
    "machines.toml `[states]`": machine_file.StatesForm,
    "machines.toml `[shape.X]`": machine_file.ShapeForm,
    "machines.toml `[shape.X.read]`": machine_file.ReadForm,
    "machines.toml `[branch.X]`": machine_file.BranchForm,
    "outages.toml `[outages]`": outage_file.OutagesForm,
    "outages.toml `[outage.X]`": outage_file.OutageForm,
    "priorities.toml `[priority.X]`": files.PriorityForm,
    "escalation.toml `[level.X]`": files.LevelForm,
    "escalation.toml `[criterion.X]`": files.CriterionForm,
    "catalogue.toml `[service.X]`": meaning.ServiceForm,
    "catalogue.toml `[category.X]`": meaning.CategoryForm,
    "concepts.toml `[concept.X]`": meaning.ConceptForm,
    "concepts.toml `[spelling]`": meaning.SpellingForm,
    "classify.toml `[classify]`": meaning.ClassifyForm,
    "classify.toml `[weights]`": meaning.WeightsForm,
    "classify.toml `[helper]`": meaning.HelperForm,
    "classify.toml `[places]`": meaning.PlacesForm,
    "classify.toml `[threshold]`": meaning.ThresholdForm,
    "classify.toml `[nature.X]` `[urgency.X]` `[impact.X]`": meaning.SignsForm,
    "filters.toml `[filter.X]`": meaning.FilterForm,
    "documents.toml `[document.X]`": files.DocumentForm,
    "documents.toml `[checklist.X]`": files.ListForm,
    "documents.toml `[table.X]`": files.TableForm,
    "documents.toml `[table.X.column.Y]`": files.ColumnForm,
    "indicators.toml `[indicator.X]`": files.IndicatorForm,
    "cases.toml `[case.X]`": files.CaseForm,
    "procedures/*.toml": files.ProcedureFile,
    "procedures/*.toml `[step.N]`": files.StepForm,
    "procedures/*.toml `[[step.N.move]]`": files.MoveForm,
    "procedures/*.toml `[step.N.child]`": files.ChildForm,
}
# Files whose tables are the blocks above; and the free tables of institution.toml, told in words.
_FREE = ("letters", "conformity", "parameters")


def sections() -> dict[str, list[tuple[str, bool]]]:
    """For each block of the page, the keys of its first column and whether they are bold."""
    keys = PAGE.partition("Todas las claves")[2].partition("\n## ")[0]
    found: dict[str, list[tuple[str, bool]]] = {}
    for part in re.split(r"^### ", keys, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        rows = [
            line.split(" | ")[0] for line in body.splitlines() if line.startswith("| ") and "`" in line.split(" | ")[0]
        ]
        found[title] = [(key, bool(bold)) for row in rows for bold, key in re.findall(r"(\*\*)?`([a-z_]+)`", row)]
    return found


def test_the_blocks_of_the_page_are_those_of_the_loader() -> None:
    assert set(sections()) == set(BLOCKS)
    forms = {
        each
        for each in (
            *vars(files).values(),
            *vars(machine_file).values(),
            *vars(outage_file).values(),
            *vars(meaning).values(),
            wordfiles.AnswerForm,
            wordfiles.MacroForm,
        )
        if isinstance(each, type) and issubclass(each, Form)
    }
    tables = {form for form in forms if form.__name__.endswith("File")} - {files.CalendarFile, files.ProcedureFile}
    assert forms - tables - {Form, files.HoursForm} == set(BLOCKS.values())
    for name in set(files.InstitutionFile.model_fields) - {
        "institution",
        "type",
        "channel",
        "reopening",
        "survey",
        "knowledge_base",
    }:
        assert name in _FREE and f"`[{name}]`" in PAGE


@pytest.mark.parametrize("block", BLOCKS)
def test_every_key_stands_once_in_its_block_and_the_compulsory_ones_are_bold(block: str) -> None:
    fields = BLOCKS[block].model_fields
    assert sorted(sections()[block]) == sorted((name, field.is_required()) for name, field in fields.items())


def test_every_word_that_a_key_may_hold_is_named() -> None:
    literals = [word for kind in (StepKind, RoleKind, StateKind, Act) for word in get_args(kind)]
    for word in (*literals, *GUARDS, *NEEDS, *SAID, *ASSIGNS, *GROUPS, *RELATIONS):
        assert re.search(rf"[`\"]{re.escape(word)}[`\"]", PAGE), word


def test_every_file_that_a_folder_may_hold_is_in_the_list() -> None:
    from maild import rules

    names = {*rules._LAYERED, *rules._WHOLE, *rules._OWN, "institution.toml", "cases.toml"}
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_every_way_of_counting_an_indicator_is_on_the_page() -> None:
    block = PAGE.partition("\n## 11.")[2]
    assert [name for name in COMPUTED if f"| `{name}` |" not in block] == []
