"""`maild ticket`: look at tickets. Changes nothing; `maild do` acts on them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.cli.shown import mark, moment, one_line, opened, state_label, ticket_number, visible, worded

if TYPE_CHECKING:
    from maild.house import House
    from maild.store.database import Tx


@click.group()
def ticket() -> None:
    """Muestra tickets, su historia y sus datos completos. / Shows tickets, their history, all their data."""


@ticket.command("list")
@click.option("--all", "with_closed", is_flag=True, help="También los cerrados / closed ones too.")
@click.option("--unsorted", is_flag=True, help="Solo los que ninguna regla clasificó / only those no rule sorted.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Cuántos / how many.")
@json_option
@pass_call
def list_(call: Call, with_closed: bool, unsorted: bool, limit: int, as_json: bool) -> int:
    """Los tickets abiertos, el más nuevo primero. / Open tickets, newest first."""
    from maild.store import tickets

    out = Output(as_json)
    with opened(call) as house:
        with house.database.write() as tx:
            rows = tickets.listed(tx, only_open=not with_closed, limit=limit, unsorted=unsorted)
        for row in rows:
            out.line({"mark": mark(house, int(str(row["number"]))), **row})
        columns = (
            "Ticket",
            "Estado / state",
            "Asunto / title",
            "Solicita / requester",
            "Atiende / by",
            "Desde / since",
        )
        out.table(columns, (_listed(house, row) for row in rows))
    if not rows:
        out.say("no hay tickets / no tickets")
    return 0 if rows else 1


def _listed(house: House, row: dict[str, Any]) -> tuple[str, ...]:
    requester = row["requester_name"] or row["requester"]
    responsible = row["responsible_name"] or row["responsible"] or "—"
    since = moment(house, row["opened_at"])
    number, state = mark(house, row["number"]), state_label(house, row["state"])
    return number, state, one_line(row["title"]), one_line(requester, 30), one_line(responsible, 30), since


@ticket.command()
@click.argument("which", metavar="TICKET")
@json_option
@pass_call
def show(call: Call, which: str, as_json: bool) -> int:
    """Un ticket como está ahora, con su conversación. / One ticket as it stands, with its conversation."""
    out = Output(as_json)
    with opened(call) as house:
        number = ticket_number(which, house.desk.office.book.mark_key)
        with house.database.write() as tx:
            whole = _whole(tx, house, number)
        if whole is None:
            return _absent(out, house, number)
        out.line({key: value for key, value in whole.items() if key not in ("history", "letters")})
        _page(out, house, whole)
    return 0


@ticket.command()
@click.argument("which", metavar="TICKET")
@json_option
@pass_call
def history(call: Call, which: str, as_json: bool) -> int:
    """Cada decisión sobre el ticket y por qué. / Every decision about the ticket and why."""
    from maild.store import records

    out = Output(as_json)
    with opened(call) as house:
        number = ticket_number(which, house.desk.office.book.mark_key)
        with house.database.write() as tx:
            rows = records.history(tx, number)
        if not rows:
            return _absent(out, house, number)
        for row in rows:
            out.line(row | {"words": worded(house, row["reasons"])})
        columns = ("Cuándo / when", "Causa / cause", "Quién / who", "Por qué / why")
        out.table(columns, ((moment(house, r["at"]), r["cause"], r["actor"], _why(house, r)) for r in rows))
    return 0


def _why(house: House, row: dict[str, Any]) -> str:
    words = worded(house, row["reasons"])
    return ("NO: " if row["refused"] else "") + "\n".join(words)


@ticket.command()
@click.argument("which", metavar="[TICKET]…", nargs=-1)
@click.option(
    "--attachments",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="CARPETA",
    help="Escribe ahí los archivos, con su sha256 por nombre / writes files there, named by their sha256.",
)
@click.option(
    "--evidence",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="CARPETA",
    help="Escribe ahí correos, cartas, historia y conformidades con sus huellas / mails, letters, proofs, hashes.",
)
@pass_call
def export(call: Call, which: tuple[str, ...], folder: Path | None, evidence: Path | None) -> int:
    """Tickets enteros, uno por línea JSON; sin argumentos, todos. / Whole tickets, one JSON line each; none named: all."""
    from maild.cli import evidence as proofs
    from maild.store import tickets

    out = Output(as_json=True)
    missing = 0
    with opened(call) as house:
        with house.database.write() as tx:
            every = [int(str(row["number"])) for row in tickets.listed(tx, only_open=False, limit=2**31)]
        named = [ticket_number(words, house.desk.office.book.mark_key) for words in which]
        for number in named or sorted(every):
            with house.database.write() as tx:  # one at a time: the daemon writes between two
                whole = _whole(tx, house, number)
                if whole and evidence:
                    proofs.write(tx, house, whole, evidence / whole["mark"])
            missing += whole is None
            if whole is None:
                _absent(out, house, number)
            else:
                out.line(whole)
                missing += bool(folder and _not_taken_out(out, house, whole, folder))
    return 1 if missing else 0


def _not_taken_out(out: Output, house: House, whole: dict[str, Any], folder: Path) -> list[str]:
    """Write the files of a ticket; say and return those that could not be."""
    from maild.cli.files import take_out

    missing = take_out(whole["attachments"], house.raw, folder)
    for each in missing:
        out.say(f"no pude sacar el archivo / cannot take out the file: {each}", "red")
    return missing


def _whole(tx: Tx, house: House, number: int) -> dict[str, Any] | None:
    """Everything about one ticket, as data."""
    from maild.store import alerts, attachments, records, reports, tickets

    found = tickets.load(tx, number)
    if found is None:
        return None
    return {
        "mark": mark(house, number),
        **asdict(found),
        "timers": reports.timers_of(tx, number),
        "conversation": records.conversation(tx, number),
        "attachments": attachments.of_ticket(tx, number),
        "alerts": [asdict(point) for point in alerts.of_ticket(tx, number)],
        "history": records.history(tx, number),
        "letters": reports.letters_of_ticket(tx, number),
    }


def _absent(out: Output, house: House, number: int) -> int:
    out.say(f"no hay ticket {mark(house, number)} / no such ticket", "red")
    return 1


def _page(out: Output, house: House, whole: dict[str, Any]) -> None:
    out.tell(f"{whole['mark']}  {one_line(whole['title'], 200)}", "cyan")
    people = {"Solicita / requester": whole["requester"], "Registró / creator": whole["creator"]}
    people |= {"Atiende / responsible": whole["responsible"]}
    facts = {
        "Estado / state": state_label(house, whole["state"]),
        "Abierto / opened": moment(house, whole["opened_at"]),
    }
    facts |= {"Cerrado / closed": moment(house, whole["closed_at"]), "Motivo / reason": whole["closing_reason"]}
    facts |= {label: f"{who['name']} <{who['address']}>" if who else "" for label, who in people.items()}
    facts |= {"Proveedores / providers": ", ".join(p["address"] for p in whole["providers"])}
    words = ("type", "category", "subcategory", "service", "priority")
    facts |= {"Clasificación / classified": " · ".join(whole[word] for word in words if whole[word])}
    facts |= {"Pasos / steps": ", ".join(f"{t['procedure']}:{t['step']}" for t in whole["tokens"])}
    facts |= {f"· {key}": value for key, value in whole["facts"]}
    out.table(("", ""), [(label, one_line(value, 200)) for label, value in facts.items() if value])
    running = [t for t in whole["timers"] if t["ended_at"] is None]
    clocks = ((f"timer:{t['id']}", t["clock"], moment(house, t["due"])) for t in running)
    if running:
        out.table(("Plazo / timer", "", "Vence / due"), clocks)
    if whole["alerts"]:
        points = ((one_line(f"{p['host']} · {p['service']}"), p["what"], p["count"]) for p in whole["alerts"])
        out.table(("Alerta / alert", "", "Veces / times"), points)
    files = [f for f in whole["attachments"] if f["fate"] != "logo"]
    if files:
        columns = ("Archivo / file", "Bytes", "sha256", "", "Antivirus")
        out.table(columns, ((one_line(f["filename"]), f["size"], f["sha256"][:12], _fate(f), f["scan"]) for f in files))
    for said in whole["conversation"]:
        out.tell(f"\n— {moment(house, said['at'])} · {one_line(said['author'])} · {said['visibility']}", "cyan")
        out.tell(visible(said["text"]).strip())


def _fate(file: dict[str, Any]) -> str:
    return {"refused": "no aceptado / refused", "infected": "INFECTADO / infected"}.get(file["fate"], "")
