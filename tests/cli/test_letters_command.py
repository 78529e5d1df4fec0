"""`maild letters`: what those who approve texts are shown."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import func, select

from maild import rules, showcase
from maild.cli.main import main
from maild.config.shipped import shipped
from maild.mail.compose import Composer
from maild.store.schema import outbox
from tests.cli.desk import Desk
from tests.mail.letter_samples import composer
from tests.mail.test_logo import png

PROFILES = ("base", "osce", "proinversion", "agetic", "pnpais", "minem")


@pytest.fixture(scope="module")
def writer() -> Composer:
    return composer()


@pytest.mark.parametrize("profile", PROFILES)
def test_every_letter_that_an_institution_sends_is_written_for_whoever_gets_it(writer: Composer, profile: str) -> None:
    office = showcase.sample_office(rules.load(shipped("rules") / profile))
    shown = showcase.everything(office, writer)
    assert showcase.problems(shown, writer) == []
    assert {s.template for s in shown if s.place} >= {"acuse", "tarea", "cierre"}
    assert {tuple(s.letters) for s in shown} == {("es", "en")}


def test_a_letter_of_a_step_offers_what_that_step_offers(writer: Composer) -> None:
    office = showcase.sample_office(rules.load(shipped("rules") / "proinversion"))
    asked = next(s for s in showcase.everything(office, writer) if (s.template, s.audience) == ("conformidad", "user"))
    assert {b.key for b in asked.letters["es"].buttons} >= {"conforme", "noconforme"}
    assert asked.letters["es"].to.name == "Rosa Quispe Mamani"


def test_nothing_internal_reaches_users_and_providers(writer: Composer) -> None:
    for profile in PROFILES:
        for shown in showcase.everything(showcase.sample_office(rules.load(shipped("rules") / profile)), writer):
            if shown.audience == "provider":
                for letter in shown.letters.values():
                    assert "rosa.quispe" not in writer.render(letter).text, shown
                    if shown.place:  # those of no rule carry one sample for all readers
                        assert "Rosa" not in writer.render(letter).text, shown
            if shown.audience == "user" and shown.place:
                # Orders with a sign are for those who work; a user reads of one only where he asks what he may do.
                for letter in shown.letters.values():
                    assert "due_at" not in letter.facts
                    assert shown.template == "ayuda" or not letter.facts["orders"]


def test_the_gallery_of_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["letters", "--profile", "osce", "--out", str(tmp_path)]) == 0
    assert "index.html" in capsys.readouterr().out
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page.count("<details>") * 2 == page.count("<section lang=") == len(list(tmp_path.glob("*.eml")))
    assert "<script" not in page
    assert "Personas usuarias" in page


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    assert main(["letters", "--profile", "ninguno", "--out", str(tmp_path)]) == 78


def test_letters_of_a_real_ticket(desk: Desk, tmp_path: Path) -> None:
    desk.mail("rosa@entidad.example", "La impresora no imprime", "Desde ayer.", message_id="primera@entidad.example")
    code, _, err = desk.maild("letters", "--ticket", "1", "--out", str(tmp_path / "out"))
    assert (code, err) == (0, "")
    mails = [message_from_bytes(p.read_bytes(), policy=default) for p in (tmp_path / "out").glob("*acuse-user-es.eml")]
    assert [mail["Subject"] for mail in mails] == ["[MESA-1-R] La impresora no imprime"]
    assert "Rosa Quispe" in str(mails[0]["To"])
    assert desk.maild("letters", "--ticket", "99")[0] == 2
    assert desk.maild("letters", "--ticket", "1", "--profile", "osce")[0] == 2


def _own(desk: Desk, name: str, words: str) -> None:
    """The institution writes a file into its own folder of letters."""
    path = desk.folder / "cartas" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words, encoding="utf-8")
    config = desk.config.read_text(encoding="utf-8")
    if "\ntemplates =" not in config:
        desk.config.write_text(config.replace("[desk]\n", '[desk]\ntemplates = "cartas"\n', 1), encoding="utf-8")


def _texts(desk: Desk) -> dict[str, str]:
    """The newest letter of each template as text, by template."""
    house = desk.open()
    try:
        with house.database.write() as tx:
            rows = tx.execute(select(outbox.c.template, outbox.c.raw).order_by(outbox.c.id)).all()
    finally:
        house.close()
    read = ((template, message_from_bytes(raw, policy=default).get_body(("plain",))) for template, raw in rows)
    return {template: str(part.get_content()) for template, part in read if part is not None}


def test_an_institution_replaces_one_letter_and_one_phrase(desk: Desk) -> None:
    _own(
        desk, "es/user/acuse.md.j2", 'Asunto: {% include "es/_asunto.md.j2" %}\n\n# Anotado con el número {{ mark }}\n'
    )
    _own(desk, "es/phrases.toml", 'buttons-text = """Conteste así:\n{orders}"""\n')
    assert "templates" not in desk.maild("check")[2]
    desk.mail("rosa@entidad.example", "Sin red", "No hay red.")
    told = _texts(desk)
    assert "Anotado con el número MESA-1-R" in told["acuse"]
    assert "Conteste así:" in told["tarea"]
    assert "aviso" not in told


def test_a_wrong_letter_stops_no_ticket_and_the_operator_hears_of_it_once(desk: Desk, tmp_path: Path) -> None:
    _own(desk, "es/user/acuse.md.j2", "Asunto: x\n\n# Hola {{ nadie }}\n")
    for number in (1, 2):
        desk.mail("rosa@entidad.example", f"Sin red {number}", "No hay red.")
    told = _texts(desk)
    assert "Recibimos su solicitud" in told["acuse"]
    assert "es/user/acuse.md.j2" in told["aviso"]
    assert "nadie" in told["aviso"]
    house = desk.open()
    try:
        with house.database.write() as tx:
            assert tx.execute(select(func.count()).where(outbox.c.template == "aviso")).scalar() == 1
    finally:
        house.close()
    code, _, err = desk.maild("letters", "--out", str(tmp_path / "out"))
    assert code == 1
    assert "nadie" in err


def test_a_logo_goes_along_and_a_wrong_one_is_told_before_it_can_disturb(desk: Desk, tmp_path: Path) -> None:
    config = desk.config.read_text(encoding="utf-8")
    desk.config.write_text(config.replace("[desk]\n", '[desk]\nlogo = "logo.png"\n', 1), encoding="utf-8")
    code, *told = desk.maild("check")
    assert code == 78
    assert "desk.logo" in "".join(told)
    (desk.folder / "logo.png").write_bytes(b"GIF89a" + b"\0" * 60)
    code, *told = desk.maild("check")
    assert code == 78
    assert "logo.png: no es una imagen PNG" in "".join(told)
    (desk.folder / "logo.png").write_bytes(png(120, 60))
    desk.mail("rosa@entidad.example", "La impresora no imprime", "Desde ayer.")
    assert desk.maild("letters", "--ticket", "1", "--out", str(tmp_path / "out"))[0] == 0
    for file in (tmp_path / "out").glob("*acuse-user-es.eml"):
        mail = message_from_bytes(file.read_bytes(), policy=default)
        assert [part.get_content_type() for part in mail.walk()].count("image/png") == 1
