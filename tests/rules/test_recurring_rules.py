"""Slips in what the rules say of recurring work: each told with its file, its key and its remedy."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from maild import rules
from maild.config.shipped import shipped
from maild.errors import RulesError

RULES = shipped("rules")
CLOCKS, LISTS, STEPS = "clocks.toml", "documents.toml", "procedures/mantenimiento.toml"
SLIPS = [
    (CLOCKS, 'every = "4 months"', 'every = "5 months"', "clock.cron_mant_impresora.every", "1, 2, 3, 4, 6, 12"),
    (CLOCKS, 'every = "4 months"', 'every = "fortnight"', "clock.cron_mant_impresora.every", "escriba day, week, month"),
    (CLOCKS, 'every = "year"\n', 'every = "year"\nday = 32\n', "clock.cron_mant_cpu.day", "1 a 31"),
    (CLOCKS, 'every = "year"\n', 'every = "year"\nday = "ultimo"\n', "clock.cron_mant_cpu.day", '"last"'),
    (CLOCKS, 'every = "year"\n', 'every = "week"\nday = 8\n', "clock.cron_mant_cpu.day", "1 (lunes) a 7"),
    (CLOCKS, 'day_off = "next"', 'day_off = "skip"', "clock.cron_mant_cpu.day_off", "same o next o before"),
    (CLOCKS, 'every = "year"\n', 'every = "day"\n', "clock.cron_mant_cpu.day_off", "same o skip"),
    (CLOCKS, 'day_off = "next"', 'day_off = "nxt"', "clock.cron_mant_cpu.day_off", "«nxt»"),
    (CLOCKS, "cargo = []", "cargos = []", "clock.cron_patrimonio.lists", "¿quiso decir «cargo»?"),
    (CLOCKS, '["origen", "destino"]', '["origen", "destinos"]', "clock.cron_patrimonio.lists.traslado", "¿quiso decir «destino»?"),
    (CLOCKS, "together = true", "together = false", "clock.cron_patrimonio.lists", "together = true"),
    (LISTS, 'kind = "person"', 'kind = "persona"', "table.cronograma.column.usuario.kind", "«persona»"),
    (LISTS, '"servidor"', '"codigo"', "table.cronograma.column.usuario", "ya es la columna «equipo»"),
    (LISTS, "column.area]", "column.Area]", "table.cronograma.column.Area", "sin tildes: area"),
    (STEPS, "rows:cronograma", "rows:cronogram", "step.23.move.2.requires", "¿quiso decir «cronograma»?"),
    (STEPS, 'clock = "abre_equipo"\n', "", "step.23.child", "falta clock"),
    (STEPS, 'clock = "abre_equipo"', 'clock = "abre_equipos"', "step.23.child.clock", "¿quiso decir «abre_equipo»?"),
    (STEPS, 'once = "equipo"', 'once = "codigo"', "step.23.child.facts", "«codigo»"),
    (STEPS, 'ahead = "1d"', 'ahead = "un dia"', "step.23.child.ahead", "escriba 30m, 24h, 2d"),
    (STEPS, "opens = true", "open = true", "step.23.move.2", "¿quiso decir «opens»?"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "right", "wrong", "key", "words"), SLIPS, ids=[slip[2].strip() for slip in SLIPS])
def test_a_slip_is_told_with_its_place_and_its_remedy(
    tmp_path: Path, file: str, right: str, wrong: str, key: str, words: str
) -> None:
    for name in ("base", "osce"):
        shutil.copytree(RULES / name, tmp_path / name)
    path = tmp_path / "osce" / file
    text = path.read_text("utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), "utf-8")
    with pytest.raises(RulesError) as caught:
        rules.load(tmp_path / "osce")
    told = [problem for problem in caught.value.problems if problem.file == file and problem.key.startswith(key)]
    assert any(words in problem.text for problem in told), caught.value.problems


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ('mail = "log_oks", within = "12h"', "¿quiso decir «log_ok»?"),
        ('mail = "log_ok", within = "media hora"', "no es un plazo"),
        ('names = "SQL"', "falta «mail»"),
    ],
)
def test_an_expected_mail_must_be_one_that_a_rule_knows(tmp_path: Path, wrong: str, words: str) -> None:
    for name in ("base", "minem"):
        shutil.copytree(RULES / name, tmp_path / name)
    path = tmp_path / "minem" / CLOCKS
    text, count = re.subn(r"expects = \{[^}]*\}", f"expects = {{ {wrong} }}", path.read_text("utf-8"))
    assert count == 1
    path.write_text(text, "utf-8")
    with pytest.raises(RulesError) as caught:
        rules.load(tmp_path / "minem")
    assert any(words in problem.text for problem in caught.value.problems), caught.value.problems
