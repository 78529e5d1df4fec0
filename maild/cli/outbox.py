"""`maild outbox`: letters that wait, failed, or need a person to decide."""

from __future__ import annotations

import sys
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any, Literal

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.cli.shown import mark, moment, one_line, opened, visible
from maild.core.mailboxes import spelt
from maild.errors import UsageError

if TYPE_CHECKING:
    from maild.house import House

_STATES = ("queued", "leased", "ambiguous", "held", "failed", "unknown", "sent", "dropped", "cancelled")
_OPEN = _STATES[:6]


@click.group()
def outbox() -> None:
    """Muestra y gobierna las cartas que salen. / Shows and steers outgoing letters."""


@outbox.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(_STATES), help="Solo estas / only these.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=200, show_default=True, help="Cuántas / how many.")
@json_option
@pass_call
def list_(call: Call, states: tuple[str, ...], limit: int, as_json: bool) -> int:
    """Las cartas que no se han enviado todavía. / Letters not sent yet."""
    from maild.store import letters

    out = Output(as_json)
    with opened(call) as house:
        with house.database.write() as tx:
            rows = letters.listed(tx, states or _OPEN, limit)
        for row in rows:
            out.line(row)
        columns = (
            "Carta / letter",
            "Estado / state",
            "Ticket",
            "Plantilla / template",
            "Para / to",
            "Desde",
            "Por qué / why",
        )
        out.table(columns, (_listed(house, row) for row in rows))
    if not rows:
        out.say("no hay cartas así / no such letters")
    return 0 if rows else 1


def _listed(house: House, row: dict[str, Any]) -> tuple[object, ...]:
    number = mark(house, row["ticket"]) if row["ticket"] else "—"
    since, why = moment(house, row["created_at"]), one_line(row["reason"])
    return row["id"], row["state"], number, row["template"], row["recipient"], since, why


@outbox.command()
@click.argument("letter", type=int, metavar="CARTA")
@click.option("--raw", is_flag=True, help="Los bytes que salen / the very bytes.")
@json_option
@pass_call
def show(call: Call, letter: int, raw: bool, as_json: bool) -> int:
    """Una carta, sus intentos y su texto. / One letter, its attempts, its text."""
    from maild.store import letters

    out = Output(as_json)
    with opened(call) as house:
        with house.database.write() as tx:
            row = letters.shown(tx, letter)
        if row is None:
            out.say(f"no hay carta {letter} / no such letter", "red")
            return 1
        octets = bytes(row.pop("raw"))
        if raw:
            sys.stdout.buffer.write(octets)
            return 0
        text = _text(octets)
        out.line(row | {"text": text})
        facts = {key: value for key, value in row.items() if key != "tries" and value not in (None, "")}
        shown = {key: moment(house, v) if hasattr(v, "astimezone") else v for key, v in facts.items()}
        out.table(("", ""), [(key, one_line(value, 200)) for key, value in shown.items()])
        tries = [
            (moment(house, t["started_at"]), t["stage"], t["outcome"] or "", t["code"] or "", t["text"])
            for t in row["tries"]
        ]
        if tries:
            out.table(("Intento / try", "Paso / stage", "Resultado / outcome", "Código / code", ""), tries)
        out.tell("\n" + visible(text))
    return 0


def _text(octets: bytes) -> str:
    """Subject and plain text of one of our own letters."""
    letter = message_from_bytes(octets, policy=policy.default)
    body = letter.get_body(("plain",))
    return f"Subject: {letter['Subject']}\n\n{body.get_content() if body else ''}"


_Act = Literal["retry", "hold", "release", "drop"]


def _act(call: Call, ids: tuple[int, ...], what: _Act, as_json: bool) -> int:
    from maild.store import letters

    if not ids:
        raise UsageError("diga qué cartas: sus números de «maild outbox list» / say which letters")
    out = Output(as_json)
    with opened(call) as house:
        refused = []
        with house.database.write() as tx:
            for letter in ids:
                if letters.act(tx, [letter], what, house.now()) == 0:
                    refused.append((letter, row["state"] if (row := letters.shown(tx, letter)) else None))
        no = dict(refused)
        for letter in ids:
            out.line({"letter": letter, "done": letter not in no, "state": no.get(letter)})
        for letter, state in refused:
            why = f"está «{state}» / is {state}" if state else "no existe / no such letter"
            out.say(f"carta {letter}: {why}", "red")
        out.tell(f"{len(ids) - len(refused)} de {len(ids)} / done")
    return 1 if refused else 0


_ids = click.argument("ids", type=int, nargs=-1, metavar="CARTA…")


@outbox.command()
@_ids
@json_option
@pass_call
def retry(call: Call, ids: tuple[int, ...], as_json: bool) -> int:
    """Envía otra vez, con los mismos bytes. / Sends again, the same bytes."""
    return _act(call, ids, "retry", as_json)


@outbox.command()
@_ids
@json_option
@pass_call
def hold(call: Call, ids: tuple[int, ...], as_json: bool) -> int:
    """Retiene hasta que alguien las suelte. / Holds them back."""
    return _act(call, ids, "hold", as_json)


@outbox.command()
@_ids
@json_option
@pass_call
def release(call: Call, ids: tuple[int, ...], as_json: bool) -> int:
    """Suelta cartas retenidas. / Releases held letters."""
    return _act(call, ids, "release", as_json)


@outbox.command()
@_ids
@json_option
@pass_call
def drop(call: Call, ids: tuple[int, ...], as_json: bool) -> int:
    """No las envía nunca; la fila queda. / Never sends them; the row stays."""
    return _act(call, ids, "drop", as_json)


@outbox.command()
@json_option
@pass_call
def stopped(call: Call, as_json: bool) -> int:
    """Direcciones a las que no se escribe: devolvieron una carta. / Addresses that get no letters."""
    from maild.store import addresses

    out = Output(as_json)
    with opened(call) as house:
        with house.database.write() as tx:
            rows = addresses.stopped(tx)
        for row in rows:
            out.line(row)
        columns = ("Dirección / address", "Desde / since", "Clase / class", "Código / code", "Ticket", "Por qué / why")
        out.table(columns, (_stopped(house, row) for row in rows))
    if not rows:
        out.say("ninguna / none")
    return 0 if rows else 1


def _stopped(house: House, row: dict[str, Any]) -> tuple[object, ...]:
    number = mark(house, row["ticket"]) if row["ticket"] else "—"
    return row["address"], moment(house, row["at"]), row["reason"], row["status"], number, one_line(row["diagnostic"])


@outbox.command()
@click.argument("addresses", nargs=-1, metavar="DIRECCIÓN…")
@json_option
@pass_call
def resume(call: Call, addresses: tuple[str, ...], as_json: bool) -> int:
    """Vuelve a escribir a una dirección, también lo retenido. / Sends to an address again."""
    if not addresses:
        raise UsageError("diga qué direcciones: las de «maild outbox stopped» / say which addresses")
    out = Output(as_json)
    with opened(call) as house, house.database.write() as tx:
        done = {each: house.desk.resume(tx, spelt(each), house.config.desk.operator) for each in addresses}
    for address, was in done.items():
        out.line({"address": address, "done": was})
        if not was:
            out.say(f"{address}: ya se le escribía / letters went there all along", "red")
    out.tell(f"{sum(done.values())} de {len(done)} / done")
    return 0 if all(done.values()) else 1
