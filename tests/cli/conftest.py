"""A configured desk with one ticket, as a shell finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from maild.cli.main import main
from tests.cli.desk import PEOPLE, Desk


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    assert main(["init", str(tmp_path / "desk")]) == 0
    (tmp_path / "desk" / "people.toml").write_text(PEOPLE)
    return Desk(tmp_path / "desk", capsys)
