"""`maild parse`: what the parser understood of any number of mails, in parallel, without a database."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from maild.core.values import Address, Mail
from maild.errors import MailError
from maild.mail import parse as parser

_MEMORY = 1024 * 1024 * 1024  # of each parsing process
_SECONDS = 10  # of CPU for one mail
_WAITING = 64  # mails handed out before their answers are written
_POSTMARK = b"From "


@dataclass(frozen=True, slots=True)
class _Job:
    """One mail to read: a file of its own, or a piece of an mbox."""

    path: str
    raw: bytes | None = None


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
    for line in _answers(_jobs(paths, unreadable), _Wanted(full or not as_json, extract or "")):
        fields = json.loads(line) if not as_json else None
        out.write(line + "\n" if fields is None else _for_people(fields, out.isatty()))
        written += 1
    out.flush()
    for path in unreadable:
        click.echo(f"no se puede leer / cannot read: {path!r}", err=True)
    return 2 if unreadable else 0 if written else 1


# --- finding mails ----------------------------------------------------------------------------------------------


def _jobs(paths: Iterable[str], unreadable: list[str]) -> Iterator[_Job]:
    for path in paths:
        try:
            for file in _files(Path(path)):
                yield from _mails(file)
        except OSError:
            unreadable.append(path)


def _files(path: Path) -> Iterator[Path]:
    """A file itself; of a Maildir the mails, of another folder every file below it. Oldest name first."""
    if not path.is_dir():
        yield path
        return
    for folder, below, names in os.walk(path):
        below[:] = sorted(name for name in below if name != "tmp")
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def _mails(file: Path) -> Iterator[_Job]:
    with file.open("rb") as stream:
        if stream.read(len(_POSTMARK)) != _POSTMARK:
            yield _Job(str(file))
            return
        stream.seek(0)
        lines: list[bytes] = []
        blank = True
        for line in stream:
            if blank and line.startswith(_POSTMARK) and lines:
                yield _Job(str(file), b"".join(lines))
                lines = []
            lines.append(line)
            blank = line in (b"\n", b"\r\n")
        yield _Job(str(file), b"".join(lines))


# --- reading them -----------------------------------------------------------------------------------------------


def _answers(jobs: Iterator[_Job], wanted: _Wanted) -> Iterator[str]:
    """One JSON line for each mail, in order. One mail is read here; more share processes."""
    first = next(jobs, None)
    second = next(jobs, None)
    if first is None:
        return
    if second is None:
        yield _read(first, wanted)
        return
    waiting: deque[tuple[_Job, Future[str]]] = deque()
    pool = _pool()
    try:
        for job in _chain(first, second, jobs):
            try:
                waiting.append((job, pool.submit(_read, job, wanted)))
            except BrokenProcessPool:
                yield from _alone(waiting, wanted)
                pool = _pool()
                waiting.append((job, pool.submit(_read, job, wanted)))
            while (len(waiting) >= _WAITING and not waiting[0][1].done()) or len(waiting) > 4 * _WAITING:
                yield _result(*waiting.popleft(), wanted)
        while waiting:
            yield _result(*waiting.popleft(), wanted)
    finally:
        pool.shutdown(cancel_futures=True)


def _chain(first: _Job, second: _Job, others: Iterator[_Job]) -> Iterator[_Job]:
    yield first
    yield second
    yield from others


def _pool(workers: int | None = None) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers or os.cpu_count() or 1, initializer=_confine)


def _alone(waiting: deque[tuple[_Job, Future[str]]], wanted: _Wanted) -> Iterator[str]:
    while waiting:
        yield _result(*waiting.popleft(), wanted)


def _result(job: _Job, answer: Future[str], wanted: _Wanted) -> str:
    """What a process said; a mail whose process died is read once more, alone, and then only from outside."""
    try:
        return answer.result()
    except BrokenProcessPool:
        pass
    with _pool(1) as alone:
        try:
            return alone.submit(_read, job, wanted).result()
        except BrokenProcessPool:
            return _line(job.path, parser.partial(_raw(job), "child-died"), wanted)


def _confine() -> None:
    """A process that reads strangers' mail has little memory and leaves Ctrl-C to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _raw(job: _Job) -> bytes:
    return Path(job.path).read_bytes() if job.raw is None else job.raw


def _read(job: _Job, wanted: _Wanted) -> str:
    """One mail, whatever it is: what cannot be read whole is told from its headers, the reason among the defects."""
    try:
        raw = _raw(job)
    except OSError as problem:
        return json.dumps({"file": job.path, "defects": [f"unreadable:{type(problem).__name__}"]})
    signal.signal(signal.SIGPROF, _too_slow)
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    try:
        mail = parser.parse(raw, html=wanted.full)
        if wanted.extract:
            _extract(raw, Path(wanted.extract))
    except MailError as refusal:
        mail = parser.partial(raw, str(refusal))
    except Exception as problem:  # noqa: BLE001 - catch point "per mail"
        mail = parser.partial(raw, f"parser:{type(problem).__name__}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return _line(job.path, mail, wanted)


def _too_slow(*_: object) -> None:
    raise _TooSlowError


def _extract(raw: bytes, folder: Path) -> None:
    for attachment, data in parser.attachment_bytes(raw):
        target = folder / attachment.sha256
        if not target.exists():
            unfinished = folder / f"{attachment.sha256}.{os.getpid()}"
            unfinished.write_bytes(data)
            with suppress(FileNotFoundError):
                unfinished.replace(target)


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
        "from": {"name": mail.sender.name, "address": mail.sender.address},
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
                "filename": a.filename, "content_type": a.content_type, "size": a.size, "inline": a.inline,
                "sha256": a.sha256, "content_id": a.content_id,
            }
            for a in mail.attachments
        ],
        "in_reply_to": mail.in_reply_to[0] if mail.in_reply_to else None,
        "references": list(mail.references),
        "kind": mail.kind.value,
        "bounce": _bounce(mail),
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
            "class": "hard" if each.status.startswith("5") else "soft" if each.status.startswith("4") else "",
            "diagnostic": each.diagnostic,
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
        ("Adjuntos", ", ".join(f"{a['filename']} ({a['size']})" for a in fields.get("attachments", []))),
        ("Defectos", ", ".join(fields.get("defects", []))),
    ]
    told = [(f"{label:<10}", value) for label, value in rows if value]
    head = "\n".join(f"{click.style(label, bold=True) if styled else label} {value}" for label, value in told)
    return f"{head}\n\n{fields.get('new_text', '')}\n{'─' * 60}\n"
