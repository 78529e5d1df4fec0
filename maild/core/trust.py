"""How well a sender proved who he is (RELIABILITY §4.8): evidence in, assurance and reasons out. Nobody is proved by From alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from maild.core import stamps
from maild.core.values import Assurance, Author, Reason, Signature, because

_FORGED = "border-says-forged"


@dataclass(frozen=True, slots=True)
class Boundary:
    """Whose Authentication-Results are believed: nobody's (`none`), or those stamped with one of these ids by our own border.

    `hosts` are our own servers as they name themselves in Received (`by …`): then only stamps above the first Received of
    another server count. None given: the place of a stamp is not looked at.
    """

    mode: Literal["none", "authserv_id", "topmost_no_id"] = "none"
    ids: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Traces:
    """What servers wrote above the mail, newest first: the stamps; for each of them how many Received stand above it; and
    the servers that wrote those. `signatures` is what our own check of DKIM says, where it is turned on."""

    results: Sequence[str] = ()
    depths: Sequence[int] = ()
    received_by: Sequence[str] = ()
    signatures: Sequence[Signature] = ()


def weigh(
    addresses: Sequence[str],
    *,
    known: bool,
    answers_own_letter: bool,
    traces: Traces,
    boundary: Boundary,
) -> tuple[Assurance, tuple[Reason, ...]]:
    """The assurance of one mail: A0 nothing, A1 a known address, A2 answers a letter we sent to him, A3 proved by the border
    or by the signature of his domain. `addresses`: the one in From, then the others of the same person.
    """
    address = addresses[0] if addresses else ""
    if not address:
        return Assurance.A0, (because("sender-unclear"),)
    verdict = _border(addresses, traces, boundary)
    if verdict == "fail":
        return Assurance.A0, (because(_FORGED),)
    if not known:
        return Assurance.A0, (because("sender-unknown"),)
    letter = (because("answers-own-letter"),) if answers_own_letter else ()
    if verdict == "pass":
        return Assurance.A3, (because("border-says-genuine"), *letter)
    domain = address.rpartition("@")[2]
    if any(s.domain == domain for s in traces.signatures):
        return Assurance.A3, (because("signed-by-domain", domain=domain), *letter)
    if letter:
        return Assurance.A2, letter
    return Assurance.A1, (because("address-only"),)


def is_forged(author: Author) -> bool:
    """Our own border says that somebody else wrote it: less than nothing."""
    return any(reason.code == _FORGED for reason in author.evidence)


def _border(addresses: Sequence[str], traces: Traces, boundary: Boundary) -> str:
    """pass, fail or '' by the fields our border wrote; spf alone never suffices (S-14).

    Filters write a field each, the newest on top: that one must speak for the sender. Where two fields judge by the same
    method, somebody copied our id, and none counts. Against the sender any of them may speak.
    """
    believed = _believed(traces, boundary)
    domain = addresses[0].rpartition("@")[2]
    spoken = [_speaks(stamp, addresses, domain) for stamp in believed]
    if "fail" in spoken:
        return "fail"
    copied = any(sum(bool(stamp.of(method)) for stamp in believed) > 1 for method in ("dmarc", "auth"))
    return "pass" if spoken[:1] == ["pass"] and not copied else ""


def _speaks(stamp: stamps.Stamp, addresses: Sequence[str], domain: str) -> str:
    """What one field says of the sender: pass, fail or '' (nothing that would help or harm him)."""
    dmarc, auth = stamp.of("dmarc"), stamp.of("auth")
    # RFC 8601 §2.7.4: who logged in to send it. A login without a domain is a name, not a mailbox.
    logins = [login for result in auth if result.verdict == "pass" for login in result.all("smtp.auth") if "@" in login]
    if any(result.verdict == "fail" for result in dmarc) or any(login not in addresses for login in logins):
        return "fail"
    if len(dmarc) == 1 and dmarc[0].verdict == "pass":
        return "pass" if dmarc[0].all("header.from") == (domain,) else ""
    if logins:
        return "pass"
    signed = [result for result in stamp.of("dkim") if result.verdict == "pass"]
    return "pass" if any(result.all("header.d") == (domain,) for result in signed) else ""


def _believed(traces: Traces, boundary: Boundary) -> list[stamps.Stamp]:
    """The fields of our own border, newest first. ARC is another field, sealed by others: it is not read at all."""
    inside = [field for at, field in enumerate(traces.results) if _inside(at, traces, boundary)]
    if boundary.mode == "authserv_id":
        ids = {each.lower() for each in boundary.ids}
        read = [stamps.read(field) for field in inside]
        return [stamp for stamp in read if stamp and stamp.authserv_id in ids]
    if boundary.mode == "topmost_no_id" and traces.results and inside[:1] == [traces.results[0]]:
        first = stamps.read(inside[0])
        return [first] if first and not first.authserv_id and first.results else []
    return []


def _inside(at: int, traces: Traces, boundary: Boundary) -> bool:
    """Whether only our own servers had the mail when this field was written."""
    if not boundary.hosts:
        return True
    hosts = {host.lower() for host in boundary.hosts}
    if at >= len(traces.depths) or traces.depths[at] > len(traces.received_by):
        return False
    return all(server.lower() in hosts for server in traces.received_by[: traces.depths[at]])
