"""`maild why`: one page about one thing. What happened to this mail, where this letter is, why this deadline has not fired."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.cli.shown import mark, moment, one_line, opened, state_label, ticket_number, visible, worded

if TYPE_CHECKING:
    from maild.house import House
    from maild.store.database import Tx

_NAMED = re.compile(r"(timer|mail|letter):([0-9]{1,18})")

_MAIL_STATES = {
    "stored": "guardado, espera ser leído / stored, waits to be read",
    "done": "atendido / attended",
    "auto": "de una máquina: se guarda y no se responde / from a machine: kept, not answered",
    "duplicate": "repetido / a duplicate",
    "parked": "apartado en cuarentena / set aside in quarantine",
    "ignored": "no se atiende / not attended",
}
_TIMER_WORDS = {
    "ended": "ya terminó / it has ended",
    "failing": "falló demasiadas veces; vea el registro del programa / it failed too often; see the log",
    "not-due": "todavía no vence / it is not due yet",
    "unread": "significa silencio, y aún no se ha leído todo el correo / it means silence, and not all mail is read yet",
    "due": "vencido: se cumple en la próxima vuelta de «maild run» / due: fires at the next look of «maild run»",
}


_PAUSES = {
    "absent": "quien debe responder está fuera / whoever is asked is away",
    "bounced": "no le llega el correo / no letter reaches whoever is asked",
}


def _hours(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes // 60}:{minutes % 60:02}"


@click.command()
@click.argument("what", metavar="MESSAGE-ID|TICKET|timer:N|mail:N|letter:N")
@json_option
@pass_call
def why(call: Call, what: str, as_json: bool) -> int:
    """Qué pasó con un correo, una carta, un ticket o un plazo, y por qué. / What happened, and why."""
    out = Output(as_json)
    with opened(call) as house:
        named = _NAMED.fullmatch(what.strip())
        with house.database.write() as tx:
            page = Page(out, house, tx)
            if named:
                found = page.numbered(named.group(1), int(named.group(2)))
            elif "@" in what:
                found = page.message(what.strip().strip("<>"))
            else:
                found = page.ticket(ticket_number(what, house.desk.office.book.mark_key))
    if not found:
        out.say(f"no encontré «{visible(what)}» / nothing found", "red")
        return 1
    return 0


class Page:
    """Says one page, part by part. Each part answers whether there was anything to say."""

    def __init__(self, out: Output, house: House, tx: Tx) -> None:
        self._out, self._house, self._tx = out, house, tx

    def numbered(self, kind: str, number: int) -> bool:
        from maild.store import letters, reports

        if kind == "timer":
            return self._timer(reports.timer_row(self._tx, number))
        if kind == "mail":
            return self._mail(reports.mail(self._tx, number))
        return self._letter(letters.shown(self._tx, number))

    def message(self, message_id: str) -> bool:
        """A mail we received, or a letter we wrote."""
        from maild.store import reports

        found = [self._mail(row) for row in reports.mails_named(self._tx, message_id)]
        found += [self.numbered("letter", row["id"]) for row in reports.letters_named(self._tx, message_id)]
        return any(found)

    def ticket(self, number: int) -> bool:
        from maild.store import records, reports

        row = reports.ticket_row(self._tx, number)
        if row is None:
            return False
        self._out.line({"ticket": number, "mark": mark(self._house, number), "state": row["state"]})
        self._head(f"{mark(self._house, number)}  {one_line(row['title'], 200)}")
        self._say(f"Estado / state: {state_label(self._house, row['state'])}")
        for decided in records.history(self._tx, number):
            self._decided(decided)
        for timer in reports.timers_of(self._tx, number):
            if timer["ended_at"] is None:
                self._timer(timer)
        return True

    def _mail(self, row: dict[str, Any] | None) -> bool:
        from maild.store import reports

        if row is None:
            return False
        self._out.line({"mail": row})
        self._head(f"mail:{row['id']}  {one_line(row['subject'], 200) or '(sin asunto / no subject)'}")
        self._say(f"De / from: {one_line(row['sender'], 200) or '?'}    Message-ID: {one_line(row['message_id'], 200)}")
        self._say(
            f"Recibido / received: {self._at(row['received_at'])}, guardado / stored: {self._at(row['stored_at'])}"
        )
        self._say(f"Estado / state: {_MAIL_STATES.get(row['state'], row['state'])}")
        if row["duplicate_of"]:
            self._say(f"Es el mismo que / the same as: mail:{row['duplicate_of']} ({row['reason']})")
        if row["ticket"]:
            self._say(f"Ticket: {mark(self._house, row['ticket'])}")
        for cause in reports.decisions_on_mail(self._tx, row["id"]):
            self._cause(cause)
        return True

    def _cause(self, cause: str) -> None:
        from maild.store import records, reports

        decided = records.decided(self._tx, cause)
        if decided is None:
            return
        self._decided(decided)
        for row in reports.letters_of_cause(self._tx, cause):
            self._say(
                f"  → letter:{row['id']} {row['template']} a / to {row['recipient']}: {row['state']} {row['reason']}"
            )

    def _decided(self, row: dict[str, Any]) -> None:
        self._out.line({"decided": row})
        self._say(f"{self._at(row['at'])}  {row['cause']}  {one_line(row['actor'])}{'  NO' if row['refused'] else ''}")
        spanish, english = (worded(self._house, row["reasons"], language) for language in ("es", "en"))
        for said, also in zip(spanish, english, strict=True):
            self._say(f"  · {said} / {also}")

    def _letter(self, row: dict[str, Any] | None) -> bool:
        if row is None:
            return False
        known = {key: value for key, value in row.items() if key != "raw"}
        self._out.line({"letter": known})
        self._head(f"letter:{row['id']}  {row['template']} → {row['recipient']}")
        self._say(f"Estado / state: {row['state']} {row['reason']}    Message-ID: {row['message_id']}")
        for tried in row["tries"]:
            said = f"{tried['stage']} {tried['outcome'] or '…'} {tried['code'] or ''} {one_line(tried['text'], 200)}"
            self._say(f"  {self._at(tried['started_at'])}  {said}")
        self._cause(str(row["cause"]).rpartition("#")[0])
        return True

    def _timer(self, row: dict[str, Any] | None) -> bool:
        from maild.store import reports

        if row is None:
            return False
        code, facts = reports.why_not_fired(self._tx, row, self._house.now(), self._house.desk.margin)
        self._out.line({"timer": row, "why": code, **facts})
        self._head(f"timer:{row['id']}  {row['clock']}  {mark(self._house, row['ticket'])}")
        self._say(f"Empezó / started: {self._at(row['started_at'])}, vence / due: {self._at(row['due'])}")
        self._say(f"{_TIMER_WORDS[code]}")
        self._counted(row)
        if code == "ended":
            self._say(f"  {row['outcome']} {self._at(row['ended_at'])}")
        if code == "unread":
            self._say(
                f"  leído hasta / read up to: {self._at(facts['upto'])}; falta hasta / must be: {self._at(facts['until'])}"
            )
            for holder in facts["holders"]:
                self._say(f"  · {holder}")
        return True

    def _counted(self, row: dict[str, Any]) -> None:
        """Every stretch of time that the deadline counts, and every pause that it does not."""
        from maild.core import worktime
        from maild.store.timers import timer_of

        timer, book = timer_of(row), self._house.desk.office.book
        if timer.span is None or timer.started is None:
            self._say("  no cuenta un plazo: el momento está dicho / it counts no span: the moment itself is told")
            return
        calendar = book.calendar_of(timer.calendar)
        self._say(
            f"  Plazo / span: {timer.span}    Calendario / calendar: {calendar.key or book.name} ({calendar.zone.key})"
        )
        total = timedelta()
        for opens, closes in worktime.counting(timer.started, timer.span, calendar, timer.pauses):
            total += closes - opens
            self._out.line({"counts": {"timer": row["id"], "from": opens, "until": closes, "sum": _hours(total)}})
            self._say(f"  {self._at(opens)} – {self._at(closes)[11:]}  {_hours(closes - opens)}  = {_hours(total)}")
        for day in calendar.days_off(timer.started, timer.due) if timer.span.is_working else ():
            name = calendar.names.get(day, "")
            self._out.line({"off": {"timer": row["id"], "day": day, "name": name}})
            self._say(f"  no se trabaja / day off: {day}  {name}")
        for pause in timer.pauses:
            self._out.line({"pause": {"timer": row["id"], "from": pause.start, "until": pause.until, "why": pause.why}})
            until = self._at(pause.until) if pause.until else "…"
            self._say(f"  no cuenta / paused: {self._at(pause.start)} – {until}  ({self._pause(pause.why)})")

    def _pause(self, why: str) -> str:
        return _PAUSES.get(why) or state_label(self._house, why)

    def _at(self, moment_: Any) -> str:
        return moment(self._house, moment_)

    def _head(self, text: str) -> None:
        self._out.tell("\n" + visible(text), "cyan")

    def _say(self, text: str) -> None:
        self._out.tell(visible(text))
