"""Secrets come from where only we can look, fresh at every login, and never stand in an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from maild.errors import PermanentError
from maild.mail import secrets


def file_with(folder: Path, octets: bytes, mode: int = 0o600) -> Path:
    path = folder / "clave"
    path.write_bytes(octets)
    path.chmod(mode)
    return path


def test_a_file_gives_its_line_and_a_changed_file_counts_at_once(tmp_path: Path) -> None:
    path = file_with(tmp_path, "contraseña con espacio \r\n".encode())
    secret = secrets.from_file(path)
    assert secret() == "contraseña con espacio "
    path.write_text("otra\n")
    assert secret() == "otra"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(PermanentError, match="chmod 600"):
        secrets.from_file(file_with(tmp_path, b"clave", mode))()


def test_a_systemd_credential_is_read_where_systemd_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file_with(tmp_path, b"clave\n", 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secrets.from_credential("clave")() == "clave"


def test_an_environment_variable_serves_for_development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILD_TEST_SECRET", "clave")
    assert secrets.from_environment("MAILD_TEST_SECRET")() == "clave"


@pytest.mark.parametrize(
    "source",
    [
        lambda folder: secrets.from_file(folder / "nada"),
        lambda folder: secrets.from_file(file_with(folder, b"\n")),
        lambda folder: secrets.from_file(file_with(folder, b"\xff\xfe hormiga")),
        lambda folder: secrets.from_credential("clave"),
        lambda folder: secrets.from_environment("MAILD_TEST_NOTHING"),
    ],
)
def test_what_cannot_be_had_is_a_setting_to_mend_and_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Callable[[Path], secrets.Secret]
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(PermanentError) as caught:
        source(tmp_path)()
    assert "hormiga" not in str(caught.value)
