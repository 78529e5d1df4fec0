"""What the author of a mail wrote this time: the text without quotations, forwards, signature and notices.

Lines only ever go as a whole, what goes is told by offset, and if nothing would be left the whole text stays: to lose a
person's words is worse than to keep another's.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from maild.core import prefixes
from maild.core.quotes import (
    LONGEST_INTRODUCTION,
    LONGEST_LINE,
    Block,
    banner,
    ends_introduction,
    header_block,
    introduction,
    is_quoted,
    is_rule,
    plain,
)
from maild.core.signatures import tail
from maild.core.values import Address, Cut, CutKind, Forwarded
from maild.core.words import fold

MARKER_ES = "— Responda por encima de esta línea —"
MARKER_EN = "— Please reply above this line —"
_MARKERS = tuple(fold(marker.strip("— ")) for marker in (MARKER_ES, MARKER_EN))

_RULE_TO_BLOCK = 4  # lines below a rule or banner in which the header block must begin
_TO_QUOTED = 4  # lines below a separator in which the quotation must begin to be one that is marked
_WRAPPED = 55  # a quoted line this long may have been broken by a program that did not mark the rest
_FORWARD_SUBJECT = re.compile(
    rf"\s{{0,9}}(?:\[[^\]]{{1,30}}\]\s{{0,9}})?(?:{'|'.join(prefixes.FORWARDS)})\s{{0,3}}:", re.IGNORECASE
)
_REPLY_SUBJECT = re.compile(r"\s{0,9}(?:re|rta|resp|res|aw|sv|antw)\s{0,3}(?:\[\d{1,3}\])?:", re.IGNORECASE)
_PICTURE = re.compile(
    r"\s{0,3}(?:\[(?:image|imagen|imagem|cid|inline image|imagen insertada)\b[^\]]{0,300}\]|\ufffc)\s{0,3}\Z",
    re.IGNORECASE,
)
_MAILBOX = re.compile(r"[<\[(]?(?:mailto:)?([^\s@<>()\[\]\"]{1,64}@[^\s@<>()\[\]\",;:]{1,200})")


@dataclass(frozen=True, slots=True)
class Written:
    """`text` is the whole text without `cuts` and without blank lines around; `forwarded` the mail it passes on."""

    text: str
    cuts: tuple[Cut, ...] = ()
    forwarded: Forwarded | None = None


def new_text(text: str) -> str:
    """What was written this time; the whole text if nothing else would be left.

    >>> new_text("Ya funciona.\\n\\nEl lun, 3 nov 2025 a las 9:12, Mesa <mesa@entidad.test> escribió:\\n> ¿Funciona?")
    'Ya funciona.'
    """
    return read(text).text


def read(
    text: str, *, subject: str = "", sender: str = "", reply: bool = False, known: Set[str] = frozenset()
) -> Written:
    """Tell the author's words of this time from everything else.

    `subject` and `reply` (the mail names one it answers) say what a copied mail is, `sender` (name and address) whose
    name a signature may begin with, `known` holds fingerprints of paragraphs that he or his office always add.
    """
    reply = reply or bool(_REPLY_SUBJECT.match(subject))
    walk = _Walk(text, forwards=bool(_FORWARD_SUBJECT.match(subject)) or not reply, reply=reply)
    walk.quotations()
    if walk.has_words():
        walk.below(sender, known)
    if not walk.has_words():
        return Written(text, (), walk.forwarded)
    return Written(walk.kept(), walk.cuts(), walk.forwarded)


class _Walk:
    """The lines of one text and what each is; None is the author's."""

    def __init__(self, text: str, *, forwards: bool, reply: bool) -> None:
        self.lines = text.split("\n")
        self.kinds: list[CutKind | None] = [None] * len(self.lines)
        self.forwarded: Forwarded | None = None
        self._forwards, self._reply = forwards, reply
        self._quoting = False  # an introduction has been seen: from here on `>` is somebody else
        self._asked = 0  # lines that were asked whether an introduction may end with them
        self._last_end = -1  # the last of them with which it may
        self._loose: list[int] = []  # lines with `>` before any introduction

    # --- quotations ---------------------------------------------------------------------------------------------

    def quotations(self) -> None:
        number = 0
        while number < len(self.lines):
            number = self._next(number)
        self._settle_loose()

    def _next(self, number: int) -> int:
        """Decide about the lines that begin here; the number of the first undecided one."""
        line = self.lines[number]
        if is_quoted(line):
            return self._quoted(number)
        if not line.strip() or len(line) >= LONGEST_LINE:
            return number + 1
        if self._is_marker(line):
            return self._copy(number, number + 1, CutKind.QUOTE)
        if kind := banner(line):
            return self._below_banner(number, CutKind(kind))
        block = self._block_below(number) if is_rule(line) else header_block(self.lines, number)
        if block:
            return self._copied_mail(number, block)
        if self._near_end(number) and (length := introduction(self.lines, number)):
            return self._introduced(number, length)
        if self._is_wrapped_quotation(number):
            self.kinds[number] = CutKind.QUOTE
        elif ("[" in line or "\ufffc" in line) and _PICTURE.match(line):
            self.kinds[number] = CutKind.PICTURE
        return number + 1

    def _near_end(self, number: int) -> bool:
        """Whether one of the next few lines may end an introduction: hardly ever, and each is asked but once."""
        for at in range(max(self._asked, number), min(number + LONGEST_INTRODUCTION, len(self.lines))):
            self._asked = at + 1
            if ends_introduction(self.lines[at]):
                self._last_end = at
        return self._last_end >= number

    def _quoted(self, number: int) -> int:
        """Behind an introduction, which may itself be quoted (iPhone), quoted lines go and answers between them stay."""
        if not self._quoting and (not self._loose or self._loose[-1] != number - 1 or self._is_introduced(number)):
            self._quoting = self._is_introduced(number)
        if self._quoting:
            self.kinds[number] = CutKind.FORWARD if self._kind_of_copy() is CutKind.FORWARD else CutKind.QUOTE
        else:
            self._loose.append(number)
        return number + 1

    def _is_introduced(self, number: int) -> bool:
        line = self.lines[number]
        return bool(
            banner(line)
            or self._is_marker(line)
            or introduction(self.lines, number)
            or header_block(self.lines, number)
        )

    def _is_marker(self, line: str) -> bool:
        """Our own letters carry a line above which to answer; what stands below it is ours."""
        folded = plain(line) if len(line) < 120 else ""
        return _MARKERS[0] in folded or _MARKERS[1] in folded

    def _below_banner(self, number: int, kind: CutKind) -> int:
        block = self._block_below(number)
        if kind is CutKind.FORWARD or (block and self._forwards):
            self._pass_on(block, number)
            kind = CutKind.FORWARD
        return self._copy(number, block.start + block.length if block else number + 1, kind)

    def _copied_mail(self, number: int, block: Block) -> int:
        if self._forwards:
            self._pass_on(block, block.start)
        return self._copy(number, block.start + block.length, self._kind_of_copy())

    def _kind_of_copy(self) -> CutKind:
        return CutKind.FORWARD if self.forwarded else CutKind.QUOTE

    def _introduced(self, number: int, length: int) -> int:
        return self._copy(number, number + length, self._kind_of_copy())

    def _copy(self, number: int, below: int, kind: CutKind) -> int:
        """A mail is copied below: up to the end, or, where its lines are marked, only those that are."""
        self.kinds[number:below] = [CutKind.SEPARATOR] * (below - number)
        following = next((line for line in self.lines[below : below + _TO_QUOTED] if line.strip()), "")
        if is_quoted(following):
            self._quoting = True
            return below
        self.kinds[below:] = [kind] * (len(self.lines) - below)
        return len(self.lines)

    def _block_below(self, number: int) -> Block | None:
        for at in range(number + 1, min(number + 1 + _RULE_TO_BLOCK, len(self.lines))):
            if self.lines[at].strip():
                return header_block(self.lines, at, announced=True)
        return None

    def _pass_on(self, block: Block | None, number: int) -> None:
        """Remember whose mail is passed on: the first one, which the author saw."""
        if self.forwarded is not None:
            return
        fields = block.fields if block else {}
        offset = sum(len(line) + 1 for line in self.lines[:number])
        self.forwarded = Forwarded(
            mailbox(fields.get("from", "")), fields.get("date", "")[:200], fields.get("subject", "")[:500], offset
        )

    def _is_wrapped_quotation(self, number: int) -> bool:
        """The rest of a long quoted line, broken by a program that did not mark it: small letters between quoted lines."""
        if not self._quoting or not 0 < number < len(self.lines) - 1:
            return False
        above, line, below = self.lines[number - 1 : number + 2]
        above = above.rstrip()
        return (
            len(above) >= _WRAPPED
            and is_quoted(above)
            and is_quoted(below)
            and line[:1].islower()
            and not above.endswith((".", "?", "!", ":"))
        )

    def _settle_loose(self) -> None:
        """Quoted lines without introduction: at the end, or above all words of a reply, they are another's."""
        if not self._loose:
            return
        loose = set(self._loose)
        own = [n for n, line in enumerate(self.lines) if self.kinds[n] is None and line.strip() and n not in loose]
        for number in self._loose:
            if not own or number > own[-1] or (self._reply and number < own[0]):
                self.kinds[number] = CutKind.QUOTE

    # --- below the words ----------------------------------------------------------------------------------------

    def below(self, sender: str, known: Set[str]) -> None:
        """Signature, notices, phone: at the end of what is the author's. Where the text jumps, a paragraph ends."""
        numbers: list[int] = []
        for number, kind in enumerate(self.kinds):
            if kind is None:
                if numbers and numbers[-1] != number - 1:
                    numbers.append(-1)
                numbers.append(number)
        lines = ["" if number < 0 else self.lines[number] for number in numbers]
        for at, kind_of_tail in tail(lines, list(range(len(lines))), sender, known).items():
            if numbers[at] >= 0:
                self.kinds[numbers[at]] = CutKind(kind_of_tail)

    # --- what comes of it ---------------------------------------------------------------------------------------

    def has_words(self) -> bool:
        return any(kind is None and line.strip() for kind, line in zip(self.kinds, self.lines, strict=True))

    def kept(self) -> str:
        lines = [line for kind, line in zip(self.kinds, self.lines, strict=True) if kind is None]
        filled = [number for number, line in enumerate(lines) if line.strip()]
        return "\n".join(lines[filled[0] : filled[-1] + 1])

    def cuts(self) -> tuple[Cut, ...]:
        """Neighbouring lines of one kind, and blank lines between them, are one cut."""
        found: list[Cut] = []
        offset, blank_since = 0, True
        for kind, line in zip(self.kinds, self.lines, strict=True):
            end = offset + len(line)
            if kind is not None:
                if found and found[-1].kind is kind and blank_since:
                    found[-1] = Cut(kind, found[-1].start, end)
                else:
                    found.append(Cut(kind, offset, end))
                blank_since = True
            elif line.strip():
                blank_since = False
            offset = end + 1
        return tuple(found)


def mailbox(written: str) -> Address:
    """Who a header block names: "Ana <ana@…>", "Ana [mailto:ana@…]", "ana@…", or a name alone."""
    written = " ".join(written[:LONGEST_LINE].split())
    found = _MAILBOX.search(written)
    if not found:
        return Address("", written.strip("\"' *")[:200])
    return Address(found[1].lower(), written[: found.start()].strip("\"' *<[(")[:200])
