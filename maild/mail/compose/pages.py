"""Pages: a letter laid out as text and HTML with its values still missing. Kept in mind by shape.

Shapes are few, because what a mail said is in the values: a letter of a known shape needs neither the Markdown parser
nor the frame.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from maild.core.letters import MOMENTS, REPLY_CODES, REPLY_MARKERS
from maild.mail.compose import look, plain
from maild.mail.compose.logo import Logo
from maild.mail.compose.markdown import INLINE_SLOT, Block, Heading, Hole, MarkdownProblem, Paragraph, blocks
from maild.mail.compose.templates import BUTTONS, BUTTONS_SLOT, SUFFIX, BrokenTemplate, Printed, Templates

_MOST = 512
_SLOT = re.compile("[\ue000\ue002]([0-9]+)[\ue001\ue003]")
_HEAD = re.compile(r"(Asunto|Subject|Tono|Tone|Clase|Kind|Agenda|Calendar): *(.*)")
_NAMES = {"Asunto": "subject", "Tono": "tone", "Clase": "kind", "Agenda": "calendar"}
# What a head may say, in either language, besides words and the name of a fact.
_BULK = ("masiva", "bulk")
# The values every page has before its template prints any: the subject, the mark, the buttons, the code of the letter.
_SUBJECT_SLOT, _MARK, _MARK_SLOT = INLINE_SLOT.format(0), 1, INLINE_SLOT.format(1)
_CODE, _CODE_SLOT = 3, INLINE_SLOT.format(3)

# Alternately words of the page and the number of a value: "Hola, " 3 ":".
Pieces = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Page:
    subject: Pieces
    text: Pieces
    html: Pieces
    heading: Pieces
    bulk: bool = False  # a digest or an announcement
    calendar: str = ""  # the fact whose day and hour goes along for calendars


class Pages:
    """The pages of one set of templates; `about` are the desk's own words, the same in every letter."""

    def __init__(self, templates: Templates, about: Mapping[str, object], logo: Logo | None = None) -> None:
        self._templates, self._about, self._logo = templates, about, logo
        self._known: OrderedDict[tuple[str, str, str, str], Page] = OrderedDict()
        self._feet: dict[tuple[str, str], tuple[str, str]] = {}

    def page(self, name: str, language: str, place: str, printed: Printed) -> Page:
        """The page of what a template printed; `place` is where its times are read from. Raises BrokenTemplate."""
        there = "".join("x" if printed.values[at] else "-" for at in (_MARK, BUTTONS, _CODE))
        key = (name, place, there, printed.source)
        page = self._known.get(key)
        if page is None:
            page = self._known[key] = self._laid_out(name, language, place, printed)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return page

    def _laid_out(self, name: str, language: str, place: str, printed: Printed) -> Page:
        head, body = _split(name, printed.source)
        content = _understood(name, body)
        first = content[0] if content else None
        if not isinstance(first, Heading) or first.level != 1:
            raise BrokenTemplate(name, 0, "la carta no empieza con un título «# …»")
        if printed.values[BUTTONS] and Hole(BUTTONS_SLOT) not in content:
            content = (*content, Hole(BUTTONS_SLOT))
        opening = [block.line for block in content if isinstance(block, Paragraph)][:2]
        if (language, place) not in self._feet:
            self._feet[language, place] = self._foot(language, place)
        foot_text, foot_html = self._feet[language, place]
        code = f"{REPLY_CODES[language]}: {_CODE_SLOT}" if printed.values[_CODE] else ""
        html = self._templates.frame(
            language=language,
            subject=_SUBJECT_SLOT,
            preview=escape(" ".join(map(plain.words, opening))),
            marker=escape(REPLY_MARKERS[language]),
            mark=_MARK_SLOT if printed.values[_MARK] else "",
            desk_name=escape(str(self._about["desk_name"])),
            institution=escape(str(self._about["institution"])),
            logo=self._logo,
            tone=look.TONES.get(head.get("tone", ""), look.TONES[""]),
            font=look.FONT,
            content=look.page(content) + (look.small(code) if code else ""),
            footer=foot_html,
        )
        line = f"\n\n{code}" if code else ""
        text = f"{REPLY_MARKERS[language]}\n\n{plain.page(content)}{line}\n\n-- \n{foot_text}\n"
        if (moment := head.get("calendar", "")) not in ("", *MOMENTS):
            raise BrokenTemplate(name, 0, f"«Agenda: {moment}» debe nombrar una fecha: {', '.join(MOMENTS)}")
        bulk = head.get("kind", "") in _BULK
        heading = _pieces(plain.words(first.line))
        return Page(_pieces(head["subject"]), _pieces(text), _pieces(html), heading, bulk, moment)

    def _foot(self, language: str, place: str) -> tuple[str, str]:
        """What stands below every letter, text and HTML: only the desk's own words, so they are filled in once."""
        name = f"{language}/_pie{SUFFIX}"
        printed = self._templates.print(
            name, {**self._about, "language": language, "place": place}, Printed(values=["", "", "", ""])
        )
        content = _understood(name, printed.source)
        values = [value if isinstance(value, str) else "" for value in printed.values]
        text = filled(_pieces(plain.page(content)), values)
        return text, filled(_pieces(look.footer(content)), [look.value(value) for value in values])


def filled(pieces: Pieces, values: Sequence[str]) -> str:
    """A page with its values. What is filled in is never looked at again."""
    return "".join([piece if isinstance(piece, str) else values[piece] for piece in pieces])


def _pieces(page: str) -> Pieces:
    return tuple(int(part) if at % 2 else part for at, part in enumerate(_SLOT.split(page)))


def _split(name: str, source: str) -> tuple[dict[str, str], str]:
    """The head of a letter (subject, tone, kind, calendar) and its Markdown."""
    head: dict[str, str] = {}
    body = source.lstrip("\n")
    while line := _HEAD.match(body):
        key = _NAMES.get(line.group(1), line.group(1).lower())
        head[key] = line.group(2).strip()
        body = body[line.end() :].lstrip("\n")
    if "subject" not in head:
        raise BrokenTemplate(name, 1, "la primera línea debe ser «Asunto: …» o «Subject: …»")
    return head, body


def _understood(name: str, source: str) -> tuple[Block, ...]:
    try:
        return blocks(source)
    except MarkdownProblem as unknown:
        raise BrokenTemplate(name, 0, f"las cartas no tienen «{unknown}»") from unknown
