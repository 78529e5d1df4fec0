"""The blocks of a letter as plain text that reads well alone."""

from __future__ import annotations

from collections.abc import Sequence

from maild.mail.compose.markdown import Block, Facts, Heading, Hole, Items, Line, Paragraph

_WIDEST_LABEL = 28


def page(blocks: Sequence[Block]) -> str:
    return "\n\n".join(_block(block) for block in blocks)


def _block(block: Block) -> str:
    match block:
        case Heading() | Paragraph():
            return words(block.line)
        case Items():
            signs = (f"{number}. " if block.ordered else "- " for number in range(1, len(block.lines) + 1))
            return "\n".join(sign + words(line) for sign, line in zip(signs, block.lines, strict=True))
        case Facts():
            labels = [words(label) + ":" for label, _ in block.rows]
            width = min(max(map(len, labels), default=0), _WIDEST_LABEL)
            return "\n".join(
                f"{label:<{width}}  {words(value)}" for label, (_, value) in zip(labels, block.rows, strict=True)
            )
        case Hole():
            return block.slot


def words(line: Line) -> str:
    return "".join(span.text for span in line)


def quotation(said: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in said.split("\n"))
