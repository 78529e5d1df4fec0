"""The templates of letters: found in folders, run in a sandbox, their values kept apart from their words.

What a template prints is Markdown with numbered slots; the values themselves are handed over beside it. So nothing that
came from a mail is ever read as Markdown, as HTML or as a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.ext import Extension
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from maild.core.letters import FACTS
from maild.core.past import Report
from maild.mail.charset import one_line
from maild.mail.compose.markdown import BLOCK_SLOT, INLINE_SLOT
from maild.mail.compose.words import lines, spoken_date

SUFFIX = ".md.j2"
FRAME = "frame.html.j2"
# What every template knows beside the facts of its letter.
SURROUNDINGS = frozenset({"language", "place", "buttons", "report", "period"})
KNOWN = FACTS | SURROUNDINGS
_SLOTS = "_slots"
ZONE = "_zone"  # the reader's own clock, where it is not the desk's
# The buttons are the third of the values that every letter begins with.
BUTTONS = 2
BUTTONS_SLOT = BLOCK_SLOT.format(BUTTONS)
# A page has a handful of kilobytes; a loop gone wild in a template must not fill the memory.
MOST_CHARACTERS = 200_000


class BrokenTemplate(Exception):
    """A template that cannot be rendered: which file, which line (0: unknown), what is wrong (Spanish)."""

    def __init__(self, name: str, line: int, text: str) -> None:
        super().__init__(f"{name}:{line}: {text}")
        self.name, self.line, self.text = name, line, text


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of a mail, several lines, to be shown as a quotation."""

    words: str


@dataclass(frozen=True, slots=True)
class ButtonRow:
    """Where the template wants the buttons; a letter without any prints nothing there."""

    any: bool

    def __bool__(self) -> bool:
        return self.any


@dataclass(frozen=True, slots=True)
class Tables:
    """Where the template wants the tables of a report."""

    report: Report | None = None

    def __bool__(self) -> bool:
        return self.report is not None and not self.report.is_empty


Value = str | Quotation | ButtonRow | Tables


@dataclass(slots=True)
class Printed:
    """What a template printed: Markdown with slots, and the value of each slot."""

    source: str = ""
    values: list[Value] = field(default_factory=list)

    def inline(self, words: str) -> str:
        self.values.append(words)
        return INLINE_SLOT.format(len(self.values) - 1)

    def block(self, value: Value) -> str:
        self.values.append(value)
        return BLOCK_SLOT.format(len(self.values) - 1)


@dataclass(frozen=True, slots=True)
class Read:
    """What one file names: free words, with the line where each first stands, and the files it includes."""

    words: Mapping[str, int]
    parts: frozenset[str]


@pass_context
def _into_slot(context: Context, value: object) -> str:
    """Jinja's finalize: whatever a template prints leaves its text here and stands in it as a number."""
    printed = context.parent[_SLOTS]
    assert isinstance(printed, Printed)
    if isinstance(value, str):
        return printed.inline(one_line(str(value)))  # a filter may have made another kind of str
    if isinstance(value, Undefined):
        return str(value)  # raises, naming the word
    if isinstance(value, ButtonRow):
        return BUTTONS_SLOT if value else ""
    if isinstance(value, Tables):
        return printed.block(value) if value else ""
    if isinstance(value, Quotation):
        return printed.block(value)
    if isinstance(value, datetime):
        return printed.inline(_in_words(context, value))
    return printed.inline(one_line(str(value)))


@pass_context
def _in_words(context: Context, moment: datetime) -> str:
    zone = context.resolve(ZONE)
    if not isinstance(zone, tzinfo):
        zone = context.environment.globals["zone"]
    assert isinstance(zone, tzinfo)
    return spoken_date(moment, str(context.resolve("language")), zone)


def _quoted(words: str) -> Quotation:
    return Quotation(lines(words))


class TagLines(Extension):
    """A line that holds nothing but one tag leaves no line behind; everywhere else line ends stay as they are written.

    Jinja's own trim_blocks also joins the next line to a sentence that ends with a tag. An include keeps its line.
    """

    _tag_line = re.compile(r"^[ \t]*(\{%[ \t]*(?!include)(?:(?!%\}).)*)%\}[ \t]*\n", re.MULTILINE)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 -- Jinja's
        """The line end moves into the tag, so that line numbers in messages stay true."""
        return self._tag_line.sub(r"\1\n%}", source)


class Templates:
    """The letters of some folders, the first one that has a file wins."""

    def __init__(self, folders: Sequence[Path], zone: tzinfo) -> None:
        self._folders = tuple(folders)
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader([str(folder) for folder in folders]),
            undefined=StrictUndefined,
            finalize=_into_slot,
            extensions=[TagLines],
            auto_reload=False,  # a reload builds new Templates: letters in the making never see half a change
        )
        self._environment.filters.update({"date": _in_words, "quote": _quoted})
        self._environment.globals = {"zone": zone}
        self._frame_environment = self._environment.overlay(finalize=None)

    def names(self) -> tuple[str, ...]:
        """Every template file, as `es/user/acuse.md.j2`; parts that others include begin with an underscore."""
        return tuple(self._environment.list_templates(filter_func=lambda name: name.endswith(SUFFIX)))

    def origin(self, name: str) -> int:
        """Which of the folders a file comes from."""
        return next((at for at, folder in enumerate(self._folders) if (folder / name).is_file()), -1)

    def print(self, name: str, facts: Mapping[str, object], printed: Printed) -> Printed:
        """Run one template. Raises BrokenTemplate."""
        try:
            template = self._environment.get_template(name)
            printed.source = _limited(template.generate({**facts, _SLOTS: printed}), name)
        except TemplateError as error:
            raise _broken(name, error) from error
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
            raise BrokenTemplate(name, 0, str(error)) from error  # what an expression of a template may do
        return printed

    def frame(self, **parts: object) -> str:
        """The HTML page around a letter. Every part is HTML already: look and pages have escaped what is text."""
        try:
            return self._frame_environment.get_template(FRAME).render(parts)
        except TemplateError as error:
            raise _broken(FRAME, error) from error

    def read(self, name: str) -> Read:
        """What one file names. Raises BrokenTemplate."""
        tree = self._tree(name)
        free = find_undeclared_variables(tree)
        words: dict[str, int] = {}
        for node in tree.find_all(nodes.Name):
            if node.name in free and node.ctx == "load":
                words[node.name] = min(words.get(node.name, node.lineno), node.lineno)
        named = (node.template for node in tree.find_all(nodes.Include))
        return Read(words, frozenset(str(node.value) for node in named if isinstance(node, nodes.Const)))

    def _tree(self, name: str) -> nodes.Template:
        loader = self._environment.loader
        assert loader is not None
        try:
            source, _, _ = loader.get_source(self._environment, name)
            return self._environment.parse(source, name)
        except TemplateError as error:
            raise _broken(name, error) from error


def _limited(chunks: Iterator[str], name: str) -> str:
    whole, length = [], 0
    for chunk in chunks:
        length += len(chunk)
        if length > MOST_CHARACTERS:
            raise BrokenTemplate(name, 0, f"la carta pasa de {MOST_CHARACTERS} caracteres")
        whole.append(chunk)
    return "".join(whole)


def _broken(name: str, error: TemplateError) -> BrokenTemplate:
    if isinstance(error, TemplateSyntaxError):
        return BrokenTemplate(error.name or name, error.lineno, f"plantilla mal escrita: {error.message}")
    return BrokenTemplate(name, 0, str(error.message or type(error).__name__))
