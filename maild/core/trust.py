"""How well a sender proved who he is (RELIABILITY §4.8): evidence in, assurance and reasons out. Nobody is proved by From alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from maild.core.values import Assurance, Reason, because

_RESULT = re.compile(r"\b(dmarc|dkim|spf|auth)\s*=\s*([a-z]+)", re.IGNORECASE)
_FROM = re.compile(r"\bheader\.from\s*=\s*([a-z0-9.-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Boundary:
    """Whose Authentication-Results are believed: nobody's (`none`), or those stamped with one of these ids by our own border."""

    mode: Literal["none", "authserv_id", "topmost_no_id"] = "none"
    ids: tuple[str, ...] = ()


def weigh(
    address: str,
    *,
    known: bool,
    answers_own_letter: bool,
    results: Sequence[str],
    boundary: Boundary,
) -> tuple[Assurance, tuple[Reason, ...]]:
    """The assurance of one mail: A0 nothing, A1 a known address, A2 answers a letter we sent to him, A3 proved by the border."""
    if not address:
        return Assurance.A0, (because("sender-unclear"),)
    verdict = _border(address, results, boundary)
    if verdict == "fail":
        return Assurance.A0, (because("border-says-forged"),)
    if not known:
        return Assurance.A0, (because("sender-unknown"),)
    if verdict == "pass":
        return Assurance.A3, (because("border-says-genuine"),)
    if answers_own_letter:
        return Assurance.A2, (because("answers-own-letter"),)
    return Assurance.A1, (because("address-only"),)


def _border(address: str, results: Sequence[str], boundary: Boundary) -> str:
    """pass, fail or '' from the one field our border wrote; spf alone never suffices (S-14)."""
    field = _believed(results, boundary)
    verdicts = {name.lower(): value.lower() for name, value in _RESULT.findall(field)}
    aligned = [d.lower() for d in _FROM.findall(field)]
    if verdicts.get("dmarc") == "fail":
        return "fail"
    if verdicts.get("dmarc") == "pass" and address.rpartition("@")[2] in aligned:
        return "pass"
    return ""


def _believed(results: Sequence[str], boundary: Boundary) -> str:
    if boundary.mode == "authserv_id":
        ids = tuple(i.lower() for i in boundary.ids)
        return next((r for r in results if r.split(";")[0].strip().lower() in ids), "")
    if boundary.mode == "topmost_no_id" and results and "=" in results[0].split(";")[0]:
        return results[0]
    return ""
