"""`maild commands`: the orders that people may give by mail, as text for people or as the page docs/commands.md."""

from __future__ import annotations

import click

from maild import rules
from maild.config.shipped import shipped
from maild.errors import UsageError
from maild.rules.card import markdown


@click.command()
@click.argument("profile", default="base", metavar="[PROFILE]")
def commands(profile: str) -> int:
    """Escribe la tarjeta de órdenes en Markdown. / Writes the card of orders as Markdown."""
    folder = shipped("rules") / profile
    if not folder.is_dir():
        known = ", ".join(sorted(each.name for each in shipped("rules").iterdir() if each.is_dir()))
        raise UsageError(f"no hay reglas «{profile}»; las que hay: {known} / no such rules")
    click.echo(markdown(rules.load(folder)), nl=False)
    return 0
