"""policy.toml: who may do what on which proof, as the values of the core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from maild.core import policy
from maild.core.policy import Answer, Mode, Policy, Weight, Who
from maild.core.words import fold
from maild.rules.naming import Names
from maild.rules.policy_file import RowsForm


def policies(names: Names) -> Mapping[Mode, Policy]:
    form = names.sources.policy
    tables: dict[Mode, dict[Weight, RowsForm]] = {"default": form.default, "strict": form.strict}
    made: dict[Mode, Policy] = {}
    for mode, rows in tables.items():
        for weight in get_args(Weight):
            if weight not in rows:
                names.wrong("policy.toml", f"{mode}.{weight}", "falta esta fila")
        table: dict[tuple[Weight, Who], tuple[Answer, ...]] = {}
        for weight, row in rows.items():
            for who in get_args(Who):
                cells = getattr(row, who)
                if cells is None:
                    continue
                table[weight, who] = cells
                if len(cells) != policy.COLUMNS:
                    names.wrong("policy.toml", f"{mode}.{weight}.{who}", f"son {policy.COLUMNS} celdas: A0 … A4")
                elif cells[0] != "refuse":
                    names.wrong(
                        "policy.toml", f"{mode}.{weight}.{who}", "a quien nadie prueba (A0) no se le cumple nada"
                    )
        made[mode] = Policy(
            table,
            form.bulk,
            form.hours,
            form.questions_hour,
            form.oldest_days,
            form.guesses_hour,
            tuple(fold(word) for word in form.yes),
            tuple(fold(word) for word in form.no),
        )
    return made
