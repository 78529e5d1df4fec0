"""What people answer without orders: «Conforme, gracias», «No conforme: sigue igual», «Concluido». Words are data (words.toml)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from maild.core.rulebook import Answers
from maild.core.typography import plain
from maild.core.words import fold

# A greeting alone on its line, on folded words; «Hola, conforme» is an answer behind one.
GREETING = re.compile(
    r"(estimad\w{0,6}|apreciad\w{0,6}|buen(?:[oa]s?)? (?:dias?|tardes?|noches?)|buenas|bom dia|boa tarde|boa noite|prezad\w{0,4}"
    r"|senor(?:es|a|as)?|hola|ola|dear|hi|hello|good (?:morning|afternoon)|sres?|ing|lic|dr)\b"
)
_GREETED = re.compile(
    r"((?:hola|buen(?:[oa]s?)? (?:dias?|tardes?|noches?)|buenas|hi|hello)(?: [^\W\d_]{1,20}){0,2}) ?[,;.:!-]+ ?"
)
# A courtesy that goes on like this is the beginning of something else. On folded words.
TURNS = re.compile(r"\?|\b(pero|aunque|sin embargo|todavia|aun|salvo|excepto|mas bien|but|however|yet|except|porem)\b")
# What opens a sentence in writing says nothing: «¡Gracias!» is thanks. A «¿» stays: a question is no answer.
_OPENING = " \t¡«“\"'*_·-–—"
_CLOSING = ":.,;!…\"'»*_-–—"
_GLUED = re.compile(r"([.,;:!…–—])(?=[^\W\d_])")  # «Conforme.Gracias» as phones write it
_MOST_LINES = 40
_LONGEST_LINE = 1000


def answer(
    new_text: str, answers: Answers, *, standing: Collection[str] | None = None, open_for: Collection[str] = ()
) -> tuple[str, str]:
    """The answer that the first line of the text gives without an order, and the words after it: ('nonconform', 'sigue igual').

    An answer is the whole line, or stands before a colon, comma, dot or dash, or before thanks. A yes or thanks that
    go on to complain or to ask, in whichever line, are none: then a person must read them. ('', '') when the line
    answers nothing. `standing`: who writes, None for anybody; `open_for`: the verbs that somebody waits for from him.
    """
    pieces = _GLUED.sub(r"\1 ", _first_line(new_text)).split()
    said = [fold(piece) for piece in pieces]
    for key, words in _said_by(answers, standing, open_for):
        goes_on = answers.goes_on.get(key, "")
        tried = (_begins(said, word.split(), answers) or _loudly(pieces, word, goes_on) for word in words)
        count = next((n for n in tried if n), 0)
        if not count:
            continue
        rest = " ".join(pieces[count:]).lstrip(" :.,;-–—").strip()
        return ("", "") if _taken_back(key, pieces[:count], rest, new_text, answers) else (key, rest)
    return "", ""


def _first_line(new_text: str) -> str:
    lines = (plain(line[:_LONGEST_LINE]).strip().lstrip(_OPENING) for line in new_text.splitlines()[:_MOST_LINES])
    for line in (line for line in lines if line):
        folded = fold(line)
        if not GREETING.match(folded):
            return line
        greeted = _GREETED.match(folded)
        if greeted and (rest := " ".join(line.split()[len(greeted[1].split()) :])):
            return rest.lstrip(_OPENING + ",;.:!")
    return ""


def _said_by(
    answers: Answers, standing: Collection[str] | None, open_for: Collection[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The answers that this person may give, each with its words."""
    for key, words in answers.words.items():
        who = answers.who.get(key, ())
        if who and standing is not None and not set(who) & set(standing):
            continue
        waited = answers.verbs.get(key, "") in open_for
        yield key, (*words, *(answers.asked.get(key, ()) if waited else ()))


def _taken_back(key: str, head: list[str], rest: str, new_text: str, answers: Answers) -> bool:
    """Whether what follows contradicts the answer or leaves it in doubt."""
    if key == "conform":
        return _doubtful(fold(rest), answers) or _turns(fold(new_text), answers)
    if key == "thanks":
        return _turns(fold(new_text), answers)
    if key == "nonconform":  # «no conforme gracias»: a comma is missing, and nobody knows where
        return bool(rest) and not head[-1].endswith(tuple(_CLOSING)) and not _doubtful(fold(rest), answers)
    return False


def _loudly(pieces: list[str], word: str, goes_on: str) -> int:
    """How many pieces say an answer behind which more follows at once: «VISITA 30/11», «REPUESTO fusor»."""
    count = len(word.split())
    head = " ".join(pieces[:count])
    return count if goes_on and fold(head) == word and (goes_on == "any" or head.isupper()) else 0


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
    return bool(TURNS.search(words)) or any(f" {complaint} " in words for complaint in complaints)


def _doubtful(rest: str, answers: Answers) -> bool:
    """Whether what follows a yes takes it back: anything but thanks and courtesy."""
    left = rest.strip(" :.,;-–—!")
    return bool(left) and not any(left.startswith(word) for word in answers.words.get("thanks", ()))
