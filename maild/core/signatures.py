"""What stands below a mail's words: signature, notice of confidentiality, "sent from my phone", and what always stands there.

Only whole lines at the end, recognised by what they are: a name with a post, an office or a telephone below it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Set

from maild.core import phrases
from maild.core.quotes import folded_line
from maild.core.words import fold

_LONGEST_LINE = 500
_LONGEST_SIGNATURE = 16  # lines
_WIDEST = 110  # characters of a line of a signature
LONGEST_NOTICE = 60  # lines of one paragraph
_MOST_BLOCKS = 24  # parts of a tail; a longer one is no person's

_DASHES = re.compile(r"\s{0,3}(?:--\s?|__+|—|–|-{3,60})\s{0,3}\Z")
_RFC = re.compile(r"-- \Z")
_SENT_FROM = re.compile(rf"(?:{'|'.join(re.escape(each) for each in phrases.SENT_FROM)})(?!\w)")
_WORD = re.compile(r"\w+", re.UNICODE)
_POST = re.compile(rf"(?<!\w)(?:{'|'.join(phrases.POSTS)})\w{{0,12}}(?!\w)")
_PLACE = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(set(phrases.PLACES), key=len, reverse=True))})(?!\w)")
_CONTACT = re.compile(
    rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, phrases.CONTACTS), key=len, reverse=True))})(?:\s?[.:/#]|\s?(?:n\S{{0,2}}\s?)?[(+\d])"
    r"|(?:\+|\(\d)[\d() .-]{6,}|\d[\d -]{6,}\d|www\.|https?://|[^\s@]{1,64}@[^\s@]{1,200}"
)
_PICTURE = re.compile(
    r"\s{0,3}[\[<](?:cid:|image|imagen|logo|https?:|inline)[^\]>]{0,400}[\]>]\s{0,3}\Z|\[[^\]]{0,80}\]\s{0,3}\Z",
    re.IGNORECASE,
)
_NOTICE_BEGINS = re.compile(
    rf"[\W_]{{0,12}}(?:{'|'.join(sorted(map(re.escape, map(fold, phrases.NOTICE_BEGINS)), key=len, reverse=True))})(?!\w)"
)
_YEAR_NAME = re.compile(
    rf"[\"“”«'‘*_ ]{{1,6}}(?:{'|'.join(phrases.YEAR_NAMES)})\b[^\"”»]{{3,160}}[\"”»'’*_ .]{{1,6}}\Z"
)
_SENTENCE_ENDS = re.compile(r"[.!?…]\s*\Z")
_ABBREVIATED = re.compile(r"(?:\b\w{1,4}\.|\.\w{2,4}\.?)\s*\Z")


def tail(lines: list[str], own: list[int], sender: str, known: Set[str] = frozenset()) -> dict[int, str]:
    """Which of the author's lines (`own`, their numbers) are "signature" or "disclaimer"; never all of them.

    `sender` is the name and address he writes under, `known` the fingerprints of paragraphs he or his office repeat.
    """
    cut: dict[int, str] = {}
    rest = _without_blank_end(lines, own)
    signed = False
    for _ in range(_MOST_BLOCKS):
        if not rest:
            break
        found = _last_block(lines, rest, sender, known, signed)
        if not found:
            break
        kind, numbers = found
        kept = _without_blank_end(lines, rest[: len(rest) - len(numbers)])
        if not kept:
            break
        signed = signed or (kind == "signature" and len(numbers) > 1)
        cut.update(dict.fromkeys(rest[len(kept) :], kind))
        rest = kept
    return cut


def _without_blank_end(lines: list[str], numbers: list[int]) -> list[int]:
    end = len(numbers)
    while end and not lines[numbers[end - 1]].strip():
        end -= 1
    return numbers[:end]


def _last_block(
    lines: list[str], rest: list[int], sender: str, known: Set[str], signed: bool
) -> tuple[str, list[int]] | None:
    """The kind and the lines of what the text ends with, if it is not the author's."""
    paragraph = _last_paragraph(lines, rest)
    last = lines[rest[-1]]
    if _PICTURE.match(last[:_LONGEST_LINE]) and len(last) < _LONGEST_LINE:
        return "signature", rest[-1:]
    if is_sent_from(last):
        return "signature", rest[-1:]
    if known and _is_known(lines, rest, paragraph, known):
        return shape([lines[number] for number in paragraph]) or "disclaimer", paragraph
    if notice := _notice(lines, paragraph):
        return "disclaimer", notice
    if delimited := _delimited(lines, rest):
        return "signature", delimited
    if not signed and (block := _signature(lines, rest, sender)):
        return "signature", block
    return None


def _last_paragraph(lines: list[str], rest: list[int]) -> list[int]:
    start = len(rest) - 1
    while start and lines[rest[start - 1]].strip() and len(rest) - start < LONGEST_NOTICE:
        start -= 1
    return rest[start:]


# --- phones, notices --------------------------------------------------------------------------------------------


def is_sent_from(line: str) -> bool:
    """ "Enviado desde mi iPhone", "Obtener Outlook para Android": a short line that names a device or a program."""
    if not 6 <= len(line.strip()) < 160:
        return False
    folded = fold(line.split("<http")[0]).strip("*_-–—[]() .")
    begins = _SENT_FROM.match(folded)
    if not begins or _SENTENCE_ENDS.search(folded) or any(mark in folded for mark in ",;:?"):
        return False
    words = _WORD.findall(folded)
    return len(words) <= 12 and (
        "outlook" in words
        or not {*_WORD.findall(folded[begins.end() :])}.isdisjoint(phrases.DEVICES)
        or len(words) <= 2
    )


def _notice(lines: list[str], paragraph: list[int]) -> list[int]:
    """The lines of a notice at the end of a paragraph: from the first that begins like one, if all speak of its themes."""
    folded = [folded_line(lines[number][: 4 * _LONGEST_LINE]) for number in paragraph]
    if any("¿" in line or "?" in line for line in folded):
        return []  # people ask about such words
    for at, line in enumerate(folded):
        if _YEAR_NAME.match(line) or (_NOTICE_BEGINS.match(line) and _is_notice(_themes(" ".join(folded[at:])))):
            return paragraph[at:]
    return paragraph if _speaks_of(5, " ".join(folded)) else []


# All but the message itself, the one with the fewest words first.
_THEMES = sorted((words for theme, words in phrases.NOTICE_THEMES.items() if theme != "message"), key=len)


def _speaks_of(least: int, folded: str) -> bool:
    """Whether so many themes are touched; every mail is asked, so it gives up as soon as too few are left."""
    missed = 0
    for words in _THEMES:
        missed += not _holds(folded, words)
        if missed > len(_THEMES) - least:
            return False
    return True


def _themes(folded: str) -> set[str]:
    return {theme for theme, words in phrases.NOTICE_THEMES.items() if _holds(folded, words)}


def _holds(folded: str, words: tuple[str, ...]) -> bool:
    for word in words:  # noqa: SIM110 - a generator takes three times as long, and every mail is asked
        if word in folded:
            return True
    return False


def _is_notice(themes: set[str]) -> bool:
    """Three themes, or the plea not to print; "Antes de imprimir sale un mensaje" and "lo recibí por error" are neither."""
    return (
        len(themes - {"message"}) >= 3
        or {"print", "nature"} <= themes
        or {"print", "need", "message"} <= themes
        or {"message", "attachment", "confidential"} <= themes
    )


# --- signatures -------------------------------------------------------------------------------------------------


def _delimited(lines: list[str], rest: list[int]) -> list[int]:
    """From the line `-- ` (RFC 3676 §4.3) or what programs make of it on."""
    filled = 0
    for at in range(len(rest) - 1, -1, -1):
        line = lines[rest[at]]
        filled += bool(line.strip())
        if filled > _LONGEST_SIGNATURE:
            return []
        if len(line) < 80 and _DASHES.match(line):
            below = [lines[number] for number in rest[at + 1 :] if lines[number].strip()]
            if _RFC.match(line) or (below and _stands_above(line, below)):
                return rest[at:]
    return []


def _stands_above(rule: str, below: list[str]) -> bool:
    """Whether a line of dashes or underscores begins a signature, or what a mailing list adds."""
    if rule.strip() == "--":
        return all(len(each) < _WIDEST for each in below)
    if is_name(below[0]):
        return any(map(_evidence, below[1:])) and all(map(_fits, below))
    added = len(below) <= 6 and not any(len(each) > _WIDEST or _SENTENCE_ENDS.search(each) for each in below)
    return "_" in rule and added and any(_CONTACT.search(fold(each)) for each in below)


def _signature(lines: list[str], rest: list[int], sender: str) -> list[int]:
    """A name with post, office or telephone below it, and the parting above it where that stands apart."""
    first = _reach(lines, rest)
    best = -1
    for at in range(first, len(rest)):
        if not is_name(lines[rest[at]]) or not _apart(lines, rest, at):
            continue
        proof = sum(_evidence(lines[number]) for number in rest[at + 1 :])
        his = _is_his(lines[rest[at]], sender)
        if proof >= (1 if his or _parting_above(lines, rest, at) else 2):
            best = at
            if his:
                break
    if best < 0:
        return []
    return rest[_with_parting(lines, rest, best) :]


def _reach(lines: list[str], rest: list[int]) -> int:
    """How far up lines look like parts of a signature."""
    at, filled = len(rest), 0
    while at and filled < _LONGEST_SIGNATURE:
        line = lines[rest[at - 1]]
        if line.strip():
            if not _fits(line):
                break
            filled += 1
        at -= 1
    return at


def _fits(line: str) -> bool:
    stripped = line.strip()
    if len(stripped) > _WIDEST:
        return False
    if _PICTURE.match(stripped) or is_name(stripped) or is_parting(stripped):
        return True
    if stripped.startswith(("-", "•", "¿", "¡", ">")) or stripped.endswith((":", "?", "!")):
        return False
    if _SENTENCE_ENDS.search(stripped) and not _ABBREVIATED.search(stripped):
        return False
    return bool(_evidence(stripped)) or stripped.isupper()


def _evidence(line: str) -> bool:
    """Whether a line names a post, a place of work or a way to reach somebody."""
    folded = fold(line[: 2 * _WIDEST])
    if _CONTACT.search(folded) or " | " in line:
        return True
    capital = line.strip()[:1]
    return (capital.isupper() or capital in "*(|") and bool(_POST.search(folded) or _PLACE.search(folded))


def is_name(line: str) -> bool:
    """Two to six words with capitals, "Ing." or "Lic." in front allowed; nothing else in the line."""
    bare = line.strip().strip("*_ ")
    if not 4 <= len(bare) <= 60 or any(mark in bare for mark in ':;|@/()[]¿?¡!0123456789"“”<>=+'):
        return False
    words = [word for word in re.split(r"[\s,]+", bare) if word]
    while words and fold(words[0]).strip(".") in phrases.TITLES and (words[0].endswith(".") or len(words) > 2):
        words.pop(0)
    said = [word for word in words if fold(word) not in phrases.PARTICLES]
    if not 2 <= len(said) <= 6 or len(words) > 8 or is_parting(bare):
        return False
    folded = fold(bare)
    if _PLACE.match(folded) or _POST.match(folded):
        return False
    return all(word[0].isupper() and (word.endswith(".") is False or len(word) <= 5) for word in said)


def is_parting(line: str) -> bool:
    return len(line) < 60 and fold(line).strip("*_ .,;:!") in phrases.PARTINGS


def _apart(lines: list[str], rest: list[int], at: int) -> bool:
    """Whether a name begins something new: below a blank line or a parting, not below a colon."""
    if at == 0:
        return False
    above = at - 1
    if not is_parting(lines[rest[above]]) and lines[rest[above]].strip():
        return bool(_SENTENCE_ENDS.search(lines[rest[above]]))
    while above >= 0 and (not lines[rest[above]].strip() or is_parting(lines[rest[above]])):
        above -= 1
    return above >= 0 and not lines[rest[above]].rstrip().endswith(":")


def _parting_above(lines: list[str], rest: list[int], at: int) -> bool:
    above = next((number for number in reversed(rest[:at]) if lines[number].strip()), -1)
    return above >= 0 and is_parting(lines[above])


def _with_parting(lines: list[str], rest: list[int], at: int) -> int:
    """A parting goes with the signature where a blank line divides it from the words above; else it is theirs."""
    above = at - 1
    while above > 0 and not lines[rest[above]].strip():
        above -= 1
    if above > 0 and is_parting(lines[rest[above]]) and not lines[rest[above - 1]].strip():
        return above
    return at


def _is_his(name: str, sender: str) -> bool:
    """Whether a name shares a word with what the sender writes under: "waparicio" holds "aparicio"."""
    said = fold(sender).replace(".", " ")
    words = [word for word in _WORD.findall(fold(name)) if len(word) > 3 and word not in phrases.PARTICLES]
    return any(word in said for word in words)


# --- what is repeated -------------------------------------------------------------------------------------------


def shape(paragraph: list[str]) -> str:
    """What a paragraph alone looks like: "signature" (somebody or some office, and how to reach it), "disclaimer", or ""."""
    if (
        len(paragraph) <= _LONGEST_SIGNATURE
        and all(map(_fits, paragraph))
        and any(map(_evidence, paragraph))
        and any(is_name(line) or _CONTACT.search(fold(line)) for line in paragraph)
    ):
        return "signature"
    folded = fold(" ".join(paragraph)[: 8 * _LONGEST_LINE])
    themes = len(_themes(folded) - {"message"})
    return "disclaimer" if themes >= 4 or (themes >= 2 and _NOTICE_BEGINS.match(folded)) else ""


def _is_known(lines: list[str], rest: list[int], paragraph: list[int], known: Set[str]) -> bool:
    """A known paragraph, unless the author speaks of it: "El pie debe decir:"."""
    above = next((lines[n] for n in reversed(rest[: len(rest) - len(paragraph)]) if lines[n].strip()), "")
    return not above.rstrip().endswith(":") and fingerprint([lines[number] for number in paragraph]) in known


def fingerprint(paragraph: list[str]) -> str:
    """A paragraph whatever its line breaks, case and accents: hex, 128 bits."""
    return hashlib.sha256(fold(" ".join(paragraph)).encode()).hexdigest()[:32]
