"""The kinds of value that an operator writes as text, each with the Spanish sentence that says how to write it."""

from __future__ import annotations

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, Strict, ValidationInfo

from maild.core.mailboxes import is_international, spelt
from maild.forms.wording import offer, quoted

_DURATION = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,9})s)?", re.ASCII)
_SIZE = re.compile(r"(\d{1,9}) ?(B|KiB|MiB|GiB|KB|MB|GB)", re.ASCII)
_UNITS = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
# The dot-atom of RFC 5322 §3.4.1 in ASCII: what our own people and mailboxes have, not all that the world may send.
_LOCAL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
_ADDRESS = re.compile(f"{_LOCAL}@{_DOMAIN}")


def duration(text: object) -> timedelta:
    """Read "30m", "24h", "2d", "1h30m"."""
    if isinstance(text, timedelta):
        return text
    found = _DURATION.fullmatch(text) if isinstance(text, str) and text else None
    if not found:
        raise ValueError(f"{quoted(text)} no es un plazo; escriba 30s, 30m, 24h o 2d")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def show_duration(length: timedelta) -> str:
    """The way an operator would have written it: timedelta(hours=36) is "36h"."""
    seconds = int(length.total_seconds())
    for unit, span in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds and seconds % span == 0:
            return f"{seconds // span}{unit}"
    return f"{seconds}s"


def size(text: object) -> int:
    """Read "25MiB" or "512 KiB" as bytes; a bare number is bytes already."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    found = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise ValueError(f"{quoted(text)} no es un tamaño; escriba 512KiB, 25MiB o 1GiB")
    return int(found[1]) * _UNITS[found[2]]


def show_size(count: int) -> str:
    for unit in ("GiB", "MiB", "KiB"):
        if count and count % _UNITS[unit] == 0:
            return f"{count // _UNITS[unit]}{unit}"
    return f"{count}B"


def _time_of_day(text: object) -> time:
    if isinstance(text, time):
        return text
    found = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise ValueError(f"{quoted(text)} no es una hora; escriba 06:00 o 17:30")
    return time(int(found[1]), int(found[2]))


def _rest(text: object) -> tuple[time, time]:
    """Read "20:00-07:00": hours of rest, over midnight where the second is the earlier."""
    if isinstance(text, tuple):
        return text
    start, dash, end = text.partition("-") if isinstance(text, str) else ("", "", "")
    if not dash or start.strip() == end.strip():
        raise ValueError(f"{quoted(text)} no son horas de descanso; escriba 20:00-07:00")
    return _time_of_day(start.strip()), _time_of_day(end.strip())


def _address(text: str) -> str:
    if "*" in text:
        raise ValueError(
            f"{quoted(text)} lleva un comodín, que no identifica a nadie; escriba una dirección completa "
            "(los dominios propios van en [desk] domains)"
        )
    if not _ADDRESS.fullmatch(text.lower()) or len(text) > 254:
        raise ValueError(f"{quoted(text)} no es una dirección de correo; escriba por ejemplo mesa@entidad.example")
    return text.lower()


def _person(text: str) -> str:
    """An address as the world has them: letters outside ASCII, too, where the relay takes them (RFC 6531)."""
    spelling = spelt(text)
    return spelling if is_international(spelling) else _address(text)


def _domain(text: str) -> str:
    if not re.fullmatch(_DOMAIN, text.lower()):
        raise ValueError(f"{quoted(text)} no es un dominio de correo; escriba por ejemplo entidad.example, sin «@»")
    return text.lower()


def _zone(name: object) -> ZoneInfo:
    if isinstance(name, ZoneInfo):
        return name
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = offer(str(name), available_timezones()) or "; escriba por ejemplo America/Lima"
        raise ValueError(f"{quoted(name)} no es una zona horaria{hint}") from None


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("este texto va en una sola línea, sin tabuladores ni caracteres de control")
    return text.strip()


def _anchored(path: Path, info: ValidationInfo) -> Path:
    """A relative path is meant from the folder of the file it is written in, not from where maild was started."""
    folder = (info.context or {}).get("folder")
    return folder / path.expanduser() if folder else path


Duration = Annotated[timedelta, BeforeValidator(duration)]
Size = Annotated[int, BeforeValidator(size)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Rest = Annotated[tuple[time, time], BeforeValidator(_rest)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
MailAddress = Annotated[str, AfterValidator(_address)]
PersonAddress = Annotated[str, AfterValidator(_person)]
MailDomain = Annotated[str, AfterValidator(_domain)]
Line = Annotated[str, AfterValidator(_line)]
FilePath = Annotated[Path, AfterValidator(_anchored)]
# TOML knows numbers and true/false: "5" in quotes or 1 for true is a slip worth telling.
Count = Annotated[int, Strict(), Field(ge=0)]
Flag = Annotated[bool, Strict()]
HiddenText = SecretStr
