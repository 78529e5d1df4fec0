"""Orders in a mail: `#orden argumentos clave=valor` in the subject, then in the first lines of the new text. Reads; never decides."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from maild.core import seal, subject
from maild.core.rulebook import Answers, Verb
from maild.core.words import fold, nearest, unhyphenated

# A letter must follow the sigil: #45 is a number, not an order. A slash only at the very start: "y/o" is text.
_ORDER = re.compile(r"(?:(?<=\s)|^)[#!]([^\W\d_][\w-]{0,40}|\?)[:=]?")
_PAIR = re.compile(r"^([^\W\d][\w-]{0,40})=(.*)$")
_QUOTED = re.compile(r'"([^"]*)"|“([^”]*)”|(\S+)')
_GREETING = re.compile(r"^(estimad\w*|buen(?:[oa]s?)? (dias?|tardes?|noches?)|hola|dear|hi)\b")  # on folded words
# What opens a sentence in writing says nothing: «¡Gracias!» is thanks. A «¿» stays: a question is no answer.
_OPENING = " \t¡«“\"'*_·-–—"
_CLOSING = ":.,;!…\"'»*_-–—"
_GLUED = re.compile(r"([.,;:!…–—])(?=\w)")  # «Conforme.Gracias» as phones write it
# A courtesy that goes on like this is the beginning of something else.
_TURNS = re.compile(r"\?|\b(pero|aunque|sin embargo|todavia|aun|but|however|yet)\b")
_MOST_ORDERS = 8
_MOST_WORDS = 40


@dataclass(frozen=True, slots=True)
class Order:
    """One order as written. `verb` is a verb key of the rulebook, or '' when nobody knows the word; `guess` is then the nearest.

    `args` are its plain words, `facts` its key=value pairs (keys folded), both in the order in which they stand.
    """

    word: str
    verb: str
    args: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    guess: str = ""

    @property
    def value(self) -> str:
        """The first argument, folded: a decision word, a type, a person's key."""
        return fold(self.args[0]) if self.args else ""

    @property
    def text(self) -> str:
        return " ".join(self.args)


def read(mail_subject: str, title: str, new_text: str, verbs: Mapping[str, Verb], mark_key: str) -> tuple[Order, ...]:
    """Every order of a mail, subject first. `title` is our ticket's own title: what stands in it is not an order."""
    mail_subject, title, new_text = (unhyphenated(text) for text in (mail_subject, title, new_text))
    area = seal.without_codes(subject.without_prefixes(subject.without_marks(mail_subject, mark_key)))
    if title and fold(title) in fold(area):
        area = _without_title(area, title)
    spellings = {word: verb.key for verb in verbs.values() for word in (verb.key, *verb.spellings)}
    spaced = {verb.key for verb in verbs.values() if verb.spaced}
    above = _orders(area, spellings, spaced)
    # #hecho #hecho is two steps; an order of the subject written once more at the top of the text is the same one.
    below = [order for order in _orders(_opening_lines(new_text), spellings, spaced) if order not in above]
    return (*above, *below)[:_MOST_ORDERS]


def _without_title(area: str, title: str) -> str:
    position = area.find(title)
    return area if position < 0 else area[:position] + " " + area[position + len(title) :]


def _opening_lines(text: str) -> str:
    """The lines of orders at the top of the text, after a greeting; ends at the first other line."""
    lines: list[str] = []
    for line in (raw.strip() for raw in text.splitlines()[:40]):
        if _ORDER.match(line):
            lines.append(line)
        elif lines or (line and not _GREETING.match(fold(line))):
            break
    return "\n".join(lines)


def words(new_text: str) -> str:
    """What people are meant to read of it: the text below the lines of orders, or all of it where there are none."""
    lines = new_text.splitlines()
    opening = len(_opening_lines(new_text).splitlines())
    for position, line in enumerate(lines):
        if not opening:
            return "\n".join(lines[position:]).strip()
        opening -= bool(_ORDER.match(line.strip()))
    return "" if lines else new_text


def _orders(area: str, spellings: Mapping[str, str], spaced: Collection[str] = ()) -> list[Order]:
    starts = list(_ORDER.finditer(area))
    ends = [*(m.start() for m in starts[1:]), len(area)]
    # Without any order there is no start, and the end of the text is nobody's.
    found = [_order(m.group(1), area[m.end() : end], spellings) for m, end in zip(starts, ends, strict=False)]
    return [_with_long_values(order, rest) if order.verb in spaced else order for order, rest in found]


def _with_long_values(order: Order, rest: str) -> Order:
    """The order with every word after `key=` as part of that value, up to the next key."""
    facts: list[tuple[str, str]] = []
    args: list[str] = []
    for piece in rest.split():
        pair = _PAIR.match(piece)
        if pair:
            facts.append((fold(pair.group(1)), pair.group(2)))
        elif facts:
            facts[-1] = (facts[-1][0], f"{facts[-1][1]} {piece}".strip())
        else:
            args.append(piece)
    return replace(order, args=tuple(args), facts=tuple(facts))


def _order(word: str, rest: str, spellings: Mapping[str, str]) -> tuple[Order, str]:
    folded = fold(word)
    verb = spellings.get(folded, "")
    args, facts = [], []
    for match in list(_QUOTED.finditer(rest))[:_MOST_WORDS]:
        piece = match.group(1) or match.group(2) or match.group(3) or ""
        pair = _PAIR.match(piece)
        if pair:
            facts.append((fold(pair.group(1)), pair.group(2)))
        else:
            # «#cerrar RE: [marca] título»: what a mail program put there is nobody's word.
            args.append(subject.without_prefixes(piece).strip(",;:"))
    guess = "" if verb else nearest(folded, tuple(spellings)) if len(folded) >= 5 else ""
    return Order(word, verb, tuple(a for a in args if a), tuple(facts), guess), rest


def answer(new_text: str, answers: Answers) -> tuple[str, str]:
    """The answer that the first line of the text gives without an order, and the words after it: ('nonconform', 'sigue igual').

    An answer is the whole line, or stands before a colon, comma, dot or dash, or before thanks. A yes or thanks that
    go on to complain or to ask, in whichever line, are none: then a person must read them. ('', '') when the line
    answers nothing.
    """
    lines = (line.strip().lstrip(_OPENING) for line in new_text.splitlines())
    line = next((line for line in lines if line and not _GREETING.match(fold(line))), "")
    pieces = _GLUED.sub(r"\1 ", line).split()
    said = [fold(piece) for piece in pieces]
    for key, words in answers.words.items():
        count = next((n for word in words if (n := _begins(said, word.split(), answers))), 0)
        rest = " ".join(pieces[count:]).lstrip(" :.,;-–—").strip()
        if count and (
            (key == "conform" and (_doubtful(fold(rest), answers) or _turns(fold(new_text), answers)))
            or (key == "thanks" and _turns(fold(new_text), answers))
        ):
            return "", ""
        if count:
            return key, rest
    return "", ""


def _begins(said: list[str], word: list[str], answers: Answers) -> int:
    """How many pieces of the line say this answer, or 0: commas inside it do not matter, and it must end there."""
    head, rest = said[: len(word)], said[len(word) :]
    if [piece.rstrip(",;") for piece in head[:-1]] != word[:-1] or len(head) < len(word):
        return 0
    if head[-1].rstrip(_CLOSING) != word[-1]:
        return 0
    ends = not rest or head[-1] != word[-1] or not rest[0][:1].isalnum() or not _doubtful(" ".join(rest), answers)
    return len(word) if ends else 0


def _turns(folded: str, answers: Answers) -> bool:
    """Whether a mail that begins with thanks goes on with a question, a but or a complaint."""
    words = " " + re.sub(r"[^\w?]+", " ", folded) + " "
    complaints = answers.words.get("nonconform", ())
    return bool(_TURNS.search(words)) or any(f" {complaint} " in words for complaint in complaints)


def _doubtful(rest: str, answers: Answers) -> bool:
    """Whether what follows a yes takes it back: anything but thanks and courtesy."""
    left = rest.strip(" :.,;-–—!")
    return bool(left) and not any(left.startswith(word) for word in answers.words.get("thanks", ()))
