"""outages.toml as values of the core, every name in it checked. Its words are read by the classifier (rules/signs.py)."""

from __future__ import annotations

from maild.core.outages import Outages
from maild.rules.naming import Names

FILE = "outages.toml"


def outages(names: Names) -> Outages:
    form, things = names.sources.outages.outages, names.sources.outages.outage
    if form.threshold == 1:
        names.wrong(
            FILE, "outages.threshold", "una sola persona no es una falla general: escriba 2 o más, o 0 para apagarlo"
        )
    if "{what}" not in form.title:
        names.wrong(FILE, "outages.title", "falta el hueco {what}, lo que falla")
    services: dict[str, str] = {}
    for key, each in things.items():
        for service in each.services:
            names.known(service, names.sources.catalogue.service, "el servicio", FILE, f"outage.{key}.services")
            if services.setdefault(service, key) != key:
                names.wrong(FILE, f"outage.{key}.services", f"«{service}» ya es de outage.{services[service]}")
        if not (each.services or each.named or each.sure or each.when or each.hint):
            names.wrong(FILE, f"outage.{key}", "no dice con qué palabras se reporta: escriba when o services")
    return Outages(
        form.threshold, form.within, form.lasts, form.title, {key: each.name for key, each in things.items()}, services
    )
