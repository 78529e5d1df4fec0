"""Authentication-Results as real servers write them, and everything that only looks so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core import stamps
from maild.core.trust import Boundary, Traces, weigh
from maild.core.values import Assurance, Signature

LUIS = "luis@entidad.test"
OURS = ("mx.entidad.test", "mx.google.com", "protection.example", "mail.entidad.test")
# Shapes of Gmail, OpenDMARC, rspamd, Zimbra with amavis, an authenticated submission; written by hand.
GENUINE = [
    "mx.google.com; dkim=pass header.i=@entidad.test header.s=s1 header.b=Ab3; spf=pass (google.com: domain of luis@entidad.test"
    " designates 192.0.2.1 as permitted sender) smtp.mailfrom=luis@entidad.test; dmarc=pass (p=REJECT sp=REJECT dis=NONE)"
    " header.from=entidad.test",
    "mx.entidad.test; dmarc=pass (p=none dis=none) header.from=entidad.test",
    'mx.entidad.test; dkim=pass header.d=entidad.test header.s=a header.b="x/y="; spf=pass smtp.mailfrom=luis@entidad.test;'
    " dmarc=pass (policy=reject) header.from=entidad.test",
    "mail.entidad.test (amavisd-new); dkim=pass (2048-bit key) header.d=entidad.test",
    "MX.Entidad.TEST 1; auth=pass (cram-md5) smtp.auth=luis@entidad.test",
    "mx.entidad.test; dmarc = pass header . from = entidad.test".replace(" . ", "."),
]


def level(*results: str, boundary: Boundary | None = None, answers: bool = False, **traces: object) -> Assurance:
    given_traces = Traces(results, **traces)  # type: ignore[arg-type]
    boundary = boundary or Boundary("authserv_id", OURS)
    return weigh((LUIS,), known=True, answers_own_letter=answers, traces=given_traces, boundary=boundary)[0]


@pytest.mark.parametrize("field", GENUINE)
def test_what_our_border_stamps_is_believed(field: str) -> None:
    assert level(field) is Assurance.A3


def test_exchange_online_writes_no_id() -> None:
    field = (
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=entidad.test; dkim=pass (signature was verified)"
        " header.d=entidad.test;dmarc=pass action=none header.from=entidad.test;compauth=pass reason=100"
    )
    assert level(field, boundary=Boundary("topmost_no_id")) is Assurance.A3
    assert level(field) is Assurance.A1
    assert level("mx.entidad.test; dmarc=none", field, boundary=Boundary("topmost_no_id")) is Assurance.A1


def test_two_filters_write_a_field_each_and_the_newest_speaks() -> None:
    dmarc, dkim = (
        "mx.entidad.test; dmarc=pass header.from=entidad.test",
        "mx.entidad.test; dkim=pass header.d=entidad.test",
    )
    assert level(dmarc, dkim) is Assurance.A3
    assert level("mx.entidad.test; dkim=none", dmarc) is Assurance.A1


def test_a_place_below_the_first_foreign_server_is_anybodys() -> None:
    boundary = Boundary("authserv_id", OURS, ("mx.entidad.test", "buzon.entidad.test"))
    ours = ("buzon.entidad.test", "mx.entidad.test", "correo.atacante.test")
    assert level(GENUINE[1], boundary=boundary, depths=(2,), received_by=ours) is Assurance.A3
    assert level(GENUINE[1], boundary=boundary, depths=(3,), received_by=ours) is Assurance.A1
    assert level(GENUINE[1], boundary=boundary, depths=(41,), received_by=("mx.entidad.test",) * 40) is Assurance.A1
    assert level(GENUINE[1], boundary=boundary, depths=(1,), received_by=("",)) is Assurance.A1


def test_a_login_of_somebody_else_is_worse_than_none() -> None:
    assert level("mx.entidad.test; auth=pass smtp.auth=otro@entidad.test", answers=True) is Assurance.A0
    assert level("mx.entidad.test; auth=pass smtp.auth=otro", answers=True) is Assurance.A2


def test_a_signature_that_we_verified_proves_its_own_domain() -> None:
    assert level(signatures=(Signature("entidad.test"),)) is Assurance.A3
    assert level(signatures=(Signature("otra.test"),)) is Assurance.A1
    forged = "mx.entidad.test; dmarc=fail header.from=entidad.test"
    assert level(forged, signatures=(Signature("entidad.test"),)) is Assurance.A0


@given(st.text(alphabet='ab=;()"\\ \t.@1dmarcpsfheon', max_size=200))
def test_any_text_is_read_without_trouble(text: str) -> None:
    stamp = stamps.read(f"mx.entidad.test; {text}")
    assert stamp is None or stamp.authserv_id in ("", "mx.entidad.test") or " " not in stamp.authserv_id


@pytest.mark.parametrize(
    "bomb", ["(" * 4000, '"' * 3999, "\\" * 4000, ";" * 4000, "a=b " * 1000, " " * 4000, "(a)" * 1300]
)
def test_no_text_takes_long(bomb: str) -> None:
    for text in (bomb, f"mx.entidad.test; {bomb}"):
        stamps.read(text)


@given(st.text(alphabet='()."; =', min_size=1, max_size=30), st.sampled_from(["(", '"']))
def test_whatever_stands_in_a_comment_or_a_string_says_nothing(noise: str, opening: str) -> None:
    closing = ")" if opening == "(" else '"'
    inner = noise.replace("(", "").replace(")", "").replace('"', "").replace("\\", "")
    field = f"mx.entidad.test; spf=none reason={opening}{inner}; dmarc=pass header.from=entidad.test{closing}"
    assert level(field) is Assurance.A1
