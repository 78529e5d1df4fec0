"""`maild do`: orders from the shell, in a person's name, through the same grammar and the same audit as by mail."""

from __future__ import annotations

import secrets

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.cli.shown import mark, opened, state_label, ticket_number, visible
from maild.core import echo
from maild.core.effects import Send
from maild.core.events import OperatorActed
from maild.core.office import Office
from maild.core.values import Person
from maild.errors import UsageError


@click.command()
@click.argument("which", metavar="TICKET")
@click.argument("orders", metavar="ÓRDENES")
@click.option("--as", "who", required=True, metavar="PERSONA", help="Clave, dirección o nombre / key, address or name.")
@click.option("--text", default="", help="Lo que se escribe en el ticket / words for the ticket.")
@click.option("--dry-run", is_flag=True, help="Solo dice qué pasaría / only says what would happen.")
@json_option
@pass_call
def do(call: Call, which: str, orders: str, who: str, text: str, dry_run: bool, as_json: bool) -> int:
    """Da órdenes sobre un ticket, p. ej. maild do 12 "#asignar ana" --as jefe. / Gives orders on a ticket."""
    return give(call, which, orders, who, text, dry_run=dry_run, out=Output(as_json))


def give(call: Call, which: str, orders: str, who: str, text: str, *, dry_run: bool, out: Output) -> int:
    """Give the orders in somebody's name and say what became of them."""
    with opened(call) as house:
        office = house.desk.office
        number = ticket_number(which, office.book.mark_key)
        event = OperatorActed(number, orders, text, _person(office, who))
        # What would happen is what does happen, in a transaction that is undone at its end.
        with house.database.look() if dry_run else house.database.write() as tx:
            outcome = house.desk.operator(tx, event, f"order:{secrets.token_hex(8)}")
        decision = outcome.decision
        if not outcome.done:
            out.say(f"no hay ticket {mark(house, number)} / no such ticket", "red")
            return 1
        words = [visible(house.desk.composer.words_for(r, house.config.desk.language)) for r in decision.reasons]
        state = outcome.after.state if outcome.after else ""
        refused = decision.refused.code if decision.refused else None
        changes = [
            visible(house.desk.composer.words_for(line, house.config.desk.language))
            for line in (echo.changes(outcome.before, outcome.after, office.book) if outcome.after else ())
        ]
        sends = [e for e in decision.effects if isinstance(e, Send)]
        told = dict.fromkeys(line for e in sends for line in e.lines) if decision.refused else ()
        problems = [visible(house.desk.composer.words_for(line, house.config.desk.language)) for line in told]
        letters = [{"template": e.template, "to": visible(e.to.address)} for e in sends]
        out.line(
            {
                "number": number, "mark": mark(house, number), "refused": refused, "state": state, "reasons": words,
                "changes": changes, "letters": letters, "problems": problems, "dry_run": dry_run,
            }
        )  # fmt: skip
        if decision.refused:
            out.say(visible(house.desk.composer.words_for(decision.refused, house.config.desk.language)), "red")
            for problem in problems:
                out.say(f"  - {problem}", "red")
            return 1
        for sentence in (*words, *changes):
            out.tell(sentence)
        for letter in letters:
            out.tell(f"→ {letter['template']} · {letter['to']}")
        if dry_run:
            out.tell("ensayo: no se hizo nada / dry run: nothing was done", "yellow")
        out.tell(f"{mark(house, number)}: {state_label(house, state)}", "green")
    return 0


def _person(office: Office, words: str) -> Person:
    found = office.find_person(words)
    if len(found) == 1:
        return found[0]
    if found:
        keys = ", ".join(person.key for person in found)
        raise UsageError(f"--as: «{visible(words)}» puede ser más de una persona: {keys} / which one?")
    known = ", ".join(person.key for person in office.directory.people[:10])
    raise UsageError(f"--as: no conozco a «{visible(words)}»; en people.toml están: {known} / no such person")
