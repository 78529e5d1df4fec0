"""Where passwords and tokens come from: functions asked at every login, so that a changed file counts at once.

Nothing here keeps a secret, prints one, or puts one into an error.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from maild.errors import PermanentError

Secret = Callable[[], str]

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def from_file(path: Path) -> Secret:
    """A file that only its owner may read (0600 or stricter)."""

    def read() -> str:
        try:
            if path.stat().st_mode & _FOR_OTHERS:
                raise PermanentError(
                    f"Otras cuentas pueden leer {path}; use chmod 600 / others can read it; use chmod 600"
                )
            return _checked(path.read_text("utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise PermanentError(f"No se puede leer {path} / cannot read it: {_kind(error)}") from None

    return read


def from_credential(name: str) -> Secret:
    """A systemd credential (LoadCredential=): systemd itself guards the folder."""

    def read() -> str:
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise PermanentError(
                f"Falta la credencial de systemd «{name}» / missing systemd credential (LoadCredential=)"
            )
        try:
            return _checked((Path(folder) / name).read_text("utf-8"), name)
        except (OSError, UnicodeDecodeError) as error:
            raise PermanentError(
                f"No se puede leer la credencial «{name}» / cannot read the credential: {_kind(error)}"
            ) from None

    return read


def from_environment(name: str) -> Secret:
    """An environment variable; for development only, other processes of the account can read it."""

    def read() -> str:
        return _checked(os.environ.get(name, ""), f"${name}")

    return read


def _checked(text: str, where: str) -> str:
    secret = text.rstrip("\r\n")
    if not secret:
        raise PermanentError(f"El secreto de {where} está vacío / the secret is empty")
    return secret


def _kind(error: Exception) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else type(error).__name__
