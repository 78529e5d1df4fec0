"""`maild letters`: every letter of an institution as pages to look at, before anybody receives one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output
from maild.cli.shown import mark, opened, ticket_number
from maild.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from maild.config import Config
    from maild.mail.compose import Composer
    from maild.showcase import Shown

_READERS = {
    "user": "Personas usuarias",
    "technician": "Quienes atienden",
    "manager": "Jefaturas y coordinación",
    "provider": "Proveedores",
    "operator": "Operador",
}
_UNNAMED = "la escribe maild, o este perfil no la usa"


@click.command()
@click.option("--profile", metavar="PERFIL", help="Reglas que vienen con el programa / shipped rules.")
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("cartas"),
    show_default=True,
    metavar="CARPETA",
    help="Dónde se escriben / where they are written.",
)
@click.option("--ticket", "words", metavar="TICKET", help="Cómo serían para este ticket / for this real ticket.")
@pass_call
def letters(call: Call, profile: str | None, folder: Path, words: str | None) -> int:
    """Escribe una galería (index.html) con todas las cartas, en español e inglés, como las ve quien las recibe. No envía
    nada. / Writes a gallery of all the letters, as their readers see them. Nothing is sent.

    Con --ticket, las que se escribirían ahora para ese ticket y sus personas. Sin configuración vale el perfil base.
    """
    from maild import showcase
    from maild.mail.gallery import Entry, side_by_side

    if words and profile:
        raise UsageError("--ticket muestra un ticket de esta mesa; no va con --profile")
    title, shown, composer = _of_ticket(call, words) if words else _of_institution(call, profile)
    entries = [
        Entry(f"{each.template}-{each.audience}", _READERS[each.audience], each.place or _UNNAMED, mails)
        for each, mails in showcase.rendered(shown, composer)
    ]
    entries.sort(key=lambda entry: list(_READERS.values()).index(entry.group))
    index = side_by_side(folder, entries, title)
    out = Output()
    broken = showcase.problems(shown, composer)
    for problem in broken:
        out.say(str(problem), "red")
    out.tell(f"{len(entries)} cartas / letters: {index}", "green")
    return 1 if broken else 0


def _of_institution(call: Call, profile: str | None) -> tuple[str, list[Shown], Composer]:
    """The letters of the configured desk; of shipped rules where a profile is named or there is no configuration."""
    from maild import house, rules, showcase
    from maild.config.shipped import shipped
    from maild.mail.compose import Composer, DeskIdentity

    config = None if profile else _configured(call)
    if config is not None:
        book, composer = house.office(config).book, house.composer(config)
    else:
        book = rules.load(shipped("rules") / (profile or "base"))
        zone = book.calendar.zone.key
        identity = DeskIdentity("Mesa de Ayuda", "mesa@entidad.example", book.name, instance="muestra", zone=zone)
        composer = Composer((shipped("templates"),), identity)
    return f"Cartas · {book.name}", showcase.everything(showcase.sample_office(book), composer), composer


def _configured(call: Call) -> Config | None:
    """The configuration; None where there is none and nobody said there was."""
    try:
        call.find()
    except ConfigError:
        if call.config_path or os.environ.get("MAILD_CONFIG"):
            raise
        return None
    return call.config()


def _of_ticket(call: Call, words: str) -> tuple[str, list[Shown], Composer]:
    from maild import showcase
    from maild.store import records, tickets

    with opened(call) as house:
        number = ticket_number(words, house.desk.office.book.mark_key)
        with house.database.write() as tx:
            ticket = tickets.load(tx, number)
            request = records.first_words(tx, number, ticket.opened_at) if ticket else ""
        if ticket is None:
            raise UsageError(f"no hay ticket {mark(house, number)} / no such ticket")
        shown = showcase.of_ticket(house.desk.office, ticket, request)
        return f"Cartas de {mark(house, number)}", shown, house.desk.composer
