"""HTML mail as readable text: blocks, lists and tables in lines, quotations marked with `>`, hidden text left out."""

from __future__ import annotations

import html
import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, LexborNode

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
# Elements in which mail programs put the mail that is answered, by class, id (its beginning) or data-marker. Outlook
# renames what it copies: x_gmail_quote. gmail_quote itself is none: people answer between the quotations inside it.
_QUOTING_CLASSES = frozenset(("yahoo_quoted", "protonmail_quote", "tutanota_quote", "zmail_extra"))
_QUOTING_IDS = ("yahoo_quoted", "OLK_SRC_BODY_SECTION")
_QUOTING_MARKERS = frozenset(("__QUOTED_TEXT__",))
_HIDDEN = re.compile(
    r"display\s{0,9}:\s{0,9}none|mso-hide\s{0,9}:\s{0,9}all|visibility\s{0,9}:\s{0,9}hidden", re.IGNORECASE
)
_SPACES = re.compile(r"[ \t\n\r\f\xa0]+")


class _Page:
    """Lines as they grow: what stands on the current one, how deep in quotations, and whether a blank one is due."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.quotes = 0
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
        self.word(text if self._current else text.lstrip())

    def end_line(self, *, forced: bool = False) -> None:
        line = "".join(self._current).rstrip()
        if line or forced:
            self._put(line)
        self._current = []

    def blank(self) -> None:
        self.end_line()
        self._blank_due = True

    def _put(self, line: str) -> None:
        self.lines.append("> " * self.quotes + line)


def to_text(source: str) -> str:
    """The text of an HTML part as its reader sees it."""
    if too_deep(source):
        return _crude(source)
    root = LexborHTMLParser(source).root
    if root is None:
        return ""
    page = _Page()
    _walk(root, page)
    page.end_line()
    return "\n".join(line.rstrip() for line in page.lines).strip("\n")


def _walk(root: LexborNode, page: _Page) -> None:
    """Depth first without recursion: a sender chooses how deep his mail goes."""
    node: LexborNode | None = root
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
            _leave(node, page)
        while node is not None and node.next is None:
            node = node.parent
            if node is None or node == root:
                return
            preformatted -= node.tag == "pre"
            _leave(node, page)
        node = node.next if node is not None else None


def _enter(node: LexborNode, tag: str, page: _Page, preformatted: bool) -> bool:
    """Write what a node begins with; whether to go on to its children."""
    if tag == "-text":
        _words(node.text_content or "", page, preformatted)
        return False
    if tag in _UNSEEN or (tag.startswith(("-", "!")) and tag != "-document"):
        return False
    if tag == "br":
        page.end_line(forced=True)
        return False
    style = node.attributes.get("style") if tag not in ("html", "body") else None
    if style and _HIDDEN.search(style):
        return False
    if tag in _BLOCKS:
        page.blank() if tag in _SPACED and not _is_tight(node) else page.end_line()
    if _is_quotation(node):
        page.quotes += 1
    elif tag == "li":
        page.word("- ")
    elif tag == "hr":
        page.word("-" * 10)
    return True


def _leave(node: LexborNode, page: _Page) -> None:
    tag = node.tag or ""
    if tag in ("td", "th"):
        page.word("  ")
    elif tag in _BLOCKS:
        tight = tag == "p" and _is_tight(node) and node.text().strip()
        page.blank() if tag in _SPACED and not tight else page.end_line()
    if _is_quotation(node):
        page.quotes -= 1


def _is_tight(node: LexborNode) -> bool:
    """A paragraph of Outlook or Word has no margins: the blank lines between are paragraphs of their own."""
    return node.tag == "p" and (node.attributes.get("class") or "").removeprefix("x_").startswith("Mso")


def _is_quotation(node: LexborNode) -> bool:
    """A blockquote, or what a mail program uses in its place."""
    if node.tag == "blockquote":
        return True
    if node.tag != "div":
        return False
    attributes = node.attributes
    classes = (attributes.get("class") or "").split()
    return (
        any(each.removeprefix("x_") in _QUOTING_CLASSES for each in classes)
        or (attributes.get("id") or "").removeprefix("x_").startswith(_QUOTING_IDS)
        or attributes.get("data-marker") in _QUOTING_MARKERS
    )


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
