"""Raw mails, kept whole in files named by their sha256. A name appears only when its content is complete and durable."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TypeVar

from maild.errors import MailError, TransientError
from maild.failpoints import failpoint

_Item = TypeVar("_Item")


class RawStore:
    """A folder `aa/<sha256>`. Written before the row that names it, so a row never names a file that is missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._durable: set[Path] = set()  # subfolders whose own names are known to be on the disk
        # fsyncs that wait at the same time share one journal commit of the file system.
        self._writers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="raw")

    def put(self, mails: Iterable[bytes]) -> list[str]:
        """Make these mails durable; their sha256, in order. Blocking: call it off the event loop."""
        named: dict[str, bytes] = {}
        order = []
        for raw in mails:
            digest = hashlib.sha256(raw).hexdigest()
            named[digest] = raw
            order.append(digest)
        try:
            self._write_all(named)
        except OSError as error:
            raise TransientError(f"no pude guardar el correo en {self.folder}: {error} / cannot store mail") from error
        return order

    def _write_all(self, named: Mapping[str, bytes]) -> None:
        folders = {self.path(digest).parent for digest in named}
        for folder in folders - self._durable:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._all(self._write, [(d, raw) for d, raw in named.items() if not self.path(d).exists()])
        failpoint("raw.before-folder-sync")
        # Also where the file was there already: whoever named it may not have come to make its name durable.
        new = folders - self._durable
        self._all(_sync_folder, [*folders, *((self.folder, self.folder.parent) if new else ())])
        self._durable |= new

    def _all(self, work: Callable[[_Item], None], items: Iterable[_Item]) -> None:
        """Side by side; also where one fails the others have come to their end when this returns."""
        running = [self._writers.submit(work, item) for item in items]
        wait(running)
        for future in running:
            future.result()

    def _write(self, item: tuple[str, bytes]) -> None:
        digest, raw = item
        path = self.path(digest)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).rename(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise

    def get(self, digest: str) -> bytes:
        """The mail, proved by its hash. TransientError when the folder cannot be read now; MailError when this file is
        gone or is not what it was: then it is this mail that a person must look at, and the next one goes on."""
        try:
            raw = self.path(digest).read_bytes()
        except FileNotFoundError as error:
            if not self.folder.is_dir():
                raise TransientError(f"no existe la carpeta {self.folder} / the folder is missing") from error
            raise MailError("raw-missing") from error
        except OSError as error:
            raise TransientError(
                f"no pude leer el correo guardado {digest[:12]}: {error} / cannot read mail"
            ) from error
        if hashlib.sha256(raw).hexdigest() != digest:
            raise MailError("raw-damaged")
        return raw

    def path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest

    def close(self) -> None:
        self._writers.shutdown()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
