"""Our own Spanish and Portuguese mails, shaped like real ones: NAME.eml beside NAME.json, which says what must be understood.

NAME.json holds part of what `maild parse --json --full` prints. Every key it states must be equal; of an object only the
stated keys count; `text` and `new_text` are compared with white space folded. `about` says in words what the mail shows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maild.cli.parse import as_contract
from maild.mail.parse import parse

COLLECTION = Path(__file__).parents[1] / "data" / "collection"
MAILS = sorted(COLLECTION.rglob("*.eml"))
_FOLDED = ("text", "new_text")


@pytest.mark.parametrize("path", MAILS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_it_is_understood_as_written_beside_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert expected.pop("about")
    mail = parse(path.read_bytes(), html=True)
    understood = as_contract(mail) | {"html": mail.html}
    for key in set(_FOLDED) & set(expected):
        expected[key], understood[key] = " ".join(expected[key].split()), " ".join(understood[key].split())
    assert _stated(understood, expected) == expected


def _stated(understood: Any, expected: Any) -> Any:
    """Of what was understood, the keys that the expectation states."""
    if isinstance(expected, dict) and isinstance(understood, dict):
        return {key: _stated(understood.get(key), value) for key, value in expected.items()}
    if isinstance(expected, list) and isinstance(understood, list) and len(expected) == len(understood):
        return [_stated(one, other) for one, other in zip(understood, expected, strict=True)]
    return understood
