"""Authentication-Results fields (RFC 8601 §2.2) taken apart strictly: what cannot be read in one way only proves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# No escape inside a quoted string or a comment spans a line: fields arrive unfolded. One alternative per character: linear.
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"')
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*+"|[^"();]++|[();"]|\\.')
_RESULT = re.compile(r"([a-z][a-z0-9-]{0,40})(?:/\d{1,3})?=([a-z]{1,20})(?=\s|$)")
_PROPERTY = re.compile(r'(?:^|\s)([a-z]{1,20}\.[a-z0-9_-]{1,40})=("(?:[^"\\]|\\.)*+"|\S{1,320})')
_BARE = re.compile(r"(?:^|\s)([a-z]{1,20})=(\S{1,100})")
_EQUALS = re.compile(r"\s{0,20}([=/])\s{0,20}")
_LONGEST = 4000
_MOST_RESULTS = 30


@dataclass(frozen=True, slots=True)
class Result:
    """One method and its verdict, with the properties that say about what: header.from → entidad.gob.pe."""

    method: str
    verdict: str
    properties: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.properties if key == name)


@dataclass(frozen=True, slots=True)
class Stamp:
    """One field. `authserv_id` is lower case and empty where none is written (Exchange Online writes none)."""

    authserv_id: str
    results: tuple[Result, ...] = ()

    def of(self, method: str) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.method == method)


def read(field: str) -> Stamp | None:
    """The field taken apart, everything folded to lower case; None where it is damaged: an open quote or comment, a version
    that nobody has defined, something that is no result where one must stand."""
    if len(field) > _LONGEST:
        return None
    pieces = _without_comments(field)
    if pieces is None:
        return None
    parts = [_EQUALS.sub(r"\1", part).strip().lower() for part in pieces]
    head = parts[0].split()
    if not head:
        return None
    nameless = "=" in parts[0]
    if not nameless and (len(head) > 2 or (len(head) == 2 and head[1] != "1")):
        return None  # RFC 8601 §2.2: the version is 1; another one is to be ignored
    results = tuple(_results(parts if nameless else parts[1:]))
    if any(result is None for result in results):
        return None
    return Stamp("" if nameless else _plain(head[0]), tuple(r for r in results if r)[:_MOST_RESULTS])


def _without_comments(field: str) -> list[str] | None:
    """The parts between semicolons, comments (nested ones too) left out; None where a quote or comment does not end."""
    parts, depth = [""], 0
    for piece in _PIECE.findall(field):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth -= 1
            parts[-1] += " "
            if depth < 0:
                return None
        elif depth:
            continue
        elif piece == '"':
            return None
        elif piece == ";":
            parts.append("")
        else:
            parts[-1] += piece
    return parts if depth == 0 else None


def _results(parts: list[str]) -> Iterator[Result | None]:
    for part in parts:
        if not part or part == "none":
            continue
        found = _RESULT.match(part)
        if found is None:
            yield None
            continue
        rest = part[found.end() :]
        properties = [(key, _plain(value)) for key, value in _PROPERTY.findall(rest)]
        properties += [(key, value) for key, value in _BARE.findall(rest) if key in ("reason", "action")]
        yield Result(found[1], found[2], tuple(properties))


def _plain(value: str) -> str:
    quoted = _QUOTED.fullmatch(value)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value
