"""Slips of the fingers: a word one edit away from a verb is that verb, or a question; never another one."""

from __future__ import annotations

import json
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.core.lexicon import Lexicon, bare, edits
from maild.core.orders import read
from maild.core.strict import lexicon
from tests.orders.replies import DATA
from tests.orders.talk import book

PROFILES = ("base", "osce", "proinversion", "agetic", "pnpais", "minem")
LEXICONS = {profile: lexicon(book(profile)) for profile in PROFILES}
WORDS = {
    profile: sorted(
        (word, sense.verb)
        for word, sense in words.words.items()
        if len(word) >= 4 and " " not in word and not sense.args
    )
    for profile, words in LEXICONS.items()
}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def slips(word: str) -> st.SearchStrategy[str]:
    at = st.integers(0, len(word) - 1)
    letter = st.sampled_from(LETTERS)
    return st.one_of(
        at.map(lambda n: word[:n] + word[n + 1 :]),
        st.builds(lambda n, c: word[:n] + c + word[n:], at, letter),
        st.builds(lambda n, c: word[:n] + c + word[n + 1 :], at, letter),
        at.map(lambda n: word[:n] + word[n + 1 : n + 2] + word[n] + word[n + 2 :]),
    )


@st.composite
def slipped(draw: st.DrawFn) -> tuple[Lexicon, str, str]:
    profile = draw(st.sampled_from(PROFILES))
    word, verb = draw(st.sampled_from(WORDS[profile]))
    return LEXICONS[profile], draw(slips(word)), verb


@given(slipped())
@settings(max_examples=1500, deadline=None)
def test_a_slip_is_never_taken_for_another_verb(made: tuple[Lexicon, str, str]) -> None:
    words, typo, verb = made
    known = words.words.get(bare(typo))
    if known is not None:  # the typo is itself a word: «visto» is no slip of «listo»
        return
    assert words.guess(typo).verb in ("", verb)


def test_every_slip_of_every_everyday_verb_is_put_right_or_asked() -> None:
    words = LEXICONS["base"]
    everyday = [v.key for v in book("base").verbs.values() if v.card and len(v.key) >= 5]
    wrong, right, asked = [], 0, 0
    for key, n in [(verb, at) for verb in everyday for at in range(len(verb))]:
        for typo in {key[:n] + key[n + 1 :], key[:n] + "x" + key[n:], key[:n] + "w" + key[n + 1 :]}:
            if typo in words.words:
                continue
            guess = words.guess(typo)
            wrong += [typo] if guess.verb not in ("", key) else []
            right += guess.verb == key
            asked += not guess.verb
    assert wrong == []
    assert right > asked  # a correction that never corrects is none


@pytest.mark.parametrize("profile", PROFILES)
def test_verbs_of_one_institution_are_told_apart(profile: str) -> None:
    """Two verbs one edit apart are dangerous; those that there are, are known and harmless or careful."""
    close = {
        tuple(sorted((a, b)))
        for (a, x), (b, y) in product(WORDS[profile], repeat=2)
        if x != y and len(a) >= 5 and len(b) >= 5 and edits(a, b) == 1
    }
    known = {tuple(pair) for pair in json.loads((DATA / "neighbours.json").read_text("utf-8"))}
    assert close <= known


@given(
    st.text(alphabet="#!/ acerotmsiy,;:=\"'¡¿áé\u00a0\u200b👍", max_size=400),
    st.text(alphabet="#!/ \ncerat:;,y", max_size=400),
)
@settings(deadline=None, max_examples=300)
def test_no_text_of_signs_is_too_much(subject: str, text: str) -> None:
    assert len(read(subject, subject[:20], text, LEXICONS["base"], "MESA", fits=lambda order: True)) <= 8
