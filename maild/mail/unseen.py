"""What a page holds and nobody sees: hidden by attribute or style, of the colour of its ground, moved off the page, of no size.

An order that its reader never saw is nobody's order (RELIABILITY §2.2); only what mail programs honour is looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

_IS = r"\s{0,9}:\s{0,9}"
# Letters of a pixel are no letters.
_TINY = r"(?:0?\.\d{1,6}|1(?:\.\d{1,6})?)(?:px|pt)\s{0,9}(?:;|!|\Z)"
_ALL_OF_IT = r"(?:inset\(\s{0,3}(?:100|[5-9]\d)%|circle\(\s{0,3}0|polygon\(\s{0,3}0(?:px|%)?\s{1,3}0(?:px|%)?\s{0,3}\))"
_CLEAR = r"(?:rgba|hsla)\([^)]{1,40}[,/]\s{0,3}0(?:\.0{1,4})?%?\s{0,3}\)|#[0-9a-f]{6}00(?![0-9a-f])|#[0-9a-f]{3}0(?![0-9a-f])"
_NOTHING = r"0{1,3}(?:\.0{1,4})?(?:px|pt|em|rem|%|vw|vh)?\s{0,9}(?:;|!|\Z)"
_HIDDEN = re.compile(
    rf"(?:^|[;\s]|\bmso-)(?:display{_IS}none|hide{_IS}all|visibility{_IS}(?:hidden|collapse)|opacity{_IS}{_NOTHING}"
    rf"|font-size{_IS}(?:{_NOTHING}|{_TINY})|text-indent{_IS}-\d{{3}}|clip{_IS}rect\(\s{{0,3}}0|clip-path{_IS}{_ALL_OF_IT}"
    rf"|filter{_IS}opacity\(\s{{0,3}}0|(?:-webkit-text-fill-)?color{_IS}(?:transparent|{_CLEAR})"
    rf"|transform{_IS}(?:scale[xy]?\(\s{{0,3}}0\s{{0,3}}[,)]|translate[xy]?\([^)]{{0,20}}?-\d{{3}}))",
    re.IGNORECASE,
)
_FLAT = re.compile(rf"(?:^|[;\s])(?:max-)?(?:height|width){_IS}{_NOTHING}", re.IGNORECASE)
_CUT = re.compile(rf"overflow{_IS}hidden", re.IGNORECASE)
_MOVED = re.compile(rf"position{_IS}(?:absolute|fixed)", re.IGNORECASE)
_AWAY = re.compile(rf"(?:^|[;\s])(?:left|top|right|bottom|margin-left|margin-top){_IS}-\d{{3}}", re.IGNORECASE)
_COLOUR = re.compile(rf"(?:^|[;\s])color{_IS}([^;!]{{1,40}})", re.IGNORECASE)
_GROUND = re.compile(rf"(?:^|[;\s])background(?:-color)?{_IS}([^;!]{{1,200}})", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s{0,3}(\d{1,3})\s{0,3},\s{0,3}(\d{1,3})\s{0,3},\s{0,3}(\d{1,3})")
_NAMES = {"white": (255, 255, 255), "snow": (255, 250, 250), "ivory": (255, 255, 240), "black": (0, 0, 0)}
_NEAR = 20  # of 255, in each of red, green and blue
_WHITE = (255, 255, 255)
_MOST_ABOVE = 60

_RULE = re.compile(r"([^{}]{1,1000})\{([^{}]{0,4000})\}")
_SIMPLE = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9]{0,10})?([.#])([\w-]{1,100})")
_REMARK = re.compile(r"/\*(?:[^*]|\*(?!/))*+\*/")
_LONGEST_SHEET = 128 * 1024

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The classes and ids that the page's own style sheet hides from everybody, whatever the screen."""

    classes: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()

    def hides(self, node: LexborNode) -> bool:
        if not (self.classes or self.ids):
            return False
        names = (node.attributes.get("class") or "").split()
        return not self.classes.isdisjoint(names) or (node.attributes.get("id") or "") in self.ids


def sheet(source: str) -> Sheet:
    """Read from the text of all style elements. Rules inside @media are for some screens only, and not looked at."""
    found: dict[str, set[str]] = {".": set(), "#": set()}
    for selectors, rule in _RULE.findall(_outside_at_rules(_REMARK.sub(" ", source[:_LONGEST_SHEET]))):
        if not _hides(rule):
            continue
        for selector in selectors.split(","):
            if simple := _SIMPLE.fullmatch(selector.strip()):
                found[simple[1]].add(simple[2])
    return Sheet(frozenset(found["."]), frozenset(found["#"]))


def _outside_at_rules(source: str) -> str:
    kept: list[str] = []
    depth = inside = 0
    for piece in re.split(r"([{}])", source):
        if piece == "{":
            depth += 1
        elif piece == "}":
            depth = max(0, depth - 1)
            if inside and depth < inside:
                inside = 0
                continue
        elif not inside and "@" in piece:
            inside = depth + 1
        if not inside:
            kept.append(piece)
    return "".join(kept)


def _hides(style: str) -> bool:
    style = _plainly(style)
    if _HIDDEN.search(style):
        return True
    return bool((_CUT.search(style) and _FLAT.search(style)) or (_MOVED.search(style) and _AWAY.search(style)))


_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)


def _plainly(style: str) -> str:
    """The style without remarks and with its escapes read, as a browser takes it (CSS Syntax §4.3.7)."""
    if "/*" in style:
        style = _REMARK.sub("", style)
    if "\\" not in style:
        return style
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16) % 0x110000) if found[1] else found[2], style)


def is_unseen(node: LexborNode, rules: Sheet) -> bool:
    """Whether nobody who opens the page sees what stands in this element."""
    given = node.attributes
    style = given.get("style") or ""
    if "hidden" in given or (style and _hides(style)) or rules.hides(node):
        return True
    colour = _colour(_first(_COLOUR, style) or (given.get("color") or ""))
    return colour is not None and _alike(colour, _ground(node))


def _ground(node: LexborNode) -> Colour | None:
    """The colour that the element stands on; None: a picture, or one that we do not know. A page is white."""
    above: LexborNode | None = node
    for _ in range(_MOST_ABOVE):
        if above is None:
            return _WHITE
        given = above.attributes
        written = _first(_GROUND, given.get("style") or "") or given.get("bgcolor") or ""
        if given.get("background") or "url(" in written:
            return None
        if written and written.strip().lower() not in ("transparent", "none", "inherit", "initial"):
            return _colour(written)
        above = above.parent
    return None


def _first(pattern: re.Pattern[str], style: str) -> str:
    found = pattern.search(style) if style else None
    return found[1].strip() if found else ""


def _colour(written: str) -> Colour | None:
    word = written.strip().lower()
    if word in _NAMES:
        return _NAMES[word]
    if found := _RGB.match(word):
        return int(found[1]), int(found[2]), int(found[3])
    digits = word.split()[0].lstrip("#") if word.startswith("#") else ""
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    if len(digits) not in (6, 8) or not re.fullmatch(r"[0-9a-f]+", digits):
        return None
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _alike(one: Colour, other: Colour | None) -> bool:
    return other is not None and all(abs(a - b) <= _NEAR for a, b in zip(one, other, strict=True))
