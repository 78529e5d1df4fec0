"""Recurring clocks: their schedule, what they open, what they expect and what they list, every name checked."""

from __future__ import annotations

import re
from datetime import time

from maild.core.clocks import Expected, Opening
from maild.core.occasions import MONTHS, DayOff, Schedule
from maild.rules import files
from maild.rules.naming import Names, listed
from maild.rules.recurring_form import ExpectedForm, OpeningForm

_FILE = "clocks.toml"
_EVERY = re.compile(r"(?:(\d{1,2}) )?(day|week|month|months|year)")
_MORNING = time(8, 0)


def schedule(names: Names, form: files.ClockForm, key: str) -> Schedule | None:
    moment = names.moment(form.at, _FILE, f"{key}.at")
    if not form.every:
        return Schedule(moment) if moment else None
    match = _EVERY.fullmatch(form.every)
    if match is None or (match[1] and match[2] != "months"):
        names.wrong(_FILE, f"{key}.every", f"«{form.every}»: escriba day, week, month, 4 months o year")
        return None
    if match[2] == "day":
        return Schedule(moment or _MORNING, day_off=_day_off(names, form, key, ("same", "skip")))
    if match[2] == "week":
        weekday = _day(names, form, key, 7) or 1
        return Schedule(
            moment or _MORNING, weekday=(weekday if weekday > 0 else 7) - 1, day_off=_later(names, form, key)
        )
    months = 12 if match[2] == "year" else int(match[1] or 1)
    if months not in MONTHS:
        each = ", ".join(str(n) for n in MONTHS)
        names.wrong(
            _FILE, f"{key}.every", f"«{form.every}» no se repite igual cada año; escriba uno de estos: {each} months"
        )
        return None
    return Schedule(
        moment or _MORNING, months, _day(names, form, key, 31) or 1, form.month, day_off=_later(names, form, key)
    )


def _day(names: Names, form: files.ClockForm, key: str, most: int) -> int:
    """The day of the week or month; -1 is its last one, 0 none."""
    if form.day == "last":
        return -1
    text = str(form.day)
    if not text.isdigit() or int(text) > most:
        what = "de la semana: 1 (lunes) a 7" if most == 7 else "del mes: 1 a 31"
        names.wrong(_FILE, f"{key}.day", f'«{form.day}» no es un día {what}, o "last", el último')
        return 0
    return int(text)


def _later(names: Names, form: files.ClockForm, key: str) -> DayOff:
    return _day_off(names, form, key, ("same", "next", "before"))


def _day_off(names: Names, form: files.ClockForm, key: str, known: tuple[str, ...]) -> DayOff:
    if form.day_off not in known:
        why = "saltaría su mes" if form.day_off == "skip" else "vendría dos veces el mismo día"
        rest = " o ".join(known)
        names.wrong(_FILE, f"{key}.day_off", f"con «{form.day_off}» {why}: escriba {rest}")
    return form.day_off


def opening(names: Names, form: OpeningForm, key: str) -> Opening:
    names.known(form.type, names.sources.institution.type, "el tipo", _FILE, f"{key}.type")
    names.known(form.requester, names.sources.roles.role, "la función", _FILE, f"{key}.requester")
    return Opening(form.type, form.title, form.requester, dict(form.facts), form.each)


def expected(names: Names, clock: files.ClockForm, form: ExpectedForm, key: str) -> Expected:
    rules = tuple(
        names.known(rule, names.sources.mails.mail, "la regla de correo", _FILE, f"{key}.mail")
        for rule in listed(form.mail)
    )
    if not (clock.recurring and clock.every):
        names.wrong(_FILE, key, 'espera un correo y no dice cuándo: recurring = true y every = "day", at = "06:00"')
    if not (clock.letters or clock.opens):
        names.wrong(
            _FILE, key, "si el correo no llega, no pasa nada: diga a quién se escribe en letters, o qué abre en opens"
        )
    return Expected(rules, form.names, names.span(form.within, _FILE, f"{key}.within"))


def lists(names: Names, clock: files.ClockForm, key: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    if clock.lists and not clock.together:
        names.wrong(_FILE, key, "reúne formatos en una relación: escriba también together = true")
    for document, facts in clock.lists.items():
        names.known(document, names.sources.documents.document, "el documento", _FILE, key)
        found[document] = tuple(
            names.known(fact, names.facts(), "el dato", _FILE, f"{key}.{document}") for fact in listed(facts)
        )
    return found
