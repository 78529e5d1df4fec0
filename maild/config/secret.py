"""Where a secret comes from; read anew at each use (a rotated file counts without a restart), never kept or shown."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from maild.errors import PermanentError

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Secret:
    """Call it to read it. Order: systemd credential `name`, the file, the environment variable (development)."""

    name: str
    file: Path | None = None
    env: str = ""
    inline: str = field(default="", repr=False)  # only with allow_inline_secrets, for tests

    def __call__(self) -> str:
        """The secret, or PermanentError with what the operator has to do."""
        if credential := self._credential():
            return self._read(credential, guarded=True)
        if self.file:
            return self._read(self.file, guarded=False)
        if self.env:
            if not os.environ.get(self.env):
                raise PermanentError(f"la variable de entorno {self.env} está vacía")
            return os.environ[self.env]
        if self.inline:
            return self.inline
        raise PermanentError(
            f"no se dice de dónde sale el secreto «{self.name}»: use la clave que termina en _file o la credencial "
            f"de systemd LoadCredential={self.name}:…"
        )

    def problem(self) -> str:
        """What keeps it from being read now, or nothing."""
        try:
            self()
        except PermanentError as error:
            return str(error)
        return ""

    @property
    def is_given(self) -> bool:
        """Whether anybody said where to read it. A database on this machine may need none."""
        return bool(self._credential() or self.file or self.env or self.inline)

    def _credential(self) -> Path | None:
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        path = Path(folder) / self.name if folder else None
        return path if path and path.is_file() else None

    def _read(self, path: Path, *, guarded: bool) -> str:
        """systemd guards its own folder (the files there may show 0440); everywhere else only the owner may read."""
        try:
            mode = path.stat().st_mode
            if not guarded and mode & _FOR_OTHERS:
                raise PermanentError(f"otras cuentas pueden leer {path}; ejecute chmod 600 {path}")
            text = path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            raise PermanentError(f"falta el archivo {path} del secreto «{self.name}»") from None
        except UnicodeDecodeError:
            raise PermanentError(f"el archivo {path} del secreto «{self.name}» no es texto UTF-8") from None
        except OSError as error:
            raise PermanentError(f"no se puede leer {path}: {error.strerror}") from None
        secret = _without_line_end(text)
        if not secret:
            raise PermanentError(f"el archivo {path} del secreto «{self.name}» está vacío")
        return secret


def _without_line_end(text: str) -> str:
    """One end of line belongs to the editor; anything more may belong to the password."""
    return next((text[: -len(end)] for end in ("\r\n", "\n") if text.endswith(end)), text)
