"""From forms to the Rulebook of the core, checking that every name in them is the name of something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from maild.core.rulebook import (
    RELATIONS,
    Always,
    Answers,
    Clock,
    LetterTo,
    Move,
    OnClock,
    OnOrder,
    OnReply,
    Procedure,
    Reopening,
    Role,
    Rulebook,
    State,
    Step,
    Trigger,
    Verb,
)
from maild.core.words import fold
from maild.core.worktime import Calendar, Span
from maild.errors import Problem
from maild.forms import offer
from maild.rules import files

_SPAN = re.compile(r"(\d{1,5})(m|h|d|wh|wd)")
_INTERVAL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Sources:
    """Every file of a folder, read."""

    institution: files.InstitutionFile
    states: files.StatesFile
    clocks: files.ClocksFile
    commands: files.CommandsFile
    words: files.WordsFile
    calendar: files.CalendarFile
    procedures: Mapping[str, files.ProcedureFile]
    zone: ZoneInfo
    mark: str


@dataclass(slots=True)
class _Builder:
    sources: Sources
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, file: str, key: str, text: str) -> None:
        self.problems.append(Problem(file, key, text))

    def known(self, name: str, names: Iterable[str], what: str, file: str, key: str) -> str:
        """The name; a problem with the nearest right one when nothing is called so."""
        if name not in (all_names := tuple(names)):
            hint = offer(name, all_names) or (f"; los que hay: {', '.join(all_names)}" if len(all_names) < 25 else "")
            self.wrong(file, key, f"no conozco {what} «{name}»{hint}")
        return name

    # -- small forms ----------------------------------------------------------------------------------------------

    def span(self, text: str, file: str, key: str) -> Span | None:
        if not text:
            return None
        match = _SPAN.fullmatch(text)
        if match is None:
            self.wrong(file, key, f"«{text}» no es un plazo; escriba 30m, 24h, 2d, o en horario laboral 4wh, 2wd")
            return None
        return Span(int(match[1]), match[2])  # type: ignore[arg-type]  # the pattern names the units

    def letters(self, letters: files.Letters, file: str, key: str) -> tuple[LetterTo, ...]:
        people = (*RELATIONS, *self.sources.institution.role)
        return tuple(
            LetterTo(template, self.known(to, people, "a quién escribir:", file, f"{key}.{template}"))
            for template, whom in letters.items()
            for to in _names(whom)
        )

    def roles(self, names: files.Names, file: str, key: str) -> tuple[str, ...]:
        known = (*self.sources.institution.role, *RELATIONS)
        return tuple(self.known(name, known, "la función", file, key) for name in _names(names))

    # -- procedures -----------------------------------------------------------------------------------------------

    def trigger(self, text: str, file: str, key: str) -> Trigger:
        """`#orden`, `#orden valor`, `clock:reloj`, `reply:relación` or `always`."""
        if text.startswith("#"):
            verb, _, value = text[1:].partition(" ")
            return OnOrder(self.known(verb, self.sources.commands.verb, "la orden", file, key), fold(value))
        kind, _, name = text.partition(":")
        if kind == "clock":
            return OnClock(self.known(name, self.sources.clocks.clock, "el reloj", file, key))
        if kind == "reply":
            return OnReply(self.known(name, RELATIONS, "la relación", file, key))
        if text != "always":
            self.wrong(file, key, f"«{text}» no es un disparo; escriba #orden, clock:reloj, reply:requester o always")
        return Always()

    def move(self, form: files.MoveForm, steps: Iterable[str], file: str, key: str) -> Move:
        clocks = self.sources.clocks.clock
        if form.state:
            self.known(form.state, self.sources.states.state, "el estado", file, f"{key}.state")
        return Move(
            on=tuple(self.trigger(text, file, f"{key}.on") for text in _names(form.on)),
            to=tuple(self.known(s, steps, "el paso", file, f"{key}.to") for s in _names(form.to)),
            result=form.result,
            by=self.roles(form.by, file, f"{key}.by"),
            when=dict(form.when),
            unless=dict(form.unless),
            tell=dict(form.tell),
            letters=self.letters(form.letters, file, f"{key}.letters"),
            state=form.state,
            start=tuple(self.known(c, clocks, "el reloj", file, f"{key}.start") for c in _names(form.start)),
            stop=tuple(self.known(c, clocks, "el reloj", file, f"{key}.stop") for c in _names(form.stop)),
            requires=form.requires,
            again=form.again,
            closing=form.closing,
        )

    def step(self, number: str, form: files.StepForm, steps: Iterable[str], file: str) -> Step:
        key = f"step.{number}"
        clocks = self.sources.clocks.clock
        return Step(
            number=number,
            name=form.name,
            kind=form.kind,
            role=self.known(form.role, self.sources.institution.role, "la función", file, f"{key}.role"),
            state=self.known(form.state, self.sources.states.state, "el estado", file, f"{key}.state"),
            clocks=tuple(self.known(c, clocks, "el reloj", file, f"{key}.clocks") for c in form.clocks),
            turn=self.letters(form.turn, file, f"{key}.turn"),
            moves=tuple(self.move(m, steps, file, f"{key}.move.{i}") for i, m in enumerate(form.move, 1)),
            printed=form.printed,
        )

    def procedure(self, file: str, form: files.ProcedureFile) -> Procedure:
        steps = tuple(form.step)
        self.known(form.first, steps, "el paso", file, "first")
        built = {number: self.step(number, step, steps, file) for number, step in form.step.items()}
        return Procedure(form.key, form.name, form.source, built, form.first)

    # -- the rest of the folder -----------------------------------------------------------------------------------

    def calendar(self) -> Calendar:
        week = tuple(tuple(self.intervals(getattr(self.sources.calendar, day), day)) for day in _DAYS)
        return Calendar(self.sources.zone, week, frozenset(self.holidays()))

    def intervals(self, texts: Iterable[str], day: str) -> Iterator[tuple[time, time]]:
        for text in texts:
            match = _INTERVAL.fullmatch(text)
            start = time(int(match[1]), int(match[2])) if match else time(0)
            end = time(int(match[3]) % 24, int(match[4])) if match else time(0)
            if match is None or start >= end:
                self.wrong("calendar.toml", day, f"«{text}» no es un horario; escriba 08:30-13:00")
            else:
                yield start, end

    def holidays(self) -> Iterator[date]:
        for text in self.sources.calendar.holiday:
            try:
                yield date.fromisoformat(text)
            except ValueError:
                self.wrong("calendar.toml", f"holiday.{text}", "no es una fecha; escriba 2026-07-28")

    def verb(self, key: str, form: files.VerbForm) -> Verb:
        return Verb(
            key=key,
            act=form.act,
            spellings=tuple(fold(word) for word in form.spellings),
            by=self.roles(form.by, "commands.toml", f"verb.{key}.by"),
            needs=form.needs,
            proof=int(form.proof[1:]),
            button=dict(form.button),
            closing=form.closing,
        )

    def answers(self) -> Answers:
        verbs = self.sources.commands.verb
        forms = self.sources.words.answer
        for key, form in forms.items():
            if form.verb:
                self.known(form.verb, verbs, "la orden", "words.toml", f"answer.{key}.verb")
        # Longer words first: «no conforme» must not be read as «no».
        words = {k: tuple(sorted((fold(w) for w in f.words), key=len, reverse=True)) for k, f in forms.items()}
        return Answers(words, {k: f.verb for k, f in forms.items() if f.verb})

    def reopening(self, procedures: Mapping[str, Procedure]) -> Reopening:
        form = self.sources.institution.reopening
        places = tuple(f"{p.key}:{number}" for p in procedures.values() for number in p.steps)
        if form.mode == "reopen":
            self.known(form.step, places, "el paso", "institution.toml", "reopening.step")
        within = self.span(form.within, "institution.toml", "reopening.within")
        letters = self.letters(form.letters, "institution.toml", "reopening.letters")
        return Reopening(form.mode, within, form.step, letters)

    def clock(self, key: str, form: files.ClockForm) -> Clock:
        span = self.span(form.after, "clocks.toml", f"clock.{key}.after")
        return Clock(key, span, form.meaning, dict(form.only_if))


def _names(names: Any) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def build(sources: Sources) -> tuple[Rulebook, list[Problem]]:
    """The rulebook, and every name in it that nothing has (then the book is not to be used)."""
    builder = _Builder(sources)
    institution = sources.institution
    procedures = {form.key: builder.procedure(file, form) for file, form in sources.procedures.items()}
    for key, form in institution.type.items():
        builder.known(form.procedure, procedures, "el procedimiento", "institution.toml", f"type.{key}.procedure")
    builder.known(
        institution.institution.default_type,
        institution.type,
        "el tipo",
        "institution.toml",
        "institution.default_type",
    )
    book = Rulebook(
        key=institution.institution.key,
        name=institution.institution.name,
        mark_key=sources.mark or institution.institution.mark,
        states={k: State(k, f.label, f.kind) for k, f in sources.states.state.items()},
        roles={k: Role(k, f.label, f.kind, f.audience) for k, f in institution.role.items()},
        types={k: f.label for k, f in institution.type.items()},
        priorities={k: f.label for k, f in institution.priority.items()},
        clocks={k: builder.clock(k, f) for k, f in sources.clocks.clock.items()},
        verbs={k: builder.verb(k, f) for k, f in sources.commands.verb.items()},
        procedures=procedures,
        opening={k: f.procedure for k, f in institution.type.items()},
        default_type=institution.institution.default_type,
        reopening=builder.reopening(procedures),
        answers=builder.answers(),
        calendar=builder.calendar(),
        settings={f"conformity.{k}": v for k, v in institution.conformity.items()},
        letters={k: builder.letters(f, "institution.toml", f"letters.{k}") for k, f in institution.letters.items()},
    )
    return book, builder.problems
