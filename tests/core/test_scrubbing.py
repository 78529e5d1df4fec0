"""No token of one person reaches another, however it was written into a mail (RELIABILITY S-22)."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from maild.core import seal

RING = seal.KeyRing({"1": b"k" * 32}, "1")
TODAY = date(2026, 11, 2)
LUIS = "luis@entidad.test"
numbers = st.integers(1, 10**6)
kinds = st.sampled_from((seal.USER, seal.STAFF, seal.PROVIDER))


@st.composite
def tokens(draw: st.DrawFn) -> str:
    number, kind = draw(numbers), draw(kinds)
    nonce = seal.nonce(kind, draw(st.text(alphabet="0123456789abcdef", min_size=12, max_size=12)))
    made = draw(
        st.sampled_from(
            (
                seal.message_id(RING, number, LUIS, nonce, TODAY, "entidad.test"),
                seal.reply_to(RING, number, LUIS, nonce, TODAY, "mesa@entidad.test"),
                seal.code(RING, number, LUIS, TODAY, kind),
                seal.confirm_code(RING, number, LUIS, draw(numbers)),
            )
        )
    )
    return draw(st.sampled_from((made, made.upper(), made.title(), made.replace("~", "%7E"), made.replace("~", "%7e"))))


around = st.text(max_size=40)
wrapping = st.sampled_from((("<", ">"), ("", ""), ("> ", "\n"), ("mailto:", ""), ("«", "»"), ("(", ")"), ("\n", "\n")))


@given(around, wrapping, tokens(), around)
def test_no_token_survives_in_what_is_passed_on(before: str, wrapped: tuple[str, str], token: str, after: str) -> None:
    text = f"{before} {wrapped[0]}{token}{wrapped[1]} {after}"
    left = seal.scrubbed(text)
    secret = token.lower().replace("%7e", "~").rpartition("@")[0] or token.lower().replace("%7e", "~")
    assert secret.rpartition(".")[2].lstrip("~") not in left.lower().replace("%7e", "~")
    assert seal.scrubbed(left) == left


@given(st.text(alphabet=st.characters(exclude_characters="~%."), max_size=300))
def test_words_without_tokens_stay_as_they_are(text: str) -> None:
    assert seal.scrubbed(text) == text


def test_what_only_resembles_a_token_stays() -> None:
    for text in (
        "cuesta ~100 soles",
        "m1.2.3",
        "~/carpeta/archivo",
        "el 1.2.3.4 y m1.a",
        "100%7",
        "https://x.test/~persona",
    ):
        assert seal.scrubbed(text) == text
