"""Stories of the base procedure and of the institutions, each played whole and compared with what its file expects."""

from __future__ import annotations

import json
import logging
from functools import cache
from pathlib import Path

import pytest

from maild.config.shipped import shipped
from maild.mail.parse import parse
from maild.simulate import Result, differences, play, read

HERE = Path(__file__).parents[1] / "data" / "stories"
RULES = shipped("rules")
# Those that are shared with other programs, and each institution's own.
STORIES = [path for path in sorted(HERE.rglob("*.json")) if (RULES / json.loads(path.read_text())["profile"]).is_dir()]
OWN = [path for path in STORIES if path.parent == HERE]


@cache
def played(path: Path) -> tuple[Result, ...]:
    return tuple(play(read(path), path.name))


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_the_story_goes_as_it_is_told(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    story = read(path)
    with caplog.at_level(logging.WARNING):
        results = played.__wrapped__(path)
    told = [(n, str(d)) for n, r in enumerate(results) if (e := story.steps[n].expect) for d in differences(e, r)]
    assert told == []
    assert path not in OWN or [step for step in story.steps if step.expect is None] == []
    assert [record.message for record in caplog.records] == []


def test_every_letter_of_every_story_can_be_read_and_tells_robots_to_keep_quiet() -> None:
    raws = [letter.raw for path in STORIES for r in played(path) for letter in (*r.letters, *r.operator)]
    letters = [parse(raw) for raw in raws]
    assert len(letters) > 60
    assert {letter.kind.value for letter in letters} == {"loop"}  # our own header: no desk of ours answers it
    assert all(letter.subject and letter.text.strip() and not letter.defects for letter in letters)
    assert len({letter.message_id for letter in letters}) == len(letters)


def test_no_letter_shows_the_key_of_a_state_or_an_unfilled_name() -> None:
    for path in STORIES:
        for letter in _letters(played(path)):
            text = parse(letter).text
            assert "en_proceso" not in text and "espera_usuario" not in text, text
            assert "{" not in text and "None" not in text.split(), text


def _letters(results: tuple[Result, ...]) -> list[bytes]:
    return [letter.raw for result in results for letter in result.letters]
