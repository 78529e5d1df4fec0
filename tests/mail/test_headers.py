"""The header block: what is read, what is refused, and who counts as the sender."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.mailboxes import is_address, is_international
from maild.core.values import Sender
from maild.mail import addresses, dates
from maild.mail.headers import Caps, conversation, decoded, ids, message_id, parameters, split
from maild.mail.parse import parse

# What stands in From, and whose mail it is: "" where two readers might see two senders (RELIABILITY S-16).
FROM: list[tuple[bytes, str]] = [
    # ordinary mail
    (b"ana@entidad.example", "ana@entidad.example"),
    (b"<ana@entidad.example>", "ana@entidad.example"),
    (b"Ana Quispe <ana@entidad.example>", "ana@entidad.example"),
    (b'"Quispe, Ana" <ana@entidad.example>', "ana@entidad.example"),
    (b'"Ana \\"la jefa\\" Quispe" <ana@entidad.example>', "ana@entidad.example"),
    (b"Ana Quispe <ANA@Entidad.EXAMPLE>", "ana@entidad.example"),
    (b"=?utf-8?q?Jos=C3=A9?= <jose@entidad.example>", "jose@entidad.example"),
    (b"=?utf-8?b?Sm9zw6k=?= =?utf-8?q?_N=C3=BA=C3=B1ez?= <jose@entidad.example>", "jose@entidad.example"),
    (b'"=?utf-8?q?Jos=C3=A9?=" <jose@entidad.example>', "jose@entidad.example"),
    ("José Núñez <jose@entidad.example>".encode(), "jose@entidad.example"),
    ("José Núñez <jose@entidad.example>".encode("latin-1"), "jose@entidad.example"),
    (b"Ana Quispe (OTI) <ana@entidad.example>", "ana@entidad.example"),
    (b"ana@entidad.example (Ana Quispe)", "ana@entidad.example"),
    (b"Dr. Juan P. Rojas <juan.rojas@entidad.example>", "juan.rojas@entidad.example"),
    (b"O'Brien <o'brien+mesa@sub.entidad.example>", "o'brien+mesa@sub.entidad.example"),
    (b"Servidor <root@localhost>", "root@localhost"),
    (b"  ana@entidad.example  ", "ana@entidad.example"),
    (b"Ana\r\n Quispe\r\n <ana@entidad.example>", "ana@entidad.example"),
    (b"Ana < ana@entidad.example >", "ana@entidad.example"),
    (b"'Ana Quispe' <ana@entidad.example>", "ana@entidad.example"),
    # against the grammar, with one address whoever reads it
    (b"Quispe, Ana <ana@entidad.example>", "ana@entidad.example"),
    (b"Ana Quispe ana@entidad.example", "ana@entidad.example"),
    (b"Ana (a (nested) one) <ana@entidad.example>", "ana@entidad.example"),
    # disguises: the address is clear, the name that shows another is dropped
    (b'"jefe@entidad.example" <evil@x.test>', "evil@x.test"),
    (b'"jefe@entidad.example <jefe@entidad.example>" <evil@x.test>', "evil@x.test"),
    (b"=?utf-8?q?jefe=40entidad.example?= <evil@x.test>", "evil@x.test"),
    # two senders, or none
    (b"", ""),
    (b"   ", ""),
    (b"<>", ""),
    (b"Ana Quispe", ""),
    (b"Ana <>", ""),
    (b"jefe@entidad.example <evil@x.test>", ""),
    (b"jefe@entidad.example evil@x.test", ""),
    (b"jefe@entidad.example, evil@x.test", ""),
    (b"Jefe <jefe@entidad.example>, Evil <evil@x.test>", ""),
    (b"Jefe <jefe@entidad.example> Evil <evil@x.test>", ""),
    (b"Jefe <jefe@entidad.example><evil@x.test>", ""),
    (b"<jefe@entidad.example> evil@x.test", ""),
    (b"Mesa: jefe@entidad.example;", ""),
    (b"Mesa: jefe@entidad.example, evil@x.test;", ""),
    (b"undisclosed-recipients:;", ""),
    # comments, quotes and escapes inside the address
    (b"jefe@entidad.example)evil@x.test", ""),
    (b"alice@example.org)bob@example.com", ""),
    (b"jefe@entidad.example(evil@x.test)", ""),
    (b"jefe(comment)@entidad.example", ""),
    (b"jefe@(comment)entidad.example", ""),
    (b"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "pete@silly.test"),
    (b"Ana (see <evil@x.test>) <ana@entidad.example>", ""),
    (b'"ana quispe"@entidad.example', ""),
    (b'"<jefe@entidad.example>"@x.test', ""),
    (b"ana\\@entidad.example@x.test", ""),
    (b"Ana <ana@entidad.example", ""),
    (b"Ana ana@entidad.example>", ""),
    (b'"Ana <ana@entidad.example>', ""),
    (b"Ana <<ana@entidad.example>>", ""),
    (b"<@relay.test:ana@entidad.example>", ""),
    # encoded words where no word may stand
    (b"=?x?q?collab=40psres.net=3e=00?=foo@example.com", ""),
    (b"=?utf-8?q?jefe=40entidad.example=3e?= <evil@x.test>", ""),
    (b"=?utf-8?q?jefe=0d=0aBcc:_evil=40x.test?= <ana@entidad.example>", ""),
    (b"=?utf-8?q?nul=00?= <ana@entidad.example>", ""),
    (b"<=?utf-8?q?ana?=@entidad.example>", ""),
    (b"=?utf-8?q?ana=40entidad.example?=", ""),
    (b"=?utf-8?q?Ana_=3Cana=40entidad.example=3E?=", ""),
    # letters that look like others, and domains that are none
    ("jefe@еntidad.example".encode(), ""),
    ("Jefe <jefe@еntidad.example>".encode(), ""),
    ("Jöhn <jdöe@mächine.example>".encode(), "jdöe@mächine.example"),
    ("JDÖE@MÄCHINE.EXAMPLE".encode(), "jdöe@mächine.example"),
    ("jefé@entidad.example".encode(), "jefé@entidad.example"),  # he is not jefe@
    ("Дима <дима@почта.example>".encode(), "дима@почта.example"),
    ("たろう@日本のてがみ.example".encode(), "たろう@日本のてがみ.example"),
    ("josé@entidad.example".encode("latin-1"), ""),  # not UTF-8
    ("josÃ©@entidad.example".encode(), ""),  # twice UTF-8
    ("jose\u0301@entidad.example".encode(), ""),  # not composed
    ("jo\u00adsé@entidad.example".encode(), ""),
    ("jo\u200dsé@entidad.example".encode(), ""),
    ("ﬁn@entidad.example".encode(), ""),
    ("jefeª@entidad.example".encode(), ""),
    ("ｊefe@entidad.example".encode(), ""),
    ("jɑime@entidad.example".encode(), ""),
    ("ana@entidad．example".encode(), ""),
    ("ana@éxito-.example".encode(), ""),
    (b"ana@" + "é".encode() * 80 + b".example", ""),
    ("é".encode() * 40 + b"@entidad.example", ""),
    ("ana@é.example, luis@b.test".encode(), ""),
    ("josé(x)@entidad.example".encode(), ""),
    ("josé@entidad.example <evil@x.test>".encode(), ""),
    ("ana@entidad\u3002example".encode(), ""),
    ("ana＠entidad.example".encode(), ""),
    (b"ana@entidad\xe9.example", ""),
    (b"ana@", ""),
    (b"@entidad.example", ""),
    (b"ana@.example", ""),
    (b"ana@entidad..example", ""),
    (b"ana@entidad.example.", ""),
    (b"ana.@entidad.example", ""),
    (b".ana@entidad.example", ""),
    (b"ana@-entidad.example", ""),
    (b"ana@entidad_.example", ""),
    (b"ana@[192.0.2.1]", ""),
    (b"ana@@entidad.example", ""),
    (b"a" * 65 + b"@entidad.example", ""),
    (b"ana@" + b"a" * 64 + b".example", ""),
    (b"ana@" + b"abc." * 70 + b"example", ""),
    # controls
    (b"Ana\x00 <ana@entidad.example>", ""),
    (b"ana@entidad.example\x00evil.test", ""),
    (b"Ana\x0b <ana@entidad.example>", ""),
    (b"Ana\x1b[31m <ana@entidad.example>", ""),
    # far too much of one thing
    (b'"' * 20001, ""),
    (b"(" * 20000, ""),
    (b"<" * 20000, ""),
    (b'"\\' * 20000, ""),
    (b"a," * 20000, ""),
]


@pytest.mark.parametrize(("value", "address"), FROM, ids=range(len(FROM)))
def test_only_a_from_that_all_readers_read_alike_names_a_sender(value: bytes, address: str) -> None:
    sender = addresses.sender(split(b"From: " + value + b"\r\nSubject: x\r\n\r\n"))
    assert sender.address == address
    assert bool(sender.problem) is not bool(address)
    assert "@" not in sender.name


def test_two_from_fields_name_nobody() -> None:
    sender = addresses.sender(split(b"From: ana@entidad.example\r\nFrom: ana@entidad.example\r\n\r\n"))
    assert (sender.address, sender.problem) == ("", "several-from-fields")


def test_a_missing_from_names_nobody() -> None:
    assert addresses.sender(split(b"To: ana@entidad.example\r\n\r\n")).problem == "no-from-field"


def test_the_name_of_a_sender_is_decoded_and_one_line() -> None:
    sender = addresses.sender(
        split("From: =?utf-8?q?Jos=C3=A9=E2=80=AE?=\r\n\tNúñez <jose@entidad.example>\r\n\r\n".encode())
    )
    assert sender.name == "José Núñez"


@given(st.binary(max_size=300))
def test_no_sender_is_outside_the_strict_grammar(value: bytes) -> None:
    sender = addresses.sender(split(b"From: " + value + b"\n\n"))
    assert sender.address == "" or is_address(sender.address) or is_international(sender.address)


# --- the block ----------------------------------------------------------------------------------------------------


def test_fields_are_unfolded_and_the_body_begins_behind_the_blank_line() -> None:
    raw = b"Subject: uno\r\n dos\r\n\ttres\r\nTo: a@b.test\r\n\r\nSubject: cuerpo\r\n"
    headers = split(raw)
    assert headers.fields == (("subject", b"uno dos tres"), ("to", b"a@b.test"))
    assert raw[headers.body_at :] == b"Subject: cuerpo\r\n"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_kind_of_line_end_is_read(end: bytes) -> None:
    raw = end.join((b"From: a@b.test", b"Subject: x", b"", b"cuerpo"))
    headers = split(raw)
    assert [name for name, _ in headers.fields] == ["from", "subject"]
    assert raw[headers.body_at :] == b"cuerpo"


def test_a_postmark_and_blank_lines_before_the_first_field_are_passed_over() -> None:
    assert split(b"From ana Mon Nov  3 09:00:00 2025\nSubject: x\n\ny").first("subject") == "x"
    assert split(b"\r\n  \r\nSubject: x\r\n\r\ny").first("subject") == "x"


def test_a_line_that_is_no_field_begins_the_body() -> None:
    raw = b"Subject: x\r\nNo hay internet\r\nAnexo: 123\r\n\r\n"
    headers = split(raw)
    assert headers.raw("anexo") == () and raw[headers.body_at :].startswith(b"No hay")
    assert headers.defects == ("header-garbage",)


def test_a_block_goes_on_behind_a_stray_line_when_a_field_that_everybody_knows_follows() -> None:
    raw = b"Subject: x\r\nsoftfail (dominio de la entidad)\r\nFrom: ana@entidad.example\r\n\r\nhola"
    headers = split(raw)
    assert headers.raw("from") == (b"ana@entidad.example",) and raw[headers.body_at :] == b"hola"
    assert headers.defects == ("header-garbage",)


def test_beyond_the_caps_nothing_is_read_and_the_body_is_still_found() -> None:
    raw = b"Subject: x\r\n" + b"X-A: b\r\n" * 1000 + b"\r\ncuerpo"
    headers = split(raw, Caps(fields=20))
    assert len(headers.fields) == 20 and raw[headers.body_at :] == b"cuerpo"
    assert "header-cut" in headers.defects
    long = split(b"Subject: " + b"x" * 100_000 + b"\r\n\r\ncuerpo")
    assert len(long.raw("subject")[0]) == 65_536 and long.defects == ("field-cut",)


@given(st.binary(max_size=400))
def test_any_bytes_have_a_header_block(raw: bytes) -> None:
    headers = split(raw)
    assert 0 <= headers.body_at <= len(raw)
    for name, value in ((name, decoded(value)) for name, value in headers.fields):
        assert name == name.lower()
        value.encode()
        assert not any(c in value for c in "\r\n\0\x1b\u2028\u202e")


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?utf-8?q?Atenci=C3=B3n?=", "Atención"),
        (b"=?iso-8859-1?q?Atenci=F3n?= urgente", "Atención urgente"),
        (b"=?utf-8?b?w6E=?= =?utf-8?b?w6k=?=", "áé"),
        (b"=?utf-8?b?w6E=?=\r\n\t=?iso-8859-1?q?=F1?=", "áñ"),
        (b"=?utf-8?q?=C3?= =?utf-8?q?=B1and=C3=BA?=", "ñandú"),
        (b"=?utf-8?b?w6E?=", "á"),
        (b"=?windows-1252?q?=93hola=94?=", "“hola”"),
        (b"=?iso-8859-1?q?=93hola=94?=", "“hola”"),
        (b"=?utf-8*es?q?a=C3=B1o?=", "año"),
        (b"=?no-such?q?a=C3=B1o?=", "año"),
        (b"=?utf-8?q?sin fin", "=?utf-8?q?sin fin"),
        (b"=?utf-8?q?a=0d=0aBcc=3a_x=40y?=", "a Bcc: x@y"),
        ("Atención".encode(), "Atención"),
        ("Atención".encode("latin-1"), "Atención"),
        (b"RV: =?utf-8?q?=E2=80=AEtxt.exe?=", "RV: txt.exe"),
        (b"A\xcc\x81vila", "Ávila"),
        (b"=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本"),
        (b"100% =C3=B1", "100% =C3=B1"),
    ],
)
def test_words_are_decoded_to_one_clean_line(raw: bytes, text: str) -> None:
    assert decoded(raw) == text


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b'application/pdf; name="informe.pdf"', "informe.pdf"),
        (b"application/pdf; name=informe.pdf", "informe.pdf"),
        (b"application/pdf; name*=utf-8''a%C3%B1o.pdf", "año.pdf"),
        (b"application/pdf; name*0*=utf-8''a%C3%B1; name*1=\"o.pdf\"", "año.pdf"),
        (b"application/pdf; name*0=informe; name*1=.pdf", "informe.pdf"),
        (b'application/pdf; name="=?utf-8?q?a=C3=B1o.pdf?="', "año.pdf"),
        (b'application/pdf; name="a\xf1o.pdf"', "año.pdf"),
        (b'application/pdf; name="a\\"b.pdf"', 'a"b.pdf'),
        (b"application/pdf; charset=x ; name = 'y'", "'y'"),
    ],
)
def test_names_are_read_however_they_are_written(raw: bytes, name: str) -> None:
    content_type, params = parameters(raw)
    assert content_type == "application/pdf" and params["name"] == name


# --- conversations and dates --------------------------------------------------------------------------------------


def test_of_many_references_the_first_and_the_last_are_kept() -> None:
    raw = b"References: " + b" ".join(b"<%d@x.test>" % n for n in range(1000)) + b"\r\n\r\n"
    found = ids(split(raw), "references")
    assert found[:5] == tuple(f"{n}@x.test" for n in range(5)) and len(found) == 50
    assert found[-1] == "999@x.test"


def test_a_message_id_is_read_with_and_without_brackets() -> None:
    assert message_id(split(b"Message-ID: <a@b>\r\n\r\n")) == "a@b"
    assert message_id(split(b"Message-Id: a@b\r\n\r\n")) == "a@b"
    assert message_id(split(b"Message-ID: <\r\n\r\n")) == ""
    assert message_id(split(b"Message-ID: dos palabras\r\n\r\n")) == ""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Fri, 20 Nov 2026 09:15:07 -0500", datetime(2026, 11, 20, 14, 15, 7, tzinfo=UTC)),
        ("20 Nov 2026 9:15 -0500 (PET)", datetime(2026, 11, 20, 14, 15, tzinfo=UTC)),
        ("Fri, 20 Nov 2026 09:15:07 PET", datetime(2026, 11, 20, 14, 15, 7, tzinfo=UTC)),
        ("vie, 20 nov 2026 09:15:07 -0500", datetime(2026, 11, 20, 14, 15, 7, tzinfo=UTC)),
        ("lun, 5 ene 2026 09:15:07 -0400", datetime(2026, 1, 5, 13, 15, 7, tzinfo=UTC)),
        ("Fri, 20 Nov 2026 09:15:07 GMT", datetime(2026, 11, 20, 9, 15, 7, tzinfo=UTC)),
        ("2026-11-20T09:15:07Z", datetime(2026, 11, 20, 9, 15, 7, tzinfo=UTC)),
        ("Fri Nov 20 09:15:07 2026 +0000", datetime(2026, 11, 20, 9, 15, 7, tzinfo=UTC)),
        ("Fri, 20 Nov 26 09:15:07 +0000", datetime(2026, 11, 20, 9, 15, 7, tzinfo=UTC)),
        ("Fri, 20 Nov 2026 09:15:60 +0000", datetime(2026, 11, 20, 9, 15, 59, tzinfo=UTC)),
        ("Fri, 20 Nov 2026 09:15:07", None),
        ("Fri, 20 Nov 2026 09:15:07 XYZ", None),
        ("Fri, 31 Feb 2026 09:15:07 +0000", None),
        ("Fri, 20 Nov 2026 99:15:07 +0000", None),
        ("Fri, 20 Nov 2026 09:15:07 +9999", None),
        ("mañana", None),
        ("", None),
    ],
)
def test_a_date_is_a_certain_moment_or_nothing(text: str, moment: datetime | None) -> None:
    assert dates.read(text) == moment


@given(st.text(max_size=100))
def test_any_text_is_a_date_or_none(text: str) -> None:
    moment = dates.read(text)
    assert moment is None or moment.tzinfo is not None


def test_address_lists_are_read_leniently_and_end_at_the_limit() -> None:
    raw = (
        b'To: "Quispe, Ana" <Ana@Entidad.example>, =?utf-8?q?Jos=C3=A9?= <jose@b.test>\r\n'
        b"To: grupo: uno@a.test, dos@a.test;, tres@a.test (Tres), no es nada, <@r.test:cuatro@a.test>\r\n\r\n"
    )
    found = addresses.mailboxes(split(raw), "to")
    assert [(each.address, each.name) for each in found] == [
        ("ana@entidad.example", "Quispe, Ana"),
        ("jose@b.test", "José"),
        ("uno@a.test", ""),
        ("dos@a.test", ""),
        ("tres@a.test", "Tres"),
        ("cuatro@a.test", ""),
    ]
    many = b"To: " + b", ".join(b"u%d@a.test" % n for n in range(3000)) + b"\r\n\r\n"
    assert len(addresses.mailboxes(split(many), "to")) == 200


@pytest.mark.parametrize("seed", [b'"\\', b'"', b"(", b"(\\", b"<", b"a@b,", b"=?x?q?", b":;", b"@"])
def test_hostile_repetition_in_an_address_list_is_read_to_the_end(seed: bytes) -> None:
    raw = b"To: " + seed * (60_000 // len(seed)) + b"\r\nSubject: fin\r\n\r\n"
    headers = split(raw)
    assert len(addresses.mailboxes(headers, "to")) <= 200
    assert headers.first("subject") == "fin"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"AdxLkQ2nYq0u7Gk1T0eRZ0b5s3Vv3w==", "01dc4b910da762ad2eec69354f47916746f9b3756fdf"),
        (b"AdxLkQ2nYq0u7Gk1T0eR\r\n Z0b5s3Vv3wABCgsM", "01dc4b910da762ad2eec69354f47916746f9b3756fdf"),
        (b"AdxLkQ==", ""),
        (b"not base64 at all!", ""),
        (b"", ""),
        (b"A" * 100_000, "00" * 22),
    ],
)
def test_the_conversation_of_outlook_is_the_head_of_its_index(value: bytes, found: str) -> None:
    assert conversation(split(b"Thread-Index: " + value + b"\r\n\r\n")) == found


def test_a_soft_hyphen_stays_in_a_subject_and_in_no_name() -> None:
    word = "Re\u00adserva"
    raw = f'From: {word} <ana@entidad.example>\nSubject: {word}\nContent-Type: x/y; name="{word}.pdf"\n\n'.encode()
    mail = parse(raw)
    assert (mail.subject, mail.sender.name) == (word, "Reserva")
    assert [a.filename for a in mail.attachments] == ["Reserva.pdf"]


@pytest.mark.parametrize(
    ("value", "fields", "answer_to"),
    [
        (b"Ana <ana@a.test>, luis@b.test", b"", "ana@a.test"),
        (b'"Quispe, Ana" <ana@a.test>, Luis <Luis@b.test>', b"Sender: LUIS@b.test\n", "luis@b.test"),
        (b"ana@a.test, luis@b.test", b"Sender: otro@c.test\n", "ana@a.test"),
        (b"ana@a.test, luis@b.test", b"Sender: luis@b.test\nSender: ana@a.test\n", "ana@a.test"),
        (b"ana@a.test, luis@b.test", b"From: ana@a.test\n", ""),  # two fields
        (b"Grupo: ana@a.test, luis@b.test;", b"", ""),
        (b"ana@a.test luis@b.test", b"", ""),
        (b"ana@a.test, luis@b..test", b"", ""),
        (b"ana@a.test (x), luis@b.test", b"", ""),  # no comments here: nothing to be read in two ways
        (b'"jefe@a.test" <ana@a.test>, luis@b.test', b"", ""),
        (b"=?utf-8?q?jefe=40a.test=3e=2c?= <ana@a.test>, luis@b.test", b"", ""),
        (b"ana@a.test, =?utf-8?q?luis=40b.test?=", b"", ""),
        ("ana@a.test, jos\u00e9@b.test".encode(), b"", ""),
        (b"ana@a.test, ana@a.test", b"", ""),
        (b", ".join(b"a%d@a.test" % n for n in range(50)), b"", ""),
        (b'"a", ' * 4000, b"", ""),
    ],
)
def test_several_authors_are_nobody_and_may_be_answered(value: bytes, fields: bytes, answer_to: str) -> None:
    mail = parse(b"From: " + value + b"\n" + fields + b"Subject: x\n\nhola\n")
    assert (mail.sender.address, mail.sender.answer_to, mail.answerable) == ("", answer_to, bool(answer_to))


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (b"Ana <ana(casa)@a.test>", "ana@a.test"),
        (b"Ana <ana@(casa)a.test(Lima)>", "ana@a.test"),
        (b"Ana <ana(b@c.test)@a.test>", ""),
        (b"Ana <ana(x)b@a.test>", ""),
        (b"Ana <ana b@a.test>", ""),
        (b"Ana <ana@a(x).test>", ""),
        (b"Ana <ana(x\\)@a.test>", ""),
        (b"Ana <ana((x))@a.test>", ""),
        (b"Ana <ana(=?utf-8?q?x?=)@a.test>", ""),
        (b"Ana <ana(" + b"x" * 1900, ""),
    ],
)
def test_comments_beside_the_halves_of_an_address_say_nothing(value: bytes, address: str) -> None:
    assert parse(b"From: " + value + b"\n\nhola\n").sender.address == address


def test_comments_of_recipients_and_groups_say_nothing() -> None:
    raw = (
        b"To: Un grupo(de gente)\n :Chris <c@(de Chris.)a.test>,\n  joe@b.test, John <jd@c.test> (mi amigo); (fin)\n\n"
    )
    assert [each.address for each in addresses.mailboxes(split(raw), "to")] == ["c@a.test", "joe@b.test", "jd@c.test"]


def test_a_sender_is_somebody_or_nobody() -> None:
    for wrong in (("a@b.test", "", "x"), ("a@b.test", "", "", "a@b.test"), ("", "", "", "", "a@b.test")):
        with pytest.raises(ValueError, match="nobody"):
            Sender(*wrong)
