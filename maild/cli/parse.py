"""`maild parse`: what the parser understood of any number of mails, in parallel, without a database."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import click

from maild.cli.batch import Batch, Job, jobs
from maild.core.values import Address, Attachment, Mail
from maild.errors import MailError
from maild.mail import parse as parser

_SECONDS = 10  # of CPU for one mail


@dataclass(frozen=True, slots=True)
class _Wanted:
    full: bool
    extract: str


class _TooSlowError(Exception):
    """The CPU time of one mail is used up."""


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--json", "as_json", is_flag=True, help="Un objeto JSON por línea. / One JSON object per line.")
@click.option("--full", is_flag=True, help="También la parte HTML. / The HTML part, too.")
@click.option(
    "--extract", metavar="DIR", help="Escribe los adjuntos en DIR/<sha256>. / Write attachments to DIR/<sha256>."
)
def parse(paths: tuple[str, ...], as_json: bool, full: bool, extract: str | None) -> int:
    """Muestra lo que se entiende de cada correo: archivos .eml, carpetas, mbox, Maildir. / What each mail says."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever the locale says
    return parse_paths(paths, as_json=as_json, full=full, extract=extract, out=sys.stdout)


def parse_paths(paths: Sequence[str], *, as_json: bool, full: bool, extract: str | None, out: TextIO) -> int:
    """Write what is understood of every mail. 0 done, 1 no mail found, 2 a path could not be read."""
    unreadable: list[str] = []
    if extract:
        Path(extract).mkdir(parents=True, exist_ok=True)
    written = 0
    wanted = _Wanted(full or not as_json, extract or "")
    batch = Batch(partial(_read, wanted=wanted), partial(_lost, wanted=wanted))
    for line in batch.answers(jobs(paths, unreadable)):
        fields = json.loads(line) if not as_json else None
        out.write(line + "\n" if fields is None else _for_people(fields, out.isatty()))
        written += 1
    out.flush()
    for path in unreadable:
        click.echo(f"no se puede leer / cannot read: {path!r}", err=True)
    return 2 if unreadable else 0 if written else 1


# --- reading them -----------------------------------------------------------------------------------------------


def _read(job: Job, wanted: _Wanted) -> str:
    """One line about one mail, whatever it is."""
    try:
        raw = job.octets()
    except OSError as problem:
        return json.dumps({"file": job.path, "defects": [f"unreadable:{type(problem).__name__}"]})
    return _line(job.path, understood(raw, html=wanted.full, extract=wanted.extract), wanted)


def _lost(job: Job, wanted: _Wanted) -> str:
    return _line(job.path, parser.partial(job.octets(), "child-died"), wanted)


def understood(raw: bytes, *, html: bool = False, extract: str = "") -> Mail:
    """The mail within its time; what cannot be read whole is told from its headers, the reason among the defects."""
    signal.signal(signal.SIGPROF, _too_slow)
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    try:
        mail = parser.parse(raw, html=html, carried=_extractor(extract))
    except MailError as refusal:
        mail = parser.partial(raw, str(refusal))
    except Exception as problem:  # noqa: BLE001 - catch point "per mail"
        mail = parser.partial(raw, f"parser:{type(problem).__name__}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return mail


def _too_slow(*_: object) -> None:
    raise _TooSlowError


def _extractor(folder: str) -> Callable[[Attachment, bytes], None] | None:
    """What writes an attachment to FOLDER/<sha256>; a name of its own until it is whole, for others write there, too."""

    def extract(attachment: Attachment, data: bytes) -> None:
        target = Path(folder, attachment.sha256)
        if not target.exists():
            unfinished = Path(folder, f"{attachment.sha256}.{os.getpid()}")
            unfinished.write_bytes(data)
            with suppress(FileNotFoundError):
                unfinished.replace(target)

    return extract if folder else None


# --- telling ----------------------------------------------------------------------------------------------------


def _line(path: str, mail: Mail, wanted: _Wanted) -> str:
    fields = {"file": os.fsencode(path).decode("utf-8", "replace"), **as_contract(mail)}
    if wanted.full:
        fields["html"] = mail.html
    return json.dumps(fields, ensure_ascii=False)


def as_contract(mail: Mail) -> dict[str, Any]:
    """The object that `maild parse --json` promises (CONTRACT §3)."""
    return {
        "message_id": mail.message_id,
        "from": {"name": mail.sender.name, "address": mail.sender.address or mail.sender.claimed},
        "to": _people(mail.to),
        "cc": _people(mail.cc),
        "reply_to": _people(mail.reply_to),
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "text": mail.text,
        "new_text": mail.new_text,
        "cuts": [{"kind": cut.kind.value, "start": cut.start, "end": cut.end} for cut in mail.cuts],
        "forwarded": _forwarded(mail),
        "attachments": [
            {
                "filename": a.filename if a.named else "", "shown_as": a.filename,
                "content_type": a.content_type, "size": a.size, "inline": a.inline,
                "sha256": a.sha256, "content_id": a.content_id,
            }
            for a in mail.attachments
        ],
        "in_reply_to": mail.in_reply_to[0] if mail.in_reply_to else None,
        "references": list(mail.references),
        "kind": mail.kind.value,
        "bounce": _bounce(mail),
        "away_until": mail.away_until.isoformat() if mail.away_until else None,
        "language": mail.language,
        "answerable": mail.answerable,
        "defects": [*mail.defects, *([f"from:{mail.sender.problem}"] if mail.sender.problem else [])],
    }  # fmt: skip


def _people(addresses: Sequence[Address]) -> list[dict[str, str]]:
    return [{"name": each.name, "address": each.address} for each in addresses]


def _forwarded(mail: Mail) -> dict[str, Any] | None:
    original = mail.forwarded
    if original is None:
        return None
    sender = {"name": original.sender.name, "address": original.sender.address}
    return {"from": sender, "date": original.date, "subject": original.subject, "at": original.at}


def _bounce(mail: Mail) -> dict[str, Any] | None:
    if mail.bounce is None:
        return None
    recipients = [
        {
            "address": each.address, "action": each.action, "status": each.status,
            "class": each.severity, "reason": each.reason, "diagnostic": each.diagnostic,
        }
        for each in mail.bounce.recipients
    ]  # fmt: skip
    return {"recipients": recipients, "original_message_id": mail.bounce.original_message_id}


def _for_people(fields: dict[str, Any], styled: bool) -> str:
    """The same to read on a terminal. The parser has taken every control character out (S-33)."""
    sender = fields.get("from", {})
    rows = [
        ("Archivo", fields["file"]),
        ("De", " ".join(filter(None, (sender.get("address"), f"({sender['name']})" if sender.get("name") else "")))),
        ("Para", ", ".join(each["address"] for each in fields.get("to", []))),
        ("Asunto", fields.get("subject", "")),
        ("Fecha", fields.get("date") or ""),
        ("Clase", fields.get("kind", "")),
        ("Adjuntos", ", ".join(f"{a['shown_as']} ({a['size']})" for a in fields.get("attachments", []))),
        ("Defectos", ", ".join(fields.get("defects", []))),
    ]
    told = [(f"{label:<10}", value) for label, value in rows if value]
    head = "\n".join(f"{click.style(label, bold=True) if styled else label} {value}" for label, value in told)
    return f"{head}\n\n{fields.get('new_text', '')}\n{'─' * 60}\n"
