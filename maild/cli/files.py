"""Files of tickets taken out of the raw mails that hold them: under the name of their hash, never runnable, never overwriting."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from maild.errors import MailError
from maild.mail.sandbox import Sandbox
from maild.store.raw import RawStore

# What is taken out: nothing that was refused, and nothing that a scanner found to be infected.
_TAKEN = ("file", "logo")
_WALL_SECONDS = 60


def take_out(rows: Iterable[Mapping[str, Any]], raw: RawStore, folder: Path) -> list[str]:
    """Write the files of these rows as `folder/<sha256>`, mode 0600. Returns what could not be taken out, in words.

    The mails are opened in confined children, as when they came.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted: dict[str, set[str]] = {}
    for row in rows:
        if row["fate"] in _TAKEN:
            wanted.setdefault(str(row["raw"]), set()).add(str(row["sha256"]))
    return asyncio.run(_all(wanted, raw, folder))


async def _all(wanted: Mapping[str, set[str]], raw: RawStore, folder: Path) -> list[str]:
    missing: list[str] = []
    async with Sandbox(workers=1, wall_seconds=_WALL_SECONDS, task="files") as sandbox:
        for mail, hashes in wanted.items():
            try:
                found = await sandbox.files(raw.get(mail))
            except MailError as error:
                missing.append(f"{mail[:12]}: {error}")
                continue
            missing += [f"{mail[:12]}: {digest[:12]}" for digest in sorted(hashes - set(found))]
            for digest in hashes & set(found):
                _write(folder / digest, found[digest])
    return missing


def _write(path: Path, data: bytes) -> None:
    """A file of that name holds these very bytes already: its name is their hash. A link of that name is not followed."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(data)
