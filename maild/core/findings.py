"""Facts that people write into their mails: codes, addresses of machines, telephones; and what must not be repeated."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from maild.core.values import Reason, because

Kind = Literal["asset", "ip", "extension", "phone", "serial", "site", "dni", "password"]

# So much of a mail is looked through, in characters. Every repetition below is bounded: linear time on any text. Numbers begin
# with what they are made of and look behind them afterwards: asked at every character, a look behind costs ten times as much.
LONGEST = 20_000
_HIDDEN = "••••"
_MOST_VALUES = 5
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    # What somebody calls a password, whatever he puts between; the value is one word with a digit, a sign or a capital.
    (
        "password",
        re.compile(
            r"(?i:\b(?:contrase[nñ]a|clave|password|passwd|pass|pwd|pin)\b(?:[ \t]{1,3}\w{1,12}){0,3}?"
            r"[ \t]{0,3}(?:[:=]|\b(?:es|era|puse|is)\b)[ \t]{0,3}[«\"'(]?)"
            r"((?=[^\s«»\"']{0,39}(?:[0-9@#$%&*!_+]|[a-z][A-Z]))[^\s«»\"',;]{3,39}[^\s«»\"',;.!?)])"
        ),
    ),
    (
        "dni",
        re.compile(r"(?i:\b(?:dni|d\.n\.i\.?|c\.?i\.?|c[eé]dula|carn[eé] de identidad)\b[^\d\n]{0,15})(\d{7,8})(?!\d)"),
    ),
    # Peru: twelve digits of the national catalogue (SBN); the first eight say what kind of good it is.
    ("asset", re.compile(r"\d{8}(?<![\d.-]\d{8})(?:\d{4}|[-. ]\d{4})(?![\d.-])")),
    (
        "ip",
        re.compile(
            r"\d(?<![\d.]\d)(?:(?<=2)(?:5[0-5]|[0-4]\d)|(?<=1)\d\d|\d?)\.(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){2}"
            r"(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\.?\d)"
        ),
    ),
    ("extension", re.compile(r"(?i:\b(?:anexo|anx|interno|int|extensi[oó]n|ext)\b[.:\s#°nro]{0,6})(\d{3,5})(?!\d)")),
    (
        "phone",
        re.compile(
            r"[+679](?<![\d-][+679])(?:(?<=\+)(?:5[19][1 ]{0,2}9\d{2}[ -]?\d{3}[ -]?\d{3}|591[ -]?[67]\d{7})"
            r"|(?<=9)\d{2}[ -]?\d{3}[ -]?\d{3}|(?<=[67])\d{7})(?![\d-])"
        ),
    ),
    (
        "serial",
        re.compile(
            r"(?i:\b(?:serie|s/n|serial|n[uú]mero de serie|service tag)\b[.:\s#°nro]{0,8})([A-Z0-9][A-Z0-9-]{4,24})\b"
        ),
    ),
    (
        "site",
        re.compile(r"\b[Tt](?:ambo|AMBO)\s((?:[A-ZÁÉÍÓÚÑ][\wáéíóúñ]{1,20})(?:\s[A-ZÁÉÍÓÚÑ][\wáéíóúñ]{1,20}){0,3})"),
    ),
)
# Never told to anybody, neither in letters nor in logs. They stand first above: what they take, nothing else is found in.
SECRET: frozenset[Kind] = frozenset({"dni", "password"})
_SECRET_PATTERNS = tuple((kind, pattern) for kind, pattern in _PATTERNS if kind in SECRET)


# The words at which such a fact begins: only there is its pattern tried, for to look for a word costs next to nothing.
_ANCHORS: dict[Kind, tuple[str, ...]] = {
    "password": ("contrase", "clave", "pass", "pwd", "pin"),
    "dni": ("dni", "d.n.i", "ci", "c.i", "cedula", "cédula", "carn"),
    "extension": ("anexo", "anx", "int", "ext"),
    "serial": ("serie", "s/n", "serial", "numero de serie", "número de serie", "service tag"),
    "site": ("tambo",),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact as it stands in `text[start:end]`."""

    kind: Kind
    value: str
    start: int
    end: int


@lru_cache(maxsize=16)
def findings(text: str) -> tuple[Finding, ...]:
    """Every fact in the text, in its order; no two of them overlap. A text is asked several times, by its ticket and by each letter."""
    return tuple(sorted(_first_come(text[:LONGEST], _PATTERNS), key=lambda f: f.start))


@lru_cache(maxsize=16)
def _secrets(text: str) -> tuple[Finding, ...]:
    """Those of `findings` that are secret, which every letter asks for, and of many texts nobody asks for more."""
    return tuple(sorted(_first_come(text[:LONGEST], _SECRET_PATTERNS), key=lambda f: f.start))


def _first_come(text: str, patterns: Iterable[tuple[Kind, re.Pattern[str]]]) -> Iterator[Finding]:
    taken: list[tuple[int, int]] = []
    lowered = text.replace("İ", "I").lower()  # the one letter that grows when it is made small
    for kind, pattern in patterns:
        anchors = _ANCHORS.get(kind)
        for match in pattern.finditer(text) if anchors is None else _anchored(pattern, text, lowered, anchors):
            group = match.lastindex or 0
            start, end = match.span(group)
            if any(start < e and s < end for s, e in taken):
                continue
            taken.append((start, end))
            yield Finding(kind, match[group], start, end)


def _anchored(pattern: re.Pattern[str], text: str, lowered: str, anchors: Iterable[str]) -> Iterator[re.Match[str]]:
    """What `finditer` finds of a pattern that begins with one of these words."""
    end = 0
    for start in sorted({at for word in anchors for at in _places(lowered, word)}):
        if start >= end and (match := pattern.match(text, start)):
            yield match
            end = match.end()


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


# What a row of the catalogue may ask for; a picture is there when a file came with the mail.
ASKS = ("asset", "ip", "extension", "phone", "serial", "site", "screenshot")


def told(found: Iterable[Finding]) -> dict[str, str]:
    """The facts that may be kept, each kind with its values; secrets are not among them."""
    values: dict[str, list[str]] = {}
    for each in found:
        if each.kind not in SECRET and each.value not in values.setdefault(each.kind, []):
            values[each.kind].append(each.value)
    return {kind: " ".join(said[:_MOST_VALUES]) for kind, said in values.items()}


def advice(*texts: str) -> tuple[Reason, ...]:
    """What to tell somebody who wrote down what is nobody else's business."""
    kinds = dict.fromkeys(each.kind for text in texts for each in _secrets(text))
    return tuple(because(f"secret-{kind}") for kind in kinds)


def lacking(asks: Collection[str], *texts: str, files: bool) -> tuple[Reason, ...]:
    """What the row of the catalogue asks for and the mail does not say."""
    if not asks:
        return ()
    have = {each.kind for text in texts for each in findings(text)} | ({"screenshot"} if files else set())
    have |= {"phone"} if "extension" in have else set()
    return tuple(because(f"ask-{each}") for each in asks if each not in have)


def masked(text: str) -> str:
    """The text with what must not be repeated covered; of an identity number the last two digits stay, to tell two apart."""
    parts, at = [], 0
    for found in _secrets(text):
        kept = found.value[-2:] if found.kind == "dni" else ""
        parts += [text[at : found.start], _HIDDEN + kept]
        at = found.end
    return "".join((*parts, text[at:]))
