"""What people and institutions always write below their words, known by its repetition: banners, addresses, notices of any wording.

The store counts in how many mails, and of how many people of a domain, a paragraph at the end was seen; here is said which
paragraphs may be counted, when they are a habit, and what is left of a mail without them. To keep a banner is a blemish, to
lose a request is a fault: whatever asks, complains or names a thing that a desk is asked about is never counted.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, replace

from maild.core import phrases
from maild.core.signatures import LONGEST_NOTICE, fingerprint, shape, tail
from maild.core.values import Cut, CutKind, Mail
from maild.core.words import fold

# Twice is chance (a mail sent again, an answer that repeats); people who copy one another's words are seldom three.
MAILS = 3
SENDERS = 3
# Paragraphs of one mail that are counted. Below the words stand at most signature, banner, notice and plea.
MOST = 4
# Shorter ones without the shape of a signature ("Gracias por todo") are what different people do write alike.
SHORTEST = 60
_LONGEST = 8_000  # characters

_WORD = re.compile(r"\w+")
_FAILS = re.compile(rf"(?<!\w)no (?:se |me |nos )?(?:{'|'.join(phrases.FAILING)})")
_INFINITIVE = re.compile(r"\w{3,20}(?:ar|er|ir)(?:l[oae]s?|me|nos)?(?!\w)")


@dataclass(frozen=True, slots=True)
class Ending:
    """A paragraph at the end of a mail. `shaped`: it looks like a signature or a notice, not only like a text."""

    fingerprint: str
    shaped: bool

    def is_habit(self, mails: int, senders: int) -> bool:
        """Whether it is always there: seen in so many earlier mails of the sender, of so many people of his domain."""
        return senders >= SENDERS or (self.shaped and mails >= MAILS)


def endings(mail: Mail) -> tuple[Ending, ...]:
    """The last paragraphs of a person's words that may be a habit, from below; never the first one of a mail."""
    if not mail.kind.from_person or not mail.sender.address or "\n" not in mail.new_text:
        return ()
    found: dict[str, Ending] = {}
    parts = _paragraphs([line for _, line in _own(mail)])
    for above, paragraph in zip(parts[-2::-1][:MOST], parts[:0:-1], strict=False):
        shaped = shape(paragraph)
        if asks(paragraph, shaped) or above[-1].rstrip().endswith(":"):
            break  # from here up it is what he says
        length = sum(map(len, paragraph))
        if (shaped or length >= SHORTEST) and length <= _LONGEST and len(paragraph) < LONGEST_NOTICE:
            ending = Ending(fingerprint(paragraph), bool(shaped))
            found[ending.fingerprint] = ending
    return tuple(found.values())


def asks(paragraph: list[str], shaped: str = "") -> bool:
    """Whether somebody asks, complains or speaks of himself. A notice may plead and name errors, but never says "I"."""
    folded = fold(" ".join(paragraph)[:_LONGEST])
    words = set(_WORD.findall(folded))
    if "?" in folded or not words.isdisjoint(phrases.OF_ONESELF):
        return True
    if shaped == "disclaimer":
        return False
    # "Restablecer la clave …" begins as "Walter Aparicio" does.
    bids = not shaped and _INFINITIVE.match(folded)
    return bool(bids or not words.isdisjoint(phrases.ASKING) or _FAILS.search(folded))


def without(mail: Mail, known: Set[str]) -> Mail:
    """The mail without the paragraphs at its end that are `known` (fingerprints), and without the signature above them.

    `new_text` becomes a beginning of what it was, never empty; `cuts` tell what went. A mail that ends otherwise stays.
    """
    own = _own(mail) if known else []
    lines = [line for _, line in own]
    parts = _paragraphs(lines)
    if len(parts) < 2 or fingerprint(parts[-1]) not in known:
        return mail
    gone = tail(lines, list(range(len(lines))), f"{mail.sender.name} {mail.sender.address}", known)
    if not gone:
        return mail
    kept = sum(bool(line.strip()) for number, line in enumerate(lines) if number not in gone)
    lost = [
        Cut(CutKind(kind), own[number][0], own[number][0] + len(lines[number]))
        for number, kind in gone.items()
        if lines[number].strip()
    ]
    return replace(mail, new_text=_beginning(mail.new_text, kept), cuts=_joined(mail.text, [*mail.cuts, *lost]))


def _own(mail: Mail) -> list[tuple[int, str]]:
    """The lines of `new_text` with their places in `text`; an empty one where something was cut between them.

    A mail enclosed in this one stands behind its words and is not among them: so many lines are taken as `new_text` has.
    """
    missing = sum(bool(line.strip()) for line in mail.new_text.split("\n"))
    own: list[tuple[int, str]] = []
    at, cuts = 0, iter(mail.cuts)
    cut = next(cuts, None)
    for line in mail.text.split("\n"):
        if not missing:
            break
        while cut and cut.end < at:
            cut = next(cuts, None)
        if cut and cut.start <= at:
            own.append((-1, ""))
        else:
            own.append((at, line))
            missing -= bool(line.strip())
        at += len(line) + 1
    return own


def _paragraphs(lines: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [each for each in found if each]


def _beginning(text: str, filled: int) -> str:
    """The lines of a text up to and including its `filled`th one that is not blank."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        filled -= bool(line.strip())
        if not filled:
            return "\n".join(lines[: number + 1])
    return text


def _joined(text: str, cuts: list[Cut]) -> tuple[Cut, ...]:
    """In order; what has one kind and only blank between is one."""
    found: list[Cut] = []
    for cut in sorted(cuts, key=lambda each: each.start):
        if found and found[-1].kind is cut.kind and not text[found[-1].end : cut.start].strip():
            found[-1] = Cut(cut.kind, found[-1].start, cut.end)
        else:
            found.append(cut)
    return tuple(found)
