"""The words of a mail that another one passes on, without the block of headers that the mail program puts above them."""

from __future__ import annotations

import re

from maild.core.values import Mail

_HEADER = re.compile(r"[>*\s]{0,6}[^\W\d_][\w .'’-]{0,24}\s?[:：]\*?(?:\s|$)")
_RULE = re.compile(r"[>\s]{0,6}[-_=*–—]{2,}.{0,60}|[>\s]{0,6}[^\W\d_][\w ]{3,40}:\s*")
_MOST_HEAD = 30


def forwarded_words(mail: Mail) -> str:
    """What the mail that is passed on says, without the block of headers above it."""
    if mail.forwarded is None:
        return mail.new_text
    lines = mail.text[mail.forwarded.at :].splitlines()
    start = seen = 0
    for position, line in enumerate(lines[:_MOST_HEAD]):
        if _HEADER.match(line):
            seen, start = seen + 1, position + 1
        elif line.strip(" >\t") == "":
            if seen:
                break
        elif not seen and _RULE.fullmatch(line):
            start = position + 1
        elif not seen or not line.startswith((" ", "\t")):
            break
        else:
            start = position + 1  # a header that goes on
    return "\n".join(line.removeprefix("> ").removeprefix(">") for line in lines[start:]).strip()
