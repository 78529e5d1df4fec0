"""Where a mail stops being its author's: introductions ("… wrote:"), header blocks, banners, lines marked with `>`.

Everything works on folded lines of bounded length and looks at most a dozen lines ahead: linear on any text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from maild.core import phrases
from maild.core.words import fold

LONGEST_LINE = 500  # nothing that separates is longer; longer lines are never matched against patterns
LONGEST_INTRODUCTION = 5  # lines over which "El … escribió:" may be broken
_LONGEST_BLOCK = 16  # lines of a header block, wrapped recipients and blank lines included
_BOLD = "*_ \t"

_QUOTE = re.compile(r"\s{0,3}>(?!\s{0,3}:\s{0,3}\Z)")  # not the broken end of "<ana@…>:"
_MARKS = re.compile(r"[\s>|]{1,40}")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(fold(word)) for word in sorted(words, key=len, reverse=True))


_WROTE = re.compile(rf"(?<!\w)(?:{_any_of(phrases.WROTE)})(?!\w)")
_WROTE_WORDS = tuple(fold(word) for word in phrases.WROTE)
_OPENS = re.compile(
    rf"(?:[-*_]{{1,20}} ?)?(?:(?:{_any_of(phrases.OPENERS)})\s|\d|\w{{2,10}}[.,]{{1,2}} ?\d|\w{{2,12}}, ?\w)"
)
_ADDRESS = re.compile(r"[^\s@<>()\[\]]{1,64}@[^\s@<>()\[\]]{1,200}")
_MAILBOX_ENDS = re.compile(r"[^\s@<>()]{1,64}@[^\s@<>()]{1,200}\s?[>)\]]{1,3}\s?:\Z")
_TIME = re.compile(r"\d{1,2}\s?[:.h]\s?\d{2}(?!\d)|\d\s?[ap]\. ?m|\d[ap]m\b")
_DAY = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)|\d{1,2}[/.-]\d{1,2}[/.-]\d{2}|\d{1,2}\.? (?:de )?\w{3,12}")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)|\d{1,2}[/.-]\d{1,2}[/.-]\d{2}")
_CLOCK_WORDS = re.compile(r"(?:[ap]\. ?m\b\.?|[ap]m\b|hrs?\b\.?|horas\b|gmt|utc|[-+]?\d[\d:]*|[,;()\s.\-+])*")
# Between persons: "me escribió" is told by the author, not by a mail program.
_TOLD = re.compile(r"\b(?:me|nos|le|les|te|se|lo|ya|no|que|quien|to me|me to)\s+\Z")
_ARTICLE = re.compile(r"(?:el|la|los|las|un|una|mi|su|o|a|the|my|nuestro|nuestra)\s")
_ABBREVIATED = re.compile(r"(?:\b\w{1,4}|[ap]\. ?m)\.\Z")

_DASHES = r"[-_=*—–>\s]{2,40}"
_ORIGINAL = re.compile(rf"{_DASHES}(?:{_any_of(phrases.ORIGINAL)})\b.{{0,400}}\Z")
_FORWARDED = re.compile(rf"{_DASHES}(?:{_any_of(phrases.FORWARDED)})\b.{{0,400}}\Z")
_BEGIN_FORWARDED = re.compile(rf"(?:{_any_of(phrases.BEGIN_FORWARDED)})\s?[:：]?\Z")
_DASH_SIGNS = "-_=*—–"
_RULE = re.compile(r"[_\-=*—–]{5,200}\Z")
_MEANING = {fold(label): meaning for meaning, labels in phrases.LABELS.items() for label in labels}
_SENT = frozenset(fold(label) for label in phrases.SENT)


class Header(NamedTuple):
    """One line of a header block: what its label means, and where the value begins in the line."""

    meaning: str
    label: str
    at: int


@dataclass(frozen=True, slots=True)
class Block:
    """A header block as a mail program copies it above a mail; `length` in lines."""

    start: int
    length: int
    fields: dict[str, str]


def plain(line: str) -> str:
    """A line as it is compared: folded, without invisible characters and quotation marks of any depth in front."""
    return "" if len(line) >= LONGEST_LINE else _compared(_unquoted(line))


# Every line of a mail is asked about several times.
folded_line = lru_cache(maxsize=256)(fold)


@lru_cache(maxsize=256)
def _compared(line: str) -> str:
    return folded_line(_visible(line))


def _visible(line: str) -> str:
    return line if line.isascii() else _INVISIBLE.sub("", line)


def _unquoted(line: str) -> str:
    marks = _MARKS.match(line)
    return line[marks.end() :] if marks else line


def is_quoted(line: str) -> bool:
    return ">" in line[:4] and bool(_QUOTE.match(line))


def banner(line: str) -> str:
    """ "quote" above a mail that is answered, "forward" above one passed on, "" for other lines."""
    if not 8 <= len(line) < LONGEST_LINE:
        return ""
    folded = _compared(line)
    dashes = folded[:1] in _DASH_SIGNS + ">"
    if dashes and _ORIGINAL.match(folded):
        return "quote"
    if (dashes and _FORWARDED.match(folded)) or _BEGIN_FORWARDED.match(folded.lstrip("> ")):
        return "forward"
    return ""


def is_rule(line: str) -> bool:
    """A line of dashes or underscores and nothing else."""
    bare = line.strip("> \t\xa0")
    return bare[:1] in _DASH_SIGNS and len(line) < LONGEST_LINE and bool(_RULE.match(bare))


# --- header blocks ----------------------------------------------------------------------------------------------


def header(line: str) -> Header | None:
    """ "De: …", "*Enviado el:* …", "Asunto :…": a line that begins with a label of a header block."""
    if ":" not in line and "：" not in line:
        return None
    bare = _visible(_unquoted(line))
    colon = min((at for at in (bare.find(":", 0, 60), bare.find("：", 0, 60)) if at >= 0), default=-1)
    if colon <= 0:
        return None
    label = fold(bare[:colon].strip(_BOLD + "\xa0"))
    meaning = _MEANING.get(label)
    if meaning is None:
        return None
    return Header(meaning, label, len(line) - len(_visible(_unquoted(line))) + colon + 1)


def header_block(lines: list[str], start: int, *, announced: bool = False) -> Block | None:
    """The block that begins at this line, or None. `announced`: a rule or a banner stands above it.

    A memorandum inside a mail has De, Para, Asunto and Fecha, too: without an announcement something must show a mail
    program at work: an address, a time of day, bold labels, or a label such as "Enviado el".
    """
    first = header(lines[start]) if len(lines[start]) < LONGEST_LINE else None
    if first is None or (first.meaning not in ("from", "date") and not announced):
        return None
    fields, labels, end = _fields(lines, start)
    if len(fields.keys() - {"other"}) < (2 if announced else 3) or "from" not in fields:
        return None
    whole = " ".join(lines[start:end])
    shown = (
        announced
        or "@" in whole
        or bool(labels & _SENT)
        or bool(_TIME.search(fold(fields.get("date", "")[:200])))
        or _unquoted(lines[start]).lstrip().startswith("*")
    )
    return Block(start, end - start, fields) if shown else None


def _fields(lines: list[str], start: int) -> tuple[dict[str, str], set[str], int]:
    """Values by meaning, labels, and the line after the last label; wrapped values go on for two lines at most."""
    fields: dict[str, str] = {}
    labels: set[str] = set()
    end, loose, last = start, 0, ""
    for number in range(start, min(start + _LONGEST_BLOCK, len(lines))):
        line = lines[number]
        found = header(line) if len(line) < 4 * LONGEST_LINE else None
        if found and found.label not in labels:
            bare = _visible(_unquoted(line))
            value = bare[bare.replace("：", ":").find(":") + 1 :].strip(_BOLD + "\xa0")
            labels.add(found.label)
            fields.setdefault(found.meaning, value)
            end, loose, last = number + 1, 0, found.meaning
            continue
        loose += 1
        if loose > 2:
            break
        if last and not fields[last]:
            fields[last] = _unquoted(line).strip()  # the value stands below its label
    return fields, labels, end


# --- introductions ----------------------------------------------------------------------------------------------


def ends_introduction(line: str) -> bool:
    """Whether the sentence "On … wrote:" may end with this line: hardly any line of a mail, and quickly seen."""
    said = plain(line)
    bare = said.rstrip(" -")
    return said.endswith((":", "：")) or (bare.endswith(_WROTE_WORDS) and len(said) - len(bare) <= 12)


def introduction(lines: list[str], start: int) -> int:
    """How many lines the sentence "On … wrote:" takes that begins here, or 0."""
    first = plain(lines[start])
    if not first or not (_OPENS.match(first) or "@" in first or _WROTE.search(first)):
        return 0
    sentence = ""
    for length in range(1, LONGEST_INTRODUCTION + 1):
        if start + length > len(lines):
            return 0
        line = plain(lines[start + length - 1])
        if not line:
            if length == 1 or start + length >= len(lines) or not _continues(sentence):
                return 0
            continue  # some programs leave a blank line between the name and "escribió:"
        if length > 1 and is_quoted(lines[start + length - 1]) != is_quoted(lines[start]):
            return 0
        sentence = f"{sentence} {line}".strip()
        if len(sentence) >= LONGEST_LINE:
            return 0
        if ends_introduction(lines[start + length - 1]):
            return length if _introduces(sentence, _quoted_next(lines, start + length)) else 0
        if line.endswith((".", "!", "?")) and not _ABBREVIATED.search(line):
            return 0
    return 0


def _continues(sentence: str) -> bool:
    return sentence.endswith((">", ",", ")")) and bool(_ADDRESS.search(sentence))


def _introduces(sentence: str, quoted_next: bool) -> bool:
    wrote = _last(_WROTE, sentence)
    address = bool(_ADDRESS.search(sentence))
    time, day = bool(_TIME.search(sentence)), bool(_DAY.search(sentence))
    if wrote is None:
        return time and day and _OPENS.match(sentence) is not None and bool(_MAILBOX_ENDS.search(sentence))
    if _TOLD.search(sentence[: wrote.start()]):
        return False
    if not sentence.endswith((":", "：")):
        return address and time and day
    if address:
        return time or day or quoted_next or len(sentence) < 200
    opens = bool(_OPENS.match(sentence))
    if quoted_next:
        return (time or day) and len(sentence) < 300
    return opens and time and bool(_YEAR.search(sentence)) and _names_somebody(sentence, wrote)


def _last(pattern: re.Pattern[str], sentence: str) -> re.Match[str] | None:
    return max(pattern.finditer(sentence), key=lambda found: found.start(), default=None)


def _names_somebody(sentence: str, wrote: re.Match[str]) -> bool:
    """Between the time and the verb stands a name, not "el jefe"."""
    digits = [match.end() for match in re.finditer(r"\d", sentence[: wrote.start()])]
    between = sentence[digits[-1] if digits else 0 : wrote.start()]
    skipped = _CLOCK_WORDS.match(between)
    return not _ARTICLE.match(between[skipped.end() :] if skipped else between)


def _quoted_next(lines: list[str], number: int) -> bool:
    following = next((line for line in lines[number : number + 4] if line.strip()), "")
    return is_quoted(following)
