"""Everything of a folder that is no procedure: clocks, verbs, mail rules and the lists, every name checked."""

from __future__ import annotations

from collections.abc import Mapping

from maild.core.catalogue import Column, Criterion, Document, Indicator, Level, Macro, Service, Table
from maild.core.clocks import SUPERIORS, Clock, Ladder
from maild.core.findings import ASKS
from maild.core.indicators import COMPUTED, FACTS
from maild.core.moves import NEEDS, Procedure
from maild.core.orders import read
from maild.core.past import SECTIONS
from maild.core.policy import BY_PROOF
from maild.core.rulebook import Answers, MailRule, Reopening, Survey, Verb
from maild.core.takes import TAKES
from maild.core.words import fold
from maild.forms import offer
from maild.rules import files, recurring, spelling
from maild.rules.naming import Names, listed

_LEAST_COLUMNS = 2


def clock(names: Names, key: str, form: files.ClockForm) -> Clock:
    at = f"clock.{key}"
    return Clock(
        key=key,
        span=names.span(form.after, "clocks.toml", f"{at}.after"),
        meaning=form.meaning,
        only_if=dict(form.only_if),
        given_by=form.given_by,
        before=names.span(form.before, "clocks.toml", f"{at}.before"),
        scope=form.scope,
        schedule=recurring.schedule(names, form, at),
        recurring=form.recurring,
        again=form.again,
        together=form.together,
        opens=recurring.opening(names, form.opens, f"{at}.opens") if form.opens else None,
        letters=names.letters(form.letters, "clocks.toml", f"{at}.letters"),
        origin=form.origin,
        printed=form.printed,
        pauses=tuple(
            names.known(s, names.sources.states.state, "el estado", "clocks.toml", f"{at}.pauses")
            for s in listed(form.pauses)
        ),
        of=form.of,
        urgent=form.urgent,
        report=_sections(names, listed(form.report), f"{at}.report"),
        climbs=_climbs(names, listed(form.climbs), f"{at}.climbs"),
        times=form.times,
        name=form.name,
        expects=recurring.expected(names, form, form.expects, f"{at}.expects") if form.expects else None,
        lists=recurring.lists(names, form, f"{at}.lists"),
    )


def _climbs(names: Names, who: tuple[str, ...], at: str) -> tuple[str, ...]:
    names.roles(tuple(each for each in who if each != SUPERIORS), "clocks.toml", at)
    return who


def ladder(names: Names) -> Ladder:
    form = names.sources.clocks.ladder
    superiors = names.roles(form.superiors, "clocks.toml", "ladder.superiors")
    return Ladder(names.span(form.after, "clocks.toml", "ladder.after"), form.template, superiors)


def _sections(names: Names, keys: tuple[str, ...], at: str) -> tuple[str, ...]:
    return tuple(names.known(key, SECTIONS, "la parte", "clocks.toml", at) for key in keys)


def verb(names: Names, key: str, form: files.VerbForm) -> Verb:
    at = f"verb.{key}"
    for need in form.needs:
        if need not in NEEDS and not need.startswith("fact:"):
            hint = offer(need, NEEDS) or f"; las que hay: {', '.join(NEEDS)}, fact:dato"
            names.wrong("commands.toml", f"{at}.needs", f"«{need}» no es una de las exigencias{hint}")
    fact = names.sources.commands.fact.get(key)
    spellings = spelling.of(key, form, names.sources.words.endings)
    default = ("span",) if "span" in form.needs else TAKES.get(form.act, ())
    return Verb(
        key=key,
        act=form.act,
        spellings=spellings,
        by=names.roles(form.by, "commands.toml", f"{at}.by"),
        needs=form.needs,
        weight=BY_PROOF[form.proof],
        button=dict(form.button),
        closing=form.closing,
        quiet=form.quiet,
        confirmed=form.confirmed,
        conformity=form.conformity,
        spaced=form.spaced,
        letters=names.letters(form.letters, "commands.toml", f"{at}.letters"),
        values=tuple(fold(value) for value in fact.values) if fact and form.act == "fact" else (),
        takes=default if form.takes is None else form.takes,
        phrases={fold(phrase): value for phrase, value in form.phrases.items()},
        signed=tuple(fold(phrase) for phrase in form.signed),
        awaited=form.awaited or form.act == "fact",
        alone=form.alone,
        careful=form.careful,
        instead=names.known(form.instead, names.sources.commands.verb, "la orden", "commands.toml", f"{at}.instead")
        if form.instead
        else "",
        about=dict(form.about),
        card=dict(form.card),
    )


def macros(names: Names, verbs: Mapping[str, Verb]) -> dict[str, Macro]:
    """Macros by their folded name; every order in them must be one."""
    found = {}
    for key, form in names.sources.macros.macro.items():
        given = read(form.orders, "", "", verbs, names.sources.institution.institution.mark)
        for order in (each for each in given if not each.verb):
            wrong = f"«#{order.word}» no es una orden{offer(order.word, verbs)}"
            names.wrong("macros.toml", f"macro.{key}.orders", wrong)
        if not given:
            names.wrong("macros.toml", f"macro.{key}.orders", "no da ninguna orden; escriba #responder")
        found[fold(key)] = Macro(form.orders, form.text)
    return found


def answers(names: Names) -> Answers:
    verbs = names.sources.commands.verb
    forms = names.sources.words.answer
    for key, form in forms.items():
        if form.verb:
            names.known(form.verb, verbs, "la orden", "words.toml", f"answer.{key}.verb")
    # Longer words first: «no conforme» must not be read as «no».
    words = {k: tuple(sorted((fold(w) for w in f.words), key=len, reverse=True)) for k, f in forms.items()}
    return Answers(
        words,
        {k: f.verb for k, f in forms.items() if f.verb},
        {k: tuple(sorted((fold(w) for w in f.asked), key=len, reverse=True)) for k, f in forms.items() if f.asked},
        {k: names.roles(f.who, "words.toml", f"answer.{k}.who") for k, f in forms.items() if f.who},
        {k: f.goes_on for k, f in forms.items() if f.goes_on},
    )


def reopening(names: Names, procedures: Mapping[str, Procedure]) -> Reopening:
    form = names.sources.institution.reopening
    places = tuple(f"{p.key}:{number}" for p in procedures.values() for number in p.steps)
    if form.mode == "reopen":
        names.known(form.step, places, "el paso", "institution.toml", "reopening.step")
    within = names.span(form.within, "institution.toml", "reopening.within")
    letters = names.letters(form.letters, "institution.toml", "reopening.letters")
    return Reopening(form.mode, within, form.step, letters)


def survey(names: Names) -> Survey:
    form = names.sources.institution.survey
    if form.clock:
        names.clocks(form.clock, "institution.toml", "survey.clock")
    return Survey(form.template, form.best, form.clock, form.most, form.days)


def mail_rule(names: Names, key: str, form: files.MailRuleForm) -> MailRule:
    at = f"mail.{key}"
    sources = names.sources
    if form.opens:
        names.known(form.opens, sources.institution.type, "el tipo", "mails.toml", f"{at}.opens")
    if form.requester:
        names.known(form.requester, sources.roles.role, "la función", "mails.toml", f"{at}.requester")
    return MailRule(
        key=key,
        sender=names.roles(form.sender, "mails.toml", f"{at}.sender"),
        subject=tuple(fold(word) for word in form.subject),
        words=tuple(fold(word) for word in form.words),
        read={fact: fold(label) for fact, label in form.read.items()},
        tell=dict(form.tell),
        finds=form.finds,
        joins=form.joins,
        opens=form.opens,
        requester=form.requester,
        letters=names.letters(form.letters, "mails.toml", f"{at}.letters"),
    )


def services(names: Names) -> dict[str, Service]:
    found = {}
    for key, form in names.sources.catalogue.service.items():
        if form.type:
            names.known(form.type, names.sources.institution.type, "el tipo", "catalogue.toml", f"service.{key}.type")
        if form.priority:
            priorities = names.sources.priorities.priority
            names.known(form.priority, priorities, "la prioridad", "catalogue.toml", f"service.{key}.priority")
        for ask in form.asks:
            names.known(ask, ASKS, "el dato", "catalogue.toml", f"service.{key}.asks")
        spellings = tuple(fold(word) for word in form.spellings)
        found[key] = Service(
            key, form.name, form.category, form.number, form.printed, form.type, form.priority, form.asks, spellings
        )
    return found


def levels(names: Names) -> dict[str, Level]:
    forms = names.sources.escalation.level
    for key, form in forms.items():
        if form.role:
            names.known(form.role, names.sources.roles.role, "la función", "escalation.toml", f"level.{key}.role")
    return {key: Level(key, form.label, form.role, form.definition) for key, form in forms.items()}


def criteria(names: Names) -> dict[str, Criterion]:
    forms = names.sources.escalation.criterion
    for key, form in forms.items():
        names.known(form.level, names.sources.escalation.level, "el nivel", "escalation.toml", f"criterion.{key}")
    return {key: Criterion(key, form.level, form.text) for key, form in forms.items()}


def documents(names: Names) -> dict[str, Document]:
    return {
        key: Document(
            key,
            form.label,
            form.form,
            form.heading,
            form.fields,
            form.blocks,
            form.columns,
            form.signatures,
            form.note,
            form.numbering,
            form.files,
        )
        for key, form in names.sources.documents.document.items()
    }


def tables(names: Names) -> dict[str, Table]:
    """Each table that people may send; a column is looked for by its key and by its other words, and by no two the same."""
    found = {}
    for key, form in names.sources.documents.table.items():
        taken: dict[str, str] = {}
        if len(form.column) < _LEAST_COLUMNS:
            names.wrong("documents.toml", f"table.{key}", "una tabla tiene al menos dos columnas")
        for name, column in form.column.items():
            if name != fold(name):
                at = f"table.{key}.column.{name}"
                names.wrong("documents.toml", at, f"escriba la columna en minúsculas y sin tildes: {fold(name)}")
            for word in (name, *column.also):
                if taken.setdefault(fold(word), name) != name:
                    at = f"table.{key}.column.{name}"
                    names.wrong("documents.toml", at, f"«{word}» ya es la columna «{taken[fold(word)]}»")
        columns = (
            Column(n, c.kind, tuple(fold(w) for w in c.also), c.required, c.unique) for n, c in form.column.items()
        )
        found[key] = Table(key, tuple(columns))
    return found


def indicators(names: Names) -> dict[str, Indicator]:
    return {key: _indicator(names, key, form) for key, form in names.sources.indicators.indicator.items()}


def _indicator(names: Names, key: str, form: files.IndicatorForm) -> Indicator:
    file, at, sources = "indicators.toml", f"indicator.{key}", names.sources
    facts = listed(form.facts)
    if form.computed:
        names.known(form.computed, COMPUTED, "la cuenta", file, f"{at}.computed")
        if len(facts) < (least := FACTS.get(form.computed, 0)):
            names.wrong(file, f"{at}.facts", f"«{form.computed}» cuenta según {least} datos: facts = […]")
    given = (
        (form.type, sources.institution.type, "el tipo", "type"),
        (form.state, sources.states.state, "el estado", "state"),
        (form.closing, sources.states.closing, "el motivo de cierre", "closing"),
    )
    names.each_known(given, file, at)
    for fact in facts:
        names.known(
            fact, names.facts() | {f"doc.{d}" for d in sources.documents.document}, "el dato", file, f"{at}.facts"
        )
    clocks = names.clocks(form.clocks, file, f"{at}.clocks")
    target = names.span(form.target, file, f"{at}.target")
    return Indicator(
        key, form.name, form.formula, form.computed, form.type, facts, form.state, clocks, form.closing, target
    )
