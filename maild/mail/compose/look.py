"""The blocks of a letter as HTML for mail programs: inline styles, tables where Outlook needs them, nothing remote.

Classes exist only for what cannot be written inline: dark mode and narrow screens (the frame's style block).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from maild.core.letters import Button
from maild.mail.compose.markdown import Block, Facts, Heading, Hole, Items, Line, Paragraph, Span

FONT = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
INK, SOFT, RULE = "#1b2430", "#56616f", "#dfe4ea"
# What a letter is about, for the stripe above it. The heading says it too: colour is never the only sign.
TONES: Mapping[str, str] = {"": "#0b5cad", "bien": "#1a7f4b", "atencion": "#b45309", "aviso": "#b42318"}
_ACTION = "#0b5cad"
_TABLE = 'role="presentation" border="0" cellpadding="0" cellspacing="0"'
_HEADINGS = {
    1: "margin:0 0 16px;font-size:23px;line-height:30px",
    2: "margin:8px 0 8px;font-size:17px;line-height:24px",
}


def page(blocks: Sequence[Block]) -> str:
    return "\n".join(_block(block) for block in blocks)


def _block(block: Block) -> str:
    match block:
        case Heading():
            level = min(block.level, 2)
            style = f"{_HEADINGS[level]};font-weight:bold;color:{INK}"
            return f'<h{level} class="ink" style="{style}">{_words(block.line)}</h{level}>'
        case Paragraph():
            return f'<p class="ink" style="margin:0 0 16px;color:{INK}">{_words(block.line)}</p>'
        case Items():
            tag = "ol" if block.ordered else "ul"
            points = "".join(f'<li style="margin:0 0 6px">{_words(line)}</li>' for line in block.lines)
            style = f"margin:0 0 18px;padding:0 0 0 22px;color:{INK}"
            return f'<{tag} class="ink" style="{style}">{points}</{tag}>'
        case Facts():
            return _facts(block)
        case Hole():
            return block.slot


def footer(blocks: Sequence[Block]) -> str:
    lines_of_it = (block.line for block in blocks if isinstance(block, Paragraph))
    style = f"margin:0 0 6px;font-size:13px;line-height:19px;color:{SOFT}"
    return "\n".join(f'<p class="soft" style="{style}">{_words(line)}</p>' for line in lines_of_it)


def _facts(table: Facts) -> str:
    """What and its value. A real table with row headers, so that a screen reader says which is which."""
    cell = f"padding:8px 0;border-top:1px solid {RULE};vertical-align:top;font-size:15px;line-height:22px"
    rows = "".join(
        f'<tr><th scope="row" align="left" class="soft rule" width="34%" style="{cell};padding-right:12px;'
        f'font-weight:normal;text-align:left;color:{SOFT}">{_words(label)}</th>'
        f'<td class="ink rule" style="{cell};color:{INK}">{_words(value)}</td></tr>'
        for label, value in table.rows
    )
    whole = f'border="0" cellpadding="0" cellspacing="0" width="100%" style="border-bottom:1px solid {RULE}"'
    return spaced(f'<table class="rule" {whole}>{rows}</table>')


def spaced(inner: str) -> str:
    """Outlook knows no margin around a table; a cell with room below it does the same everywhere."""
    return f'<table {_TABLE} width="100%"><tr><td style="padding:2px 0 20px">{inner}</td></tr></table>'


def _words(line: Line) -> str:
    return "".join(_span(span) for span in line)


def _span(span: Span) -> str:
    inner = escape(span.text, quote=False).replace("\n", "<br>")
    if span.strong:
        inner = f"<strong>{inner}</strong>"
    return f"<em>{inner}</em>" if span.emphasis else inner


def small(line: str) -> str:
    """A line for programs more than for people, below the letter."""
    return f'<p class="soft" style="margin:0;font-size:12px;line-height:18px;color:{SOFT}">{line}</p>'


def value(words: str) -> str:
    """One value inside a sentence."""
    return escape(words)


def mark(words: str) -> str:
    """A ticket's mark, which never breaks at its hyphens."""
    return f'<span style="white-space:nowrap">{escape(words)}</span>'


def quotation(said: str) -> str:
    paragraphs = (escape(part).replace("\n", "<br>") for part in said.split("\n\n"))
    inner = '<div style="height:10px;line-height:10px;font-size:10px">&nbsp;</div>'.join(paragraphs)
    style = f"padding:12px 16px;border-left:4px solid #b9c4d0;background-color:#f4f6f8;color:{INK}"
    return spaced(
        f'<table {_TABLE} width="100%"><tr><td class="quote ink" bgcolor="#f4f6f8" style="{style}">'
        f'<blockquote style="margin:0">{inner}</blockquote></td></tr></table>'
    )


def buttons(row: Sequence[Button], address: str, hint: str) -> str:
    """Bulletproof buttons: the cell carries the colour, the link is the touch area; stacked on a phone."""
    drawn = "".join(_button(button, address, first=at == 0 and not button.even) for at, button in enumerate(row))
    orders = " · ".join(f'<strong style="white-space:nowrap">{escape(button.order)}</strong>' for button in row)
    hint = escape(hint).replace("{orders}", orders)
    note = f'<p class="soft" style="margin:2px 0 0;font-size:14px;line-height:20px;color:{SOFT}">{hint}</p>'
    return spaced(f'<table {_TABLE} width="100%"><tr><td>{drawn}</td></tr><tr><td>{note}</td></tr></table>')


def _button(button: Button, address: str, *, first: bool) -> str:
    colour, ground = ("#ffffff", _ACTION) if first else (_ACTION, "#ffffff")
    kind = "main" if first else "other"
    cell = f"border-radius:8px;border:2px solid {_ACTION};background-color:{ground};mso-padding-alt:12px 20px"
    link = (
        f"display:block;padding:11px 20px;font-size:16px;line-height:22px;font-weight:bold;color:{colour};"
        "text-decoration:none;text-align:center"
    )
    return (
        f'<table {_TABLE} align="left" class="button" style="margin:0 10px 10px 0"><tr>'
        f'<td class="{kind}" align="center" bgcolor="{ground}" style="{cell}">'
        f'<a class="{kind}-link" href="{escape(mailto(button, address))}" style="{link}">'
        f"{escape(button.label)}</a></td></tr></table>"
    )


def mailto(button: Button, address: str) -> str:
    """ASCII only, blanks as %20: mail programs take a plus sign literally."""
    body = button.body.replace("\n", "\r\n")
    link = f"mailto:{quote(address, safe='@')}?subject={quote(button.subject, safe='')}"
    return f"{link}&body={quote(body, safe='')}" if body else link
