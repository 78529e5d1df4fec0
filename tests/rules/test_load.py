"""Rules folders: what the shipped ones say is complete, and every slip in one is told with its place and its remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest

from maild import rules
from maild.config.shipped import shipped
from maild.core.letters import LANGUAGES
from maild.core.moves import LetterTo, OnClock, OnOrder
from maild.core.words import fold
from maild.core.worktime import Span
from maild.errors import Problem, RulesError

RULES, TEMPLATES = shipped("rules"), shipped("templates")
BASE = rules.load(RULES / "base")
Plant = Callable[[str, str, str], list[Problem]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(RULES / "base", tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture
def plant(folder: Path) -> Plant:
    """Change one text in one file of a copy; what the loader says about it."""

    def planted(file: str, right: str, wrong: str) -> list[Problem]:
        text = (folder / file).read_text()
        assert right in text
        (folder / file).write_text(text.replace(right, wrong, 1))
        with pytest.raises(RulesError) as caught:
            rules.load(folder)
        return list(caught.value.problems)

    return planted


STEPS = "procedures/atencion.toml"
SLIPS = [
    # file, what stands there, what somebody writes, the key that is told, the words of the remedy
    (STEPS, 'on = "#asignar"', 'on = "#asingar"', "step.2.move.1.on", "¿quiso decir «asignar»?"),
    (STEPS, 'to = "3"', 'to = "33"', "step.2.move.1.to", "«33»"),
    (STEPS, 'state = "en_cola"', 'state = "en_colla"', "step.1.state", "¿quiso decir «en_cola»?"),
    (STEPS, 'role = "mesa"', 'role = "mesas"', "step.1.role", "¿quiso decir «mesa»?"),
    (STEPS, 'clocks = ["p_atencion"]', 'clocks = ["p_atension"]', "step.2.clocks", "¿quiso decir «p_atencion»?"),
    (STEPS, 'on = "clock:p_nivel"', 'on = "clock:p_nivle"', "step.4.move.6.on", "¿quiso decir «p_nivel»?"),
    (STEPS, 'on = "reply:requester"', 'on = "reply:requestor"', "step.4.move.3.on", "¿quiso decir «requester»?"),
    (STEPS, 'on = "always"', 'on = "allways"', "step.1.move.1.on", "escriba #orden, clock:reloj"),
    (STEPS, 'letters = { acuse = "requester" }', 'letters = { acuse = "requestre" }', "step.1.move.1.letters.acuse", "«requester»"),
    (STEPS, 'turn = { tarea = "mesa" }', 'turn = { tarea = "meza" }', "step.2.turn.tarea", "¿quiso decir «mesa»?"),
    (STEPS, 'first = "1"', 'first = "0"', "first", "«0»"),
    (STEPS, 'kind = "start"', 'kind = "begin"', "step.1.kind", "«begin»"),
    (STEPS, 'start = ["p_usuario"]', 'start = ["p_usario"]', "step.4.move.2.start", "¿quiso decir «p_usuario»?"),
    (STEPS, 'closing = "resuelto"', 'closign = "resuelto"', "step.6.move.1", "¿quiso decir «closing»?"),
    (STEPS, 'requires = ["text"]', 'requires = ["txt"]', "step.3.move.3.requires", "«txt»"),
    ("clocks.toml", 'after = "4wh"', 'after = "4 horas"', "clock.p_atencion.after", "escriba 30m, 24h, 2d"),
    ("clocks.toml", '"48h"\nmeaning = "silence"', '"48h"\nmeaning = "quiet"', "clock.p_silencio.meaning", "«quiet»"),
    ("states.toml", 'kind = "queued"', 'kind = "queue"', "state.en_cola.kind", "«queue»"),
    ("states.toml", 'label = "En cola"', 'label = "En cola"\ncolor = "rojo"', "state.en_cola", "las que hay: label, kind"),
    ("commands.toml", 'act = "take"', 'act = "grab"', "verb.tomar.act", "«grab»"),
    ("commands.toml", 'by = ["@desk", "@approver"]', 'by = ["@desk", "@aprover"]', "verb.anular.by", "¿quiso decir «@approver»?"),
    ("commands.toml", 'proof = "A1"', 'proof = "A9"', "verb.registrar.proof", "«A9»"),
    ("words.toml", 'verb = "noconforme"', 'verb = "noconform"', "answer.nonconform.verb", "¿quiso decir «noconforme»?"),
    ("calendar.toml", '"08:30-13:00"', '"8:30-13:00"', "monday", "escriba 08:30-13:00"),
    ("calendar.toml", '"14:00-17:30"', '"17:30-14:00"', "monday", "escriba 08:30-13:00"),
    ("calendar.toml", '"2026-12-25"', '"25/12/2026"', "holiday.25/12/2026", "escriba 2026-07-28"),
    ("institution.toml", '= "requerimiento"', '= "requerimento"', "institution.default_type", "¿quiso decir «requerimiento»?"),
    ("institution.toml", 'procedure = "BASE-ATE"', 'procedure = "BASE-ATT"', "type.incidencia.procedure", "¿quiso decir «BASE-ATE»?"),
    ("institution.toml", 'step = "BASE-ATE:4"', 'step = "BASE-ATE:44"', "reopening.step", "¿quiso decir «BASE-ATE:4»?"),
    ("institution.toml", 'within = "10d"', 'within = "diez"', "reopening.within", "«diez»"),
    ("institution.toml", 'mark = "MESA"', 'mark = "Mesa 1"', "institution.mark", "«Mesa 1»"),
    ("roles.toml", 'audience = "user"', 'audience = "users"', "role.usuario.audience", "«users»"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "right", "wrong", "key", "remedy"), SLIPS, ids=[slip[2] for slip in SLIPS])
def test_a_slip_is_told_with_its_file_its_key_and_the_right_word(
    plant: Plant, file: str, right: str, wrong: str, key: str, remedy: str
) -> None:
    (problem,) = plant(file, right, wrong)
    assert (problem.file, problem.key) == (file, key)
    assert remedy in problem.text


def test_slips_in_several_files_are_told_together(folder: Path, plant: Plant) -> None:
    (folder / "clocks.toml").write_text((folder / "clocks.toml").read_text().replace('"4wh"', '"4 horas"'))
    problems = plant(STEPS, 'on = "#asignar"', 'on = "#asingar"')
    assert {problem.file for problem in problems} >= {"clocks.toml", STEPS}


def test_a_broken_file_is_told_with_its_line(plant: Plant) -> None:
    problems = plant(STEPS, 'name = "Asignar"', 'name = "Asignar')
    assert any(problem.file == STEPS and "línea" in problem.text for problem in problems)


def test_a_missing_folder_names_those_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    with pytest.raises(RulesError, match="las que hay: base"):
        rules.load(tmp_path / "bsae")


def test_a_folder_without_procedures_is_no_rulebook(folder: Path) -> None:
    shutil.rmtree(folder / "procedures")
    with pytest.raises(RulesError, match="ningún procedimiento"):
        rules.load(folder)


def test_an_institution_says_only_what_is_different(folder: Path) -> None:
    mine = folder.parent / "mia"
    shutil.copytree(folder / "procedures", mine / "procedures")
    shutil.copy(folder / "institution.toml", mine)
    (mine / "clocks.toml").write_text('[clock.p_atencion]\nafter = "2wh"\n')
    (mine / "calendar.toml").write_text('saturday = ["09:00-12:00"]\n[holiday]\n"2026-07-28" = "Independencia"\n')
    book = rules.load(mine)
    assert book.clocks["p_atencion"].span == Span(2, "wh")
    assert book.clocks["p_toma"] == BASE.clocks["p_toma"]
    assert book.calendar.week[5] == ((time(9), time(12)),)
    assert book.calendar.holidays == BASE.calendar.holidays | {date(2026, 7, 28)}
    assert book.states == BASE.states


def test_the_configuration_may_give_another_mark_and_zone() -> None:
    book = rules.load(RULES / "base", zone="America/La_Paz", mark="HD")
    assert (book.mark_key, book.calendar.zone.key) == ("HD", "America/La_Paz")


def test_longer_answers_are_looked_for_before_shorter_ones() -> None:
    for words in BASE.answers.words.values():
        assert list(words) == sorted(words, key=len, reverse=True)
        assert all(word == fold(word) for word in words)


# What the shipped rules must keep ----------------------------------------------------------------------------------


def _letters() -> set[LetterTo]:
    steps = [step for procedure in BASE.procedures.values() for step in procedure.steps.values()]
    of_moves = {letter for step in steps for move in step.moves for letter in move.letters}
    of_steps = {letter for step in steps for letter in step.turn}
    elsewhere = {letter for letters in BASE.letters.values() for letter in letters}
    return of_moves | of_steps | elsewhere | set(BASE.reopening.letters)


def _audiences(to: str) -> set[str]:
    """Whose words a letter to this relation or role may have to be written in."""
    if to in BASE.roles:
        return {BASE.roles[to].audience}
    kinds = {"requester": ("requester",), "creator": ("requester",), "providers": ("provider",)}.get(to, ("agent",))
    return {role.audience for role in BASE.roles.values() if role.kind in kinds}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_that_the_rules_name_is_written_for_its_readers(language: str) -> None:
    missing = [
        f"{language}/{audience}/{letter.template}"
        for letter in _letters()
        for audience in _audiences(letter.to)
        if not (TEMPLATES / language / audience / f"{letter.template}.md.j2").is_file()
    ]
    assert missing == []


def test_no_spelling_means_two_orders() -> None:
    said = [word for verb in BASE.verbs.values() for word in (fold(verb.key), *verb.spellings)]
    assert sorted(said) == sorted(set(said))


def test_every_order_that_a_step_waits_for_can_be_given_by_somebody() -> None:
    everybody = frozenset(BASE.roles) | {"requester", "responsible", "creator", "providers"}
    everybody |= {group for role in BASE.roles for group in BASE.groups(role)}
    awaited = {t.verb for _, step in BASE.all_steps() for m in step.moves for t in m.on if isinstance(t, OnOrder)}
    assert awaited
    assert [key for key in awaited if not BASE.may_ever(BASE.verbs[key], everybody)] == []


def test_every_clock_that_runs_on_a_step_is_heard_there() -> None:
    deaf = []
    for procedure in BASE.procedures.values():
        for step in procedure.steps.values():
            running = {*step.clocks, *(clock for move in step.moves for clock in move.start)}
            heard = {trigger.clock for move in step.moves for trigger in move.on if isinstance(trigger, OnClock)}
            heard |= {key for key, clock in BASE.clocks.items() if clock.letters}  # it says itself what is to be said
            deaf += [f"{step.number}:{clock}" for clock in running - heard]
    assert deaf == []


def test_every_answer_stands_for_an_order_that_some_step_takes() -> None:
    taken = {
        trigger.verb
        for procedure in BASE.procedures.values()
        for step in procedure.steps.values()
        for move in step.moves
        for trigger in move.on
        if isinstance(trigger, OnOrder)
    }
    # Providers finish where an institution calls them in; the rest is anybody's whom `by` names, at any step.
    anywhere = {verb.key for verb in BASE.verbs.values() if verb.by}
    assert set(BASE.answers.verbs.values()) <= taken | anywhere | {"fin"}


def test_there_is_a_closed_state_to_close_with() -> None:
    assert [state.key for state in BASE.states.values() if state.kind == "closed"] == ["cerrado"]
