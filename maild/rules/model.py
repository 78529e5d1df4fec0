"""The file of the statistical helper: read with the rules, written by `maild rules train` and by nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from maild.core.classify import Helper, Question, Voice
from maild.core.guessing import Model
from maild.errors import Problem
from maild.rules.meaning import HelperForm

FILE = "model.json"
_LARGEST = 20_000_000
_QUESTIONS: tuple[Question, ...] = ("service", "nature", "urgency")


def read(folders: Iterable[Path], problems: list[Problem]) -> dict[str, Any]:
    """The models of these folders, a later one instead of an earlier one, question by question; {} where there is none."""
    found: dict[str, Any] = {}
    for folder in folders:
        path = folder / FILE
        if not path.is_file():
            continue
        try:
            if path.stat().st_size > _LARGEST:
                raise ValueError("es demasiado grande")
            found |= _models(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            problems.append(
                Problem(f"{folder.name}/{FILE}", "", f"no se puede usar ({error}); hágalo con «maild rules train»")
            )
    return {key: value for key, value in found.items() if key in _QUESTIONS}


@lru_cache(maxsize=8)
def _models(text: str) -> Mapping[str, tuple[Model, str]]:
    """Each model of a file with the name it goes by. An unchanged file is not read twice: rules are loaded often, models change rarely."""
    data = json.loads(text)
    if data["hash"] != _hash(data["questions"]):
        raise ValueError("la huella no corresponde: alguien lo cambió a mano")
    return {
        question: (
            Model(each["rarity"], each["weights"], each["bias"], int(each["examples"])),
            f"{data['made']}·{data['hash'][:8]}",
        )
        for question, each in data["questions"].items()
    }


def helper(found: Mapping[str, Any], form: HelperForm) -> Helper | None:
    """The helper of these models with what each is worth, or None."""
    if not found:
        return None
    name = ", ".join(dict.fromkeys(name for _, name in found.values()))
    voices = {question: Voice(model, getattr(form, question)) for question, (model, _) in found.items()}
    return Helper(name, voices, form.alone)  # type: ignore[arg-type]


def write(folder: Path, models: Mapping[str, Model], made: str) -> Path:
    """Write the models with the day, the number of examples and a hash of the whole. The same models give the same bytes."""
    questions = {
        q: {
            "examples": m.examples,
            "rarity": dict(m.rarity),
            "bias": dict(m.bias),
            "weights": {f: dict(w) for f, w in m.weights.items()},
        }
        for q, m in sorted(models.items())
    }
    data = {"made": made, "hash": _hash(questions), "questions": questions}
    path = folder / FILE
    path.write_text(_dump(data) + "\n", encoding="utf-8")
    return path


def _hash(questions: Any) -> str:
    return hashlib.sha256(_dump(questions).encode()).hexdigest()


def _dump(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
