"""What the author of a mail wrote this time: the text without quotations, signature and "sent from my phone".

Lines only ever go as a whole, and if nothing would be left the whole text stays: to lose a person's words is worse.
"""

from __future__ import annotations

import re

MARKER_ES = "— Responda por encima de esta línea —"
MARKER_EN = "— Please reply above this line —"
_MARKERS = tuple(marker.strip("— ").casefold() for marker in (MARKER_ES, MARKER_EN))

_LONGEST_LINE = 500  # nothing that separates is longer; longer lines are never matched against patterns
_LONGEST_INTRODUCTION = 4  # lines over which "El … escribió:" may be broken

_QUOTE = re.compile(r"\s{0,3}>")
# "El lun, 3 nov 2025 a las 9:12, Ana (<ana@…>) escribió:", whole, once its lines have been put together.
_INTRODUCTION = re.compile(
    r"(?:(?:el|a|em|no dia|on|le|am|il|op)\s.{4,400}?\b"
    r"(?:escribió|escribio|escreveu|wrote|a écrit|schrieb|ha scritto|schreef)"
    r"|.{0,200}?\d.{0,200}?(?:escribió|escribio|escreveu|wrote)"
    r"|.{0,120}<[^<>\s@]{1,64}@[^<>\s]{1,200}>\s{0,3}(?:escribió|escribio|escreveu|wrote))\s{0,3}:\s{0,3}\Z",
    re.IGNORECASE,
)
_INTRODUCTION_BEGINS = re.compile(
    r"(?:el|em|on|a las|no dia|le|am|il)\s.{0,60}\d|.{0,80}\d{1,2}:\d{2}|.{0,120}<[^<>\s@]{1,64}@", re.IGNORECASE
)
_INTRODUCTION_ENDS = re.compile(
    r"(?:escribió|escribio|escreveu|wrote|a écrit|schrieb|ha scritto|schreef)\s{0,3}:\s{0,3}\Z", re.IGNORECASE
)
_ORIGINAL = re.compile(
    r"\s{0,3}[-_*]{2,20}\s{0,3}(?:mensaje original|mensagem original|original message|mensaje reenviado"
    r"|forwarded message|mensagem encaminhada|forwarded by|ursprüngliche nachricht|message d'origine)\b.{0,80}\Z"
    r"|\s{0,3}(?:inicio del mensaje reenviado|begin forwarded message|início da mensagem reencaminhada)\s?:\s{0,3}\Z",
    re.IGNORECASE,
)
_RULE = re.compile(r"\s{0,3}_{20,80}\s{0,3}\Z")
_LABEL = re.compile(
    r"\s{0,3}\*{0,2}(de|from|enviado(?: el| em)?|sent|fecha|date|data|para|to|cc|cco|bcc|asunto|assunto|subject"
    r"|importancia|responder a|reply-to)\s?:\*{0,2}(?:\s|\Z)",
    re.IGNORECASE,
)
_FIRST_LABEL = re.compile(r"\s{0,3}\*{0,2}(?:de|from)\s?:", re.IGNORECASE)
_SENT_FROM = re.compile(
    r"\s{0,3}(?:enviado (?:desde|do meu|a partir d|mediante|con)|sent (?:from|via|with)|get outlook for"
    r"|obten(?:er|ga) outlook para|obter o outlook para|descargar outlook para|enviado via|sent using)\b.{0,100}\Z",
    re.IGNORECASE,
)
_SENT_FROM_TAIL = 6  # lines at the end among which such a line may stand
_SIGNATURE = re.compile(r"--\s?\Z")


def new_text(text: str) -> str:
    """What was written this time; the whole text if nothing else would be left.

    >>> new_text("Ya funciona.\\n\\nEl lun, 3 nov 2025 a las 9:12, Mesa <mesa@entidad.test> escribió:\\n> ¿Funciona?")
    'Ya funciona.'
    """
    lines = text.split("\n")
    kept = _without_phone(_without_signature(_without_quotes(_above_marker(lines))))
    own = "\n".join(_trimmed(kept))
    return own if own.strip() else text


def _above_marker(lines: list[str]) -> list[str]:
    """Our own letters carry a line above which to answer; what stands below it is ours."""
    for number, line in enumerate(lines):
        if len(line) < _LONGEST_LINE and any(marker in line.casefold() for marker in _MARKERS):
            return lines[:number]
    return lines


def _without_quotes(lines: list[str]) -> list[str]:
    """Up to the first separator. Behind an introduction only the quoted lines go: people answer below and between."""
    kept: list[str] = []
    quoting = False  # an introduction has been seen: from here on `>` is the other person
    number = 0
    while number < len(lines):
        line = lines[number]
        if _QUOTE.match(line):
            if not quoting:
                kept.append(line)
        elif _begins_copy(lines, number):
            return _own(kept) if _own(kept) else lines
        elif length := _introduction(lines, number):
            if not _quoted_next(lines, number + length) and _own(kept):
                return kept  # the copy is not marked line by line: all that follows is copy
            quoting = quoting or _quoted_next(lines, number + length)
            number += length
            continue
        else:
            kept.append(line)
        number += 1
    return _without_last_quote(kept)


def _own(kept: list[str]) -> list[str]:
    kept = _without_last_quote(kept)
    return kept if any(line.strip() for line in kept) else []


def _begins_copy(lines: list[str], number: int) -> bool:
    """A line from which a mail program pasted the mail it answers: a banner or a block of header labels."""
    line = lines[number]
    if len(line) >= _LONGEST_LINE:
        return False
    if _ORIGINAL.match(line):
        return True
    if _RULE.match(line):
        return any(_is_header_block(lines, at) for at in range(number + 1, min(number + 4, len(lines))))
    return _is_header_block(lines, number)


def _is_header_block(lines: list[str], number: int) -> bool:
    """De:/Enviado:/Para:/Asunto: one after another, three at least."""
    if not _FIRST_LABEL.match(lines[number][:100]):
        return False
    labels = set()
    for line in lines[number : number + 12]:
        if found := _LABEL.match(line[:100]):
            labels.add(found[1].casefold())
    return len(labels) >= 3


def _introduction(lines: list[str], number: int) -> int:
    """How many lines the sentence "On … wrote:" takes that begins here, or 0."""
    first = lines[number].strip()
    if not first or len(first) >= _LONGEST_LINE or not _INTRODUCTION_BEGINS.match(first):
        return 0
    sentence = ""
    for length in range(1, _LONGEST_INTRODUCTION + 1):
        if number + length > len(lines):
            return 0
        line = lines[number + length - 1].strip()
        if not line or len(sentence) + len(line) >= _LONGEST_LINE or _QUOTE.match(line):
            return 0
        sentence = f"{sentence} {line}".strip()
        if _INTRODUCTION_ENDS.search(line):
            return length if _INTRODUCTION.match(sentence) else 0
    return 0


def _quoted_next(lines: list[str], number: int) -> bool:
    following = next((line for line in lines[number : number + 4] if line.strip()), "")
    return bool(_QUOTE.match(following))


def _without_last_quote(lines: list[str]) -> list[str]:
    """Quoted lines at the end answer nothing."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or _QUOTE.match(lines[end - 1])):
        end -= 1
    return lines[:end]


def _without_signature(lines: list[str]) -> list[str]:
    """From the line `-- ` (RFC 3676 §4.3) on; not where everything would go."""
    for number, line in enumerate(lines):
        if _SIGNATURE.match(line) and any(each.strip() for each in lines[:number]):
            return lines[:number]
    return lines


def _without_phone(lines: list[str]) -> list[str]:
    """ "Enviado desde mi iPhone" near the end."""
    filled = [number for number, line in enumerate(lines) if line.strip()][-_SENT_FROM_TAIL:]
    phone = {number for number in filled if len(lines[number]) < _LONGEST_LINE and _SENT_FROM.match(lines[number])}
    return [line for number, line in enumerate(lines) if number not in phone]


def _trimmed(lines: list[str]) -> list[str]:
    """Without blank lines around."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []
