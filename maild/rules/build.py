"""From forms to the Rulebook of the core, checking that every name in them is the name of something."""

from __future__ import annotations

from maild.core.catalogue import Channel
from maild.core.rulebook import Role, Rulebook, State
from maild.core.words import fold
from maild.errors import Problem
from maild.rules import calendars, lists, machines, outaging, policies, signs, steps
from maild.rules.naming import Names, Sources

__all__ = ["Sources", "build"]


def build(sources: Sources) -> tuple[Rulebook, list[Problem]]:
    """The rulebook, and every name in it that nothing has (then the book is not to be used)."""
    names = Names(sources)
    institution = sources.institution
    procedures = steps.procedures(names)
    calendar = calendars.calendar(names)
    _types(names, tuple(procedures))
    verbs = {k: lists.verb(names, k, f) for k, f in sources.commands.verb.items()}
    book = Rulebook(
        key=institution.institution.key,
        name=institution.institution.name,
        mark_key=sources.mark or institution.institution.mark,
        states={k: State(k, f.label, f.kind) for k, f in sources.states.state.items()},
        roles={k: Role(k, f.label, f.kind, f.audience, f.unit, f.by_area) for k, f in sources.roles.role.items()},
        types={k: f.label for k, f in institution.type.items()},
        priorities={k: f.label for k, f in sources.priorities.priority.items()},
        clocks={k: lists.clock(names, k, f) for k, f in sources.clocks.clock.items()},
        verbs=verbs,
        procedures=procedures,
        opening={k: f.procedure for k, f in institution.type.items()},
        default_type=institution.institution.default_type,
        reopening=lists.reopening(names, procedures),
        answers=lists.answers(names),
        policies=policies.policies(names),
        calendar=calendar,
        calendars=calendars.others(names, calendar),
        sites=calendars.places(names, "sites"),
        units=calendars.places(names, "units"),
        settings=_settings(sources),
        letters={k: names.letters(f, "institution.toml", f"letters.{k}") for k, f in institution.letters.items()},
        closings={k: f.label for k, f in sources.states.closing.items()},
        survey=lists.survey(names),
        ladder=lists.ladder(names),
        urgent=frozenset(k for k, f in sources.priorities.priority.items() if f.urgent),
        mails={k: lists.mail_rule(names, k, f) for k, f in sources.mails.mail.items()},
        machines=machines.machines(names),
        outages=outaging.outages(names),
        channels={k: Channel(k, f.label) for k, f in institution.channel.items()},
        services=lists.services(names),
        own_catalogue=sources.own_catalogue,
        levels=lists.levels(names),
        criteria=lists.criteria(names),
        documents=lists.documents(names),
        indicators=lists.indicators(names),
        tables=lists.tables(names),
        lists={k: f.items for k, f in sources.documents.checklist.items()},
        pairs={k: f.means for k, f in sources.commands.fact.items() if f.means},
        facts={k: f.values for k, f in sources.commands.fact.items() if f.values},
        told=frozenset({*sources.commands.fact, *(k for k, f in sources.commands.verb.items() if f.act == "fact")}),
        polite=frozenset(fold(word) for word in sources.words.polite),
        synonyms={fold(word): fold(value) for value, words in sources.words.value.items() for word in words},
        once=frozenset(institution.institution.once),
        once_per_text=frozenset(institution.institution.once_per_text),
        notices=institution.institution.notices,
        natures={k: f.nature for k, f in institution.type.items() if f.nature},
        **signs.compiled(names),
        macros=lists.macros(names, verbs),
    )
    return book, names.problems


def _types(names: Names, procedures: tuple[str, ...]) -> None:
    institution = names.sources.institution
    for key, form in institution.type.items():
        names.known(form.procedure, procedures, "el procedimiento", "institution.toml", f"type.{key}.procedure")
    default = institution.institution.default_type
    names.known(default, institution.type, "el tipo", "institution.toml", "institution.default_type")


def _settings(sources: Sources) -> dict[str, str]:
    """The dotted keys that a story may change."""
    institution = sources.institution
    return {
        **{f"conformity.{k}": v for k, v in institution.conformity.items()},
        **{f"parameters.{k}": str(v) for k, v in institution.parameters.items()},
        "knowledge_base.entries": ", ".join(institution.knowledge_base.entries),
    }
