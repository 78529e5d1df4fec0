"""What is understood of whole mails."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.values import Attachment, Kind, Mail
from maild.errors import MailError
from maild.mail.frames import from_json, to_json
from maild.mail.html import to_text
from maild.mail.leaf import safe_name
from maild.mail.parse import attachment_bytes, parse, partial
from tests.mail.samples import copied, every, spanish


def storable(mail: Mail) -> None:
    """Every text of a mail can be stored as UTF-8 and holds no NUL; what is shown in one line has one line."""
    whole = to_json(mail).decode("utf-8")
    assert "\\u0000" not in whole and "\0" not in whole
    assert len(mail.text.encode()) <= 512 * 1024
    names = [mail.subject, mail.sender.name, mail.message_id, *(a.filename for a in mail.attachments)]
    for each in names + [a.name for a in (*mail.to, *mail.cc, *mail.reply_to)]:
        assert not any(c in each for c in "\r\n\x1b\u202e")
    assert all("/" not in a.filename and "\\" not in a.filename for a in mail.attachments)


def test_all_mails_at_hand_are_read_and_can_be_stored() -> None:
    refused = []
    for path in every():
        raw = path.read_bytes()
        try:
            mail = parse(raw, html=True)
        except MailError as refusal:
            refused.append(str(refusal))
            mail = partial(raw, str(refusal))
        storable(mail)
        assert from_json(to_json(mail)) == (mail, None)
    assert len(refused) <= 3  # boundaries of hundreds of letters, and one mail of 500 parts


@pytest.mark.parametrize("path", copied(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_extracted_attachments_are_the_listed_ones(path: object) -> None:
    raw = path.read_bytes()  # type: ignore[attr-defined]
    listed = {a.sha256: a.size for a in parse(raw).attachments}
    extracted = {attachment.sha256: len(data) for attachment, data in attachment_bytes(raw)}
    assert extracted == listed


# --- our own Spanish mails ------------------------------------------------------------------------------------------


def test_a_gmail_reply_says_only_what_was_written_this_time() -> None:
    mail = parse(spanish("gmail_reply.eml"))
    assert mail.sender.address == "maria.pena@correo.test" and mail.sender.name == "María Peña"
    assert mail.new_text == "Sigue sin imprimir, sale el mensaje «papel atascado».\n\nGracias"
    assert "Hemos registrado" in mail.text
    assert mail.kind is Kind.REPLY and mail.answerable
    assert mail.in_reply_to == ("letter.12@entidad.test",)
    assert mail.references == ("first.1@correo.test", "letter.12@entidad.test")
    assert mail.date == datetime(2025, 11, 3, 14, 19, 41, tzinfo=UTC)
    assert mail.hops == 1 and mail.language == "es" and mail.html == ""


def test_an_outlook_reply_in_html_loses_the_header_block_and_keeps_the_words() -> None:
    mail = parse(spanish("outlook_reply_html.eml"), html=True)
    assert mail.subject == "RV: Restablecer contraseña"
    assert mail.new_text == "Buenas tardes, por favor restablecer la contraseña de la cuenta.\n\nRosa Quispe"
    assert "MsoNormal" in mail.html and "margin" not in mail.text
    assert mail.kind is Kind.REPLY and mail.answerable  # X-Auto-Response-Suppress alone makes no robot


def test_latin1_that_calls_itself_ascii_is_read() -> None:
    mail = parse(spanish("iphone_latin1.eml"))
    assert mail.subject == "Re: Atención técnica" and mail.sender.name == "José Núñez"
    assert mail.new_text == "Ya quedó, conforme. Muchas gracias"


def test_windows_letters_of_an_old_scanner_are_read_and_its_path_is_no_name() -> None:
    mail = parse(spanish("scanner_cp1252.eml"))
    assert mail.subject == "Digitalización “Resolución”"
    assert mail.text == "Documento enviado desde el escáner – 2.º piso"
    (attachment,) = mail.attachments
    assert attachment.filename == "resolución nº 5.pdf" and attachment.size == 9


def test_an_attached_mail_is_kept_whole_and_its_text_is_readable_and_nobodys_order() -> None:
    raw = spanish("forward_attached.eml")
    mail = parse(raw)
    assert mail.text == "¿Es verdadero este correo?\n\n#cerrar haga clic"
    assert mail.new_text == "¿Es verdadero este correo?"
    (attachment, data), *inside = attachment_bytes(raw)
    assert (attachment.content_type, attachment.filename) == ("message/rfc822", "Cerrar BASE-12-N.eml")
    assert [each.filename for each, _ in inside] == ["virus.exe"]
    assert data.startswith(b"From: Estafa <premio@malo.test>") and data.rstrip().endswith(b"--IN--")


def test_soft_line_breaks_are_joined_and_the_signature_goes() -> None:
    mail = parse(spanish("flowed.eml"))
    assert mail.new_text == "Desde ayer la VPN se corta cada diez minutos y hay que volver a conectarse.\nGracias."


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("exchange_absence.eml", Kind.AUTOREPLY),
        ("postfix_bounce.eml", Kind.BOUNCE),
        ("postfix_delay.eml", Kind.DELAY),
        ("receipt.eml", Kind.RECEIPT),
        ("meeting.eml", Kind.CALENDAR),
        ("newsletter.eml", Kind.BULK),
        ("own_letter.eml", Kind.LOOP),
    ],
)
def test_robots_are_known_and_never_answered(name: str, kind: Kind) -> None:
    mail = parse(spanish(name))
    assert mail.kind is kind and mail.signs and not mail.answerable


def test_a_bounce_names_who_did_not_get_which_letter() -> None:
    bounce = parse(spanish("postfix_bounce.eml")).bounce
    assert bounce and bounce.original_message_id == "letter.15@entidad.test"
    (recipient,) = bounce.recipients
    assert (recipient.address, recipient.action, recipient.status) == ("ex.empleado@entidad.test", "failed", "5.1.1")
    assert recipient.diagnostic == "550 5.1.1 <ex.empleado@entidad.test>: Recipient address rejected: User unknown"


def test_our_own_header_names_the_instance() -> None:
    assert parse(spanish("own_letter.eml")).instance == "base-7f3a"


# --- the parts ------------------------------------------------------------------------------------------------------


def made(body: bytes, content_type: bytes = b"text/plain; charset=utf-8", extra: bytes = b"") -> bytes:
    return b"From: ana@entidad.test\r\nContent-Type: " + content_type + b"\r\n" + extra + b"\r\n" + body


@pytest.mark.parametrize(
    ("declared", "data", "text"),
    [
        (b"utf-8", "año".encode(), "año"),
        (b"utf-8", "año".encode("latin-1"), "año"),
        (b"us-ascii", "año".encode(), "año"),
        (b"iso-8859-1", "año".encode(), "año"),
        (b"iso-8859-1", "“año”".encode("cp1252"), "“año”"),
        (b"no-such", "año".encode("cp1252"), "año"),
        (b"", "año".encode("cp1252"), "año"),
        (b"idna", "año".encode(), "año"),
        (b"x" * 300, "año".encode(), "año"),
        (b"utf-16", "año".encode("utf-16"), "año"),
        (b"utf-7", b"a+APE-o", "año"),
        (b"iso-2022-jp", b"\x1b$BF|K\\\x1b(B", "日本"),
        (b"cp850", "año".encode("cp850"), "año"),
        (b"utf-8", b"a\x00\x1b[31mb\xc2\x9bc", "a[31mbc"),
    ],
)
def test_letters_survive_wrong_and_missing_charsets(declared: bytes, data: bytes, text: str) -> None:
    raw = made(
        base64.b64encode(data), b'text/plain; charset="' + declared + b'"', b"Content-Transfer-Encoding: base64\r\n"
    )
    assert parse(raw).text == text


def test_the_plain_version_is_preferred_unless_it_is_a_stub() -> None:
    def alternative(plain: bytes) -> Mail:
        html = (
            b"<p>La impresora del segundo piso no imprime desde ayer por la tarde, y hay que entregar informes.</p>" * 4
        )
        body = b"--B\r\nContent-Type: text/plain\r\n\r\n" + plain + b"\r\n--B\r\nContent-Type: text/html\r\n\r\n" + html
        return parse(made(body + b"\r\n--B--\r\n", b"multipart/alternative; boundary=B"))

    assert alternative(b"No imprime").text == "No imprime"
    assert alternative(b"").text.startswith("La impresora")
    assert alternative(b"Use un programa que soporte HTML.").text.startswith("La impresora")


def test_a_multipart_without_boundary_is_read_as_text() -> None:
    assert parse(made(b"hola", b"multipart/mixed")).text == "hola"


def test_a_body_without_any_header_is_read() -> None:
    mail = parse(b"hola, no tengo internet")
    assert mail.text == "hola, no tengo internet" and mail.sender.address == ""


def test_nothing_at_all_is_an_empty_mail() -> None:
    assert parse(b"").kind is Kind.EMPTY


def test_long_texts_are_cut_and_say_so() -> None:
    mail = parse(made("ñ".encode() * 600_000))
    assert len(mail.text.encode()) == 512 * 1024 and "text-cut" in mail.defects


def test_of_a_hundred_attachments_fifty_are_listed() -> None:
    part = b"--B\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\n\r\nx\r\n"
    mail = parse(made(part * 100 + b"--B--\r\n", b"multipart/mixed; boundary=B"))
    assert len(mail.attachments) == 50 and "attachments-cut" in mail.defects


@pytest.mark.parametrize(
    "written",
    [
        "../../pwn.txt",
        "/etc/passwd",
        "..\\..\\x.exe",
        "\u200b.htaccess",
        "CON",
        "nul.txt",
        "a\0b",
        "x" * 500 + ".pdf",
        "",
        "...",
        "\u202etxt.exe",
        "a\r\nb",
        " . ",
        "C:\\x",
        "~/.ssh/id",
        "aux.tar.gz",
        "ñ" * 300 + ".docx",
    ],
)
def test_no_file_name_is_a_path_or_hidden_or_a_device(written: str) -> None:
    name = safe_name(written)
    assert (
        not any(c in name for c in "/\\:\0\r\n\u202e\u200b") and not name.startswith(".") and len(name.encode()) <= 200
    )
    assert name.split(".")[0].lower() not in ("con", "nul", "aux")
    assert safe_name(name) == name


@given(st.text(max_size=300))
def test_cleaning_a_name_twice_changes_nothing(written: str) -> None:
    assert safe_name(safe_name(written)) == safe_name(written)


# --- identity -------------------------------------------------------------------------------------------------------


def test_the_canonical_hash_ignores_the_road_and_sees_the_content() -> None:
    raw = spanish("gmail_reply.eml")
    travelled = b"Received: from otro\r\nX-Spam-Score: 1\r\nDKIM-Signature: v=1\r\n" + raw.replace(
        b"Subject: Re: [BASE-12-N] No", b"Subject: Re: [BASE-12-N]\r\n No"
    )
    assert parse(travelled).canonical == parse(raw).canonical
    for before, after in ((b"Sigue sin", b"Sigue con"), (b"To: Mesa", b"To: Casa"), (b"9:19:41", b"9:19:42")):
        assert parse(raw.replace(before, after)).canonical != parse(raw).canonical


def test_headers_of_ours_in_a_strangers_mail_change_nothing_but_the_loop_sign() -> None:
    raw = spanish("gmail_reply.eml")
    forged = b"X-Maild-Ticket: 7\r\nX-Maild-Role: technician\r\n" + raw
    assert parse(forged) == parse(raw)


def test_what_may_not_be_read_further_is_told_from_its_headers() -> None:
    raw = b"From: ana@entidad.test\r\nSubject: Bomba\r\n\r\ncuerpo"
    mail = partial(raw, "mime-depth")
    assert (mail.subject, mail.text, mail.sender.address) == ("Bomba", "cuerpo", "ana@entidad.test")
    assert "mime-depth" in mail.defects and len(mail.canonical) == 64


@pytest.mark.parametrize("instance", [Attachment("a.pdf", "application/pdf", 1, "0" * 64, True, "cid@x")])
def test_a_mail_travels_through_json_unchanged(instance: Attachment) -> None:
    mail = parse(spanish("postfix_bounce.eml"), html=True)
    assert from_json(to_json(mail)) == (mail, None) and mail.bounce and mail.signs
    with_attachment = parse(spanish("scanner_cp1252.eml"))
    assert from_json(to_json(with_attachment)) == (with_attachment, None)
    assert instance not in from_json(to_json(with_attachment))[0].attachments


@pytest.mark.parametrize("answer", [b"", b"{}", b"[]", b"null", b'{"sender": 5}', b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_mail_is_refused(answer: bytes) -> None:
    with pytest.raises(ValueError):
        from_json(answer)


# --- HTML -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>uno</p><p>dos</p>", "uno\n\ndos"),
        ("uno<br>dos<br/><br/>tres", "uno\ndos\n\ntres"),
        ("<div>uno</div><div>dos</div>", "uno\ndos"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a  b\nc"),
        ("hola<blockquote><p>viejo</p></blockquote>", "hola\n\n> viejo"),
        ("<style>x{}</style><script>y()</script><title>t</title>hola", "hola"),
        ('<span style="display: none">oculto</span>visible', "visible"),
        ("a &amp; b &lt;c&gt; &ntilde;", "a & b <c> ñ"),
        ("<pre>a\n  b</pre> c", "a\n  b\n\nc"),
        ("<p>uno<p>dos", "uno\n\ndos"),
        ("<!-- no -->sí", "sí"),
        ("texto <b>en <i>medio</i></b> de", "texto en medio de"),
        ("", ""),
    ],
)
def test_html_reads_as_its_reader_sees_it(source: str, text: str) -> None:
    assert to_text(source) == text


@pytest.mark.parametrize(
    "bomb",
    [
        "<div>" * 80_000,
        "<" * 300_000,
        "<!--" * 80_000,
        "<b><i>" * 50_000,
        "&amp;" * 100_000,
        "<div></b>" * 40_000,
        "<p>a</p>" * 50_000,
        "<table border=1><tr><td>" * 80 + "<p>a" * 60_000,
    ],
)
def test_hostile_html_is_read_to_its_end(bomb: str) -> None:
    swallowed = bomb.startswith(("<!--", "<<"))  # what is never closed hides the rest
    assert "fin" in to_text(bomb[:400_000] + "fin") or swallowed


@given(st.text(alphabet="<>/ab &;\"'=divbr-!", max_size=200))
def test_any_html_gives_text(source: str) -> None:
    assert "\0" not in to_text(source)


def test_a_report_about_an_address_outside_ascii_names_it() -> None:
    """RFC 6533 §3."""
    report = "Reporting-MTA: dns; mx.entidad.test\n\nFinal-Recipient: utf-8; JOËL@ámbito.test\nAction: failed\nStatus: 5.1.1\n"
    raw = (
        "From: MAILER-DAEMON@mx.entidad.test\nSubject: Undelivered\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=R\n\n"
        f"--R\n\nNo.\n--R\nContent-Type: message/global-delivery-status\n\n{report}\n--R--\n"
    )
    mail = parse(raw.encode())
    assert mail.bounce is not None and [each.address for each in mail.bounce.recipients] == ["joël@ámbito.test"]
