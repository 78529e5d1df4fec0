"""A new mail gets its type, row of the catalogue and priority, and the reasons for them; filters may say it first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from maild.core.catalogue import Service
from maild.core.classify import Answer, Spoke, Verdict, classify
from maild.core.filters import Filtered
from maild.core.places import Words
from maild.core.reader import Reader
from maild.core.rulebook import Rulebook
from maild.core.values import Mail, Reason, because

NOTHING = Filtered()
UNSAID = Verdict()


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a mail is here: keys of the institution's own lists, '' where nothing is known."""

    type: str
    service: Service | None = None
    priority: str = ""
    verdict: Verdict = UNSAID

    def reasons(self, *, all_of_them: bool = False) -> Iterator[Reason]:
        """Why, as codes and facts: what won and by how much, and the signs that spoke for it and for the next."""
        verdict = self.verdict
        if self.service is not None:
            yield _won("service", f"{self.service.category} · {self.service.name}", verdict.service)
        elif verdict.service.spoke:
            yield because("not-sorted", score=_shown(verdict.service.score))
        for question, answer in (("type", verdict.nature), ("urgency", verdict.urgency), ("impact", verdict.impact)):
            if answer.value and (question not in ("urgency", "impact") or self.priority):
                yield _won(question, self.type if question == "type" else answer.value, answer)
        for question, answer in (
            ("service", verdict.service),
            ("type", verdict.nature),
            ("urgency", verdict.urgency),
            ("impact", verdict.impact),
        ):
            told = sorted(answer.spoke, key=lambda s: -abs(s.weight)) if all_of_them else answer.told()
            yield from (_spoke(question, each) for each in told)


def _won(question: str, value: str, answer: Answer) -> Reason:
    after = answer.ranked[1][0] if len(answer.ranked) > 1 else "—"
    return because(
        "sorted", question=question, value=value, score=_shown(answer.score), margin=_shown(answer.margin), after=after
    )


_SPOKE = ("question", "answer", "weight", "place", "sign", "words")


def _spoke(question: str, spoke: Spoke) -> Reason:
    told = (question, spoke.answer, _shown(spoke.weight), spoke.place, spoke.sign, spoke.words)
    return Reason("spoke", tuple(zip(_SPOKE, told, strict=True)))


def _shown(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class Read:
    """A first mail as the rules read it: the filters that fit, what it is, of which thing it reports a failure ('': of none)."""

    filtered: Filtered
    found: Sorted
    thing: str = ""


def reader(book: Rulebook) -> Reader | None:
    """Whoever reads by these rules; None where they sort nothing."""
    return Reader(book.classifier, book.mark_key) if book.classifier else None


def sort_mail(mail: Mail, book: Rulebook, filtered: Filtered = NOTHING, verdict: Verdict | None = None) -> Sorted:
    """What a mail is; `verdict`: about its words, where that was reached before."""
    who = None if verdict else reader(book)
    return sorted_by(verdict or (who.verdict(mail) if who else UNSAID), book, filtered)


def sort(words: Words, book: Rulebook, filtered: Filtered = NOTHING) -> Sorted:
    """What the rules make of these words; what a filter says goes first."""
    return sorted_by(classify(words, book.classifier) if book.classifier else UNSAID, book, filtered)


def sorted_by(verdict: Verdict, book: Rulebook, filtered: Filtered = NOTHING) -> Sorted:
    """What a mail is in this institution after the verdict about its words; what a filter says goes first."""
    if book.classifier is None:
        return Sorted(book.default_type)
    service = book.services.get(filtered.said("service") or verdict.service.value)
    priority = filtered.said("priority") or verdict.priority or (service.priority if service else "")
    kind = filtered.said("type") or _type(service, verdict.nature.value, book)
    return Sorted(kind, service, priority, verdict)


def _type(service: Service | None, nature: str, book: Rulebook) -> str:
    """The type: the row's own where types are procedures, else the one of this nature, the row's own before others."""
    own = service.type if service else ""
    if own and own not in book.natures:
        return own
    alike = [key for key, kind in book.natures.items() if kind == nature]
    if own and (own in alike or not alike):
        return own
    return alike[0] if alike else own or book.default_type


def understood_by(found: Sorted) -> str:
    """The words by which the row was chosen, for the person who wrote them: «no imprime», «impresora». None where a filter chose."""
    chosen = found.verdict.service
    if found.service is None or found.service.key != chosen.value:
        return ""
    return ", ".join(f"«{each}»" for each in chosen.understood())
