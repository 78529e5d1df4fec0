"""The readers behind the body: transfer encodings, packed files, sealed mail, invitations; and what no bytes can do to them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.errors import MailError
from maild.mail.charset import decode, known_codec
from maild.mail.leaf import nameless, safe_name
from maild.mail.parse import attachment_bytes, parse
from maild.mail.standins import invitation, plain_of_enriched, signed_content, without_armour
from maild.mail.tnef import unpacked
from maild.mail.transfer import decoded, without_uu
from tests.mail.letter_samples import composer, names, ordinary
from tests.mail.test_parse import storable

HEAD = b"From: ana@entidad.test\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def mixed(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    return HEAD + b"Content-Type: multipart/" + kind + b"; boundary=B\r\n\r\n" + b"".join(
        b"--B\r\n" + part + b"\r\n" for part in parts
    ) + b"--B--\r\n"  # fmt: skip


# --- any bytes ------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    (
        b"\r\n", b"\n", b"--B\r\n", b"--B--\r\n", b"Content-Type: ", b"multipart/mixed; boundary=B", b"message/rfc822",
        b"text/html", b"text/calendar", b"application/ms-tnef", b"application/pkcs7-mime", b"Content-Transfer-Encoding: ",
        b"base64", b"quoted-printable", b"x-uuencode", b"\r\n\r\n", b"begin 644 a\n", b"end\n", b"=ybegin size=3 name=a\n",
        b"=yend\n", b"BEGIN:VEVENT\n", b"<table border=1><tr><td>", b"</td></tr>", b"\x78\x9f\x3e\x22\x01\x00", b"\xff\xfe",
        b"=?utf-8?q?=C3?=", b"From: ", b"a@b.test", b"X-Maild-Content: 0 9", b"Content-Disposition: attachment; filename=",
        b"-----BEGIN PGP SIGNED MESSAGE-----\n", b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80",
    )
)  # fmt: skip


@given(st.lists(WORDS | st.binary(max_size=20), max_size=40).map(b"".join))
def test_any_bytes_give_a_mail_that_can_be_stored_and_attachments_that_are_there(raw: bytes) -> None:
    try:
        mail = parse(raw, html=True)
    except MailError as refusal:
        assert str(refusal).startswith("mime-")
        return
    storable(mail)
    assert {a.sha256 for a, _ in attachment_bytes(raw)} == {a.sha256 for a in mail.attachments}
    assert mail.new_text in mail.text or set(mail.new_text.split()) <= set(mail.text.split())


@given(st.binary(max_size=400))
def test_no_bytes_stop_the_readers(data: bytes) -> None:
    text = data.decode("latin-1")
    unpacked(b"\x78\x9f\x3e\x22\x01\x00" + data)
    signed_content(bytes.fromhex("06092a864886f70d01070206092a864886f70d010701") + data)
    invitation("BEGIN:VEVENT\n" + text)
    plain_of_enriched(text)
    without_armour("-----BEGIN PGP SIGNED MESSAGE-----\n" + text)
    kept, files = without_uu(b"begin 644 x\n" + data + b"\nend\n=ybegin size=1 name=y\n" + data + b"\n=yend\n")
    assert len(kept) + sum(len(content) for _, content in files) <= 2 * len(data) + 200
    for encoding in ("base64", "quoted-printable", "x-uuencode", "8bit", "nunca"):
        decoded(data, encoding, is_text=True)


@pytest.mark.parametrize("name", names())
def test_our_own_letters_come_back_as_they_were_written(name: str) -> None:
    writer = composer()
    letter = ordinary(name)
    rendered = writer.render(letter)
    raw = writer.to_bytes(letter, rendered, message_id="m1@entidad.example", date=datetime(2026, 11, 23, tzinfo=UTC))
    mail = parse(raw)
    assert mail.text.split() == rendered.text.split()
    assert mail.subject == " ".join(rendered.subject.split())
    assert mail.defects == ()


# --- charsets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("ks_c_5601-1987", "cp949", "한국"),
        ("GB2312", "gb18030", "中文鎔"),
        ("iso-8859-8-i", "cp1255", "שלום"),
        ("Shift_JIS", "cp932", "日本①"),
        ("big5", "big5", "繁體"),
        ("koi8-r", "koi8-r", "Привет"),
        ("cp-850", "cp850", "año"),
        ("x-mac-roman", "mac_roman", "año"),
        ("ansi", "cp1252", "“año”"),
        ("unicode-1-1-utf-7", "utf-7", "año"),
    ],
)
def test_charsets_by_the_names_that_mail_gives_them(label: str, codec: str, text: str) -> None:
    assert decode(text.encode(codec), label) == (text, "")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("atenciÃ³n maÃ±ana", "atención mañana"),
        ("Â¿CuÃ¡ndo? â€œhoyâ€\x9d, ya", "¿Cuándo? “hoy”, ya"),
        ("mitad atenciÃ³n, mitad año", "mitad atención, mitad año"),
        ("«IRMÃ”»", "«IRMÃ”»"),  # Portuguese, in quotes: nothing was encoded twice
        ("NÃO É", "NÃO É"),
    ],
)
def test_letters_encoded_twice_are_undone_and_others_left_alone(written: str, read: str) -> None:
    assert decode(written.encode())[0] == read


def test_raw_header_bytes_are_read_by_the_charset_of_the_mail() -> None:
    raw = (
        b"From: a@b.test\r\nSubject: \xcf\xf0\xe8\xe2\xe5\xf2\r\n"
        b"Content-Type: text/plain; charset=windows-1251\r\n\r\n\xcf\xf0\xe8\xe2\xe5\xf2"
    )
    assert (parse(raw).subject, parse(raw).text) == ("Привет", "Привет")


@pytest.mark.parametrize("label", ["", "x" * 99, "no such", "idna", "utf-8\0", "ñ"])
def test_names_of_no_charset_are_none(label: str) -> None:
    assert known_codec(label) == ""


# --- transfer -------------------------------------------------------------------------------------------------------


def test_base64_is_read_with_strange_letters_cut_off_and_never_where_it_is_prose() -> None:
    whole = base64.b64encode("Atención".encode())
    assert decoded(whole + b"\r\n=\r\n", "BASE64", is_text=True) == ("Atención".encode(), "")
    assert decoded(whole[:9], "base64", is_text=True)[1] == "base64-damaged"
    assert decoded("¿Qué tal, cómo están?".encode(), "base64", is_text=True)[1] == "transfer-encoding-wrong"


def test_a_text_that_only_mentions_an_escape_is_not_decoded() -> None:
    assert decoded(b"la letra es =C3=B1", "7bit", is_text=True) == (b"la letra es =C3=B1", "")


def test_files_leave_the_text_and_prose_that_begins_like_one_stays() -> None:
    data = bytes(range(256))
    lines = b"".join(binascii.b2a_uu(data[n : n + 45]) for n in range(0, 256, 45))
    encoded = bytes((byte + 42) % 256 for byte in data)
    yenc = encoded
    for critical in b"=\0\n\r":  # the escape first: it must not be escaped again
        yenc = yenc.replace(bytes((critical,)), b"=" + bytes(((critical + 64) % 256,)))
    text = (
        b"uno\nbegin 644 a.bin\n"
        + lines
        + b"`\nend\ndos\n=ybegin line=999 size=256 name=b.bin\n"
        + yenc
        + b"\n=yend size=256\ntres"
    )
    assert without_uu(text) == (b"uno\ndos\ntres", [(b"a.bin", data), (b"b.bin", data)])
    prose = b"begin 644 lines of code\nand then go on\nwith the next"
    assert without_uu(prose) == (prose, [])


# --- parts ----------------------------------------------------------------------------------------------------------


def test_a_sender_cannot_point_the_parser_at_other_bytes_of_the_mail() -> None:
    mail = parse(mixed(b"Content-Type: text/plain\r\nX-Maild-Content: 0 20\r\n\r\nhola"))
    assert mail.text == "hola"


def test_a_boundary_may_hold_blanks_and_be_longer_than_it_should() -> None:
    boundary = b"a b  c=" * 60
    raw = (
        HEAD
        + b'Content-Type: multipart/mixed; boundary="'
        + boundary
        + b'"\r\n\r\n--'
        + boundary
        + b"\r\n\r\nhola\r\n--"
    )
    assert parse(raw + boundary + b"--\r\n").text == "hola"


def test_no_sender_writes_the_boundary_that_the_library_sees() -> None:
    words = "hola\n--maild-part-1\n\nsigue\n--maild-part-1--\nfin"
    assert parse(mixed(b"\r\n" + words.replace("\n", "\r\n").encode())).text == words


def test_versions_for_one_vendors_program_are_neither_text_nor_files() -> None:
    mail = parse(
        mixed(
            b"Content-Type: text/plain\r\n\r\nhola",
            b"Content-Type: text/x-amp-html\r\n\r\n<html amp4email>",
            b"Content-Type: text/html\r\n\r\n<p>hola",
            kind=b"alternative",
        )
    )
    assert (mail.text, mail.attachments) == ("hola", ())


def test_mails_in_mails_are_read_to_a_depth_and_kept_whole_beyond() -> None:
    deepest = b"From: z@b.test\r\nSubject: fondo\r\n\r\nmuy adentro"
    for n in range(9):
        deepest = b"From: a@b.test\r\nSubject: n%d\r\nContent-Type: message/rfc822\r\n\r\n" % n + deepest
    mail = parse(deepest)
    assert "enclosed-too-deep" in mail.defects and "muy adentro" not in mail.text
    assert [a.filename for a in mail.attachments][:2] == ["n7.eml", "n6.eml"]


@pytest.mark.parametrize("head", [b"", b"From rosa@b.test Mon Aug  3 10:00:00 2026\r\n"])
def test_a_mail_forwarded_as_a_file_is_the_same_file_whatever_carried_it(head: bytes) -> None:
    file = b"Subject: acta\r\nX-Long: " + b"w " * 200 + b"\r\n\r\nva\r\n\r\nfin"
    whole = mixed(b"Content-Type: message/rfc822\r\n\r\n" + head + file)
    through_imap, through_pipe = attachment_bytes(whole), attachment_bytes(whole.replace(b"\r\n", b"\n"))
    assert through_imap == through_pipe
    ((attachment, data),) = through_imap
    assert data == file.replace(b"\r\n", b"\n") + b"\n"
    assert (attachment.sha256, attachment.size) == (hashlib.sha256(data).hexdigest(), len(data))


def test_a_mail_in_base64_keeps_its_bytes() -> None:
    file = b"Subject: acta\r\n\r\nva"
    coded = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(file)
    ((_, data),) = attachment_bytes(mixed(coded))
    assert data == file


def test_an_enclosed_mail_says_nothing_about_the_kind_of_this_one() -> None:
    report = (
        b"From: mailer-daemon@x.test\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=R\r\n\r\n"
    )
    report += b"--R\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b.test\r\nAction: failed\r\n\r\n--R--\r\n"
    mail = parse(mixed("\r\nme llegó esto".encode(), b"Content-Type: message/rfc822\r\n\r\n" + report))
    assert (mail.kind, mail.bounce, mail.new_text) == ("request", None, "me llegó esto")


def test_the_order_in_an_enclosed_mail_is_nobodys() -> None:
    enclosed = b"Content-Type: message/rfc822\r\n\r\nFrom: jefe@entidad.test\r\nSubject: y\r\n\r\n#cerrar"
    mail = parse(mixed(enclosed))
    assert (mail.text, mail.new_text) == ("#cerrar", "")


@pytest.mark.parametrize(
    ("content_type", "title", "name"),
    [
        ("message/rfc822", "RV: Avería / circuito 5", "RV_ Avería _ circuito 5.eml"),
        ("message/rfc822", "", "part-3.eml"),
        ("image/png", "", "part-3.png"),
        ("application/x-nobody-knows", "", "part-3.bin"),
        ("message/rfc822", "ñ" * 500, "ñ" * 90 + ".eml"),
    ],
)
def test_a_part_without_a_name_gets_one_that_is_always_the_same(content_type: str, title: str, name: str) -> None:
    assert nameless(content_type, 3, title) == name == safe_name(name)


def test_an_event_is_told_in_the_order_a_person_asks_for() -> None:
    source = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20251112T150000Z\nSUMMARY:Visita\\; sede\nEND:VEVENT\nEND:VCALENDAR"
    )
    assert invitation(source) == "Evento / Event: Visita; sede\nInicio / Start: 12/11/2025 15:00 UTC"
    assert invitation("hola") == ""
