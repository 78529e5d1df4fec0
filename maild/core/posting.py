"""Writing the letters of one ticket inside a decision: to whom, each once, and what being written to brings with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from maild.core.effects import CallIn, Send, Tell
from maild.core.moves import LetterTo
from maild.core.office import Recipient, Scene
from maild.core.values import Address

if TYPE_CHECKING:
    from maild.core.procedure import Walk

# The fact that a letter which a ticket is sent once has gone out.
SENT = "_sent."


def send(walk: Walk, letters: Iterable[LetterTo], role: str, told: Mapping[str, str], but: str) -> None:
    """Each template once to each person, and what is sent once in a ticket's life once at all."""
    book, draft = walk.office.book, walk.draft
    for letter in letters:
        number = walk.ticket.number
        facts = {**draft.told, **told}
        sent = walk.ticket.fact(SENT + letter.template)
        if sent and (letter.template in book.once or sent == _print(facts)):
            continue
        if letter.template == book.survey.template and not _may_be_asked(walk):
            continue
        for to, audience, language in walk.office.recipients(letter.to, _scene(walk, role)):
            if to.address == but or draft.has_sent(number, letter.template, to.address):
                continue
            draft.do(Send(number, letter.template, to, audience, language, tuple(facts.items())))
            if letter.template in book.once_per_text:
                draft.do(Tell(number, SENT + letter.template, _print(facts)))
            _note(walk, letter, to)


def _may_be_asked(walk: Walk) -> bool:
    """Nobody is asked how well he served himself, nor more often than the institution wants."""
    survey, ticket, draft = walk.office.book.survey, walk.ticket, walk.draft
    if survey.most and draft.kin.surveyed >= survey.most:
        draft.because("survey-spared", count=draft.kin.surveyed)
        return False
    asked = walk.office.directory.by_address(ticket.requester.address)
    his = asked.addresses if asked else (ticket.requester.address,)
    closes = draft.sender if asked and walk.office.book.is_staff(asked.role) else None
    if any(who and who.address in his for who in (ticket.responsible, closes)):
        draft.because("survey-of-himself")
        return False
    return True


def _print(facts: Mapping[str, str]) -> str:
    """What a letter says, in few characters: to know whether it would say the same again."""
    return hashlib.sha256(facts.get("text", "").encode("utf-8", "replace")).hexdigest()[:16]


def whom(walk: Walk, to: str) -> tuple[Recipient, ...]:
    return walk.office.recipients(to, _scene(walk, ""))


def _note(walk: Walk, letter: LetterTo, to: Address) -> None:
    """Remember what is sent once; a survey starts its clock; a provider who is written to takes part from now on."""
    book, number, template = walk.office.book, walk.ticket.number, letter.template
    if template in book.once or template == book.survey.template:
        walk.draft.do(Tell(number, SENT + template, to.address))
    if template == book.survey.template and book.survey.clock:
        walk.start(book.survey.clock, 0)
    if book.provider_roles() & set(letter.to.split("|")) and to.address not in {
        p.address for p in walk.ticket.providers
    }:
        person = walk.office.directory.by_address(to.address)
        if person and person.role in book.provider_roles():
            walk.draft.do(CallIn(number, to))


def _scene(walk: Walk, role: str) -> Scene:
    said = walk.said
    return Scene(
        ticket=walk.ticket,
        sender=walk.draft.sender,
        named=said.named,
        role=role,
        caller=walk.draft.caller(walk.ticket),
        listed=said.listed,
        today=walk.draft.today,
    )
