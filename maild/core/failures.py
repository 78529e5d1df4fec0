"""The words of a bounce that carries no report: which addresses it says were not reached (vendors' wording is data)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from maild.core.bounce_words import ASIDES, FAILURES, NOT_YET, OPENINGS, RETURNED
from maild.core.words import fold

ADDRESS = re.compile(
    r"(?<![^\s<>,;:\"'()\[\]=|/])[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\U0010ffff-]{1,64}@"
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,252}"
)
_ENOUGH = 3
# An opening ("the following recipients:") speaks for so many lines below it.
_REACH = 8
_LONGEST_LINE = 2000
_LETTER_FIELD = re.compile(
    r"(?:from|to|cc|subject|date|sent|reply-to|sender|message-id|return-path|received|x-[a-z-]{1,40}|de|para|asunto"
    r"|enviado|fecha|assunto|data|mime-version|content-[a-z-]{1,30})\s{0,5}:",
    re.IGNORECASE,
)
_SURE_FIELD = re.compile(r"(?:received|return-path|message-id|mime-version)\s{0,5}:", re.IGNORECASE)
_AT_START = re.compile(r"[\s>*\-\u2022\"'<\u00b7]{0,40}$")
_LIST_END = re.compile(r"[\s>*\"'<()\[\]:;,.\u2022-]{0,40}$")
# «<ana@entidad.test>: Command died», «ana@entidad.test - no such user»
_NAMED = re.compile(r">?\s{0,3}(?::|\.\.\.|-{1,2})\s")
_REPLY = re.compile(r"(?<![\d.])[45]\d\d[ -]")
_NOBODY = ("postmaster", "mailer-daemon", "abuse", "support", "helpdesk", "soporte", "noreply", "no-reply")
_BEHIND = "generated from"
_TRANSPORT_LINE = re.compile(r"(?:rcpt to|>>> rcpt|recipient)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Failure:
    """An address that was not reached, and what the mail says about it."""

    address: str
    said: str


def unlikely(address: str) -> bool:
    """No mailbox of a person's: without a dotted domain, or a name that only machines have."""
    local, _, domain = address.lower().strip(".").partition("@")
    return "." not in domain or not local.strip(".") or ".." in domain


def own_words(text: str) -> tuple[str, str]:
    """(what the mail system says, the letter that it brings back)."""
    lines = text.split("\n")
    for position, line in enumerate(lines):
        folded = fold(line[:300])
        marked = any(word in folded for word in RETURNED) and not any(word in folded for word in NOT_YET)
        if position and (marked and not ADDRESS.search(line[:300])):
            return "\n".join(lines[:position]), "\n".join(lines[position + 1 :])
        if _letter_begins(lines, position):
            return "\n".join(lines[:position]), "\n".join(lines[position:])
    return text, ""


def _letter_begins(lines: list[str], position: int) -> bool:
    """Header fields of a letter, one below the other, one of them such as no person writes."""
    if not _LETTER_FIELD.match(lines[position]):
        return False
    following = [line for line in lines[position : position + 6] if line[:1] not in (" ", "\t")]
    return (
        sum(bool(_LETTER_FIELD.match(line)) for line in following[:3]) >= min(3, len(following[:3]))
        and len(following) >= 2
        and any(_SURE_FIELD.match(line) for line in following)
    )


def failures(words: str, addressees: tuple[str, ...]) -> tuple[Failure, ...]:
    """Addresses that the words blame, in their order, each with the lines that speak of it. `addressees` got the bounce."""
    lines = words.split("\n")
    scores: dict[str, int] = {}
    first: dict[str, int] = {}
    reach = -1
    for number, line in enumerate(lines):
        line = line[:_LONGEST_LINE]
        folded = fold(line)
        opening = any(word in folded for word in OPENINGS)
        for address, points in _blamed(line, folded, listed=opening or number <= reach):
            scores[address] = max(scores.get(address, -99), 0) + points if points > 0 else scores.get(address, points)
            first.setdefault(address, number)
        if opening:
            reach = number + _REACH
    blamed = [each for each, points in scores.items() if points >= _ENOUGH and not unlikely(each)]
    if not blamed:  # only "an undisclosed address (generated from …)": whom we wrote to, after all
        blamed = [_plain(found[0]) for line in lines if _BEHIND in line for found in ADDRESS.finditer(line)]
    others = [each for each in blamed if each not in addressees and each.partition("@")[0] not in _NOBODY]
    chosen = others or blamed
    starts = sorted(first.get(each, 0) for each in chosen)
    return tuple(Failure(each, _said(lines, first.get(each, 0), starts)) for each in dict.fromkeys(chosen))


def _blamed(line: str, folded: str, *, listed: bool) -> list[tuple[str, int]]:
    """(address, points) for every address of a line."""
    found = list(ADDRESS.finditer(line))
    if not found or _LETTER_FIELD.match(line.strip()):
        return []
    aside = any(word in folded for word in ASIDES)
    failing = any(word in folded for word in FAILURES)
    told = []
    for match in found:
        points = -3 if aside else 0
        if _AT_START.fullmatch(line[: match.start()]):
            alone = _LIST_END.match(line[match.end() :]) or _NAMED.match(line[match.end() :])
            points += 3 if listed or failing or alone else 1
        if failing:
            points += 3
        if listed:
            points += 2
        if _REPLY.search(line) or _TRANSPORT_LINE.search(line):
            points += 3
        told.append((_plain(match[0]), points))
    return told


def _plain(written: str) -> str:
    """The address without the dress that old gateways put around it (X.400 `dda:SMTP=`)."""
    lowered = written.lower().rstrip(".-'")
    for dress in ("smtp=", "rfc822=", "to="):
        lowered = lowered.removeprefix(dress)
    return lowered.strip("'\"`|")


def _said(lines: list[str], start: int, starts: list[int]) -> str:
    """The lines about one address: from where it is first named to where the next one is."""
    end = next((number for number in starts if number > start), start + 12)
    said = " ".join(line.strip() for line in lines[start : min(end, start + 12)] if line.strip())
    return said[:1000]
