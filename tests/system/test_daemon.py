"""The daemon on real servers: one life of it, on each database, through which people, robots and intruders write."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.mail.bombs import nested
from tests.system.desk import PEOPLE, Desk, mail, parsed, reply, words_of
from tests.system.servers import Servers
from tests.system.settings import DOMAIN

EVERYBODY = ("helpdesk", "lupe", "teo", "eva", "caro", "rosa", "raul", "operador")
# An address that the relay takes and reports as undeliverable afterwards: no such name may be a user of Dovecot.
GONE = f"nadie=x@{DOMAIN}"
MORE_PEOPLE = f'[person.nadie]\naddress = "{GONE}"\nname = "Nadie"\nrole = "usuario"\n'
GENEROUS = {
    "message_size": "1MiB",
    "tickets_per_address_hour": 1000,
    "acks_per_address_hour": 1000,
    "acks_per_address_day": 1000,
    "letters_per_address_hour": 1000,
    "letters_per_address_day": 1000,
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def life(
    request: pytest.FixtureRequest, start_servers: Callable[..., Servers], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """A desk whose daemon lives as long as the tests of this module; each test begins a ticket of its own."""
    servers = start_servers()
    servers.empty_queue()
    for user in EVERYBODY:
        servers.wipe(user)
    database = "sqlite:///maild.db" if request.param == "sqlite" else servers.fresh_database()
    folder: Path = tmp_path_factory.mktemp("life") / "desk"
    desk = Desk(folder, servers, database, tables={"limits": GENEROUS}, people=PEOPLE + MORE_PEOPLE).upgrade()
    with desk.running():
        yield desk


@contextmanager
def silence(desk: Desk, number: int = 0) -> Iterator[None]:
    """Nothing that happens in here may write a letter (save to the operator) or move the ticket."""

    def seen() -> object:
        everything = [(template, to) for template, to, _ in desk.letters() if "operador" not in to]
        return everything, desk.rows("SELECT state, responsible FROM ticket WHERE number = ?", number)

    before = seen()
    yield
    assert seen() == before


def opened(desk: Desk, sender: str = "rosa", **words: str) -> tuple[int, EmailMessage]:
    """A new ticket: its number and the acknowledgement that its sender got."""
    raw = mail(sender, **words)
    desk.servers.smtp("helpdesk", raw)
    state, _, number = desk.decided(raw)
    assert state == "done"
    return number, desk.letter(number, "acuse", sender)


def told_operator(desk: Desk, about: str) -> int:
    """How many quarantine letters the operator has been written with these words in them."""
    raws = desk.rows("SELECT raw FROM outbox WHERE template = 'cuarentena' ORDER BY id")
    return sum(about in words_of(parsed(bytes(raw))) for (raw,) in raws)


def bodies(desk: Desk, number: int) -> str:
    return "\n".join(row[0] for row in desk.rows("SELECT text FROM message WHERE ticket = ? ORDER BY id", number))


# People ---------------------------------------------------------------------------------------------------------------


def test_a_mail_becomes_a_ticket_is_acknowledged_through_the_relay_and_filed_away(life: Desk) -> None:
    raw = mail("rosa", "No hay red en el piso 3")
    life.servers.smtp("helpdesk", raw)
    state, _, number = life.decided(raw)
    assert state == "done"
    letter = life.letter(number, "acuse", "rosa")
    assert letter["In-Reply-To"] == parsed(raw)["Message-ID"]
    assert letter["Auto-Submitted"] == "auto-replied"
    assert f"[MESA-{number}-" in str(letter["Subject"])
    assert letter.get_body(("html",)) is not None
    name = str(parsed(raw)["Message-ID"])
    filed = life.until(
        lambda: [m for m in life.servers.messages("helpdesk", "Procesados") if name.encode() in m], "move"
    )
    assert parsed(filed[0]).get_body(("plain",)) is not None
    assert life.servers.count("helpdesk") == 0


def test_the_users_reply_to_the_acknowledgement_lands_on_the_ticket(life: Desk) -> None:
    number, letter = opened(life)
    raw = reply(letter, "rosa", "Además hace un ruido raro.")
    life.servers.smtp("helpdesk", raw)
    assert life.decided(raw) == ("done", "", number)
    assert "ruido raro" in bodies(life, number)
    life.letter(number, "tarea", "lupe")


def test_a_reply_with_nothing_but_the_mark_lands_when_its_sender_takes_part(life: Desk) -> None:
    number, letter = opened(life)
    raw = mail("rosa", f"RV: {letter['Subject']}", "Escribo desde el teléfono.")
    life.servers.smtp("helpdesk", raw)
    assert life.decided(raw) == ("done", "", number)


def test_a_stranger_who_guessed_the_number_reaches_nobody_and_the_operator_hears_once(life: Desk) -> None:
    number, letter = opened(life)
    raw = mail("mallory@afuera.example", f"Re: {letter['Subject']}", "Denme la clave de la red.")
    with silence(life, number):
        life.servers.smtp("helpdesk", raw)
        state, reason, _ = life.decided(raw)
        assert (state, reason) == ("parked", "stranger-on-ticket")
        life.until(lambda: raw_in(life, raw, "Revisar"), "the mail in Revisar")
    assert "Denme la clave" not in bodies(life, number)
    assert told_operator(life, "mallory@afuera.example") == 1


def raw_in(desk: Desk, raw: bytes, folder: str) -> bool:
    name = str(parsed(raw)["Message-ID"]).encode()
    return any(name in found for found in desk.servers.messages("helpdesk", folder))


def test_a_colleague_with_the_number_gets_a_ticket_of_his_own(life: Desk) -> None:
    number, letter = opened(life)
    raw = mail("raul", f"Re: {letter['Subject']}", "A mí me pasa lo mismo.")
    life.servers.smtp("helpdesk", raw)
    state, _, own = life.decided(raw)
    assert state == "done" and own not in (0, number)
    assert life.one("SELECT requester FROM ticket WHERE number = ?", own) == f"raul@{DOMAIN}"
    assert "me pasa lo mismo" not in bodies(life, number)
    life.letter(own, "acuse", "raul")


def test_replies_to_real_letters_drive_the_procedure_to_conformity_and_closing(life: Desk) -> None:
    number, _ = opened(life)

    def answers(template: str, who: str, text: str, order: str = "") -> None:
        raw = reply(life.letter(number, template, who), who, text, order=order)
        life.servers.smtp("helpdesk", raw)
        assert life.decided(raw) == ("done", "", number)

    answers("tarea", "lupe", "Por favor, mírenlo.", "#asignar teo")
    assert life.state(number) == "asignado"
    answers("asignacion", "teo", "#tomar\n\nVoy para allá.")
    assert life.state(number) == "en_proceso"
    answers("asignacion", "teo", "#resuelto\n\nSe cambió el cable de red.")
    assert life.state(number) == "resuelto"
    assert "Se cambió el cable de red" in words_of(life.letter(number, "conformidad", "rosa"))
    answers("conformidad", "rosa", "No conforme, sigue igual.")
    assert life.state(number) == "en_proceso"
    answers("reapertura", "teo", "#resuelto\n\nAhora sí: era el conector.")
    answers("conformidad", "rosa", "Conforme, muchas gracias.")
    assert life.state(number) == "cerrado"
    assert life.one("SELECT closing_reason FROM ticket WHERE number = ?", number) == "resuelto"
    life.letter(number, "cierre", "rosa")
    assert life.one("SELECT count(*) FROM timer WHERE ticket = ? AND ended_at IS NULL", number) == 0


def test_the_same_mail_delivered_twice_is_one_ticket_and_one_letter(life: Desk) -> None:
    raw = mail("rosa", "Dos veces lo mismo")
    life.servers.smtp("helpdesk", raw)
    _, _, number = life.decided(raw)
    life.servers.smtp("helpdesk", raw)
    name = str(parsed(raw)["Message-ID"]).strip("<>")
    states = "SELECT state FROM inbound WHERE message_id = ? ORDER BY id"
    life.until(lambda: life.rows(states, name) == [("done",), ("duplicate",)], "the duplicate")
    assert life.one("SELECT count(*) FROM outbox WHERE ticket = ? AND recipient LIKE 'rosa%'", number) == 1


# Those who are not who they say -----------------------------------------------------------------------------------------


def test_an_order_with_a_borrowed_address_is_refused_and_changes_nothing(life: Desk) -> None:
    number, letter = opened(life)
    raw = mail("teo", f"Re: {letter['Subject']} #tomar", "Me encargo yo.")
    life.servers.smtp("helpdesk", raw)
    assert life.decided(raw) == ("done", "not-proved", number)
    assert life.rows("SELECT state, responsible FROM ticket WHERE number = ?", number) == [("en_cola", None)]
    life.letter(number, "no_autorizado", "teo")


def test_a_letter_made_for_somebody_else_proves_nothing(life: Desk) -> None:
    number, _ = opened(life)
    order = reply(life.letter(number, "tarea", "lupe"), "lupe", "#asignar teo")
    life.servers.smtp("helpdesk", order)
    life.decided(order)
    raw = reply(life.letter(number, "asignacion", "teo"), "eva", "#tomar")
    life.servers.smtp("helpdesk", raw)
    assert life.decided(raw) == ("done", "not-proved", number)
    assert life.state(number) == "asignado"


# Robots ---------------------------------------------------------------------------------------------------------------


def test_robots_get_no_letter_and_move_nothing(life: Desk) -> None:
    number, letter = opened(life)
    absent = reply(letter, "rosa", "Estoy de vacaciones. Conforme.", Auto_Submitted="auto-replied")
    listed = mail("raul", "Boletín de noticias", List_Id="<noticias.example.test>", Precedence="bulk")
    looping = b"".join(b"Received: from a by b; Fri, 20 Nov 2026 08:00:00 -0500\r\n" for _ in range(40)) + mail("raul")
    own = letter.as_bytes()
    with silence(life, number):
        for raw in (absent, listed, looping, own):
            life.servers.smtp("helpdesk", raw)
        assert life.decided(absent) == ("auto", "", number)
        assert life.decided(listed)[::2] == ("auto", 0)
        assert life.decided(looping)[::2] == ("auto", 0)
        assert life.decided(own)[0] == "auto"
        life.until(lambda: all(raw_in(life, raw, "Procesados") for raw in (absent, listed, looping, own)), "filing")


def test_a_delivery_report_of_the_real_relay_stops_the_address_and_asks_the_desk_to_telephone(life: Desk) -> None:
    raw = mail(GONE, "Escribo desde una dirección que no recibe")
    life.servers.smtp("helpdesk", raw, sender=GONE)
    _, _, number = life.decided(raw)
    reports = "SELECT state FROM inbound WHERE kind = 'bounce'"
    life.until(lambda: ("acuse", GONE, "sent") in life.letters(), "the letter's leaving")
    before = life.rows("SELECT state, responsible FROM ticket WHERE number = ?", number)
    assert life.until(lambda: life.rows(reports), "the report") == [("auto",)]
    assert life.rows("SELECT address, reason FROM suppression") == [(GONE, "no-such-user")]
    assert [to for _, to, _ in life.letters(template="rebote")] == ["lupe@example.test"]
    assert life.rows("SELECT state, responsible FROM ticket WHERE number = ?", number) == before
    assert len(life.letters(GONE)) == 1


# Mails that break things ----------------------------------------------------------------------------------------------


def test_what_cannot_be_read_is_set_aside_whole_and_the_next_one_goes_on(life: Desk) -> None:
    bomb = nested(900)
    after = mail("rosa", "Después de la bomba")
    life.servers.fill("helpdesk", [bomb, after])
    assert life.decided(after)[0] == "done"
    digest = hashlib.sha256(bomb).hexdigest()
    stands = "SELECT state, reason FROM inbound WHERE sha256 = ?"
    # The next mail goes on at once; setting the bomb aside may end after it.
    life.until(lambda: life.rows(stands, digest) == [("parked", "unreadable")], "the bomb set aside")
    assert (life.folder / "storage" / "raw" / digest[:2] / digest).read_bytes() == bomb
    life.until(lambda: bomb in life.servers.messages("helpdesk", "Revisar"), "the bomb in Revisar")
    assert len(reviews(life, bomb)) == 1


def test_of_a_mail_that_is_too_large_the_head_is_kept_and_the_operator_hears_once(life: Desk) -> None:
    raw = mail("rosa", "El archivo que pidieron", "x" * 900 + "\n") + (b"y" * 70 + b"\r\n") * 20_000
    with silence(life):
        life.servers.append("helpdesk", raw)
        state, reason, _ = life.decided(raw)
    assert (state, reason) == ("parked", "too-large")
    digest = life.one("SELECT sha256 FROM inbound WHERE reason = 'too-large'")
    kept = (life.folder / "storage" / "raw" / digest[:2] / digest).read_bytes()
    assert raw.startswith(kept) and 100_000 < len(kept) < len(raw)
    life.until(lambda: raw_in(life, raw, "Revisar"), "the mail in Revisar")
    assert len(reviews(life, kept)) == 1


def reviews(desk: Desk, raw: bytes) -> list[tuple[str, ...]]:
    """The letters to the operator that this mail caused."""
    (number,) = desk.rows("SELECT id FROM inbound WHERE sha256 = ?", hashlib.sha256(raw).hexdigest())[0]
    found = desk.rows("SELECT template, recipient FROM outbox WHERE cause LIKE ?", f"inbound:{number}:%")
    assert all(row == ("cuarentena", f"operador@{DOMAIN}") for row in found)
    return found


# The mailbox under our feet ---------------------------------------------------------------------------------------------


def test_a_new_uidvalidity_while_it_runs_loses_nothing_and_doubles_nothing(life: Desk) -> None:
    before = mail("rosa", "Antes de la época nueva")
    life.servers.smtp("helpdesk", before)
    life.decided(before)
    life.until(lambda: not life.servers.count("helpdesk"), "the filing")
    epochs = life.one("SELECT count(*) FROM epoch")
    life.servers.new_epoch("helpdesk")
    life.servers.kick("helpdesk")
    life.servers.append("helpdesk", before)  # an administrator restored it
    after = mail("rosa", "Después de la época nueva")
    life.servers.append("helpdesk", after)
    assert life.decided(after)[0] == "done"
    assert life.one("SELECT count(*) FROM epoch") == epochs + 1
    assert life.one("SELECT count(*) FROM ticket WHERE title = 'Antes de la época nueva'") == 1
    life.until(lambda: not life.servers.count("helpdesk"), "the filing of both")


def test_people_who_flag_move_and_delete_mails_meanwhile_disturb_nobody(life: Desk) -> None:
    raws = [mail("rosa", f"Entre todos {number}") for number in range(8)]
    with life.servers.imap("helpdesk") as person:
        person.select("INBOX")
        life.servers.fill("helpdesk", raws[:4])
        person.noop()
        person.store("1:*", "+FLAGS", r"(\Seen \Flagged)")
        life.servers.fill("helpdesk", raws[4:])
        person.noop()
        person.create("Personal")
        person.copy("1", "Personal")
        person.store("1", "+FLAGS", r"(\Deleted)")
        person.expunge()
    # What a person took away before it was read is his; whatever was stored is decided and nothing stays behind.
    life.until(lambda: not life.servers.count("helpdesk"), "an empty INBOX")
    life.until(lambda: "stored" not in life.states(), "all decisions")
    titles = {row[0] for row in life.rows("SELECT title FROM ticket WHERE title LIKE 'Entre todos%'")}
    moved = sum(raw_in(life, raw, "Procesados") for raw in raws)
    assert len(titles) >= 7 and moved >= 7
    life.until(lambda: not life.one("SELECT count(*) FROM inbound WHERE disposition = 'pending'"), "every filing")
    late = mail("rosa", "Todo sigue")
    life.servers.smtp("helpdesk", late)
    assert life.decided(late)[0] == "done"
