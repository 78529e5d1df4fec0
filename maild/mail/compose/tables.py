"""Tables of a report as people read them: in HTML with bars made of cells, in plain text with bars made of signs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import quote

from maild.core.past import Cell, Report, Section
from maild.mail.charset import one_line
from maild.mail.compose.look import INK, RULE, SOFT, spaced
from maild.mail.compose.words import clipped

_BAR = "#0b5cad"
_WIDEST_BAR = 20
_WIDEST_TEXT = 44
_LONGEST_CELL = 200
_MOST_COLUMNS = 4  # more do not fit a telephone
_NUMBER = (int, float)
_CELL = f"border-top:1px solid {RULE};vertical-align:top;font-size:15px;line-height:21px"
_LINK_PADDING = 12  # of a line of 21 px, for a finger
# The frame lets long words break anywhere; in a narrow column that would break every word.
_LONGEST_WHOLE = 11
_WHOLE_WORDS = "overflow-wrap:normal;word-break:normal"


@dataclass(frozen=True, slots=True)
class Table:
    """One table in the reader's words. `bars`: the column drawn as bars; `links`: what answers each row."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    bars: int | None = None
    links: tuple[str, ...] = ()


def worded(report: Report, word: Callable[[str], str]) -> list[Table]:
    """The tables that have anything in them, titles, columns and the names of figures in words."""
    return [_table(section, word) for section in report.sections if section.rows]


def _table(section: Section, word: Callable[[str], str]) -> Table:
    kind = {"summary": "row", "held": "row", "clocks": "clock"}.get(section.key)
    rows = section.rows
    if kind:  # what an institution adds of its own is called by its key
        named = ((row, f"{kind}-{row[0]}") for row in section.rows)
        rows = tuple((word(key) if word(key) != key else row[0], *row[1:]) for row, key in named)
    heads = ((column, f"column-{column}") for column in section.columns)
    columns = tuple(word(key) if word(key) != key else column for column, key in heads)
    title = section.name or word(f"title-{section.key}")
    note = word("more-rows").replace("{count}", str(section.more)) if section.more else section.note
    return Table(title, note, columns, rows, section.bars, section.links)


def shown(cell: Cell) -> str:
    """A cell for people: no value is a dash, hours and means with a comma."""
    if cell is None or cell == "":
        return "—"
    if isinstance(cell, float):
        return f"{cell:.2f}".rstrip("0").rstrip(".").replace(".", ",")
    return clipped(one_line(cell), _LONGEST_CELL) if isinstance(cell, str) else str(cell)


def _most(table: Table) -> float:
    values = [row[table.bars] for row in table.rows] if table.bars is not None else []
    return max((value for value in values if isinstance(value, _NUMBER)), default=0)


def _upright(table: Table) -> Table:
    """One row of nothing but numbers reads better from top to bottom."""
    if len(table.rows) != 1 or isinstance(table.rows[0][0], str) or table.links or len(table.columns) == 1:
        return table
    return replace(table, columns=("", ""), rows=tuple(zip(table.columns, table.rows[0], strict=True)))


# -- plain text -------------------------------------------------------------------------------------------------------


def as_text(tables: Sequence[Table]) -> str:
    return "\n\n".join(_as_text(table) for table in tables)


def _as_text(table: Table) -> str:
    head = [table.title.upper(), *([table.note] if table.note else [])]
    table = _upright(table)
    if table.bars is None:
        lines = [_line(table.columns, row) for row in table.rows]
        return "\n".join([*head, *lines])
    most, width = _most(table), min(max(len(shown(row[0])) for row in table.rows), _WIDEST_TEXT)
    lines = [f"  {shown(row[0]):<{width}}  {shown(row[1]):>6}  {_signs(row[1], most)}".rstrip() for row in table.rows]
    return "\n".join([*head, *lines])


def _line(columns: Sequence[str], row: Sequence[Cell]) -> str:
    """The first cell names the line; every other one is said with the name of its column."""
    if not columns[0] and len(row) > 1:
        others = "; ".join(f"{c.lower()}: {shown(cell)}" for c, cell in zip(columns[2:], row[2:], strict=True))
        return f"  {shown(row[0])}: {shown(row[1])}" + (f" ({others})" if others else "")
    rest = [f"{column}: {shown(cell)}" for column, cell in zip(columns[1:], row[1:], strict=True)]
    return f"  {shown(row[0])}" + (f" – {'; '.join(rest)}" if rest else "")


def _signs(value: Cell, most: float) -> str:
    return "█" * max(1, round(_WIDEST_BAR * value / most)) if isinstance(value, _NUMBER) and value and most else ""


# -- HTML -------------------------------------------------------------------------------------------------------------


def as_html(tables: Sequence[Table], address: str) -> str:
    return "\n".join(_as_html(table, address) for table in tables)


def _as_html(table: Table, address: str) -> str:
    table = _upright(table)
    wide = len(table.columns) > _MOST_COLUMNS
    title = f'<h2 class="ink" style="margin:14px 0 4px;font-size:17px;line-height:24px;color:{INK}">{escape(table.title)}</h2>'
    note = (
        f'<p class="soft" style="margin:0 0 6px;font-size:13px;line-height:19px;color:{SOFT}">{escape(table.note)}</p>'
    )
    if wide:
        rows = "".join(_record(table, at, row, address) for at, row in enumerate(table.rows))
    else:
        most = _most(table)
        rows = _heads(table) + "".join(_row(table, at, row, most, address) for at, row in enumerate(table.rows))
    whole = f'border="0" cellpadding="0" cellspacing="0" width="100%" style="border-bottom:1px solid {RULE}"'
    framed = spaced(f'<table class="rule" {whole}>{rows}</table>')
    return f"{title}{note if table.note else ''}{framed}"


def _is_number(table: Table, at: int) -> bool:
    return any(isinstance(row[at], _NUMBER) for row in table.rows)


def _head(name: str, is_number: bool) -> str:
    side = "right" if is_number else "left"
    style = f"padding:6px 8px 6px 0;font-size:13px;line-height:18px;font-weight:normal;text-align:{side};color:{SOFT}"
    return f'<th scope="col" align="{side}" class="soft cell" style="{style};{_WHOLE_WORDS}">{escape(name)}</th>'


def _heads(table: Table) -> str:
    """The names of the columns; nothing where none has one."""
    if not any(table.columns):
        return ""
    cells = [_head(name, _is_number(table, at)) for at, name in enumerate(table.columns)]
    drawn = '<td width="34%"></td>' if table.bars is not None else ""
    return f"<tr>{''.join(cells)}{drawn}</tr>"


def _record(table: Table, at: int, row: Sequence[Cell], address: str) -> str:
    """A row of more columns than a telephone is wide: what it is about, to be touched, and below it everything else."""
    about = escape(shown(row[0]))
    if link := table.links[at] if table.links else "":
        touch = f"display:block;padding:12px 0 4px;font-size:16px;line-height:28px;font-weight:bold;color:{_BAR}"
        about = f'<a class="other-link" href="{_to(link, address)}" style="{touch}">{about}</a>'
    rest = "; ".join(f"{column}: {shown(cell)}" for column, cell in zip(table.columns[1:], row[1:], strict=True))
    said = f'<span class="soft" style="display:block;padding:0 0 10px;font-size:15px;line-height:21px;color:{SOFT}">{escape(rest)}</span>'
    style = f"border-top:1px solid {RULE};text-align:left;font-weight:normal;overflow-wrap:anywhere;color:{INK}"
    return f'<tr><td class="ink rule" align="left" style="{style}">{about}{said}</td></tr>'


def _row(table: Table, at: int, row: Sequence[Cell], most: float, address: str) -> str:
    link = table.links[at] if table.links else ""
    cells = []
    for place, cell in enumerate(row):
        side = "right" if _is_number(table, place) else "left"
        cells.append(_linked(cell, link, address) if link and place == 0 else _cell(cell, place, side, bool(link)))
    bar = _bar(row[table.bars], most) if table.bars is not None else ""
    return f"<tr>{''.join(cells)}{bar}</tr>"


def _cell(cell: Cell, at: int, side: str, linked: bool) -> str:
    said = shown(cell)
    whole = max(map(len, said.split()), default=0) <= _LONGEST_WHOLE
    style = f"padding:{_LINK_PADDING if linked else 7}px 8px 7px 0;{_CELL};text-align:{side};color:{INK}"
    style += f";{_WHOLE_WORDS}" if whole else ""
    style += ";white-space:nowrap" if side == "right" else ""
    if at == 0:
        return (
            f'<th scope="row" align="left" class="ink rule cell" style="{style};font-weight:normal">{escape(said)}</th>'
        )
    return f'<td align="{side}" class="ink rule cell" style="{style}">{escape(said)}</td>'


def _linked(cell: Cell, link: str, address: str) -> str:
    """What answers the row: high enough for a finger, as the whole cell is the link."""
    look = f"display:block;padding:{_LINK_PADDING}px 0;color:{_BAR}"
    said = f'<a class="other-link" href="{_to(link, address)}" style="{look}">{escape(shown(cell))}</a>'
    style = f"padding:0 8px 0 0;mso-padding-alt:{_LINK_PADDING}px 8px 7px 0;{_CELL};font-weight:normal;text-align:left;white-space:nowrap"
    return f'<th scope="row" align="left" class="ink rule cell" style="{style}">{said}</th>'


def _to(link: str, address: str) -> str:
    return f"mailto:{quote(address, safe='@')}?subject={quote(link, safe='')}"


def _bar(value: Cell, most: float) -> str:
    """A bar is a cell with a colour behind it: every mail program draws it, with images or without."""
    share = max(2, round(100 * value / most)) if isinstance(value, _NUMBER) and value and most else 0
    style = f"padding:7px 0;border-top:1px solid {RULE};vertical-align:middle"
    if not share:
        return f'<td class="rule" style="{style}"></td>'
    filled = f'<td width="{share}%" bgcolor="{_BAR}" style="background-color:{_BAR};font-size:10px;line-height:12px">&nbsp;</td>'
    rest = f'<td width="{100 - share}%" style="font-size:10px;line-height:12px">&nbsp;</td>' if share < 100 else ""
    inner = f'<table role="presentation" border="0" cellpadding="0" cellspacing="0" width="100%"><tr>{filled}{rest}</tr></table>'
    return f'<td class="rule" aria-hidden="true" style="{style}">{inner}</td>'
