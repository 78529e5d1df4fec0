"""`maild quarantine`: mails that were set aside, whole, until a person looks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.cli.shown import moment, one_line, opened, visible, worded
from maild.errors import UsageError

if TYPE_CHECKING:
    from maild.house import House
    from maild.store.database import Tx

# How much of a mail is shown without --raw, in octets.
_SHOWN = 4000


@click.group()
def quarantine() -> None:
    """Muestra y resuelve los correos apartados. / Shows and settles mails set aside."""


@quarantine.command("list")
@json_option
@pass_call
def list_(call: Call, as_json: bool) -> int:
    """Los correos que esperan a una persona. / Mails that wait for a person."""
    from maild.store import mails

    out = Output(as_json)
    with opened(call) as house:
        with house.database.write() as tx:
            rows = [(mail, _why(tx, house, mail.id)) for mail in mails.parked(tx)]
        for mail, why in rows:
            out.line({**{name: getattr(mail, name) for name in _FIELDS}, "why": why})
        columns = ("Correo / mail", "Recibido / received", "De / from", "Asunto / subject", "Por qué / why")
        table = (
            (m.id, moment(house, m.received_at), one_line(m.sender), one_line(m.subject), "\n".join(w)) for m, w in rows
        )
        out.table(columns, table)
    if not rows:
        out.say("la cuarentena está vacía / nothing in quarantine")
    return 0 if rows else 1


_FIELDS = ("id", "sha256", "received_at", "size", "sender", "subject", "reason")


def _why(tx: Tx, house: House, mail_id: int) -> list[str]:
    from maild.store import records, reports

    causes = reports.decisions_on_mail(tx, mail_id)
    decided = records.decided(tx, causes[-1]) if causes else None
    return worded(house, decided["reasons"]) if decided else []


@quarantine.command()
@click.argument("mail_id", type=int, metavar="CORREO")
@click.option("--raw", is_flag=True, help="Los bytes del correo / the mail's very bytes.")
@json_option
@pass_call
def show(call: Call, mail_id: int, raw: bool, as_json: bool) -> int:
    """Un correo apartado: por qué, y cómo empieza. / One mail set aside: why, and how it begins."""
    from maild.store import mails

    out = Output(as_json)
    with opened(call) as house:
        with house.database.write() as tx:
            found = mails.parked(tx, mail_id)
            why = _why(tx, house, mail_id)
        if not found:
            out.say(f"el correo {mail_id} no está en cuarentena / is not in quarantine", "red")
            return 1
        octets = house.raw.get(found[0].sha256)
        if raw:
            sys.stdout.buffer.write(octets)
            return 0
        out.line({**{name: getattr(found[0], name) for name in _FIELDS}, "why": why})
        values = ((name, getattr(found[0], name)) for name in _FIELDS)
        rows = [(name, moment(house, v) if name == "received_at" else one_line(v, 200)) for name, v in values]
        out.table(("", ""), [*rows, ("why", "\n".join(why))])
        out.tell("\n" + visible(octets[:_SHOWN].decode("utf-8", "replace")))
        if len(octets) > _SHOWN:
            out.say(f"… ({len(octets)} octetos; --raw los muestra todos / shows them all)")
    return 0


def _settle(call: Call, ids: tuple[int, ...], state: Literal["stored", "ignored"], as_json: bool) -> int:
    from maild.store import mails

    if not ids:
        raise UsageError("diga qué correos: sus números de «maild quarantine list» / say which mails")
    out = Output(as_json)
    with opened(call) as house, house.database.write() as tx:
        done = {mail_id: mails.release(tx, mail_id, state) for mail_id in ids}
    for mail_id, was_there in done.items():
        out.line({"mail": mail_id, "done": was_there})
        if not was_there:
            out.say(f"el correo {mail_id} no está en cuarentena / is not in quarantine", "red")
    out.tell(f"{sum(done.values())} de {len(done)} / done")
    return 0 if all(done.values()) else 1


_ids = click.argument("ids", type=int, nargs=-1, metavar="CORREO…")


@quarantine.command()
@_ids
@json_option
@pass_call
def release(call: Call, ids: tuple[int, ...], as_json: bool) -> int:
    """Los vuelve a leer como recién llegados. / Reads them again as if they had just arrived."""
    return _settle(call, ids, "stored", as_json)


@quarantine.command()
@_ids
@json_option
@pass_call
def drop(call: Call, ids: tuple[int, ...], as_json: bool) -> int:
    """No se atienden; sus bytes quedan guardados. / They are not attended; their bytes stay."""
    return _settle(call, ids, "ignored", as_json)
