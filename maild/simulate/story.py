"""A story file as typed values, or every mistake in it, each naming file, step and key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from maild.errors import Problem, UsageError
from maild.forms import Field, Flag, Form, Line, MailAddress, checked, fill, offer

_TICKET = re.compile(r"\{([A-Za-z]\w{0,20})\}")
_LARGEST = 64 * 1024 * 1024
Value = str | int | float | bool
Names = str | tuple[str, ...]


class PersonForm(Form):
    address: MailAddress
    name: Line
    role: Line
    area: Line = ""
    site: Line = ""
    unit: Line = ""
    level: str | int = ""
    chief_of: tuple[Line, ...] = ()
    email_aliases: tuple[MailAddress, ...] = ()
    language: Line = "es"
    absent_from: date | None = None
    absent_until: date | None = None
    deputy: Line = ""


class GivenForm(Form):
    ticket: Line
    state: Line
    requester: Line
    tokens: tuple[Line, ...] = ()
    title: Line = "Sin título"
    type: Line = ""
    creator: Line = ""
    responsible: Line = ""
    parent: Line = ""
    facts: dict[str, Value] = Field(default={})
    providers: tuple[Line, ...] = ()
    timers: tuple[Line, ...] = ()
    opened_at: datetime | None = None


class AttachmentForm(Form):
    name: Line
    content_type: str = Field(default="application/octet-stream", pattern=r"^[\w.+-]+/[\w.+-]+$")
    size: int = Field(default=1000, ge=0, le=_LARGEST)
    text: str = ""  # what stands in the file; else it is filled


class MailForm(Form):
    sender: Line = Field(alias="from")
    subject: str = ""
    body: str = ""
    to: Names = ()
    cc: Names = ()
    html: str = ""
    attachments: tuple[AttachmentForm, ...] = ()
    headers: dict[str, str] = Field(default={})
    message_id: Line = ""
    reply_to_ticket: Line = ""
    auth: str = Field(default="pass", pattern="^(pass|fail|none)$")
    opens: Names = ()


class TimersForm(Form):
    started: tuple[str, ...] | None = None
    stopped: tuple[str, ...] | None = None
    fired: tuple[str, ...] | None = None


class ExpectForm(Form):
    """What a step must bring; what is absent is not judged."""

    ticket: str | None = None
    state: str | None = None
    tokens: tuple[str, ...] | None = None
    out: tuple[tuple[str, str], ...] | None = None
    timers: TimersForm | None = None
    refused: str | bool | None = None
    opened: Names | None = None
    reason: str | None = None
    facts: dict[str, Value] | None = None


class StepForm(Form):
    at: datetime
    mail: MailForm | None = None
    clock: Flag = False
    down: Flag = False
    up: Flag = False
    opens: Names = ()
    expect: ExpectForm | None = None

    @checked
    def _one_happening(self) -> StepForm:
        if self.at.tzinfo is None:
            raise ValueError("«at» necesita su zona; escriba 2026-11-02T09:00:00-05:00")
        if sum((self.mail is not None, self.clock, self.down, self.up)) != 1:
            raise ValueError("un paso tiene exactamente uno de: mail, clock, down, up")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """How the story calls the tickets that this step opens."""
        return listed(self.mail.opens if self.mail else self.opens)


class Story(Form):
    """One file: people, tickets that stand already, and what happens at stated times."""

    id: Line
    profile: str = Field(pattern=r"^[a-z0-9_-]+$")
    title: Line = ""
    settings: dict[str, Value | tuple[Value, ...]] = Field(default={})
    people: dict[str, PersonForm]
    given: tuple[GivenForm, ...] = ()
    steps: tuple[StepForm, ...]

    @checked
    def _something_happens(self) -> Story:
        if not self.steps:
            raise ValueError("la historia no tiene ningún paso en «steps»")
        return self


def listed(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


def read(path: Path) -> Story:
    """The story of a file. Raises UsageError with every mistake that can be seen without the rules."""
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path.name}: no se puede leer: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path.name}: no es JSON válido: {error}") from error
    if not isinstance(data, dict):
        raise UsageError(f"{path.name}: una historia es un objeto JSON con id, profile, people y steps")
    story, problems = fill(Story, data, path.name)
    if story is None:
        raise wrong(Problem(p.file, _counted(p.key), p.text) for p in problems)
    if found := [Problem(path.name, key, text) for key, text in _mistakes(story)]:
        raise wrong(found)
    return story


def wrong(problems: Iterator[Problem] | list[Problem]) -> UsageError:
    return UsageError("\n".join(str(problem) for problem in problems))


def _counted(key: str) -> str:
    """Steps are counted from 0 as in the output; forms count from 1, and one alone not at all."""
    numbered = re.match(r"(steps|given)\.(\d+)(.*)", key)
    if numbered:
        return f"{numbered[1]}.{int(numbered[2]) - 1}{numbered[3]}"
    alone = re.match(r"(steps|given)(\..+)", key)
    return f"{alone[1]}.0{alone[2]}" if alone else key


def _mistakes(story: Story) -> Iterator[tuple[str, str]]:
    yield from _people(story)
    tickets: list[str] = []
    for number, given in enumerate(story.given):
        yield from _given(story, given, f"given.{number}", tickets)
        tickets.append(given.ticket)
    running = True
    for number, step in enumerate(story.steps):
        key = f"steps.{number}"
        if number and step.at < story.steps[number - 1].at:
            yield f"{key}.at", "este paso ocurre antes que el anterior"
        if (step.up and running) or (step.down and not running):
            yield key, "el programa ya estaba en marcha" if running else "el programa ya estaba detenido"
        running = (running or step.up) and not step.down
        if step.mail:
            yield from _mail(story, step.mail, f"{key}.mail", tickets)
        tickets.extend(step.names)


def _people(story: Story) -> Iterator[tuple[str, str]]:
    owner: dict[str, str] = {}
    for key, person in story.people.items():
        for address in (person.address, *person.email_aliases):
            if address in owner:
                yield f"people.{key}.address", f"{address} ya es de «{owner[address]}»"
            owner.setdefault(address, key)


def _given(story: Story, given: GivenForm, key: str, earlier: list[str]) -> Iterator[tuple[str, str]]:
    if given.ticket in earlier:
        yield f"{key}.ticket", f"«{given.ticket}» ya estaba dado"
    if given.parent and given.parent not in earlier:
        yield f"{key}.parent", f"«{given.parent}» no se dio antes"
    if given.opened_at is not None and given.opened_at.tzinfo is None:
        yield f"{key}.opened_at", "necesita su zona; escriba 2026-11-02T09:00:00-05:00"
    named = [("requester", given.requester), ("creator", given.creator), ("responsible", given.responsible)]
    named += [("providers", provider) for provider in given.providers]
    for field, person in named:
        if person and person not in story.people:
            yield f"{key}.{field}", f"no hay ninguna persona «{person}»{offer(person, story.people)}"


def _mail(story: Story, mail: MailForm, key: str, tickets: list[str]) -> Iterator[tuple[str, str]]:
    fields = [("from", mail.sender), *(("to", a) for a in listed(mail.to)), *(("cc", a) for a in listed(mail.cc))]
    for field, person in fields:
        if "@" not in person and person not in story.people:
            yield f"{key}.{field}", f"no hay ninguna persona «{person}»{offer(person, story.people)}"
    texts = (("subject", mail.subject), ("body", mail.body), ("html", mail.html))
    named = [(field, name) for field, text in texts for name in _TICKET.findall(text) if re.match(r"T\d", name)]
    for field, name in [*named, *([("reply_to_ticket", mail.reply_to_ticket)] if mail.reply_to_ticket else [])]:
        if name not in tickets:
            yield f"{key}.{field}", f"ningún paso anterior abre «{name}»{offer(name, tickets)}"


def with_marks(text: str, marks: dict[str, str]) -> str:
    """The text with `{T1}` replaced by the ticket's mark; a ticket that never was opened stays as written."""
    return _TICKET.sub(lambda found: marks.get(found[1], found[0]), text)
