"""Letters signed by us, where no relay does it: whoever looks the key up finds the signature good."""

from __future__ import annotations

import subprocess
from pathlib import Path

import dkim
import pytest

from maild.errors import PermanentError
from maild.mail.compose import Composer
from maild.mail.dkim import Signer
from tests.mail.letter_samples import IDENTITY, TEMPLATES, hostile, ordinary
from tests.mail.test_compose import MESSAGE_ID, NOW


def key_pair(file: Path) -> tuple[str, bytes]:
    """A key pair: PEM, and the text record that a name server would give."""
    subprocess.run(["openssl", "genrsa", "-out", str(file), "2048"], check=True, capture_output=True)
    public = subprocess.run(
        ["openssl", "rsa", "-in", str(file), "-pubout", "-outform", "PEM"], check=True, capture_output=True, text=True
    ).stdout
    told = "".join(line for line in public.splitlines() if not line.startswith("-"))
    return file.read_text(), f"v=DKIM1; k=rsa; p={told}".encode()


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    return key_pair(tmp_path_factory.mktemp("dkim") / "key.pem")


def signed(key: str, name: str, *, nasty: bool = False) -> bytes:
    writer = Composer((TEMPLATES,), IDENTITY, Signer("entidad.example", "mesa2026", lambda: key).sign)
    letter = hostile(name) if nasty else ordinary(name)
    return writer.to_bytes(letter, writer.render(letter), message_id=MESSAGE_ID, date=NOW)


def good(raw: bytes, record: bytes) -> bool:
    asked = []

    def name_server(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record

    verdict = bool(dkim.verify(raw, dnsfunc=name_server))
    assert asked == [b"mesa2026._domainkey.entidad.example."]
    return verdict


@pytest.mark.parametrize("name", ["es/user/acuse", "en/technician/tarea", "es/user/mantenimiento_programa"])
@pytest.mark.parametrize("nasty", [False, True])
def test_a_signed_letter_is_found_genuine(key: tuple[str, bytes], name: str, nasty: bool) -> None:
    assert good(signed(key[0], name, nasty=nasty), key[1])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Subject: ", b"Subject: Otro "),
        (b"Reply-To: ", b"Reply-To: Otro "),
        (b"From: ", b"From: malo@malo.example\r\nFrom: "),
        (b"solicitud", b"Solicitud"),
    ],
)
def test_a_letter_changed_on_its_way_is_found_out(key: tuple[str, bytes], before: bytes, after: bytes) -> None:
    raw = signed(key[0], "es/user/acuse")
    assert before in raw
    assert not good(raw.replace(before, after, 1), key[1])


def test_a_key_that_is_none_is_told_with_the_word_to_mend(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="dkim_key_file"):
        signed("esto no es una llave", "es/user/acuse")
