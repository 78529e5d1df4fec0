"""The stories walk every step and every way of every institution, and each way that is taken out of the rules is missed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from maild import rules
from maild.config.shipped import shipped
from maild.core.moves import END, Move, OnClock, place
from maild.core.rulebook import Rulebook
from maild.simulate import Coverage, Stage, differences, read
from maild.simulate.cast import adapted
from maild.store.database import Database
from maild.store.upgrade import upgrade
from tests.house.test_stories import STORIES, played
from tests.rules.printed import Edge, kept, nearby, printed

RULES = shipped("rules")
INSTITUTIONS = ("proinversion", "pnpais", "minem", "agetic", "osce")
Way = tuple[str, int]  # PROCEDURE:step, number of the move

# A ticket of the plan that one user gets begins at 12; when it is closed (17 → end), the plan goes on at 18.
_BY_CHILDREN = {
    ("MEM-TI11", "11", "12"): (("MEM-TI11:12", 1),),
    ("MEM-TI11", "17", "18"): (("MEM-TI11:17", 1), ("MEM-TI11:11", 2)),
}


@cache
def book_of(profile: str) -> Rulebook:
    return rules.load(RULES / profile)


@cache
def walkers(profile: str) -> dict[Way, list[tuple[int, Path]]]:
    """For each way, the stories that go it, and at which of their steps they first do; the earliest first."""
    found: dict[Way, list[tuple[int, Path]]] = {}
    for path in STORIES:
        if read(path).profile != profile:
            continue
        mine: dict[Way, int] = {}
        for result in played(path):
            for code, facts in result.reasons:
                if code == "moved":
                    mine.setdefault((facts["at"], int(facts["way"])), result.step)
        for way, step in mine.items():
            found.setdefault(way, []).append((step, path))
    return {way: sorted(each) for way, each in found.items()}


def test_no_step_and_no_way_of_any_institution_is_left_unwalked() -> None:
    coverage = Coverage()
    for path in STORIES:
        for result in played(path):
            coverage.add(read(path).profile, result)
    whole = list(coverage.of())
    assert {each.profile for each in whole} == {"base", *INSTITUTIONS}
    assert [place for each in whole for place in each.missing] == []
    institutions = [each for each in whole if each.profile != "base"]
    assert sum(each.steps_seen for each in institutions) == 280


# -- what the documents print -----------------------------------------------------------------------------------------


def carries(edge: Edge, number: int, move: Move) -> bool:
    """Whether this move of the step goes where the document says; one that stays goes to its own step."""
    targets = {END if to == END else ":".join(place(to, edge.procedure)) for to in move.to or (edge.step,)}
    wanted = END if edge.target == END else ":".join(place(edge.target, edge.procedure))
    return wanted in targets


def ways_of(edge: Edge) -> tuple[Way, ...]:
    book = next(b for b in map(book_of, INSTITUTIONS) if edge.procedure in b.procedures)
    step = book.procedures[edge.procedure].steps[edge.step]
    here = f"{edge.procedure}:{edge.step}"
    found = tuple((here, n) for n, move in enumerate(step.moves, 1) if carries(edge, n, move))
    return found or _BY_CHILDREN.get((edge.procedure, edge.step, edge.target), ())


def test_every_step_and_edge_that_the_documents_print_is_there_and_walked() -> None:
    edges = kept()
    assert (len({(e.procedure, e.step) for e in edges}), len(edges)) == (280, 373)
    steps = {(p.key, s.number) for name in INSTITUTIONS for p, s in book_of(name).all_steps()}
    assert steps == {(e.procedure, e.step) for e in edges}
    walked = {way for name in INSTITUTIONS for way in walkers(name)}
    assert [edge for edge in edges if not walked & set(ways_of(edge))] == []


@pytest.mark.parametrize("page", [page for page in (nearby(),) if page] or [None])
def test_the_list_of_edges_is_whole_and_the_one_of_the_page_where_that_lies_beside(page: Path | None) -> None:
    edges = kept()
    assert len(edges) == len(set(edges)) == 373
    assert page is None or list(printed(page)) == edges


# -- what is taken out is missed --------------------------------------------------------------------------------------


def without(book: Rulebook, way: Way) -> Rulebook:
    key, _, number = way[0].partition(":")
    procedure = book.procedures[key]
    step = procedure.steps[number]
    moves = tuple(move for n, move in enumerate(step.moves, 1) if n != way[1])
    steps = {**procedure.steps, number: replace(step, moves=moves)}
    return replace(book, procedures={**book.procedures, key: replace(procedure, steps=steps)})


def is_missed(path: Path, book: Rulebook, last: int) -> bool:
    """Whether the story, played up to that step and the one after, goes otherwise than it is told."""
    story = read(path)
    with closing(Database("sqlite://")) as database:
        upgrade(database)
        stage = Stage(story, adapted(book, story), database)
        for number, step in enumerate(story.steps):
            result = stage.play(number, step)
            if step.expect and any(differences(step.expect, result)):
                return True
            if number > last + 1:
                break
    return False


def only_reminds(book: Rulebook, way: Way) -> bool:
    """A way that only says, when a clock has run out, what the clock says by itself: without it nothing goes otherwise."""
    key, _, number = way[0].partition(":")
    move = book.procedures[key].steps[number].moves[way[1] - 1]
    clocks = [trigger.clock for trigger in move.on if isinstance(trigger, OnClock)]
    acts = move.to or move.tell or move.state or move.start or move.stop or move.assign or move.closing or move.again
    return len(clocks) == len(move.on) and not acts and all(book.clocks[clock].letters for clock in clocks)


def unmissed(profile: str) -> Iterator[Way]:
    """The ways that could be taken out, and neither would an edge of the documents be gone nor a story go otherwise."""
    book = book_of(profile)
    only_way = {ways[0] for edge in kept() if len(ways := ways_of(edge)) == 1}
    for way, stories in walkers(profile).items():
        if way in only_way or only_reminds(book, way):
            continue
        mutilated = without(book, way)
        if not any(is_missed(path, mutilated, step) for step, path in stories[:6]):
            yield way


@pytest.mark.parametrize("profile", INSTITUTIONS)
def test_a_way_that_is_taken_out_is_missed_by_a_story(profile: str) -> None:
    assert list(unmissed(profile)) == []
