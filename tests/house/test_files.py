"""The files of real mails as the desk keeps them, on both databases: rows, logos, refusals that are told, viruses, and taking them out."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from maild.cli.files import take_out
from maild.core.files import FileRules, Scan
from maild.mail.parse import parse
from tests.house.desk import OPERATOR, RealDesk, codes

RULES = FileRules(most=3, largest=20_000, forbidden=frozenset({"exe"}))
LOGO = b"\x89PNG logo de la entidad" + bytes(500)
PDF = b"%PDF-1.4 informe" + bytes(1000)


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[RealDesk]:
    with RealDesk.on(database_url, tmp_path, RULES) as desk:
        yield desk


def mail(subject: str, *files: tuple[str, bytes], logo: bytes = b"", sender: str = "rosa", ref: str = "") -> bytes:
    message = EmailMessage()
    message["From"] = f"{sender}@entidad.test"
    message["To"] = "mesa@entidad.test"
    message["Subject"] = subject
    message["Message-ID"] = f"<{hashlib.sha256(f'{subject}{files}{sender}'.encode()).hexdigest()[:20]}@pc.entidad.test>"
    if ref:
        message["In-Reply-To"] = message["References"] = f"<{ref}>"
    message.set_content(f"{subject}, por favor revisen.\n")
    if logo:
        message.add_alternative('<p>Revisen.</p><img src="cid:logo1">', subtype="html")
        html = message.get_payload()[1]  # type: ignore[index]
        html.add_related(logo, "image", "png", cid="<logo1>", disposition="inline", filename="image001.png")  # type: ignore[union-attr]
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def test_what_the_parser_lists_stands_in_rows_with_its_mail_and_ticket(desk: RealDesk) -> None:
    desk.put(mail("Informe", ("informe mensual.pdf", PDF)))
    (row,) = desk.files(1)
    assert (row["filename"], row["size"], row["fate"], row["inline"]) == (
        "informe mensual.pdf",
        len(PDF),
        "file",
        False,
    )
    assert row["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert row["inbound"] == desk.last
    (letter,) = desk.letters("rosa@entidad.test")
    assert "Archivos recibidos: informe mensual.pdf." in parse(letter["raw"]).text


def test_a_file_that_is_not_taken_is_told_in_the_acknowledgement(desk: RealDesk) -> None:
    outcome = desk.put(mail("Instalador", ("juego.exe", b"MZ"), ("grande.zip", bytes(20_001)), ("bien.pdf", PDF)))
    assert outcome.decision.number == 1
    assert {"file-type", "file-size", "opened"} <= set(codes(outcome))
    (letter,) = desk.letters("rosa@entidad.test")
    said = parse(letter["raw"]).text
    assert "«juego.exe» es de un tipo que no se acepta (exe)." in said
    assert "grande.zip" in said and "0.0191 MiB" in said
    assert [row["fate"] for row in desk.files(1)] == ["refused", "refused", "file"]


def test_in_an_answer_it_is_told_in_a_letter_of_its_own(desk: RealDesk) -> None:
    desk.put(mail("No abre", ("captura.pdf", PDF)))
    first = desk.letters("rosa@entidad.test")[0]["message_id"]
    desk.put(mail("RE: No abre", ("arreglo.exe", b"MZ"), ref=first))
    assert [row["template"] for row in desk.letters("rosa@entidad.test")] == ["acuse", "adjuntos"]
    said = parse(desk.letters("rosa@entidad.test")[1]["raw"])
    assert "«arreglo.exe»" in said.text and "MESA-1-R" in said.subject
    desk.put(mail("RE: No abre otra vez", ("bien.pdf", PDF), ref=first))
    assert len(desk.letters("rosa@entidad.test")) == 2


def test_too_many_files_are_listed_and_the_rest_refused(desk: RealDesk) -> None:
    desk.put(mail("Fotos", *((f"foto{n}.jpg", f"foto {n}".encode()) for n in range(5))))
    assert [row["fate"] for row in desk.files(1)] == ["file"] * 3 + ["refused"] * 2


def test_a_logo_is_known_by_its_repetition_on_several_tickets(desk: RealDesk) -> None:
    for number, sender in enumerate(("rosa", "beto", "rosa"), 1):
        desk.put(mail(f"Pedido {number}", logo=LOGO, sender=sender))
        assert desk.files(number)[0]["fate"] == ("file" if number < 3 else "logo")
    assert [desk.files(number)[0]["fate"] for number in (1, 2, 3)] == ["logo"] * 3
    desk.put(mail("Pedido 4", ("cotización.pdf", PDF), logo=LOGO))
    assert {row["filename"]: row["fate"] for row in desk.files(4)} == {"image001.png": "logo", "cotización.pdf": "file"}
    newest = parse(desk.letters("rosa@entidad.test")[-1]["raw"]).text
    assert "cotización.pdf" in newest and "image001.png" not in newest


def test_a_screenshot_that_answers_repeat_stays_a_file(desk: RealDesk) -> None:
    desk.put(mail("Pantalla", logo=LOGO))
    first = desk.letters("rosa@entidad.test")[0]["message_id"]
    for number in range(5):
        desk.put(mail(f"RE: Pantalla {number}", logo=LOGO, ref=first))
    assert {row["fate"] for row in desk.files(1)} == {"file"}


def test_a_logo_of_another_domain_is_not_one_here(desk: RealDesk) -> None:
    for number in range(3):
        desk.put(mail(f"Pedido {number}", logo=LOGO))
    desk.put(mail("De otra casa", logo=LOGO).replace(b"rosa@entidad.test", b"rosa@sub.entidad.test"))
    assert desk.files(4)[0]["fate"] == "file"


def test_an_infected_file_is_set_aside_and_the_mail_goes_on(desk: RealDesk, tmp_path: Path) -> None:
    digest = hashlib.sha256(PDF).hexdigest()
    outcome = desk.put(mail("Factura", ("factura.pdf", PDF)), {digest: Scan("infected", "Eicar-Test")})
    assert {"opened", "file-infected"} <= set(codes(outcome))
    (row,) = desk.files(1)
    assert (row["fate"], row["scan"], row["scan_said"]) == ("infected", "infected", "Eicar-Test")
    (notice,) = desk.letters(OPERATOR)
    assert "tiene un virus (Eicar-Test)" in parse(notice["raw"]).text
    assert take_out(desk.files(1), desk.raw, tmp_path / "out") == []
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unchecked_file_is_marked_and_kept(desk: RealDesk) -> None:
    digest = hashlib.sha256(PDF).hexdigest()
    outcome = desk.put(mail("Factura", ("factura.pdf", PDF)), {digest: Scan("unchecked", "no-scanner")})
    assert "file-unchecked" in codes(outcome)
    assert [(row["fate"], row["scan"]) for row in desk.files(1)] == [("file", "unchecked")]
    assert desk.letters(OPERATOR) == []


def test_files_come_out_under_their_hash_and_nothing_else(desk: RealDesk, tmp_path: Path) -> None:
    names = ["../../escape.pdf", "/etc/passwd", "\u200b.htaccess"]
    desk.put(mail("Nombres", *((name, f"contenido de {name}".encode()) for name in names)))
    folder = tmp_path / "out"
    assert take_out(desk.files(1), desk.raw, folder) == []
    written = sorted(folder.iterdir())
    assert [path.name for path in written] == sorted(row["sha256"] for row in desk.files(1))
    for path in written:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert take_out(desk.files(1), desk.raw, folder) == []  # a second time changes nothing


def test_a_link_in_the_way_is_not_followed(desk: RealDesk, tmp_path: Path) -> None:
    desk.put(mail("Enlace", ("a.pdf", PDF)))
    folder, victim = tmp_path / "out", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("intacto")
    os.symlink(victim, folder / desk.files(1)[0]["sha256"])
    take_out(desk.files(1), desk.raw, folder)
    assert victim.read_text() == "intacto"


def test_a_raw_mail_that_is_gone_is_said_so(desk: RealDesk, tmp_path: Path) -> None:
    desk.put(mail("Perdido", ("a.pdf", PDF)))
    (row,) = desk.files(1)
    desk.raw.path(row["raw"]).unlink()
    assert take_out([row], desk.raw, tmp_path / "out") == [f"{row['raw'][:12]}: raw-missing"]


def test_an_archive_that_would_unpack_to_petabytes_is_a_small_file(desk: RealDesk) -> None:
    """maild opens no archive: its size is what came, and what it claims to hold costs nothing."""
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomba.bin", bytes(10_000_000))
    bomb = packed.getvalue()
    assert len(bomb) < 20_000
    desk.put(mail("Comprimido", ("bomba.zip", bomb)))
    assert [(row["size"], row["fate"]) for row in desk.files(1)] == [(len(bomb), "file")]
