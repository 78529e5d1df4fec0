"""HTML mail as readable text: blocks, lists and tables in lines, quotations marked with `>`, hidden text left out."""

from __future__ import annotations

import html
import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, LexborNode

from maild.mail.shapes import has_cell_behind, holds_data, is_quotation, is_tight
from maild.mail.unseen import Sheet, is_unseen, sheet

# Nesting beyond this costs a real HTML parser minutes (LIBRARIES §11); no person's mail comes near it.
_DEEPEST = 400
_OPEN_OR_CLOSE = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})")
# Tags that never hold others, or that the parser closes itself when the next one begins.
_FLAT = frozenset(
    (
        "br",
        "hr",
        "img",
        "input",
        "meta",
        "link",
        "area",
        "base",
        "col",
        "embed",
        "source",
        "wbr",
        "p",
        "li",
        "td",
        "th",
        "tr",
        "dt",
        "dd",
        "option",
        "o:p",
    )
)

_UNSEEN = frozenset(
    (
        "head",
        "title",
        "style",
        "script",
        "template",
        "object",
        "video",
        "audio",
        "canvas",
        "datalist",
        "dialog",
        "svg",
        "math",
        "select",
        "textarea",
        "noframes",
        "iframe",
    )
)
_BLOCKS = frozenset(
    (
        "details",
        "summary",
        "div",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "nav",
        "aside",
        "address",
        "center",
        "form",
        "fieldset",
        "table",
        "tbody",
        "thead",
        "tfoot",
        "tr",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "li",
        "blockquote",
        "pre",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "hr",
        "figure",
        "figcaption",
        "body",
    )
)
_SPACED = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre"))
# A page with more links than this is a newsletter, and their addresses would hide its words.
_MOST_LINKS = 12
_LONGEST_LINK = 300
# Words of a link that only point («haga clic aquí»): what they point at is the link itself. Other words speak for themselves.
_POINTING = re.compile(
    r"\b(?:aqu[ií]|ac[aá]|clic|click|cliquear|pinch\w{1,4}|enlace|v[ií]nculo|link|liga|here|this|aqui|clique|acess[ea]r?|abrir|ver"
    r"|open|view|descarg\w{1,4}|baixar|download|ingres\w{1,4}|acced\w{1,4}|entrar|siguiente|seguinte)\b",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[ \t\n\r\f\xa0]+")


class _Page:
    """Lines as they grow: what stands on the current one, how deep in quotations, and whether a blank one is due."""

    def __init__(self, *, shows_links: bool = True) -> None:
        self.lines: list[str] = []
        self.quotes = 0
        self.struck = 0  # how many elements around strike out what they hold
        self.shows_links = shows_links
        self.sheet = Sheet()
        self.tables: list[bool] = []  # of the tables around: whether each holds data, or only places what it holds
        self.in_data = 0  # how many of them hold data
        self.lists: list[int | None] = []  # of the lists around: the next number, or None where they have none
        self._current: list[str] = []
        self._blank_due = False

    def word(self, text: str) -> None:
        if text.strip() and self._blank_due:
            self._blank_due = False
            if self.lines and (last := self.lines[-1]).strip("> "):
                self.lines.append("> " * min(self.quotes, last[: 2 * self.quotes].count(">")))
        if self._current or text.strip():
            self._current.append(text)

    def running(self, text: str) -> None:
        """Words between which any white space is one blank, and none begins a line."""
        text = _SPACES.sub(" ", text)
        if self.struck and text.strip():
            text = f"~~{text.strip()}~~ "
        self.word(text if self._current and not self._current[-1].endswith(" ") else text.lstrip())

    def end_line(self, *, forced: bool = False) -> None:
        if self.in_data:  # a row of data is one line, whatever blocks its cells are made of
            self.running(" ")
        else:
            self.end_row(forced=forced)

    def end_cell(self, *, last: bool) -> None:
        if self.in_data:
            held = "".join(self._current).rstrip()
            self._current = [held if last else f"{held} | "]
        elif not last:
            self.word("  ")

    def end_row(self, *, forced: bool = False) -> None:
        line = "".join(self._current).rstrip()
        if line or forced:
            self._put(line)
        self._current = []

    def blank(self) -> None:
        self.end_line()
        self._blank_due = self._blank_due or not self.in_data

    def _put(self, line: str) -> None:
        self.lines.append("> " * self.quotes + line)


def to_text(source: str) -> str:
    """The text of an HTML part as its reader sees it."""
    if too_deep(source):
        return _crude(source)
    parser = LexborHTMLParser(source)
    root = parser.root
    if root is None:
        return ""
    page = _Page(shows_links=source.count("href=") + source.count("HREF=") <= _MOST_LINKS)
    if "<style" in source or "<STYLE" in source:
        page.sheet = sheet("\n".join(each.text() or "" for each in parser.css("style")[:20]))
    _walk(root, page)
    page.end_line()
    return "\n".join(line.rstrip() for line in page.lines).strip("\n")


def _walk(root: LexborNode, page: _Page) -> None:
    """Depth first without recursion: a sender chooses how deep his mail goes."""
    node: LexborNode | None = root
    root_id = root.mem_id  # two nodes that are compared are written out as HTML first, each time
    preformatted = 0
    while node is not None:
        tag = node.tag or ""
        entered = _enter(node, tag, page, preformatted > 0)
        child = node.child if entered else None
        if child is not None:
            preformatted += tag == "pre"
            node = child
            continue
        if entered:
            _leave(node, tag, page)
        while node is not None and node.next is None:
            node = node.parent
            if node is None or node.mem_id == root_id:
                return
            preformatted -= node.tag == "pre"
            _leave(node, node.tag or "", page)
        node = node.next if node is not None else None


def _enter(node: LexborNode, tag: str, page: _Page, preformatted: bool) -> bool:
    """Write what a node begins with; whether to go on to its children."""
    if tag == "-text":
        _words(node.text_content or "", page, preformatted and page.in_data == 0)
        return False
    if tag in _UNSEEN or (tag.startswith(("-", "!")) and tag != "-document"):
        return False
    if tag == "br":
        page.end_line(forced=True)
        return False
    if tag not in ("html", "body", "-document") and node.attributes and is_unseen(node, page.sheet):
        return False
    if tag in _BLOCKS:
        page.blank() if _is_spaced(node, tag, page) else page.end_line()
    if is_quotation(node):
        page.quotes += 1
    elif tag in _STRIKES:
        page.struck += 1
    elif tag == "table":
        page.tables.append(holds_data(node))
        page.in_data += page.tables[-1]
    elif tag in _LISTS:
        page.lists.append(1 if tag == "ol" else None)
    elif tag == "li":
        page.word(_item(page))
    elif tag == "hr":
        page.word("-" * 10)
    return True


_LISTS = frozenset(("ul", "ol"))
# What somebody struck out he no longer says.
_STRIKES = frozenset(("s", "strike", "del"))


def _item(page: _Page) -> str:
    """What stands before an item: its number or a dash, the deeper the further in."""
    number = page.lists[-1] if page.lists else None
    if number is not None:
        page.lists[-1] = number + 1
    return "  " * max(0, len(page.lists) - 1) + ("- " if number is None else f"{number}. ")


def _is_spaced(node: LexborNode, tag: str, page: _Page) -> bool:
    """Whether a blank line stands before this block; a list inside a list has none."""
    return tag in _SPACED and not (page.lists and tag in _LISTS) and not is_tight(node)


def _leave(node: LexborNode, tag: str, page: _Page) -> None:
    if tag in ("td", "th"):
        page.end_cell(last=not has_cell_behind(node))
    elif tag == "tr":
        page.end_row()
    elif tag in _BLOCKS:
        if tag == "table" and page.tables:
            page.end_row()
            page.in_data -= page.tables.pop()
        elif tag in _LISTS and page.lists:
            page.lists.pop()
        empty = tag == "p" and is_tight(node) and not node.text().strip()
        page.blank() if empty or _is_spaced(node, tag, page) else page.end_line()
    elif tag == "a" and page.shows_links:
        _link(node, page)
    if is_quotation(node):
        page.quotes -= 1
    elif tag in _STRIKES:
        page.struck -= 1


def _link(node: LexborNode, page: _Page) -> None:
    """Where a link leads that only points."""
    target = (node.attributes.get("href") or "").strip()
    if not target.lower().startswith(("http://", "https://")) or len(target) > _LONGEST_LINK:
        return
    words = (node.text(deep=True) or "").strip()
    if len(words) < 40 and _POINTING.search(words) and "://" not in words:
        page.word(f" <{' '.join(target.split())}>")


def _words(text: str, page: _Page, preformatted: bool) -> None:
    if not preformatted:
        page.running(text)
        return
    first, *others = text.split("\n")
    page.word(first)
    for line in others:
        page.end_line(forced=True)
        page.word(line)


def too_deep(source: str) -> bool:
    """Whether elements are nested deeper than any mail program nests them; a scan that does not nest itself."""
    if source.count("<") <= _DEEPEST:
        return False
    open_now: Counter[str] = Counter()
    depth = 0
    for closing, name in _OPEN_OR_CLOSE.findall(source):
        tag = name.lower()
        if tag in _FLAT:
            continue
        if not closing:
            open_now[tag] += 1
            depth += 1
            if depth > _DEEPEST:
                return True
        elif open_now[tag]:
            open_now[tag] -= 1
            depth -= 1
    return False


_TAG = re.compile(r"<[^<>]{0,2000}>")
_LINE_TAG = re.compile(r"<(?:/?(?:p|div|tr|li|table|h[1-6])|br)\b[^<>]{0,2000}>", re.IGNORECASE)


def _crude(source: str) -> str:
    """The words without the tags, for what no parser should be given."""
    text = _TAG.sub(" ", _LINE_TAG.sub("\n", source))
    lines = (" ".join(line.split()) for line in html.unescape(text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
