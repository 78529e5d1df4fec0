"""A mail with forged stamps, and whether this border would be believed if it let them through (RELIABILITY §4.8.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from maild.core import stamps
from maild.core.trust import Boundary, Traces, weigh
from maild.core.values import Assurance, Mail

SIGN = "maild-sonda"
_NONCE = re.compile(rf"{SIGN} ([0-9a-f]{{16}})")


@dataclass(frozen=True, slots=True)
class Seen:
    """What arrived: the id of each stamp ('' where it has none), which stamps the configuration believes, and what
    the sender would be worth by the border alone."""

    ids: tuple[str, ...]
    worth: Assurance
    is_probe: bool
    still_forged: tuple[str, ...]


def probe(sender: str, to: str, nonce: str, boundary: Boundary, date: str) -> bytes:
    """A mail that claims, by every stamp a desk might believe, that `sender` was checked. Only an outsider may send it."""
    domain = sender.rpartition("@")[2]
    claims = f"dmarc=pass header.from={domain}; dkim=pass header.d={domain}; auth=pass smtp.auth={sender}"
    forged = [f"Authentication-Results: {each}; {claims}; x-{SIGN}=forged" for each in _ids(boundary)]
    lines = (
        *forged,
        f"Authentication-Results: dmarc=pass action=none header.from={domain}; x-{SIGN}=forged",
        "X-MS-Exchange-Organization-AuthAs: Internal",
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {SIGN} {nonce}",
        f"Date: {date}",
        f"Message-ID: <{SIGN}.{nonce}@{domain}>",
        "Auto-Submitted: auto-generated",
        "",
        "Sonda de maild doctor auth: puede borrarse. / Probe of maild doctor auth: may be deleted.",
        "",
    )
    return "\r\n".join(lines).encode("utf-8")


def _ids(boundary: Boundary) -> Iterator[str]:
    yield from boundary.ids or ("mx.example",)


def nonce_of(subject: str) -> str:
    """Which probe this is; '' for any other mail."""
    found = _NONCE.search(subject)
    return found[1] if found else ""


def seen(mail: Mail, boundary: Boundary) -> Seen:
    """What the border did with a mail that has come through it."""
    read = [stamps.read(field) for field in mail.authentication_results]
    traces = Traces(mail.authentication_results, mail.results_depth, mail.received_by)
    worth, _ = weigh(
        (mail.sender.address,) if mail.sender.address else (),
        known=True,
        answers_own_letter=False,
        traces=traces,
        boundary=boundary,
    )
    forged = tuple(
        stamp.authserv_id if stamp else "?"
        for field, stamp in zip(mail.authentication_results, read, strict=True)
        if f"x-{SIGN}=forged" in field
    )
    return Seen(tuple(s.authserv_id if s else "?" for s in read), worth, bool(nonce_of(mail.subject)), forged)
