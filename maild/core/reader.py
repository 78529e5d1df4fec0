"""Who says what a mail is about: the words of a mail by what they are, and the rules that judge them. Light enough for a child process."""

from __future__ import annotations

from dataclasses import dataclass

from maild.core import subject
from maild.core.classify import Classifier, Verdict, classify
from maild.core.places import Words
from maild.core.values import CutKind, Mail

_CITED = (CutKind.QUOTE, CutKind.FORWARD)


@dataclass(frozen=True, slots=True)
class Reader:
    """As much of the rules as it takes to reach a verdict: it can be handed to another process."""

    classifier: Classifier
    mark_key: str

    def verdict(self, mail: Mail) -> Verdict:
        return classify(words_of(mail, self.mark_key), self.classifier)


def words_of(mail: Mail, mark_key: str) -> Words:
    """The words of a mail by what they are. One that only passes something on is about what it passes on."""
    title = subject.title(mail.subject, mark_key)
    old = "\n".join(mail.text[cut.start : cut.end] for cut in mail.cuts if cut.kind in _CITED)
    said = mail.new_text
    if len(said.split()) < 2 and old:
        said, old = f"{said}\n{old}", ""
    return Words(title, said, old, answers=title != " ".join(mail.subject.split()))
