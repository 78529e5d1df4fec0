"""Raw mails, kept whole in files named by their sha256. A name appears only when its content is complete and durable."""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from maild.errors import MailError, TransientError
from maild.failpoints import failpoint

_Item = TypeVar("_Item")
# So many octets of mails just stored are remembered until they are read: mostly they are read at once.
_MOST_FRESH = 8 * 1024 * 1024


class RawStore:
    """A folder `aa/<sha256>`. Written before the row that names it, so a row never names a file that is missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._durable: set[Path] = set()  # subfolders whose own names are known to be on the disk
        # fsyncs that wait at the same time share one journal commit of the file system.
        self._syncers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="raw")
        self._lock = threading.Lock()
        self._fresh: dict[str, bytes] = {}
        self._fresh_octets = 0

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
        self._remember(named)
        return order

    def _write_all(self, named: Mapping[str, bytes]) -> None:
        folders = {self.path(digest).parent for digest in named}
        for folder in folders - self._durable:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = []
        try:
            for digest, raw in named.items():
                if not self.path(digest).exists():
                    unfinished.append(_Unfinished.begun(self.path(digest), raw))
            self._all(os.fsync, [file.handle for file in unfinished])
            for file in unfinished:
                file.name()
        finally:
            for file in unfinished:
                file.close()
        failpoint("raw.before-folder-sync")
        # Also where the file was there already: whoever named it may not have come to make its name durable.
        new = folders - self._durable
        self._all(_sync_folder, [*folders, *((self.folder, self.folder.parent) if new else ())])
        self._durable |= new

    def _all(self, work: Callable[[_Item], None], items: Iterable[_Item]) -> None:
        """Side by side; also where one fails the others have come to their end when this returns."""
        running = [self._syncers.submit(work, item) for item in items]
        wait(running)
        for future in running:
            future.result()

    def fresh(self, digest: str) -> bytes | None:
        """The mail, if this process stored it just now and still remembers it: no need to read it back from the disk."""
        with self._lock:
            raw = self._fresh.pop(digest, None)
            self._fresh_octets -= len(raw or b"")
        return raw

    def _remember(self, named: Mapping[str, bytes]) -> None:
        """The newest; the oldest make room, for nobody ever asks for copies of known mails and ignored ones."""
        with self._lock:
            for digest, raw in named.items():
                if digest not in self._fresh:
                    self._fresh[digest] = raw
                    self._fresh_octets += len(raw)
            while self._fresh_octets > _MOST_FRESH:
                oldest = next(iter(self._fresh))
                self._fresh_octets -= len(self._fresh.pop(oldest))

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
        self._syncers.shutdown()


@dataclass(slots=True)
class _Unfinished:
    """A file written under another name: it gets its own once its bytes are durable."""

    handle: int
    temporary: str
    path: Path

    @classmethod
    def begun(cls, path: Path, raw: bytes) -> _Unfinished:
        temporary = f"{path.parent}/.new-{secrets.token_hex(8)}"
        file = cls(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), temporary, path)
        try:
            view = memoryview(raw)
            while view:
                view = view[os.write(file.handle, view) :]
        except OSError:
            file.close()
            raise
        return file

    def name(self) -> None:
        os.rename(self.temporary, self.path)  # noqa: PTH104 - one call for each mail: a Path for it costs more
        self.temporary = ""

    def close(self) -> None:
        """Give the handle back; a file that did not get its name leaves nothing behind."""
        os.close(self.handle)
        if self.temporary:
            Path(self.temporary).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
