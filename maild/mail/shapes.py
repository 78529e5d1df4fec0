"""What an element of an HTML mail is for: tables of data, quotations of each mail program, paragraphs without margins."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

# Elements in which mail programs put the mail that is answered, by class, id (its beginning) or data-marker. Outlook
# renames what it copies: x_gmail_quote. gmail_quote itself is none: people answer between the quotations inside it.
_QUOTING_CLASSES = frozenset(("yahoo_quoted", "protonmail_quote", "tutanota_quote", "zmail_extra"))
_QUOTING_IDS = ("yahoo_quoted", "OLK_SRC_BODY_SECTION")
_QUOTING_MARKERS = frozenset(("__QUOTED_TEXT__",))

_NO_BORDER = frozenset((None, "", "0", "none"))
_DATA_CLASS = re.compile(r"\bMso(?:TableGrid|\w{0,20}Table\w{0,20}Grid)|\btable-bordered\b", re.IGNORECASE)


def holds_data(table: LexborNode) -> bool:
    """Whether a table has a border or a heading that people see; other tables only place what stands in them."""
    if table.attributes.get("border") not in _NO_BORDER or _DATA_CLASS.search(table.attributes.get("class") or ""):
        return True
    row = table.child
    while row is not None and row.tag in ("thead", "tbody", "tr", "-text", "colgroup", "caption"):
        if row.tag == "thead":
            return True
        inner = row.child if row.tag in ("tbody", "tr") else None
        while inner is not None and inner.tag == "-text":
            inner = inner.next
        if inner is not None:
            if inner.tag == "th":
                return True
            row = inner if inner.tag == "tr" else None
        else:
            row = row.next
    return False


def has_cell_behind(node: LexborNode) -> bool:
    behind = node.next
    while behind is not None and behind.tag not in ("td", "th"):
        behind = behind.next
    return behind is not None


def is_tight(node: LexborNode) -> bool:
    """A paragraph of Outlook or Word has no margins: the blank lines between are paragraphs of their own."""
    return node.tag == "p" and (node.attributes.get("class") or "").removeprefix("x_").startswith("Mso")


def is_quotation(node: LexborNode) -> bool:
    """A blockquote, or what a mail program uses in its place; and what its reader must unfold to see."""
    if node.tag == "blockquote":
        return True
    if node.tag == "details":
        return "open" not in node.attributes
    if node.tag != "div":
        return False
    attributes = node.attributes
    classes = (attributes.get("class") or "").split()
    return (
        any(each.removeprefix("x_") in _QUOTING_CLASSES for each in classes)
        or (attributes.get("id") or "").removeprefix("x_").startswith(_QUOTING_IDS)
        or attributes.get("data-marker") in _QUOTING_MARKERS
    )
