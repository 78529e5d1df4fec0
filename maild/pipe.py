"""The second door: mails that come in files, folders or through a pipe. It only stores; the daemon understands and decides."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from maild.errors import PermanentError, TransientError
from maild.failpoints import failpoint
from maild.store import mails
from maild.store.database import Database
from maild.store.mails import Arrival
from maild.store.raw import RawStore

# What begins a mail in an mbox. The whole line, for "From " also begins sentences that nobody escaped.
_POSTMARK = re.compile(rb"From \S.*?((?:[A-Z][a-z]{2} ){2}[ \d]\d \d\d:\d\d:\d\d)(?: \S+)?( \d{4})\s*$")
_ESCAPED = re.compile(rb">+From ")
# Mails that share a commit: an import of thousands pays for few, and holds little in memory.
_MAILS_AT_ONCE, _OCTETS_AT_ONCE = 50, 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Letterbox:
    """A mail as it was found. `received_at` is when the place it lay in says that it came, if it says so."""

    place: str
    raw: bytes
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that is ours now: its row and the name of its bytes."""

    place: str
    mail: int
    sha256: str
    size: int


# --- finding mails ----------------------------------------------------------------------------------------------------


def in_path(path: Path) -> Iterator[Letterbox]:
    """The mails of a file, an mbox, a Maildir or a folder of such files, oldest name first. OSError where one cannot be read."""
    if not path.is_dir():
        with path.open("rb") as stream:
            yield from in_stream(stream, str(path))
    elif (path / "cur").is_dir() and (path / "new").is_dir():
        for file in sorted([*(path / "cur").iterdir(), *(path / "new").iterdir()], key=lambda file: file.name):
            if not file.name.startswith("."):
                came = datetime.fromtimestamp(file.stat().st_mtime, UTC)
                yield Letterbox(str(file), file.read_bytes(), came)
    else:
        for folder, below, names in os.walk(path, onerror=_raised):
            below[:] = sorted(name for name in below if name != "tmp")
            for name in sorted(name for name in names if not name.startswith(".")):
                yield from in_path(Path(folder, name))


def _raised(error: OSError) -> None:
    raise error


def in_stream(stream: IO[bytes], place: str) -> Iterator[Letterbox]:
    """The one mail of a stream, or all of them if it begins as an mbox does."""
    first = stream.readline()
    postmark = _POSTMARK.match(first)
    if postmark is None and not first.startswith(b"From "):
        if first:
            yield Letterbox(place, first + stream.read())
        return
    lines: list[bytes] = []
    blank = False
    for line in stream:
        following = _POSTMARK.match(line) if blank else None
        if following:
            yield _cut(place, lines, postmark)
            lines, postmark = [], following
        else:
            lines.append(line[1:] if _ESCAPED.match(line) else line)
        blank = not line.strip(b"\r\n")
    yield _cut(place, lines, postmark)


def _cut(place: str, lines: list[bytes], postmark: re.Match[bytes] | None) -> Letterbox:
    if lines and not lines[-1].strip(b"\r\n"):
        lines.pop()  # the empty line belongs to the mbox, not to the mail
    return Letterbox(place, b"".join(lines), _postmarked(postmark) if postmark else None)


def _postmarked(postmark: re.Match[bytes]) -> datetime | None:
    """The time on a postmark; it names no zone and means this machine's."""
    text = b"".join(postmark.groups()).decode("ascii", "replace")
    try:
        return datetime.strptime(text, "%a %b %d %H:%M:%S %Y").astimezone()
    except (ValueError, OverflowError):
        return None


# --- taking them ------------------------------------------------------------------------------------------------------


class Pipe:
    """Stores mails beside a daemon that may be running, or not. Whatever fails is temporary: whoever hands over the mail keeps it."""

    def __init__(self, database: Database, raw: RawStore, largest: int) -> None:
        self._database, self._raw, self._largest = database, raw, largest

    @classmethod
    def open(cls, url: str, sqlite_file: Path | None, raw_folder: Path, largest: int) -> Pipe:
        """TransientError while the daemon's database is not there, not reachable or of another version."""
        if sqlite_file is not None and not sqlite_file.exists():
            raise TransientError(
                f"la base de datos {sqlite_file} todavía no existe; la crea «maild run» / no database yet"
            )
        database = Database(url)
        try:
            database.require_version()
        except PermanentError as error:
            raise TransientError(str(error)) from error
        return cls(database, RawStore(raw_folder), largest)

    def take(self, found: Iterable[Letterbox], now: datetime) -> Iterator[Sequence[Taken]]:
        """Store the mails; each lot is safe when it is answered. Mails stored before stay known: repeating is harmless."""
        lot: list[Letterbox] = []
        octets = 0
        for mail in found:
            lot.append(mail)
            octets += len(mail.raw)
            if len(lot) >= _MAILS_AT_ONCE or octets >= _OCTETS_AT_ONCE:
                yield self._store(lot, now)
                lot, octets = [], 0
        if lot:
            yield self._store(lot, now)

    def _store(self, lot: Sequence[Letterbox], now: datetime) -> Sequence[Taken]:
        digests = self._raw.put([mail.raw for mail in lot])
        failpoint("pipe.raw-written")
        arrivals = [self._arrival(mail, digest, now) for mail, digest in zip(lot, digests, strict=True)]
        with self._database.write() as tx:
            rows = mails.put(tx, arrivals, now)
        failpoint("pipe.stored")
        return [Taken(m.place, row, digest, len(m.raw)) for m, row, digest in zip(lot, rows, digests, strict=True)]

    def _arrival(self, mail: Letterbox, digest: str, now: datetime) -> Arrival:
        size = len(mail.raw)
        return Arrival(digest, size, mail.received_at or now, reason="too-large" if size > self._largest else "")

    def close(self) -> None:
        self._raw.close()
        self._database.close()
