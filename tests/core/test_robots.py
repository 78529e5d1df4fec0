"""Robots are known by their signs; a person's ordinary mail is never one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.bounces import Evidence, bounce
from maild.core.robot_signs import SIGNS
from maild.core.robots import ENOUGH, Facts, signs
from maild.core.values import Bounce, BounceRecipient, Kind

PERSON = Facts(
    fields=(("from", "Ana <ana@entidad.test>"), ("return-path", "<ana@entidad.test>"), ("x-mailer", "Outlook")),
    sender="ana@entidad.test",
    subject="No imprime",
    content_type="text/plain",
    hops=3,
    text="La impresora no imprime",
)


def with_field(name: str, value: str) -> Facts:
    return replace(PERSON, fields=(*PERSON.fields, (name, value)))


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("auto-submitted", "auto-replied", Kind.AUTOREPLY),
        ("auto-submitted", "auto-generated; owner=x", Kind.AUTOREPLY),
        ("auto-submitted", "Auto-Notified", Kind.AUTOREPLY),
        ("return-path", "<>", Kind.AUTOREPLY),
        ("precedence", "auto_reply", Kind.AUTOREPLY),
        ("precedence", "Bulk", Kind.BULK),
        ("precedence", "junk", Kind.BULK),
        ("precedence", "list", Kind.BULK),
        ("list-id", "<avisos.entidad.test>", Kind.BULK),
        ("list-unsubscribe", "<mailto:x@y.test>", Kind.BULK),
        ("x-autoreply", "yes", Kind.AUTOREPLY),
        ("x-autorespond", "", Kind.AUTOREPLY),
        ("x-loop", "otra@mesa.test", Kind.AUTOREPLY),
        ("x-failed-recipients", "x@y.test", Kind.BOUNCE),
        ("x-spam-flag", "YES", Kind.SPAM),
        ("x-spam-status", "Yes, score=9", Kind.SPAM),
    ],
)
def test_one_strong_sign_is_enough(name: str, value: str, kind: Kind) -> None:
    found, reasons = signs(with_field(name, value))
    assert found is kind and any(("where", name) in reason.facts for reason in reasons)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto-submitted", "no"),
        ("auto-submitted", "No; x=y"),
        ("x-auto-response-suppress", "All"),
        ("precedence", "normal"),
        ("x-spam-status", "No, score=-1"),
        ("x-spam-flag", "NO"),
        ("return-path", "<otra@entidad.test>"),
    ],
)
def test_signs_that_people_carry_make_no_robot(name: str, value: str) -> None:
    assert signs(with_field(name, value)) == (Kind.REQUEST, ())


@pytest.mark.parametrize(
    "subject",
    [
        "Respuesta automática",
        "Fuera de la oficina no puedo entrar",
        "Out of office: cómo lo activo",
        "Mail delivery failed",
        "No se puede entregar el correo a Lima",
        "PROBLEM con la red",
        "RESOLVED",
        "Ausente: quiero configurar mi ausencia",
        "Leído: su mensaje",
        "Conforme",
        "Resposta automática",
    ],
)
def test_a_subject_alone_never_makes_a_robot(subject: str) -> None:
    assert signs(replace(PERSON, subject=subject))[0].from_person


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Respuesta automática: VPN", Kind.AUTOREPLY),
        ("Fuera de la oficina: RE: VPN", Kind.AUTOREPLY),
        ("RE: Fuera de la oficina: VPN", Kind.REPLY),  # somebody answers an absence
        ("Automatic reply: VPN", Kind.AUTOREPLY),
        ("Resposta automática: VPN", Kind.AUTOREPLY),
    ],
)
def test_a_subject_and_a_weak_header_together_do(subject: str, kind: Kind) -> None:
    assert signs(replace(with_field("x-auto-response-suppress", "All"), subject=subject))[0] is kind


@pytest.mark.parametrize(
    ("sender", "subject", "kind"),
    [
        ("mailer-daemon@mx.test", "Hola", Kind.BOUNCE),
        ("postmaster@mx.test", "No se puede entregar: VPN", Kind.BOUNCE),
        ("no-reply@proveedor.test", "Su código", Kind.AUTOREPLY),
        ("noresponder@banco.test", "Aviso", Kind.AUTOREPLY),
        ("zabbix@entidad.test", "Problem: disco lleno", Kind.ALERT_PROBLEM),
        ("nagios@entidad.test", "** PROBLEM Host Alert: srv1 **", Kind.ALERT_PROBLEM),
        ("zabbix@entidad.test", "Resolved: disco lleno", Kind.ALERT_RECOVERY),
        ("zabbixa@entidad.test", "Mi monitor no prende", Kind.REQUEST),
        ("noreyes@entidad.test", "Hola", Kind.REQUEST),
    ],
)
def test_machines_have_names(sender: str, subject: str, kind: Kind) -> None:
    assert signs(replace(PERSON, sender=sender, subject=subject))[0] is kind


def test_our_own_header_and_too_many_hops_are_a_loop() -> None:
    assert signs(replace(PERSON, instance="base-1"))[0] is Kind.LOOP
    assert signs(replace(PERSON, hops=31))[0] is Kind.LOOP
    assert signs(replace(PERSON, hops=30))[0] is Kind.REQUEST


def test_a_reply_is_known_by_its_ids_or_its_prefix() -> None:
    assert signs(replace(PERSON, has_ids=True))[0] is Kind.REPLY
    assert signs(replace(PERSON, subject="RE: No imprime"))[0] is Kind.REPLY
    assert signs(PERSON)[0] is Kind.REQUEST


def test_only_a_mail_without_words_and_files_is_empty() -> None:
    nothing = replace(PERSON, text=" \n", subject="")
    assert signs(nothing)[0] is Kind.EMPTY
    assert signs(replace(nothing, attachments=1))[0] is Kind.REQUEST
    assert signs(replace(nothing, subject="Ayuda"))[0] is Kind.REQUEST


@pytest.mark.parametrize(
    ("actions", "kind"),
    [
        (("failed",), Kind.BOUNCE),
        (("delayed",), Kind.DELAY),
        (("delayed", "delayed"), Kind.DELAY),
        (("delayed", "failed"), Kind.BOUNCE),
    ],
)
def test_only_a_report_about_nothing_but_delays_is_a_delay(actions: tuple[str, ...], kind: Kind) -> None:
    report = Bounce(tuple(BounceRecipient("x@y.test", action, "") for action in actions))
    facts = replace(PERSON, content_type="multipart/report", report_type="delivery-status", bounce=report)
    assert signs(facts)[0] is kind


def test_every_kind_in_the_table_can_be_reached_by_its_signs() -> None:
    for kind in {sign.kind for sign in SIGNS}:
        assert sum(sign.weight for sign in SIGNS if sign.kind is kind) >= ENOUGH


@given(st.text(max_size=80), st.text(max_size=200))
def test_nothing_a_person_writes_makes_him_a_robot(subject: str, text: str) -> None:
    assert signs(replace(PERSON, subject=subject, text=text))[0].from_person


# --- delivery reports -----------------------------------------------------------------------------------------------


def test_a_report_names_every_recipient_and_the_letter() -> None:
    report = (
        "Reporting-MTA: dns; mx.test\n\n"
        "Final-Recipient: rfc822; <Ana@Y.test>\nAction: failed (x)\nStatus: 5.1.1 (bad)\n"
        "Diagnostic-Code: smtp; 550 no\n such user\n\n"
        "Original-Recipient: rfc822;luis@y.test\nFinal-Recipient: x400; /G=Luis/\nAction: delayed\nStatus: 4.2.2\n"
    )
    found = bounce(Evidence(report, "Received: x\nMessage-Id: <carta.1@mesa.test>\n"))
    assert found == Bounce(
        (
            BounceRecipient("ana@y.test", "failed", "5.1.1", "550 no such user", "hard", "no-such-user"),
            BounceRecipient("luis@y.test", "delayed", "4.2.2", "", "soft", "mailbox-full"),
        ),
        "carta.1@mesa.test",
    )


def test_failed_recipients_of_a_header_are_read_where_there_is_no_report() -> None:
    found = bounce(Evidence(failed="Ana@y.test, luis@y.test"))
    assert found and [each.address for each in found.recipients] == ["ana@y.test", "luis@y.test"]
    assert bounce(Evidence(original="Message-ID: <a@b>")) is None


@given(st.text(max_size=400))
def test_any_text_is_a_report_or_none(text: str) -> None:
    found = bounce(Evidence(text, text, text, text, text))
    assert found is None or len(found.recipients) <= 200
