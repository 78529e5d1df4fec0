"""Orders in a mail: `#orden argumentos clave=valor`, in the subject, then in the first lines of the new text. Reads; never decides.

With their sign (`#`, `!`, `/`) orders are read tolerantly; without it only where nothing else can be meant (COMMANDS.md §3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from maild.core.answers import GREETING, TURNS
from maild.core.lexicon import MOST_WORDS, Lexicon, bare
from maild.core.residue import residue
from maild.core.rulebook import Verb
from maild.core.typography import plain
from maild.core.words import fold

# #45 is a number, not an order.
_SIGNED = re.compile(r"[*_`]{0,3}([#!/])[#!]{0,2}(\?|[^\W\d_][\w-]{0,40})(.{0,2000})", re.DOTALL)
_GLUED = re.compile(r"([^#]{0,200}?)[,;.]?(#[^\W\d_].{0,2000})", re.DOTALL)
_NUMBER_BEHIND = re.compile(r"([^\W\d_]{1,20})(\d{1,2})")
_PAIR = re.compile(r"([^\W\d][\w-]{0,40})=(.*)", re.DOTALL)
_TOKEN = re.compile(r'[^\s"=]{0,60}="[^"]{0,300}"|"[^"]{0,300}"|\S+')
_AROUND_EQUALS = re.compile(r"(?<=\w)[ \t]?=[ \t]?(?=[\w\"])")
_NO_LIST = re.compile(r"~~|[?¡]")  # struck out, asked or exclaimed
_JOINERS = frozenset(("y", "e", "and", "+", "&", ";", ","))
_COLONS = (":", "=")
_PAUSES = (":", ",", ".", ";", "-", "–", "—")  # «Procede, coordinar con Logística»
_MOST_ORDERS = 8
_MOST_BARE = 4
_MOST_WORDS = 40
_MOST_CUTS = 4
_MOST_LINES = 40
_LONGEST_AREA = 4000
_LONGEST_LINE = 500


@dataclass(frozen=True, slots=True)
class Order:
    """One order as written. `verb` is a verb key of the rulebook, or '' when nobody knows the word.

    `corrected`: the word was put right. `choices` are the words that one which nobody knows may have been. `args` are its
    plain words, `facts` its key=value pairs (keys folded), both in the order in which they stand; from `free` on, the
    arguments stand behind a colon. `line` is the line of the text where an order without sign stood.
    """

    word: str
    verb: str
    args: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    choices: tuple[str, ...] = ()
    corrected: bool = False
    free: int = -1
    line: str = field(default="", compare=False)

    @property
    def guess(self) -> str:
        return self.choices[0] if self.choices and not self.verb else ""

    @property
    def value(self) -> str:
        """The first argument, folded: a decision word, a type, a person's key."""
        return fold(self.args[0]) if self.args else ""

    @property
    def named(self) -> tuple[str, ...]:
        """The arguments before a colon that comes after some: what is named, not what is said of it."""
        return self.args[: self.free] if self.free > 0 else self.args

    @property
    def behind(self) -> str:
        """The words behind a colon."""
        return " ".join(self.args[self.free :]) if self.free > 0 else ""

    @property
    def text(self) -> str:
        return " ".join(self.args)


Fits = Callable[[Order], bool]


def read(
    mail_subject: str,
    title: str,
    new_text: str,
    verbs: Mapping[str, Verb] | Lexicon,
    mark_key: str,
    *,
    fits: Fits | None = None,
) -> tuple[Order, ...]:
    """Every order of a mail, subject first. `title` is our ticket's own title: what stands in it is not an order.

    `fits` says whether an order without sign is whole, valid, and this person's to give; without it none is read.
    """
    lexicon = verbs if isinstance(verbs, Lexicon) else Lexicon.of(verbs)
    reader = _Reader(lexicon, fits)
    pieces = residue(mail_subject, title, mark_key)
    above = [order for piece in pieces for order in reader.signed(piece)]
    if not above and all(spoken := [reader.bare(piece) for piece in pieces]):
        above = [order for each in spoken for order in each]
    # #hecho #hecho is two steps; an order of the subject written once more at the top of the text is the same one.
    below = [order for line in reader.opening(new_text) for order in reader.signed(line) if order not in above]
    if not below and not above:
        below = list(reader.first_line(new_text))
    return (*above, *below)[:_MOST_ORDERS]


def words(new_text: str, verbs: Mapping[str, Verb] | Lexicon) -> str:
    """What people are meant to read of it: the text below the lines of orders, or all of it where there are none."""
    lexicon = verbs if isinstance(verbs, Lexicon) else Lexicon.of(verbs)
    opening = list(_Reader(lexicon, None).opening(new_text))
    lines = new_text.splitlines()
    for position, line in enumerate(lines):
        if not opening:
            return "\n".join(lines[position:]).strip()
        if _typed(line) == opening[0]:
            opening.pop(0)
    return "" if lines else new_text


def without_bare(new_text: str, found: tuple[Order, ...]) -> str:
    """The text without the line that was an order although it bore no sign."""
    line = next((order.line for order in found if order.line), None)
    lines = new_text.splitlines()
    at = next((n for n, each in enumerate(lines) if line and _typed(each) == line), None)
    return new_text if at is None else "\n".join(lines[at + 1 :]).strip()


def _typed(line: str) -> str:
    return plain(line[:_LONGEST_LINE]).strip()


@dataclass(frozen=True, slots=True)
class _Reader:
    lexicon: Lexicon
    fits: Fits | None

    def opening(self, text: str) -> Iterator[str]:
        """The lines of orders at the top of the text, after a greeting; ends at the first other line."""
        begun = False
        for line in (_typed(raw) for raw in text.splitlines()[:_MOST_LINES]):
            if self._sign(line.split(maxsplit=1)[0] if line else "") or self._spaced_sign(line.split()[:2], 0):
                begun = True
                yield line
            elif begun or (line and not GREETING.match(fold(line))):
                return

    def first_line(self, text: str) -> tuple[Order, ...]:
        """The orders without sign in the first line that is no greeting, if it holds nothing else."""
        lines = (_typed(raw) for raw in text.splitlines()[:_MOST_LINES])
        line = next((line for line in lines if line and not GREETING.match(fold(line))), "")
        return tuple(replace(order, line=line) for order in self.bare(line))

    # -- with their sign ----------------------------------------------------------------------------------------------

    def signed(self, area: str) -> list[Order]:
        area = plain(area[:_LONGEST_AREA])
        tokens = _tokens(area) if any(sign in area for sign in "#!/") else []
        found: list[Order] = []
        at = 0
        while at < len(tokens) and len(found) < _MOST_ORDERS:
            start = self._sign(tokens[at]) or self._spaced_sign(tokens, at)
            at += 1
            if start is None:
                continue
            word, rest = start
            if not word:
                word, at = tokens[at], at + 1
            glued = _GLUED.fullmatch(rest)
            rest, tail = (glued[1], [glued[2]]) if glued else (rest, [])
            tokens[at:] = self._unglued(word, tokens[at:])
            end = next(
                (n for n in range(at, len(tokens)) if self._sign(tokens[n]) or self._spaced_sign(tokens, n)),
                len(tokens),
            )
            if tail:
                tokens[at:at] = tail
                end = at
            found.extend(self._orders(word, rest, tokens[at:end]))
            at = end
        return found[:_MOST_ORDERS]

    def _unglued(self, word: str, tokens: list[str]) -> list[str]:
        """«#prioridad alta#asignar ana»: an order glued to the value of the one before it, unless that one talks."""
        sense, _ = self.lexicon.sense([word])
        if sense is None or {"text", "title"} & set(self.lexicon.verbs[sense.verb].takes):
            return tokens
        for n, token in enumerate(tokens[:_MOST_WORDS]):
            if self._sign(token):
                break
            glued = _GLUED.fullmatch(token)
            start = self._sign(glued[2]) if glued and glued[1] else None
            if glued and start and self._known(start[0]):
                return [*tokens[:n], glued[1], glued[2], *tokens[n + 1 :]]
        return tokens

    def _sign(self, token: str) -> tuple[str, str] | None:
        """The word behind a sign and what is glued to it. Only # makes an order of a word that nobody knows."""
        match = _SIGNED.fullmatch(token)
        if match is None:
            return None
        sign, word, rest = match.groups()
        if sign != "#" and ("/" in rest or not self._known(word)):
            return None
        return word, rest

    def _spaced_sign(self, tokens: list[str], at: int) -> tuple[str, str] | None:
        """«# cerrar», as some telephones put it: only before a word that we know."""
        if tokens[at : at + 1] != ["#"] or at + 1 >= len(tokens) or not self.lexicon.sense([tokens[at + 1]])[0]:
            return None
        return "", ""

    def _known(self, word: str) -> bool:
        return self.lexicon.sense([word])[0] is not None

    def _orders(self, word: str, rest: str, following: list[str], depth: int = 0) -> list[Order]:
        """The order that begins here, and those that are joined to it: «#asignar ana; prioridad: alta»."""
        head = self._begin(word, rest, following)
        verb = self.lexicon.verbs.get(head.verb)
        tokens = self._arguments(head, word, rest, following)
        if verb is not None and "orders" in verb.takes and tokens and depth < _MOST_BARE:
            first = self._sign(tokens[0]) or (tokens[0].rstrip(":"), _colon(tokens[0]))
            return [head, *self._orders(first[0], first[1], tokens[1:], depth + 1)]
        talks = verb is not None and "text" in verb.takes
        for cut, after in self._cuts(tokens, rest) if depth < _MOST_BARE else ():
            told = any(token.endswith(":") for token in tokens[:cut]) or rest.startswith(":")
            semicolon = (tokens[cut - 1] if cut else rest).endswith(";")
            joined = self.bare(" ".join(tokens[after:])) if not told or semicolon else ()
            if not joined and semicolon and not talks:
                joined = tuple(
                    self._orders(tokens[after].rstrip(":"), _colon(tokens[after]), tokens[after + 1 :], depth + 1)
                )
            if joined and (cut == 0 or not talks or semicolon):
                return [self._with(head, rest, tokens[:cut]), *joined]
        return [self._with(head, rest, tokens)]

    def _begin(self, word: str, rest: str, following: list[str]) -> Order:
        """The order without its arguments."""
        if rest.startswith("=") and fold(word) in self.lexicon.facts and fold(word) not in self.lexicon.words:
            return Order(word, "dato" if "dato" in self.lexicon.verbs else "")
        alone = bool(rest.strip(".,!"))
        sense, _ = self.lexicon.sense([word] if alone else [word, *following])
        if sense is not None:
            return Order(word, sense.verb, sense.args)
        numbered = _NUMBER_BEHIND.fullmatch(word)
        if numbered and (sense := self.lexicon.sense([numbered[1]])[0]):
            return Order(word, sense.verb, (*sense.args, numbered[2]))
        guess = self.lexicon.guess(word)
        return Order(word, guess.verb, choices=guess.choices, corrected=bool(guess.verb))

    def _arguments(self, head: Order, word: str, rest: str, following: list[str]) -> list[str]:
        if head.verb == "dato" and rest.startswith("="):
            return [word + rest, *following]
        count = 1 if rest.strip(".,!") or head.corrected or not head.verb else self.lexicon.sense([word, *following])[1]
        glued = rest.lstrip(":=").strip()
        return [*([glued] if glued.strip(".,;:!") else []), *following[max(count, 1) - 1 :]]

    # -- without their sign -------------------------------------------------------------------------------------------

    def bare(self, area: str, depth: int = 0) -> tuple[Order, ...]:
        """The orders of which this is a list, one valid order after the other and nothing else; else ()."""
        if self.fits is None or depth >= _MOST_BARE or _NO_LIST.search(area) or len(area) > _LONGEST_LINE:
            return ()
        tokens = self._without_courtesy(_tokens(plain(area)))
        sense, count = self.lexicon.sense(tokens)
        if sense is None or sense.signed:
            return ()
        word = " ".join(tokens[:count])
        last = tokens[count - 1]
        decides = sense.verb in self.lexicon.deciding
        rest, tokens = _colon(last, _PAUSES if decides else _COLONS), tokens[count:]
        plainly = Order(word.rstrip(".,;:!"), sense.verb, sense.args)
        for cut, after in self._cuts(tokens, last):
            head = self._with(plainly, rest, tokens[:cut])
            if self._whole(head, tokens[:cut]) and (others := self.bare(" ".join(tokens[after:]), depth + 1)):
                return (head, *others)
        whole = self._with(plainly, rest, tokens)
        return (whole,) if self._whole(whole, tokens) else ()

    def _whole(self, order: Order, tokens: list[str]) -> bool:
        """Whether nothing takes it back and every argument is valid."""
        return self.fits is not None and not TURNS.search(fold(" ".join(tokens))) and self.fits(order)

    def _cuts(self, tokens: list[str], before: str) -> Iterator[tuple[int, int]]:
        """Where another order may begin behind a joiner: the end of the arguments before it, and its first word. `before` is
        what the verb itself ends with."""
        found = 0
        if tokens and before.endswith((";", ",")) and self.lexicon.sense(tokens[:MOST_WORDS])[0]:
            yield 0, 0
        for n, token in enumerate(tokens[:_MOST_WORDS]):
            joiner = token in _JOINERS
            after = n + 1
            if after >= len(tokens) or not (joiner or token.endswith((";", ","))):
                continue
            if tokens[after] in _JOINERS and after + 1 < len(tokens):
                after += 1
            if self.lexicon.sense(tokens[after : after + MOST_WORDS])[0]:
                yield (n if joiner else n + 1), after
                found += 1
            if found >= _MOST_CUTS:
                return

    def _without_courtesy(self, tokens: list[str]) -> list[str]:
        """Without «por favor» before and «gracias, Luis» behind … as far as both are courtesy."""
        polite = self.lexicon.polite
        while tokens and bare(tokens[0]) in polite:
            tokens = tokens[1:]
        while tokens and (bare(tokens[-1]) in polite or not any(map(str.isalnum, tokens[-1]))):
            tokens = tokens[:-1]
        return tokens

    # -- arguments ----------------------------------------------------------------------------------------------------

    def _with(self, head: Order, rest: str, tokens: list[str]) -> Order:
        """The order with its arguments: facts apart, marks and courtesy around them gone."""
        verb = self.lexicon.verbs.get(head.verb)
        spaced = verb is not None and verb.spaced
        args, facts = list(head.args), list[tuple[str, str]]()
        free = len(args) if rest.startswith(":") else -1
        for token in tokens[:_MOST_WORDS]:
            pair = _PAIR.fullmatch(token)
            if pair:
                facts.append((fold(pair[1]), pair[2].strip('"').strip(",;")))
            elif spaced and facts:
                facts[-1] = (facts[-1][0], f"{facts[-1][1]} {token}")
            else:
                args.append(token)
                if token.endswith(":") and free <= len(head.args):
                    free = len(args)
        talks = verb is None or "text" in verb.takes or "title" in verb.takes
        if not (talks and free >= 0) or not args:
            spoken = self._without_courtesy(args) if free <= 0 else args
            args = spoken or [arg for arg in args if verb is not None and fold(arg) in verb.values]  # «#log ok»
        if args and not talks:
            args[-1] = args[-1].rstrip(".!")
        if verb is not None and verb.alone and not head.args and (free == 0 or not args):
            given = bool(args) and fold(args[0].strip(".,;:")) in verb.values
            args, free = (args if given else [verb.alone, *args]), 1
        kept = [arg.strip('"').strip(",;:") for arg in args]
        return replace(head, args=tuple(a for a in kept if a), facts=tuple(facts), free=min(free, len(kept)))


def _colon(token: str, marks: tuple[str, ...] = _COLONS) -> str:
    return ":" if token.endswith(marks) else ""


def _tokens(area: str) -> list[str]:
    return _TOKEN.findall(_AROUND_EQUALS.sub("=", area))
