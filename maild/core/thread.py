"""Which ticket a mail belongs to: what to look up, and how to choose among what the store knows. Never touches the store.

The detectors stand in one ordered table; the first that speaks decides, and which ones were asked before it is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from maild.core import seal, subject
from maild.core.values import Mail, Reason, because

_MOST_QUOTED = 10
_MOST_SENT_TO = 20


@dataclass(frozen=True, slots=True)
class Keys:
    """What a mail says about the conversation it continues: ids, newest first; ticket numbers of the marks in its subject
    and in what it quotes; case numbers of somebody else's desk; the conversation that Outlook counts it to."""

    ids: tuple[str, ...]
    marks: tuple[int, ...]
    quoted: tuple[int, ...] = ()
    numbers: tuple[str, ...] = ()
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of the keys: the ticket of each message id, which of the marks' tickets exist, where this provider
    gave one of these numbers, which tickets have mails of this conversation; in which of them all the sender takes part;
    which of his own mails wait for his word (their orders are held); and whether he guesses: then no short code counts."""

    by_id: Mapping[str, int] = field(default_factory=dict)
    existing: frozenset[int] = frozenset()
    by_number: tuple[int, ...] = ()
    by_conversation: tuple[int, ...] = ()
    mine: frozenset[int] = frozenset()
    held: tuple[int, ...] = ()
    guesses: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """The ticket a mail speaks of (0: none), by which detector, what the letter made for its sender that it answers proves,
    and which detectors had been asked in vain."""

    number: int
    by: Reason
    token: seal.Token | None = None
    tried: tuple[str, ...] = ()

    @property
    def answers_own_letter(self) -> bool:
        return self.token is not None


def keys(mail: Mail, mark_key: str) -> Keys:
    ids = dict.fromkeys((*mail.in_reply_to, *reversed(mail.references)))
    marks = subject.marks(mail.subject, mark_key)
    quoted = tuple(n for n in _quoted_marks(mail, mark_key) if n not in marks)
    return Keys(tuple(ids), marks, quoted, subject.numbers_of_others(mail.subject, "", mark_key), mail.conversation)


def claims_a_letter(mail: Mail, wanted: Keys) -> bool:
    """Whether the mail bears something that looks like a token of ours."""
    sent_to = (a.address for a in (*mail.to, *mail.cc)[:_MOST_SENT_TO])
    return seal.has_code(mail.subject) or any(map(seal.looks_ours, wanted.ids)) or any(map(seal.looks_given, sent_to))


def _quoted_marks(mail: Mail, mark_key: str) -> tuple[int, ...]:
    """Marks in what was cut from the text. What the author writes himself about another ticket moves nothing."""
    cut = Counter(mail.text.splitlines()) - Counter(mail.new_text.splitlines())
    with_key = (line[:1000] for line in cut if mark_key.lower() in line.lower())
    return tuple(dict.fromkeys(n for line in with_key for n in subject.marks(line, mark_key)))[:_MOST_QUOTED]


@dataclass(frozen=True, slots=True)
class _Search:
    mail: Mail
    addresses: tuple[str, ...]
    wanted: Keys
    known: Known
    ring: seal.KeyRing
    today: date


def choose(
    mail: Mail, addresses: Iterable[str], wanted: Keys, known: Known, ring: seal.KeyRing, today: date
) -> Placement:
    """The first detector that speaks. `addresses` are those of the sender (one, or all of a known person)."""
    search = _Search(mail, tuple(addresses), wanted, known, ring, today)
    tried: list[str] = []
    about_none: seal.Token | None = None
    for code, find in DETECTORS.items():
        found = find(search)
        if isinstance(found, seal.Token):
            if found.ticket:
                return Placement(found.ticket, because(code), found, tuple(tried))
            about_none = found  # a list, a refusal: it proves who answers, and names no ticket
        elif found:
            return Placement(found, because(code), _proof_beside(search, found), tuple(tried))
        tried.append(code)
    return Placement(0, because("thread-signed-id" if about_none else "thread-none"), about_none, tuple(tried))


def _proof_beside(s: _Search, number: int) -> seal.Token | None:
    """Another way found the ticket; the code in the quoted letter may still prove who answers it."""
    return _codes(s, s.mail.text, (number,)) if s.addresses and seal.has_code(s.mail.text) else None


def _signed_id(s: _Search) -> seal.Token | int:
    """Our own letter to this very person is answered."""
    return next((t for i in s.wanted.ids if (t := seal.opened(i, s.addresses, s.ring, s.today))), 0)


def _reply_address(s: _Search) -> seal.Token | int:
    """It was sent to the address that one letter alone gave, to this very person."""
    sent_to = (a.address for a in (*s.mail.to, *s.mail.cc)[:_MOST_SENT_TO])
    return next((t for a in sent_to if (t := seal.replied(a, s.addresses, s.ring, s.today))), 0)


def _button(s: _Search) -> seal.Token | int:
    """The subject carries the code of a button that was made for this very person."""
    return _codes(s, s.mail.subject, s.wanted.marks) or 0


def _quoted_code(s: _Search) -> seal.Token | int:
    """Ids and subject are gone (telephones do that), but the letter is quoted down to its code."""
    if not s.wanted.quoted or not seal.has_code(s.mail.text):
        return 0
    return _codes(s, s.mail.text, s.wanted.quoted[:3]) or 0


def _codes(s: _Search, text: str, numbers: Iterable[int]) -> seal.Token | None:
    for number in (n for n in numbers if not s.known.guesses and (n in s.known.existing or n in s.known.mine)):
        token = seal.confirms(text, number, s.addresses, s.known.held, s.ring)
        if token := token or seal.carried(text, number, s.addresses, s.ring, s.today):
            return token
    return None


def _mark(s: _Search) -> int:
    """The subject carries the mark of a ticket in which he takes part."""
    return next((n for n in s.wanted.marks if n in s.known.mine), 0)


def _known_id(s: _Search) -> int:
    """A mail or letter of the ticket is answered, whoever answers it."""
    return next((s.known.by_id[i] for i in s.wanted.ids if i in s.known.by_id), 0)


def _number_of_provider(s: _Search) -> int:
    """A provider's own case number, which he gave on a ticket where he was called in."""
    return next((n for n in s.known.by_number if n in s.known.mine), 0)


def _conversation(s: _Search) -> int:
    """Outlook counts it to the conversation of a ticket in which he takes part: its servers rewrite ids, this they keep."""
    return next((n for n in s.known.by_conversation if n in s.known.mine), 0)


def _quoted_mark(s: _Search) -> int:
    """Ids and subject are gone (telephones do that), but one of our letters is quoted. Two tickets there prove nothing."""
    found = [n for n in s.wanted.quoted if n in s.known.mine]
    return found[0] if len(found) == 1 else 0


def _mark_alone(s: _Search) -> int:
    """A mark that anybody may have guessed: it names a ticket and gives no right to it."""
    return next((n for n in s.wanted.marks if n in s.known.existing), 0)


# In the order in which they are asked (FEATURES C6, CONTRACT §6).
DETECTORS: Mapping[str, Callable[[_Search], seal.Token | int]] = {
    "thread-signed-id": _signed_id,
    "thread-reply-address": _reply_address,
    "thread-button": _button,
    "thread-mark": _mark,
    "thread-known-id": _known_id,
    "thread-provider-number": _number_of_provider,
    "thread-conversation": _conversation,
    "thread-quoted-code": _quoted_code,
    "thread-quoted-mark": _quoted_mark,
    "thread-mark-alone": _mark_alone,
}
