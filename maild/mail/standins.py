"""Readable text for parts that are no text: invitations, enriched text, and mail that only its reader's key opens."""

from __future__ import annotations

import re
from collections.abc import Iterator

# --- sealed mail ------------------------------------------------------------------------------------------------

SMIME = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
ENCRYPTED_SMIME = "[Correo cifrado con S/MIME: aquí no se puede leer. / Encrypted with S/MIME: it cannot be read here.]"
ENCRYPTED_PGP = "[Correo cifrado con OpenPGP: aquí no se puede leer. / Encrypted with OpenPGP: it cannot be read here.]"

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_PGP_SIGNED = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----[ \t]*\n(?:[A-Za-z-]{1,40}: [^\n]{0,200}\n){0,9}\n", re.MULTILINE
)
_PGP_SIGNATURE = "\n-----BEGIN PGP SIGNATURE-----"
_PGP_END = "-----END PGP SIGNATURE-----"


def without_armour(text: str) -> tuple[str, str]:
    """A text without the armour of OpenPGP, and the defect: signed text is plain behind it, encrypted text is not."""
    if "-----BEGIN PGP " not in text:
        return text, ""
    if signed := _PGP_SIGNED.search(text):
        said, signature, rest = text[signed.end() :].partition(_PGP_SIGNATURE)
        if signature:
            said = re.sub(r"^- ", "", said, flags=re.MULTILINE)  # RFC 9580 §7.1
            return text[: signed.start()] + said + rest.partition(_PGP_END)[2], "pgp-signed"
    begin = text.find("-----BEGIN PGP MESSAGE-----")
    end = text.find("-----END PGP MESSAGE-----", begin)
    if begin < 0 or end < 0 or (begin and text[begin - 1] != "\n"):
        return text, ""
    return text[:begin] + ENCRYPTED_PGP + text[end + len("-----END PGP MESSAGE-----") :], "pgp-encrypted"


def signed_content(data: bytes) -> bytes | None:
    """What an opaque S/MIME signature wraps (RFC 5652 §5): itself a part with a header block. None if nothing is readable.

    Nothing is verified. A sender may write the content in one piece or in several (BER).
    """
    if _SIGNED_DATA not in data[:64]:
        return None
    at = data.find(_DATA, 0, 512)
    if at < 0:
        return None
    explicit = _element(data, at + len(_DATA))
    if explicit is None or explicit[0] != 0xA0:
        return None
    octets = _element(data, explicit[1])
    if octets is None or octets[0] not in (0x04, 0x24):
        return None
    tag, start, end = octets
    return data[start:end] if tag == 0x04 else b"".join(_chunks(data, start, end))


def _chunks(data: bytes, at: int, end: int) -> Iterator[bytes]:
    while at < end and (piece := _element(data, at)) is not None and piece[0] == 0x04:
        yield data[piece[1] : piece[2]]
        at = piece[2]


def _element(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Tag, begin and end of the content of a BER element; of one without a length the end is that of the data."""
    if at + 2 > len(data):
        return None
    tag, length = data[at], data[at + 1]
    start = at + 2
    if length == 0x80:
        return tag, start, len(data)
    if length > 0x80:
        size = length & 0x7F
        if size > 4 or start + size > len(data):
            return None
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    return tag, start, min(start + length, len(data))


# --- invitations ------------------------------------------------------------------------------------------------

_UNFOLDED = re.compile(r"\r?\n[ \t]")
_EVENT = re.compile(r"^BEGIN:(?:VEVENT|VTODO)\s", re.MULTILINE)
_EVENT_LINE = re.compile(
    r"(SUMMARY|LOCATION|DTSTART|DTEND|DUE|ORGANIZER|DESCRIPTION)((?:;[^:\n]{0,300})?):(.{0,20000})\Z"
)
_WHEN = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})\d{0,2}(Z?))?")
_ESCAPES = {"n": "\n", "N": "\n"}
_LABELS = {
    "SUMMARY": "Evento / Event",
    "DTSTART": "Inicio / Start",
    "DTEND": "Fin / End",
    "DUE": "Vence / Due",
    "LOCATION": "Lugar / Place",
    "ORGANIZER": "Organiza / Organizer",
    "DESCRIPTION": "",
}


def invitation(source: str) -> str:
    """The first event of a calendar (RFC 5545) as a person would tell it; empty if there is none."""
    text = _UNFOLDED.sub("", source[:200_000])
    begin = _EVENT.search(text)
    if not begin:
        return ""
    told: dict[str, str] = {}
    for line in text[begin.end() :].splitlines():
        if line.startswith(("END:VEVENT", "END:VTODO", "BEGIN:VALARM")):
            break
        if found := _EVENT_LINE.match(line):
            told.setdefault(found[1], _told(found[1], found[2], found[3]))
    lines = [f"{label}: {told[key]}" if label else f"\n{told[key]}" for key, label in _LABELS.items() if told.get(key)]
    return "\n".join(lines)


def _told(name: str, params: str, value: str) -> str:
    if name in ("DTSTART", "DTEND", "DUE"):
        return _when(params, value)
    if name == "ORGANIZER":
        known = re.search(r';CN="?([^";:]{1,200})', params)
        return " ".join(filter(None, (known[1] if known else "", value.partition(":")[2] or value)))
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), value).strip()


def _when(params: str, value: str) -> str:
    found = _WHEN.match(value)
    if not found:
        return ""
    year, month, day, hour, minute, utc = found.groups()
    zone = re.search(r';TZID="?([^";:]{1,80})', params)
    clock = f" {hour}:{minute}" if hour else ""
    return f"{day}/{month}/{year}{clock}" + (" UTC" if utc else f" ({zone[1]})" if zone and clock else "")


# --- enriched text ----------------------------------------------------------------------------------------------

_COMMAND = re.compile(r"<(/?)([A-Za-z0-9-]{1,60})>")


def plain_of_enriched(text: str) -> str:
    """text/enriched and text/richtext without their commands (RFC 1896): one line break is a blank, n are n - 1."""
    text = re.sub(r"<param>[^<]{0,500}</param>", "", text, flags=re.IGNORECASE)
    text = text.replace("<<", "\x00").replace("<nl>", "\n\n")
    text = _COMMAND.sub("", text)
    return re.sub(r"\n+", lambda run: " " if len(run[0]) == 1 else run[0][1:], text).replace("\x00", "<").strip()
