"""The small Markdown of our templates as blocks. The words of mails are slots in it and never meet the parser.

A slot is a number between two private characters. Templates are rendered with slots, the page is understood once and
kept, and each letter only puts its own values into the slots.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

# Inline slots stand inside a sentence, block slots are a paragraph of their own.
INLINE_SLOT = "\ue000{}\ue001"
BLOCK_SLOT = "\ue002{}\ue003"


@dataclass(frozen=True, slots=True)
class Span:
    """Words in one weight."""

    text: str
    strong: bool = False
    emphasis: bool = False


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    line: Line


@dataclass(frozen=True, slots=True)
class Paragraph:
    line: Line


@dataclass(frozen=True, slots=True)
class Items:
    lines: tuple[Line, ...]
    ordered: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """A table of two columns: what, and its value."""

    rows: tuple[tuple[Line, Line], ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """A block that is not Markdown: a quotation or the buttons."""

    slot: str


Block = Heading | Paragraph | Items | Facts | Hole


class MarkdownProblem(ValueError):
    """The template uses Markdown that letters do not have."""


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("zero").enable(["heading", "list", "table", "emphasis", "escape", "newline"])


def blocks(source: str) -> tuple[Block, ...]:
    """The blocks of a page, in order."""
    tokens = _parser().parse(source)
    return tuple(_blocks(iter(tokens)))


def _blocks(tokens: Iterator[Token]) -> Iterator[Block]:
    for token in tokens:
        match token.type:
            case "heading_open":
                yield Heading(int(token.tag[1]), _lines_until("heading_close", tokens)[0])
            case "paragraph_open":
                yield _paragraph(_lines_until("paragraph_close", tokens)[0])
            case "bullet_list_open" | "ordered_list_open":
                yield _items(token, tokens)
            case "table_open":
                table = _facts(_lines_until("table_close", tokens))
                if table.rows:
                    yield table
            case other:
                raise MarkdownProblem(other)


def _lines_until(close: str, tokens: Iterator[Token]) -> list[Line]:
    found = []
    for token in tokens:
        if token.type == close:
            break
        if token.type == "inline":
            found.append(tuple(_spans(token.children or ())))
    return found


def _items(opening: Token, tokens: Iterator[Token]) -> Items:
    found: list[Line] = []
    starts = 0
    for token in tokens:
        if token.type == opening.type.replace("_open", "_close"):
            break
        starts += token.type == "list_item_open"
        if token.type.endswith("_list_open"):
            raise MarkdownProblem("nested list")
        if token.type == "inline":
            found.append(tuple(_spans(token.children or ())))
    if len(found) != starts:
        raise MarkdownProblem("list item of several paragraphs")
    return Items(tuple(found), opening.type == "ordered_list_open")


def _facts(cells: Sequence[Line]) -> Facts:
    rows = [(cells[at], cells[at + 1]) for at in range(0, len(cells) - 1, 2)]
    if len(cells) % 2 or not rows or any(rows[0]):
        raise MarkdownProblem("table that is not of two columns")
    return Facts(tuple(rows[1:]))


def _paragraph(line: Line) -> Block:
    words = "".join(span.text for span in line)
    if words.startswith("\ue002") and words.endswith("\ue003") and words.count("\ue002") == 1:
        return Hole(words)
    if "\ue002" in words:
        raise MarkdownProblem("quotation or buttons inside a sentence")
    return Paragraph(line)


def _spans(children: Sequence[Token]) -> Iterator[Span]:
    strong = emphasis = False
    for child in children:
        match child.type:
            case "text" | "text_special":
                if child.content:
                    yield Span(child.content, strong, emphasis)
            case "softbreak":
                yield Span(" ", strong, emphasis)
            case "hardbreak":
                yield Span("\n")
            case "strong_open" | "strong_close":
                strong = child.nesting == 1
            case "em_open" | "em_close":
                emphasis = child.nesting == 1
            case other:
                raise MarkdownProblem(other)
