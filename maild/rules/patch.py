"""New words written into the text of a catalogue, and nothing else in it touched: comments and order stay."""

from __future__ import annotations

import re
from collections.abc import Iterable

from maild.core.suggest import Proposal

_LIST = re.compile(r"(?m)^when = \[(?P<words>[^\]]*?),?\s*\]")


def with_words(text: str, proposals: Iterable[Proposal]) -> str:
    """The catalogue with each proposal added to the `when` of its row."""
    blocks = re.split(r"(?m)^(?=\[)", text)
    wanted: dict[str, list[str]] = {}
    for each in proposals:
        wanted.setdefault(f"[service.{each.service}]", []).append(each.words)
    for number, block in enumerate(blocks):
        if new := wanted.get(block.split("\n", 1)[0].split("#")[0].strip()):
            blocks[number] = _added(block, ", ".join(f'"{words}"' for words in new))
    return "".join(blocks)


def _added(block: str, words: str) -> str:
    match = _LIST.search(block)
    if match is None:
        return block.rstrip("\n") + f"\nwhen = [{words}]\n"
    before = match["words"].rstrip()
    joined = f"{before}, {words}" if before else words
    return block[: match.start()] + f"when = [{joined}]" + block[match.end() :]
